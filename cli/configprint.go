package cli

import (
	"encoding/json"

	"github.com/spf13/cobra"

	"notifier/listing"
	"notifier/service"
	"notifier/settings"
)

var configuredColumns = []listing.Column[settings.Value]{
	{Title: "Key", Value: func(c settings.Value) string { return c.Key }},
	{Title: "Value", Value: settings.Value.Text},
	{Title: "Origin", Value: func(c settings.Value) string { return c.Origin }, Tint: func(c settings.Value) listing.Tint {
		if c.Origin == settings.FromDefault {
			return listing.Grey
		}
		return listing.Plain
	}},
}

func printConfig(s *shared) *cobra.Command {
	var origin bool
	c := &cobra.Command{
		Use: "print", Short: "Print the configuration that counts, without its secrets",
		Long: "Prints every value that counts: what the environment says, else the file, else the default. With --origin it\n" +
			"says where each comes from, and which schedules somebody has set in the database over it.",
		Example: "  notifier config print --origin\n  notifier config print -o json",
		RunE: func(c *cobra.Command, _ []string) error {
			config, r, err := s.read()
			if err != nil {
				return err
			}
			all := r.Origins(&config)
			if !origin {
				return s.printValues(c, all)
			}
			overridden, err := service.Overrides(c.Context(), config)
			if err != nil {
				note(c, "Whether the database overrides schedules is not known: %s", err)
			}
			return s.printOrigins(c, append(all, overridden...))
		},
	}
	c.Flags().BoolVar(&origin, "origin", false, "tell where each value comes from")
	return s.prints(c)
}

func (s *shared) printOrigins(c *cobra.Command, all []settings.Value) error {
	var page listing.Page
	for _, one := range all {
		raw, err := json.Marshal(one)
		if err != nil {
			return err
		}
		page.Data = append(page.Data, raw)
	}
	return listing.List(s.printer(c), page, configuredColumns)
}

// printValues prints the configuration as a file would say it.
func (s *shared) printValues(c *cobra.Command, all []settings.Value) error {
	return settings.WriteValues(s.printer(c), all)
}
