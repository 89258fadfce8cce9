package notifications_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"notifier/jobs/notifications"
	"notifier/letter"
	"notifier/mail"
	"notifier/mail/mailtest"
	"notifier/message"
	"notifier/store"
	"notifier/store/storetest"
)

func sink(t *testing.T, flags ...string) *mailtest.Sink {
	t.Helper()
	s, err := mailtest.StartSink(0, flags...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// short are timeouts after which a test may give up.
var short = mail.Timeouts{
	Connect: time.Second, Command: 500 * time.Millisecond, Data: 500 * time.Millisecond, Body: 500 * time.Millisecond, Dot: 2 * time.Second, Mail: 5 * time.Second,
}

// TestWhatRealServersDo: docs/failures.md, 10 to 17, with smtp-sink. A message
// that nobody got is not lost, and what says nothing about the message costs it nothing.
func TestWhatRealServersDo(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, flags string
		move        string // of the run; "" if the account failed instead
		status      message.Status
		category    message.Category
		code        string
		uncertain   bool
		attempts    int
	}{
		{"10: 4xx after the dot", "-r .", "postpone=1", message.Pending, message.Unknown, "450 4.3.0", false, 1},
		{"11: 5xx after the dot", "-f .", "fail=1", message.Error, message.Unknown, "500 5.3.0", false, 1},
		{"11: 5xx at MAIL", "-f MAIL", "fail=1", message.Error, message.Unknown, "500 5.3.0", false, 1},
		{"11: 5xx at RCPT", "-f RCPT -B 550\u00a05.1.1\u00a0User\u00a0unknown", "fail=1", message.Error, message.AddressUnknown, "550 5.1.1", false, 1},
		{"12: 421 at CONNECT", "-Q CONNECT", "", message.Pending, "", "", false, 0},
		{"12: 421 at MAIL", "-Q MAIL", "hand_back=1", message.Pending, "", "", false, 0},
		{"12: 421 at RCPT", "-Q RCPT", "postpone=1", message.Pending, message.ConnectFailed, "421", false, 1},
		{"12: 421 after the dot", "-Q .", "postpone=1", message.Pending, message.ConnectFailed, "421", false, 1},
		{"13: no reply at CONNECT", "-q CONNECT", "", message.Pending, "", "", false, 0},
		{"13: no reply at RCPT", "-q RCPT", "postpone=1", message.Pending, message.ConnectFailed, "", false, 1},
		{"13: no reply at DATA", "-q DATA", "postpone=1", message.Pending, message.ConnectFailed, "", false, 1},
		{"14: no reply after the dot", "-q .", "postpone=1", message.Pending, message.ConnectFailed, "", true, 1},
		{"15: 550 in the middle of the mail", "-A 1", "fail=1", message.Error, "", "550", false, 1},
		{"16: greylisting", "-r RCPT -b 451\u00a04.7.1\u00a0Greylisted", "postpone=1", message.Pending, message.Unknown, "451 4.7.1", false, 1},
		{"17: an answer that does not come", "-p -W RCPT:100", "postpone=1", message.Pending, message.ConnectFailed, "", false, 1},
		{"17: answers that are out of step", "-W RCPT:100", "postpone=1", message.Pending, message.Unknown, "503", false, 1},
		{"17: an answer to the mail that does not come", "-W .:100", "postpone=1", message.Pending, message.ConnectFailed, "", true, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			var flags []string
			for _, f := range strings.Fields(strings.ReplaceAll(row.flags, "\u00a0", "_")) {
				flags = append(flags, strings.ReplaceAll(f, "_", " "))
			}
			r := sink(t, flags...)
			s := storetest.Open(t, storetest.URL(t, "sqlite"))
			if err := s.AddSite(t.Context(), site, "UTC", noon); err != nil {
				t.Fatal(err)
			}
			m := direct(noon, "anna@example.org")
			m.Text = strings.Repeat("The contract is ready, and waits for you to come and sign it.\n", 200)
			accept(t, s, m)
			c, err := mail.New(mail.Settings{Host: "127.0.0.1", Port: r.Port(), From: message.Address{Email: "workflow@example.org"}, Connections: 1, Timeouts: short}, nil)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { c.Close() })
			j := notifications.New(s, only(c), letter.Writer{}, notifications.Options{}, zap.NewNop())
			counts, err := j.Run(context.Background(), noon)
			if got := words(counts); got != row.move || (row.attempts == 0) != (err != nil) {
				t.Fatalf("Run = %q, %v; want %q: %+v", got, err, row.move, attempts(t, s, m))
			}
			got := read(t, s, m)
			if got.Status != row.status || got.Attempts != row.attempts {
				t.Errorf("it is %s after %d attempts (%v), want %s after %d", got.Status, got.Attempts, got.Error, row.status, row.attempts)
			}
			paused(t, s, row.attempts == 0)
			if row.attempts == 0 {
				return
			}
			tried := attempts(t, s, m)
			if f := tried[0].Failure; f == nil || row.category != "" && f.Category != row.category || !strings.HasPrefix(f.Code, row.code) || tried[0].Uncertain != row.uncertain {
				t.Errorf("the attempt is %+v with %+v, want %s %q, uncertain: %t", tried[0].Receipt, f, row.category, row.code, row.uncertain)
			}
			if wait := got.DueAt.Sub(got.UpdatedAt); strings.HasPrefix(row.name, "16") && wait < 5*time.Minute {
				t.Errorf("a greylisting server is asked again after %s", wait)
			}
		})
	}
}

// paused tells whether the account is left alone, as it must be if it failed.
func paused(t *testing.T, s *store.Store, want bool) {
	t.Helper()
	all, err := s.Pauses(t.Context(), site)
	if err != nil || (len(all) > 0) != want {
		t.Errorf("paused accounts: %v, %v; want some: %t", all, err, want)
	}
}
