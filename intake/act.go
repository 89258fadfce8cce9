package intake

import (
	"context"
	"errors"
	"fmt"
	"time"

	"notifier/fault"
	"notifier/message"
	"notifier/request"
)

// Messages are those that were taken, to be read and changed.
type Messages interface {
	Message(ctx context.Context, site string, id message.ID) (message.Message, error)
	Messages(ctx context.Context, site string, f message.Filter) ([]message.Message, error)
	// Decisions lists what was decided of a message, the first first.
	Decisions(ctx context.Context, m message.Message) ([]message.Decided, error)
	Failed(ctx context.Context, site string, after message.ID, n int) ([]message.Message, error)
	// Replace notes why, as far as the message itself does not tell.
	Replace(ctx context.Context, before, after message.Message, why ...message.Decided) error
	// Change is Replace for what the message says, too, unless the request with that key (nil:
	// none) was answered before.
	Change(ctx context.Context, c request.Call, k *request.Key, before, after message.Message, why ...message.Decided) (answered []byte, err error)
}

// Retry asks for another try of a message in error; of one that was sent only with
// resend. It goes to the addresses that have not got it.
//
// Replayed tells, here and of each deed below, that a request with the call's idempotency key was
// answered before: then nothing is done again, and the message is as it is by now.
func (d *Desk) Retry(ctx context.Context, c request.Call, id message.ID, resend bool) (after message.Message, replayed bool, err error) {
	return d.act(ctx, c, id, message.DidRetry, resend, func(m message.Message) (message.Message, error) {
		if m.Manual {
			return m, message.ErrManual
		}
		if m.Status == message.Sent && !resend {
			return m, fmt.Errorf("it was sent at %s. Ask with resend to send it again: %w",
				m.UpdatedAt.UTC().Format(time.RFC3339), &message.MoveError{ID: m.ID, From: m.Status, Move: message.Retry})
		}
		return m.Again(c.At)
	})
}

// Cancel withdraws a message that has not left.
func (d *Desk) Cancel(ctx context.Context, c request.Call, id message.ID) (after message.Message, replayed bool, err error) {
	return d.act(ctx, c, id, message.DidCancel, nil, func(m message.Message) (message.Message, error) {
		m, err := m.Do(message.Cancel, c.At)
		m.Reason, m.DueAt = message.Withdrawn, time.Time{}
		return m, err
	})
}

// Hold keeps a message that is about to leave until a person releases it.
func (d *Desk) Hold(ctx context.Context, c request.Call, id message.ID) (after message.Message, replayed bool, err error) {
	return d.step(ctx, c, id, message.DidHold, nil, func(m message.Message) (after message.Message, was map[string]string, err error) {
		return m.Held(c.At)
	})
}

// Release lets a manual message go (CQ-3). One that was held is what it was before.
func (d *Desk) Release(ctx context.Context, c request.Call, id message.ID) (after message.Message, replayed bool, err error) {
	return d.act(ctx, c, id, message.DidRelease, nil, func(m message.Message) (message.Message, error) {
		all, err := d.messages.Decisions(ctx, m)
		if err != nil {
			return m, err
		}
		var was map[string]string
		for _, one := range all {
			if one.What == message.DidHold {
				was = one.Details
			}
		}
		return m.Released(c.At, was)
	})
}

// SendNow lets a message leave that waits for its time.
func (d *Desk) SendNow(ctx context.Context, c request.Call, id message.ID) (after message.Message, replayed bool, err error) {
	return d.act(ctx, c, id, message.DidSendNow, nil, func(m message.Message) (message.Message, error) {
		var to message.Person
		if m.Status == message.Deferred {
			people, err := d.people.Users(ctx, c.Site, []string{m.UserID})
			if err != nil {
				return m, err
			}
			if u, known := people[m.UserID]; known {
				to = u.Person()
			}
		}
		return m.Now(c.At, to)
	})
}

func decided(c request.Call, what message.Deed, id message.ID) message.Decided {
	return message.Decided{Message: id, At: c.At, What: what, By: c.By}
}

// act makes one move of one message, and wakes whoever waits for pending ones.
func (d *Desk) act(ctx context.Context, c request.Call, id message.ID, what message.Deed, how any, move func(message.Message) (message.Message, error)) (after message.Message, replayed bool, err error) {
	return d.step(ctx, c, id, what, how, func(m message.Message) (after message.Message, was map[string]string, err error) {
		after, err = move(m)
		return after, nil, err
	})
}

// step is act with details that the decision keeps.
func (d *Desk) step(ctx context.Context, c request.Call, id message.ID, what message.Deed, how any, move func(message.Message) (message.Message, map[string]string, error)) (after message.Message, replayed bool, err error) {
	answered, err := d.once(ctx, c, []any{what, id, how}, func(key *request.Key) (answered []byte, err error) {
		err = again(ctx, func() error {
			before, err := d.message(ctx, c.Site, id)
			if err != nil {
				return err
			}
			why := decided(c, what, id)
			if after, why.Details, err = move(before); err != nil || c.DryRun {
				return err
			}
			answered, err = d.messages.Change(ctx, c, key, before, after, why)
			return err
		})
		return answered, err
	})
	return d.done(ctx, c, id, after, answered != nil, err)
}

// message is the one that a caller names.
func (d *Desk) message(ctx context.Context, site string, id message.ID) (message.Message, error) {
	m, err := d.messages.Message(ctx, site, id)
	if errors.Is(err, message.ErrNotFound) {
		return m, fmt.Errorf("there is no message %q. /api/v1/messages lists what there is: %w", fault.Truncate(string(id), 60), err)
	}
	return m, err
}

// done is the message after the call, which may leave now; as it is by now if the same request
// has changed it before.
func (d *Desk) done(ctx context.Context, c request.Call, id message.ID, after message.Message, replayed bool, err error) (message.Message, bool, error) {
	if err == nil && replayed {
		m, err := d.messages.Message(ctx, c.Site, id)
		return m, err == nil, err
	}
	if err == nil && !c.DryRun {
		d.stir(after)
	}
	return after, false, err
}
