package explain

import (
	"fmt"
	"strconv"
	"time"

	"notifier/wallclock"
)

// clock writes times in one zone, never without it.
type clock struct {
	*words
	now  time.Time
	zone *time.Location
}

func clockOf(w *words, zone string, now time.Time) clock {
	loc, err := wallclock.Zone(zone)
	if err != nil {
		loc = time.UTC
	}
	return clock{words: w, now: now, zone: loc}
}

// name is how the zone is written.
func (c clock) name() string { return c.zone.String() }

// at is a time that has been: to the second.
func (c clock) at(t time.Time) string { return c.write(c.point, t, true) }

// from is a time since which something holds, or until which: to the second.
func (c clock) from(t time.Time) string { return c.write(c.since, t, true) }

// ahead is a time to come: to the minute, and how long it is until then.
func (c clock) ahead(t time.Time) string {
	written := c.write(c.point, t, t.Second() != 0)
	if written == "" || !t.After(c.now) {
		return written
	}
	return facts{"time": written, "span": c.long(t.Sub(c.now))}.fill(c.texts["in"])
}

func (c clock) write(format string, t time.Time, sharp bool) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(c.zone)
	return facts{
		"weekday": c.weekdays[t.Weekday()], "day": strconv.Itoa(t.Day()), "month": c.months[t.Month()-1], "year": strconv.Itoa(t.Year()),
		"hour": hourOf(t.Hour(), t.Minute(), t.Second(), sharp),
	}.fill(format) + " " + c.name()
}

// long is a length of time in two units at most.
func (c clock) long(d time.Duration) string {
	if d = d.Round(time.Second); d < time.Minute {
		return fmt.Sprintf("%d %s", int(d.Seconds()), c.second)
	}
	d = d.Round(time.Minute)
	minutes := fmt.Sprintf("%d %s", int(d.Minutes())%60, c.minute)
	switch {
	case d < time.Hour:
		return minutes
	case d >= 48*time.Hour:
		return c.count(int(d.Hours()/24), "days")
	}
	hours := fmt.Sprintf("%d %s", int(d.Hours()), c.hour)
	if d%time.Hour == 0 {
		return hours
	}
	return hours + " " + minutes
}
