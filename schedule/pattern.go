package schedule

import (
	"math/bits"
	"time"
)

// Repeat is how often a cron with a simple pattern comes.
type Repeat string

// The patterns that sentences have words for.
const (
	Hourly Repeat = "hourly" // each hour at Minute
	Daily  Repeat = "daily"  // each day at Hour:Minute
	Weekly Repeat = "weekly" // on each Weekday at Hour:Minute
)

// Pattern is what a cron comes to, however it was written: "0 8 * * *" and "0 8 1-31 * mon"
// are the same, because a cron that restricts both day fields runs when one of them fits.
type Pattern struct {
	Repeats      Repeat
	Hour, Minute int
	Weekday      time.Weekday
}

// Pattern is that of the schedule; simple is false for a period, and for a cron that needs
// more words than these. It asks the sets that decide on the runs, and never the text.
func (s Schedule) Pattern() (p Pattern, simple bool) {
	f := s.cron
	if f == nil {
		return p, false
	}
	const allHours, allMonths = 1<<24 - 1, 1<<13 - 2
	weekdays, regular := f.eachWeek()
	if !regular || f.months != allMonths || bits.OnesCount64(f.minutes) != 1 {
		return p, false
	}
	p = Pattern{Minute: bits.TrailingZeros64(f.minutes), Hour: bits.TrailingZeros64(f.hours), Weekday: time.Weekday(bits.TrailingZeros64(weekdays))}
	switch oneHour := bits.OnesCount64(f.hours) == 1; {
	case f.eachHour && f.hours == allHours && weekdays == allWeek:
		p.Repeats, p.Hour, p.Weekday = Hourly, 0, 0
	case oneHour && weekdays == allWeek:
		p.Repeats, p.Weekday = Daily, 0
	case oneHour && bits.OnesCount64(weekdays) == 1:
		p.Repeats = Weekly
	default:
		return Pattern{}, false
	}
	return p, true
}

const allDays, allWeek = 1<<32 - 2, 1<<7 - 1

// eachWeek is the set of weekdays on which the cron runs, where that is the same in each week.
func (f *fields) eachWeek() (weekdays uint64, regular bool) {
	switch {
	case f.eitherDay && (f.days == allDays || f.weekdays == allWeek):
		return allWeek, true
	case f.eitherDay || f.days != allDays:
		return 0, false
	}
	return f.weekdays, true
}
