package cli

import (
	"errors"

	"github.com/spf13/cobra"

	"notifier/service"
	"notifier/web/console"
)

func serveCommand(s *shared) *cobra.Command {
	var noMigrate bool
	c := &cobra.Command{
		Use:   "serve",
		Short: "Run the service",
		Long: "Runs the API and the three jobs until SIGTERM or Ctrl-C. Then no more mail is taken from the queue,\n" +
			"what is being sent is finished, and the rest is left for other replicas or the next start. SIGHUP has it\n" +
			"read its configuration again; on Windows, which has no such signal, \"notifier config reload\" does.",
		RunE: func(c *cobra.Command, _ []string) error {
			config, r, err := s.read()
			if err != nil {
				return err
			}
			log, level, err := service.NewLoggerAt(config.Log)
			if err != nil {
				return err
			}
			defer func() { _ = log.Sync() }()
			for _, w := range r.Warnings {
				log.Warn(w.String())
			}
			if says := notElsewhere("notifier serve"); says != "" {
				log.Warn(says)
			}
			h, err := service.Open(c.Context(), config, log)
			if err != nil {
				return err
			}
			h.Reads(s.read, r, level)
			if noMigrate {
				err = h.CheckSchema(c.Context())
			} else {
				err = h.Migrate(c.Context())
			}
			if err != nil {
				return errors.Join(err, h.Close())
			}
			listener, err := service.Listen(config.HTTP.Listen, "Set http.listen to another address")
			if err != nil {
				return errors.Join(err, h.Close())
			}
			served := h.Serve(c.Context(), listener, h.Console(c.Context().Done(), console.Mailbox{}))
			return errors.Join(served, h.End())
		},
	}
	c.Flags().BoolVar(&noMigrate, "no-migrate", false, "leave the database's schema as it is")
	return c
}
