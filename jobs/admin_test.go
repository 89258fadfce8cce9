package jobs_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"notifier/jobs"
	"notifier/message"
	"notifier/schedule"
	"notifier/store"
)

func TestWhatAPauseMissesIsNotMadeUp(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		var d diary
		a := start(t, s, "a", time.Minute, promotions(&d))
		b := start(t, s, "b", time.Minute, promotions(&d))
		until(t, "01:30:00")
		state, err := a.Pause(t.Context(), schedule.UserNotifications, jobs.Rest{Note: "the relay moves"}, "ola")
		if err != nil || !state.Paused || state.Note != "the relay moves" || state.ChangedBy != "ola" || len(state.Next) != 0 {
			t.Errorf("Pause = %+v, %v", state, err)
		}
		until(t, "03:30:00")
		d.want(t, "while paused", "01:00:00")
		stop(t, a)
		stop(t, b)
		r := start(t, s, "c", time.Minute, promotions(&d)) // a restart does not end the pause
		until(t, "04:30:00")
		d.want(t, "while paused, after a restart", "01:00:00")
		state, err = r.Resume(t.Context(), schedule.UserNotifications, "jan")
		if err != nil || state.Paused || state.Note != "" || state.ChangedBy != "jan" || len(state.Next) != 5 {
			t.Errorf("Resume = %+v, %v", state, err)
		}
		until(t, "04:59:00")
		d.want(t, "resumed", "01:00:00")
		until(t, "05:01:00")
		d.want(t, "the next tick", "01:00:00", "05:00:00")
	})
}

func TestRunNow(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		d := diary{do: takes(time.Minute)}
		r := plan(t, s, "a", time.Minute, promotions(&d))
		if _, err := r.RunNow(schedule.UserNotifications); !errors.Is(err, jobs.ErrNotStarted) {
			t.Errorf("before Start: RunNow = %v, want %v", err, jobs.ErrNotStarted)
		}
		if err := r.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := r.RunNow("sweeping"); !errors.Is(err, jobs.ErrUnknown) || !strings.Contains(err.Error(), `"sweeping"`) {
			t.Errorf("RunNow of no job = %v, want %v", err, jobs.ErrUnknown)
		}
		until(t, "00:10:00")
		run, err := r.RunNow(schedule.UserNotifications)
		if err != nil || run.ID == "" || run.Trigger != schedule.Manual || run.Replica != "a" {
			t.Errorf("RunNow = %+v, %v", run, err)
		}
		if _, err := r.RunNow(schedule.UserNotifications); !errors.Is(err, jobs.ErrBusy) {
			t.Errorf("while it runs: RunNow = %v, want %v", err, jobs.ErrBusy)
		}
		until(t, "00:12:00")
		if last := line(t, r).Last; last.ID != run.ID || last.EndedAt.Sub(last.StartedAt) != time.Minute || last.Counts["things"] != 1 {
			t.Errorf("the last run was %+v, want %s with its counts", last, run.ID)
		}
		if _, err := r.Pause(t.Context(), schedule.UserNotifications, jobs.Rest{Note: ""}, "ola"); err != nil {
			t.Fatal(err)
		}
		if _, err := r.RunNow(schedule.UserNotifications); err != nil {
			t.Errorf("while paused: RunNow = %v", err)
		}
		until(t, "01:30:00")
		d.want(t, "by hand", "00:10:00", "00:12:00")
		wantRecords(t, s, schedule.UserNotifications, "00:10:00 manual a", "00:12:00 manual a")
	})
}

func TestARunByHandTakesNoTickAway(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		var d diary
		r := start(t, s, "a", time.Minute, promotions(&d))
		until(t, "01:00:00")
		if _, err := r.RunNow(schedule.UserNotifications); err != nil { // in the instant of the tick
			t.Fatal(err)
		}
		synctest.Wait()
		wantRecords(t, s, schedule.UserNotifications, "01:00:00 schedule a", "01:00:00 manual a")
		until(t, "01:59:00")
		if _, err := r.RunNow(schedule.UserNotifications); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		stop(t, r)
		until(t, "02:30:00")
		start(t, s, "a", time.Minute, promotions(&d)) // it missed 02:00 although somebody ran it a minute before
		until(t, "03:30:00")
		d.want(t, "beside the runs by hand", "01:00:00", "01:00:00", "01:59:00", "02:30:00", "03:00:00")
	})
}

func TestARunByHandWaitsForNoOtherReplica(t *testing.T) {
	bubble(t, "postgres", func(t *testing.T, s *store.Store) {
		a, b := diary{do: takes(time.Minute)}, diary{}
		first := start(t, s, "a", time.Minute, promotions(&a))
		other := start(t, s, "b", time.Minute, promotions(&b))
		if _, err := first.RunNow(schedule.UserNotifications); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if _, err := other.RunNow(schedule.UserNotifications); err != nil {
			t.Fatal(err)
		}
		until(t, "00:02:00")
		b.want(t, "while a runs it")
		wantRecords(t, s, schedule.UserNotifications, "00:00:00 manual a", "00:00:00 manual b"+elsewhere)
	})
}

func TestUnknownJobs(t *testing.T) {
	bubble(t, "sqlite", func(t *testing.T, s *store.Store) {
		r := start(t, s, "a", time.Minute, promotions(new(diary)))
		_, line := r.Line(t.Context(), "x")
		_, pause := r.Pause(t.Context(), "x", jobs.Rest{Note: ""}, "ola")
		_, resume := r.Resume(t.Context(), "x", "ola")
		_, change := r.Change(t.Context(), "x", jobs.Change{Reset: true}, "ola")
		for what, err := range map[string]error{"Line": line, "Pause": pause, "Resume": resume, "Change": change} {
			if !errors.Is(err, jobs.ErrUnknown) {
				t.Errorf("%s = %v, want %v", what, err, jobs.ErrUnknown)
			}
		}
	})
}

func TestTheClockOfAnotherReplicaWasAhead(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		var d, p diary
		r := start(t, s, "a", time.Minute, promotions(&d))
		until(t, "00:30:00")
		stop(t, r)
		// Its clock was a day ahead. It ran a tick, and an admin changed the job there.
		tomorrow := time.Now().Add(24 * time.Hour)
		taken := schedule.Run{
			ID: string(message.NewID(message.RunIDs)), Job: schedule.UserNotifications, ScheduledAt: tomorrow, StartedAt: tomorrow,
			Trigger: schedule.Scheduled, Replica: "b",
		}
		if _, err := s.Fire(t.Context(), taken); err != nil {
			t.Fatal(err)
		}
		saved, err := s.Job(t.Context(), schedule.Job{Name: schedule.UserNotifications})
		if err != nil {
			t.Fatal(err)
		}
		saved.Spec, saved.ChangedAt = every("30m"), tomorrow
		if err := s.SaveJob(t.Context(), saved); err != nil {
			t.Fatal(err)
		}
		start(t, s, "a", time.Minute, promotions(&d), flushes(&p))
		until(t, "01:31:00")
		d.want(t, "today's ticks are run today", "01:00:00", "01:30:00")
	})
}
