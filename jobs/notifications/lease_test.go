package notifications_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"notifier/jobs/notifications"
	"notifier/letter"
	"notifier/mail"
	"notifier/mail/mailtest"
	"notifier/message"
	"notifier/store"
)

// always delays each mail by so much.
func always(d time.Duration) func(message.Message) time.Duration {
	return func(message.Message) time.Duration { return d }
}

// slowly makes the job of a replica whose mails take their time, behind a cable.
func slowly(t *testing.T, s *store.Store, r *mailtest.Relay, delay func(message.Message) time.Duration, o notifications.Options) (*notifications.Job, *cable) {
	t.Helper()
	c := &cable{Queue: s}
	return notifications.New(c, only(slow{Courier: courier(t, r, mail.Settings{}), delay: delay}), letter.Writer{}, o, zap.NewNop()), c
}

// beside runs the job beside the test, from now on.
func beside(t *testing.T, j *notifications.Job, all *sync.WaitGroup, want string) {
	t.Helper()
	all.Go(func() { run(t, j, time.Now(), want) })
	synctest.Wait()
}

func TestALeaseIsKeptWhileItsReplicaLives(t *testing.T) {
	bubble(t, "postgres", func(t *testing.T, s *store.Store, r *mailtest.Relay) {
		ms := many(3, time.Now().Add(-time.Minute))
		accept(t, s, ms...)
		var all sync.WaitGroup
		a, _ := slowly(t, s, r, always(7*time.Minute), notifications.Options{Lease: time.Minute, Workers: 1})
		beside(t, a, &all, "accept=3")
		other := job(t, s, r, 1, notifications.Options{})
		for range 40 { // twenty minutes, twenty leases
			time.Sleep(30 * time.Second)
			sweep(t, other, time.Now(), "")
			run(t, other, time.Now(), "")
		}
		all.Wait()
		wantOnce(t, ms, r)
	})
}

func TestOnlyWhatIsStillHeldIsRenewed(t *testing.T) {
	bubble(t, "sqlite", func(t *testing.T, s *store.Store, r *mailtest.Relay) {
		ms := many(50, time.Now().Add(-time.Minute))
		accept(t, s, ms...)
		last := func(m message.Message) time.Duration {
			if m.ID == ms[49].ID {
				return 2*time.Minute + time.Second
			}
			return 0
		}
		var all sync.WaitGroup
		j, c := slowly(t, s, r, last, notifications.Options{Lease: time.Minute})
		beside(t, j, &all, "accept=50")
		wantStatuses(t, s, "while the last is carried", "sending=1 sent=49")
		all.Wait()
		if got := fmt.Sprint(c.renewed); got != "[1 1 1 1 1 1]" {
			t.Errorf("leases were renewed for %s messages, want one each 20 s, for the last alone", got)
		}
	})
}

// frozen is a replica that claims, and then stands still for longer than its lease. The
// other one takes what it held. Each mail is sent once.
func TestAReplicaThatWasFrozenSendsNothingThatItHadNotBegun(t *testing.T) {
	bubble(t, "postgres", func(t *testing.T, s *store.Store, r *mailtest.Relay) {
		ms := many(20, time.Now().Add(-time.Minute))
		accept(t, s, ms...)
		var all sync.WaitGroup
		a, cable := slowly(t, s, r, always(0), notifications.Options{Lease: time.Minute, Replica: "a"})
		cable.lag = 2 * time.Minute
		beside(t, a, &all, "hand_back=20")
		time.Sleep(time.Minute)
		b := job(t, s, r, 2, notifications.Options{Replica: "b"})
		sweep(t, b, time.Now(), "lapse=20")
		run(t, b, time.Now(), "accept=20")
		all.Wait()
		wantOnce(t, ms, r)
		wantStatuses(t, s, "after the thaw", "sent=20")
		if got := attempts(t, s, ms[0]); len(got) != 2 || got[0].Replica != "" || got[1].Replica != "b" {
			t.Errorf("attempts = %+v, want one of unknown end and b's", got)
		}
	})
}

func TestAReplicaThatLosesTheDatabaseStopsSending(t *testing.T) {
	bubble(t, "postgres", func(t *testing.T, s *store.Store, r *mailtest.Relay) {
		ms := many(20, time.Now().Add(-time.Minute))
		accept(t, s, ms...)
		var all sync.WaitGroup
		a, cable := slowly(t, s, r, always(10*time.Minute), notifications.Options{Lease: time.Minute, Workers: 4, Replica: "a"})
		beside(t, a, &all, "hand_back=20") // four were about to begin, the others waited
		time.Sleep(5 * time.Minute)        // the leases are kept for so long
		cable.cut.Store(true)
		time.Sleep(61 * time.Second)
		b := job(t, s, r, 2, notifications.Options{Replica: "b"})
		sweep(t, b, time.Now(), "lapse=20")
		run(t, b, time.Now(), "accept=20")
		cable.cut.Store(false)
		began := time.Now()
		all.Wait()
		if d := time.Since(began); d > 10*time.Second {
			t.Errorf("the flush went on for %v", d)
		}
		wantOnce(t, ms, r)
		wantStatuses(t, s, "with the database back", "sent=20")
	})
}

