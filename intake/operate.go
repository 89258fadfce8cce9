package intake

import (
	"context"

	"notifier/message"
)

// Operate begins an action on many messages, which goes on by itself.
func (d *Desk) Operate(ctx context.Context, c message.Call, o message.Operation) (message.Operation, error) {
	if err := o.Check(); err != nil {
		return o, err
	}
	if c.DryRun {
		o.Site, o.Status, o.Total, o.CreatedAt, o.UpdatedAt = c.Site, message.Tried, len(o.IDs), c.At, c.At
		if len(o.IDs) > 0 {
			return o, nil
		}
		counted, err := d.store.Count(ctx, c.Site, o.Filter, false)
		o.Total = counted.N
		return o, err
	}
	o.ID, o.Site, o.Status, o.CreatedAt, o.UpdatedAt = message.NewID(message.OperationIDs), c.Site, message.Running, c.At, c.At
	o, err := d.store.AddOperation(ctx, o)
	if err == nil {
		d.o.Operated()
	}
	return o, err
}
