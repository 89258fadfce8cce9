package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"notifier/account"
	"notifier/deadlines"
	"notifier/fault"
	"notifier/jobs"
	"notifier/jobs/notifications"
	"notifier/message"
	"notifier/request"
	"notifier/schedule"
	"notifier/settings"
	"notifier/simulate"
	"notifier/store"
)

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

// ErrNotEmpty is that a replay was given a database with messages.
var ErrNotEmpty = errors.New("the database is not empty: a replay would mix with what is in it. Name an empty one with --database")

// Replay is the service with a clock that jumps from one thing to do to the next.
type Replay struct {
	service *Service
	witness *witness
	// Strict refuses lines that name nobody who is known.
	Strict bool
	// Unknown counts users who were named and skipped.
	Unknown int
}

// NewReplay makes the service of a replay, on a database that must be empty.
func NewReplay(ctx context.Context, c settings.Config, carrier notifications.Courier) (*Replay, error) {
	s, err := store.Open(ctx, c.Database, zap.NewNop())
	if err != nil {
		return nil, err
	}
	c.Limits = notifications.Limits{} // a plan knows none
	r := &Replay{service: &Service{config: c, log: zap.NewNop(), replica: "replay", store: s}, witness: &witness{Courier: carrier}}
	r.service.closes(s.Close)
	r.service.current.out.Store(account.Unopened(c.Configured()))
	// The desk is there before the schema is brought up to date: what people inherit moves with it.
	err = r.service.wire(notifications.Only(&notifications.Account{Name: account.Default, Courier: r.witness}))
	if err == nil {
		err = r.service.Migrate(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, r.service.Close())
	}
	used, err := s.Messages(ctx, c.Site, message.Filter{Limit: 1})
	if err == nil && len(used) > 0 {
		err = ErrNotEmpty
	}
	if err != nil {
		return nil, errors.Join(err, r.service.Close())
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

// Run takes the journal's lines and the jobs' ticks in the order of time, at one instant
// lines first, then Reminders, UserNotifications and Notifications.
func (r *Replay) Run(ctx context.Context, in io.Reader, o simulate.Options) ([]simulate.Mail, error) {
	journal := simulate.NewJournal(in)
	h := r.service
	all := []*work{
		{schedule: o.Reminders, next: h.store.NextStep, run: h.remind.Run},
		{schedule: o.UserNotifications, next: h.store.NextWindow, run: h.promote.Run},
		{schedule: o.Notifications, next: h.store.NextDue, run: h.flush.Run, wakes: o.Wake},
	}
	now := time.Time{}
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
func (r *Replay) ticks(ctx context.Context, all []*work, now, end time.Time) error {
	for {
		var next *work
		var at time.Time
		for _, w := range all {
			tick, err := w.tick(ctx, r.service.config.Site, now)
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
func (r *Replay) take(ctx context.Context, l simulate.Line) (err error) {
	desk, call := r.service.desk, request.Call{Site: r.service.config.Site, At: l.At, By: "journal", Strict: r.Strict}
	switch {
	case l.Event != nil:
		var noted request.Noted
		noted, _, err = desk.Notify(ctx, call, *l.Event)
		for _, d := range noted.Recipients {
			r.skipped(d.Reason)
		}
	case l.Process != nil:
		err = desk.SetProcess(ctx, call, *l.Process)
	case l.Draft != nil:
		var taken request.Taken
		taken, _, err = desk.SendMessage(ctx, call, *l.Draft)
		for _, t := range taken.Messages {
			r.skipped(t.Reason)
		}
	case l.Deadline != nil:
		var set deadlines.Deadline
		set, _, err = desk.SetDeadline(ctx, call, *l.Deadline)
		r.Unknown += len(set.Unknown)
	case l.User != nil:
		_, err = desk.SetUser(ctx, call, *l.User)
	case l.Preferences != nil:
		_, err = desk.SetPreferences(ctx, call, l.Preferences.User, l.Preferences.Preferences)
	default:
		err = desk.ClearDeadline(ctx, call, l.Cleared)
	}
	return r.passOver(err)
}

func (r *Replay) skipped(why message.Reason) {
	if why == message.UnknownUser {
		r.Unknown++
	}
}

// passOver forgives a line that was refused because nobody whom it names is known, as
// simulate does, unless the replay is strict.
func (r *Replay) passOver(err error) error {
	refused, ok := errors.AsType[*fault.Invalid](err)
	if !ok || r.Strict {
		return err
	}
	for _, f := range refused.Faults {
		if f.Code != "unknown_user" || strings.HasPrefix(f.Pointer, "/reply_to") || f.Pointer == "/sender" {
			return err
		}
	}
	r.Unknown += len(refused.Faults)
	return nil
}

// mails is what was handed over, as the store keeps it.
func (r *Replay) mails(ctx context.Context) ([]simulate.Mail, error) {
	var mails []simulate.Mail
	for i, m := range r.witness.sent {
		mail := simulate.Mail{At: r.witness.at[i], To: m.Recipients(), Type: m.Type, Items: []string{m.Reference}, Since: []time.Time{m.CreatedAt}, Due: m.QueuedAt}
		switch m.Type {
		case message.Single:
			mail.Since = []time.Time{m.OccurredAt}
		case message.Digest:
			items, err := r.service.store.Items(ctx, m.Site, m.ID)
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

// Close ends the service of the replay.
func (r *Replay) Close() error { return r.service.Close() }
