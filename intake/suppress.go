package intake

import (
	"context"
	"errors"
	"fmt"

	"notifier/fault"
	"notifier/message"
	"notifier/request"
)

// Suppressions are the addresses that mail must not go to.
type Suppressions interface {
	Suppress(ctx context.Context, site string, s message.Suppression) error
	Suppression(ctx context.Context, site, address string) (message.Suppression, error)
	Unsuppress(ctx context.Context, site, address string) error
	Suppressed(ctx context.Context, site string, addresses []string) (map[string]message.Suppression, error)
	UnsuppressAll(ctx context.Context, site string, f message.SuppressionFilter) (int, error)
	CountSuppressions(ctx context.Context, site string, f message.SuppressionFilter) (int, error)
}

// Suppress writes to an address no more, except with deadlines (CQ-17).
func (d *Desk) Suppress(ctx context.Context, c request.Call, s message.Suppression) (message.Suppression, error) {
	s.Since, s.MessageID = c.At, ""
	if s.Reason == "" {
		s.Reason = message.OptedOut
	}
	if err := s.Check(); err != nil {
		return s, err
	}
	if err := d.suppressions.Suppress(ctx, c.Site, s); err != nil {
		return s, err
	}
	return d.suppressions.Suppression(ctx, c.Site, s.Address)
}

// Unsuppress writes to an address again.
func (d *Desk) Unsuppress(ctx context.Context, c request.Call, address string) error {
	err := d.suppressions.Unsuppress(ctx, c.Site, address)
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
		return d.suppressions.CountSuppressions(ctx, c.Site, f)
	}
	return d.suppressions.UnsuppressAll(ctx, c.Site, f)
}
