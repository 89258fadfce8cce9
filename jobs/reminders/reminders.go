// Package reminders writes deadline mail.
//
// Preferences are never asked: a deadline always gets through (AMODIT-15).
package reminders

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"notifier/deadlines"
	"notifier/letter"
	"notifier/message"
	"notifier/schedule"
)

// Queue is what the job needs of the store.
type Queue interface {
	// DeadlineSites lists the sites with deadlines with a step that has come.
	DeadlineSites(ctx context.Context, at time.Time) ([]string, error)
	// DueDeadlines lists at most n deadlines with a step that has come, earliest first.
	DueDeadlines(ctx context.Context, site string, n int, at time.Time) ([]deadlines.Deadline, error)
	// Remind stores the reminders of a deadline and how it stands after them, all or nothing,
	// unless the deadline or the calendar was changed meanwhile: then message.ErrMoved.
	Remind(ctx context.Context, site string, before, after deadlines.Deadline, reminders []message.Message) error
	// People reads users by id as mails need them; unknown ones are left out.
	People(ctx context.Context, site string, ids []string) (map[string]message.Person, error)
}

// Calendar says which days and hours are worked on a site.
type Calendar func(site string) deadlines.Calendar

// Job writes reminders.
type Job struct {
	queue    Queue
	writer   letter.Writer
	calendar Calendar
	domain   string // of the Message-IDs
	log      *zap.Logger
	// departures is the timetable in force; nil where nobody knows it.
	departures func() schedule.Departures
}

// New makes the job.
func New(queue Queue, writer letter.Writer, calendar Calendar, domain string, log *zap.Logger) *Job {
	return &Job{queue: queue, writer: writer, calendar: calendar, domain: domain, log: log.Named("reminders")}
}

// Announce has reminders say when the next one leaves, by the timetable in force. It is called
// before the first run.
func (j *Job) Announce(departures func() schedule.Departures) { j.departures = departures }

// due is what a reminder says of the moments around it.
func (j *Job) due(at, now, next time.Time) letter.Due {
	d := letter.Due{At: at, Now: now, Next: next}
	if j.departures != nil && !next.IsZero() {
		leaves := j.departures().OfReminder(next, now)
		d.Leaves, d.Rests = leaves.At, leaves.WaitsFor != ""
	}
	return d
}

const batch = 200

// Run writes one reminder per user of each deadline that has passed a step since the last
// run: for the latest step, however many were missed.
func (j *Job) Run(ctx context.Context, at time.Time) (map[string]int, error) {
	counts := map[string]int{}
	sites, err := j.queue.DeadlineSites(ctx, at)
	if err != nil {
		return nil, err
	}
	var failed []error
	for _, site := range sites {
		err := j.write(ctx, site, at, counts)
		if errors.Is(err, message.ErrUnavailable) { // nor will the next site fare better
			return counts, err
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("site %s: %w", site, err))
		}
	}
	return counts, errors.Join(append(failed, ctx.Err())...)
}

// write writes the reminders that are due on one site.
func (j *Job) write(ctx context.Context, site string, at time.Time, counts map[string]int) error {
	for ctx.Err() == nil {
		due, err := j.queue.DueDeadlines(ctx, site, batch, at)
		if err != nil || len(due) == 0 {
			return err
		}
		moved := 0
		for _, d := range due {
			err := j.remind(ctx, site, d, at, counts)
			switch {
			case err == nil:
				moved++
			case !errors.Is(err, message.ErrMoved):
				return err
			}
		}
		if moved == 0 { // somebody else has all of them in hand
			return nil
		}
	}
	return nil
}

func (j *Job) remind(ctx context.Context, site string, d deadlines.Deadline, at time.Time, counts map[string]int) error {
	calendar := j.calendar(site)
	due, after := d.Reminders(d.FiredAt, at, calendar), d.Dealt(at, calendar)
	if len(due) == 0 { // the calendar was changed: only the next step is written anew
		return j.queue.Remind(ctx, site, d, after, nil)
	}
	people, err := j.queue.People(ctx, site, d.People())
	if err != nil {
		return err
	}
	var reminders []message.Message
	for _, r := range due {
		m := j.reminder(site, d, at)
		m = addressed(m, people, r.User)
		if r.Escalated {
			m.Setting = "escalation"
		}
		reminders = append(reminders, j.writer.Remind(m, j.due(r.DueAt, at, r.Next)))
	}
	if err := j.queue.Remind(ctx, site, d, after, reminders); err != nil {
		return err
	}
	counts["deadlines"]++
	counts["reminders"] += len(reminders)
	return nil
}

// reminder is the message to one user before it is addressed.
func (j *Job) reminder(site string, d deadlines.Deadline, at time.Time) message.Message {
	return message.Message{
		ID: message.NewID(message.MessageIDs), Site: site, Type: message.Reminder, Kind: message.Deadline, Reference: d.Key,
		Case: d.Case, OccurredAt: at, Domain: j.domain, CreatedAt: at, UpdatedAt: at,
		Status: message.Pending, Reason: message.ByDeadline, DueAt: at, QueuedAt: at,
	}
}

// addressed is the reminder to that user, or its record if the user cannot be reached.
func addressed(m message.Message, people map[string]message.Person, user string) message.Message {
	person, known := people[user]
	person.ID = user
	m = person.Address(m)
	if len(m.To) > 0 {
		return m
	}
	m.Status, m.Reason, m.DueAt, m.QueuedAt = message.Skipped, message.NoAddress, time.Time{}, time.Time{}
	if !known {
		m.Reason = message.UnknownUser
	}
	return m
}
