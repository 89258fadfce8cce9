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
	"notifier/message/document"
	"notifier/preferences"
	"notifier/request"
	"notifier/schedule"
	"notifier/template"
)

// Store is what the desk needs of the store.
type Store interface {
	// InForce is what people inherit of the site, as it was a moment ago, and InForceNow as it is.
	InForce(ctx context.Context, site string) (preferences.Site, error)
	InForceNow(ctx context.Context, site string) (preferences.Site, error)
	// Moving lists the sites whose waiting notifications are to be moved, and MoveInherited moves
	// those of the next n users of one; MoveDeadlines then moves its deadlines.
	Moving(ctx context.Context) ([]string, error)
	MoveInherited(ctx context.Context, c request.Call, n int, again func(u preferences.User, in preferences.Site) func(message.Message) message.Message) (more bool, err error)
	MoveDeadlines(ctx context.Context, c request.Call, n int, again func(d deadlines.Deadline, in preferences.Site) deadlines.Deadline) (more bool, err error)
	Users(ctx context.Context, site string, ids []string) (map[string]preferences.User, error)
	UserList(ctx context.Context, site, after string, n int) ([]preferences.User, error)
	// AddressIDs tells which of the texts were ids of users who are erased; nil where no id of a user
	// looks like an address.
	AddressIDs(ctx context.Context, site string, texts []string) (erased map[string]bool, err error)
	Groups(ctx context.Context, site string, ids []string) (map[string][]string, error)
	// ChangesOf lists the last n changes of one subject, the newest first.
	ChangesOf(ctx context.Context, site, subject string, n int) ([]message.Change, error)
	GroupList(ctx context.Context, site, after string, n int) ([]preferences.Group, error)
	RemoveGroup(ctx context.Context, site, id string) error
	SaveGroup(ctx context.Context, site, id string, users []string, at time.Time) error
	// SaveUser stores a user if it is still at the version that u has (0: new), and changes
	// what waits for it as again says: DueAt, Setting and Reason.
	SaveUser(ctx context.Context, c request.Call, u preferences.User, again func(message.Message) message.Message) error
	Process(ctx context.Context, site, id string) (preferences.Process, error)
	SaveProcess(ctx context.Context, c request.Call, p preferences.Process) error
	// AddOperation tells the operation that the same request with that key (nil: none) began.
	AddOperation(ctx context.Context, k *request.Key, o request.Operation) (begun request.Operation, replayed bool, err error)
	BeginOperation(ctx context.Context, site string, id message.ID, at time.Time) error
	Accept(ctx context.Context, at time.Time, tray request.Tray) (answered []byte, err error)
	// Answered is what the request with that key was told; nil if there was none.
	Answered(ctx context.Context, site string, k request.Key) ([]byte, error)
	// AnswerOnce keeps the answer of a request, unless there is one already.
	AnswerOnce(ctx context.Context, c request.Call, k request.Key) (answered []byte, err error)
	// Change is Replace for what the message says, too, unless the request with that key (nil:
	// none) was answered before.
	Change(ctx context.Context, c request.Call, k *request.Key, before, after message.Message, why ...message.Decided) (answered []byte, err error)
	Count(ctx context.Context, site string, f message.Filter, guess bool) (message.Counted, error)
	// SaveDeadline sets a deadline with records of whom it cannot remind, unless the
	// request with that key (nil: none) was answered before.
	SaveDeadline(ctx context.Context, c request.Call, k *request.Key, d deadlines.Deadline, skipped ...message.Message) (saved deadlines.Deadline, replayed bool, err error)
	ClearDeadline(ctx context.Context, c request.Call, key string) error
	Message(ctx context.Context, site string, id message.ID) (message.Message, error)
	// Decisions lists what was decided of a message, the first first.
	Decisions(ctx context.Context, m message.Message) ([]message.Decided, error)
	Find(ctx context.Context, site string, f message.Filter) (message.Found, error)
	// EraseUser tells how many groups and deadlines named the user, and whether it was known.
	EraseUser(ctx context.Context, c request.Call, p message.Someone) (e message.Erased, known bool, err error)
	EraseMessages(ctx context.Context, site string, p message.Someone, ms []message.Message) error
	Messages(ctx context.Context, site string, f message.Filter) ([]message.Message, error)
	Failed(ctx context.Context, site string, after message.ID, n int) ([]message.Message, error)
	// Replace notes why, as far as the message itself does not tell.
	Replace(ctx context.Context, before, after message.Message, why ...message.Decided) error
	Suppress(ctx context.Context, site string, s message.Suppression) error
	Suppression(ctx context.Context, site, address string) (message.Suppression, error)
	Unsuppress(ctx context.Context, site, address string) error
	Suppressed(ctx context.Context, site string, addresses []string) (map[string]message.Suppression, error)
	UnsuppressAll(ctx context.Context, site string, f message.SuppressionFilter) (int, error)
	CountSuppressions(ctx context.Context, site string, f message.SuppressionFilter) (int, error)
	Document(ctx context.Context, site, collection, id string) (document.Document, error)
	// SaveDocument stores a document if it is still at its version (0: new), unless the request
	// with that key (nil: none) was answered before.
	SaveDocument(ctx context.Context, c request.Call, k *request.Key, d document.Document) (replayed bool, err error)
	Template(ctx context.Context, site, name string) (template.Template, error)
	Partials(ctx context.Context, site string) (map[string]template.Template, error)
	// SaveTemplates fails with a *request.ChangedError where the call is for another version.
	SaveTemplates(ctx context.Context, c request.Call, all ...template.Template) error
	RemoveTemplate(ctx context.Context, site, name string) error
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
	store Store
	o     Options
}

// New makes a desk.
func New(store Store, o Options) *Desk {
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
	return &Desk{store: store, o: o}
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
	answered, err := d.store.Accept(ctx, c.At, t)
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
	answered, err := d.store.Answered(ctx, c.Site, *t.Key)
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
