package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"notifier/schedule"
	"notifier/simulate"
)

// planFlags are what simulate and replay share.
type planFlags struct {
	journal, until, out string
	set                 []string
}

func (p *planFlags) add(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&p.journal, "journal", "", "journal, an operation a line; - reads standard input")
	f.StringVar(&p.until, "until", "", "end of the plan, as in 2012-02-01T00:00:00Z; what is handed over later is not printed")
	f.StringArrayVar(&p.set, "set", nil, `another schedule, as in notifications=10m or user_notifications="*/30 * * * *"; may be repeated`)
	f.StringVar(&p.out, "out", "", "where to write a line a mail; - is standard output (default: a summary)")
}

// options are what the flags and the configuration say.
func (p *planFlags) options(c Config, set []string) (simulate.Options, error) {
	o := simulate.Options{Catalog: c.Kinds, Zone: c.Timezone, Calendar: c.calendar()}
	if p.journal == "" {
		return o, usageError{errors.New("which journal? Name it with --journal FILE")}
	}
	until, err := time.Parse(time.RFC3339, p.until)
	if err != nil {
		return o, usageError{fmt.Errorf("--until %q is not a time. Write it as 2012-02-01T00:00:00Z", p.until)}
	}
	o.Until = until.UTC()
	specs := map[string]schedule.Spec{
		schedule.Notifications: c.Jobs.Notifications.Spec, schedule.UserNotifications: c.Jobs.UserNotifications.Spec, schedule.Reminders: c.Jobs.Reminders.Spec,
	}
	for _, text := range set {
		name, value, _ := strings.Cut(text, "=")
		if _, known := specs[name]; !known {
			return o, usageError{fmt.Errorf("--set %q names no job. Write notifications=3m, user_notifications=… or reminders=…", text)}
		}
		spec, err := schedule.ParseSpec(strings.Trim(value, `"'`))
		if err != nil {
			return o, usageError{fmt.Errorf("--set %s: %w", name, err)}
		}
		specs[name] = spec
	}
	o.Notifications, err = specs[schedule.Notifications].Compile()
	if err == nil {
		o.UserNotifications, err = specs[schedule.UserNotifications].Compile()
	}
	if err == nil {
		o.Reminders, err = specs[schedule.Reminders].Compile()
	}
	return o, err
}

func simulateCommand(s *shared) *cobra.Command {
	var p planFlags
	var setB []string
	c := &cobra.Command{
		Use: "simulate", Short: "Plan what a journal leads to, in virtual time; nothing is stored or sent",
		Example: `  notifier simulate --journal journal.ndjson --until 2012-02-01T00:00:00Z
  notifier simulate --journal journal.ndjson --until 2012-02-01T00:00:00Z --set-b user_notifications=30m`,
		RunE: func(c *cobra.Command, _ []string) error {
			config, err := s.load()
			if err != nil {
				return err
			}
			o, err := p.options(config, p.set)
			if err != nil {
				return err
			}
			mails, err := p.plan(c, o)
			if err != nil {
				return err
			}
			if p.out != "" {
				return p.write(c, mails)
			}
			columns := []simulate.Column{{Title: "now", Summary: simulate.Summarize(mails)}}
			if len(setB) > 0 {
				o, err := p.options(config, append(p.set, setB...))
				if err != nil {
					return err
				}
				tried, err := p.plan(c, o)
				if err != nil {
					return err
				}
				columns = append(columns, simulate.Column{Title: "try", Summary: simulate.Summarize(tried)})
			}
			return simulate.Compare(c.OutOrStdout(), columns...)
		},
	}
	p.add(c)
	c.Flags().StringArrayVar(&setB, "set-b", nil, "a second schedule, to see both side by side")
	return c
}

// plan simulates the journal, with a bar on a terminal.
func (p *planFlags) plan(c *cobra.Command, o simulate.Options) ([]simulate.Mail, error) {
	in, size, err := openInput(c, p.journal)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	bar := newBar(size, "planning")
	mails, err := simulate.Plan(simulate.NewJournal(io.TeeReader(in, bar)), o)
	bar.end()
	return mails, p.named(err)
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
func (p *planFlags) write(c *cobra.Command, mails []simulate.Mail) error {
	if p.out == "-" {
		return simulate.Write(c.OutOrStdout(), mails)
	}
	f, err := os.Create(p.out)
	if err != nil {
		return usageError{err}
	}
	return errors.Join(simulate.Write(f, mails), f.Close())
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
