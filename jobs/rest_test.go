package jobs_test

import (
	"errors"
	"testing"
	"time"

	"notifier/fault"
	"notifier/jobs"
	"notifier/schedule"
	"notifier/store"
)

// A pause with an end ends on every replica, also on one that was not there when it began
// or ended; what it missed is not made up, and the tick at its end is not missed.
func TestAPauseEndsByItself(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		var d diary
		a := start(t, s, "a", time.Minute, promotions(&d))
		until(t, "01:30:00")
		end := time.Date(2000, 1, 1, 4, 0, 0, 0, time.UTC)
		state, err := a.Pause(t.Context(), schedule.UserNotifications, jobs.Rest{Note: "the relay moves", Until: end}, "ola")
		if err != nil || !state.Paused || !state.Until.Equal(end) || len(state.Next) != 5 || !state.Next[0].Equal(end) {
			t.Errorf("Pause = %+v, %v", state, err)
		}
		if next := a.NextTick(schedule.UserNotifications, time.Now()); !next.Equal(end) {
			t.Errorf("NextTick = %v, want the end %v", next, end)
		}
		until(t, "03:30:00")
		stop(t, a)
		b := start(t, s, "b", time.Minute, promotions(&d))
		if state := line(t, b); !state.Paused || state.Note != "the relay moves" {
			t.Errorf("on another replica it is %+v", state)
		}
		until(t, "03:59:59")
		d.want(t, "while paused", "01:00:00")
		until(t, "04:30:00")
		d.want(t, "at the end", "01:00:00", "04:00:00")
		if state := line(t, b); state.Paused || state.Note != "" || !state.Until.IsZero() {
			t.Errorf("after the end it is %+v", state)
		}
		if _, err := b.Pause(t.Context(), schedule.UserNotifications, jobs.Rest{Until: end.Add(3*time.Hour + 30*time.Minute)}, "ola"); err != nil {
			t.Fatal(err)
		}
		stop(t, b)
		until(t, "07:45:00")
		c := start(t, s, "c", time.Minute, promotions(&d))
		until(t, "07:50:00")
		d.want(t, "started after the end", "01:00:00", "04:00:00")
		every := schedule.Spec{Every: "2h"}
		state, err = c.Change(t.Context(), schedule.UserNotifications, jobs.Change{Spec: &every}, "ola")
		if err != nil || state.Paused {
			t.Errorf("a change after the end: %+v, %v", state, err)
		}
		until(t, "08:30:00")
		d.want(t, "the next tick", "01:00:00", "04:00:00", "08:00:00")
	})
}

func TestPausesThatAreNone(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		var d diary
		r := start(t, s, "a", time.Minute, promotions(&d))
		for name, end := range map[string]time.Time{"now": time.Now(), "past": time.Now().Add(-time.Hour), "too far": time.Now().AddDate(2, 0, 0)} {
			_, err := r.Pause(t.Context(), schedule.UserNotifications, jobs.Rest{Until: end}, "ola")
			if invalid, is := errors.AsType[*fault.Invalid](err); !is || invalid.Faults[0].Pointer != "/until" {
				t.Errorf("%s: %v", name, err)
			}
		}
		if line(t, r).Paused {
			t.Error("a refused pause counts")
		}
	})
}
