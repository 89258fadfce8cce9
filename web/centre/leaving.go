package centre

import (
	"time"

	"notifier/schedule"
)

// shortly is how soon "within minutes" is.
const shortly = 10 * time.Minute

// leaving is when a digest leaves that is due then, by the timetable in force.
func (c *centre) leaving(v visit, due time.Time) schedule.Leaving {
	if c.o.Departures == nil {
		return schedule.Leaving{At: due}
	}
	return c.o.Departures().OfDigest(due, v.at)
}

// promise says when a digest leaves that is due then. Of what is due already only the time at
// which it leaves is news.
func (c *centre) promise(v visit, due time.Time) string {
	l := c.leaving(v, due)
	if !due.After(v.at) && l.WaitsFor == "" {
		due = l.At
	}
	return v.clock.Leaving(due, l.At, l.WaitsFor != "")
}

// soon tells whether what is due then leaves within minutes.
func (c *centre) soon(v visit, due time.Time) bool {
	l := c.leaving(v, due)
	return !due.After(v.at) && l.WaitsFor == "" && l.At.Before(v.at.Add(shortly))
}
