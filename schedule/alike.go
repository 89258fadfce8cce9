package schedule

import (
	"math/bits"

	"notifier/wallclock"
)

// likeness is what decides on the runs of a schedule, however that is written.
type likeness struct {
	every  int64
	fields fields // without the location
	zone   string
}

// Alike tells whether two schedules run at the same instants, also where they are written
// differently: 60m and 1h, MON and 1, */15 in UTC and 15m.
func (s Schedule) Alike(other Schedule) bool { return s.likeness() == other.likeness() }

func (s Schedule) likeness() likeness {
	if s.cron == nil {
		return likeness{every: s.every}
	}
	l := likeness{fields: *s.cron, zone: s.cron.loc.String()}
	l.fields.loc = nil
	if weekdays, regular := s.cron.eachWeek(); regular {
		l.fields.days, l.fields.weekdays, l.fields.eitherDay = allDays, weekdays, false
	}
	if ahead, until := wallclock.Offset(0, s.cron.loc); ahead == 0 && until >= forever {
		l.zone, l.fields.eachHour = "UTC", false // which decides only where clocks change
	}
	if every := l.fields.period(); every > 0 && l.zone == "UTC" {
		return likeness{every: every}
	}
	return l
}

// period is how many seconds lie between two runs, if they lie evenly from midnight on, every
// day; else 0.
func (f fields) period() int64 {
	const allMonths = 1<<13 - 2
	runs := bits.OnesCount64(f.minutes) * bits.OnesCount64(f.hours)
	if f.days != allDays || f.weekdays != allWeek || f.months != allMonths || runs == 0 || 24*60%runs != 0 {
		return 0
	}
	apart := 24 * 60 / runs
	for m := 0; m < 24*60; m += apart {
		if next, comes := f.inDay(m); !comes || next != m {
			return 0
		}
	}
	return int64(apart) * minute
}
