package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"notifier/account"
	"notifier/deadlines"
	"notifier/jobs"
	"notifier/jobs/notifications"
	"notifier/mail"
	"notifier/message"
	"notifier/schedule"
	"notifier/settings"
	"notifier/simulate"
	"notifier/store"
)

func replayCommand(s *shared) *cobra.Command {
	var p planFlags
	var database, relay string
	c := &cobra.Command{
		Use: "replay", Short: "Run a journal through the real store and jobs, in virtual time",
		Long: "Runs a journal through the real store and the real jobs, in virtual time. The database is a new one:\n" +
			"a SQLite file that is deleted afterwards, or an empty one that --database names. Mail goes nowhere, or\n" +
			"to the relay that --smtp names. What is printed equals what simulate prints.",
		Example: `  notifier replay --journal journal.ndjson --until 2012-02-01T00:00:00Z --out mails.ndjson`,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			config, err := s.load()
			if err != nil {
				return err
			}
			o, err := p.options(config, p.set)
			if err != nil {
				return err
			}
			if database == "" {
				dir, err := os.MkdirTemp("", "notifier-replay-")
				if err != nil {
					return err
				}
				defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
				database = "sqlite:" + filepath.Join(dir, "replay.db")
			}
			config.Database.URL = database
			carrier, err := replayCourier(config, relay)
			if err != nil {
				return err
			}
			r, err := newReplay(c.Context(), config, carrier)
			if err != nil {
				return errors.Join(err, carrier.Close())
			}
			r.strict = p.strict
			mails, err := r.run(c, p, o)
			if err := errors.Join(err, r.house.close(), carrier.Close()); err != nil {
				return p.named(err)
			}
			if p.out == "" {
				return simulate.Compare(c.OutOrStdout(), planned{mails, r.unknown}.column("replayed"))
			}
			return p.write(c, planned{mails, r.unknown})
		},
	}
	p.add(c)
	c.Flags().StringVar(&database, "database", "", "an empty database to use, as in postgres://user@host/database")
	c.Flags().StringVar(&relay, "smtp", "", "a relay to hand the mails to, as in 127.0.0.1:2525")
	return c
}

// courier is what carries mail, and is closed at the end.
type courier interface {
	notifications.Courier
	Close() error
}

// replayCourier carries to the relay, or takes everything itself.
func replayCourier(c settings.Config, relay string) (courier, error) {
	if relay == "" {
		return sink{}, nil
	}
	host, port, err := net.SplitHostPort(relay)
	number, notNumber := strconv.Atoi(port)
	if err != nil || notNumber != nil {
		return nil, usageError{fmt.Errorf("--smtp %q is not a relay. Write host:port, as in 127.0.0.1:2525", relay)}
	}
	settings := c.SMTP.Mail(account.Default, c.DKIMKeys(), nil)
	settings.Host, settings.Port = host, number
	if settings.Tokens != nil { // a token of the account is not for this relay, and asking may use the refresh token up
		settings.Auth, settings.Tokens, settings.Username = "", nil, ""
	}
	if c.SMTP.Host == "" { // the account of the configuration is not meant for this relay
		settings.TLS, settings.Username = "none", ""
	}
	if settings.From.Email == "" {
		settings.From = message.Address{Name: "Workflow", Email: "workflow@example.org"}
	}
	return mail.New(settings, zap.NewNop())
}

// sink takes every mail.
type sink struct{}

func (sink) Ready(context.Context) error { return nil }
func (sink) Close() error                { return nil }
func (sink) Carry(_ context.Context, m message.Message, done func(message.Receipt)) {
	now := time.Now()
	done(message.Receipt{StartedAt: now, EndedAt: now, Tried: true, Accepted: m.Outstanding(), Code: 250, Response: "250 2.0.0 replayed"})
}

// witness notes which mail was handed over at which tick.
type witness struct {
	notifications.Courier
	mu   sync.Mutex
	tick time.Time
	sent []message.Message
	at   []time.Time
}

func (w *witness) Carry(ctx context.Context, m message.Message, done func(message.Receipt)) {
	w.Courier.Carry(ctx, m, func(r message.Receipt) {
		if len(r.Accepted) > 0 {
			w.mu.Lock()
			w.sent, w.at = append(w.sent, m), append(w.at, w.tick)
			w.mu.Unlock()
		}
		done(r)
	})
}

// replay is the service with a clock that jumps from one thing to do to the next.
type replay struct {
	house   *house
	witness *witness
	strict  bool
	unknown int // users who were named and skipped
}

func newReplay(ctx context.Context, c settings.Config, carrier notifications.Courier) (*replay, error) {
	s, err := store.Open(ctx, c.Database, zap.NewNop())
	if err != nil {
		return nil, err
	}
	c.Limits = notifications.Limits{} // a plan knows none
	r := &replay{house: &house{config: c, log: zap.NewNop(), replica: "replay", store: s}, witness: &witness{Courier: carrier}}
	r.house.closes(s.Close)
	r.house.current.out.Store(account.Unopened(c.Configured()))
	// The desk is there before the schema is brought up to date: what people inherit moves with it.
	err = r.house.wire(notifications.Only(&notifications.Account{Name: account.Default, Courier: r.witness}))
	if err == nil {
		err = r.house.migrate(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, r.house.close())
	}
	used, err := s.Messages(ctx, c.Site, message.Filter{Limit: 1})
	if err == nil && len(used) > 0 {
		err = usageError{errors.New("the database is not empty: a replay would mix with what is in it. Name an empty one with --database")}
	}
	if err != nil {
		return nil, errors.Join(err, r.house.close())
	}
	return r, nil
}

