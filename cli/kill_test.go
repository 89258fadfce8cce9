package cli

import (
	"bytes"
	"context"
	"math/rand/v2"
	"net"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"notifier/mail/mailtest"
	"notifier/message"
	"notifier/store"
	"notifier/store/storetest"
)

// ledger compares what was accepted with what a relay got.
type ledger struct {
	mu      sync.Mutex
	missing map[string]bool   // Message-IDs that have not come
	got     map[string][]byte // the first copy of each
	copies  int               // how many came again
	changed []string          // copies that were not the same bytes
	all     chan struct{}     // closed when nothing is missing
}

func newLedger(messages []message.Message) *ledger {
	l := &ledger{missing: map[string]bool{}, got: map[string][]byte{}, all: make(chan struct{})}
	for _, m := range messages {
		l.missing[m.MessageID()] = true
	}
	return l
}

// note is told of every mail that the relay takes.
func (l *ledger) note(m mailtest.Mail) {
	_, rest, _ := bytes.Cut(m.Data, []byte("Message-ID: "))
	id, _, _ := bytes.Cut(rest, []byte("\r\n"))
	l.mu.Lock()
	defer l.mu.Unlock()
	key := string(id)
	if first, again := l.got[key]; again {
		l.copies++
		if !bytes.Equal(first, m.Data) {
			l.changed = append(l.changed, key)
		}
		return
	}
	l.got[key] = m.Data
	delete(l.missing, key)
	if len(l.missing) == 0 {
		close(l.all)
	}
}

// The promise: kill -9 in a loop during a flush loses nothing, and what comes twice is the
// same mail with the same Message-ID.
func TestKilledInALoop(t *testing.T) {
	t.Parallel()
	for _, database := range []string{"sqlite", "postgres"} {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			killInALoop(t, database, 5000, 20)
		})
	}
}

func killInALoop(t *testing.T, database string, messages, kills int) {
	url := storetest.URL(t, database)
	queued := storetest.Enqueue(t, url, messages)
	l := newLedger(queued)
	relay, err := mailtest.Start(mailtest.Options{OnMail: l.note})
	if err != nil {
		t.Fatal(err)
	}
	defer relay.Close()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	for range kills {
		running := startService(t, url, relay.Addr())
		if err := relay.Wait(ctx, min(relay.Count()+1+random.IntN(messages/kills), messages)); err != nil {
			t.Fatalf("the relay got %d mails: %v\n%s", relay.Count(), err, running.log())
		}
		running.kill()
	}
	last := startService(t, url, relay.Addr())
	select {
	case <-l.all:
	case <-ctx.Done():
		t.Fatalf("%d of %d messages never came\n%s", len(l.missing), messages, last.log())
	}
	s := storetest.Open(t, url)
	// What had come before a kill, and was not noted, is sent once more.
	for left := -1; left != 0; time.Sleep(100 * time.Millisecond) {
		if ctx.Err() != nil {
			t.Fatalf("%d messages are not sent yet\n%s", left, last.log())
		}
		left = unsent(t, s)
	}
	last.stop()

	if len(l.changed) > 0 {
		t.Errorf("%d copies differ from the first, as %s", len(l.changed), l.changed[0])
	}
	// In flight are at most the workers' messages: none takes another before its outcome is written.
	if most := kills * 64; l.copies > most {
		t.Errorf("%d mails came twice; at most %d were in flight when the process was killed", l.copies, most)
	}
	t.Logf("%d messages, %d kills: %d came twice", messages, kills, l.copies)
	for _, m := range queued {
		now, err := s.Message(t.Context(), m.Site, m.ID)
		if err != nil {
			t.Fatal(err)
		}
		if now.Status != message.Sent {
			t.Fatalf("%s is %s, want sent: %+v", m.ID, now.Status, now.Error)
		}
	}
}

// unsent counts the messages that the queue still has to do with.
func unsent(t *testing.T, s *store.Store) int {
	t.Helper()
	n := 0
	for _, status := range []message.Status{message.Pending, message.Sending} {
		ms, err := s.Messages(t.Context(), "default", message.Filter{Status: status, Limit: 10000})
		if err != nil {
			t.Fatal(err)
		}
		n += len(ms)
	}
	return n
}

// service is the program serving, as a process that can be killed.
type daemon struct {
	t       *testing.T
	command *exec.Cmd
	out     *bytes.Buffer
	url     string // of its API
}

const testKey = "test-key"

// startService starts the program on a database with a lease of a second, so that a test
// need not wait long for what a dead process held.
func startService(t *testing.T, database, relay string, environment ...string) *daemon {
	t.Helper()
	file, err := program()
	if err != nil {
		t.Fatal(err)
	}
	host, port, err := net.SplitHostPort(relay)
	if err != nil {
		t.Fatal(err)
	}
	listen := freeAddress(t)
	s := &daemon{t: t, command: exec.Command(file, "serve"), out: &bytes.Buffer{}, url: "http://" + listen}
	s.command.Dir = t.TempDir()
	s.command.Env = append(s.command.Environ(), append([]string{
		"NOTIFIER_DATABASE__URL=" + database, "NOTIFIER_HTTP__LISTEN=" + listen, "NOTIFIER_HTTP__KEY=" + testKey,
		"NOTIFIER_SMTP__HOST=" + host, "NOTIFIER_SMTP__PORT=" + port, "NOTIFIER_SMTP__TLS=none", "NOTIFIER_SMTP__FROM=Workflow <workflow@example.org>",
		"NOTIFIER_JOBS__NOTIFICATIONS__EVERY=1s", "NOTIFIER_RETRY__LEASE=1s",
	}, environment...)...)
	s.command.Stdout, s.command.Stderr = s.out, s.out
	if err := s.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill) // if it still runs
	return s
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (s *daemon) kill() {
	if s.command.ProcessState == nil {
		_ = s.command.Process.Kill()
		_ = s.command.Wait() // it was killed: that is no news
	}
}

// stop asks the program to end and waits until it has.
func (s *daemon) stop() {
	s.t.Helper()
	if err := s.command.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	if err := s.command.Wait(); err != nil {
		s.t.Errorf("the service ended with %v\n%s", err, s.out)
	}
}

// log is what the program has printed; it must have ended.
func (s *daemon) log() string {
	s.kill()
	return strings.TrimSpace(s.out.String())
}
