package intake

import (
	"context"
	"slices"

	"notifier/message"
	"notifier/preferences"
	"notifier/request"
)

// Processes are the processes that may be muted.
type Processes interface {
	Process(ctx context.Context, site, id string) (preferences.Process, error)
	SaveProcess(ctx context.Context, c request.Call, p preferences.Process) error
}

// SetProcess says which kinds of event nobody is told of in a process (AMODIT-17). What
// waits already stays.
func (d *Desk) SetProcess(ctx context.Context, c request.Call, p preferences.Process) error {
	if err := d.Catalog(ctx, c.Site).CheckProcess(p); err != nil {
		return err
	}
	p.Muted = slices.Compact(slices.Sorted(slices.Values(p.Muted))) // in one order: it is a set
	return d.processes.SaveProcess(ctx, c, p)
}

// muted tells whether the event's kind is switched off in its process.
func (d *Desk) muted(ctx context.Context, site string, e message.Event) (bool, error) {
	if e.Process == "" {
		return false, nil
	}
	p, err := d.processes.Process(ctx, site, e.Process)
	return slices.Contains(p.Muted, e.Kind), err
}
