package jobs_test

import (
	"testing"
	"time"

	"notifier/jobs"
	"notifier/schedule"
	"notifier/store"
)

// A new config.yaml changes when a job runs, and nothing runs by that; what an admin has
// set still wins.
func TestANewConfigurationNeverFiresByItself(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		var d diary
		r := start(t, s, "a", time.Minute, promotions(&d))
		until(t, "00:35:00")
		replan := func(spec schedule.Spec) {
			t.Helper()
			if err := r.Replan(t.Context(), schedule.UserNotifications, spec, false); err != nil {
				t.Fatal(err)
			}
		}
		replan(every("10m"))
		until(t, "00:51:00")
		d.want(t, "every 10m from 00:35 on", "00:40:00", "00:50:00")
		replan(every("10m"))
		if got := line(t, r); got.Overridden || got.Configured.Every != "10m" {
			t.Errorf("overridden %t, configured %+v", got.Overridden, got.Configured)
		}
		change(t, r, to(every("1h")))
		replan(every("5m"))
		until(t, "01:01:00")
		d.want(t, "an admin's 1h wins over 5m", "00:40:00", "00:50:00", "01:00:00")
		change(t, r, jobs.Change{Reset: true})
		until(t, "01:06:00")
		d.want(t, "reset leads to the new configuration", "00:40:00", "00:50:00", "01:00:00", "01:05:00")
		if err := r.Replan(t.Context(), schedule.UserNotifications, every("3"), false); err == nil {
			t.Error("a schedule that makes no sense was taken")
		}
	})
}
