package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"notifier/api/remote"
	"notifier/listing"
	"notifier/simulate"
)

func journalCommand(s *shared) *cobra.Command {
	c := &cobra.Command{
		Use: "journal", Short: "What came in, as simulate and replay read it",
		RunE: showHelp,
	}
	var since, until, file string
	export := s.verb("export", "Write what came in as a journal", func(ctx context.Context, c *cobra.Command, d *door, _ []string) (err error) {
		q, err := span(since, until)
		if err != nil {
			return err
		}
		out := c.OutOrStdout()
		if file != "" && file != "-" {
			f, err := os.Create(file)
			if err != nil {
				return usageError{err}
			}
			defer func() { err = errors.Join(err, f.Close()) }()
			out = f
		}
		return d.copyJournal(ctx, q, out)
	})
	export.Long = "Writes what came in from --since until --until, a JSON object on each line, in time order: events, messages,\n" +
		"deadlines, people and what they chose. It begins with how people, deadlines and processes stood at --since.\n" +
		"What mails said is left out. notifier simulate and notifier replay read it."
	export.Example = `  notifier journal export --since 168h >week.ndjson
  notifier simulate --journal week.ndjson --until 2026-11-22T00:00:00Z --set-b notifications=10m`
	export.Flags().StringVar(&since, "since", "", "from this `time` on: 2026-11-20, 2026-11-20T08:00:00Z, or 7d for the last week (default: the beginning)")
	export.Flags().StringVar(&until, "until", "", "until this `time` (default: now)")
	export.Flags().StringVar(&file, "out", "", "`file` to write to (default: standard output)")
	c.AddCommand(export)
	return s.reaches(c)
}

// span is a time from and to as the API takes them.
func span(since, until string) (url.Values, error) {
	q := url.Values{}
	for name, text := range map[string]string{"since": since, "until": until} {
		at, err := parseSince(text, time.Now())
		if err != nil {
			return nil, err
		}
		if at != "" {
			q.Set(name, at)
		}
	}
	return q, nil
}

// copyJournal copies the journal without holding it in memory.
func (d *door) copyJournal(ctx context.Context, q url.Values, out io.Writer) error {
	if d.beside != nil {
		at := func(name string) time.Time {
			t, _ := time.Parse(time.RFC3339Nano, q.Get(name)) // span wrote it; absent is zero
			return t
		}
		return d.beside.WriteJournal(ctx, out, at("since"), at("until"))
	}
	err := d.client.Stream(ctx, remote.Call{Method: http.MethodGet, Path: path("journal"), Query: q}, out)
	if err != nil {
		return d.failed(ctx, err)
	}
	return nil
}

// trialOf is what the API answers of other schedules.
type trialOf struct {
	Since     time.Time                            `json:"since"`
	Until     time.Time                            `json:"until"`
	Lines     int                                  `json:"lines"`
	Skipped   int                                  `json:"skipped"`
	Schedules map[string]struct{ Now, Try string } `json:"schedules"`
	Now       tried                                `json:"now"`
	Try       tried                                `json:"try"`
	Little    bool                                 `json:"too_little_data"`
}

type tried struct {
	Mails   int `json:"mails"`
	Digests int `json:"digests"`
	ADay    struct {
		Mean float64 `json:"mean"`
		Max  int     `json:"max"`
	} `json:"mails_a_day"`
	RightAway waited `json:"right_away_wait"`
	PastDue   waited `json:"past_due_wait"`
	Busiest   *struct {
		At    time.Time `json:"at"`
		Mails int       `json:"mails"`
	} `json:"busiest_minute"`
	Sizes   struct{ P50, P95, Max int } `json:"digest_sizes"`
	Later   int                         `json:"after_until"`
	Waiting int                         `json:"still_waiting"`
}

