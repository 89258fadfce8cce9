package notifications_test

import (
	"fmt"
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
)

func pauseOf(t *testing.T, s *store.Store) message.Pause {
	t.Helper()
	all, err := s.Pauses(t.Context(), site)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		return message.Pause{}
	}
	return all[0]
}

func suppressedOf(t *testing.T, s *store.Store) int {
	t.Helper()
	all, err := s.Suppressions(t.Context(), site, "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

// atDomains are n messages, each to a domain of its own.
func atDomains(n int, at time.Time) []message.Message {
	all := make([]message.Message, n)
	for i := range all {
		all[i] = direct(at.Add(time.Duration(i)*time.Millisecond), fmt.Sprintf("user@d%d.example.org", i))
	}
	return all
}

// TestTheBrake is L3: a relay that says of everybody that there is no such user suppresses
// nobody; the account waits, and all gets through once the relay is well again.
func TestTheBrake(t *testing.T) {
	for _, batch := range []int{1, 500} { // one after another, and all at once
		t.Run(fmt.Sprint("batch ", batch), func(t *testing.T) {
			each(t, func(t *testing.T, s *store.Store, r *mailtest.Relay) {
				ms := atDomains(12, noon)
				accept(t, s, ms...)
				r.Fail(mailtest.AtRcpt, faults(12, mailtest.Fault{Code: 550, Text: "5.1.1 User unknown"})...)
				j := job(t, s, r, 1, notifications.Options{Batch: batch, Workers: batch})
				at := noon.Add(time.Hour)
				if counts, err := j.Run(t.Context(), at); err == nil {
					t.Errorf("batch %d: Run = %v, want that the account is left alone", batch, counts)
				}
				if n := suppressedOf(t, s); n != 0 {
					t.Errorf("batch %d: %d are suppressed", batch, n)
				}
				wantStatuses(t, s, "after the brake", "pending=12")
				p := pauseOf(t, s)
				if wait := p.Until.Sub(at); p.Kind != message.Braked || wait < 50*time.Second || wait > 70*time.Second {
					t.Errorf("batch %d: the account waits by %q for %v, want the brake for a minute", batch, p.Kind, wait)
				}
				for range 12 { // what is left of the faults is used up by probes
					at = at.Add(31 * time.Minute)
					j.Run(t.Context(), at)
				}
				wantStatuses(t, s, "when the relay is well", "sent=12")
				if n := suppressedOf(t, s); n != 0 {
					t.Errorf("batch %d: %d are suppressed in the end", batch, n)
				}
			})
		})
	}
}

// TestTheBrakeIsForManyOnly: below half of all answers, or at few domains, suppression goes on.
func TestTheBrakeIsForManyOnly(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, r *mailtest.Relay) {
		ms := atDomains(20, noon)
		accept(t, s, ms...)
		for _, m := range ms[14:] { // the last, so that at no time they are more than half
			r.Refuse(m.To[0].Email, 550)
		}
		run(t, job(t, s, r, 1, notifications.Options{}), noon.Add(time.Hour), "accept=14 fail=6")
		if n := suppressedOf(t, s); n != 6 {
			t.Errorf("%d are suppressed, want 6", n)
		}
		for _, one := range func() []message.Suppression { all, _ := s.Suppressions(t.Context(), site, "", 10); return all }() {
			if one.Account != "" && one.Account != "default" || !strings.HasPrefix(one.Note, "550 5.1.1") {
				t.Errorf("a suppression has account %q and reply %q", one.Account, one.Note)
			}
		}
	})
}

func TestTheBrakeNeedsSeveralDomains(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, r *mailtest.Relay) {
		r.Fail(mailtest.AtRcpt, faults(20, mailtest.Fault{Code: 550, Text: "5.1.1 User unknown"})...)
		accept(t, s, many(20, noon)...) // one domain
		run(t, job(t, s, r, 1, notifications.Options{}), noon.Add(time.Hour), "fail=20")
		if n := suppressedOf(t, s); n != 20 {
			t.Errorf("%d of one domain are suppressed, want 20", n)
		}
	})
}

