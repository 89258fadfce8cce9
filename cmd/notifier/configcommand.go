package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	root "notifier"
	"notifier/listing"
)

func configCommand(s *shared) *cobra.Command {
	c := &cobra.Command{Use: "config", Short: "Look at the configuration", Long: aboutConfig, RunE: showHelp}
	c.AddCommand(checkConfig(s), printConfig(s), &cobra.Command{
		Use: "example", Short: "Print a configuration with every key at its default, and a comment to each",
		Example: "  notifier config example >config.yaml",
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := fmt.Fprint(c.OutOrStdout(), root.ExampleConfig())
			return err
		},
	}, &cobra.Command{
		Use: "schema", Short: "Print the JSON Schema of the configuration, for editors",
		Long: "Prints what editors complete and check by. Write at the top of config.yaml:\n\n" +
			"  # yaml-language-server: $schema=config.schema.json",
		Example: "  notifier config schema >config.schema.json",
		RunE: func(c *cobra.Command, _ []string) error {
			raw, err := configSchema()
			if err != nil {
				return err
			}
			return listing.One(listing.Printer{Out: c.OutOrStdout(), Format: listing.JSON}, raw, nil)
		},
	})
	return c
}

func checkConfig(s *shared) *cobra.Command {
	return &cobra.Command{
		Use: "check", Short: "Find what is wrong with config.yaml and the environment",
		Long: "Reads config.yaml and the environment as serve does and lists all problems, each with its line. The\n" +
			"database and the mail server are not asked; notifier doctor does that.",
		Example: "  notifier config check\n  notifier config check --config /etc/notifier/config.yaml",
		RunE: func(c *cobra.Command, _ []string) error {
			_, r, err := s.read()
			for _, w := range r.warnings {
				note(c, "%s", w)
			}
			var bad *configError
			if errors.As(err, &bad) {
				return fmt.Errorf("%w\n%s", err, count(len(bad.Problems), "problem"))
			}
			if err == nil {
				fmt.Fprintln(c.OutOrStdout(), "The configuration is fine.")
			}
			return err
		},
	}
}
