package explain

import (
	"strconv"
	"time"

	"notifier/wallclock"
)

// clock writes times in one zone, never without it.
type clock struct {
	words
	now  time.Time
	zone *time.Location
}

func clockOf(w words, zone string, now time.Time) clock {
	loc, err := wallclock.Zone(zone)
	if err != nil {
		loc = time.UTC
	}
	return clock{words: w, now: now, zone: loc}
}

// name is how the zone is written.
func (c clock) name() string { return c.zone.String() }

// at is a time that has been: to the second.
func (c clock) at(t time.Time) string { return c.write("explain.point", t, true) }

// from is a time since which something holds, or until which: to the second.
func (c clock) from(t time.Time) string { return c.write("explain.since", t, true) }

// ahead is a time to come: to the minute, and how long it is until then.
func (c clock) ahead(t time.Time) string {
	written := c.write("explain.point", t, t.Second() != 0)
	if written == "" || !t.After(c.now) {
		return written
	}
	return c.say("explain.in", facts{"time": written, "span": c.Span(t.Sub(c.now).Round(time.Second))})
}

func (c clock) write(format string, t time.Time, sharp bool) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(c.zone)
	return c.say(format, facts{
		"weekday": c.T("explain.weekday." + strconv.Itoa(int(t.Weekday()))), "day": strconv.Itoa(t.Day()), "month": c.T("explain.month." + strconv.Itoa(int(t.Month()))), "year": strconv.Itoa(t.Year()),
		"hour": hourOf(t.Hour(), t.Minute(), t.Second(), sharp),
	}) + " " + c.name()
}
