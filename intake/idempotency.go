package intake

import (
	"context"

	"notifier/request"
)

// once does what a call asks for, and tells what the same request was told before if it was
// answered already; asked is what tells the request from others. do is given the call's
// idempotency key (nil: none), which the store keeps in the transaction of the deed.
//
// The store is asked first because a repetition may no longer be possible, and after an error
// because another replica may have answered the same request while this one looked: then the
// error is about what the request itself has done.
func (d *Desk) once(ctx context.Context, c request.Call, asked any, do func(key *request.Key) (answered []byte, err error)) (answered []byte, err error) {
	key, err := c.Once(asked, struct{}{})
	if err != nil {
		return nil, err
	}
	if key == nil || c.DryRun {
		return do(nil)
	}
	if answered, err = d.answers.Answered(ctx, c.Site, *key); err != nil || answered != nil {
		return answered, err
	}
	answered, err = do(key)
	if err != nil {
		if before, wrong := d.answers.Answered(ctx, c.Site, *key); wrong == nil && before != nil {
			return before, nil
		}
	}
	return answered, err
}
