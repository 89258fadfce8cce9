package usernotifications

import (
	"context"
	"time"

	"notifier/message"
	"notifier/request"
)

// SendNow moves on all that waits for a user, as if it were due: one message as it is,
// several as one digest. It returns what leaves with the next flush, none if nothing waited
// or the user has no address; and whether the request with the key of the call was answered
// before, so that nothing moved now.
func (j *Job) SendNow(ctx context.Context, c request.Call, user string) (sent message.SentNow, replayed bool, err error) {
	key, err := c.Once([]any{message.DidSendNow, user}, struct{}{})
	if err != nil {
		return sent, false, err
	}
	return j.queue.PromoteUser(ctx, c, key, user, func(items []message.Message) message.Closing {
		return j.close(items, c.At, map[string]int{})
	})
}

// Preview is the mail that these messages of one user become if their windows close at
// that time, and whether there is one. Nothing is stored.
func (j *Job) Preview(items []message.Message, at time.Time) (message.Message, bool) {
	if len(items) == 0 {
		return message.Message{}, false
	}
	m := j.close(items, at, map[string]int{}).Leaves(items, at)
	return j.writer.Write(m), m.ID != ""
}
