package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"notifier/access"
	"notifier/jobs"
	"notifier/listing"
	"notifier/message"
	"notifier/settings"
	"notifier/wallclock"
)

var siteColumns = []listing.Column[access.Site]{
	{Title: "Site", Value: func(s access.Site) string { return s.Name }},
	{Title: "Zone", Value: func(s access.Site) string { return s.Timezone }},
	{Title: "Since", Value: func(s access.Site) string { return clock(s.CreatedAt) }},
}

func siteCommand(s *shared) *cobra.Command {
	c := &cobra.Command{Use: "site", Short: "Look at the sites of the installation, and add one", RunE: showHelp}
	var zone string
	add := s.verb("add SITE", "Add a site, or change its zone", func(ctx context.Context, _ *cobra.Command, d *door, names []string) error {
		_, err := d.call(ctx, request{method: http.MethodPut, path: path("sites", names[0]), body: map[string]string{"timezone": zone}})
		return err
	})
	add.Long = "Adds a site, whose rows are kept apart from those of others. What may be done on it needs a key of its own:\nnotifier key create NAME --site SITE."
	add.Example = "  notifier site add acme --timezone Europe/Warsaw"
	add.Flags().StringVar(&zone, "timezone", "UTC", "time `zone`, as an IANA name")
	c.AddCommand(s.verb("list", "List the sites and their zones", func(ctx context.Context, c *cobra.Command, d *door, _ []string) error {
		page, err := d.list(ctx, request{method: http.MethodGet, path: "/sites"}, 0)
		if err != nil {
			return err
		}
		return listing.List(s.printer(c), page, siteColumns)
	}), add)
	return s.reaches(c)
}

// SitesNow lists the sites, by name.
func (h *house) SitesNow(ctx context.Context) ([]access.Site, error) {
	all, err := h.store.SitesInFull(ctx)
	return slices.DeleteFunc(all, func(s access.Site) bool { return access.IsSandbox(s.Name) }), err
}

// SetSite adds a site or changes its zone, unless the configuration names it.
func (h *house) SetSite(ctx context.Context, _ message.Call, s access.Site) error {
	if h.config.Names(s.Name) {
		return fmt.Errorf("%q: %w", s.Name, access.ErrConfigured)
	}
	if _, err := wallclock.Zone(s.Timezone); err != nil || s.Timezone == "" {
		var bad message.Invalid
		bad.Add("/timezone", "bad_timezone", "%q is no time zone. Write an IANA name, as in Europe/Warsaw", message.Truncate(s.Timezone, 60))
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
func (h *house) moveInherited(ctx context.Context, at time.Time) error {
	if h.desk == nil {
		return nil
	}
	return h.desk.MoveInherited(ctx, message.Call{At: at.UTC().Truncate(time.Microsecond)})
}

// moved runs a job after everything that waits has its time by the rules in force.
func (h *house) moved(work jobs.Work) jobs.Work {
	return func(ctx context.Context, at time.Time) (map[string]int, error) {
		if err := h.moveInherited(ctx, at); err != nil {
			return nil, err
		}
		return work(ctx, at)
	}
}

// applySite puts into force what a configuration says of a site, where that differs from what
// was last applied from a file.
func (h *house) applySite(ctx context.Context, c settings.Config, site string) error {
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
