package main

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"notifier/listing"
	"notifier/message"
)

var suppressionColumns = []listing.Column[message.Suppression]{
	{Title: "Address", Value: func(s message.Suppression) string { return s.Address }},
	{Title: "Reason", Value: func(s message.Suppression) string { return string(s.Reason) }},
	{Title: "Since", Value: func(s message.Suppression) string { return s.Since.UTC().Format(time.DateOnly) }},
	{Title: "Note", Value: func(s message.Suppression) string { return message.Truncate(s.Note, 100) }},
}

func suppressionCommand(s *shared) *cobra.Command {
	c := &cobra.Command{Use: "suppression", Short: "Look at the addresses that are not written to, and change them", RunE: showHelp}
	var reason, text string
	add := s.verb("add ADDRESS", "Write to an address no more, except with deadlines", func(ctx context.Context, _ *cobra.Command, d *door, arguments []string) error {
		body := map[string]string{"reason": reason, "note": text}
		_, err := d.call(ctx, request{method: http.MethodPut, path: path("suppressions", arguments[0]), body: body})
		return err
	})
	add.Example = `  notifier suppression add jan@example.net --note "asked by phone"`
	add.Flags().StringVar(&reason, "reason", string(message.OptedOut), "`reason`: opt_out, complaint or bounce")
	add.Flags().StringVar(&text, "note", "", "why, for the others, on one `line`")
	list := s.verb("list", "List the addresses that are not written to", func(ctx context.Context, c *cobra.Command, d *door, _ []string) error {
		page, err := d.list(ctx, request{method: http.MethodGet, path: "/suppressions", query: url.Values{}}, 0)
		if err != nil {
			return err
		}
		return listing.List(s.printer(c), page, suppressionColumns)
	})
	remove := s.verb("remove ADDRESS", "Write to an address again", func(ctx context.Context, _ *cobra.Command, d *door, arguments []string) error {
		_, err := d.call(ctx, request{method: http.MethodDelete, path: path("suppressions", arguments[0])})
		return err
	})
	remove.Example = "  notifier suppression remove jan@example.net"
	c.AddCommand(list, add, remove)
	return s.reaches(c)
}
