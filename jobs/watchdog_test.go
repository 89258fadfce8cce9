package jobs_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"notifier/jobs"
	"notifier/message"
	"notifier/schedule"
	"notifier/store"
)

// deaf is work that waits for an answer that never comes, and does not even hear that it is
// to end, as behind a call into something that has no bound.
func deaf(until <-chan struct{}) func(context.Context) (map[string]int, error) {
	return func(context.Context) (map[string]int, error) {
		<-until
		return nil, nil
	}
}

// TestARunWithoutProgressIsAbandoned is L2: the next run begins, and whoever asks is told.
func TestARunWithoutProgressIsAbandoned(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		answer := make(chan struct{})
		reminders, flush := diary{do: deaf(answer)}, diary{do: deaf(answer)}
		r := start(t, s, "a", time.Minute,
			jobs.Plan{Name: schedule.Reminders, Spec: every("5m"), Work: reminders.work}, flushes(&flush))
		until(t, "00:03:30")
		r.Wake(schedule.Notifications) // while the run of 00:03 hangs
		until(t, "00:03:59")
		flush.want(t, "while it may still make progress", "00:03:00")
		if got := r.Silent(); len(got) != 0 {
			t.Errorf("after 59 s of silence %v are told", got)
		}
		until(t, "00:04:01")
		flush.want(t, "after a minute of silence", "00:03:00", "00:04:00")
		if got := r.Silent(); len(got) != 1 || got[0].Job != schedule.Notifications || got[0].For < time.Minute {
			t.Errorf("after a minute of silence %v is told, want Notifications", got)
		}
		until(t, "00:05:30")
		reminders.does(nil)
		flush.does(nil)
		until(t, "00:10:30")
		reminders.want(t, "abandoned, too", "00:05:00", "00:10:00")
		if got := r.Silent(); len(got) != 0 {
			t.Errorf("after runs that went well %v are told", got)
		}
		if got := records(t, s, schedule.Reminders); len(got) != 2 || got[0] != "00:05:00 schedule a: the run made no progress for 60 s and was abandoned; the next one begins" {
			t.Errorf("the records are %q", got)
		}
		if n := r.log.FilterMessageSnippet("no progress").Len(); n < 3 {
			t.Errorf("%d lines in the log, want one for each run that was abandoned", n)
		}
		close(answer)
	})
}

// TestARunThatMakesProgressIsLeftAlone is L2: a million mails may take longer than a minute.
func TestARunThatMakesProgressIsLeftAlone(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		var ended atomic.Bool
		d := diary{do: func(ctx context.Context) (map[string]int, error) {
			for range 20 {
				select {
				case <-time.After(50 * time.Second):
				case <-ctx.Done():
					return nil, ctx.Err()
				}
				message.Heard(ctx)
			}
			ended.Store(true)
			return map[string]int{"things": 20}, nil
		}}
		r := start(t, s, "a", time.Minute, jobs.Plan{Name: schedule.Reminders, Spec: every("10m"), Work: d.work})
		until(t, "00:26:00")
		if got := r.Silent(); len(got) != 0 {
			t.Errorf("%v is told as silent", got)
		}
		until(t, "00:27:00")
		if !ended.Load() {
			t.Error("a run that made progress did not come to its end")
		}
	})
}

// TestAnAbandonedRunIsTold that it is to end, so that what it holds is given back, unless it
// is to finish what it began.
func TestAnAbandonedRunIsTold(t *testing.T) {
	bubble(t, "sqlite", func(t *testing.T, s *store.Store) {
		var told, finishing atomic.Bool
		waiting := func(b *atomic.Bool) func(context.Context, time.Time) (map[string]int, error) {
			return func(ctx context.Context, _ time.Time) (map[string]int, error) {
				<-ctx.Done()
				b.Store(true)
				return nil, ctx.Err()
			}
		}
		r := start(t, s, "a", time.Minute,
			jobs.Plan{Name: schedule.Reminders, Spec: every("5m"), Work: waiting(&told)},
			jobs.Plan{Name: schedule.Notifications, Spec: every("5m"), Work: waiting(&finishing), Everywhere: true, Finishes: true})
		until(t, "00:06:30")
		if !told.Load() {
			t.Error("the abandoned run was not told to end")
		}
		if finishing.Load() {
			t.Error("a run that finishes what it began was told to end")
		}
		stop(t, r)
		if !finishing.Load() {
			t.Error("at the end of the timetable it was not told, either")
		}
	})
}
