package notifications_test

import (
	"fmt"
	"testing"
	"time"

	"notifier/jobs/notifications"
	"notifier/mail/mailtest"
	"notifier/message"
	"notifier/store"
)

// TestWhatTheRelaySaysDecides: what failed for good is never tried again by the service (CQ-5).
func TestWhatTheRelaySaysDecides(t *testing.T) {
	for _, row := range []struct {
		name      string
		at        mailtest.Stage
		fault     mailtest.Fault
		move      string
		status    message.Status
		category  message.Category
		code      string
		uncertain bool
		least     time.Duration // until the next try
	}{
		{"4xx: mailbox busy", mailtest.AtRcpt, mailtest.Fault{Code: 450}, "postpone=1", message.Pending, message.Unknown, "450 4.2.1", false, time.Second},
		{"4xx: mailbox full", mailtest.AtRcpt, mailtest.Fault{Code: 452}, "postpone=1", message.Pending, message.MailboxFull, "452 4.2.2", false, time.Second},
		{"4xx after the mail", mailtest.AtDot, mailtest.Fault{Code: 451}, "postpone=1", message.Pending, message.Unknown, "451 4.3.0", false, time.Second},
		{"421 about this mail", mailtest.AtRcpt, mailtest.Fault{Code: 421}, "postpone=1", message.Pending, message.ConnectFailed, "421 4.3.2", false, time.Second},
		{
			"greylisted: five minutes at least", mailtest.AtRcpt,
			mailtest.Fault{Code: 451, Text: "4.7.1 Greylisted, try again later"},
			"postpone=1", message.Pending, message.Unknown, "451 4.7.1", false, 5 * time.Minute,
		},
		{
			"rate limited", mailtest.AtRcpt,
			mailtest.Fault{Code: 450, Text: "4.7.28 Too many messages from you"},
			"limit=1", message.RateLimited, message.TooFast, "450 4.7.28", false, time.Second,
		},
		{
			"rate limited after the mail", mailtest.AtDot,
			mailtest.Fault{Code: 451, Text: "4.7.1 slow down"},
			"limit=1", message.RateLimited, message.TooFast, "451 4.7.1", false, time.Second,
		},
		{"gone before the mail", mailtest.AtRcpt, mailtest.Fault{Drop: true}, "postpone=1", message.Pending, message.ConnectFailed, "", false, time.Second},
		{"gone after the mail", mailtest.AtDot, mailtest.Fault{Drop: true}, "postpone=1", message.Pending, message.ConnectFailed, "", true, time.Second},
		{"5xx: unknown user", mailtest.AtRcpt, mailtest.Fault{Code: 550}, "fail=1", message.Error, message.AddressUnknown, "550 5.1.1", false, 0},
		{"5xx after the mail", mailtest.AtDot, mailtest.Fault{Code: 554}, "fail=1", message.Error, message.RejectedContent, "554 5.7.1", false, 0},
		{"5xx: sender", mailtest.AtMail, mailtest.Fault{Code: 553, Text: "5.1.8 Sender refused"}, "fail=1", message.Error, message.RejectedSender, "553 5.1.8", false, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			each(t, func(t *testing.T, s *store.Store, r *mailtest.Relay) {
				m := direct(noon, "anna@example.org")
				accept(t, s, m)
				r.Fail(row.at, row.fault)
				j := job(t, s, r, 1, notifications.Options{})
				run(t, j, noon, row.move)
				got := read(t, s, m)
				if got.Status != row.status || got.Error == nil || got.Error.Category != row.category || got.Error.Code != row.code {
					t.Errorf("it is %s with %+v, want %s with %s %q", got.Status, got.Error, row.status, row.category, row.code)
				}
				tried := attempts(t, s, m)
				if got.Attempts != 1 || len(tried) != 1 || tried[0].Uncertain != row.uncertain || tried[0].Failure.Category != row.category {
					t.Errorf("attempts = %d: %+v", got.Attempts, tried)
				}
				if row.least == 0 {
					if !got.DueAt.IsZero() {
						t.Errorf("it is tried again at %v", got.DueAt)
					}
					run(t, j, noon.Add(24*time.Hour), "")
					return
				}
				if wait := got.DueAt.Sub(got.UpdatedAt); wait < row.least || wait > max(row.least, time.Minute) {
					t.Errorf("it is tried again after %v, want %v to %v", wait, row.least, max(row.least, time.Minute))
				}
				run(t, j, got.DueAt.Add(-time.Microsecond), "")
				run(t, j, got.DueAt, "accept=1")
				if got = read(t, s, m); got.Status != message.Sent || got.Error != nil || got.Attempts != 2 {
					t.Errorf("in the end it is %s, %d attempts, %v", got.Status, got.Attempts, got.Error)
				}
			})
		})
	}
}

// lists are the addresses of a message's delivery record.
func lists(t *testing.T, s *store.Store, m message.Message) string {
	t.Helper()
	d := read(t, s, m).Delivery(attempts(t, s, m))
	if d.Info == nil {
		return d.State
	}
	return fmt.Sprint(d.State, d.Info.Accepted, d.Info.Rejected, d.Info.Pending)
}

