package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"notifier/message"
)

// which says which messages a command is for.
type which struct {
	site   string
	filter message.Filter
}

func (w *which) flags(f *pflag.FlagSet) {
	f.StringVar(&w.site, "site", "", "`site` (default: that of the configuration)")
	f.StringVar((*string)(&w.filter.Status), "status", "", "only messages with this `status`")
	f.StringVar((*string)(&w.filter.Category), "category", "", "only messages with an error of this `category`")
	f.StringVar(&w.filter.User, "user", "", "only messages to this `user`")
	f.StringVar(&w.filter.Case, "case", "", "only messages about the case with this `id`")
	f.StringVar(&w.filter.Reference, "reference", "", "only messages with this `id` of the caller's")
}

func listCommand(s *shared) *cobra.Command {
	var w which
	var limit int
	c := &cobra.Command{
		Use: "list", Short: "List messages, the newest first",
		Example: "  notifier queue list --status error --category mailbox_full",
		RunE: func(c *cobra.Command, _ []string) error {
			return s.withHouse(c, w.site, func(ctx context.Context, h *house, call message.Call) error {
				f := w.filter
				f.Limit = limit
				all, err := h.store.Messages(ctx, call.Site, f)
				if err != nil {
					return err
				}
				out := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
				for _, m := range all {
					why := string(m.Reason)
					if m.Error != nil {
						why = m.Error.Error()
					}
					fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\n", m.ID, m.UpdatedAt.UTC().Format(time.DateTime+"Z"), m.Status, m.Recipients(), message.Truncate(m.Subject+"  "+why, 120))
				}
				return out.Flush()
			})
		},
	}
	w.flags(c.Flags())
	c.Flags().IntVar(&limit, "limit", 50, "how many at most")
	return c
}

// actCommand is an action on messages by id, or on all that fit.
func actCommand(s *shared, action message.Action, short, example string) *cobra.Command {
	var w which
	c := &cobra.Command{
		Use: string(action) + " [MESSAGE…]", Short: short, Example: example,
		Long: short + ": the messages with these ids, or all that the flags\nsay. It prints how many there were, and how many were not in a state for it.",
		Args: func(*cobra.Command, []string) error { return nil },
		RunE: func(c *cobra.Command, arguments []string) error {
			o := message.Operation{Action: action, Filter: w.filter}
			for _, id := range arguments {
				o.IDs = append(o.IDs, message.ID(id))
			}
			if err := o.Check(); err != nil {
				return err
			}
			return s.withHouse(c, w.site, func(ctx context.Context, h *house, call message.Call) error {
				return h.operateOn(ctx, c, call, o)
			})
		},
	}
	w.flags(c.Flags())
	return c
}

// operateOn carries an operation through, unless the service is quicker.
func (h *house) operateOn(ctx context.Context, c *cobra.Command, call message.Call, o message.Operation) error {
	o, err := h.desk.Operate(ctx, call, o)
	for err == nil && o.Status == message.Running {
		if _, err = h.operate.Run(ctx, time.Now()); err != nil {
			break
		}
		if o, err = h.store.Operation(ctx, call.Site, o.ID); err == nil && o.Status == message.Running {
			select {
			case <-time.After(200 * time.Millisecond):
			case <-ctx.Done():
				err = ctx.Err()
			}
		}
	}
	if err != nil {
		return err
	}
	tell(c, string(o.Action), o.Succeeded)
	if o.Refused > 0 {
		return fmt.Errorf("%s not in a state for it. notifier queue show tells why: %w", count(o.Refused, "message"), errRefused)
	}
	return nil
}

// errRefused is why an operation that some messages refused does not end well.
var errRefused = errors.New("the others were")
