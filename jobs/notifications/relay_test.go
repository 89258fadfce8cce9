package notifications_test

import (
	"context"
	"errors"
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

// faults are n of the same.
func faults(n int, f mailtest.Fault) []mailtest.Fault {
	all := make([]mailtest.Fault, n)
	for i := range all {
		all[i] = f
	}
	return all
}

// wantPaused makes sure that the job fails at that time, having asked the relay so often
// since the test began.
func wantPaused(t *testing.T, j *notifications.Job, r *mailtest.Relay, at time.Time, asked int) {
	t.Helper()
	counts, err := j.Run(t.Context(), at)
	var why *message.Failure
	if len(counts) != 0 || !errors.As(err, &why) || !strings.HasPrefix(err.Error(), "mail waits") {
		t.Errorf("Run at %s = %v, %v; want that mail waits, and why", at.Format(time.TimeOnly), counts, err)
	}
	if got := r.Traffic().Connections; got != asked {
		t.Errorf("until %s the relay was asked %d times, want %d", at.Format(time.TimeOnly), got, asked)
	}
}

func TestARelayThatIsDownIsLeftAloneForLongerAndLonger(t *testing.T) {
	bubble(t, "sqlite", func(t *testing.T, s *store.Store, r *mailtest.Relay) {
		m := direct(time.Now(), "anna@example.org")
		accept(t, s, m)
		r.Fail(mailtest.AtConnect, faults(12, mailtest.Fault{Code: 421})...)
		j := job(t, s, r, 1, notifications.Options{})
		asked := 0
		for _, pause := range []int{1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300} {
			asked++
			wantPaused(t, j, r, time.Now(), asked)
			time.Sleep(time.Duration(pause)*time.Second - time.Millisecond)
			wantPaused(t, j, r, time.Now(), asked) // it is not asked again before
			time.Sleep(time.Millisecond)
		}
		if got := read(t, s, m); got.Claim != 0 || got.Attempts != 0 {
			t.Errorf("it was claimed %d times, %d attempts", got.Claim, got.Attempts)
		}
		run(t, j, time.Now(), "accept=1")

		// The next time it begins with a second again.
		time.Sleep(time.Hour) // the connection is not kept for so long
		accept(t, s, direct(time.Now(), "jan@example.org"))
		r.Fail(mailtest.AtConnect, mailtest.Fault{Code: 421})
		asked += 2
		wantPaused(t, j, r, time.Now(), asked)
		time.Sleep(time.Second)
		run(t, j, time.Now(), "accept=1")
	})
}

func TestNobodyAsksTheRelayWhenThereIsNoMail(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, r *mailtest.Relay) {
		r.Fail(mailtest.AtConnect, mailtest.Fault{Code: 421})
		accept(t, s, direct(noon.Add(time.Hour), "later@example.org"))
		run(t, job(t, s, r, 1, notifications.Options{}), noon, "")
		if n := r.Traffic().Connections; n != 0 {
			t.Errorf("%d connections were made", n)
		}
	})
}

func TestARefusedLoginCostsNoMessageAnAttempt(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, _ *mailtest.Relay) {
		r := relay(t, mailtest.Options{Username: "notifier", Password: "right"})
		ms := many(20, noon)
		accept(t, s, ms...)
		flusher := func(password string) *notifications.Job {
			c := courier(t, r, mail.Settings{Username: "notifier", Password: password})
			return notifications.New(s, only(c), letter.Writer{}, notifications.Options{}, zap.NewNop())
		}
		wrong := flusher("wrong")
		wantPaused(t, wrong, r, noon.Add(time.Hour), 1)
		wantPaused(t, wrong, r, noon.Add(time.Hour+time.Millisecond), 1)
		wantUntouched(t, s)
		wantPaused(t, flusher("right"), r, noon.Add(time.Hour), 1) // no other replica asks it either
		run(t, flusher("right"), noon.Add(2*time.Hour), "accept=20")
		wantOnce(t, ms, r)
	})
}

