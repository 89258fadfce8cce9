package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"notifier/fault"
	"notifier/listing"
	"notifier/schedule"
)

// line is a job as the API shows it.
type line struct {
	Name       string         `json:"name"`
	Every      string         `json:"every"`
	Cron       string         `json:"cron"`
	Timezone   string         `json:"timezone"`
	Schedule   string         `json:"schedule"`
	Wake       bool           `json:"wake"`
	Paused     bool           `json:"paused"`
	Note       string         `json:"note"`
	Until      *time.Time     `json:"paused_until"`
	Next       []time.Time    `json:"next"`
	Running    *time.Time     `json:"running_since"`
	Last       *schedule.Run  `json:"last_run"`
	Configured *schedule.Spec `json:"configured"`
	ChangedBy  string         `json:"changed_by"`
}

func (l line) stands() string {
	switch {
	case l.Paused:
		stands := "paused"
		if l.Until != nil {
			stands += " until " + when(l.Until, l.Timezone)
		}
		if l.Note != "" {
			stands += ": " + l.Note
		}
		return stands
	case l.Running != nil:
		return "running"
	}
	return "waits"
}

func (l line) next() string {
	if len(l.Next) == 0 {
		return ""
	}
	return when(&l.Next[0], l.Timezone)
}

// ran says how a run went.
func ran(r *schedule.Run) string {
	if r == nil {
		return "never"
	}
	what := clock(r.StartedAt)
	for _, kind := range slices.Sorted(maps.Keys(r.Counts)) {
		what += fmt.Sprintf("  %s %d", kind, r.Counts[kind])
	}
	if r.Error != "" {
		what += "  " + r.Error
	}
	return what
}

var jobColumns = []listing.Column[line]{
	{Title: "Job", Value: func(l line) string { return l.Name }},
	{Title: "Schedule", Value: func(l line) string {
		if l.Configured != nil {
			return l.Schedule + " (set by " + l.ChangedBy + ")"
		}
		return l.Schedule
	}},
	{Title: "Stands", Value: line.stands, Tint: func(l line) listing.Tint {
		if l.Paused {
			return listing.Yellow
		}
		return listing.Plain
	}},
	{Title: "Next run", Value: line.next},
	{Title: "Last run", Value: func(l line) string { return ran(l.Last) }},
}

var runColumns = []listing.Column[schedule.Run]{
	{Title: "Run", Value: func(r schedule.Run) string { return string(r.ID) }},
	{Title: "Trigger", Value: func(r schedule.Run) string { return string(r.Trigger) }},
	{Title: "Took", Value: func(r schedule.Run) string {
		if r.EndedAt.IsZero() {
			return "runs"
		}
		return r.EndedAt.Sub(r.StartedAt).Round(time.Millisecond).String()
	}},
	{Title: "What it did", Value: func(r schedule.Run) string { return ran(&r) }, Tint: func(r schedule.Run) listing.Tint {
		if r.Error != "" {
			return listing.Red
		}
		return listing.Plain
	}},
	{Title: "Replica", Value: func(r schedule.Run) string { return r.Replica }},
}

