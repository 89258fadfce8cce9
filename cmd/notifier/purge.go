package main

import (
	"context"
	"slices"
	"time"

	"go.uber.org/zap"

	"notifier/store"
)

// turns are the sites that it is this replica's turn to purge: once an hour one of them all
// purges a site, if there is something that may be too old.
func (h *house) turns(ctx context.Context, at time.Time) ([]string, error) {
	sites, err := h.store.PurgeableSites(ctx)
	if err != nil {
		return nil, err
	}
	sites = slices.DeleteFunc(sites, func(site string) bool { return h.config.Keeps(site) == 0 })
	return h.store.TakeTurns(ctx, "purge", sites, at, at.Add(purgeEvery))
}

// purge deletes messages that have been kept long enough. A page a time: it must not keep
// others from the database.
func (h *house) purge(ctx context.Context, site string, at time.Time) error {
	keep := h.config.Keeps(site)
	if keep == 0 {
		return nil
	}
	n := 0
	for _, after := range store.PurgeFrom {
		for after != "" && ctx.Err() == nil {
			purged, last, err := h.store.Purge(ctx, site, after, 200, at.Add(-keep))
			if err != nil {
				return err
			}
			after, n = last, n+purged
		}
	}
	for more := 1000; more == 1000 && ctx.Err() == nil; {
		var err error
		if more, err = h.store.ForgetDocuments(ctx, site, 1000, at.Add(-keep)); err != nil {
			return err
		}
	}
	if n > 0 {
		h.log.Info("old messages deleted", zap.String("site", site), zap.Int("messages", n))
	}
	return nil
}
