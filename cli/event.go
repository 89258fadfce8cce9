package cli

import (
	"bytes"
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
	"github.com/spf13/pflag"

	"notifier/fault"
	"notifier/listing"
	"notifier/message"
	"notifier/request"
)

func eventCommand(s *shared) *cobra.Command {
	c := &cobra.Command{Use: "event", Short: "Tell what happened in the workflow; preferences decide who gets a mail, and when", RunE: showHelp}
	c.AddCommand(publishCommand(s), tryEvent(s), importEvents(s))
	return s.reaches(c)
}

// happening is an event as flags say it.
type happening struct {
	event            message.Event
	summary, at, key string
	strict           bool
}

func (e *happening) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar((*string)(&e.event.Kind), "kind", "", "`kind` of event, as in case_changed")
	f.StringSliceVar(&e.event.Users, "user", nil, "`id` of a user whom it concerns; may be repeated, or a list with commas")
	f.StringVar(&e.event.Actor, "actor", "", "`id` of the user who did it, and is not told")
	f.StringVar(&e.event.Process, "process", "", "`workflow` that the case goes through")
	f.StringVar(&e.event.Case.ID, "case", "", "`id` of the case")
	f.StringVar(&e.event.Case.Title, "title", "", "`title` of the case")
	f.StringVar(&e.event.Case.URL, "url", "", "`address` of the case")
	f.StringVar(&e.summary, "summary", "", "what happened, on one `line`")
	f.StringVar(&e.at, "occurred-at", "", "`time` when it happened, as in 2026-11-25T15:00:00Z (default: now)")
	addStrict(f, &e.strict)
}

// addStrict adds the flag that refuses a request for the sake of one unknown user.
func addStrict(f *pflag.FlagSet, strict *bool) {
	f.BoolVar(strict, "strict", false, "refuse the request if any user is unknown, instead of skipping that user")
}

func strictQuery(strict bool) url.Values {
	if strict {
		return url.Values{"strict": {"true"}}
	}
	return url.Values{}
}

func (e *happening) read() (message.Event, error) {
	if e.summary != "" {
		if err := json.Unmarshal(quoted(e.summary), &e.event.Summary); err != nil {
			return e.event, usageError{fmt.Errorf("--summary: %w", err)}
		}
	}
	if e.at != "" {
		at, err := readTime("--occurred-at", e.at)
		if err != nil {
			return e.event, err
		}
		e.event.OccurredAt = &at
	}
	return e.event, nil
}

// quoted is a text as JSON.
func quoted(text string) []byte {
	b, _ := json.Marshal(text) // a text always can be
	return b
}

// readTime reads a flag that is a time.
func readTime(flag, text string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, usageError{fmt.Errorf("%s: %q is not a time. Write it as 2026-11-25T15:00:00Z", flag, fault.Truncate(text, 60))}
	}
	if err := fault.CheckTime(at); err != nil {
		return at, usageError{fmt.Errorf("%s: %w", flag, err)}
	}
	return at.UTC(), nil
}

var decisionColumns = []listing.Column[request.Decision]{
	{Title: "User", Value: func(d request.Decision) string { return d.User }},
	{Title: "Status", Value: func(d request.Decision) string { return string(d.Status) }, Tint: func(d request.Decision) listing.Tint { return tint(d.Status) }},
	{Title: "Reason", Value: func(d request.Decision) string { return string(d.Reason) }},
	{Title: "Due", Value: func(d request.Decision) string { return when(d.DueAt, d.Timezone) }},
	{Title: "Message", Value: func(d request.Decision) string { return string(d.Message) }},
}

// when writes a time on a person's clock, with its zone.
func when(t *time.Time, zone string) string {
	if t == nil {
		return ""
	}
	if loc, err := time.LoadLocation(zone); err == nil && zone != "" {
		return t.In(loc).Format("2006-01-02 15:04") + " " + zone
	}
	return clock(*t)
}

func publishCommand(s *shared) *cobra.Command {
	var e happening
	c := s.verb("publish", "Publish an event, and print what becomes of it for each user", func(ctx context.Context, c *cobra.Command, d *door, _ []string) error {
		event, err := e.read()
		if err != nil {
			return err
		}
		return s.publish(ctx, c, d, apiRequest{method: http.MethodPost, path: "/events", query: strictQuery(e.strict), body: event, key: e.key})
	})
	c.Example = `  notifier event publish --kind case_changed --user anna --case A-1 --title Lease --summary "Jan commented"`
	e.flags(c)
	c.Flags().StringVar(&e.key, "idempotency-key", "", "`key` that makes the command safe to repeat")
	return c
}