func jobCommand(s *shared) *cobra.Command {
	c := &cobra.Command{Use: "job", Short: "Look at when the three jobs run, and change it", RunE: showHelp}
	var text, until string
	pausing := s.verb("pause JOB", "Keep a job from running until it is resumed", func(ctx context.Context, c *cobra.Command, d *door, names []string) error {
		body := map[string]string{"note": text}
		if until != "" {
			end, err := parseUntil(until, time.Now())
			if err != nil {
				return err
			}
			body["until"] = end
		}
		return s.printJob(ctx, c, d, apiRequest{method: http.MethodPost, path: path("jobs", names[0], "pause"), body: body})
	})
	pausing.Long = "Keeps a job from running until notifier job resume, or until --until. What it misses meanwhile is not made up."
	pausing.Example = "  notifier job pause notifications --note 'the relay moves' --until 2h"
	pausing.Flags().StringVar(&until, "until", "", "end the pause by itself at this `time`: 2026-11-25T15:00:00Z, or 2h for two hours from now")
	pausing.Flags().StringVar(&text, "note", "", "why, for the others, on one `line`")
	var limit int
	history := s.verb("history JOB", "List the runs of a job, the newest first", func(ctx context.Context, c *cobra.Command, d *door, names []string) error {
		q := url.Values{"limit": {fmt.Sprint(limit)}}
		page, _, err := ask[listing.Page](ctx, d, apiRequest{method: http.MethodGet, path: path("jobs", names[0], "runs"), query: q})
		if err != nil {
			return err
		}
		return listing.List(s.printer(c), page, runColumns)
	})
	history.Flags().IntVar(&limit, "limit", 20, "how many at most, up to 200")
	c.AddCommand(simulateJobs(s),
		s.verb("list", "List the jobs and when they run", func(ctx context.Context, c *cobra.Command, d *door, _ []string) error {
			page, err := d.list(ctx, apiRequest{method: http.MethodGet, path: "/jobs"}, 0)
			if err != nil {
				return err
			}
			return listing.List(s.printer(c), page, jobColumns)
		}),
		s.verb("show JOB", "Tell how a job stands, with its next runs", func(ctx context.Context, c *cobra.Command, d *door, names []string) error {
			return s.printJob(ctx, c, d, apiRequest{method: http.MethodGet, path: path("jobs", names[0])})
		}),
		runCommand(s), pausing,
		s.verb("resume JOB", "End the pause of a job; what it missed is not made up", func(ctx context.Context, c *cobra.Command, d *door, names []string) error {
			return s.printJob(ctx, c, d, apiRequest{method: http.MethodPost, path: path("jobs", names[0], "resume")})
		}),
		setJob(s), history,
	)
	for _, sub := range c.Commands() {
		if strings.Contains(sub.Use, " JOB") {
			sub.ValidArgs = schedule.Public()
		}
	}
	return s.reaches(c)
}

// parseUntil reads a time that is to come: itself, or how long from now.
func parseUntil(text string, now time.Time) (string, error) {
	if ahead, err := time.ParseDuration(text); err == nil && ahead > 0 {
		if err := fault.CheckTime(now.Add(ahead)); err != nil {
			return "", usageError{fmt.Errorf("--until: %w", err)}
		}
		return now.Add(ahead).UTC().Truncate(time.Second).Format(time.RFC3339), nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return "", usageError{fmt.Errorf("--until %q is not a time. Write 2026-11-25T15:00:00Z, or 2h for two hours from now", text)}
	}
	if err := fault.CheckTime(t); err != nil {
		return "", usageError{fmt.Errorf("--until: %w", err)}
	}
	return text, nil
}

func (s *shared) printJob(ctx context.Context, c *cobra.Command, d *door, q apiRequest) error {
	l, raw, err := ask[line](ctx, d, q)
	if err != nil {
		return err
	}
	return listing.One(s.printer(c), raw, func(out io.Writer) error {
		fmt.Fprintf(out, "%s  %s  %s\n", l.Name, l.Schedule, l.stands())
		if l.Configured != nil {
			fmt.Fprintf(out, "  config.yaml says %s; %s has set this\n", inWords(*l.Configured), l.ChangedBy)
		}
		if len(l.Next) > 0 {
			fmt.Fprintf(out, "  next runs: %s\n", times(l.Next, l.Timezone))
		}
		fmt.Fprintf(out, "  last run: %s\n", ran(l.Last))
		return nil
	})
}

func inWords(spec schedule.Spec) string {
	compiled, err := spec.Compile()
	if err != nil {
		return strings.TrimSpace(spec.Every + spec.Cron)
	}
	return compiled.Words()
}

// times writes the next runs, with the zone once.
func times(all []time.Time, zone string) string {
	loc, err := time.LoadLocation(zone)
	if err != nil || zone == "" {
		loc, zone = time.UTC, "UTC"
	}
	var texts []string
	day := ""
	for _, t := range all {
		layout := "15:04:05"
		if today := t.In(loc).Format(time.DateOnly); today != day {
			day, layout = today, "2006-01-02 15:04:05"
		}
		texts = append(texts, strings.TrimSuffix(t.In(loc).Format(layout), ":00"))
	}
	return strings.Join(texts, "  ") + " (" + zone + ")"
}

