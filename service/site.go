package service

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.uber.org/zap"

	"notifier/access"
	"notifier/fault"
	"notifier/jobs"
	"notifier/message"
	"notifier/request"
	"notifier/settings"
	"notifier/wallclock"
)

// SitesNow lists the sites, by name.
func (h *Service) SitesNow(ctx context.Context) ([]access.Site, error) {
	all, err := h.store.SitesInFull(ctx)
	return slices.DeleteFunc(all, func(s access.Site) bool { return access.IsSandbox(s.Name) }), err
}

// SetSite adds a site or changes its zone, unless the configuration names it.
func (h *Service) SetSite(ctx context.Context, _ request.Call, s access.Site) error {
	if h.config.Names(s.Name) {
		return fmt.Errorf("%q: %w", s.Name, access.ErrConfigured)
	}
	if _, err := wallclock.Zone(s.Timezone); err != nil || s.Timezone == "" {
		var bad fault.Invalid
		bad.Add("/timezone", "bad_timezone", "%q is no time zone. Write an IANA name, as in Europe/Warsaw", fault.Truncate(s.Timezone, 60))
		return &bad
	}
	if err := h.store.AddSite(ctx, s.Name, s.Timezone, h.now()); err != nil {
		return err
	}
	if err := h.followZones(ctx); err != nil {
		return err
	}
	moving, cancel := context.WithTimeout(ctx, moveOver)
	defer cancel()
	if err := h.moveInherited(moving, h.now()); err != nil && moving.Err() == nil {
		return err
	}
	return nil
}

// moveOver is how long a request waits for what it moves. The rest moves with the next run of
// UserNotifications, before that makes any digest.
const moveOver = 3 * time.Second

// moveInherited moves what waits for those who inherit what has changed. A service that is not
// wired yet leaves that to the next run of UserNotifications.
func (h *Service) moveInherited(ctx context.Context, at time.Time) error {
	if h.desk == nil {
		return nil
	}
	return h.desk.MoveInherited(ctx, request.Call{At: at.UTC().Truncate(time.Microsecond)})
}

// moved runs a job after everything that waits has its time by the rules in force.
func (h *Service) moved(work jobs.Work) jobs.Work {
	return func(ctx context.Context, at time.Time) (map[string]int, error) {
		if err := h.moveInherited(ctx, at); err != nil {
			return nil, err
		}
		return work(ctx, at)
	}
}

// applySite puts into force what a configuration says of a site, where that differs from what
// was last applied from a file.
func (h *Service) applySite(ctx context.Context, c settings.Config, site string) error {
	says, err := c.Inherited(site)
	if err != nil {
		return err
	}
	zone := says.Timezone
	before, changed, older, err := h.store.ApplyInherited(ctx, site, says, h.now())
	switch {
	case err != nil:
		return err
	case older:
		h.log.Warn("config.yaml is older than the one that was last applied: the zone and the kinds in the database count",
			zap.String("site", site), zap.String("in_file", zone), zap.String("in_force", before))
	case changed:
		h.log.Info("what people inherit of the site was changed by config.yaml", zap.String("site", site), zap.String("before", before), zap.String("now", zone))
		return h.store.Note(ctx, access.Record{
			ID: message.NewID(access.RecordIDs), Site: site, At: h.now().UTC(), By: "config.yaml", Action: "apply-config", Subject: "/sites/" + site,
			Before: access.State{"timezone": before}, After: access.State{"timezone": zone, "rules": says.Rules},
		})
	}
	return nil
}

// Ready makes a service that was opened fit for a command: the schema must be the one that this
// program needs, and the site must exist, if one is named.
func (h *Service) Ready(ctx context.Context, site string) error {
	err := UpToDate(ctx, h.store)
	if err == nil {
		err = errors.Join(h.readKeys(ctx), h.applySites(ctx))
	}
	if err == nil && site != "" {
		err = h.enter(ctx, site)
	}
	return err
}

// enter makes a site the one that requests are for.
func (h *Service) enter(ctx context.Context, site string) error {
	sites, err := h.store.Sites(ctx)
	if err != nil {
		return err
	}
	if !slices.Contains(sites, site) {
		return fmt.Errorf("there is no site %q.%s. Add it with notifier site add: %w",
			fault.Truncate(site, 60), fault.Suggest(site, sites), message.ErrNotFound)
	}
	h.config.Site = site
	return nil
}