// work is a job and when the store says it next has something to do.
type work struct {
	schedule schedule.Schedule
	next     func(ctx context.Context, site string) (time.Time, error)
	run      jobs.Work
	wakes    bool // what is due starts a run, without waiting for a tick
	last     time.Time
}

// run takes the journal's lines and the jobs' ticks in the order of time, at one instant
// lines first, then Reminders, UserNotifications and Notifications.
func (r *replay) run(c *cobra.Command, p planFlags, o simulate.Options) ([]simulate.Mail, error) {
	in, size, err := openInput(c, p.journal)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	bar := newBar(size, "replaying")
	defer bar.end()
	journal := simulate.NewJournal(io.TeeReader(in, bar))
	h := r.house
	all := []*work{
		{schedule: o.Reminders, next: h.store.NextStep, run: h.remind.Run},
		{schedule: o.UserNotifications, next: h.store.NextWindow, run: h.promote.Run},
		{schedule: o.Notifications, next: h.store.NextDue, run: h.flush.Run, wakes: o.Wake},
	}
	ctx, now := c.Context(), time.Time{}
	for {
		line, err := journal.Next()
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		ended := err != nil || line.At.After(o.Until)
		end := line.At
		if ended {
			end = o.Until.Add(1)
		}
		if err := r.ticks(ctx, all, now, end); err != nil {
			return nil, err
		}
		if ended {
			return r.mails(ctx)
		}
		now = line.At
		if err := r.take(ctx, line); err != nil {
			return nil, &simulate.LineError{Number: line.Number, Err: err}
		}
	}
}

// ticks runs the jobs at their ticks from now until before end. A tick at which the store
// has nothing due is passed over: the job would look and go.
func (r *replay) ticks(ctx context.Context, all []*work, now, end time.Time) error {
	for {
		var next *work
		var at time.Time
		for _, w := range all {
			tick, err := w.tick(ctx, r.house.config.Site, now)
			if err != nil {
				return err
			}
			if !tick.IsZero() && (next == nil || tick.Before(at)) {
				next, at = w, tick
			}
		}
		if next == nil || !at.Before(end) {
			return nil
		}
		now, next.last, r.witness.tick = at, at, at
		if _, err := next.run(ctx, at); err != nil {
			return fmt.Errorf("at %s: %w", at.Format(time.RFC3339), err)
		}
	}
}

// tick is the first tick of the job, not before now, at which it has something to do.
func (w *work) tick(ctx context.Context, site string, now time.Time) (time.Time, error) {
	due, err := w.next(ctx, site)
	if err != nil || due.IsZero() {
		return time.Time{}, err
	}
	from := due
	if from.Before(now) {
		from = now
	}
	if !from.After(w.last) {
		from = w.last.Add(1)
	}
	if w.wakes {
		return from, nil
	}
	return w.schedule.Next(from.Add(-1)), nil
}

// take hands a line of the journal to the front desk.
func (r *replay) take(ctx context.Context, l simulate.Line) (err error) {
	desk, call := r.house.desk, message.Call{Site: r.house.config.Site, At: l.At, By: "journal", Strict: r.strict}
	switch {
	case l.Event != nil:
		var noted message.Noted
		noted, _, err = desk.Notify(ctx, call, *l.Event)
		for _, d := range noted.Recipients {
			r.skipped(d.Reason)
		}
	case l.Process != nil:
		err = desk.SetProcess(ctx, call, *l.Process)
	case l.Draft != nil:
		var taken message.Taken
		taken, _, err = desk.SendMessage(ctx, call, *l.Draft)
		for _, t := range taken.Messages {
			r.skipped(t.Reason)
		}
	case l.Deadline != nil:
		var set deadlines.Deadline
		set, err = desk.SetDeadline(ctx, call, *l.Deadline)
		r.unknown += len(set.Unknown)
	case l.User != nil:
		_, err = desk.SetUser(ctx, call, *l.User)
	case l.Preferences != nil:
		_, err = desk.SetPreferences(ctx, call, l.Preferences.User, l.Preferences.Preferences)
	default:
		err = desk.ClearDeadline(ctx, call, l.Cleared)
	}
	return r.passOver(err)
}

func (r *replay) skipped(why message.Reason) {
	if why == message.UnknownUser {
		r.unknown++
	}
}

// passOver forgives a line that was refused because nobody whom it names is known, as
// simulate does, unless the replay is strict.
func (r *replay) passOver(err error) error {
	refused, ok := errors.AsType[*message.Invalid](err)
	if !ok || r.strict {
		return err
	}
	for _, f := range refused.Faults {
		if f.Code != "unknown_user" || strings.HasPrefix(f.Pointer, "/reply_to") || f.Pointer == "/sender" {
			return err
		}
	}
	r.unknown += len(refused.Faults)
	return nil
}

// mails is what was handed over, as the store keeps it.
func (r *replay) mails(ctx context.Context) ([]simulate.Mail, error) {
	var mails []simulate.Mail
	for i, m := range r.witness.sent {
		mail := simulate.Mail{At: r.witness.at[i], To: m.Recipients(), Type: m.Type, Items: []string{m.Reference}, Since: []time.Time{m.CreatedAt}, Due: m.QueuedAt}
		switch m.Type {
		case message.Single:
			mail.Since = []time.Time{m.OccurredAt}
		case message.Digest:
			items, err := r.house.store.Items(ctx, m.Site, m.ID)
			if err != nil {
				return nil, err
			}
			mail.Items, mail.Since = nil, nil
			for _, item := range items {
				mail.Items, mail.Since = append(mail.Items, item.Reference), append(mail.Since, item.OccurredAt)
			}
		}
		mails = append(mails, mail)
	}
	simulate.Sort(mails)
	return mails, nil
}