func TestARelayThatDiesDuringTheFlush(t *testing.T) {
	for name, fault := range map[string]mailtest.Fault{"it says so": {Code: 421}, "it hangs up": {Drop: true}} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s *store.Store, r *mailtest.Relay) {
				ms := many(200, noon)
				accept(t, s, ms...)
				// It takes fifty mails and no more, nor any connection.
				r.Fail(mailtest.AtMail, append(make([]mailtest.Fault, 50), faults(100, fault)...)...)
				j := job(t, s, r, 4, notifications.Options{Batch: 30, Workers: 8})
				counts, err := j.Run(t.Context(), noon.Add(time.Hour))
				var why *message.Failure
				if !errors.As(err, &why) || counts["accept"] != 50 || counts["hand_back"] == 0 || len(counts) != 2 {
					t.Errorf("Run = %v, %v; want 50 accepted, the rest of what was claimed handed back, and why", counts, err)
				}
				wantStatuses(t, s, "after it died", "pending=150 sent=50")
				wantUntouched(t, s)
				wantPaused(t, j, r, noon.Add(time.Hour), r.Traffic().Connections) // it is left alone for a second
				back := relay(t, mailtest.Options{})
				run(t, job(t, s, back, 4, notifications.Options{}), noon.Add(2*time.Hour), "accept=150")
				wantOnce(t, ms, r, back)
			})
		})
	}
}

// A relay that greets but takes no mail must not be tried with a mail each second.
func TestARelayThatOnlySeemsToWorkIsLeftAloneForLongerAndLonger(t *testing.T) {
	bubble(t, "sqlite", func(t *testing.T, s *store.Store, r *mailtest.Relay) {
		accept(t, s, many(3, time.Now().Add(-time.Minute))...)
		r.Fail(mailtest.AtMail, faults(1000, mailtest.Fault{Drop: true})...)
		j := job(t, s, r, 1, notifications.Options{})
		for i, pause := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second} {
			want := "hand_back=1" // it is probed by one message
			if i == 0 {
				want = "hand_back=3"
			}
			if counts, err := j.Run(t.Context(), time.Now()); err == nil || words(counts) != want {
				t.Errorf("Run = %v, %v; want %s", counts, err, want)
			}
			time.Sleep(pause - time.Millisecond)
			wantPaused(t, j, r, time.Now(), r.Traffic().Connections)
			time.Sleep(time.Millisecond)
		}
	})
}

func TestALongWaitForTheRelayIsNoPause(t *testing.T) {
	// Asking the relay took longer than the pause that follows: it is reckoned from then on.
	bubble(t, "sqlite", func(t *testing.T, s *store.Store, _ *mailtest.Relay) {
		accept(t, s, direct(time.Now(), "anna@example.org"))
		asked := 0
		j := notifications.New(s, only(deaf{&asked}), letter.Writer{}, notifications.Options{}, zap.NewNop())
		for _, want := range []int{1, 1, 2} {
			if _, err := j.Run(t.Context(), time.Now()); err == nil || asked != want {
				t.Errorf("Run = %v after %d questions, want %d", err, asked, want)
			}
			time.Sleep(500 * time.Millisecond)
		}
	})
}

// deaf is a relay that does not answer, not even that it is down.
type deaf struct{ asked *int }

func (d deaf) Ready(context.Context) error {
	*d.asked++
	time.Sleep(30 * time.Second)
	return &message.Failure{Category: message.ConnectFailed, Text: "no answer", Temporary: true}
}

func (deaf) Carry(context.Context, message.Message, func(message.Receipt)) {}

func TestAHandedBackMessageKeepsItsLastError(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, r *mailtest.Relay) {
		m := direct(noon, "anna@example.org")
		accept(t, s, m)
		r.Refuse("anna@example.org", 452)
		j := job(t, s, r, 1, notifications.Options{})
		run(t, j, noon, "postpone=1")
		r.Fail(mailtest.AtMail, faults(100, mailtest.Fault{Drop: true})...)
		if counts, err := j.Run(t.Context(), noon.Add(time.Hour)); err == nil || words(counts) != "hand_back=1" {
			t.Errorf("Run = %v, %v", counts, err)
		}
		if got := read(t, s, m); got.Attempts != 1 || got.Error == nil || got.Error.Category != message.MailboxFull {
			t.Errorf("after %d attempts its error is %v, want one and mailbox_full", got.Attempts, got.Error)
		}
	})
}
