package deadlines

import (
	"cmp"
	"slices"
	"sort"
	"time"

	"notifier/wallclock"
)

// Calendar says when workdays begin. The zero Calendar is Monday to Friday at 08:00 UTC.
type Calendar struct {
	Zone     *time.Location  // nil: UTC
	Start    *wallclock.Time // nil: 08:00, as midnight is a time, too
	Workdays Weekdays
}

// Weekdays is a set of days of the week, by time.Weekday. The empty set stands for Monday
// to Friday.
type Weekdays [7]bool

func (c Calendar) zone() *time.Location { return cmp.Or(c.Zone, time.UTC) }

func (c Calendar) start() wallclock.Time {
	if c.Start == nil {
		return wallclock.Time{Hour: 8}
	}
	return *c.Start
}

// isWorkday tells whether people work on that date.
func (c Calendar) isWorkday(d wallclock.Date) bool {
	day := d.Weekday()
	if c.Workdays == (Weekdays{}) {
		return day != time.Saturday && day != time.Sunday
	}
	return c.Workdays[day]
}

// StepKind is what a step says of its deadline.
type StepKind string

// The kinds of step, in the order of time.
const (
	Before StepKind = "before" // it draws near
	Due    StepKind = "due"    // it is now
	Late   StepKind = "late"   // it was missed
)

// Step is an instant at which a deadline leads to a reminder.
type Step struct {
	At     time.Time
	Kind   StepKind
	Before time.Duration // how long before the deadline; for Before
	Days   int           // how many days after its date; for Late
}

// Steps lists the steps of the deadline by time, no two at one instant. It lists those,
// too, that lay in the past when the deadline was set.
func (d Deadline) Steps(cal Calendar) []Step {
	steps := make([]Step, 0, len(d.RemindBefore)+1+d.late())
	for _, s := range d.RemindBefore {
		if s > 0 {
			steps = append(steps, Step{At: d.DueAt.Add(-time.Duration(s)), Kind: Before, Before: time.Duration(s)})
		}
	}
	slices.SortFunc(steps, func(a, b Step) int { return a.At.Compare(b.At) })
	steps = append(steps, Step{At: d.DueAt, Kind: Due})
	steps = d.appendLate(steps, cal)
	return slices.CompactFunc(steps, func(a, b Step) bool { return a.At.Equal(b.At) })
}

// late is how many reminders follow a missed deadline at most.
func (d Deadline) late() int {
	if d.Overdue == nil || !d.Overdue.EveryWorkday {
		return 0
	}
	return min(max(cmp.Or(d.Overdue.Max, usualLate), 0), maxLate)
}

func (d Deadline) appendLate(steps []Step, cal Calendar) []Step {
	due := wallclock.DateOf(d.DueAt, cal.zone())
	for day, left := due.AddDays(1), d.late(); left > 0; day = day.AddDays(1) {
		if !cal.isWorkday(day) {
			continue
		}
		// Where the evening of the due date is read twice, the next date may begin before.
		if at, exists := wallclock.At(day, cal.start(), cal.zone()); exists && at.After(d.DueAt) {
			steps = append(steps, Step{At: at, Kind: Late, Days: day.DaysSince(due)})
			left--
		}
	}
	return steps
}

// Next is when the first step strictly after that instant is; false if none is left.
// Steps that lay in the past when the deadline was set are none.
func (d Deadline) Next(after time.Time, cal Calendar) (time.Time, bool) {
	after = later(after, d.SetAt)
	steps := d.Steps(cal)
	i := sort.Search(len(steps), func(i int) bool { return steps[i].At.After(after) })
	if i == len(steps) {
		return time.Time{}, false
	}
	return steps[i].At, true
}

// Reminder is what a run at that instant must remind of: the latest step that has passed
// since the last one was dealt with; false if none has. However many have passed, one
// reminder is sent.
func (d Deadline) Reminder(since, at time.Time, cal Calendar) (Step, bool) {
	since = later(since, d.SetAt)
	steps := d.Steps(cal)
	i := sort.Search(len(steps), func(i int) bool { return steps[i].At.After(at) })
	if i == 0 || !steps[i-1].At.After(since) {
		return Step{}, false
	}
	return steps[i-1], true
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
