package intake

import (
	"context"
	"encoding/json"
	"errors"

	"notifier/message"
	"notifier/request"
)

// RetryAll asks for another try of every message of the site that is in error, except for
// those that a retry of many leaves alone, and counts both (CH-6, RULES 5).
// If it was replayed, it had retried so many, and nothing is retried now. One that was broken off
// goes on.
func (d *Desk) RetryAll(ctx context.Context, c request.Call, k request.Many) (all request.ManyRetried, replayed bool, err error) {
	what := []any{request.ActRetry, "all"}
	if k != (request.Many{}) { // a key without a filter stays what it was
		what = append(what, k)
	}
	answered, err := d.once(ctx, c, what, func(key *request.Key) (answered []byte, err error) {
		if all, err = d.retryAll(ctx, c, k); all.Retried > 0 {
			d.o.Wake()
		}
		if err != nil || key == nil {
			return nil, err
		}
		if key.Answer, err = json.Marshal(all); err != nil {
			return nil, err
		}
		_, err = d.answers.AnswerOnce(ctx, c, *key)
		return nil, err
	})
	if err != nil || answered == nil {
		return all, false, err
	}
	all = request.ManyRetried{}
	if json.Unmarshal(answered, &all.Retried) == nil { // an earlier version kept the number alone
		return all, true, nil
	}
	return all, true, json.Unmarshal(answered, &all)
}

func (d *Desk) retryAll(ctx context.Context, c request.Call, k request.Many) (all request.ManyRetried, err error) {
	for after := message.ID(""); ; {
		failed, err := d.messages.Failed(ctx, c.Site, after, 500)
		if err != nil || len(failed) == 0 {
			return all, err
		}
		var addresses []string
		for _, m := range failed {
			addresses = append(addresses, m.RetryGoesTo()...)
		}
		suppressed, err := d.suppressions.Suppressed(ctx, c.Site, addresses)
		if err != nil {
			return all, err
		}
		for _, m := range failed {
			after = m.ID
			if k.Category != "" && (m.Error == nil || m.Error.Category != k.Category) {
				continue
			}
			why, err := d.retryFailed(ctx, c, k, m, suppressed)
			switch {
			case err != nil:
				return all, err
			case why != "":
				all.Leave(why)
			default:
				all.Retried++
			}
		}
	}
}

func (d *Desk) retryFailed(ctx context.Context, c request.Call, k request.Many, m message.Message, suppressed map[string]message.Suppression) (request.LeftAlone, error) {
	if why := k.Leaves(m, suppressed, c.At); why != "" {
		return why, nil
	}
	pending, err := m.AgainWithMany(c.At)
	if err != nil {
		return request.LeftMoved, nil
	}
	err = d.messages.Replace(ctx, m, pending, decided(c, message.DidRetry, m.ID))
	if errors.Is(err, message.ErrMoved) {
		return request.LeftMoved, nil
	}
	return "", err
}

// RetryOfMany retries one message as part of a retry of many. The error is a
// request.LeftAlone if that leaves it alone.
func (d *Desk) RetryOfMany(ctx context.Context, c request.Call, k request.Many, id message.ID) (message.Message, error) {
	after, _, err := d.act(ctx, c, id, message.DidRetry, nil, func(m message.Message) (message.Message, error) {
		if m.Status != message.Error {
			return m, request.LeftMoved
		}
		suppressed, err := d.suppressions.Suppressed(ctx, c.Site, m.RetryGoesTo())
		if err != nil {
			return m, err
		}
		if why := k.Leaves(m, suppressed, c.At); why != "" {
			return m, why
		}
		return m.AgainWithMany(c.At)
	})
	return after, err
}
