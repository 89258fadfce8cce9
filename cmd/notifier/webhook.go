package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"notifier/message"
	"notifier/webhook"
)

// onWebhook is what a command does with the webhook, or webhook and callback, that it names.
type onWebhook func(ctx context.Context, c *cobra.Command, h *house, call message.Call, ids []string) error

func webhookCommand(s *shared) *cobra.Command {
	c := &cobra.Command{Use: "webhook", Short: "Look at who is told of what becomes of messages, and change it", RunE: showHelp}
	var site string
	c.PersistentFlags().StringVar(&site, "site", "", "`site` (default: that of the configuration)")
	named := func(use, short string, do onWebhook) *cobra.Command {
		wanted := strings.Fields(use)[1:]
		return &cobra.Command{
			Use: use, Short: short,
			Args: func(_ *cobra.Command, arguments []string) error {
				if len(arguments) != len(wanted) {
					return usageError{fmt.Errorf("write it as notifier webhook %s", use)}
				}
				return nil
			},
			RunE: func(c *cobra.Command, arguments []string) error {
				return s.withHouse(c, site, func(ctx context.Context, h *house, call message.Call) error {
					return do(ctx, c, h, call, arguments)
				})
			},
		}
	}
	c.AddCommand(
		named("list", "List the webhooks and how they fare", listWebhooks),
		addWebhook(named),
		named("remove WEBHOOK", "Remove a webhook, with what it was still to be told", func(ctx context.Context, _ *cobra.Command, h *house, call message.Call, ids []string) error {
			return h.webhooks.Remove(ctx, call, message.ID(ids[0]))
		}),
		named("rotate WEBHOOK", "Give a webhook a new secret; the old one signs for a day more", func(ctx context.Context, c *cobra.Command, h *house, call message.Call, ids []string) error {
			_, secret, err := h.webhooks.Rotate(ctx, call, message.ID(ids[0]), "")
			if err == nil {
				fmt.Fprintln(c.OutOrStdout(), secret)
			}
			return err
		}),
		named("enable WEBHOOK", "Tell a webhook again, also what has waited", func(ctx context.Context, _ *cobra.Command, h *house, call message.Call, ids []string) error {
			_, err := h.webhooks.Change(ctx, call, message.ID(ids[0]), func(e *webhook.Endpoint) {
				e.DisabledAt, e.DisabledFor, e.FailingSince = nil, "", nil
			})
			return err
		}),
		named("disable WEBHOOK", "Tell a webhook nothing; what it is to be told is kept", func(ctx context.Context, _ *cobra.Command, h *house, call message.Call, ids []string) error {
			_, err := h.webhooks.Change(ctx, call, message.ID(ids[0]), func(e *webhook.Endpoint) {
				e.DisabledAt, e.DisabledFor = &call.At, "somebody disabled it"
			})
			return err
		}),
		named("test WEBHOOK", "Call a webhook now, with an event that stands for nothing", testWebhook),
		named("callbacks WEBHOOK", "List the last 50 things that a webhook was told, or is to be", listCallbacks),
		named("replay WEBHOOK CALLBACK", "Tell a webhook once more", func(ctx context.Context, _ *cobra.Command, h *house, call message.Call, ids []string) error {
			err := h.store.Replay(ctx, call.Site, message.ID(ids[0]), message.ID(ids[1]), call.At)
			if errors.Is(err, message.ErrNotFound) {
				err = fmt.Errorf("there is no callback %q of this webhook: %w", message.Truncate(ids[1], 60), err)
			}
			return err
		}),
	)
	return c
}

func addWebhook(named func(use, short string, do onWebhook) *cobra.Command) *cobra.Command {
	var e webhook.Endpoint
	var events []string
	c := named("add URL", "Have an address told of what becomes of messages; prints its secret", func(ctx context.Context, c *cobra.Command, h *house, call message.Call, urls []string) error {
		e.URL, e.Events = urls[0], events
		created, secret, err := h.webhooks.Create(ctx, call, e, "")
		if err == nil {
			fmt.Fprintf(c.OutOrStdout(), "%s  %s\n", created.ID, secret)
		}
		return err
	})
	c.Example = "  notifier webhook add https://bpm.example.org/hooks/mail --event message.sent,message.error"
	c.Flags().StringSliceVar(&events, "event", nil, "`event` that it is told of; may be repeated (default: all)")
	c.Flags().StringVar((*string)(&e.Naming), "naming", string(webhook.Standard), "`naming` of events: standard or conquer")
	c.Flags().StringVar(&e.Note, "note", "", "what it is for, on one `line`")
	return c
}

func listWebhooks(ctx context.Context, c *cobra.Command, h *house, call message.Call, _ []string) error {
	all, err := h.store.Webhooks(ctx, call.Site)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
	for _, e := range all {
		fares := "works"
		switch {
		case e.DisabledAt != nil:
			fares = "disabled: " + e.DisabledFor
		case e.FailingSince != nil:
			fares = "fails since " + e.FailingSince.UTC().Format("2006-01-02 15:04:05Z")
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", e.ID, e.URL, e.Naming, cmp.Or(strings.Join(e.Events, ","), "all"), fares)
	}
	return w.Flush()
}

func testWebhook(ctx context.Context, c *cobra.Command, h *house, call message.Call, ids []string) error {
	trial, err := h.webhooks.Test(ctx, call, message.ID(ids[0]))
	if err != nil {
		return err
	}
	fmt.Fprintf(c.OutOrStdout(), "→ %s\n", trial.Sent)
	if trial.Code > 0 {
		fmt.Fprintf(c.OutOrStdout(), "← %d %s (%s)\n", trial.Code, trial.Said, trial.Took)
	}
	if !trial.Works {
		return &message.Failure{Category: message.ConnectFailed, Text: fmt.Sprintf("the webhook does not work: %s", cmp.Or(trial.Said, fmt.Sprint(trial.Code)))}
	}
	fmt.Fprintln(c.OutOrStdout(), "The webhook works.")
	return nil
}

func listCallbacks(ctx context.Context, c *cobra.Command, h *house, call message.Call, ids []string) error {
	all, err := h.store.CallbacksOf(ctx, call.Site, message.ID(ids[0]), "", 50)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
	for _, one := range all {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", one.ID, one.At.UTC().Format(time.DateTime+"Z"), one.Message, one.Status, called(one))
	}
	return w.Flush()
}

// called says what became of a callback.
func called(c webhook.Callback) string {
	answer := message.Truncate(strings.TrimSpace(fmt.Sprint(c.Code, " ", c.Answer)), 100)
	switch {
	case c.Delivered():
		return fmt.Sprintf("told with call %d (%d)", c.Tries, c.Code)
	case !c.EndedAt.IsZero():
		return fmt.Sprintf("given up after %s: %s", count(c.Tries, "call"), answer)
	case c.Tries == 0:
		return "waits"
	}
	return fmt.Sprintf("again at %s: %s", c.DueAt.UTC().Format(time.DateTime+"Z"), answer)
}
