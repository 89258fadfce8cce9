package store_test

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	osuser "os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"notifier/message"
	"notifier/request"
	"notifier/store"
	"notifier/store/storetest"
)

// TestWatch: what another process makes pending wakes this one, on Postgres by being told,
// elsewhere by looking. What this one does itself tells it nothing.
func TestWatch(t *testing.T) {
	for _, database := range []string{"postgres", "sqlite", "pgbouncer"} {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			address := storetest.URL(t, strings.Replace(database, "pgbouncer", "postgres", 1))
			if database == "pgbouncer" {
				address = pgbouncer(t, address)
			}
			core, log := observer.New(zapcore.InfoLevel)
			mine, err := store.Open(t.Context(), store.Settings{URL: address}, zap.New(core))
			if err != nil {
				t.Fatal(err)
			}
			defer mine.Close()
			others := storetest.Open(t, address)
			if err := others.AddSite(t.Context(), site, "UTC", noon); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			var woken atomic.Int64
			watching := make(chan struct{})
			go func() {
				defer close(watching)
				mine.Watch(ctx, func() { woken.Add(1) }, func() {})
			}()
			defer func() { cancel(); <-watching }()
			hears := database == "postgres"
			if hears { // once for what came before it listened
				until(t, "it listens", func() bool { return woken.Load() == 1 })
				woken.Store(0)
				push(t, mine)
			}
			push(t, others)
			until(t, "woken", func() bool { return woken.Load() > 0 })
			// Postgres tells in the order of the commits: its own was told before.
			if n := woken.Load(); hears && n != 1 {
				t.Errorf("it was woken %d times, want once: what it said itself wakes nobody", n)
			}
			looks := log.FilterMessageSnippet("looked for every second").Len() > 0
			if want := database == "pgbouncer"; looks != want {
				t.Errorf("it says that it has to look: %t, want %t", looks, want)
			}
		})
	}
}

func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for begin := time.Now(); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Since(begin) > 2*time.Minute {
			t.Fatalf("after two minutes: not %s", what)
		}
	}
}

// push makes a message pending.
func push(t *testing.T, s *store.Store) {
	t.Helper()
	m := direct(1)
	if _, err := s.Accept(t.Context(), noon, request.Tray{Site: site, Messages: []message.Message{m}}); err != nil {
		t.Fatal(err)
	}
}

// TestWatchHearsOfTheOutbox: of what is committed, by whoever writes it, and not of what is
// rolled back.
func TestWatchHearsOfTheOutbox(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.URL(t, "postgres"))
	if err := s.AddSite(t.Context(), site, "UTC", noon); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var posted atomic.Int64
	watching := make(chan struct{})
	go func() {
		defer close(watching)
		s.Watch(ctx, func() {}, func() { posted.Add(1) })
	}()
	defer func() { cancel(); <-watching }()
	until(t, "it listens", func() bool { return posted.Load() == 1 })
	for i := range 3 {
		storetest.Post(t, s, request.Posted{Site: site, ID: message.NewID(request.PostedIDs), What: request.PostedMessage, Request: []byte("{}"), WrittenAt: noon})
		until(t, "told", func() bool { return posted.Load() == int64(i+2) })
	}
}

// TestThroughPgBouncer: with PgBouncer in transaction mode in between a store works as it
// does without.
func TestThroughPgBouncer(t *testing.T) {
	t.Parallel()
	address := pgbouncer(t, storetest.URL(t, "postgres"))
	var all []*store.Store
	for range 3 {
		all = append(all, storetest.Open(t, address))
	}
	if err := all[0].AddSite(t.Context(), site, "UTC", noon); err != nil {
		t.Fatal(err)
	}
	save(t, all[1], "u1")
	var messages []message.Message
	for i := range 300 {
		messages = append(messages, direct(i), deferred(1))
	}
	if _, err := all[1].Accept(t.Context(), noon, request.Tray{Site: site, Messages: messages}); err != nil {
		t.Fatal(err)
	}
	sent := 0
	for i := 0; ; i++ {
		claimed, err := all[i%3].Claim(t.Context(), message.Lane{Site: site}, 7, noon, eight)
		if err != nil {
			t.Fatal(err)
		}
		if len(claimed) == 0 {
			break
		}
		var outcomes []message.Outcome
		for _, m := range claimed {
			outcomes = append(outcomes, accepted(m))
		}
		n, err := all[(i+1)%3].Settle(t.Context(), outcomes)
		if err != nil {
			t.Fatal(err)
		}
		sent += n
	}
	if sent != 300 {
		t.Errorf("%d messages were sent, want 300", sent)
	}
	merged := 0
	n, err := all[2].Promote(t.Context(), site, eight, 10, func(items []message.Message) message.Closing {
		merged = len(items)
		d := direct(0)
		d.Type, d.UserID = message.Digest, "u1"
		return message.Closing{Move: message.Merge, Digest: d}
	})
	if err != nil || n != 1 || merged != 300 {
		t.Errorf("promoted %d users with %d messages: %v", n, merged, err)
	}
}

// pgbouncer starts one in transaction mode before a database, and returns its address.
func pgbouncer(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	dir := t.TempDir()
	config := fmt.Sprintf("[databases]\n* = host=127.0.0.1 port=%s\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %d\nunix_socket_dir =\n"+
		"auth_type = any\npool_mode = transaction\ndefault_pool_size = 4\nmax_client_conn = 200\nignore_startup_parameters = extra_float_digits\n", u.Port(), port)
	// auth_type any wants a user in the database's line.
	config = strings.Replace(config, "* = ", strings.TrimPrefix(u.Path, "/")+" = user="+u.User.Username()+" ", 1)
	file := filepath.Join(dir, "pgbouncer.ini")
	if err := os.WriteFile(file, []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	path, err := exec.LookPath("pgbouncer")
	if err != nil {
		path = "/usr/sbin/pgbouncer"
	}
	c := exec.Command(path, file)
	c.SysProcAttr = &syscall.SysProcAttr{}
	if os.Geteuid() == 0 { // which it refuses to be
		nobody, err := osuser.Lookup("nobody")
		if err != nil {
			t.Fatal(err)
		}
		uid, _ := strconv.Atoi(nobody.Uid)
		gid, _ := strconv.Atoi(nobody.Gid)
		c.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		for d := dir; d != os.TempDir() && d != "/"; d = filepath.Dir(d) {
			if err := os.Chmod(d, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	var out strings.Builder
	c.Stdout, c.Stderr = &out, &out
	if err := c.Start(); err != nil {
		t.Fatalf("pgbouncer: %v; make setup installs it", err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
		if t.Failed() {
			t.Log(out.String())
		}
	})
	until(t, "pgbouncer answers", func() bool {
		conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	u.Host = fmt.Sprintf("127.0.0.1:%d", port)
	return u.String()
}
