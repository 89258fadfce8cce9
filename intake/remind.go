package intake

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"notifier/deadlines"
	"notifier/fault"
	"notifier/message"
	"notifier/request"
)

// Deadlines are what people are reminded of.
type Deadlines interface {
	// SaveDeadline sets a deadline with records of whom it cannot remind, unless the
	// request with that key (nil: none) was answered before.
	SaveDeadline(ctx context.Context, c request.Call, k *request.Key, d deadlines.Deadline, skipped ...message.Message) (saved deadlines.Deadline, replayed bool, err error)
	ClearDeadline(ctx context.Context, c request.Call, key string) error
}

// SetDeadline sets a deadline, or moves the one with the same key: its steps start afresh
// and a reminder of the old one that has not left is withdrawn. If it was replayed, nothing is set
// again, whatever became of the deadline since.
func (d *Desk) SetDeadline(ctx context.Context, c request.Call, dl deadlines.Deadline) (set deadlines.Deadline, replayed bool, err error) {
	dl.Shortened = dl.Case.Shorten()
	if err := dl.Check(); err != nil {
		return dl, false, err
	}
	key, err := c.Once([]any{message.SetDeadline, dl}, struct{}{})
	if err != nil {
		return dl, false, err
	}
	if key != nil {
		answered, err := d.answers.Answered(ctx, c.Site, *key)
		if err != nil {
			return dl, false, err
		}
		if answered != nil { // also if one of its users is unknown by now
			return d.setBy(ctx, c, key, dl)
		}
	}
	if err := d.checkUsers(ctx, c, &dl); err != nil {
		return dl, false, err
	}
	return d.setBy(ctx, c, key, dl, d.skipped(c, dl)...)
}

// setBy sets a deadline by the calendar of the site that is in force.
func (d *Desk) setBy(ctx context.Context, c request.Call, key *request.Key, dl deadlines.Deadline, skipped ...message.Message) (set deadlines.Deadline, replayed bool, err error) {
	err = again(ctx, func() (err error) {
		set, replayed, err = d.deadlines.SaveDeadline(ctx, c, key, dl.Set(c.At, d.o.Calendar(c.Site)), skipped...)
		return err
	})
	return set, replayed, err
}

// checkUsers notes which users of a deadline are unknown, or refuses it: if all of those
// whom it reminds are, or, in a strict call, if any is.
func (d *Desk) checkUsers(ctx context.Context, c request.Call, dl *deadlines.Deadline) error {
	all, err := d.users(ctx, c, "/users", dl.Users)
	refused, invalid := errors.AsType[*fault.Invalid](err)
	if err != nil && !invalid {
		return err
	}
	for i, e := range dl.Escalate {
		more, err := d.users(ctx, c, fmt.Sprintf("/escalate/%d/users", i), e.Users)
		too, invalid := errors.AsType[*fault.Invalid](err)
		switch {
		case err != nil && !invalid:
			return err
		case invalid && (c.Strict || refused != nil):
			err = fault.Join(refused, too)
			refused, _ = errors.AsType[*fault.Invalid](err)
		}
		all = append(all, more...)
	}
	if refused != nil {
		return refused
	}
	for _, u := range all {
		if u.user == nil && !slices.Contains(dl.Unknown, u.id) {
			dl.Unknown = append(dl.Unknown, u.id)
		}
	}
	return nil
}

// skipped are the records of a deadline's users who are unknown, so that Why can tell.
func (d *Desk) skipped(c request.Call, dl deadlines.Deadline) []message.Message {
	var all []message.Message
	for _, id := range dl.Unknown {
		m := unknownRecipient(message.Message{
			ID: message.NewID(message.MessageIDs), Site: c.Site, Type: message.Reminder, Kind: message.Deadline, Reference: dl.Key,
			Case: dl.Case, UserID: id, OccurredAt: c.At, Domain: d.o.Domain, CreatedAt: c.At, UpdatedAt: c.At,
		})
		m.Subject = d.o.Writer.Subject(m)
		all = append(all, m)
	}
	return all
}

// previewed is how many reminders a preview tells at most.
const previewed = 200

// PreviewDeadline tells whom a deadline would remind, and when, if it was set now. Nothing
// is stored.
func (d *Desk) PreviewDeadline(ctx context.Context, c request.Call, dl deadlines.Deadline) ([]deadlines.Reminder, error) {
	if err := dl.Check(); err != nil {
		return nil, err
	}
	cal := d.o.Calendar(c.Site)
	return dl.Set(c.At, cal).Coming(c.At, previewed, cal), nil
}

// ComingReminders tells whom a deadline that is set will still remind, and when.
func (d *Desk) ComingReminders(c request.Call, dl deadlines.Deadline) []deadlines.Reminder {
	if !dl.ClearedAt.IsZero() {
		return nil
	}
	return dl.Coming(dl.FiredAt, previewed, d.o.Calendar(c.Site))
}

// ClearDeadline ends a deadline: no more reminders, and one that has not left is
// withdrawn. Clearing it twice, or one that never was set, is no error: the engine's wish
// that nobody is reminded has come true.
func (d *Desk) ClearDeadline(ctx context.Context, c request.Call, key string) error {
	return d.deadlines.ClearDeadline(ctx, c, key)
}