func TestWhoHasGotAMailNeverGetsItAgain(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, r *mailtest.Relay) {
		m := direct(noon, "ok@x.org", "busy@x.org", "gone@x.org", "full@x.org")
		accept(t, s, m)
		r.Refuse("busy@x.org", 450, 450)
		r.Refuse("full@x.org", 452, 552)
		r.Refuse("gone@x.org", 550)
		j := job(t, s, r, 1, notifications.Options{})
		at := noon
		for i, want := range []struct{ move, status, lists string }{
			{"postpone=1", "pending", "PENDING[ok@x.org] [gone@x.org] [busy@x.org full@x.org]"},
			{"postpone=1", "pending", "PENDING[ok@x.org] [gone@x.org full@x.org] [busy@x.org]"},
			{"accept=1", "sent", "SUCCESS[ok@x.org busy@x.org] [gone@x.org full@x.org] []"},
		} {
			run(t, j, at, want.move)
			got := read(t, s, m)
			if string(got.Status) != want.status || lists(t, s, m) != want.lists || !got.Reached {
				t.Errorf("after attempt %d: %s, %s; want %s, %s", i+1, got.Status, lists(t, s, m), want.status, want.lists)
			}
			at = got.DueAt
		}
		if got := fmt.Sprint(r.Got()[0].To, r.Got()[1].To, len(r.Got())); got != "[ok@x.org] [busy@x.org] 2" {
			t.Errorf("the mails went to %s", got)
		}
	})
}

func TestAMessageThatReachedSomebodyEndsAsSent(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, r *mailtest.Relay) {
		some, none := direct(noon, "ok@x.org", "busy@x.org"), direct(noon, "full@x.org", "gone@x.org")
		accept(t, s, some, none)
		r.Refuse("busy@x.org", 450, 450, 450)
		r.Refuse("full@x.org", 452, 452, 452)
		r.Refuse("gone@x.org", 550)
		j := job(t, s, r, 1, notifications.Options{Retry: notifications.Retry{MaxAttempts: 3}})
		for day, move := range []string{"postpone=2", "postpone=2", "accept=1 fail=1", ""} {
			run(t, j, noon.Add(time.Duration(day)*6*time.Hour), move)
		}
		if got := lists(t, s, some); got != "SUCCESS[ok@x.org] [] [busy@x.org]" {
			t.Errorf("who got it: %s", got)
		}
		got := read(t, s, none)
		if got.Status != message.Error || got.Attempts != 3 || got.Error.Category != message.MailboxFull || fmt.Sprint(got.Rejected, got.Remaining) != "[gone@x.org] [full@x.org]" {
			t.Errorf("who got nothing: %s, %d attempts, %v, %v and %v", got.Status, got.Attempts, got.Error, got.Rejected, got.Remaining)
		}
	})
}

func TestAMessageIsGivenUp(t *testing.T) {
	for _, row := range []struct {
		name     string
		retry    notifications.Retry
		attempts int
		after    time.Duration // at least
	}{
		{"after 25 attempts", notifications.Retry{MaxAge: 1000 * time.Hour}, 25, 0},
		{"after two days", notifications.Retry{MaxAttempts: 1000}, 0, 48 * time.Hour},
		{"as it was set", notifications.Retry{MaxAttempts: 3, Base: time.Second, Cap: time.Second}, 3, 0},
		{"after a set time", notifications.Retry{MaxAge: 10 * time.Minute}, 0, 10 * time.Minute},
	} {
		t.Run(row.name, func(t *testing.T) {
			each(t, func(t *testing.T, s *store.Store, r *mailtest.Relay) {
				m := direct(noon, "anna@example.org")
				accept(t, s, m)
				for range 300 {
					r.Refuse("anna@example.org", 450)
				}
				j := job(t, s, r, 1, notifications.Options{Retry: row.retry})
				at, tried := noon, 0
				for ; ; tried++ {
					before := read(t, s, m)
					if _, err := j.Run(t.Context(), at); err != nil {
						t.Fatal(err)
					}
					after := read(t, s, m)
					if after.Status == message.Error {
						break
					}
					ceiling := min(time.Minute<<min(before.Tries, 10), 2*time.Hour)
					if wait := after.DueAt.Sub(after.UpdatedAt); wait < time.Second || wait > ceiling {
						t.Errorf("after attempt %d it waits %v, want 1s to %v", tried+1, wait, ceiling)
					}
					at = after.DueAt
				}
				got := read(t, s, m)
				if row.attempts != 0 && got.Attempts != row.attempts || at.Sub(noon) < row.after || got.Attempts != len(attempts(t, s, m)) {
					t.Errorf("given up after %d attempts and %v, want %d and %v", got.Attempts, at.Sub(noon), row.attempts, row.after)
				}
				if got.Error == nil || got.Error.Code != "450 4.2.1" || !got.DueAt.IsZero() {
					t.Errorf("its last error is %v, due %v; want what the server said last", got.Error, got.DueAt)
				}
				// A person asks for it again: it is tried as often once more.
				again, err := got.Again(at)
				if err != nil {
					t.Fatal(err)
				}
				if err := s.Replace(t.Context(), got, again); err != nil {
					t.Fatal(err)
				}
				run(t, j, at, "postpone=1")
			})
		})
	}
}
