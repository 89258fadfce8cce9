package intake

import (
	"context"
	"errors"
	"slices"

	"notifier/message"
)

// EraseUser forgets a person: the user, what was chosen, memberships and deadlines. Messages
// are kept without address and content; those that have not left are withdrawn. Whatever
// stops half-way is gone on with by asking again.
func (d *Desk) EraseUser(ctx context.Context, c message.Call, id string) (message.Erased, error) {
	found, err := d.store.Users(ctx, c.Site, []string{id})
	if err != nil {
		return message.Erased{}, err
	}
	email := found[id].Email
	var all message.Erased
	sending := false
	if email != "" { // while it is known
		if sending, err = d.eraseMessages(ctx, c, email, message.Filter{To: email}, &all); err != nil {
			return all, err
		}
		if sending { // its address is needed to find it
			return all, message.ErrBusy
		}
	}
	e, known, err := d.store.EraseUser(ctx, c, id, email)
	if err != nil {
		return all, err
	}
	all.User, all.Groups, all.Deadlines = id, e.Groups, e.Deadlines
	// From here on no new message can name the user.
	sending, err = d.eraseMessages(ctx, c, email, message.Filter{User: id}, &all)
	switch {
	case err != nil:
		return all, err
	case sending:
		return all, message.ErrBusy
	case !known && all == message.Erased{User: id}:
		return all, unknownUser(id)
	}
	return all, nil
}

// eraseMessages erases what the filter takes, and tells whether any is being sent.
func (d *Desk) eraseMessages(ctx context.Context, c message.Call, email string, f message.Filter, all *message.Erased) (sending bool, err error) {
	for f.Limit = 100; ; {
		found, err := d.store.Find(ctx, c.Site, f)
		if err != nil {
			return sending, err
		}
		var gone []message.Message
		for _, m := range found.Messages {
			switch {
			case m.Status == message.Sending:
				sending = true
				continue
			case len(m.Everyone()) == 0 && m.Subject+m.Text+m.HTML+m.Summary == "":
				continue // it was erased before
			case len(m.Everyone()) < 2 && slices.Contains(message.From(message.Cancel), m.Status):
				if _, err := d.Cancel(ctx, c, m.ID); err != nil {
					if _, moved := errors.AsType[*message.MoveError](err); !moved {
						return sending, err
					}
					sending = true // somebody has taken it up
					continue
				}
				all.Withdrawn++
			}
			gone = append(gone, m)
		}
		if err := d.store.EraseMessages(ctx, c.Site, email, gone); err != nil {
			return sending, err
		}
		all.Messages += len(gone)
		if f.Before = found.Next; f.Before == "" {
			return sending, nil
		}
	}
}
