// Package intake is the front desk: it puts what callers say into the right tray.
//
// It checks everything before it stores anything. What it answers is committed.
package intake

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"time"

	"notifier/deadlines"
	"notifier/letter"
	"notifier/message"
	"notifier/preferences"
	"notifier/request"
	"notifier/schedule"
)

// Answers accept requests, and remember what was answered by idempotency key.
type Answers interface {
	Accept(ctx context.Context, at time.Time, tray request.Tray) (answered []byte, err error)
	// Answered is what the request with that key was told; nil if there was none.
	Answered(ctx context.Context, site string, k request.Key) ([]byte, error)
	// AnswerOnce keeps the answer of a request, unless there is one already.
	AnswerOnce(ctx context.Context, c request.Call, k request.Key) (answered []byte, err error)
}

// store is all that one value keeps for the desk.
type store interface {
	SiteRules
	People
	Groups
	Processes
	Operations
	Answers
	Messages
	Deadlines
	Erasure
	Suppressions
	Documents
	Templates
}

// Options say how an installation takes requests.
type Options struct {
	// Catalog are the kinds of this replica's configuration.
	Catalog preferences.Catalog
	// InForce are the kinds by the rules of a site; nil: Catalog.InForce.
	InForce  func(rules string) preferences.Catalog
	Calendar func(site string) deadlines.Calendar
	// CalendarBy is the same by what is in force, and asks nobody; nil: Calendar.
	CalendarBy func(site string, in preferences.Site) deadlines.Calendar
	Writer     letter.Writer
	// Domain is the right side of the Message-IDs.
	Domain string
	// Route finds the account of a message that may name it, or a sender: empty for the
	// site's own. What cannot be is a *fault.Invalid. If it is nil there is one account.
	Route func(site, account string, sender message.Address) (string, error)
	// NextFlush is the first run of Notifications after that time; zero if none is planned. It
	// may be nil.
	NextFlush func(after time.Time) time.Time
	// Departures is the timetable in force: when what is due leaves. It may be nil.
	Departures func() schedule.Departures
	// PageOf is where people see a message; nil if there is no such place.
	PageOf func(id message.ID) string
	// Wake is called when a message has become pending; nil if nobody wants to know.
	Wake func()
	// Later is called with when a message can leave that waits for its time; nil as Wake.
	Later func(at time.Time)
	// Operated is called with when a new operation begins; nil if nobody wants to know.
	Operated func(at time.Time)
}

// Desk takes requests.
type Desk struct {
	sites        SiteRules
	people       People
	groups       Groups
	processes    Processes
	operations   Operations
	answers      Answers
	messages     Messages
	deadlines    Deadlines
	erasure      Erasure
	suppressions Suppressions
	documents    Documents
	templates    Templates
	o            Options
}

// New makes a desk.
func New(kept store, o Options) *Desk {
	if o.InForce == nil {
		o.InForce = Remember(o.Catalog.InForce)
	}
	if o.CalendarBy == nil {
		o.CalendarBy = func(site string, _ preferences.Site) deadlines.Calendar { return o.Calendar(site) }
	}
	if o.Route == nil {
		o.Route = func(string, string, message.Address) (string, error) { return "", nil }
	}
	if o.NextFlush == nil {
		o.NextFlush = func(time.Time) time.Time { return time.Time{} }
	}
	if o.PageOf == nil {
		o.PageOf = func(message.ID) string { return "" }
	}
	if o.Wake == nil {
		o.Wake = func() {}
	}
	if o.Later == nil {
		o.Later = func(time.Time) {}
	}
	if o.Operated == nil {
		o.Operated = func(time.Time) {}
	}
	return &Desk{
		sites: kept, people: kept, groups: kept, processes: kept, operations: kept, answers: kept,
		messages: kept, deadlines: kept, erasure: kept, suppressions: kept, documents: kept, templates: kept,
		o: o,
	}
}

// tray begins the tray of a request; its answer is kept for repetitions.
func tray(c request.Call, asked, answer any) (request.Tray, error) {
	key, err := c.Once(asked, answer)
	return request.Tray{Site: c.Site, By: c.By, Posted: c.Posted, Key: key}, err
}

// accept stores a tray. If the same request was answered before, that answer is decoded
// into answer and replayed is true.
func (d *Desk) accept(ctx context.Context, c request.Call, t request.Tray, answer any) (replayed bool, err error) {
	if c.DryRun {
		return false, nil
	}
	answered, err := d.answers.Accept(ctx, c.At, t)
	if err != nil {
		return false, err
	}
	if answered != nil {
		return true, json.Unmarshal(answered, answer)
	}
	d.stir(t.Messages...)
	return false, nil
}

// stir lets messages leave: now, or when their time has come.
func (d *Desk) stir(all ...message.Message) {
	pending, next := false, time.Time{}
	for _, m := range all {
		pending = pending || m.Status == message.Pending
		if m.Status == message.Scheduled && (next.IsZero() || m.DueAt.Before(next)) {
			next = m.DueAt
		}
	}
	if pending {
		d.o.Wake()
	}
	if !next.IsZero() {
		d.o.Later(next)
	}
}

// before is what the same request was told before, decoded into answer. A repetition may
// come when it would be refused by now, as when a time in it has passed.
func (d *Desk) before(ctx context.Context, c request.Call, asked, answer any) (replayed bool) {
	if c.Key == "" || c.DryRun {
		return false
	}
	t, err := tray(c, asked, answer)
	if err != nil {
		return false
	}
	answered, err := d.answers.Answered(ctx, c.Site, *t.Key)
	return err == nil && answered != nil && json.Unmarshal(answered, answer) == nil
}

// again runs do until nobody has changed what it decided on meanwhile. Whoever loses time
// after time waits a moment, so that a crowd of changes cannot keep an event out.
func again(ctx context.Context, do func() error) error {
	for try := 1; ; try++ {
		err := do()
		if try == 50 || !errors.Is(err, message.ErrMoved) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(rand.N(time.Duration(min(try, 20)) * time.Millisecond)):
		}
	}
}
