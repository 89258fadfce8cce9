package reminders

import (
	"context"
	"time"

	"notifier/deadlines"
	"notifier/message"
	"notifier/request"
)

// SendNow writes one reminder of a deadline to each of its users, now. Steps that have
// passed are dealt with by it; the next one stays as planned. It fails with
// message.ErrMoved if the deadline was changed meanwhile, or has no step left.
func (j *Job) SendNow(ctx context.Context, c request.Call, d deadlines.Deadline) (int, error) {
	if !d.ClearedAt.IsZero() || d.NextAt.IsZero() {
		return 0, message.ErrMoved
	}
	all, err := j.Preview(ctx, c.Site, d, c.At)
	if err != nil {
		return 0, err
	}
	return len(all), j.queue.Remind(ctx, c.Site, d, d.Dealt(c.At, j.calendar(c.Site)), all)
}

// Preview are the reminders that SendNow would write. Nothing is stored.
func (j *Job) Preview(ctx context.Context, site string, d deadlines.Deadline, at time.Time) ([]message.Message, error) {
	people, err := j.queue.People(ctx, site, d.Users)
	if err != nil {
		return nil, err
	}
	next, _ := d.Next(at, j.calendar(site))
	var all []message.Message
	for _, user := range d.Users {
		m := addressed(j.reminder(site, d, at), people, user)
		due := d.DueAt
		if own, has := d.ForUsers[user]; has && !own.DueAt.IsZero() {
			due = own.DueAt
		}
		all = append(all, j.writer.Remind(m, j.due(due, at, next)))
	}
	return all, nil
}
