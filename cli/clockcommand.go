package cli

import (
	"fmt"
	"io"
	"net/http"

	"github.com/spf13/cobra"

	"notifier/api"
	"notifier/listing"
)

func clockCommand(s *shared) *cobra.Command {
	c := &cobra.Command{Use: "clock", Short: "Say that a clock that was set forward is right", RunE: showHelp}
	confirm := &cobra.Command{
		Use: "confirm", Short: "Have the running service believe the clock of its machine",
		Long: "After the clock of a machine was set forward by more than five minutes, what is due only by that waits until the\n" +
			"clock goes back, the kernel says that it is synchronised, the database's host agrees, or somebody confirms it.\n" +
			"Of several replicas one is asked, and those on the same machine follow.",
		Example: "  notifier clock confirm\n  notifier clock confirm --server https://notify.example.org --key-file admin.key",
		RunE: func(c *cobra.Command, _ []string) error {
			d, err := s.running(c, "confirm it in the console")
			if err != nil {
				return err
			}
			done, raw, err := ask[api.ClockConfirmed](c.Context(), d, apiRequest{method: http.MethodPost, path: "/clock/confirm"})
			if err != nil {
				return err
			}
			return listing.One(s.printer(c), raw, func(out io.Writer) error {
				_, err := fmt.Fprintf(out, "%s goes by its clock; the time has moved by %s\n", done.Replica, done.Moved)
				return err
			})
		},
	}
	c.AddCommand(s.reaches(confirm))
	return c
}
