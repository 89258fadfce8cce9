package intake

import (
	"context"
	"fmt"
	"reflect"

	"notifier/fault"
	"notifier/message"
	"notifier/request"
)

// Edit changes what a direct message says; with the command RETRY or PENDING it is sent
// again as it is then, to all (TE-7). Without the command an edit of what was sent, or is
// in error, sends nothing (TE-6). If it was replayed, the message is as it is by now.
func (d *Desk) Edit(ctx context.Context, c request.Call, id message.ID, e message.Edit) (after message.Message, replayed bool, err error) {
	e.Shorten()
	if err := e.Check(); err != nil {
		return after, false, err
	}
	answered, err := d.once(ctx, c, []any{message.DidEdit, id, e}, func(key *request.Key) (answered []byte, err error) {
		people, err := d.edited(ctx, c.Site, e)
		if err != nil {
			return nil, err
		}
		err = again(ctx, func() error {
			before, err := d.message(ctx, c.Site, id)
			if err != nil {
				return err
			}
			if after, err = edit(before, c, e, people); err != nil {
				return err
			}
			same := reflect.DeepEqual(before, after)
			if same && key == nil {
				return nil
			}
			var why []message.Decided
			switch {
			case !e.Says():
				why = append(why, decided(c, message.DidRetry, id))
			case !same:
				why = append(why, decided(c, message.DidEdit, id))
			}
			answered, err = d.messages.Change(ctx, c, key, before, after, why...)
			return err
		})
		return answered, err
	})
	return d.done(ctx, c, id, after, answered != nil, err)
}

// edited looks up whom the edit names.
func (d *Desk) edited(ctx context.Context, site string, e message.Edit) (r recipients, err error) {
	var draft message.Draft
	for _, list := range []struct{ from, into *[]message.Recipient }{{e.To, &draft.To}, {e.Cc, &draft.Cc}, {e.Bcc, &draft.Bcc}} {
		if list.from != nil {
			*list.into = *list.from
		}
	}
	if len(draft.To)+len(draft.Cc)+len(draft.Bcc) == 0 {
		return r, nil
	}
	draft.OneMail = true
	return d.resolve(ctx, request.Call{Site: site, Strict: true}, draft) // an edit leaves no record of who was skipped
}

func edit(m message.Message, c request.Call, e message.Edit, people recipients) (message.Message, error) {
	if e.Says() && !m.Editable() {
		return m, fmt.Errorf("it is %s: %w", m.Status, message.ErrNotEditable)
	}
	set(&m.Subject, e.Subject)
	set(&m.Text, e.Text)
	set(&m.HTML, e.HTML)
	if m.Text == "" && m.HTML == "" && m.Type == message.Direct {
		var bad fault.Invalid
		bad.Add("/text", "missing", "a mail needs a text, or html, or both")
		return m, &bad
	}
	if e.To != nil {
		m.To = addresses(people.to)
	}
	if e.Cc != nil {
		m.Cc = addresses(people.cc)
	}
	if e.Bcc != nil {
		m.Bcc = addresses(people.bcc)
	}
	if e.Recipients() && len(m.Everyone()) == 0 {
		var bad fault.Invalid
		bad.Add("/to", "nobody", "nobody named here has an address. Name somebody who has")
		return m, &bad
	}
	if e.Recipients() && !m.Status.Final() { // who has not got it yet is another one now
		m.Rejected, m.Remaining = nil, nil
	}
	if e.Delivery == nil {
		return m, nil
	}
	if m.Manual {
		return m, message.ErrManual
	}
	m, err := m.Again(c.At)
	if e.Says() {
		m.Remaining = nil // the edited mail is for all
	}
	return m, err
}

func set[T any](into, from *T) {
	if from != nil {
		*into = *from
	}
}
