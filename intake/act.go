package intake

import (
	"context"
	"errors"
	"fmt"
	"time"

	"notifier/message"
)

// Retry asks for another try of a message in error; of one that was sent only with
// resend. It goes to the addresses that have not got it.
func (d *Desk) Retry(ctx context.Context, c message.Call, id message.ID, resend bool) (message.Message, error) {
	m, _, err := d.RetryOnce(ctx, c, id, resend)
	return m, err
}

// RetryOnce is Retry, and tells whether a request with that key was answered before: then
// the message is as it is by now.
func (d *Desk) RetryOnce(ctx context.Context, c message.Call, id message.ID, resend bool) (after message.Message, replayed bool, err error) {
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

// RetryAll asks for another try of every message of the site that is in error, and
// returns how many there were (CH-6). Manual ones are left to people.
func (d *Desk) RetryAll(ctx context.Context, c message.Call) (int, error) {
	retried, err := d.retryAll(ctx, c)
	if retried > 0 {
		d.o.Wake()
	}
	return retried, err
}

func (d *Desk) retryAll(ctx context.Context, c message.Call) (int, error) {
	retried := 0
	for after := message.ID(""); ; {
		failed, err := d.store.Failed(ctx, c.Site, after, 500)
		if err != nil || len(failed) == 0 {
			return retried, err
		}
		for _, m := range failed {
			after = m.ID
			if m.Manual {
				continue
			}
			pending, err := m.Again(c.At)
			if err != nil {
				continue
			}
			switch err := d.store.Replace(ctx, m, pending, decided(c, message.DidRetry, m.ID)); {
			case err == nil:
				retried++
			case !errors.Is(err, message.ErrMoved):
				return retried, err
			}
		}
	}
}

// Cancel withdraws a message that has not left.
func (d *Desk) Cancel(ctx context.Context, c message.Call, id message.ID) (message.Message, error) {
	m, _, err := d.act(ctx, c, id, message.DidCancel, nil, func(m message.Message) (message.Message, error) {
		m, err := m.Do(message.Cancel, c.At)
		m.Reason, m.DueAt = message.Withdrawn, time.Time{}
		return m, err
	})
	return m, err
}

// Hold keeps a message that is about to leave until a person releases it.
func (d *Desk) Hold(ctx context.Context, c message.Call, id message.ID) (message.Message, error) {
	m, _, err := d.act(ctx, c, id, message.DidHold, nil, func(m message.Message) (message.Message, error) {
		m, err := m.Do(message.Hold, c.At)
		m.DueAt, m.QueuedAt, m.Error = time.Time{}, time.Time{}, nil
		return m, err
	})
	return m, err
}

// Release lets a manual message go (CQ-3).
func (d *Desk) Release(ctx context.Context, c message.Call, id message.ID) (message.Message, error) {
	m, _, err := d.act(ctx, c, id, message.DidRelease, nil, func(m message.Message) (message.Message, error) {
		m, err := m.Do(message.Release, c.At)
		m.DueAt, m.QueuedAt = c.At, c.At
		return m, err
	})
	return m, err
}

// decided is that the caller did so with the message.
func decided(c message.Call, what message.Deed, id message.ID) message.Decided {
	return message.Decided{Message: id, At: c.At, What: what, By: c.By}
}

// act makes one move of one message, and wakes whoever waits for pending ones.
func (d *Desk) act(ctx context.Context, c message.Call, id message.ID, what message.Deed, how any, move func(message.Message) (message.Message, error)) (after message.Message, replayed bool, err error) {
	once, err := tray(c, []any{what, id, how}, struct{}{})
	if err != nil {
		return after, false, err
	}
	if once.Key != nil && !c.DryRun {
		answered, err := d.store.Answered(ctx, c.Site, *once.Key)
		if err != nil || answered != nil {
			return d.asItIs(ctx, c, id, err)
		}
	}
	err = again(ctx, func() error {
		before, err := d.store.Message(ctx, c.Site, id)
		if errors.Is(err, message.ErrNotFound) {
			return fmt.Errorf("there is no message %q: %w", id, err)
		}
		if err != nil {
			return err
		}
		if after, err = move(before); err != nil || c.DryRun {
			return err
		}
		if once.Key == nil {
			return d.store.Replace(ctx, before, after, decided(c, what, id))
		}
		answered, err := d.store.ReplaceOnce(ctx, c.At, *once.Key, before, after, decided(c, what, id))
		replayed = answered != nil
		return err
	})
	switch {
	case err != nil || c.DryRun:
	case replayed:
		return d.asItIs(ctx, c, id, nil)
	case after.Status == message.Pending:
		d.o.Wake()
	}
	return after, false, err
}

// asItIs is the message that the same request has changed before.
func (d *Desk) asItIs(ctx context.Context, c message.Call, id message.ID, err error) (message.Message, bool, error) {
	if err != nil {
		return message.Message{}, false, err
	}
	m, err := d.store.Message(ctx, c.Site, id)
	return m, err == nil, err
}
