package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"notifier/explain"
	"notifier/message"
	"notifier/schedule"
)

// standing is how a job stands, as an admin has set it or as the configuration says.
func (h *house) standing(ctx context.Context, name string) (explain.Job, error) {
	s, err := h.saved(ctx, name)
	if err != nil {
		return explain.Job{}, err
	}
	j := explain.Job{Name: name, Paused: s.Paused, Note: s.Note}
	if s.Paused {
		j.By, j.Since = s.ChangedBy, s.ChangedAt
		return j, nil
	}
	compiled, err := s.Spec.Compile()
	if err != nil {
		return j, err
	}
	j.Next = compiled.Next(time.Now())
	return j, nil
}

// saved is a job with the schedule that is in force. A command reads it from the database:
// the timetable of this process has not been started.
func (h *house) saved(ctx context.Context, name string) (schedule.Job, error) {
	configured := map[string]schedule.Spec{
		schedule.Notifications: h.config.Jobs.Notifications.Spec, schedule.UserNotifications: h.config.Jobs.UserNotifications.Spec,
		schedule.Reminders: h.config.Jobs.Reminders.Spec,
	}
	j := schedule.Job{Name: name, Spec: configured[name]}
	known, err := h.store.Versions(ctx)
	if err != nil || known[name] == 0 {
		return j, err
	}
	kept, err := h.store.Job(ctx, schedule.Job{Name: name})
	if kept.Spec == (schedule.Spec{}) {
		kept.Spec = j.Spec
	}
	return kept, err
}

func whyCommand(s *shared) *cobra.Command {
	var q explain.Question
	var site, since, format string
	c := &cobra.Command{
		Use: "why [MESSAGE]", Short: "Say why a mail came, or did not",
		Long: "Answers in one sentence why somebody got a mail, or did not, and what can be done. Below it stands what\n" +
			"happened, as it was noted when it was decided. Where nothing came in, it lists what comes near: mail of\n" +
			"others about the same case, mail of the person about others, and requests of the last seven days that were refused.",
		Example: `  notifier why --user anna --case A-1
  notifier why --user anna@example.org --case A-1 --since 2026-11-20 -o json
  notifier why msg_06h0prh7pszbf77z6njd186bh8`,
		Args: func(_ *cobra.Command, arguments []string) error {
			if len(arguments) > 1 {
				return usageError{fmt.Errorf("one message is explained at a time, these are %d", len(arguments))}
			}
			return nil
		},
		RunE: func(c *cobra.Command, arguments []string) (err error) {
			if format != "text" && format != "json" {
				return usageError{fmt.Errorf("--output %q is not known. Use text or json", format)}
			}
			if len(arguments) == 0 && q.User == "" && q.Case == "" {
				return usageError{errors.New("whose mail, or about what? Write --user anna, --case A-1, both, or the id of a message")}
			}
			if q.Since, err = parseSince(since, time.Now()); err != nil {
				return err
			}
			return s.withHouse(c, site, func(ctx context.Context, h *house, call message.Call) error {
				var answer explain.Explanation
				var err error
				if len(arguments) == 1 {
					answer, err = h.why.Message(ctx, call.Site, message.ID(arguments[0]), call.At)
				} else {
					q.Site = call.Site
					answer, err = h.why.Ask(ctx, q, call.At)
				}
				if err != nil {
					return err
				}
				if format == "json" {
					return writeJSON(c.OutOrStdout(), answer)
				}
				printAnswer(c.OutOrStdout(), answer)
				return nil
			})
		},
	}
	f := c.Flags()
	f.StringVar(&q.User, "user", "", "whose mail: `id` or address of a user")
	f.StringVar(&q.Case, "case", "", "about the case with this `id`")
	f.StringVar((*string)(&q.Kind), "kind", "", "only events of this `kind`, deadline, or direct for messages")
	f.StringVar(&since, "since", "", "only what came in since this `time`: 2026-11-20, 2026-11-20T08:00:00Z, or 24h for the last day")
	f.StringVarP(&format, "output", "o", "text", "`format`: text or json")
	f.StringVar(&site, "site", "", "`site` (default: that of the configuration)")
	return c
}

// parseSince reads a day, a time, or how long ago; zero for nothing.
func parseSince(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if ago, err := time.ParseDuration(text); err == nil && ago > 0 {
		return now.Add(-ago).UTC(), nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, usageError{fmt.Errorf("%q is not a time. Write 2026-11-20, 2026-11-20T08:00:00Z, or 24h for the last day", text)}
}

func writeJSON(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// printAnswer prints the sentence, what happened, and what comes near.
func printAnswer(out io.Writer, a explain.Explanation) {
	fmt.Fprintln(out, a.Sentence)
	zone, err := time.LoadLocation(cmp.Or(a.Timezone, "UTC"))
	if err != nil {
		zone = time.UTC
	}
	stamp := func(t time.Time) string { return t.In(zone).Format("2006-01-02 15:04:05 ") + zone.String() }
	for _, s := range a.Trail {
		fmt.Fprintf(out, "  %s  %s\n", stamp(s.At), s.Text)
	}
	if a.Next != nil {
		fmt.Fprintf(out, "  %s  next: %s\n", stamp(a.Next.At), a.Next.What)
	}
	if a.Do != "" {
		fmt.Fprintf(out, "Do: %s\n", a.Do)
	}
	for _, o := range a.Others {
		fmt.Fprintf(out, "Before: %s  %s  %s\n", stamp(o.At), o.Message, o.Sentence)
	}
	if a.Near == nil {
		return
	}
	for _, m := range a.Near.People {
		fmt.Fprintf(out, "Same case: %s  %s to %s, %s\n", stamp(m.At), m.Message, m.User, m.Status)
	}
	for _, m := range a.Near.Cases {
		fmt.Fprintf(out, "Same person: %s  %s about %s, %s\n", stamp(m.At), m.Message, m.Case, m.Status)
	}
	for _, r := range a.Near.Refused {
		fmt.Fprintf(out, "Refused: %s  %s %s: %d %s. %s\n", stamp(r.At), r.Method, r.Path, r.Status, r.Code, strings.TrimSuffix(r.Detail, ".")+".")
	}
	for _, r := range a.Near.Repeated {
		fmt.Fprintf(out, "Repeated: %s  %s %s was answered as the request that made %s\n", stamp(r.At), r.Method, r.Path, r.First)
	}
}
