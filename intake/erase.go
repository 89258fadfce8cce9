package intake

import (
	"context"
	"errors"
	"slices"

	"notifier/message"
	"notifier/request"
)

// Erasure takes a person out of what is kept.
type Erasure interface {
	Find(ctx context.Context, site string, f message.Filter) (message.Found, error)
	// EraseUser tells how many groups and deadlines named the user, and whether it was known.
	EraseUser(ctx context.Context, c request.Call, p message.Someone) (e message.Erased, known bool, err error)
	EraseMessages(ctx context.Context, site string, p message.Someone, ms []message.Message) error
}

// EraseUser forgets a person: the user, what was chosen, memberships and deadlines. Messages
// are kept without address and content; those that have not left are withdrawn. Whatever
// stops half-way is gone on with by asking again.
func (d *Desk) EraseUser(ctx context.Context, c request.Call, id string) (message.Erased, error) {
	found, err := d.people.Users(ctx, c.Site, []string{id})
	if err != nil {
		return message.Erased{}, err
	}
	e := &erasing{desk: d, c: c, person: message.Someone{ID: id, Email: found[id].Email}}
	for _, spelled := range e.person.Spellings() { // while the address is known
		if err := e.messages(ctx, message.Filter{To: spelled}); err != nil {
			return e.all, err
		}
	}
	if e.busy { // its address is needed to find it
		return e.all, message.ErrBusy
	}
	told, known, err := d.erasure.EraseUser(ctx, c, e.person)
	if err != nil {
		return e.all, err
	}
	e.all.User, e.all.Groups, e.all.Deadlines = id, told.Groups, told.Deadlines
	// From here on no new message can name the user.
	err = e.messages(ctx, message.Filter{User: id})
	switch {
	case err != nil:
		return e.all, err
	case e.busy:
		return e.all, message.ErrBusy
	case !known && e.all == message.Erased{User: id}:
		return e.all, unknownUser(id)
	}
	return e.all, nil
}

// erasing is one erasure under way.
type erasing struct {
	desk   *Desk
	c      request.Call
	person message.Someone
	all    message.Erased
	busy   bool // a message of the person is being sent
}

// messages erases the person's messages among those that the filter takes. The filter only
// narrows: it takes those, too, in which the address is the one to answer to.
func (e *erasing) messages(ctx context.Context, f message.Filter) error {
	for f.Limit = 100; ; {
		found, err := e.desk.erasure.Find(ctx, e.c.Site, f)
		if err != nil {
			return err
		}
		var gone []message.Message
		for _, m := range found.Messages {
			erase, err := e.one(ctx, m)
			if err != nil {
				return err
			}
			if erase {
				gone = append(gone, m)
			}
		}
		if err := e.desk.erasure.EraseMessages(ctx, e.c.Site, e.person, gone); err != nil {
			return err
		}
		e.all.Messages += len(gone)
		if f.Before = found.Next; f.Before == "" {
			return nil
		}
	}
}

// one tells whether a message can be erased now. One that waits, and only for the person,
// is withdrawn before.
func (e *erasing) one(ctx context.Context, m message.Message) (erase bool, err error) {
	others := m.OthersThan(e.person)
	switch {
	case !others && len(m.Everyone()) == 0 && m.Subject+m.Text+m.HTML+m.Summary+m.Case.Title == "":
		return false, nil // it was erased before
	case others && !slices.ContainsFunc(m.Everyone(), e.person.Has) && !slices.ContainsFunc(m.ReplyTo, func(a message.Address) bool { return e.person.Has(a.Email) }):
		return false, nil // it does not name the person
	case m.Status == message.Sending:
		e.busy = true
		return false, nil
	}
	left := slices.ContainsFunc(m.Outstanding(), func(address string) bool { return !e.person.Has(address) })
	if others && left || !slices.Contains(message.From(message.Cancel), m.Status) {
		return true, nil
	}
	if _, _, err := e.desk.Cancel(ctx, e.c, m.ID); err != nil {
		if _, moved := errors.AsType[*message.MoveError](err); !moved {
			return false, err
		}
		e.busy = true // somebody has taken it up
		return false, nil
	}
	e.all.Withdrawn++
	return true, nil
}
