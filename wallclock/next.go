package wallclock

import "time"

// horizon is for how many days Next looks for a date that its caller accepts.
const horizon = 3660

// At is the instant at which the wall clocks of loc read t on that date.
//
// A time that they skip on it is the instant of the change, even where that instant
// already reads the next date. A time that they read twice is the first of the two.
// A date that the zone skipped altogether has no instants: then exists is false.
func At(d Date, t Time, loc *time.Location) (instant time.Time, exists bool) {
	midnight := d.days() * day
	wanted := midnight + t.seconds()
	// The instant is less than a day away from the same reading in UTC.
	ahead, until := Offset(wanted-day-calm, loc)
	if wanted-ahead < until {
		return time.Unix(wanted-ahead, 0).UTC(), true
	}
	return search(midnight, wanted, loc)
}

// search walks the periods between two changes in which the date may be read.
func search(midnight, wanted int64, loc *time.Location) (instant time.Time, exists bool) {
	var skipped bool
	var skippedAt, before int64
	for from := midnight - day; from < midnight+2*day; {
		ahead, until := Offset(from, loc)
		first, end := from+ahead, until+ahead
		switch {
		case first <= wanted && wanted < end:
			return time.Unix(wanted-ahead, 0).UTC(), true
		case before <= wanted && wanted < first && from > midnight-day && !skipped:
			skipped, skippedAt = true, from
		}
		exists = exists || first < midnight+day && midnight < end
		from, before = until, end
	}
	if !exists || !skipped {
		return time.Time{}, false
	}
	return time.Unix(skippedAt, 0).UTC(), true
}

// Next is the first instant strictly after the given one that is At(date, t, loc) for
// a date that on accepts; nil accepts all. It is the zero time if on accepts none of
// the next ten years' dates.
func Next(after time.Time, t Time, loc *time.Location, on func(Date) bool) time.Time {
	sec := after.Unix()
	ahead, until := Offset(sec-calm, loc)
	if sec >= until {
		return nextByDate(after, t, loc, on)
	}
	days := floorDiv(sec+ahead, day)
	if days*day+t.seconds() <= sec+ahead {
		days++
	}
	for range horizon {
		at := days*day + t.seconds() - ahead
		if at >= until {
			return nextByDate(after, t, loc, on)
		}
		if on == nil || on(dateOf(days)) {
			return time.Unix(at, 0).UTC()
		}
		days++
	}
	return time.Time{}
}

// nextByDate is Next where a change is near. It begins a date early: where clocks went
// forward and back again, the date before may still have its time to come.
func nextByDate(after time.Time, t Time, loc *time.Location, on func(Date) bool) time.Time {
	d := DateOf(after, loc).AddDays(-1)
	for range horizon {
		if on == nil || on(d) {
			if at, exists := At(d, t, loc); exists && at.After(after) {
				return at
			}
		}
		d = d.AddDays(1)
	}
	return time.Time{}
}

// NextHour is the first instant strictly after the given one at which the wall clocks
// of loc read hh:00:00. An hour that they read twice counts twice.
func NextHour(after time.Time, loc *time.Location) time.Time {
	from := after.Unix() + 1 // Unix rounds down, so this is after it
	for {
		ahead, until := Offset(from, loc)
		at := -floorDiv(-(from+ahead), hour)*hour - ahead
		if at < until {
			return time.Unix(at, 0).UTC()
		}
		from = until
	}
}