// TestTheBrakeIsSharedByReplicas: what one has heard counts for the other.
func TestTheBrakeIsSharedByReplicas(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, r *mailtest.Relay) {
		ms := atDomains(6, noon)
		r.Fail(mailtest.AtRcpt, faults(6, mailtest.Fault{Code: 550, Text: "5.1.1 User unknown"})...)
		for i, m := range ms {
			accept(t, s, m)
			o := notifications.Options{Replica: fmt.Sprint("replica ", i%2)}
			j := job(t, s, r, 1, o)
			j.Run(t.Context(), noon.Add(time.Minute+time.Duration(i)*time.Second))
		}
		if p := pauseOf(t, s); p.Kind != message.Braked || suppressedOf(t, s) != 0 {
			t.Errorf("the account waits by %q, %d are suppressed", p.Kind, suppressedOf(t, s))
		}
		wantStatuses(t, s, "after the brake", "pending=6")
	})
}

// TestAQuotaOfTheAccount is L10: whatever the code, the message is rate limited with the
// account, no attempt is counted, and the probe is another message.
func TestAQuotaOfTheAccount(t *testing.T) {
	for _, text := range []string{
		"550|Domain example.org has exceeded the max emails per hour (101/100 (101%)) allowed.  Message discarded.", "550|5.4.5 Daily user sending limit exceeded.",
		"554|5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException", "454|Throttling failure: Maximum sending rate exceeded.",
	} {
		t.Run(text[:12], func(t *testing.T) {
			each(t, func(t *testing.T, s *store.Store, r *mailtest.Relay) {
				code, words, _ := strings.Cut(text, "|")
				fault := mailtest.Fault{Text: words}
				fmt.Sscan(code, &fault.Code)
				r.Fail(mailtest.AtDot, fault)
				first, second := direct(noon, "a@one.example.org"), direct(noon.Add(time.Second), "b@two.example.org")
				accept(t, s, first)
				j := job(t, s, r, 1, notifications.Options{})
				at := noon.Add(time.Minute)
				j.Run(t.Context(), at)
				got, p := read(t, s, first), pauseOf(t, s)
				if got.Status != message.RateLimited || got.Tries != 0 || p.Kind != message.QuotaUsedUp || !got.DueAt.After(p.Until) {
					t.Errorf("%s: it is %s after %d tries until %s; the account waits by %q until %s", text, got.Status, got.Tries, got.DueAt, p.Kind, p.Until)
				}
				accept(t, s, second)
				if counts, err := j.Run(t.Context(), p.Until.Add(-time.Millisecond)); err == nil || len(counts) != 0 {
					t.Errorf("%s: before the account may be asked again Run = %v, %v", text, counts, err)
				}
				if counts, err := j.Run(t.Context(), p.Until); err != nil || read(t, s, second).Status != message.Sent {
					t.Errorf("%s: the probe is not the other message: %v, %v", text, counts, err)
				}
				j.Run(t.Context(), p.Until.Add(time.Minute))
				wantOnce(t, []message.Message{first, second}, r)
			})
		})
	}
}

// TestAnAccountIsAtFaultForThreeDomains is RULES 5: until three domains say so it is a
// temporary failure of each message; what waits too long then is an error with that reply.
func TestAnAccountIsAtFaultForThreeDomains(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, r *mailtest.Relay) {
		banned := mailtest.Fault{Code: 550, Text: "Your IP has been banned for abuse"}
		r.Fail(mailtest.AtRcpt, faults(3000, banned)...)
		ms := atDomains(5, noon)
		c := courier(t, r, mail.Settings{Connections: 1})
		j := notifications.New(s, only(c), letter.Writer{}, notifications.Options{}, zap.NewNop())
		accept(t, s, ms[:2]...)
		run(t, j, noon.Add(time.Second), "postpone=2")
		if p := pauseOf(t, s); p.Account != "" {
			t.Errorf("two domains pause the account: %+v", p)
		}
		if got := read(t, s, ms[0]); got.Status != message.Pending || got.Tries != 1 {
			t.Errorf("it is %s after %d tries", got.Status, got.Tries)
		}
		accept(t, s, ms[2])
		j.Run(t.Context(), noon.Add(2*time.Second))
		if p := pauseOf(t, s); p.Kind != message.AccountRefused || p.Failure.Category != message.RejectedSender {
			t.Errorf("three domains leave the account alone by %+v", p)
		}
		accept(t, s, ms[3:]...)
		for at := noon.Add(time.Minute); at.Before(noon.Add(60 * time.Hour)); at = at.Add(5*time.Minute + time.Second) {
			j.Run(t.Context(), at)
		}
		for _, m := range ms {
			if got := read(t, s, m); got.Status != message.Error || got.Error == nil || got.Error.Text != banned.Text {
				t.Errorf("after 60 hours it is %s: %v", got.Status, got.Error)
			}
		}
		if n := suppressedOf(t, s); n != 0 {
			t.Errorf("%d are suppressed", n)
		}
	})
}
