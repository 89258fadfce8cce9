package schedule_test

import (
	"slices"
	"testing"
	"time"

	"notifier/schedule"
)

// P9: two schedules are alike exactly where their runs are the same, however they are written.
func TestAlike(t *testing.T) {
	texts := []string{
		"60m", "1h", "3600s", "0 * * * *", "0 */1 * * *", "0 0-23 * * *", "0 * * * * Etc/UTC", "0 * * * * Europe/Warsaw", "0 0-23 * * * Europe/Warsaw",
		"15m", "*/15 * * * *", "0,15,30,45 * * * *", "7,22,37,52 * * * *", "24h", "0 0 * * *", "0 0 * * * Europe/Warsaw", "168h", "0 0 * * THU", "0 0 * * 4",
		"0 8 * * MON", "0 8 * * 1", "0 8 * * mon-mon", "0 8 1-31 * 1", "0 8 * * *", "0 8 * 1-12 *", "0 8 * jan-dec sun-sat", "2h", "0 */2 * * *", "0 */5 * * *", "5h",
	}
	from := []time.Time{
		time.Date(2026, 3, 27, 0, 0, 0, 0, time.UTC), time.Date(2026, 10, 23, 0, 0, 0, 0, time.UTC), time.Date(2027, 12, 29, 0, 0, 0, 0, time.UTC),
	}
	compiled := map[string]schedule.Schedule{}
	for _, text := range texts {
		spec, err := schedule.ParseSpec(text)
		if err != nil {
			t.Fatal(err)
		}
		if compiled[text], err = spec.Compile(); err != nil {
			t.Fatal(err)
		}
	}
	for _, a := range texts {
		for _, b := range texts {
			same := true
			for _, at := range from {
				same = same && slices.EqualFunc(compiled[a].NextN(at, 200), compiled[b].NextN(at, 200), time.Time.Equal)
			}
			// An hourly job of another zone and a weekly one happen to be the same as a period.
			chance := compiled[a].Spec().Timezone != compiled[b].Spec().Timezone || a == "168h" || b == "168h"
			if got := compiled[a].Alike(compiled[b]); got != same && (got || !chance) {
				t.Errorf("%q and %q are alike: %t, want %t", a, b, got, same)
			}
		}
	}
}
