package jobs_test

import (
	"testing"
	"testing/synctest"
	"time"

	"notifier/jobs"
	"notifier/schedule"
	"notifier/store"
)

func TestAWakeRunsTheJobAtOnce(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		var d, p diary
		r := start(t, s, "a", time.Minute, flushes(&d), promotions(&p))
		until(t, "00:01:10")
		r.Wake(schedule.Notifications)
		synctest.Wait()
		d.want(t, "woken", "00:01:10")
		r.Wake(schedule.UserNotifications) // is not to be woken
		r.Wake("no such job")
		until(t, "00:03:30")
		d.want(t, "the ticks go on", "00:01:10", "00:03:00")
		p.want(t, "not to be woken")
		wantRecords(t, s, schedule.Notifications, "00:03:00 schedule a") // a wake is no tick
	})
}

func TestManyWakesAreOneRun(t *testing.T) {
	for _, row := range []struct {
		name  string
		ready string // when the wakes come
		want  []string
	}{
		{"while nothing runs", "00:01:00", []string{"00:01:00", "00:01:30", "00:03:00"}},
		{"during a tick's run, in two heaps", "00:03:10", []string{"00:03:00", "00:03:30"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			bubble(t, "sqlite", func(t *testing.T, s *store.Store) {
				d := diary{do: takes(30 * time.Second)}
				r := start(t, s, "a", time.Minute, flushes(&d))
				until(t, row.ready)
				for range 1000 {
					r.Wake(schedule.Notifications)
				}
				time.Sleep(5 * time.Second)
				for range 1000 { // one more run, for what came during the first
					r.Wake(schedule.Notifications)
				}
				until(t, "00:05:00")
				d.want(t, row.name, row.want...)
			})
		})
	}
}

func TestAJobThatRestsIsNotWoken(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		asleep, awake := false, true
		d := diary{do: takes(10 * time.Second)}
		r := start(t, s, "a", time.Minute, flushes(&d))
		wake := func() {
			r.Wake(schedule.Notifications)
			time.Sleep(20 * time.Second)
			synctest.Wait()
		}
		must := func(_ jobs.State, err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		until(t, "00:00:20")
		must(r.Pause(t.Context(), schedule.Notifications, jobs.Rest{Note: ""}, "ola"))
		wake()
		must(r.Resume(t.Context(), schedule.Notifications, "ola"))
		until(t, "00:01:00")
		d.want(t, "woken while paused")
		must(r.Change(t.Context(), schedule.Notifications, jobs.Change{Wake: &asleep}, "ola"))
		wake()
		d.want(t, "woken with wake: false")
		must(r.Change(t.Context(), schedule.Notifications, jobs.Change{Wake: &awake}, "ola"))
		until(t, "00:02:00")
		r.Wake(schedule.Notifications)
		time.Sleep(5 * time.Second)
		r.Wake(schedule.Notifications) // during the run, after which it is paused
		must(r.Pause(t.Context(), schedule.Notifications, jobs.Rest{Note: ""}, "ola"))
		until(t, "00:02:59")
		d.want(t, "paused before the woken run could begin", "00:02:00")
	})
}

func TestAWakeBeforeTheStartIsRemembered(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		var d diary
		r := plan(t, s, "a", time.Minute, flushes(&d))
		r.Wake(schedule.Notifications)
		until(t, "00:00:30")
		d.want(t, "before the start")
		if err := r.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		until(t, "00:01:00")
		d.want(t, "after the start", "00:00:30")
	})
}

func TestAJobIsWokenAtATime(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		var d diary
		r := start(t, s, "a", time.Minute, flushes(&d))
		until(t, "00:00:10")
		at := func(seconds int) {
			r.WakeAt(schedule.Notifications, time.Now().Add(time.Duration(seconds)*time.Second))
		}
		at(60)
		at(20) // an earlier one counts, too
		at(90) // a later one is left to those before it
		r.WakeAt("no such job", time.Now())
		until(t, "00:02:30")
		d.want(t, "woken at its time", "00:00:30", "00:01:10")
		at(5)
		until(t, "00:02:50")
		d.want(t, "and again", "00:00:30", "00:01:10", "00:02:35")
		at(3600) // Stop does not wait for it
	})
}

// L9: what waited while a job was paused leaves when the pause ends, not at the next tick;
// a job that is not to be woken waits for its tick.
func TestAPauseThatEndsWakes(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		var d, asleep diary
		tick := every("6h")
		r := start(t, s, "a", time.Minute, jobs.Plan{Name: schedule.Notifications, Spec: tick, Work: d.work, Wake: true, Everywhere: true},
			jobs.Plan{Name: schedule.Reminders, Spec: tick, Work: asleep.work})
		until(t, "00:00:10")
		for _, job := range []string{schedule.Notifications, schedule.Reminders} {
			if _, err := r.Pause(t.Context(), job, jobs.Rest{Until: time.Now().Add(50 * time.Second)}, "ola"); err != nil {
				t.Fatal(err)
			}
		}
		r.Wake(schedule.Notifications)
		until(t, "00:00:59")
		d.want(t, "while paused")
		until(t, "00:02:00")
		d.want(t, "at the end of the pause", "00:01:00")
		asleep.want(t, "a job that nobody wakes")
	})
}
