package schedule

import (
	"fmt"
	"time"
)

// Schedule says at which instants a job runs. Two schedules run alike if their texts
// (String) are equal. The zero Schedule never runs. It never changes, so that any number
// of goroutines may ask it.
type Schedule struct {
	spec  Spec
	every int64 // seconds; 0 for a cron
	cron  *fields
}

// Spec is what the schedule was made of, in its plainest form: a zone is always named.
func (s Schedule) Spec() Spec { return s.spec }

// String is the schedule on one line: "3m", or "0 * * * * (UTC)".
func (s Schedule) String() string {
	switch {
	case s.every != 0:
		return s.spec.Every
	case s.cron != nil:
		return fmt.Sprintf("%s (%s)", s.spec.Cron, s.spec.Timezone)
	}
	return "never"
}

// Next is the first run strictly after that instant; zero if there is none.
//
// A cron time with fixed hours that clocks skip runs at the change, one that they read
// twice runs at the first. Wildcard hours follow elapsed time: hours that come twice count
// twice, and those that are skipped are not made up.
func (s Schedule) Next(after time.Time) time.Time {
	switch {
	case s.every != 0:
		return time.Unix((floorDiv(after.Unix(), s.every)+1)*s.every, 0).UTC()
	case s.cron != nil:
		return s.cron.next(after)
	}
	return time.Time{}
}

// NextN are the first n runs strictly after that instant.
func (s Schedule) NextN(after time.Time, n int) []time.Time {
	var runs []time.Time
	for range n {
		after = s.Next(after)
		if after.IsZero() {
			break
		}
		runs = append(runs, after)
	}
	return runs
}

// memory is how far Last looks back: from one 29 February to the one before.
const memory = (8*366 + 1) * day * time.Second

// Last is the latest run at or before that instant; zero if there was none in the eight
// years before it.
func (s Schedule) Last(at time.Time) time.Time {
	if s.every != 0 {
		return time.Unix(floorDiv(at.Unix(), s.every)*s.every, 0).UTC()
	}
	// Look back twice as far each time; then halve the distance to the latest.
	empty := at // no run after this one, up to at
	for back := time.Minute; ; back *= 2 {
		from := at.Add(-min(back, memory))
		if run := s.Next(from); !run.IsZero() && !run.After(at) {
			return s.latest(run, empty, at)
		}
		if back >= memory {
			return time.Time{}
		}
		empty = from
	}
}

// latest is the last run up to at, where run is one and there is none after empty.
func (s Schedule) latest(run, empty, at time.Time) time.Time {
	for {
		following := s.Next(run)
		if following.IsZero() || following.After(at) {
			return run
		}
		run = following
		middle := run.Add(empty.Sub(run) / 2)
		if later := s.Next(middle); !later.IsZero() && !later.After(at) {
			run = later
		} else {
			empty = middle
		}
	}
}

// Words says when the job runs as people do: "every 3 minutes", "daily at 08:00
// (Europe/Warsaw)".
func (s Schedule) Words() string {
	switch {
	case s.every != 0:
		return "every " + rhythm(s.every)
	case s.cron == nil:
		return "never"
	}
	zone := " (" + s.spec.Timezone + ")"
	p, simple := s.Pattern()
	switch {
	case !simple:
		return fmt.Sprintf("cron %q%s", s.spec.Cron, zone)
	case p.Repeats == Hourly:
		return fmt.Sprintf("every hour at :%02d%s", p.Minute, zone)
	case p.Repeats == Weekly:
		return fmt.Sprintf("%ss at %02d:%02d%s", p.Weekday, p.Hour, p.Minute, zone)
	}
	return fmt.Sprintf("daily at %02d:%02d%s", p.Hour, p.Minute, zone)
}

// rhythm is a number of seconds in the largest unit that divides it.
func rhythm(seconds int64) string {
	n, unit := seconds, "second"
	switch {
	case n%hour == 0:
		n, unit = n/hour, "hour"
	case n%minute == 0:
		n, unit = n/minute, "minute"
	}
	if n == 1 {
		return unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}
