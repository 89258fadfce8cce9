package schedule

import "time"

// Standing is how one job stands: when it runs, and until when it rests.
type Standing struct {
	Schedule Schedule
	Paused   bool
	// PausedUntil is when a pause ends; zero if somebody must end it.
	PausedUntil time.Time
	// Wake lets work that has just become ready start a run between two ticks.
	Wake bool
}

// First is the first run at or after that time. known is false while the job is paused without
// an end, and where it never runs.
func (s Standing) First(from time.Time) (run time.Time, known bool) {
	if s.Paused {
		if s.PausedUntil.IsZero() {
			return time.Time{}, false
		}
		if from.Before(s.PausedUntil) { // the tick at the very end of a pause is run
			from = s.PausedUntil
		}
	}
	run = s.Schedule.Next(from.Add(-1))
	return run, !run.IsZero()
}

// Departures is the timetable in force of the three jobs. It is the one place that knows when
// what is due at a time leaves (RULES 2, a promised time).
type Departures struct{ Notifications, UserNotifications, Reminders Standing }

// Of is how a public job stands; nil: there is no such job.
func (d *Departures) Of(job string) *Standing {
	return map[string]*Standing{Notifications: &d.Notifications, UserNotifications: &d.UserNotifications, Reminders: &d.Reminders}[job]
}

// Leaving is when mail leaves: At, or with the job whose pause has no end.
type Leaving struct {
	At       time.Time
	WaitsFor string // the name of the job; empty where At is known
}

// Announced is At for an answer: nil where it is not known.
func (l Leaving) Announced() *time.Time {
	if l.WaitsFor != "" || l.At.IsZero() {
		return nil
	}
	at := l.At.UTC()
	return &at
}

// Closes is when the digest is made that is due at that time; known is false while the job
// that makes it is paused without an end.
func (d Departures) Closes(due, now time.Time) (at time.Time, known bool) {
	return d.UserNotifications.First(later(due, now))
}

// OfDigest is when deferred mail leaves that is due at that time: with the first run of
// Notifications at or after the first run of UserNotifications at or after due.
func (d Departures) OfDigest(due, now time.Time) Leaving {
	return d.through(d.UserNotifications, UserNotifications, due, now)
}

// OfReminder is when the reminder of a step leaves that passes at that time.
func (d Departures) OfReminder(step, now time.Time) Leaving {
	return d.through(d.Reminders, Reminders, step, now)
}

// OfQueue is when queued mail leaves whose time comes then.
func (d Departures) OfQueue(due, now time.Time) Leaving {
	run, known := d.Notifications.First(later(due, now))
	if !known {
		return Leaving{WaitsFor: Notifications}
	}
	return Leaving{At: run}
}

// through is a run of a job that makes mail ready, and then the flush.
func (d Departures) through(job Standing, name string, due, now time.Time) Leaving {
	ready, known := job.First(later(due, now))
	if !known {
		return Leaving{WaitsFor: name}
	}
	// At one instant the other two run before Notifications, so its run at ready takes it along.
	if d.Notifications.Wake && !d.Notifications.rests(ready) {
		return Leaving{At: ready}
	}
	return d.OfQueue(ready, now)
}

// rests tells whether the job is paused at that time.
func (s Standing) rests(at time.Time) bool {
	return s.Paused && (s.PausedUntil.IsZero() || at.Before(s.PausedUntil))
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
