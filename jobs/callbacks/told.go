package callbacks

import (
	"context"

	"notifier/message"
	"notifier/request"
	"notifier/webhook"
)

// Told is the body that a webhook is told in a callback, as it would be sent now; empty if
// its message is gone, or it does not want to hear of it any more.
func (b *Book) Told(ctx context.Context, e webhook.Endpoint, c webhook.Callback) (string, error) {
	body, wanted, err := b.job.body(ctx, e, c)
	if !wanted {
		return "", nil
	}
	return string(body), err
}

// Replay tells a webhook once more, by the same id.
func (b *Book) Replay(ctx context.Context, c request.Call, endpoint, callback message.ID) error {
	return b.webhooks.Replay(ctx, c.Site, endpoint, callback, c.At)
}
