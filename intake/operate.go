package intake

import (
	"context"
	"time"

	"notifier/message"
	"notifier/request"
)

// Operations are changes of many messages, and how many these are.
type Operations interface {
	// AddOperation tells the operation that the same request with that key (nil: none) began.
	AddOperation(ctx context.Context, k *request.Key, o request.Operation) (begun request.Operation, replayed bool, err error)
	BeginOperation(ctx context.Context, site string, id message.ID, at time.Time) error
	Count(ctx context.Context, site string, f message.Filter, guess bool) (message.Counted, error)
}

// Operate begins an action on many messages, which goes on beside other work. If it was replayed,
// the operation is as it was begun, and no other begins. A repetition is told by what was asked,
// in which a search may say how long ago.
func (d *Desk) Operate(ctx context.Context, c request.Call, o request.Operation, asked any) (begun request.Operation, replayed bool, err error) {
	if err := o.Check(); err != nil {
		return o, false, err
	}
	if _, err := o.Filter.On(c.Site, "/filter/site", nil); err != nil {
		return o, false, err
	}
	key, err := c.Once([]any{message.OperationIDs, asked}, struct{}{})
	if err != nil {
		return o, false, err
	}
	if c.DryRun {
		o.Site, o.Status, o.Total, o.CreatedAt, o.UpdatedAt = c.Site, request.Tried, len(o.IDs), c.At, c.At
		if len(o.IDs) > 0 {
			return o, false, nil
		}
		counted, err := d.operations.Count(ctx, c.Site, o.Filter, false)
		o.Total = counted.N
		return o, false, err
	}
	o.ID, o.Site, o.Status, o.CreatedAt, o.UpdatedAt = message.NewID(message.OperationIDs), c.Site, request.Running, c.At, c.At
	o, replayed, err = d.operations.AddOperation(ctx, key, o)
	if err == nil && !replayed {
		d.o.Operated(o.Began())
	}
	return o, replayed, err
}

// BeginNow lets an operation begin that waits to be undone; one that has begun goes on.
func (d *Desk) BeginNow(ctx context.Context, c request.Call, id message.ID) error {
	err := d.operations.BeginOperation(ctx, c.Site, id, c.At)
	if err == nil {
		d.o.Operated(c.At)
	}
	return err
}
