package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"notifier/fault"
	"notifier/listing"
	"notifier/message"
)

var suppressionColumns = []listing.Column[message.Suppression]{
	{Title: "Address", Value: func(s message.Suppression) string { return s.Address }},
	{Title: "Reason", Value: func(s message.Suppression) string { return string(s.Reason) }},
	{Title: "Since", Value: func(s message.Suppression) string { return s.Since.UTC().Format(time.DateOnly) }},
	{Title: "Note", Value: func(s message.Suppression) string { return fault.Truncate(s.Note, 100) }},
}

func suppressionCommand(s *shared) *cobra.Command {
	c := &cobra.Command{Use: "suppression", Short: "Look at the addresses that are not written to, and change them", RunE: showHelp}
	var reason, text string
	add := s.verb("add ADDRESS", "Write to an address no more, except with deadlines", func(ctx context.Context, _ *cobra.Command, d *door, arguments []string) error {
		body := map[string]string{"reason": reason, "note": text}
		_, err := d.call(ctx, apiRequest{method: http.MethodPut, path: path("suppressions", arguments[0]), body: body})
		return err
	})
	add.Example = `  notifier suppression add jan@example.net --note "asked by phone"`
	add.Flags().StringVar(&reason, "reason", string(message.OptedOut), "`reason`: opt_out, complaint or bounce")
	add.Flags().StringVar(&text, "note", "", "why, for the others, on one `line`")
	var by suppressionFlags
	list := s.verb("list", "List the addresses that are not written to", func(ctx context.Context, c *cobra.Command, d *door, _ []string) error {
		page, err := d.list(ctx, apiRequest{method: http.MethodGet, path: "/suppressions", query: by.query()}, 0)
		if err != nil {
			return err
		}
		return listing.List(s.printer(c), page, suppressionColumns)
	})
	by.add(list)
	c.AddCommand(list, add, removeCommand(s))
	return s.reaches(c)
}

// suppressionFlags narrow down suppressions.
type suppressionFlags struct{ since, until, reason, account string }

func (f *suppressionFlags) add(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&f.since, "since", "", "suppressed at that `time` or later: 2026-11-30, 2026-11-30T08:00:00Z, or 24h for the last day")
	flags.StringVar(&f.until, "until", "", "suppressed before that `time`")
	flags.StringVar(&f.reason, "reason", "", "`reason`: bounce, complaint or opt_out")
	flags.StringVar(&f.account, "account", "", "the `account` through which the mail bounced")
}

func (f *suppressionFlags) query() url.Values {
	query := url.Values{}
	for name, value := range map[string]string{"since": f.since, "until": f.until, "reason": f.reason, "account": f.account} {
		if value != "" {
			query.Set(name, value)
		}
	}
	return query
}

// removeCommand ends one suppression, or all that match.
func removeCommand(s *shared) *cobra.Command {
	var by suppressionFlags
	var dry bool
	remove := s.verb("remove [ADDRESS]", "Write again to an address, or to all that match", func(ctx context.Context, c *cobra.Command, d *door, arguments []string) error {
		query := by.query()
		switch {
		case len(arguments) > 0 && (len(query) > 0 || dry):
			return usageError{errors.New("an address and flags are given. Write the address alone, or the flags alone")}
		case len(arguments) > 0:
			_, err := d.call(ctx, apiRequest{method: http.MethodDelete, path: path("suppressions", arguments[0])})
			return err
		case len(query) == 0:
			return usageError{errors.New("which address? Write one, or --since, --until, --reason or --account for all that match")}
		case dry:
			query.Set("dry_run", "true")
		}
		answer, raw, err := ask[struct{ Removed int }](ctx, d, apiRequest{method: http.MethodDelete, path: "/suppressions", query: query})
		if err != nil {
			return err
		}
		return listing.One(s.printer(c), raw, func(out io.Writer) error {
			if dry {
				_, err = fmt.Fprintf(out, "%s would be removed. Nothing was done.\n", count(answer.Removed, "suppression"))
			} else {
				_, err = fmt.Fprintf(out, "%s removed\n", count(answer.Removed, "suppression"))
			}
			return err
		})
	})
	remove.Long = "Write again to an address, or to all whose suppression matches the flags, for example after a mail server of your own\n" +
		"said for an hour that nobody exists. Mail that was skipped in the meantime stays skipped."
	remove.Example = `  notifier suppression remove jan@example.net
  notifier suppression remove --since 2026-11-30T08:00:00Z --until 2026-11-30T09:00:00Z --reason bounce --account default --dry-run`
	by.add(remove)
	remove.Flags().BoolVar(&dry, "dry-run", false, "only count them")
	return remove
}
