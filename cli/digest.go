package cli

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"notifier/api/remote"
	"notifier/listing"
	"notifier/message"
)

// departs is when mail that is due leaves, as the API tells it: with the first run of the jobs at
// or after it is due.
type departs struct {
	LeavesAt *time.Time `json:"leaves_at"`
	WaitsFor string     `json:"waits_for"`
}

// text is empty where nothing is to leave.
func (l departs) text() string {
	switch {
	case l.WaitsFor != "":
		return "when " + l.WaitsFor + " is resumed"
	case l.LeavesAt == nil:
		return ""
	}
	return clock(*l.LeavesAt)
}

// waits is a user for whom something waits.
type waits struct {
	User     string    `json:"user"`
	DueAt    time.Time `json:"due_at"`
	Messages int       `json:"messages"`
	departs
}

var waitsColumns = []listing.Column[waits]{
	{Title: "user", Value: func(w waits) string { return w.User }},
	{Title: "messages", Value: func(w waits) string { return fmt.Sprint(w.Messages) }},
	{Title: "due_at", Value: func(w waits) string { return clock(w.DueAt) }},
	{Title: "leaves_at", Value: func(w waits) string { return w.text() }},
}

func digestCommand(s *shared) *cobra.Command {
	c := &cobra.Command{Use: "digest", Short: "What waits for people's digests", RunE: showHelp}
	list := s.verb("list", "List for whom something waits, when it is due, and when it leaves", func(ctx context.Context, c *cobra.Command, d *door, _ []string) error {
		page, err := d.list(ctx, apiRequest{method: http.MethodGet, path: path("digests"), query: url.Values{}}, 0)
		if err != nil {
			return err
		}
		return listing.List(s.printer(c), page, waitsColumns)
	})
	var format string
	var now bool
	preview := s.verb("preview USER", "Show the next digest of a user, as it will look", func(ctx context.Context, c *cobra.Command, d *door, ids []string) error {
		q := url.Values{"format": {format}}
		if now {
			q.Set("now", "true")
		}
		err := d.client.Stream(ctx, remote.Call{Method: http.MethodGet, Path: path("users", ids[0], "digest", "preview"), Query: q}, c.OutOrStdout())
		if err != nil {
			return d.failed(ctx, err)
		}
		return nil
	})
	preview.Flags().StringVar(&format, "format", "text", "`text`, html, or eml for the whole mail")
	preview.Flags().BoolVar(&now, "now", false, "all that waits, as it would leave now")
	send := s.verb("send USER", "Do not wait: what waits for a user leaves with the next flush", func(ctx context.Context, c *cobra.Command, d *door, ids []string) error {
		sent, raw, err := ask[struct {
			Messages int        `json:"messages"`
			Message  message.ID `json:"message"`
		}](ctx, d, apiRequest{method: http.MethodPost, path: path("users", ids[0], "digest", "send")})
		if err != nil {
			return err
		}
		return listing.One(s.printer(c), raw, func(out io.Writer) error {
			if sent.Messages == 0 {
				_, err := fmt.Fprintf(out, "Nothing waits for %s.\n", ids[0])
				return err
			}
			_, err := fmt.Fprintf(out, "%s  made of %s, leaves with the next flush\n", sent.Message, count(sent.Messages, "message"))
			return err
		})
	})
	c.AddCommand(list, preview, send)
	return s.reaches(c)
}
