package console

import (
	"testing"
	"time"

	"notifier/schedule"
	"notifier/web/look"
)

// T9: the console's words for a schedule come from the days on which it runs.
func TestScheduleWords(t *testing.T) {
	b := base{Clock: look.NewClock(look.In("en"), "UTC", time.Unix(0, 0))}
	daily, mondays := b.Schedule(schedule.Spec{Cron: "0 12 * * *"}), b.Schedule(schedule.Spec{Cron: "0 12 * * 1"})
	for cron, want := range map[string]string{
		"0 12 1-31 * 1": daily, "00 12 * * *": daily, "0 12 1 * 0-6": daily,
		"0 12 * * mon": mondays, "0 12 */1 1-12 1": mondays,
	} {
		if got := b.Schedule(schedule.Spec{Cron: cron}); got != want {
			t.Errorf("%s is called %q, want %q", cron, got, want)
		}
	}
	if daily == mondays {
		t.Errorf("both are called %q", daily)
	}
}
