package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"notifier/listing"
	"notifier/message"
	"notifier/webhook"
)

var webhookColumns = []listing.Column[webhook.Endpoint]{
	{Title: "Webhook", Value: func(e webhook.Endpoint) string { return string(e.ID) }},
	{Title: "URL", Value: func(e webhook.Endpoint) string { return e.URL }},
	{Title: "Naming", Value: func(e webhook.Endpoint) string { return string(e.Naming) }},
	{Title: "Events", Value: func(e webhook.Endpoint) string { return cmp.Or(strings.Join(e.Events, ","), "all") }},
	{Title: "Fares", Value: fares, Tint: func(e webhook.Endpoint) listing.Tint {
		if fares(e) == "works" {
			return listing.Green
		}
		return listing.Red
	}},
}

func fares(e webhook.Endpoint) string {
	switch {
	case e.DisabledAt != nil:
		return "disabled: " + e.DisabledFor
	case e.FailingSince != nil:
		return "fails since " + clock(*e.FailingSince)
	}
	return "works"
}

var toldColumns = []listing.Column[told]{
	{Title: "Callback", Value: func(t told) string { return string(t.ID) }},
	{Title: "At", Value: func(t told) string { return clock(t.At) }},
	{Title: "Message", Value: func(t told) string { return string(t.Message) }},
	{Title: "Status", Value: func(t told) string { return string(t.Status) }},
	{Title: "What became of it", Value: told.how},
}

func webhookCommand(s *shared) *cobra.Command {
	c := &cobra.Command{Use: "webhook", Short: "Look at who is told of what becomes of messages, and change it", RunE: showHelp}
	c.AddCommand(
		s.verb("list", "List the webhooks and how they fare", func(ctx context.Context, c *cobra.Command, d *door, _ []string) error {
			page, err := d.list(ctx, apiRequest{method: http.MethodGet, path: "/webhooks"}, 0)
			if err != nil {
				return err
			}
			return listing.List(s.printer(c), page, webhookColumns)
		}),
		addWebhook(s),
		s.verb("remove WEBHOOK", "Remove a webhook, with what it was still to be told", func(ctx context.Context, _ *cobra.Command, d *door, ids []string) error {
			_, err := d.call(ctx, apiRequest{method: http.MethodDelete, path: path("webhooks", ids[0])})
			return err
		}),
		s.verb("rotate WEBHOOK", "Give a webhook a new secret; the old one signs for a day more", func(ctx context.Context, c *cobra.Command, d *door, ids []string) error {
			answer, raw, err := ask[struct{ Secret string }](ctx, d, apiRequest{method: http.MethodPost, path: path("webhooks", ids[0], "rotate")})
			if err != nil {
				return err
			}
			return listing.One(s.printer(c), raw, func(out io.Writer) error {
				_, err := fmt.Fprintln(out, answer.Secret)
				return err
			})
		}),
		enableWebhook(s, "enable WEBHOOK", "Tell a webhook again, also what has waited", true),
		enableWebhook(s, "disable WEBHOOK", "Tell a webhook nothing; what it is to be told is kept", false),
		s.verb("test WEBHOOK", "Call a webhook now, with an event that stands for nothing", func(ctx context.Context, c *cobra.Command, d *door, ids []string) error {
			return s.testWebhook(ctx, c, d, ids[0])
		}),
		callbacksCommand(s),
		s.verb("replay WEBHOOK CALLBACK", "Tell a webhook once more", func(ctx context.Context, _ *cobra.Command, d *door, ids []string) error {
			_, err := d.call(ctx, apiRequest{method: http.MethodPost, path: path("webhooks", ids[0], "callbacks", ids[1], "replay")})
			return err
		}),
	)
	return s.reaches(c)
}

func addWebhook(s *shared) *cobra.Command {
	var events []string
	var naming, text string
	c := s.verb("add URL", "Have an address told of what becomes of messages; prints its secret", func(ctx context.Context, c *cobra.Command, d *door, urls []string) error {
		body := map[string]any{"url": urls[0], "events": events, "naming": naming, "note": text}
		answer, raw, err := ask[struct{ ID, Secret string }](ctx, d, apiRequest{method: http.MethodPost, path: "/webhooks", body: body})
		if err != nil {
			return err
		}
		return listing.One(s.printer(c), raw, func(out io.Writer) error {
			_, err := fmt.Fprintf(out, "%s  %s\n", answer.ID, answer.Secret)
			return err
		})
	})
	c.Example = "  notifier webhook add https://bpm.example.org/hooks/mail --event message.sent,message.error"
	c.Flags().StringSliceVar(&events, "event", nil, "`event` that it is told of; may be repeated (default: all)")
	c.Flags().StringVar(&naming, "naming", string(webhook.Standard), "`naming` of events: standard or conquer")
	c.Flags().StringVar(&text, "note", "", "what it is for, on one `line`")
	return c
}

func enableWebhook(s *shared, use, short string, enabled bool) *cobra.Command {
	return s.verb(use, short, func(ctx context.Context, _ *cobra.Command, d *door, ids []string) error {
		_, err := d.call(ctx, apiRequest{method: http.MethodPatch, path: path("webhooks", ids[0]), body: map[string]bool{"enabled": enabled}})
		return err
	})
}

func (s *shared) testWebhook(ctx context.Context, c *cobra.Command, d *door, id string) error {
	trial, raw, err := ask[webhook.Answer](ctx, d, apiRequest{method: http.MethodPost, path: path("webhooks", id, "test")})
	if err != nil {
		return err
	}
	err = listing.One(s.printer(c), raw, func(out io.Writer) error {
		fmt.Fprintf(out, "→ %s\n", trial.Sent)
		if trial.Code > 0 {
			fmt.Fprintf(out, "← %d %s (%s)\n", trial.Code, trial.Said, trial.Took)
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case !trial.Works:
		return &message.Failure{Category: message.ConnectFailed, Text: fmt.Sprintf("the webhook does not work: %s", cmp.Or(trial.Said, fmt.Sprint(trial.Code)))}
	case s.plain():
		fmt.Fprintln(c.OutOrStdout(), "The webhook works.")
	}
	return nil
}

func callbacksCommand(s *shared) *cobra.Command {
	var limit int
	c := s.verb("callbacks WEBHOOK", "List what a webhook was told, or is to be, the newest first", func(ctx context.Context, c *cobra.Command, d *door, ids []string) error {
		page, err := d.list(ctx, apiRequest{method: http.MethodGet, path: path("webhooks", ids[0], "callbacks"), query: url.Values{}}, limit)
		if err != nil {
			return err
		}
		return listing.List(s.printer(c), page, toldColumns)
	})
	c.Flags().IntVar(&limit, "limit", 50, "how many at most; 0: all")
	return c
}
