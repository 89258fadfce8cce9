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
	// Exceptions are dates that are workdays, or none, whatever the day of the week.
	Exceptions map[wallclock.Date]bool
	// Holiday tells whether a date is one; nil: none is.
	Holiday func(wallclock.Date) bool
	// Version is that of the site by which the calendar was read; 0: nobody minds a change.
	Version int
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
	if works, told := c.Exceptions[d]; told {
		return works
	}
	if c.Holiday != nil && c.Holiday(d) {
		return false
	}
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
	OnDay  StepKind = "on_day" // its workday begins
	Due    StepKind = "due"    // it is now
	Late   StepKind = "late"   // it was missed
)

// Step is an instant at which a deadline leads to a reminder.
type Step struct {
	At     time.Time
	Kind   StepKind
	Before time.Duration // how long before the deadline; for Before
	Days   int           // how many days after its date; for Late

	on wallclock.Date // the workday that begins; for OnDay and Late
}

// Steps lists the steps of the terms by time, no two at one instant. It lists those, too,
// that lay in the past when the deadline was set.
func (t Terms) Steps(cal Calendar) []Step { return t.steps(cal, t.OnDayAndAfter, true) }

func (t Terms) steps(cal Calendar, onDay, due bool) []Step {
	steps := make([]Step, 0, len(t.RemindBefore)+2+t.late())
	for _, s := range t.RemindBefore {
		if s > 0 {
			steps = append(steps, Step{At: t.DueAt.Add(-time.Duration(s)), Kind: Before, Before: time.Duration(s)})
		}
	}
	if due {
		steps = append(steps, Step{At: t.DueAt, Kind: Due})
	}
	if onDay {
		steps = append(steps, t.onDay(cal))
	}
	steps = t.appendLate(steps, cal)
	slices.SortStableFunc(steps, func(a, b Step) int { return a.At.Compare(b.At) })
	return slices.CompactFunc(steps, func(a, b Step) bool { return a.At.Equal(b.At) })
}

// onDay is the start of the workday of the deadline's date, or of the next one that is a
// workday.
func (t Terms) onDay(cal Calendar) Step {
	due := wallclock.DateOf(t.DueAt, cal.zone())
	for day := due; ; day = day.AddDays(1) {
		if at, exists := wallclock.At(day, cal.start(), cal.zone()); exists && cal.isWorkday(day) {
			return Step{At: at, Kind: OnDay, Days: day.DaysSince(due), on: day}
		}
	}
}

// late is how many reminders follow a missed deadline at most.
func (t Terms) late() int {
	switch {
	case t.Overdue != nil && t.Overdue.EveryWorkday:
		if t.Overdue.Max == nil {
			return usualLate
		}
		return min(max(*t.Overdue.Max, 0), maxLate)
	case t.OnDayAndAfter:
		return usualLate
	}
	return 0
}

func (t Terms) appendLate(steps []Step, cal Calendar) []Step {
	due := wallclock.DateOf(t.DueAt, cal.zone())
	for day, left := due.AddDays(1), t.late(); left > 0; day = day.AddDays(1) {
		if !cal.isWorkday(day) {
			continue
		}
		// Where the evening of the due date is read twice, the next date may begin before.
		if at, exists := wallclock.At(day, cal.start(), cal.zone()); exists && at.After(t.DueAt) {
			steps = append(steps, Step{At: at, Kind: Late, Days: day.DaysSince(due), on: day})
			left--
		}
	}
	return steps
}

// Begun is the last date whose workday has begun at that instant, if people work on it.
func (c Calendar) Begun(at time.Time) wallclock.Date {
	day := wallclock.DateOf(at, c.zone())
	if begins, exists := wallclock.At(day, c.start(), c.zone()); exists && begins.After(at) {
		return day.AddDays(-1)
	}
	return day
}

// Day reads a date as its String writes it; the zero date where the text is none.
func Day(text string) wallclock.Date {
	d, _ := wallclock.ParseDate(text)
	return d
}

// Dealt is the deadline after all steps up to that instant were dealt with. A workday that has
// begun is over for it, also if the calendar or its zone is changed later: nobody is told of one
// date twice.
func (d Deadline) Dealt(at time.Time, cal Calendar) Deadline {
	d.FiredAt, d.ToldOn, d.Seen = at, cal.Begun(at), cal.Version
	d.NextAt, _ = d.Next(at, cal)
	return d
}

