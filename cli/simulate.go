package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"notifier/fault"
	"notifier/schedule"
	"notifier/settings"
	"notifier/simulate"
)

// planFlags are what simulate and replay share.
type planFlags struct {
	journal, until, out string
	set                 []string
	strict              bool
}

func (p *planFlags) add(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&p.journal, "journal", "", "`file` with a journal, an operation a line; - reads standard input")
	f.StringVar(&p.until, "until", "", "`time` of the end, as in 2012-02-01T00:00:00Z; what is handed over later is not printed")
	f.StringArrayVar(&p.set, "set", nil, "another `schedule`, as in notifications=10m, notifications=3m,wake=true (mail that is due leaves at once) or user_notifications=\"0 8 * * * Europe/Warsaw\"; may be repeated")
	f.StringVar(&p.out, "out", "", "`file` for a line a mail; - is standard output (default: a summary)")
	f.BoolVar(&p.strict, "strict", false, "stop at a line that names an unknown user, instead of skipping that user")
}

// options are what the flags and the configuration say.
func (p *planFlags) options(c settings.Config, set []string) (simulate.Options, error) {
	o := simulate.Options{Strict: p.strict, Catalog: c.Kinds, Zone: c.TimezoneOf(c.Site), Calendar: c.Calendar(c.Site)}
	if p.journal == "" {
		return o, usageError{errors.New("which journal? Name it with --journal FILE")}
	}
	if p.until == "" {
		return o, usageError{errors.New("until when? Write --until 2012-02-01T00:00:00Z")}
	}
	until, err := time.Parse(time.RFC3339, p.until)
	if err != nil {
		return o, usageError{fmt.Errorf("--until %q is not a time. Write it as 2012-02-01T00:00:00Z", p.until)}
	}
	if err := fault.CheckTime(until); err != nil {
		return o, usageError{fmt.Errorf("--until: %w", err)}
	}
	o.Until = until.UTC()
	specs := c.Jobs.Specs()
	for _, text := range set {
		name, value, _ := strings.Cut(text, "=")
		if _, known := specs[name]; !known {
			return o, usageError{fmt.Errorf("--set %q names no job.%s. Write it as notifications=3m", text, fault.Suggest(name, slices.Sorted(maps.Keys(specs))))}
		}
		patch, wake, err := schedule.ParseSet(name, strings.Trim(value, `"'`))
		if err != nil {
			return o, usageError{fmt.Errorf("--set %s: %w", name, err)}
		}
		compiled, err := patch.Apply(specs[name]).Compile()
		if err != nil {
			return o, usageError{fmt.Errorf("--set %s: %w", name, err)}
		}
		if wake != nil {
			o.Wake = *wake
		}
		specs[name] = compiled.Spec()
	}
	for _, name := range schedule.Public() {
		if *o.Of(name), err = specs[name].Compile(); err != nil {
			return o, err
		}
	}
	return o, nil
}

func simulateCommand(s *shared) *cobra.Command {
	var p planFlags
	var setB []string
	c := &cobra.Command{
		Use: "simulate", Short: "Plan what a journal leads to, in virtual time; nothing is stored or sent",
		Long: "Plans what the operations of a journal lead to, with the schedules of the configuration or others. Nothing\n" +
			"is stored or sent. Without --out it prints a summary for people, with --set-b of two schedules side by side.\n" +
			"A journal has a JSON object on each line, in time order:\n\n" +
			`  {"at": "2026-03-27T07:00:00Z", "do": "set_user", "user": "anna", "email": "anna@example.org", "timezone": "Europe/Warsaw"}
  {"at": "2026-03-27T07:00:00Z", "do": "set_preferences", "user": "anna", "case_changed": "daily", "daily_at": "08:00"}
  {"at": "2026-03-27T07:12:09Z", "do": "notify", "id": "e1", "kind": "case_changed", "users": ["anna"], "summary": "Jan commented"}
  {"at": "2026-03-27T07:30:00Z", "do": "send_message", "id": "m1", "to": ["guest@example.net"], "subject": "Receipt", "text": "…"}
  {"at": "2026-03-27T08:00:00Z", "do": "set_deadline", "key": "C-1", "users": ["anna"], "due_at": "2026-03-31T09:00:00Z", "remind_before": ["24h"]}
  {"at": "2026-03-28T08:00:00Z", "do": "clear_deadline", "key": "C-1"}`,
		Example: `  notifier simulate --journal journal.ndjson --until 2012-02-01T00:00:00Z
  notifier simulate --journal journal.ndjson --until 2012-02-01T00:00:00Z --out mails.ndjson
  notifier simulate --journal journal.ndjson --until 2012-02-01T00:00:00Z --set notifications=10m --set-b user_notifications="*/30 * * * *"`,
		RunE: func(c *cobra.Command, _ []string) error {
			config, err := s.load()
			if err != nil {
				return err
			}
			return p.simulate(c, config, setB)
		},
	}
	p.add(c)
	c.Flags().StringArrayVar(&setB, "set-b", nil, "as --set: a second `schedule`, to see both side by side")
	return c
}