func setJob(s *shared) *cobra.Command {
	var every, cron, zone string
	var wake, reset, dryRun bool
	c := &cobra.Command{
		Use: "set JOB", Short: "Change when a job runs; nothing runs by that", Args: wants([]string{"JOB"}),
		Long: "Changes when a job runs, on all replicas within seconds. It never makes the job run by itself. What is set\n" +
			"so wins over config.yaml until --reset.",
		Example: "  notifier job set user_notifications --every 30m --dry-run\n  notifier job set user_notifications --cron '0 8-18 * * *' --timezone Europe/Warsaw",
	}
	c.RunE = func(c *cobra.Command, names []string) error {
		body := map[string]any{}
		for name, value := range map[string]string{"every": every, "cron": cron, "timezone": zone} {
			if c.Flags().Changed(name) {
				body[name] = value
			}
		}
		if c.Flags().Changed("wake") {
			body["wake"] = wake
		}
		if reset {
			body["reset"] = true
		}
		if !dryRun {
			return s.withDoor(c, func(ctx context.Context, d *door) error {
				return s.printJob(ctx, c, d, apiRequest{method: http.MethodPatch, path: path("jobs", names[0]), body: body})
			})
		}
		return s.withDoor(c, func(ctx context.Context, d *door) error {
			now, _, err := ask[line](ctx, d, apiRequest{method: http.MethodGet, path: path("jobs", names[0])})
			if err != nil {
				return err
			}
			compiled, err := patchOf(body).Apply(schedule.Spec{Every: now.Every, Cron: now.Cron, Timezone: now.Timezone}).Compile()
			if err != nil {
				return err
			}
			fmt.Fprintf(c.OutOrStdout(), "next runs: %s\n", times(compiled.NextN(time.Now(), 5), cmp.Or(compiled.Spec().Timezone, "UTC")))
			note(c, "Nothing was changed, and nothing runs now.")
			return nil
		})
	}
	f := c.Flags()
	f.StringVar(&every, "every", "", "a `period` on the clock, from 1s to 168h, as in 3m")
	f.StringVar(&cron, "cron", "", "five cron `fields` instead, as in '0 * * * *'")
	f.StringVar(&zone, "timezone", "", "the `zone` of --cron (default: the one that it has, or UTC)")
	f.BoolVar(&wake, "wake", true, "whether new work starts a run between two ticks")
	f.BoolVar(&reset, "reset", false, "go back to what config.yaml says")
	f.BoolVar(&dryRun, "dry-run", false, "only say when it would run")
	return c
}

// patchOf is what a body changes of when a job runs.
func patchOf(body map[string]any) (p schedule.Patch) {
	for name, into := range map[string]**string{"every": &p.Every, "cron": &p.Cron, "timezone": &p.Timezone} {
		if text, given := body[name].(string); given {
			*into = &text
		}
	}
	return p
}

func runCommand(s *shared) *cobra.Command {
	timeout := 10 * time.Minute
	wait := true
	c := s.verb("run JOB", "Run a job once, now; its schedule stays as it is", func(ctx context.Context, c *cobra.Command, d *door, names []string) error {
		r, raw, err := ask[schedule.Run](ctx, d, apiRequest{method: http.MethodPost, path: path("jobs", names[0], "run")})
		if err != nil {
			return err
		}
		if wait {
			if r, raw, err = d.ended(ctx, r, timeout); err != nil {
				return err
			}
		}
		if err := listing.Row(s.printer(c), raw, runColumns); err != nil {
			return err
		}
		if r.Error != "" {
			return fmt.Errorf("the run failed: %s. notifier doctor looks for what is wrong", r.Error)
		}
		return nil
	})
	c.Flags().BoolVar(&wait, "wait", true, "wait for its end")
	c.Flags().DurationVar(&timeout, "timeout", timeout, "how `long` to wait")
	return c
}

// ended waits for the end of a run.
func (d *door) ended(ctx context.Context, r schedule.Run, timeout time.Duration) (schedule.Run, []byte, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, errTimeout)
	defer cancel()
	for wait := askSoon; ; wait = min(2*wait, askLate) {
		q := url.Values{"limit": {"50"}}
		page, _, err := ask[listing.Page](ctx, d, apiRequest{method: http.MethodGet, path: path("jobs", r.Job, "runs"), query: q})
		if err != nil {
			return r, nil, timedOut(ctx, err)
		}
		for _, raw := range page.Data {
			var one schedule.Run
			if err := json.Unmarshal(raw, &one); err != nil {
				return r, nil, err
			}
			if one.ID == r.ID && !one.EndedAt.IsZero() {
				return one, raw, nil
			}
		}
		if err := pause(ctx, wait); err != nil {
			return r, nil, timedOut(ctx, err)
		}
	}
}

// errTimeout is why a command waits no longer.
var errTimeout = errors.New("it took longer than --timeout allows; it goes on without this command")

// timedOut tells the end of patience from Ctrl-C.
func timedOut(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); errors.Is(cause, errTimeout) {
		return cause
	}
	return err
}
