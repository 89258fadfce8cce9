package deadlines_test

import (
	"testing"
	"time"

	"notifier/deadlines"
)

// What is still to come is what runs at those very instants tell, one after the other.
func TestComingIsWhatRunsTell(t *testing.T) {
	set := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC) // a Monday
	cal := deadlines.Calendar{}
	d := deadlines.Deadline{
		Key: "A-1", Users: []string{"anna", "jan"},
		Terms:    deadlines.Terms{DueAt: set.Add(96 * time.Hour), RemindBefore: []deadlines.Span{deadlines.Span(24 * time.Hour)}, Overdue: &deadlines.Overdue{EveryWorkday: true, Max: new(2)}},
		Escalate: []deadlines.Escalation{{Users: []string{"boss"}, After: &deadlines.Overdue{EveryWorkday: true, Max: new(1)}}},
	}.Set(set, cal)
	var told []deadlines.Reminder
	since := set
	for at := set; at.Before(set.Add(30 * 24 * time.Hour)); at = at.Add(time.Hour) {
		told = append(told, d.Reminders(since, at, cal)...)
		since = at
	}
	got := d.Coming(set, 100, cal)
	if len(got) != len(told) || len(got) == 0 {
		t.Fatalf("%d are to come, runs every hour tell %d", len(got), len(told))
	}
	for i := range got {
		if got[i].User != told[i].User || !got[i].Step.At.Equal(told[i].Step.At) || got[i].Escalated != told[i].Escalated {
			t.Errorf("%d: %+v is to come, a run tells %+v", i, got[i], told[i])
		}
	}
	if n := len(d.Coming(set, 3, cal)); n != 3 {
		t.Errorf("of 3 there are %d", n)
	}
	if late := d.Coming(set.Add(97*time.Hour), 100, cal); len(late) != 5 {
		t.Errorf("after its time %d are to come, want 5: %+v", len(late), late)
	}
}