func TestALapsedLeaseIsNotRenewed(t *testing.T) {
	// The database is away for longer than the leases, but not for the other replica. When
	// it is back, what was claimed must not seem to be held again.
	bubble(t, "postgres", func(t *testing.T, s *store.Store, r *mailtest.Relay) {
		ms := many(3, time.Now().Add(-time.Minute))
		accept(t, s, ms...)
		var all sync.WaitGroup
		first := func(m message.Message) time.Duration {
			if m.ID == ms[0].ID {
				return 3 * time.Minute
			}
			return 0
		}
		a, cable := slowly(t, s, r, first, notifications.Options{Lease: time.Minute, Workers: 1})
		beside(t, a, &all, "hand_back=3")
		cable.cut.Store(true)
		time.Sleep(65 * time.Second)
		b := job(t, s, r, 2, notifications.Options{})
		sweep(t, b, time.Now(), "lapse=3")
		run(t, b, time.Now(), "accept=3")
		cable.cut.Store(false)
		all.Wait()
		wantOnce(t, ms, r)
	})
}

func TestALateOutcomeChangesNothingButTheLog(t *testing.T) {
	bubble(t, "postgres", func(t *testing.T, s *store.Store, r *mailtest.Relay) {
		m := direct(time.Now(), "anna@example.org")
		accept(t, s, m)
		var all sync.WaitGroup
		a, cable := slowly(t, s, r, always(time.Second), notifications.Options{Replica: "a"})
		beside(t, a, &all, "accept=1") // as far as it knows
		cable.cut.Store(true)
		time.Sleep(2 * time.Minute)
		b := job(t, s, r, 1, notifications.Options{Replica: "b"})
		sweep(t, b, time.Now(), "lapse=1")
		r.Refuse("anna@example.org", 550)
		run(t, b, time.Now(), "fail=1")
		cable.cut.Store(false)
		all.Wait()
		got := read(t, s, m)
		if got.Status != message.Error || got.Claim != 2 || got.Attempts != 2 || got.Error.Category != message.AddressUnknown {
			t.Errorf("it is %s after %d attempts with %v, want what b made of it", got.Status, got.Attempts, got.Error)
		}
		tried := attempts(t, s, m)
		if len(tried) != 2 || tried[0].Uncertain || tried[0].Code != 250 || tried[1].Code != 550 {
			t.Errorf("attempts = %+v, want a's success and b's failure", tried)
		}
	})
}

func TestWhatTheRelaySaidOutlivesTheDatabase(t *testing.T) {
	for name, outage := range map[string]time.Duration{"for a moment": 3 * time.Second, "for longer than a lease": 30 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			bubble(t, "sqlite", func(t *testing.T, s *store.Store, r *mailtest.Relay) {
				ms := many(50, time.Now().Add(-time.Minute))
				accept(t, s, ms...)
				var all sync.WaitGroup
				j, cable := slowly(t, s, r, always(time.Second), notifications.Options{Lease: time.Minute, Workers: 4, Batch: 10})
				all.Go(func() {
					counts, err := j.Run(t.Context(), time.Now())
					handedBack := counts["hand_back"] > 0 // what had not begun when its lease was over
					if err != nil || counts["accept"] != 50 || handedBack != (outage > time.Minute) {
						t.Errorf("Run = %s, %v; want accept=50, and some handed back if the leases were over", words(counts), err)
					}
				})
				time.Sleep(2500 * time.Millisecond)
				cable.cut.Store(true)
				for end := time.Now().Add(outage); time.Now().Before(end); {
					time.Sleep(time.Second)
					sweep(t, j, time.Now(), "") // what came of its own claims is known
				}
				cable.cut.Store(false)
				all.Wait()
				wantOnce(t, ms, r)
				wantStatuses(t, s, "after the outage", "sent=50")
				for _, m := range everything(t, s) {
					if m.Attempts != 1 {
						t.Errorf("%s: %d attempts, want 1", m.Recipients(), m.Attempts)
					}
				}
			})
		})
	}
}

// stubborn is a queue that refuses to write outcomes of what was sent, for a reason of its own.
type stubborn struct {
	Queue
	refuse int // so often
}

func (q *stubborn) Settle(ctx context.Context, outcomes []message.Outcome) (int, error) {
	if q.refuse--; q.refuse >= 0 {
		return 0, errors.New("no")
	}
	return q.Queue.Settle(ctx, outcomes)
}

func TestOutcomesThatCannotBeWritten(t *testing.T) {
	for _, row := range []struct {
		name   string
		refuse int
		moves  string
		status string
		log    string
	}{
		{"three times", 3, "accept=1", "sent=1", ""},
		{"for ever: the sweeper must find it", 1 << 30, "", "sending=1", "outcomes could not be written"},
	} {
		t.Run(row.name, func(t *testing.T) {
			bubble(t, "sqlite", func(t *testing.T, s *store.Store, r *mailtest.Relay) {
				m := direct(time.Now(), "anna@example.org")
				accept(t, s, m)
				log, logged := observed()
				j := notifications.New(&stubborn{s, row.refuse}, only(courier(t, r, mail.Settings{})), letter.Writer{}, notifications.Options{Lease: time.Minute}, log)
				run(t, j, time.Now(), row.moves)
				wantStatuses(t, s, row.name, row.status)
				if got := strings.Join(logged(), "; "); !strings.Contains(got, "outcomes cannot be written yet") || !strings.Contains(got, row.log) {
					t.Errorf("logged: %s", got)
				}
				if row.moves == "" {
					time.Sleep(time.Minute)
					counts, err := j.Sweep(t.Context(), time.Now())
					if err != nil || words(counts) != "lapse=1" {
						t.Errorf("Sweep = %v, %v: its own claim is free once its outcome was given up", counts, err)
					}
				}
			})
		})
	}
}
