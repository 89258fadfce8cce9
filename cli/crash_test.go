package cli

import (
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"notifier/mail/mailtest"
	"notifier/message"
	"notifier/store"
	"notifier/store/storetest"
)

func smtpSink(t *testing.T, port int, flags ...string) *mailtest.Sink {
	t.Helper()
	s, err := mailtest.StartSink(port, flags...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // it may have been closed
	return s
}

// patiently waits until something is so.
func patiently(t *testing.T, what string, is func() bool) {
	t.Helper()
	for begin := time.Now(); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Since(begin) > 3*time.Minute {
			t.Fatalf("after three minutes: not %s", what)
		}
	}
}

func allSent(t *testing.T, s *store.Store, n int) func() bool {
	return func() bool {
		ms, err := s.Messages(t.Context(), "default", message.Filter{Status: message.Sent, Limit: 10000})
		return err == nil && len(ms) == n
	}
}

// byID counts the mails of each message.
func byID(t *testing.T, sinks ...*mailtest.Sink) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for _, sink := range sinks {
		mails, err := sink.Mails()
		if err != nil {
			t.Fatal(err)
		}
		for _, mail := range mails {
			_, rest, _ := strings.Cut(mail, "\nMessage-ID: ")
			id, _, _ := strings.Cut(rest, "\n")
			counts[strings.TrimSpace(id)]++
		}
	}
	return counts
}

// TestKilledInTheMiddleOfAConversation: docs/failures.md, 2 and 3, with
// smtp-sink. Killed after the claim and before MAIL is answered, a message comes once; killed after its last byte, it may
// come twice, as many as were in flight, with one Message-ID.
func TestKilledInTheMiddleOfAConversation(t *testing.T) {
	t.Parallel()
	const n = 20
	for _, row := range []struct {
		name, flag string
		copies     int // at most, beyond the first
	}{{"2: before the answer to MAIL", "MAIL:3", 0}, {"3: after the last byte", ".:3", 4}} {
		for _, database := range []string{"sqlite", "postgres"} {
			t.Run(row.name+"/"+database, func(t *testing.T) {
				t.Parallel()
				url := storetest.URL(t, database)
				storetest.Enqueue(t, url, n)
				slow := smtpSink(t, 0, "-p", "-W", row.flag)
				address := fmt.Sprintf("127.0.0.1:%d", slow.Port())
				first := startService(t, url, address)
				s := storetest.Open(t, url)
				patiently(t, "anything being sent", func() bool {
					ms, err := s.Messages(t.Context(), "default", message.Filter{Status: message.Sending})
					return err == nil && len(ms) > 0
				})
				time.Sleep(time.Second) // into the wait of the sink
				first.kill()
				before := byID(t, slow)
				if err := slow.Close(); err != nil {
					t.Fatal(err)
				}
				good := smtpSink(t, slow.Port())
				second := startService(t, url, address)
				patiently(t, "everything sent", allSent(t, s, n))
				second.stop()
				counts, twice := byID(t, good), 0
				for id := range before {
					counts[id]++
				}
				for id, copies := range counts {
					if copies > 1 {
						twice += copies - 1
					}
					if copies > 2 {
						t.Errorf("%s came %d times", id, copies)
					}
				}
				if len(counts) != n || twice > row.copies {
					t.Errorf("%d of %d messages came, %d copies; at most %d were in flight", len(counts), n, twice, row.copies)
				}
			})
		}
	}
}

// TestFrozenAndThawed is row 27: a process that is stopped for longer than its lease, and
// goes on, changes nothing that another has done meanwhile.
func TestFrozenAndThawed(t *testing.T) {
	t.Parallel()
	url := storetest.URL(t, "postgres")
	const n = 2000
	l := newLedger(storetest.Enqueue(t, url, n))
	relay, err := mailtest.Start(mailtest.Options{OnMail: l.note})
	if err != nil {
		t.Fatal(err)
	}
	defer relay.Close()
	soon := "NOTIFIER_RETRY__BASE=1s"
	frozen, other := startService(t, url, relay.Addr(), soon), startService(t, url, relay.Addr(), soon)
	s := storetest.Open(t, url)
	const times = 4
	for range times {
		patiently(t, "more mail", func() bool { return relay.Count() > 0 })
		say(t, frozen, freeze)
		time.Sleep(2500 * time.Millisecond)
		say(t, frozen, thaw)
		time.Sleep(200 * time.Millisecond)
	}
	patiently(t, "everything sent", allSent(t, s, n))
	frozen.stop()
	other.stop()
	if len(l.missing) > 0 || len(l.changed) > 0 {
		t.Errorf("%d messages never came, %d copies differ", len(l.missing), len(l.changed))
	}
	if most := times * 64; l.copies > most { // as when it is killed
		t.Errorf("%d mails came twice; at most %d were in flight when it was stopped", l.copies, most)
	}
}

func say(t *testing.T, s *daemon, what syscall.Signal) {
	t.Helper()
	if err := s.command.Process.Signal(what); err != nil {
		t.Fatal(err)
	}
}

// TestKilledAtEveryWrite: the program dies with its n-th write, as strace makes it: to the
// disk (row 1: before the claim is committed, and after), and to a socket, of the relay or
// of the database (row 4: the answer was read, and its outcome not written yet). What was
// accepted is sent in the end, and twice only what was in flight.
func TestKilledAtEveryWrite(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		database, calls  string
		last, step, kept int // kept is how many kills there must be at least
	}{{"sqlite", "fdatasync,fsync", 12, 1, 1}, {"postgres", "write", 36, 1, 10}} {
		t.Run(row.database, func(t *testing.T) {
			t.Parallel()
			url := storetest.URL(t, row.database)
			relay, err := mailtest.Start(mailtest.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer relay.Close()
			file, err := program()
			if err != nil {
				t.Fatal(err)
			}
			messages, killed := 0, 0
			for write := 1; write <= row.last; write += row.step {
				storetest.Enqueue(t, url, 1)
				messages++
				c := exec.Command("strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace="+row.calls, "-e", fmt.Sprintf("inject=%s:signal=SIGKILL:when=%d", row.calls, write), file, "send-queue")
				c.Dir = t.TempDir()
				c.Env = append(c.Environ(), "NOTIFIER_DATABASE__URL="+url, "NOTIFIER_SMTP__HOST=127.0.0.1", fmt.Sprintf("NOTIFIER_SMTP__PORT=%d", relay.Port()),
					"NOTIFIER_SMTP__TLS=none", "NOTIFIER_SMTP__FROM=workflow@example.org", "NOTIFIER_RETRY__LEASE=1s")
				if out, err := c.CombinedOutput(); err != nil && !strings.Contains(err.Error(), "killed") {
					t.Logf("write %d: %v\n%s", write, err, out)
				} else if err != nil {
					killed++
				}
			}
			if killed < row.kept {
				t.Fatalf("%d of %d runs were killed: strace injects too little", killed, messages)
			}
			last := startService(t, url, relay.Addr())
			patiently(t, "ready", func() bool {
				answer, err := http.Get(last.url + "/readyz")
				return err == nil && answer.Body.Close() == nil && answer.StatusCode == http.StatusOK
			})
			s := storetest.Open(t, url)
			patiently(t, "everything sent", allSent(t, s, messages))
			last.stop()
			// A run takes along what those before it left.
			if got, most := relay.Count(), messages+killed*64; got < messages || got > most {
				t.Errorf("%d mails of %d messages came after %d kills, want %d to %d", got, messages, killed, messages, most)
			}
			t.Logf("%d runs, %d killed, %d mails", messages, killed, relay.Count())
		})
	}
}