// simulate plans the journal with one schedule, or with two.
func (p *planFlags) simulate(c *cobra.Command, config settings.Config, setB []string) error {
	o, err := p.options(config, p.set)
	if err != nil {
		return err
	}
	other, err := p.options(config, slices.Concat(p.set, setB))
	if err != nil {
		return err
	}
	if len(setB) > 0 && p.out != "" {
		return usageError{errors.New("--set-b shows two schedules side by side, --out writes the mails of one. Leave one of them out")}
	}
	in, size, err := openInput(c, p.journal)
	if err != nil {
		return err
	}
	defer in.Close()
	if len(setB) > 0 { // standard input can be read only once
		content, err := io.ReadAll(in)
		if err != nil {
			return err
		}
		first, err := p.plan(bytes.NewReader(content), size, o)
		if err != nil {
			return err
		}
		second, err := p.plan(bytes.NewReader(content), size, other)
		if err != nil {
			return err
		}
		return simulate.Compare(c.OutOrStdout(), first.column("now"), second.column("try"))
	}
	planned, err := p.plan(in, size, o)
	if err != nil {
		return err
	}
	if p.out == "" {
		return simulate.Compare(c.OutOrStdout(), planned.column("now"))
	}
	return p.write(c, planned)
}

// planned is what a journal leads to.
type planned struct {
	mails   []simulate.Mail
	unknown int // users who were named and skipped
}

func (p planned) column(title string) simulate.Column {
	s := simulate.Summarize(p.mails)
	s.Unknown = p.unknown
	return simulate.Column{Title: title, Summary: s}
}

// plan simulates a journal, with a bar on a terminal.
func (p *planFlags) plan(in io.Reader, size int64, o simulate.Options) (all planned, err error) {
	bar := newBar(size, "planning")
	defer bar.end()
	o.Unknown = func(string) { all.unknown++ }
	all.mails, err = simulate.Plan(simulate.NewJournal(io.TeeReader(in, bar)), o)
	return all, p.named(err)
}

// named says which journal a line is of.
func (p *planFlags) named(err error) error {
	var line *simulate.LineError
	if errors.As(err, &line) {
		return fmt.Errorf("%s: %w", p.journal, err)
	}
	return err
}

// write writes a line a mail.
func (p *planFlags) write(c *cobra.Command, all planned) error {
	mails := all.mails
	if all.unknown > 0 {
		fmt.Fprintf(c.ErrOrStderr(), "%s skipped: unknown. --strict stops there instead\n", count(all.unknown, "user"))
	}
	if p.out == "-" {
		return simulate.Write(c.OutOrStdout(), mails)
	}
	if same(p.out, p.journal) {
		return usageError{errors.New("--out names the journal itself. Name another file")}
	}
	f, err := os.Create(p.out)
	if err != nil {
		return usageError{err}
	}
	if err := errors.Join(simulate.Write(f, mails), f.Close()); err != nil {
		return err
	}
	fmt.Fprintf(c.ErrOrStderr(), "%s written to %s\n", count(len(mails), "mail"), p.out)
	return nil
}

// same tells whether two names are of one file.
func same(a, b string) bool {
	first, err := os.Stat(a)
	if err != nil {
		return false
	}
	second, err := os.Stat(b)
	return err == nil && os.SameFile(first, second)
}

// bar shows how much of a journal is read, on a terminal only.
type bar struct{ *progressbar.ProgressBar }

func newBar(size int64, doing string) bar {
	if size == 0 || !term.IsTerminal(int(os.Stderr.Fd())) {
		return bar{}
	}
	return bar{progressbar.NewOptions64(size, progressbar.OptionSetDescription(doing), progressbar.OptionSetWriter(os.Stderr),
		progressbar.OptionShowBytes(true), progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish(),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSetWidth(30))}
}

func (b bar) Write(read []byte) (int, error) {
	if b.ProgressBar != nil {
		_ = b.Add(len(read)) // a bar that cannot be drawn is no reason to stop
	}
	return len(read), nil
}

func (b bar) end() {
	if b.ProgressBar != nil {
		_ = b.Finish()
	}
}
