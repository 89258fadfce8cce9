package notifications_test

import (
	"context"
	"sync/atomic"
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

// stopping starts a relay that calls stop when the n-th mail has come.
func stopping(t *testing.T, n int, stop func()) *mailtest.Relay {
	t.Helper()
	return relay(t, mailtest.Options{OnMail: func(m mailtest.Mail) {
		if m.ID == n {
			stop()
		}
	}})
}

func TestAStopLosesNothingAndDoublesNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		if err := s.AddSite(t.Context(), site, "UTC", noon); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		r := stopping(t, 100, stop)
		ms := many(500, noon)
		accept(t, s, ms...)
		const workers = 8
		j := job(t, s, r, 4, notifications.Options{Batch: 50, Workers: workers})
		counts, err := j.Run(ctx, noon.Add(time.Hour))
		if err != nil || counts["accept"] < 100 || counts["accept"] > 100+workers || counts["hand_back"] == 0 || len(counts) != 2 {
			t.Errorf("Run = %v, %v; want 100 accepted and what was in flight, and the rest handed back", counts, err)
		}
		if counts["accept"]+counts["hand_back"] > 300 {
			t.Errorf("%v: it claimed on after the stop", counts)
		}
		wantUntouched(t, s)
		if n := r.Count(); n != counts["accept"] {
			t.Errorf("the relay has %d mails, %d are noted as sent", n, counts["accept"])
		}
		again, err := j.Run(t.Context(), noon.Add(2*time.Hour)) // what was handed back is due since that moment
		if err != nil || again["accept"] != len(ms)-counts["accept"] || len(again) != 1 {
			t.Errorf("after a restart: %v, %v", again, err)
		}
		wantOnce(t, ms, r)
	})
}

func TestWhatHasBegunMayEndWithinTheGrace(t *testing.T) {
	bubble(t, "sqlite", func(t *testing.T, s *store.Store, r *mailtest.Relay) {
		ms := many(10, time.Now().Add(-time.Minute))
		accept(t, s, ms...)
		ctx, stop := context.WithCancel(t.Context())
		minute := slow{Courier: courier(t, r, mail.Settings{}), delay: func(message.Message) time.Duration { return time.Minute }}
		j := notifications.New(s, only(minute), letter.Writer{}, notifications.Options{Workers: 4, Grace: 50 * time.Second}, zap.NewNop())
		time.AfterFunc(30*time.Second, stop)
		began := time.Now()
		counts, err := j.Run(ctx, began)
		if err != nil || words(counts) != "accept=4 hand_back=6" || time.Since(began) != time.Minute {
			t.Errorf("Run = %v, %v after %v; want the four that had begun, after a minute", counts, err, time.Since(began))
		}
		wantStatuses(t, s, "stopped", "pending=6 sent=4")
		wantUntouched(t, s)
	})
}

func TestAfterTheGraceConversationsAreBrokenOff(t *testing.T) {
	for _, row := range []struct {
		name      string
		delay     time.Duration // before the conversation begins
		fault     []mailtest.Fault
		moves     string
		uncertain bool
	}{
		{"before anything was said: no attempt", time.Hour, nil, "hand_back=2", false},
		{"the answer to the mail did not come: it may have been taken", 0, faults(2, mailtest.Fault{Delay: time.Hour}), "postpone=2", true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				if err := s.AddSite(t.Context(), site, "UTC", noon); err != nil {
					t.Fatal(err)
				}
				ctx, stop := context.WithCancel(t.Context())
				r := stopping(t, 2, stop)
				r.Fail(mailtest.AtDot, row.fault...)
				ms := many(2, noon.Add(-time.Minute))
				accept(t, s, ms...)
				carrier := slow{Courier: courier(t, r, mail.Settings{}), delay: func(message.Message) time.Duration { return row.delay }}
				if row.delay > 0 {
					carrier.begun = stop
				}
				j := notifications.New(s, only(carrier), letter.Writer{}, notifications.Options{Grace: 50 * time.Millisecond}, zap.NewNop())
				counts, err := j.Run(ctx, noon)
				if err != nil || words(counts) != row.moves {
					t.Errorf("Run = %v, %v; want %s", counts, err, row.moves)
				}
				for _, m := range ms {
					tried := attempts(t, s, m)
					if row.uncertain != (len(tried) == 1) || row.uncertain && !tried[0].Uncertain {
						t.Errorf("attempts = %+v, want one of unknown end: %t", tried, row.uncertain)
					}
				}
			})
		})
	}
}

func TestARunThatIsStoppedBeforeItBeginsTouchesNothing(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, r *mailtest.Relay) {
		m := direct(noon, "anna@example.org")
		accept(t, s, m)
		ctx, stop := context.WithCancel(t.Context())
		stop()
		j := job(t, s, r, 1, notifications.Options{})
		if counts, err := j.Run(ctx, noon); err == nil || len(counts) != 0 {
			t.Errorf("Run = %v, %v", counts, err)
		}
		if got := read(t, s, m); got.Claim != 0 || r.Count() != 0 {
			t.Errorf("it was claimed %d times and sent %d times", got.Claim, r.Count())
		}
		run(t, j, noon, "accept=1") // and the relay is not blamed
	})
}

func TestTwoRunsOfOneJobAtOnce(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, r *mailtest.Relay) {
		ms := many(300, noon)
		accept(t, s, ms...)
		j := job(t, s, r, 4, notifications.Options{Batch: 20})
		var sent atomic.Int64
		both := make(chan error, 2)
		for range 2 {
			go func() {
				counts, err := j.Run(context.Background(), noon.Add(time.Hour))
				sent.Add(int64(counts["accept"]))
				both <- err
			}()
		}
		for range 2 {
			if err := <-both; err != nil {
				t.Error(err)
			}
		}
		if sent.Load() != 300 {
			t.Errorf("%d were sent, want 300", sent.Load())
		}
		wantOnce(t, ms, r)
	})
}
