package deadlines

import (
	"math"
	"slices"
	"time"

	"notifier/wallclock"
)

// Set is the deadline as it is when it is set at that time: what is due in so long is due
// then, and each user is named once.
func (d Deadline) Set(at time.Time, cal Calendar) Deadline {
	d.Terms = d.Terms.set(at, cal)
	d.Users = once(d.Users)
	d.Escalate = slices.Clone(d.Escalate)
	for i := range d.Escalate {
		d.Escalate[i].Users = once(d.Escalate[i].Users)
	}
	if d.ForUsers != nil {
		own := map[string]Terms{}
		for id, t := range d.ForUsers {
			own[id] = t.set(at, cal)
		}
		d.ForUsers = own
	}
	d.SetAt, d.FiredAt, d.ToldOn, d.Seen = at, at, wallclock.Date{}, cal.Version
	d.NextAt, _ = d.Next(at, cal)
	return d
}

func (t Terms) set(at time.Time, cal Calendar) Terms {
	if t.DueIn != nil {
		t.DueAt, t.DueIn = t.DueIn.from(at, cal), nil
	}
	t.DueAt = t.DueAt.UTC().Truncate(time.Microsecond)
	return t
}

func once(ids []string) (list []string) {
	seen := make(map[string]bool, len(ids))
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			list = append(list, id)
		}
	}
	return list
}

// from is when that is over. Days and workdays go by the clocks of the site: an hour that
// does not exist on the date is the one after the change.
func (in DueIn) from(now time.Time, cal Calendar) time.Time {
	since := now
	if in.Since != nil {
		since = *in.Since
	}
	if in.Hours > 0 {
		return since.Add(hours(in.Hours))
	}
	local := since.In(cal.zone())
	day, rest := wallclock.DateOf(since, cal.zone()), time.Duration(0)
	whole, part := math.Modf(in.Days)
	day, rest = day.AddDays(int(whole)), hours(part*24)
	for left := in.Workdays; left > 0; {
		day = day.AddDays(1)
		if cal.isWorkday(day) {
			left--
		}
	}
	first := wallclock.DateOf(since, cal.zone())
	if day == first {
		return since.Add(rest)
	}
	return time.Date(day.Year, day.Month, day.Day, local.Hour(), local.Minute(), local.Second(), local.Nanosecond(), cal.zone()).Add(rest)
}

func hours(n float64) time.Duration { return time.Duration(n * float64(time.Hour)) }
