package main

import (
	"context"
	"time"

	"notifier/access"
)

// housekeep forgets what has had its time. It asks once on which sites there is something
// of each sort, and visits those.
func (h *house) housekeep(ctx context.Context, at time.Time) (map[string]int, error) {
	hourly := !at.Before(h.purged.Add(purgeEvery))
	for _, sort := range []struct {
		hourly bool
		sites  func(ctx context.Context) ([]string, error)
		forget func(ctx context.Context, site string) (int, error)
	}{
		{false, h.olderThan(h.store.OldKeys, at.Add(-keepKeys)), h.pages(h.store.ForgetKeys, at.Add(-keepKeys))},
		{true, h.olderThan(h.store.OldChanges, at.Add(-keepChanges)), h.pages(h.store.ForgetChanges, at.Add(-keepChanges))},
		{true, h.olderThan(h.store.OldRefusals, at.Add(-keepRefused)), h.pages(h.store.ForgetRefusals, at.Add(-keepRefused))},
		{true, func(ctx context.Context) ([]string, error) { return h.turns(ctx, at) }, func(ctx context.Context, site string) (int, error) { return 0, h.purge(ctx, site, at) }},
		{true, h.store.KeptSites, func(ctx context.Context, site string) (int, error) {
			if !access.IsSandbox(site) {
				return 0, nil
			}
			return 0, h.store.ForgetKept(ctx, site, keepMails, at.Add(-keepTests))
		}},
	} {
		if sort.hourly && !hourly {
			continue
		}
		sites, err := sort.sites(ctx)
		for _, site := range sites {
			for n := forgetPage; err == nil && n >= forgetPage && ctx.Err() == nil; {
				n, err = sort.forget(ctx, site)
			}
		}
		if err != nil {
			return nil, err
		}
	}
	if !hourly {
		return nil, nil
	}
	h.purged = at
	return nil, h.forgetGlobal(ctx, at)
}

// forgetPage is how much one statement forgets: it must not keep others from the database.
const forgetPage = 1000

func (h *house) olderThan(sites func(context.Context, time.Time) ([]string, error), before time.Time) func(context.Context) ([]string, error) {
	return func(ctx context.Context) ([]string, error) { return sites(ctx, before) }
}

func (h *house) pages(forget func(context.Context, string, int, time.Time) (int, error), before time.Time) func(context.Context, string) (int, error) {
	return func(ctx context.Context, site string) (int, error) { return forget(ctx, site, forgetPage, before) }
}

// forgetGlobal forgets what is asked for on all sites at once.
func (h *house) forgetGlobal(ctx context.Context, at time.Time) error {
	old, err := h.store.OldCallbacks(ctx, at.Add(-keepCalls))
	for _, e := range old {
		for n := forgetPage; err == nil && n >= forgetPage && ctx.Err() == nil; {
			n, err = h.store.ForgetCallbacks(ctx, e.Site, e.ID, forgetPage, at.Add(-keepCalls))
		}
	}
	if err == nil {
		_, err = h.store.ForgetSeries(ctx, at)
	}
	for n := forgetPage; err == nil && n >= forgetPage; {
		n, err = h.store.ForgetBudgets(ctx, forgetPage, at.Add(-keepBudgets))
	}
	for n := forgetPage; err == nil && n >= forgetPage; {
		n, err = h.store.ForgetRuns(ctx, forgetPage, at.Add(-keepRuns))
	}
	if err == nil {
		err = h.store.ForgetSessions(ctx, at)
	}
	return err
}
