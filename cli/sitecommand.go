package cli

import (
	"context"
	"net/http"

	"github.com/spf13/cobra"

	"notifier/access"
	"notifier/listing"
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
		_, err := d.call(ctx, apiRequest{method: http.MethodPut, path: path("sites", names[0]), body: map[string]string{"timezone": zone}})
		return err
	})
	add.Long = "Adds a site, whose rows are kept apart from those of others. What may be done on it needs a key of its own:\nnotifier key create NAME --site SITE."
	add.Example = "  notifier site add acme --timezone Europe/Warsaw"
	add.Flags().StringVar(&zone, "timezone", "UTC", "time `zone`, as an IANA name")
	c.AddCommand(s.verb("list", "List the sites and their zones", func(ctx context.Context, c *cobra.Command, d *door, _ []string) error {
		page, err := d.list(ctx, apiRequest{method: http.MethodGet, path: "/sites"}, 0)
		if err != nil {
			return err
		}
		return listing.List(s.printer(c), page, siteColumns)
	}), add)
	return s.reaches(c)
}
