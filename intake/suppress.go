package intake

import (
	"context"
	"errors"
	"fmt"

	"notifier/fault"
	"notifier/message"
	"notifier/request"
)

// Suppress writes to an address no more, except with deadlines (CQ-17).
func (d *Desk) Suppress(ctx context.Context, c request.Call, s message.Suppression) (message.Suppression, error) {
	s.Since, s.MessageID = c.At, ""
	if s.Reason == "" {
		s.Reason = message.OptedOut
	}
	if err := s.Check(); err != nil {
		return s, err
	}
	if err := d.store.Suppress(ctx, c.Site, s); err != nil {
		return s, err
	}
	return d.store.Suppression(ctx, c.Site, s.Address)
}

// Unsuppress writes to an address again.
func (d *Desk) Unsuppress(ctx context.Context, c request.Call, address string) error {
	err := d.store.Unsuppress(ctx, c.Site, address)
	if errors.Is(err, message.ErrNotFound) {
		return fmt.Errorf("%q is not suppressed: %w", fault.Truncate(address, 60), err)
	}
	return err
}

// UnsuppressAll writes again to all addresses that match, or only counts them in a dry run.
// What was skipped meanwhile stays so.
func (d *Desk) UnsuppressAll(ctx context.Context, c request.Call, f message.SuppressionFilter) (int, error) {
	if err := f.CheckRemoval(); err != nil {
		return 0, err
	}
	if c.DryRun {
		return d.store.CountSuppressions(ctx, c.Site, f)
	}
	return d.store.UnsuppressAll(ctx, c.Site, f)
}