// Moved is the deadline after the calendar was changed. A step that lies in the past by the new
// one is due now.
func (d Deadline) Moved(cal Calendar) Deadline {
	d.NextAt, _ = d.Next(d.FiredAt, cal)
	d.Seen = cal.Version
	return d
}

// untold drops the steps of workdays that were dealt with by another calendar.
func (d Deadline) untold(steps []Step) []Step {
	if d.ToldOn == (wallclock.Date{}) {
		return steps
	}
	return slices.DeleteFunc(steps, func(s Step) bool {
		return (s.Kind == OnDay || s.Kind == Late) && s.on.DaysSince(d.ToldOn) <= 0
	})
}

// part is what some of those whom a deadline concerns are told: its steps by time.
type part struct {
	users     []string
	dueAt     time.Time
	escalated bool
	steps     []Step
}

// parts are the deadline for its users, for those with terms of their own, and for those
// to whom it escalates.
func (d Deadline) parts(cal Calendar) []part {
	main := part{dueAt: d.DueAt, steps: d.untold(d.Steps(cal))}
	var parts []part
	for _, id := range d.Users {
		if own, has := d.ForUsers[id]; has {
			parts = append(parts, part{users: []string{id}, dueAt: own.DueAt, steps: d.untold(own.Steps(cal))})
		} else {
			main.users = append(main.users, id)
		}
	}
	if len(main.users) > 0 || len(d.Users) == 0 {
		parts = append([]part{main}, parts...)
	}
	for _, e := range d.Escalate {
		t := Terms{DueAt: d.DueAt, RemindBefore: e.Before, Overdue: e.After}
		parts = append(parts, part{users: e.Users, dueAt: d.DueAt, escalated: true, steps: d.untold(t.steps(cal, e.OnDay, false))})
	}
	return parts
}

// after is the first step after that instant.
func (p part) after(at time.Time) (Step, bool) {
	i := sort.Search(len(p.steps), func(i int) bool { return p.steps[i].At.After(at) })
	if i == len(p.steps) {
		return Step{}, false
	}
	return p.steps[i], true
}

// passed is the latest step of those that came after since and not after at.
func (p part) passed(since, at time.Time) (Step, bool) {
	i := sort.Search(len(p.steps), func(i int) bool { return p.steps[i].At.After(at) })
	if i == 0 || !p.steps[i-1].At.After(since) {
		return Step{}, false
	}
	return p.steps[i-1], true
}

// Next is when the first step strictly after that instant is, whomever it concerns; false
// if none is left. Steps that lay in the past when the deadline was set are none.
func (d Deadline) Next(after time.Time, cal Calendar) (next time.Time, any bool) {
	after = later(after, d.SetAt)
	for _, p := range d.parts(cal) {
		if s, left := p.after(after); left && (!any || s.At.Before(next)) {
			next, any = s.At, true
		}
	}
	return next, any
}

// Reminder is what a user is to be told.
type Reminder struct {
	User  string
	Step  Step
	DueAt time.Time
	Next  time.Time // when the user is told next; zero if not again
	// Escalated is true if it is told to somebody else than those who have to act.
	Escalated bool
}

// Reminders are what a run at that instant must tell: for each user the latest step that
// has passed since the last ones were dealt with. However many have passed, each gets one.
func (d Deadline) Reminders(since, at time.Time, cal Calendar) []Reminder {
	since = later(since, d.SetAt)
	var all []Reminder
	told := map[string]bool{}
	for _, p := range d.parts(cal) {
		step, any := p.passed(since, at)
		if !any {
			continue
		}
		next, _ := p.after(at)
		for _, id := range p.users {
			if !told[id] {
				told[id] = true
				all = append(all, Reminder{User: id, Step: step, DueAt: p.dueAt, Next: next.At, Escalated: p.escalated})
			}
		}
	}
	return all
}

// Coming are the reminders that are still to come, at most n, in the order of time: what
// runs at the very instants of the steps would tell.
func (d Deadline) Coming(after time.Time, n int, cal Calendar) []Reminder {
	var all []Reminder
	since := later(after, d.FiredAt)
	for len(all) < n {
		at, any := d.Next(since, cal)
		if !any {
			break
		}
		all = append(all, d.Reminders(since, at, cal)...)
		since = at
	}
	return all[:min(len(all), n)]
}

// People lists the ids of all whom the deadline concerns.
func (d Deadline) People() []string {
	all := slices.Clone(d.Users)
	for _, e := range d.Escalate {
		all = append(all, e.Users...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
