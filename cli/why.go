package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"notifier/explain"
	"notifier/fault"
	"notifier/listing"
	"notifier/message/search"
)

func whyCommand(s *shared) *cobra.Command {
	var user, about, kind, since string
	c := s.verb("why [MESSAGE]", "Say why a mail came, or did not", func(ctx context.Context, c *cobra.Command, d *door, ids []string) error {
		q := apiRequest{method: http.MethodGet, path: path("explain"), query: url.Values{}}
		if len(ids) == 1 {
			q.path = path("messages", ids[0], "explain")
		} else if user == "" && about == "" {
			return usageError{errors.New("whose mail, or about what? Write --user anna, --case A-1, both, or the id of a message")}
		}
		from, err := parseSince(since, time.Now())
		if err != nil {
			return err
		}
		for name, value := range map[string]string{"user": user, "case": about, "kind": kind, "since": from} {
			if value != "" {
				q.query.Set(name, value)
			}
		}
		answer, raw, err := ask[explain.Explanation](ctx, d, q)
		if err != nil {
			return err
		}
		return listing.One(s.printer(c), raw, func(out io.Writer) error {
			_, err := io.WriteString(out, explained(answer))
			return err
		})
	})
	c.Long = "Answers in one sentence why somebody got a mail, or did not, and what can be done. Below it stands what\n" +
		"happened, as it was noted when it was decided. Where nothing came in, it lists what comes near: mail of\n" +
		"others about the same case, mail of the person about others, and requests of the last seven days that were refused."
	c.Example = `  notifier why --user anna --case A-1
  notifier why --user anna@example.org --case A-1 --since 2026-11-20 -o json
  notifier why msg_06h0prh7pszbf77z6njd186bh8`
	f := c.Flags()
	f.StringVar(&user, "user", "", "whose mail: `id` or address of a user")
	f.StringVar(&about, "case", "", "about the case with this `id`")
	f.StringVar(&kind, "kind", "", "only events of this `kind`, deadline, or direct for messages")
	f.StringVar(&since, "since", "", "only what came in since this `time`: 2026-11-20, 2026-11-20T08:00:00Z, or 7d for the last week")
	return s.reaches(c)
}

// parseSince reads a day, a time, or how long ago, as searches do, and writes it as the API
// takes it.
func parseSince(text string, now time.Time) (string, error) {
	if text == "" {
		return "", nil
	}
	at, err := search.Time(text, now)
	if ago, bad := time.ParseDuration(text); err != nil && bad == nil && ago > 0 { // 1h30m
		at, err = now.Add(-ago), fault.CheckTime(now.Add(-ago))
	}
	if err != nil {
		return "", usageError{err}
	}
	return at.UTC().Format(time.RFC3339Nano), nil
}

// explained is the sentence, what happened, and what comes near.
func explained(a explain.Explanation) string {
	var b strings.Builder
	line := func(format string, arguments ...any) { fmt.Fprintf(&b, format+"\n", arguments...) }
	zone, err := time.LoadLocation(cmp.Or(a.Timezone, "UTC"))
	if err != nil {
		zone = time.UTC
	}
	stamp := func(t time.Time) string { return t.In(zone).Format("2006-01-02 15:04:05 ") + zone.String() }
	line("%s", a.Sentence)
	for _, s := range a.Trail {
		line("  %s  %s", stamp(s.At), s.Text)
	}
	if a.Next != nil {
		line("  %s  next: %s", stamp(a.Next.At), a.Next.What)
		if leaves := a.Next.LeavesAt; leaves != nil && !leaves.Equal(a.Next.At) {
			line("  %s  leaves", stamp(*leaves))
		}
	}
	if a.Do != "" {
		line("Do: %s", a.Do)
	}
	for _, o := range a.Others {
		line("Before: %s  %s  %s", stamp(o.At), o.Message, o.Sentence)
	}
	if a.Near == nil {
		return b.String()
	}
	for _, m := range a.Near.People {
		line("Same case: %s  %s to %s, %s", stamp(m.At), m.Message, m.User, m.Status)
	}
	for _, m := range a.Near.Cases {
		line("Same person: %s  %s about %s, %s", stamp(m.At), m.Message, m.Case, m.Status)
	}
	for _, r := range a.Near.Refused {
		line("Refused: %s  %s %s: %d %s. %s", stamp(r.At), r.Method, r.Path, r.Status, r.Code, r.Detail)
	}
	for _, r := range a.Near.Repeated {
		line("Repeated: %s  %s %s was answered as the request that made %s", stamp(r.At), r.Method, r.Path, r.First)
	}
	return b.String()
}
