package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"notifier/deadlines"
	"notifier/fault"
	"notifier/listing"
)

// dated is a deadline as the API shows it.
type dated struct {
	deadlines.Deadline
	Next    *time.Time `json:"next_reminder"`
	Set     time.Time  `json:"set_at"`
	Cleared *time.Time `json:"cleared_at"`
	Times   int        `json:"sequence"`
	departs
}

// next says when somebody is reminded next.
func (d dated) next() string {
	switch {
	case d.Cleared != nil:
		return "cleared " + clock(*d.Cleared)
	case d.Next == nil:
		return "no more reminders"
	}
	return clock(*d.Next)
}

var deadlineColumns = []listing.Column[dated]{
	{Title: "Deadline", Value: func(d dated) string { return d.Key }},
	{Title: "Due", Value: func(d dated) string { return clock(d.DueAt) }},
	{Title: "Next reminder", Value: dated.next},
	{Title: "Leaves", Value: func(d dated) string { return d.text() }},
	{Title: "Users", Value: func(d dated) string { return fault.Truncate(strings.Join(d.Users, ","), 60) }},
	{Title: "Case", Value: func(d dated) string { return fault.Truncate(strings.TrimSpace(d.Case.ID+"  "+d.Case.Title), 80) }},
}

func deadlineCommand(s *shared) *cobra.Command {
	c := &cobra.Command{Use: "deadline", Short: "Set and clear deadlines; their users are reminded whatever they have chosen", RunE: showHelp}
	var limit int
	list := s.verb("list", "List the deadlines with a reminder to come, the next first", func(ctx context.Context, c *cobra.Command, d *door, _ []string) error {
		page, err := d.list(ctx, apiRequest{method: http.MethodGet, path: "/deadlines", query: url.Values{}}, limit)
		if err != nil {
			return err
		}
		return listing.List(s.printer(c), page, deadlineColumns)
	})
	list.Flags().IntVar(&limit, "limit", 50, "how many at most; 0: all")
	clear := s.verb("clear KEY", "Clear a deadline: it was met, or is no longer wanted", func(ctx context.Context, _ *cobra.Command, d *door, keys []string) error {
		_, err := d.call(ctx, apiRequest{method: http.MethodDelete, path: path("deadlines", keys[0])})
		return err
	})
	show := s.verb("show KEY", "Tell how a deadline stands", func(ctx context.Context, c *cobra.Command, d *door, keys []string) error {
		return s.printDeadline(ctx, c, d, apiRequest{method: http.MethodGet, path: path("deadlines", keys[0])})
	})
	c.AddCommand(setDeadline(s), moveDeadline(s), clear, list, show, previewDeadline(s))
	return s.reaches(c)
}

func (s *shared) printDeadline(ctx context.Context, c *cobra.Command, d *door, q apiRequest) error {
	one, raw, err := ask[dated](ctx, d, q)
	if err != nil {
		return err
	}
	return listing.One(s.printer(c), raw, func(out io.Writer) error {
		says := fmt.Sprintf("%s  due %s  next reminder: %s", one.Key, clock(one.DueAt), one.next())
		if leaves := one.text(); leaves != "" && (one.Next == nil || one.LeavesAt == nil || !one.LeavesAt.Equal(*one.Next)) {
			says += ", leaves " + leaves
		}
		_, err := fmt.Fprintln(out, says)
		return err
	})
}

// setting is a deadline as flags say it.
type setting struct {
	due, in, file string
	before        []string
	overdue       int
	strict        bool
	d             deadlines.Deadline
}

func setDeadline(s *shared) *cobra.Command {
	var t setting
	c := s.verb("set KEY", "Set a deadline, or move the one with this key: its steps start afresh", func(ctx context.Context, c *cobra.Command, d *door, keys []string) error {
		body, err := t.body(c)
		if err != nil {
			return err
		}
		return s.printDeadline(ctx, c, d, apiRequest{method: http.MethodPut, path: path("deadlines", keys[0]), query: strictQuery(t.strict), body: body})
	})
	c.Example = `  notifier deadline set OFA-1181:step-4 --due 2026-12-01T15:00:00Z --user anna --before 72h,24h
  notifier deadline set OFA-1181 --in 5 --user anna --case OFA-1181 --title Lease    in five workdays
  notifier deadline set OFA-1181 --file deadline.json    the body of PUT /api/v1/deadlines/KEY`
	t.flags(c)
	addStrict(c.Flags(), &t.strict)
	return c
}

// coming is a reminder as the API tells it.
type coming struct {
	At        time.Time `json:"at"`
	User      string    `json:"user"`
	Kind      string    `json:"kind"`
	Escalated bool      `json:"escalated"`
	departs
}

var comingColumns = []listing.Column[coming]{
	{Title: "At", Value: func(r coming) string { return clock(r.At) }},
	{Title: "Leaves", Value: func(r coming) string { return r.text() }},
	{Title: "User", Value: func(r coming) string { return r.User }},
	{Title: "Kind", Value: func(r coming) string {
		if r.Escalated {
			return r.Kind + ", escalated"
		}
		return r.Kind
	}},
}