func tryEvent(s *shared) *cobra.Command {
	var e happening
	c := s.verb("dry-run", "Tell what would become of an event for each user; nothing is stored", func(ctx context.Context, c *cobra.Command, d *door, _ []string) error {
		event, err := e.read()
		if err != nil {
			return err
		}
		return s.publish(ctx, c, d, apiRequest{method: http.MethodPost, path: "/events/dry-run", query: strictQuery(e.strict), body: event})
	})
	c.Example = `  notifier event dry-run --kind case_changed --user anna --case A-1`
	e.flags(c)
	return c
}

func (s *shared) publish(ctx context.Context, c *cobra.Command, d *door, q apiRequest) error {
	noted, raw, err := ask[struct {
		Recipients []json.RawMessage `json:"recipients"`
	}](ctx, d, q)
	if err != nil {
		return err
	}
	p := s.printer(c)
	if p.Format == listing.JSON || p.Format == listing.YAML {
		return listing.One(p, raw, nil)
	}
	return listing.List(p, listing.Page{Data: noted.Recipients}, decisionColumns)
}

// imported is a line of a file of events: an event of the API, or a line of a journal.
type imported struct {
	Do string `json:"do"`
	ID string `json:"id"`
}

func importEvents(s *shared) *cobra.Command {
	var a asked
	c := &cobra.Command{
		Use: "import FILE", Short: "Publish the events of a file, one JSON object a line", Args: wants([]string{"FILE"}),
		Long: "Publishes every event of an NDJSON file: bodies of POST /api/v1/events, or the notify lines of a journal\n" +
			"(others are left out). Each event with an id has it as its idempotency key, so that the command can be\n" +
			"repeated. The first line that is refused stops it.",
		Example: "  notifier event import events.ndjson\n  notifier event import - <events.ndjson",
		RunE: func(c *cobra.Command, arguments []string) error {
			lines, err := readLines(c, arguments[0])
			if err != nil {
				return err
			}
			if a.dryRun {
				note(c, "%s would be published. Nothing was done.", count(len(lines), "event"))
				return nil
			}
			return s.withDoor(c, func(ctx context.Context, d *door) error { return importAll(ctx, c, d, arguments[0], lines) })
		},
	}
	c.Flags().BoolVar(&a.dryRun, "dry-run", false, "only read the file, and say how many events there are")
	return c
}

// numbered is a line of a file.
type numbered struct {
	n   int
	key string
	raw json.RawMessage
}

// maxLine is the longest line of a file, in bytes.
const maxLine = 1 << 20

// readLines reads the events of a file.
func readLines(c *cobra.Command, name string) ([]numbered, error) {
	in, _, err := openInput(c, name)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	content, err := io.ReadAll(in)
	if err != nil {
		return nil, err
	}
	var all []numbered
	n := 0
	for line := range bytes.Lines(content) {
		n++
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			continue
		}
		one, wanted, err := readEvent(line)
		if err != nil {
			return nil, usageError{fmt.Errorf("%s:%d: %w", name, n, err)}
		}
		if wanted {
			one.n = n
			all = append(all, one)
		}
	}
	return all, nil
}

// readEvent makes a body of the API of a line.
func readEvent(line []byte) (one numbered, wanted bool, err error) {
	var fields map[string]json.RawMessage
	if len(line) > maxLine {
		return one, false, fmt.Errorf("the line has more than %d bytes", maxLine)
	}
	if err := fault.Decode(line, &fields); err != nil {
		return one, false, err
	}
	var about imported
	if err := json.Unmarshal(line, &about); err != nil {
		return one, false, errors.New("do and id are texts. Write them in quotes")
	}
	if about.Do != "" && about.Do != "notify" {
		return one, false, nil
	}
	if at, journal := fields["at"]; journal {
		if _, given := fields["occurred_at"]; !given {
			fields["occurred_at"] = at
		}
	}
	delete(fields, "at")
	delete(fields, "do")
	raw, err := json.Marshal(fields)
	if err != nil {
		return one, false, err
	}
	key := ""
	if about.ID != "" {
		key = "event/" + about.ID
	}
	return numbered{key: key, raw: raw}, true, nil
}

// importAll publishes events in their order.
func importAll(ctx context.Context, c *cobra.Command, d *door, name string, lines []numbered) error {
	shown := newProgress("importing", len(lines))
	defer shown.end()
	became := map[message.Status]int{}
	for i, line := range lines {
		noted, _, err := ask[request.Noted](ctx, d, apiRequest{method: http.MethodPost, path: "/events", body: line.raw, key: line.key})
		if err != nil {
			shown.end()
			return fmt.Errorf("%s:%d: %w\n%s published before it; the same command goes on after it is mended", name, line.n, err, count(i, "event"))
		}
		for _, r := range noted.Recipients {
			became[r.Status]++
		}
		shown.at(i+1, "", time.Now())
	}
	shown.end()
	tell(c, "events", len(lines))
	for _, status := range message.Statuses() {
		if n := became[status]; n > 0 {
			tell(c, strings.ReplaceAll(string(status), "_", " "), n)
		}
	}
	return nil
}
