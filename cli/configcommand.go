package cli

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/spf13/cobra"

	root "notifier"
	"notifier/api"
	"notifier/api/remote"
	"notifier/listing"
	"notifier/settings"
)

func configCommand(s *shared) *cobra.Command {
	c := &cobra.Command{Use: "config", Short: "Look at the configuration", Long: aboutConfig, RunE: showHelp}
	c.AddCommand(checkConfig(s), printConfig(s), reloadConfig(s), &cobra.Command{
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
			raw, err := settings.Schema()
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
			for _, w := range r.Warnings {
				note(c, "%s", w)
			}
			var bad *settings.Error
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

func reloadConfig(s *shared) *cobra.Command {
	c := &cobra.Command{
		Use: "reload", Short: "Have the running service read its configuration again",
		Long: "Asks the service at http.listen, with http.key of the configuration, or the one that --server names. Schedules,\n" +
			"budgets, outgoing accounts and the log level change at once; what needs a restart is named. If the new\n" +
			"configuration is wrong, the old one stays. Of several replicas one is asked; SIGHUP does the same.",
		Example: "  notifier config reload\n  notifier config reload --server https://notify.example.org --key-file admin.key",
		RunE: func(c *cobra.Command, _ []string) error {
			d, err := s.running(c, hangup)
			if err != nil {
				return err
			}
			done, raw, err := ask[api.Reloaded](c.Context(), d, apiRequest{method: http.MethodPost, path: "/config/reload"})
			if err != nil {
				return err
			}
			return listing.One(s.printer(c), raw, func(out io.Writer) error {
				for _, key := range done.Changed {
					fmt.Fprintf(out, "changed  %s\n", key)
				}
				for _, key := range done.Restart {
					fmt.Fprintf(out, "restart  %s\n", key)
				}
				if len(done.Changed)+len(done.Restart) == 0 {
					fmt.Fprintln(out, "nothing has changed")
				}
				return nil
			})
		},
	}
	return s.reaches(c)
}

// running is the door of the service that runs: elsewhere, or on this machine by the
// configuration. otherwise is what can be done where it has no key.
func (s *shared) running(c *cobra.Command, otherwise string) (*door, error) {
	server, err := s.elsewhere()
	if err != nil || server != "" {
		if err != nil {
			return nil, err
		}
		return s.remoteDoor(c, server)
	}
	config, err := s.load()
	if err != nil {
		return nil, err
	}
	if config.HTTP.Key == "" {
		return nil, usageError{fmt.Errorf("http.key is not set, so that the service cannot be asked. Use --server with --key-file, or %s", otherwise)}
	}
	host, port, err := net.SplitHostPort(config.HTTP.Listen)
	if err != nil {
		return nil, err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return knock("http://"+net.JoinHostPort(host, port), config.HTTP.Key, nil, s.agent(remote.Options{Attempts: attempts, Patience: patience}))
}
