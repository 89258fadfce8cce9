package explain

import (
	"time"

	"notifier/schedule"
)

// unknown tells whether nothing is known of the jobs, as where no timetable was asked.
func unknown(l schedule.Leaving, d schedule.Departures) bool {
	return l.At.IsZero() && d.Notifications.Schedule == (schedule.Schedule{}) && !d.Notifications.Paused
}

// leaves notes when the mail leaves for which something comes next.
func (t *teller) leaves(l schedule.Leaving) {
	if t.next != nil && !unknown(l, t.Departures) {
		t.next.leaves(l)
	}
}

func (n *Next) leaves(l schedule.Leaving) {
	n.LeavesAt, n.WaitsFor = l.Announced(), l.WaitsFor
}

// leaving says when the mail leaves that is due then. Where the two differ, both are said.
func (t *teller) leaving(due time.Time, l schedule.Leaving) string {
	if unknown(l, t.Departures) {
		return t.ahead(due)
	}
	return t.clock.leaving(due, l)
}

func (c clock) leaving(due time.Time, l schedule.Leaving) string {
	switch {
	case l.WaitsFor != "":
		return c.say("explain.leaves_paused", facts{"due": c.ahead(due), "job": jobTitles[l.WaitsFor]})
	case l.At.Equal(due):
		return c.ahead(due)
	}
	return c.say("explain.leaves", facts{"leaves": c.ahead(l.At), "due": c.write("explain.point", due, due.Second() != 0)})
}