func simulateJobs(s *shared) *cobra.Command {
	var set []string
	var since, until string
	c := s.verb("simulate", "Try other schedules on what came in", func(ctx context.Context, c *cobra.Command, d *door, _ []string) error {
		q, err := span(since, until)
		if err != nil {
			return err
		}
		body := map[string]any{"set": map[string]string{}}
		for name := range q {
			body[name] = q.Get(name)
		}
		for _, text := range set {
			name, value, found := strings.Cut(text, "=")
			if !found {
				return usageError{fmt.Errorf("--set %q sets nothing. Write it as notifications=10m", text)}
			}
			body["set"].(map[string]string)[name] = strings.Trim(value, `"'`)
		}
		t, raw, err := ask[trialOf](ctx, d, apiRequest{method: http.MethodPost, path: path("jobs", "simulate"), body: body})
		if err != nil {
			return err
		}
		return listing.One(s.printer(c), raw, func(out io.Writer) error { return t.print(out) })
	})
	c.Long = "Plans what came in, by the timetable in force (wake and pauses included) and by other schedules, until all has\n" +
		"left, and shows both side by side. Nothing is stored or sent. Without --since it takes the last seven days."
	c.Example = `  notifier job simulate --set notifications=10m --set user_notifications="*/30 * * * *"
  notifier job simulate --set notifications=10m --since 720h -o json`
	c.Flags().StringArrayVar(&set, "set", nil, "another `schedule`, as in notifications=10m or user_notifications=\"*/30 * * * *\"; may be repeated")
	c.Flags().StringVar(&since, "since", "", "from this `time` on: 2026-11-20, 2026-11-20T08:00:00Z, or 7d for the last week")
	c.Flags().StringVar(&until, "until", "", "until this `time` (default: now)")
	return c
}

func (t trialOf) print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 8, 3, ' ', 0)
	row := func(name string, cell func(tried) string) {
		fmt.Fprintf(w, "%s\t%s\t%s\n", name, cell(t.Now), cell(t.Try))
	}
	fmt.Fprintf(w, "\tnow\ttry\n")
	for _, job := range []string{"notifications", "user_notifications", "reminders"} {
		fmt.Fprintf(w, "%s\t%s\t%s\n", job, t.Schedules[job].Now, t.Schedules[job].Try)
	}
	row("Mails", func(t tried) string { return fmt.Sprint(t.Mails) })
	row("  digests", func(t tried) string { return fmt.Sprint(t.Digests) })
	row("Mails a day, mean / max", func(t tried) string { return fmt.Sprintf("%.1f / %d", t.ADay.Mean, t.ADay.Max) })
	row("Wait of right-away mails, p50 / p95", func(t tried) string { return t.RightAway.P50 + " / " + t.RightAway.P95 })
	row("Wait past due of deferred mails, p50 / p95", func(t tried) string { return t.PastDue.P50 + " / " + t.PastDue.P95 })
	row("Busiest minute", func(t tried) string {
		if t.Busiest == nil {
			return "none"
		}
		return fmt.Sprintf("%d at %s UTC", t.Busiest.Mails, t.Busiest.At.UTC().Format("2006-01-02 15:04"))
	})
	row("Digest size, p50 / p95 / max", func(t tried) string { return fmt.Sprintf("%d / %d / %d", t.Sizes.P50, t.Sizes.P95, t.Sizes.Max) })
	row("Mails after the end of the data", func(t tried) string { return fmt.Sprint(t.Later) })
	row("Would still wait", func(t tried) string { return fmt.Sprint(t.Waiting) })
	if t.Little {
		fmt.Fprintf(w, "Too little data to compare: fewer than %d mails\n", simulate.Little)
	}
	fmt.Fprintf(w, "Data: %s from %s to %s UTC\n", count(t.Lines, "line"), t.Since.UTC().Format("2006-01-02 15:04"), t.Until.UTC().Format("2006-01-02 15:04"))
	if t.Skipped > 0 {
		fmt.Fprintf(w, "Left out: %s that cannot be planned now\n", count(t.Skipped, "line"))
	}
	return w.Flush()
}

type waited struct{ P50, P95 string }
