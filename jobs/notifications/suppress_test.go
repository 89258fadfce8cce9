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

func suppress(t *testing.T, s *store.Store, address string, why message.Unwanted) {
	t.Helper()
	if err := s.Suppress(t.Context(), site, message.Suppression{Address: address, Reason: why, Since: noon}); err != nil {
		t.Fatal(err)
	}
}

// TestWhoOptedOutIsSkippedOnRecord is CQ-17.
func TestWhoOptedOutIsSkippedOnRecord(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, r *mailtest.Relay) {
		for address, why := range map[string]message.Unwanted{"Out@x.org": message.OptedOut, "spam@x.org": message.Complained, "gone@x.org": message.Bounced} {
			suppress(t, s, address, why)
		}
		kept := direct(noon, "ok@x.org")
		skipped := map[message.Reason]message.Message{
			message.Unsubscribed: direct(noon, "OUT@x.org"), message.SuppressedComplaint: direct(noon, "spam@x.org"), message.SuppressedBounce: direct(noon, "gone@X.org"),
		}
		both := direct(noon, "out@x.org", "also@x.org")
		reminder, deadline := direct(noon, "out@x.org"), direct(noon, "gone@x.org")
		reminder.Type, deadline.Kind = message.Reminder, message.Deadline
		accept(t, s, kept, both, reminder, deadline)
		for _, m := range skipped {
			accept(t, s, m)
		}
		run(t, job(t, s, r, 1, notifications.Options{}), noon, "accept=4 skip=3")
		for reason, m := range skipped {
			if got := read(t, s, m); got.Status != message.Skipped || got.Reason != reason || got.Attempts != 0 {
				t.Errorf("%s is %s because of %q after %d attempts, want skipped because of %s", m.Recipients(), got.Status, got.Reason, got.Attempts, reason)
			}
		}
		if got := lists(t, s, both); got != "SUCCESS[also@x.org] [out@x.org] []" {
			t.Errorf("of two one gets it: %s", got)
		}
		for _, m := range []message.Message{reminder, deadline} {
			if got := read(t, s, m); got.Status != message.Sent {
				t.Errorf("a deadline to %s is %s, want sent (AMODIT-15)", m.Recipients(), got.Status)
			}
		}
	})
}

func TestAnAddressThatDoesNotExistIsNotWrittenToAgain(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, r *mailtest.Relay) {
		r.Refuse("gone@x.org", 550, 550)
		r.Refuse("full@x.org", 552)
		suppress(t, s, "out@x.org", message.OptedOut)
		first := direct(noon, "Gone@x.org", "full@x.org")
		accept(t, s, first)
		j := job(t, s, r, 1, notifications.Options{})
		run(t, j, noon, "fail=1")
		got, err := s.Suppression(t.Context(), site, "gone@X.org")
		if err != nil || got.Reason != message.Bounced || got.MessageID != first.ID || !got.Since.Equal(read(t, s, first).UpdatedAt) {
			t.Fatalf("the suppression is %+v, %v", got, err)
		}
		second := direct(noon, "gone@x.org")
		accept(t, s, second, direct(noon, "full@x.org"))
		run(t, j, noon, "accept=1 skip=1")

		// A person who asks once more is heard.
		failed := read(t, s, first)
		after, err := failed.Again(noon.Add(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Replace(t.Context(), failed, after); err != nil {
			t.Fatal(err)
		}
		run(t, j, noon.Add(time.Minute), "accept=1")
		if err := s.Unsuppress(t.Context(), site, "gone@x.org"); err != nil {
			t.Error(err)
		}
		third := direct(noon, "gone@x.org")
		accept(t, s, third)
		run(t, j, noon.Add(time.Minute), "accept=1")
		if all, err := s.Suppressions(t.Context(), site, "", 10); err != nil || len(all) != 1 || all[0].Address != "out@x.org" {
			t.Errorf("suppressed are %v, %v", all, err)
		}
	})
}

func TestASuppressionNeedNotBe(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, r *mailtest.Relay) {
		r.Refuse("gone@x.org", 550)
		j := job(t, s, r, 1, notifications.Options{KeepBounced: true})
		accept(t, s, direct(noon, "gone@x.org"))
		run(t, j, noon, "fail=1")
		accept(t, s, direct(noon, "gone@x.org"))
		run(t, j, noon, "accept=1")
	})
}

// TestSuppressedWhileItWaits: whoever had it before has it, the message stays sent.
func TestSuppressedWhileItWaits(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, r *mailtest.Relay) {
		m := direct(noon, "ok@x.org", "busy@x.org")
		accept(t, s, m)
		r.Refuse("busy@x.org", 450)
		j := job(t, s, r, 1, notifications.Options{})
		run(t, j, noon, "postpone=1")
		suppress(t, s, "busy@x.org", message.Complained)
		run(t, j, read(t, s, m).DueAt, "accept=1")
		if got := fmt.Sprint(read(t, s, m).Status, lists(t, s, m)); got != "sentSUCCESS[ok@x.org] [busy@x.org] []" {
			t.Errorf("it is %s", got)
		}
	})
}

// L3, RULES 5: a retry of many lifts no suppression, not even one that is made between asking
// and sending. A person's retry of one lifts those that were there when the person asked.
func TestWhichRetryLiftsASuppression(t *testing.T) {
	again := func(m message.Message, at time.Time) (message.Message, error) { return m.Again(at) }
	withMany := func(m message.Message, at time.Time) (message.Message, error) { return m.AgainWithMany(at) }
	for _, c := range []struct {
		name  string
		retry func(message.Message, time.Time) (message.Message, error)
		since time.Duration // when the address was suppressed; the retry is at one minute
		want  message.Status
	}{
		{"one, suppressed before", again, 0, message.Sent},
		{"one, suppressed at that instant", again, time.Minute, message.Sent},
		{"one, suppressed between asking and sending", again, 90 * time.Second, message.Skipped},
		{"many, suppressed before", withMany, 0, message.Skipped},
		{"many, suppressed between asking and sending", withMany, 90 * time.Second, message.Skipped},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T, s *store.Store, r *mailtest.Relay) {
				r.Refuse("full@x.org", 552)
				m := direct(noon, "full@x.org")
				accept(t, s, m)
				j := job(t, s, r, 1, notifications.Options{})
				run(t, j, noon, "fail=1")
				failed := read(t, s, m)
				after, err := c.retry(failed, noon.Add(time.Minute))
				if err == nil {
					err = s.Replace(t.Context(), failed, after)
				}
				if err == nil {
					err = s.Suppress(t.Context(), site, message.Suppression{Address: "FULL@x.org", Reason: message.OptedOut, Since: noon.Add(c.since)})
				}
				if err != nil {
					t.Fatal(err)
				}
				want := "accept=1"
				if c.want == message.Skipped {
					want = "skip=1"
				}
				run(t, j, noon.Add(2*time.Minute), want)
				if got := read(t, s, m); got.Status != c.want {
					t.Errorf("it is %s, want %s", got.Status, c.want)
				}
			})
		})
	}
}
