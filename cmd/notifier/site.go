package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"notifier/access"
	"notifier/deadlines"
	"notifier/listing"
	"notifier/message"
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
	if h.config.names(s.Name) {
		return fmt.Errorf("%q: %w", s.Name, access.ErrConfigured)
	}
	if _, err := wallclock.Zone(s.Timezone); err != nil || s.Timezone == "" {
		var bad message.Invalid
		bad.Add("/timezone", "bad_timezone", "%q is no time zone. Write an IANA name, as in Europe/Warsaw", message.Truncate(s.Timezone, 60))
		return &bad
	}
	if err := h.store.AddSite(ctx, s.Name, s.Timezone, time.Now()); err != nil {
		return err
	}
	return h.followZones(ctx)
}

// names tells whether the configuration says how that site is.
func (c Config) names(site string) bool {
	_, own := c.Sites[site]
	return own || site == c.Site
}

// calendar is the working time of a site: in its own zone where the configuration does not
// name it.
func (h *house) calendar(site string) deadlines.Calendar {
	calendar := h.config.calendar(site)
	if h.config.names(site) {
		return calendar
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if name, err := h.store.Zone(ctx, site); err == nil { // without the database nothing comes of it anyway
		if zone, err := wallclock.Zone(name); err == nil {
			calendar.Zone = zone
		}
	}
	return calendar
}
