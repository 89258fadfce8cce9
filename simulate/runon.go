package simulate

import (
	"slices"
	"time"

	"notifier/schedule"
)

// Of is the schedule by which a public job runs; nil: there is no such job.
func (o *Options) Of(job string) *schedule.Schedule {
	return map[string]*schedule.Schedule{
		schedule.Notifications: &o.Notifications, schedule.UserNotifications: &o.UserNotifications, schedule.Reminders: &o.Reminders,
	}[job]
}

// Under is the same by the timetable in force, which says how each job stands: its schedule,
// whether it wakes, and its pause.
func (o Options) Under(jobs map[string]schedule.Standing) Options {
	for _, name := range schedule.Public() {
		*o.Of(name) = jobs[name].Schedule
	}
	o.Wake, o.Pauses = jobs[schedule.Notifications].Wake, map[string]time.Time{}
	for name, job := range jobs {
		if job.Paused {
			o.Pauses[name] = job.PausedUntil
		}
	}
	return o
}

// runsOn is how long after Until a plan goes on at the most: longer than a year, which a
// yearly schedule needs.
const runsOn = 400 * 24 * time.Hour

// runOn plans on after Until until what came in by then has left. A step of a deadline that
// passes only later is not among it: the deadline may well be met by then.
func (p *planner) runOn() {
	p.runUntil(p.o.Until, true)
	p.closed = true
	for _, d := range slices.Clone(p.steps.all) {
		if d.at.After(p.o.Until) {
			p.steps.remove(d)
		}
	}
	p.runUntil(p.o.Until.Add(runsOn), true)
}

// stillWaiting counts the messages that have not left: a job is paused without an end, never
// runs, or they are due even later.
func (p *planner) stillWaiting() (n int) {
	for _, m := range p.queue {
		if m.of == nil || !m.of.over {
			n++
		}
	}
	for _, u := range p.waiting.all {
		n += len(u.items)
	}
	return n + len(p.scheduled.all) + len(p.steps.all)
}
