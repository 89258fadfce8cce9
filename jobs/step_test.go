package jobs

import (
	"testing"
	"time"

	"go.uber.org/zap"

	"notifier/schedule"
	"notifier/wallclock/timekeeper"
)

// TestAStepOfTheClockMakesNothingDue is S7: what is due only because the clock was set forward
// waits, what comes due meanwhile does not, and a clock that was set back repeats no tick.
func TestAStepOfTheClockMakesNothingDue(t *testing.T) {
	wall, elapsed := time.Date(2026, 11, 25, 12, 30, 0, 0, time.UTC), time.Duration(0)
	k := timekeeper.New(timekeeper.Clocks{
		Wall: func() time.Time { return wall }, Elapsed: func() time.Duration { return elapsed },
		Kernel: func() (time.Time, bool) { return time.Time{}, false },
	})
	table, err := New(nil, Options{Now: k.Now}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	if err := table.Plan(Plan{Name: "daily", Spec: schedule.Spec{Cron: "0 13 * * *"}, Private: true}); err != nil {
		t.Fatal(err)
	}
	l := table.lines[0]
	l.handled = l.clock()
	due := func(what string, want bool) {
		t.Helper()
		if _, got := l.take(l.clock()); got != want {
			t.Errorf("S7 %s: due is %v, want %v", what, got, want)
		}
	}
	due("before its time", false)
	wall = wall.Add(48 * time.Hour)
	due("two days forward", false)
	wall, elapsed = wall.Add(time.Hour), elapsed+time.Hour
	due("an hour later its time has come", true)
	due("once", false)
	wall = wall.Add(-48 * time.Hour)
	due("the clock is right again", false)
	wall = wall.Add(-time.Hour)
	due("an hour back", false)
	wall = wall.Add(48 * time.Hour)
	due("forward again", false)
	k.Confirm()
	due("a person confirms", true)
}
