package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"notifier/listing"
	"notifier/message"
	"notifier/request"
)

// actCommand is an action on messages by id, or on all that fit.
func actCommand(s *shared, action request.Action, short, example string) *cobra.Command {
	var w which
	var a asked
	var all bool
	var delay string
	c := s.verb(string(action)+" [MESSAGE…]", short, func(ctx context.Context, c *cobra.Command, d *door, ids []string) error {
		filter, err := w.filter(time.Now())
		if err != nil {
			return err
		}
		o := request.Operation{Action: action, Filter: filter, All: all}
		for _, id := range ids {
			o.IDs = append(o.IDs, message.ID(id))
		}
		if err := o.Check(); err != nil {
			return err
		}
		if a.dryRun || len(ids) == 0 && !a.yes && onTerminal(c) {
			n, err := d.count(ctx, &w, o)
			if err != nil {
				return err
			}
			if a.dryRun {
				fmt.Fprintf(c.OutOrStdout(), "%s would be asked to %s. Nothing was done.\n", count(n, "message"), action)
				return nil
			}
			if err := a.sure(c, fmt.Sprintf("%s. %s them?", fits(n), capitalized(string(action)))); err != nil {
				return err
			}
		}
		body := map[string]any{"action": action}
		if len(ids) > 0 {
			body["ids"] = ids
		} else {
			body["filter"] = o.Filter
		}
		if all {
			body["all"] = true
		}
		return s.operate(ctx, c, d, action, body, delay)
	})
	c.Example = example
	c.Long = short + ": the messages with these ids, or all that the flags\nsay. It prints how many there were, and how many were not in a state for it. On a terminal it asks first."
	w.flags(c)
	a.flags(c)
	if action == request.ActRetry {
		c.Long += "\n\nOf several, some are left alone, and counted by reason: those to addresses that do not exist, unless --category\n" +
			"address_unknown or --all is given; those to suppressed addresses; those that were retried less than an hour ago, then\n" +
			"two, four, up to 24; and those that a person released. One id alone is retried whatever its error."
		c.Flags().BoolVar(&all, "all", false, "every category of errors: also addresses that do not exist")
	}
	if action == request.ActCancel {
		c.Long += "\n\nWith --delay it begins later: until then nothing is touched, and queue stop undoes it. What was cancelled stays so."
		c.Flags().StringVar(&delay, "delay", "", "begin after this `time`, an hour at most, for example 10s")
	}
	return c
}

// count says how many messages an operation is for.
func (d *door) count(ctx context.Context, w *which, o request.Operation) (int, error) {
	if len(o.IDs) > 0 {
		return len(o.IDs), nil
	}
	q := w.query()
	if o.Filter.Status != "" {
		q.Set("status", string(o.Filter.Status))
	}
	q.Set("count", "exact")
	q.Set("limit", "1")
	counted, _, err := ask[struct{ Count int }](ctx, d, apiRequest{method: http.MethodGet, path: "/messages", query: q})
	return counted.Count, err
}

// fits says that so many messages are meant.
func fits(n int) string {
	if n == 1 {
		return "1 message matches"
	}
	return count(n, "message") + " match"
}

func capitalized(text string) string {
	if text == "" || text[0] < 'a' || text[0] > 'z' {
		return text
	}
	return string(text[0]-'a'+'A') + text[1:]
}

// operate begins an operation and waits for its end.
func (s *shared) operate(ctx context.Context, c *cobra.Command, d *door, action request.Action, body any, delay string) error {
	q := url.Values{}
	if delay != "" {
		q.Set("delay", delay)
	}
	o, raw, err := ask[request.Operation](ctx, d, apiRequest{method: http.MethodPost, path: "/messages/actions", query: q, body: body})
	if err != nil {
		return err
	}
	if o.BeginsAt != nil {
		note(c, "It begins at %s. Until then notifier queue stop %s undoes it.", o.BeginsAt.UTC().Format(time.RFC3339), o.ID)
	}
	o, raw, err = d.follow(ctx, o, raw)
	if err != nil {
		return err
	}
	if err := listing.One(s.printer(c), raw, func(io.Writer) error {
		tell(c, string(action), o.Succeeded)
		tellLeft(c, o.WhyLeft)
		return nil
	}); err != nil {
		return err
	}
	if o.Result == request.ResultOpen {
		note(c, "%s on the way. notifier queue operations %s tells what becomes of them.", count(o.Became.Waiting, "message"), o.ID)
	}
	switch {
	case o.Status == request.Stopped:
		return fmt.Errorf("somebody stopped it: %d of %d are done, %w", o.Done, o.Total, errPartly)
	case o.Refused > o.ByRule():
		return fmt.Errorf("%s not in a state for it. notifier queue show tells why: %w", count(o.Refused-o.ByRule(), "message"), errRefused)
	}
	return nil
}

// errRefused is why an operation that some messages refused does not end well.
var errRefused = errors.New("the others were")

// How often an operation is asked about.
const (
	askSoon = 50 * time.Millisecond
	askLate = time.Second
)