func previewDeadline(s *shared) *cobra.Command {
	var t setting
	c := s.verb("preview KEY", "Tell who will be reminded of a deadline, and when; nothing is stored", func(ctx context.Context, c *cobra.Command, d *door, keys []string) error {
		q := apiRequest{method: http.MethodPost, path: path("deadlines", keys[0], "preview")}
		if t.due != "" || t.in != "" || t.file != "" {
			body, err := t.body(c)
			if err != nil {
				return err
			}
			q.body = body
		}
		page, err := d.list(ctx, q, 0)
		if err != nil {
			return err
		}
		return listing.List(s.printer(c), page, comingColumns)
	})
	c.Long = "Without --due, --in or --file: the reminders that are still to come of the deadline as it is. With one of them:\n" +
		"what would come of it if it was set so now."
	c.Example = "  notifier deadline preview OFA-1181\n  notifier deadline preview OFA-1181 --due 2026-12-01T15:00:00Z --user anna --before 72h,24h"
	t.flags(c)
	return c
}

func (t *setting) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&t.due, "due", "", "`time` when it is due, as in 2026-12-01T15:00:00Z")
	f.StringVar(&t.in, "in", "", "`workdays` from now until it is due, instead of --due")
	f.StringSliceVar(&t.d.Users, "user", nil, "`id` of a user who is reminded; may be repeated, or a list with commas")
	f.StringSliceVar(&t.before, "before", nil, "how `long` before it they are reminded, as in 24h; may be repeated")
	f.IntVar(&t.overdue, "overdue", 0, "on how many workdays after it they are reminded")
	f.StringVar(&t.d.Case.ID, "case", "", "`id` of the case")
	f.StringVar(&t.d.Case.Title, "title", "", "`title` of the case")
	f.StringVar(&t.d.Case.URL, "url", "", "`address` of the case")
	f.StringVar(&t.d.Case.Stage, "stage", "", "`stage` of the case; the deadline ends when the case reaches another")
	f.StringVar(&t.file, "file", "", "`file` with all of it as JSON, instead of the other flags; - reads standard input")
}

// body is what the API is told.
func (t *setting) body(c *cobra.Command) (any, error) {
	if t.file != "" {
		return readDocument(c, t.file)
	}
	body := map[string]any{"users": append([]string{}, t.d.Users...), "case": t.d.Case}
	switch {
	case t.due != "":
		at, err := readTime("--due", t.due)
		if err != nil {
			return nil, err
		}
		body["due_at"] = at
	case t.in != "":
		var days int
		if _, err := fmt.Sscanf(t.in, "%d", &days); err != nil {
			return nil, usageError{fmt.Errorf("--in: %q is no number of workdays. Write digits alone, as in 5", fault.Truncate(t.in, 60))}
		}
		body["due_in"] = map[string]int{"workdays": days}
	}
	if len(t.before) > 0 {
		body["remind_before"] = t.before
	}
	if c.Flags().Changed("overdue") { // 0 is told, too, and a number below it refused
		body["overdue"] = map[string]any{"every_workday": true, "max": t.overdue}
	}
	return body, nil
}

// readDocument reads a file of JSON, which the API will check.
func readDocument(c *cobra.Command, name string) (json.RawMessage, error) {
	in, _, err := openInput(c, name)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	b, err := io.ReadAll(io.LimitReader(in, maxAnswer))
	if err != nil {
		return nil, err
	}
	if !json.Valid(b) {
		return nil, usageError{fmt.Errorf("%s: %w", name, fault.Decode(b, new(any)))}
	}
	return b, nil
}

func moveDeadline(s *shared) *cobra.Command {
	var due string
	c := s.verb("move KEY", "Move a deadline to another time; all else of it stays, and its steps start afresh", func(ctx context.Context, c *cobra.Command, d *door, keys []string) error {
		if due == "" {
			return usageError{fmt.Errorf("to which time? Add --due, as in notifier deadline move %s --due 2026-12-08T15:00:00Z", keys[0])}
		}
		at, err := readTime("--due", due)
		if err != nil {
			return err
		}
		at0, _, err := ask[dated](ctx, d, apiRequest{method: http.MethodGet, path: path("deadlines", keys[0])})
		if err != nil {
			return err
		}
		if at0.Cleared != nil {
			return fmt.Errorf("the deadline %s was cleared %s. Set it again with notifier deadline set: %w", keys[0], clock(*at0.Cleared), errCleared)
		}
		body := at0.Deadline
		body.DueAt, body.DueIn = at, nil
		return s.printDeadline(ctx, c, d, apiRequest{method: http.MethodPut, path: path("deadlines", keys[0]), body: body})
	})
	c.Example = "  notifier deadline move OFA-1181:step-4 --due 2026-12-08T15:00:00Z"
	c.Flags().StringVar(&due, "due", "", "`time` when it is due, as in 2026-12-08T15:00:00Z")
	return c
}

// errCleared is why a deadline is not moved.
var errCleared = errors.New("nothing was done")
