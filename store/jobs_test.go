package store_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"notifier/deadlines"
	"notifier/message"
	"notifier/request"
	"notifier/schedule"
	"notifier/store"
	"notifier/store/storetest"
)

func TestATickHasOneRun(t *testing.T) {
	t.Parallel()
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		fire := func(slot string, at time.Time) bool {
			mine, err := s.Fire(t.Context(), schedule.Run{
				ID: string(message.NewID(message.RunIDs)), Job: "reminders", Slot: slot, ScheduledAt: at, StartedAt: at, Trigger: schedule.Scheduled, Replica: "r",
			})
			if err != nil {
				t.Error(err)
			}
			return mine
		}
		var took atomic.Int32
		var replicas sync.WaitGroup
		for range 8 {
			replicas.Go(func() {
				if fire("", noon) {
					took.Add(1)
				}
			})
		}
		replicas.Wait()
		if took.Load() != 1 {
			t.Errorf("%d replicas took the tick, want 1", took.Load())
		}
		if !fire("", noon.Add(time.Minute)) || !fire("a", noon) || !fire("b", noon) || fire("a", noon) {
			t.Error("another tick and another slot are free, and no tick is taken twice")
		}
		if last, err := s.LastFire(t.Context(), "reminders", ""); err != nil || !last.Equal(noon.Add(time.Minute)) {
			t.Errorf("LastFire = %v, %v", last, err)
		}
		if last, err := s.LastFire(t.Context(), "notifications", ""); err != nil || !last.IsZero() {
			t.Errorf("LastFire of a job that never ran = %v, %v", last, err)
		}
	})
}

func TestOneReplicaHoldsAJob(t *testing.T) {
	t.Parallel()
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		if _, err := s.Job(t.Context(), schedule.Job{Name: "reminders", ChangedAt: noon}); err != nil {
			t.Fatal(err)
		}
		hold := func(replica string, after time.Duration) bool {
			held, err := s.Hold(t.Context(), "reminders", replica, noon.Add(after), noon.Add(after+time.Minute))
			if err != nil {
				t.Fatal(err)
			}
			return held
		}
		for i, step := range []struct {
			replica string
			after   time.Duration
			want    bool
		}{{"a", 0, true}, {"b", 0, false}, {"a", 30 * time.Second, true}, {"b", time.Minute, false}, {"b", 90 * time.Second, true}, {"a", 91 * time.Second, false}} {
			if got := hold(step.replica, step.after); got != step.want {
				t.Errorf("step %d: %s holds it: %t, want %t", i, step.replica, got, step.want)
			}
		}
		for _, step := range []struct {
			letGo string
			want  bool
		}{{"a", false}, {"b", true}} { // a has lost it: it lets nothing go
			if err := s.LetGo(t.Context(), "reminders", step.letGo); err != nil {
				t.Fatal(err)
			}
			if got := hold("c", 92*time.Second); got != step.want {
				t.Errorf("when %s has let go, c holds it: %t, want %t", step.letGo, got, step.want)
			}
		}
	})
}

func TestAJobIsChangedByOneAtATime(t *testing.T) {
	t.Parallel()
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		j, err := s.Job(t.Context(), schedule.Job{Name: "reminders", Planned: "every 15m", ChangedAt: noon})
		if err != nil {
			t.Fatal(err)
		}
		first, second := j, j
		first.Note, second.Note = "first", "second"
		if err := s.SaveJob(t.Context(), first); err != nil {
			t.Fatal(err)
		}
		if err := s.SaveJob(t.Context(), second); !errors.Is(err, message.ErrMoved) {
			t.Errorf("SaveJob = %v, want ErrMoved", err)
		}
		versions, err := s.Versions(t.Context())
		if err != nil || len(versions) != 1 || versions["reminders"] != j.Version+1 {
			t.Errorf("Versions = %v, %v", versions, err)
		}
	})
}

