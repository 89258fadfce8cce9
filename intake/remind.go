package intake

import (
	"context"
	"time"

	"notifier/deadlines"
	"notifier/message"
)

// SetDeadline sets a deadline, or moves the one with the same key: its steps start afresh
// and a reminder of the old one that has not left is withdrawn.
func (d *Desk) SetDeadline(ctx context.Context, c message.Call, dl deadlines.Deadline) (deadlines.Deadline, error) {
	if err := dl.Check(); err != nil {
		return dl, err
	}
	users, err := d.users(ctx, c.Site, "/users", dl.Users)
	if err != nil {
		return dl, err
	}
	dl.Users = nil
	for _, u := range users {
		dl.Users = append(dl.Users, u.ID)
	}
	dl.DueAt = dl.DueAt.UTC().Truncate(time.Microsecond)
	dl.SetAt, dl.FiredAt = c.At, c.At
	dl.NextAt, _ = dl.Next(c.At, d.o.Calendar(c.Site))
	return d.store.SaveDeadline(ctx, c.Site, dl, c.At)
}

// ClearDeadline ends a deadline: no more reminders, and one that has not left is
// withdrawn. Clearing it twice, or one that never was set, is no error: the engine's wish
// that nobody is reminded has come true.
func (d *Desk) ClearDeadline(ctx context.Context, c message.Call, key string) error {
	return d.store.ClearDeadline(ctx, c.Site, key, c.At)
}
