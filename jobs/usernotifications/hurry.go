package usernotifications

import (
	"context"
	"time"

	"notifier/message"
)

// SendNow moves on all that waits for a user, as if it were due: one message as it is,
// several as one digest. It returns the message that leaves with the next flush, and of
// how many it is made; none if nothing waited, or the user has no address.
func (j *Job) SendNow(ctx context.Context, c message.Call, user string) (leaves message.Message, n int, err error) {
	items, end, err := j.queue.PromoteUser(ctx, c, user, func(items []message.Message) message.Closing {
		return j.close(items, c.At, map[string]int{})
	})
	if err != nil || len(items) == 0 {
		return leaves, 0, err
	}
	leaves = left(items, end, c.At)
	return leaves, len(items), nil
}

// Preview is the mail that these messages of one user become if their windows close at
// that time, and whether there is one. Nothing is stored.
func (j *Job) Preview(items []message.Message, at time.Time) (message.Message, bool) {
	if len(items) == 0 {
		return message.Message{}, false
	}
	m := left(items, j.close(items, at, map[string]int{}), at)
	return j.writer.Write(m), m.ID != ""
}

// left is the message that a closing lets go.
func left(items []message.Message, end message.Closing, at time.Time) message.Message {
	switch end.Move {
	case message.Merge:
		return end.Digest
	case message.Promote:
		m := items[0]
		m.Status, m.DueAt, m.QueuedAt, m.UpdatedAt = message.After(message.Promote), at, at, at
		return m
	}
	return message.Message{}
}
