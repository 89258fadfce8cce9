package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"notifier/listing"
	"notifier/message"
)

// tally is how many messages have a status.
type tally struct {
	Status  message.Status `json:"status"`
	Count   int            `json:"count"`
	CountIs string         `json:"count_is"`
}

var tallyColumns = []listing.Column[tally]{
	{Title: "Status", Value: func(t tally) string { return string(t.Status) }, Tint: func(t tally) listing.Tint { return tint(t.Status) }},
	{Title: "Messages", Value: func(t tally) string {
		if t.CountIs == "estimate" {
			return fmt.Sprintf("about %d", t.Count)
		}
		return fmt.Sprint(t.Count)
	}},
}

// tallies counts messages by status: those taken since then, if that is given. Statuses
// that none has are left out.
func (d *door) tallies(ctx context.Context, since string) ([]tally, error) {
	var all []tally
	for _, status := range message.Statuses() {
		q := url.Values{"status": {string(status)}, "count": {"estimate"}, "limit": {"1"}}
		if since != "" {
			q.Set("since", since)
		}
		t, _, err := ask[tally](ctx, d, apiRequest{method: http.MethodGet, path: "/messages", query: q})
		if err != nil {
			return nil, err
		}
		if t.Status = status; t.Count > 0 {
			all = append(all, t)
		}
	}
	return all, nil
}

func (s *shared) printTallies(c *cobra.Command, all []tally) error {
	var page listing.Page
	for _, t := range all {
		raw, err := json.Marshal(t)
		if err != nil {
			return err
		}
		page.Data = append(page.Data, raw)
	}
	return listing.List(s.printer(c), page, tallyColumns)
}

func queueStats(s *shared) *cobra.Command {
	return s.verb("stats", "Count the messages by status", func(ctx context.Context, c *cobra.Command, d *door, _ []string) error {
		all, err := d.tallies(ctx, "")
		if err != nil {
			return err
		}
		return s.printTallies(c, all)
	})
}

func statsCommand(s *shared) *cobra.Command {
	var since string
	var over overTime
	c := s.verb("stats", "Tell what became of the messages of the last day", func(ctx context.Context, c *cobra.Command, d *door, _ []string) error {
		if over.metric != "" {
			return s.printSeries(ctx, c, d, over, since)
		}
		if over != (overTime{}) {
			return usageError{errors.New("--until, --step and --kind are for --series. Write --series sent, errors, queue, waits or digests")}
		}
		all, err := d.tallies(ctx, since)
		if err != nil {
			return err
		}
		return s.printTallies(c, all)
	})
	c.Long = "Counts the messages by status; with --series, tells step by step what was sent, failed and waited, and how long."
	c.Example = "  notifier stats\n  notifier stats --since 7d\n  notifier stats --series sent --since 2h\n  notifier stats --series waits --kind direct --step 1h -o csv"
	c.Flags().StringVar(&since, "since", "24h", "only messages taken then or later: how `long` ago, a date or a time")
	over.add(c)
	return s.reaches(c)
}

// waiting are the statuses of messages that are still to come to their end.
var waiting = []message.Status{message.Scheduled, message.Deferred, message.PendingManual, message.Pending, message.Sending, message.RateLimited, message.Error}

func watchCommand(s *shared) *cobra.Command {
	var every time.Duration
	c := s.verb("watch", "Show how the queue stands, again and again, until Ctrl-C", func(ctx context.Context, c *cobra.Command, d *door, _ []string) error {
		if every <= 0 {
			return usageError{fmt.Errorf("--every: %s is too short. Write more than nothing, as in 2s", every)}
		}
		out, isFile := c.OutOrStdout().(*os.File)
		drawn := isFile && s.plain() && term.IsTerminal(int(out.Fd()))
		if !drawn && !c.Flags().Changed("every") {
			every = lineEvery
		}
		for {
			all, err := d.tallies(ctx, "")
			if err != nil {
				return err
			}
			now := time.Now().UTC().Format(time.TimeOnly + "Z")
			switch {
			case !s.plain():
				err = s.printTallies(c, all)
			case drawn:
				_, err = fmt.Fprintf(out, "\r\x1b[K%s  %s", now, oneTally(all))
			default:
				_, err = fmt.Fprintf(c.OutOrStdout(), "%s  %s\n", now, oneTally(all))
			}
			if err != nil {
				return err
			}
			if err := pause(ctx, every); err != nil {
				if drawn {
					fmt.Fprintln(out)
				}
				return err
			}
		}
	})
	c.Long = "Counts the messages that have not come to their end, every two seconds on a terminal, where the line is drawn\n" +
		"anew, and every ten seconds elsewhere."
	c.Flags().DurationVar(&every, "every", 2*time.Second, "how `often`")
	return c
}

// oneTally is the state of the queue on one line.
func oneTally(all []tally) string {
	var parts []string
	for _, status := range waiting {
		for _, t := range all {
			if t.Status == status {
				parts = append(parts, fmt.Sprintf("%s %d", status, t.Count))
			}
		}
	}
	if len(parts) == 0 {
		return "nothing waits"
	}
	return strings.Join(parts, "  ")
}
