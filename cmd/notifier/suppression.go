package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"notifier/message"
)

func suppressionCommand(s *shared) *cobra.Command {
	c := &cobra.Command{Use: "suppression", Short: "Look at the addresses that are not written to, and change them", RunE: showHelp}
	var site string
	c.PersistentFlags().StringVar(&site, "site", "", "`site` (default: that of the configuration)")
	var reason, note string
	add := oneAddress(s, &site, &cobra.Command{
		Use: "add ADDRESS", Short: "Write to an address no more, except with deadlines",
		Example: `  notifier suppression add jan@example.net --note "asked by phone"`,
	}, func(ctx context.Context, h *house, call message.Call, address string) error {
		_, err := h.desk.Suppress(ctx, call, message.Suppression{Address: address, Reason: message.Unwanted(reason), Note: note})
		return err
	})
	add.Flags().StringVar(&reason, "reason", string(message.OptedOut), "`reason`: opt_out, complaint or bounce")
	add.Flags().StringVar(&note, "note", "", "why, for the others, on one `line`")
	c.AddCommand(&cobra.Command{
		Use: "list", Short: "List the addresses that are not written to",
		RunE: func(c *cobra.Command, _ []string) error {
			return s.withHouse(c, site, func(ctx context.Context, h *house, call message.Call) error {
				w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
				for after := ""; ; {
					all, err := h.store.Suppressions(ctx, call.Site, after, 500)
					if err != nil || len(all) == 0 {
						return errors.Join(err, w.Flush())
					}
					for _, one := range all {
						fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", one.Address, one.Reason, one.Since.UTC().Format(time.DateOnly), message.Truncate(one.Note, 100))
					}
					after = all[len(all)-1].Address
				}
			})
		},
	}, add, oneAddress(s, &site, &cobra.Command{
		Use: "remove ADDRESS", Short: "Write to an address again",
		Example: "  notifier suppression remove jan@example.net",
	}, func(ctx context.Context, h *house, call message.Call, address string) error {
		return h.desk.Unsuppress(ctx, call, address)
	}))
	return c
}

// oneAddress completes a command that is about one address.
func oneAddress(s *shared, site *string, c *cobra.Command, do func(ctx context.Context, h *house, call message.Call, address string) error) *cobra.Command {
	c.Args = func(_ *cobra.Command, arguments []string) error {
		if len(arguments) != 1 {
			return usageError{fmt.Errorf("which address? Write one, as in notifier suppression %s jan@example.net", c.Name())}
		}
		return nil
	}
	c.RunE = func(c *cobra.Command, arguments []string) error {
		return s.withHouse(c, *site, func(ctx context.Context, h *house, call message.Call) error {
			return do(ctx, h, call, arguments[0])
		})
	}
	return c
}
