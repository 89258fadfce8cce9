// Package chaos runs the real program behind toxiproxy: against a database whose link breaks
// in the middle of a commit, and a mail server that goes away and comes back.
package chaos

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/url"
	"notifier/mail/mailtest"
	"notifier/message"
	"notifier/request"
	"notifier/store"
	"notifier/store/storetest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

var binary string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "notifier-chaos-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		binary = filepath.Join(dir, "notifier")
		build := exec.Command("go", "build", "-o", binary, "./cmd/notifier")
		build.Dir = "../.."
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "%v\n%s", err, out)
			return 1
		}
		return storetest.Run(m)
	}())
}

var servers = sync.OnceValue(func() *toxiproxy.ApiServer {
	return toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
})

// link is a proxy before an address.
func link(t *testing.T, upstream string) *toxiproxy.Proxy {
	t.Helper()
	p := toxiproxy.NewProxy(servers(), strings.ReplaceAll(t.Name(), "/", "-"), "127.0.0.1:0", upstream)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	return p
}

// service is the program, with its flush every second.
type service struct {
	*exec.Cmd
	t      *testing.T
	out    bytes.Buffer
	listen string
}

// apiKey lets in.
const apiKey = "chaos-key"

func serve(t *testing.T, database, relay string, environment ...string) *service {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listen := l.Addr().String()
	l.Close()
	host, port, err := net.SplitHostPort(relay)
	if err != nil {
		t.Fatal(err)
	}
	s := &service{Cmd: exec.Command(binary, "serve"), t: t, listen: listen}
	s.Dir = t.TempDir()
	s.Env = append(s.Environ(), "NOTIFIER_DATABASE__URL="+database, "NOTIFIER_HTTP__LISTEN="+listen, "NOTIFIER_HTTP__KEY="+apiKey, "NOTIFIER_SMTP__HOST="+host, "NOTIFIER_SMTP__PORT="+port,
		"NOTIFIER_SMTP__TLS=none", "NOTIFIER_SMTP__FROM=workflow@example.org", "NOTIFIER_JOBS__NOTIFICATIONS__EVERY=1s", "NOTIFIER_RETRY__LEASE=2s", "NOTIFIER_RETRY__BASE=1s")
	s.Env = append(s.Env, environment...)
	s.Stdout, s.Stderr = &s.out, &s.out
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.end)
	return s
}

func (s *service) end() {
	if s.ProcessState != nil {
		return
	}
	if err := s.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Error(err)
	}
	if err := s.Wait(); err != nil {
		s.t.Errorf("the service ended with %v\n%s", err, s.out.String())
	}
}

func enqueue(t *testing.T, s *store.Store, n int) {
	t.Helper()
	now := time.Now().UTC().Truncate(time.Microsecond)
	if err := s.AddSite(t.Context(), "default", "UTC", now); err != nil {
		t.Fatal(err)
	}
	all := make([]message.Message, n)
	for i := range all {
		all[i] = message.Message{
			ID: message.NewID(message.MessageIDs), Site: "default", Type: message.Direct, Domain: "example.org", Subject: fmt.Sprint(i), Text: "x",
			Envelope:  message.Envelope{To: []message.Address{{Email: fmt.Sprintf("user%d@example.net", i)}}},
			CreatedAt: now, UpdatedAt: now, QueuedAt: now, DueAt: now, Status: message.Pending,
		}
	}
	if _, err := s.Accept(t.Context(), now, request.Tray{Site: "default", Messages: all}); err != nil {
		t.Fatal(err)
	}
}

func sent(t *testing.T, s *store.Store) []message.Message {
	t.Helper()
	ms, err := s.Messages(context.Background(), "default", message.Filter{Status: message.Sent, Limit: 100000})
	if err != nil {
		t.Fatal(err)
	}
	return ms
}

func patiently(t *testing.T, what string, is func() bool) {
	t.Helper()
	for begin := time.Now(); !is(); time.Sleep(50 * time.Millisecond) {
		if time.Since(begin) > 90*time.Second {
			t.Fatalf("after a minute and a half: not %s", what)
		}
	}
}

func relay(t *testing.T) *mailtest.Relay {
	t.Helper()
	r, err := mailtest.Start(mailtest.Options{Keep: 20000})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// TestTheDatabaseLinkBreaksInCommits is docs/failures.md, 5: whoever does not
// hear what became of a commit neither loses nor doubles what it wrote.
func TestTheDatabaseLinkBreaksInCommits(t *testing.T) {
	direct := storetest.URL(t, "postgres")
	u, err := url.Parse(direct)
	if err != nil {
		t.Fatal(err)
	}
	s, r := storetest.Open(t, direct), relay(t)
	db := link(t, u.Host)
	u.Host = db.Listen
	const n = 4000
	enqueue(t, s, n)
	service := serve(t, u.String(), r.Addr())
	const breaks = 12
	for i := range breaks {
		seen := r.Count()
		patiently(t, "more mail", func() bool { return r.Count() > seen || len(sent(t, s)) == n })
		// So many bytes more of what the database says come through, then the link is cut.
		toxic := fmt.Sprintf(`{"name":"cut","type":"limit_data","stream":"downstream","attributes":{"bytes":%d}}`, 200+i*777)
		if _, err := db.Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(150 * time.Millisecond)
		if err := db.Toxics.RemoveToxic(t.Context(), "cut"); err != nil {
			t.Fatal(err)
		}
	}
	patiently(t, "everything sent", func() bool { return len(sent(t, s)) == n })
	service.end()
	if twice := r.Count() - n; twice < 0 || twice > breaks*64 {
		t.Errorf("%d mails of %d messages came; at most %d were in flight when the link broke", r.Count(), n, breaks*64)
	}
	t.Logf("%d messages, %d cuts, %d mails", n, breaks, r.Count())
}

// TestTheRelayComesBack is row 37: after an outage one message asks first, few connections
// follow, and no message's attempts were spent meanwhile.
func TestTheRelayComesBack(t *testing.T) {
	database := storetest.URL(t, "postgres")
	s, r := storetest.Open(t, database), relay(t)
	way := link(t, r.Addr())
	address := way.Listen
	way.Stop()
	const n = 5000
	enqueue(t, s, n)
	service := serve(t, database, address)
	time.Sleep(12 * time.Second)
	if got := r.Count(); got != 0 {
		t.Fatalf("%d mails came through a link that is cut", got)
	}
	way = toxiproxy.NewProxy(servers(), "back", address, r.Addr())
	if err := way.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(way.Stop)
	patiently(t, "everything sent", func() bool { return len(sent(t, s)) == n })
	service.end()
	connections := map[int]bool{}
	for i, m := range r.Got() {
		if i == 0 && m.Connection != 1 {
			t.Errorf("the first mail came by connection %d: %d others were made before it", m.Connection, m.Connection-1)
		}
		connections[m.Connection] = true
	}
	if len(connections) > 8 {
		t.Errorf("%d connections carried the backlog, want few", len(connections))
	}
	for _, m := range sent(t, s) {
		if m.Attempts != 1 {
			t.Fatalf("%s took %d attempts: the outage has cost some", m.ID, m.Attempts)
		}
	}
	t.Logf("%d mails over %d connections", r.Count(), len(connections))
}