// follow waits for the end of an operation and tells how far it has come.
func (d *door) follow(ctx context.Context, o request.Operation, raw json.RawMessage) (request.Operation, json.RawMessage, error) {
	shown := newProgress(doing[o.Action], o.Total)
	defer shown.end()
	for wait := askSoon; o.Status == request.Running; wait = min(2*wait, askLate) {
		if d.beside != nil { // nobody else may be there to do it
			if err := d.beside.OperateNow(ctx); err != nil {
				return o, nil, err
			}
		}
		var err error
		if o, raw, err = ask[request.Operation](ctx, d, apiRequest{method: http.MethodGet, path: path("operations", string(o.ID))}); err != nil {
			return o, nil, err
		}
		shown.at(o.Done, fmt.Sprintf("  %d done  %d refused", o.Succeeded, o.Refused), time.Now())
		if o.Status == request.Running {
			if err := pause(ctx, wait); err != nil {
				return o, nil, fmt.Errorf("it goes on: notifier queue operations %s tells how far, and notifier queue stop %s stops it: %w", o.ID, o.ID, err)
			}
		}
	}
	return o, raw, nil
}

// doing says what an action is while it goes on.
var doing = map[request.Action]string{request.ActRetry: "retrying", request.ActCancel: "cancelling", request.ActHold: "holding", request.ActRelease: "releasing"}

// pause waits, unless ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

var operationColumns = []listing.Column[request.Operation]{
	{Title: "Operation", Value: func(o request.Operation) string { return string(o.ID) }},
	{Title: "Begun", Value: func(o request.Operation) string { return clock(o.CreatedAt) }},
	{Title: "Action", Value: func(o request.Operation) string { return string(o.Action) }},
	{Title: "Status", Value: func(o request.Operation) string { return string(o.Status) }},
	{Title: "Done", Value: func(o request.Operation) string { return fmt.Sprintf("%d/%d", o.Done, o.Total) }},
	{Title: "Succeeded", Value: func(o request.Operation) string { return fmt.Sprint(o.Succeeded) }},
	{Title: "Refused", Value: func(o request.Operation) string { return fmt.Sprint(o.Refused) }},
	{Title: "Result", Value: func(o request.Operation) string { return string(o.Result) }, Tint: func(o request.Operation) listing.Tint { return results[o.Result] }},
	{Title: "Sent", Value: func(o request.Operation) string { return became(o, func(b request.Became) int { return b.Sent }) }},
	{Title: "Failed again", Value: func(o request.Operation) string { return became(o, func(b request.Became) int { return b.Failed }) }},
}

// results are the colours of results.
var results = map[request.Result]listing.Tint{
	request.ResultOpen: listing.Blue, request.ResultDone: listing.Green, request.ResultPartly: listing.Yellow, request.ResultFailed: listing.Red, request.ResultNothing: listing.Grey,
}

// became is one of the counts of what became of messages; empty where nothing is counted.
func became(o request.Operation, of func(request.Became) int) string {
	if o.Became == nil {
		return ""
	}
	return fmt.Sprint(of(*o.Became))
}

func operationsCommand(s *shared) *cobra.Command {
	var limit int
	c := s.verb("operations [OPERATION]", "List what was done with many messages, the newest first", func(ctx context.Context, c *cobra.Command, d *door, ids []string) error {
		if len(ids) == 1 {
			raw, err := d.call(ctx, apiRequest{method: http.MethodGet, path: path("operations", ids[0])})
			if err != nil {
				return err
			}
			return listing.Row(s.printer(c), raw, operationColumns)
		}
		page, err := d.list(ctx, apiRequest{method: http.MethodGet, path: "/operations", query: url.Values{}}, limit)
		if err != nil {
			return err
		}
		return listing.List(s.printer(c), page, operationColumns)
	})
	c.Flags().IntVar(&limit, "limit", 50, "how many at most; 0: all")
	return c
}

func stopCommand(s *shared) *cobra.Command {
	return s.verb("stop OPERATION", "Stop what is being done with many messages; what is done stays done", func(ctx context.Context, c *cobra.Command, d *door, ids []string) error {
		raw, err := d.call(ctx, apiRequest{method: http.MethodDelete, path: path("operations", ids[0])})
		if err != nil {
			return err
		}
		return listing.Row(s.printer(c), raw, operationColumns)
	})
}

func sendNowCommand(s *shared) *cobra.Command {
	c := s.verb("send-now MESSAGE", "Send a message now that waits for its time", func(ctx context.Context, c *cobra.Command, d *door, ids []string) error {
		m, raw, err := ask[queued](ctx, d, apiRequest{method: http.MethodPost, path: path("messages", ids[0], "send-now")})
		if err != nil {
			return err
		}
		return listing.One(s.printer(c), raw, func(out io.Writer) error {
			_, err := fmt.Fprintf(out, "%s to %s is %s and leaves with the next run.\n", m.ID, m.To, m.Status)
			return err
		})
	})
	c.Long = "Sends a message now that is scheduled, deferred, held or manual, or that waits for another try. It leaves with the next\n" +
		"run, alone: what else waits for the person goes on waiting. A message to a suppressed address is skipped all the same."
	c.Example = "  notifier queue send-now msg_06h0prh7pszbf77z6njd186bh8"
	return c
}
