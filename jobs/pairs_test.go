package jobs_test

import (
	"fmt"
	"testing"
	"time"

	"notifier/jobs"
	"notifier/schedule"
	"notifier/store"
)

// L4: to resume a job gives back when and why it runs, on each replica, whatever was set before
// and however it was paused; nothing runs because of it.
func TestResumeUndoesAPause(t *testing.T) {
	stands := func(s jobs.State) string {
		return fmt.Sprint(s.Spec, s.Words, s.Wake, s.Paused, s.Note, s.Until, s.Overridden, s.Configured, s.Next)
	}
	wake := false
	both(t, func(t *testing.T, s *store.Store) {
		var d diary
		a := start(t, s, "a", time.Second, promotions(&d))
		b := start(t, s, "b", time.Second, promotions(&d))
		until(t, "00:10:00")
		minute := 10
		for _, change := range []jobs.Change{
			{}, {Spec: &schedule.Spec{Every: "7h"}}, {Wake: &wake}, {Spec: &schedule.Spec{Cron: "30 8 * * 1-5", Timezone: "Europe/Warsaw"}}, {Reset: true},
		} {
			if _, err := a.Change(t.Context(), schedule.UserNotifications, change, "ola"); err != nil {
				t.Fatal(err)
			}
			for _, rest := range []jobs.Rest{{}, {Note: "the relay moves"}, {Note: "back soon", Until: time.Now().Add(time.Hour)}} {
				before := stands(line(t, a))
				for range 2 { // a pause of what is paused replaces it
					if state, err := a.Pause(t.Context(), schedule.UserNotifications, rest, "ola"); err != nil || !state.Paused {
						t.Fatal(state.Paused, err)
					}
				}
				minute++
				until(t, fmt.Sprintf("00:%02d:00", minute)) // the other replica has seen it
				if state := line(t, b); !state.Paused || state.Note != rest.Note {
					t.Errorf("after %+v and %+v the other replica has %s", change, rest, stands(state))
				}
				if _, err := b.Resume(t.Context(), schedule.UserNotifications, "jan"); err != nil {
					t.Fatal(err)
				}
				minute++
				until(t, fmt.Sprintf("00:%02d:00", minute))
				for name, r := range map[string]replica{"a": a, "b": b} {
					if after := stands(line(t, r)); after != before {
						t.Errorf("after %+v and %+v, replica %s: it was  %s\nand is %s", change, rest, name, before, after)
					}
				}
			}
		}
		d.want(t, "paused and resumed many times within an hour")
	})
}