func TestRunsAreForgottenByAge(t *testing.T) {
	t.Parallel()
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		for i := range 10 {
			at := noon.Add(time.Duration(i) * time.Hour)
			if _, err := s.Fire(t.Context(), schedule.Run{ID: string(message.NewID(message.RunIDs)), Job: "reminders", ScheduledAt: at, StartedAt: at}); err != nil {
				t.Fatal(err)
			}
		}
		for _, want := range []int{2, 1, 0} { // two at a time
			if n, err := s.ForgetRuns(t.Context(), 2, noon.Add(3*time.Hour)); err != nil || n != want {
				t.Errorf("ForgetRuns = %d, %v; want %d", n, err, want)
			}
		}
		if runs, err := s.Runs(t.Context(), "reminders", 100); err != nil || len(runs) != 7 {
			t.Errorf("%d runs are left, %v; want 7", len(runs), err)
		}
	})
}

func TestADeadlineIsReplacedAndCleared(t *testing.T) {
	t.Parallel()
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		known(t, s)
		set := func(next time.Time) deadlines.Deadline {
			d, _, err := s.SaveDeadline(t.Context(), request.Call{Site: site, At: noon}, nil, deadlines.Deadline{Key: "C-1", Users: []string{"u1"}, SetAt: noon, FiredAt: noon, NextAt: next, Terms: deadlines.Terms{DueAt: eight}})
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		reminder := func() message.Message {
			m := direct(1)
			m.Type, m.Kind, m.Reference = message.Reminder, message.Deadline, "C-1"
			return m
		}
		due := func(at time.Time) []deadlines.Deadline {
			ds, err := s.DueDeadlines(t.Context(), site, 10, at)
			if err != nil {
				t.Fatal(err)
			}
			return ds
		}
		first := set(noon.Add(time.Hour))
		if len(due(noon)) != 0 || len(due(noon.Add(time.Hour))) != 1 {
			t.Error("it is due at its next step, and not before")
		}
		old := reminder()
		if err := s.Remind(t.Context(), site, first, stepped(first, noon.Add(time.Hour), eight), []message.Message{old}); err != nil {
			t.Fatal(err)
		}
		if err := s.Remind(t.Context(), site, first, stepped(first, noon.Add(time.Hour), eight), []message.Message{reminder()}); !errors.Is(err, message.ErrMoved) {
			t.Errorf("the same step again = %v, want ErrMoved", err)
		}
		// Set anew: what had not left is withdrawn, and the run that read the old one is late.
		second := set(noon.Add(2 * time.Hour))
		if got := read(t, s, old.ID); got.Status != message.Cancelled || second.Sequence != first.Sequence+1 {
			t.Errorf("the old reminder is %s, the sequence %d after %d", got.Status, second.Sequence, first.Sequence)
		}
		sent := reminder()
		if err := s.Remind(t.Context(), site, second, stepped(second, noon.Add(2*time.Hour), eight), []message.Message{sent}); err != nil {
			t.Fatal(err)
		}
		settle(t, s, 1, accepted(claim(t, s, 1, noon)[0]))
		for range 2 { // clearing it twice is no error
			if err := s.ClearDeadline(t.Context(), request.Call{Site: site, At: noon}, "C-1"); err != nil {
				t.Fatal(err)
			}
		}
		if got := read(t, s, sent.ID); got.Status != message.Sent || len(due(eight)) != 0 {
			t.Errorf("what has left is %s; %d deadlines are due", got.Status, len(due(eight)))
		}
		if _, err := s.Deadline(t.Context(), site, "C-2"); !errors.Is(err, message.ErrNotFound) {
			t.Errorf("an unknown one: %v, want ErrNotFound", err)
		}
	})
}

// stepped is a deadline that was dealt with at that time, and whose next step is then.
func stepped(d deadlines.Deadline, at, next time.Time) deadlines.Deadline {
	d.FiredAt, d.NextAt = at, next
	return d
}
