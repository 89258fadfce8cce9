package cli

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"notifier/fault"
	"notifier/message"
	"notifier/request"
	"notifier/service"
)

func outboxCommand(s *shared) *cobra.Command {
	c := &cobra.Command{
		Use: "outbox", Short: "Look at what callers wrote inside their own transactions and could not be taken in", RunE: showHelp,
	}
	var site string
	c.PersistentFlags().StringVar(&site, "site", "", "`site` (default: that of the configuration)")
	c.AddCommand(&cobra.Command{
		Use: "list", Short: "List what waits in the outbox, the oldest first, and why",
		RunE: func(c *cobra.Command, _ []string) error {
			return s.withService(c, site, func(ctx context.Context, h *service.Service, call request.Call) error {
				w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
				for after := message.ID(""); ; {
					all, err := h.Posted(ctx, call.Site, after, 500)
					if err != nil || len(all) == 0 {
						return errors.Join(err, w.Flush())
					}
					for _, p := range all {
						fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", p.ID, p.WrittenAt.UTC().Format(time.DateTime+"Z"), p.What, p.Key, p.Error)
					}
					after = all[len(all)-1].ID
				}
			})
		},
	}, posted(s, &site, "retry", "Take a refused request up again", func(ctx context.Context, h *service.Service, call request.Call, id message.ID) error {
		return h.RetryPosted(ctx, call, id)
	}), posted(s, &site, "remove", "Give a refused request up", func(ctx context.Context, h *service.Service, call request.Call, id message.ID) error {
		return h.RemovePosted(ctx, call, id)
	}))
	return c
}

// posted is a command about one request in the outbox.
func posted(s *shared, site *string, verb, short string, do func(ctx context.Context, h *service.Service, call request.Call, id message.ID) error) *cobra.Command {
	return &cobra.Command{
		Use: verb + " ID", Short: short, Example: "  notifier outbox " + verb + " out_06f3n5mmmt1fq2r6s0hj0v7k9c",
		Args: func(_ *cobra.Command, arguments []string) error {
			if len(arguments) != 1 {
				return usageError{fmt.Errorf("which request? Write its id, as notifier outbox list shows it")}
			}
			return nil
		},
		RunE: func(c *cobra.Command, arguments []string) error {
			return s.withService(c, *site, func(ctx context.Context, h *service.Service, call request.Call) error {
				err := do(ctx, h, call, message.ID(arguments[0]))
				if errors.Is(err, message.ErrNotFound) {
					err = fmt.Errorf("there is no refused request %q in the outbox. notifier outbox list shows what there is: %w", fault.Truncate(arguments[0], 60), err)
				}
				return err
			})
		},
	}
}
