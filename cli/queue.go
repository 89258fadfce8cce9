package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"notifier/fault"
	"notifier/listing"
	"notifier/message"
	"notifier/request"
)

func queueCommand(s *shared) *cobra.Command {
	c := &cobra.Command{
		Use: "queue", Short: "Look into the queue, and act on its messages",
		RunE: showHelp,
	}
	c.AddCommand(
		listCommand(s), showCommand(s), contentCommand(s),
		actCommand(s, request.ActRetry, "Try messages in error again", "  notifier queue retry msg_06h0prh7pszbf77z6njd186bh8\n  notifier queue retry --category mailbox_full"),
		actCommand(s, request.ActCancel, "Withdraw messages that have not left", "  notifier queue cancel --status pending --case A-1"),
		actCommand(s, request.ActHold, "Keep messages that are about to leave until somebody releases them", "  notifier queue hold --case A-1\n  notifier queue hold --status pending --account backup"),
		actCommand(s, request.ActRelease, "Let manual messages go", "  notifier queue release --case A-1"),
		sendNowCommand(s), operationsCommand(s), stopCommand(s), exportCommand(s), queueStats(s), watchCommand(s),
	)
	return s.reaches(c)
}

// queued is what commands read of a message.
type queued struct {
	ID       message.ID     `json:"id"`
	Type     message.Type   `json:"type"`
	Status   message.Status `json:"status"`
	Reason   message.Reason `json:"reason"`
	To       string         `json:"to"`
	User     string         `json:"user"`
	Subject  string         `json:"subject"`
	Setting  string         `json:"setting"`
	Created  time.Time      `json:"created_at"`
	Updated  time.Time      `json:"updated_at"`
	Due      *time.Time     `json:"due_at"`
	Attempts int            `json:"attempts"`
	Digest   *message.ID    `json:"digest_id"`
	Error    *mailError     `json:"error"`

	AttemptRecords []mailAttempt `json:"attempt_records"`
	ErrorRecords   []mailRecord  `json:"error_records"`
	Callbacks      []told        `json:"callbacks"`
}

type mailError struct {
	Category message.Category `json:"category"`
	Says     string           `json:"says"`
	Remedy   string           `json:"remedy"`
	Code     string           `json:"code"`
	Message  string           `json:"message"`
}

// failure is the error as the service's own words have it.
func (e mailError) failure() *message.Failure {
	return &message.Failure{Category: e.Category, Code: e.Code, Text: e.Message}
}

// tint is the colour of a status.
func tint(s message.Status) listing.Tint {
	switch s {
	case message.Sent, message.Delivered, message.Merged:
		return listing.Green
	case message.Error:
		return listing.Red
	case message.Deferred, message.RateLimited:
		return listing.Yellow
	case message.Sending:
		return listing.Blue
	}
	return listing.Grey
}

// clock writes times in lists.
func clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateTime + "Z")
}

func clockOf(t *time.Time) string {
	if t == nil {
		return ""
	}
	return clock(*t)
}

var mailColumns = []listing.Column[queued]{
	{Title: "Message", Value: func(m queued) string { return string(m.ID) }},
	{Title: "Since", Value: func(m queued) string { return clock(m.Updated) }},
	{Title: "Status", Value: func(m queued) string { return string(m.Status) }, Tint: func(m queued) listing.Tint { return tint(m.Status) }},
	{Title: "To", Value: func(m queued) string { return m.To }},
	{Title: "Subject", Value: func(m queued) string { return fault.Truncate(m.Subject, 120) }},
	{Title: "Why", Value: func(m queued) string {
		if m.Error != nil {
			return fault.Truncate(m.Error.failure().Error(), 200)
		}
		return string(m.Reason)
	}},
}

func listCommand(s *shared) *cobra.Command {
	var w which
	var limit int
	c := s.verb("list", "List messages, the newest first", func(ctx context.Context, c *cobra.Command, d *door, _ []string) error {
		page, err := d.list(ctx, apiRequest{method: http.MethodGet, path: "/messages", query: w.query()}, limit)
		if err != nil {
			return err
		}
		return listing.List(s.printer(c), page, mailColumns)
	})
	c.Example = "  notifier queue list --status error --category mailbox_full\n  notifier queue list -q \"status:error code:552 since:24h\"\n  notifier queue list --status pending -o json | jq -r '.data[].id'"
	w.flags(c)
	c.Flags().IntVar(&limit, "limit", 50, "how many at most; 0: all")
	return c
}

func exportCommand(s *shared) *cobra.Command {
	var w which
	c := s.verb("export", "Print all messages that fit, one a line, as NDJSON or CSV", func(ctx context.Context, c *cobra.Command, d *door, _ []string) error {
		if s.plain() {
			s.output = string(listing.NDJSON)
		}
		q := w.query()
		exported, shown := 0, newProgress("exporting", 0)
		defer shown.end()
		for {
			page, err := d.list(ctx, apiRequest{method: http.MethodGet, path: "/messages", query: q}, pageSize)
			if err != nil {
				return err
			}
			if err := exportPage(s.printer(c), page, exported == 0); err != nil {
				return err
			}
			exported += len(page.Data)
			shown.at(exported, "", time.Now())
			if page.NextCursor == "" {
				shown.end()
				note(c, "%s exported.", count(exported, "message"))
				return nil
			}
			q.Set("cursor", page.NextCursor)
		}
	})
	c.Long = "Prints every message that the flags say, however many there are, without keeping them in memory."
	c.Example = "  notifier queue export --status error >errors.ndjson\n  notifier queue export -o csv >queue.csv"
	w.flags(c)
	return c
}

// exportPage prints one page of several.
func exportPage(p listing.Printer, page listing.Page, first bool) error {
	switch p.Format {
	case listing.JSON, listing.YAML:
		return usageError{errors.New("an export has a line for each message. Write -o ndjson or -o csv")}
	case listing.CSV:
		p.Headless = !first
	}
	return listing.List(p, page, mailColumns)
}

func showCommand(s *shared) *cobra.Command {
	c := s.verb("show MESSAGE", "Tell the whole story of a message", func(ctx context.Context, c *cobra.Command, d *door, arguments []string) error {
		m, raw, err := ask[queued](ctx, d, apiRequest{method: http.MethodGet, path: path("messages", arguments[0])})
		if err != nil {
			return err
		}
		return listing.One(s.printer(c), raw, m.tell)
	})
	c.Long = "Prints how a message stands and all that became of it: when it was written and why, each try to hand it\n" +
		"over with what the mail server said, and each retry that a person asked for. Times are UTC."
	c.Example = "  notifier queue show msg_06h0prh7pszbf77z6njd186bh8"
	return c
}

func contentCommand(s *shared) *cobra.Command {
	var html bool
	c := s.verb("content MESSAGE", "Print what a message says", func(ctx context.Context, c *cobra.Command, d *door, arguments []string) error {
		said, raw, err := ask[struct{ Subject, Text, HTML string }](ctx, d, apiRequest{method: http.MethodGet, path: path("messages", arguments[0], "content")})
		if err != nil {
			return err
		}
		return listing.One(s.printer(c), raw, func(out io.Writer) error {
			body := said.Text
			if html {
				body = said.HTML
			}
			_, err := fmt.Fprintf(out, "Subject: %s\n\n%s\n", said.Subject, strings.TrimRight(body, "\n"))
			return err
		})
	})
	c.Flags().BoolVar(&html, "html", false, "the HTML instead of the text")
	return c
}
