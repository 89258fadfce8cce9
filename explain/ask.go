package explain

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"notifier/deadlines"
	"notifier/fault"
	"notifier/message"
	"notifier/request"
	"notifier/schedule"
)

// Obstacles are what keeps mail from leaving.
type Obstacles interface {
	Suppressed(ctx context.Context, site string, addresses []string) (map[string]message.Suppression, error)
	Pauses(ctx context.Context, site string) ([]message.Pause, error)
	// Refusals lists the last n requests that led to nothing and named that case or user.
	Refusals(ctx context.Context, site, caseID string, users []string, since time.Time, n int) ([]request.Refusal, error)
}

// People are whom messages are for, and what was chosen for them.
type People interface {
	Zone(ctx context.Context, site string) (string, error)
	// Person finds a user by id or by address; message.ErrNotFound if there is none.
	Person(ctx context.Context, site, idOrAddress string) (message.Person, error)
	// ChangesOf lists the last n changes of a user, deadline or process, the newest first.
	ChangesOf(ctx context.Context, site, subject string, n int) ([]message.Change, error)
	DeadlinesOf(ctx context.Context, site, caseID string, n int) ([]deadlines.Deadline, error)
}

// History is what is kept of messages.
type History interface {
	Message(ctx context.Context, site string, id message.ID) (message.Message, error)
	Messages(ctx context.Context, site string, f message.Filter) ([]message.Message, error)
	Attempts(ctx context.Context, m message.Message) ([]message.Attempt, error)
	Retries(ctx context.Context, m message.Message) ([]message.Retried, error)
	Decisions(ctx context.Context, m message.Message) ([]message.Decided, error)
	Items(ctx context.Context, site string, digest message.ID) ([]message.Message, error)
}

// store is all that one value keeps.
type store interface {
	History
	People
	Obstacles
}

// Jobs says how a job stands.
type Jobs func(ctx context.Context, name string) (Job, error)

// Desk answers questions.
type Desk struct {
	history   History
	people    People
	obstacles Obstacles
	jobs      Jobs
}

// New makes a desk.
func New(kept store, jobs Jobs) *Desk {
	return &Desk{history: kept, people: kept, obstacles: kept, jobs: jobs}
}

// Question is whose mail is asked about, and about what; a message, a user or a case is needed.
type Question struct {
	Site string
	// Message is the one that is asked about; empty: the newest that fits the rest.
	Message message.ID
	Lang    string // what the reader speaks: a tag, or a list as browsers send it; English if empty
	Zone    string // of the reader, in which times are written; empty: that of the person
	User    string // an id, or an address
	Case    string
	Kind    message.Kind
	Since   time.Time // zero: ever
}

// Check tells what is wrong with the question as *fault.Invalid, or nil.
func (q Question) Check() error {
	var bad fault.Invalid
	if q.User == "" && q.Case == "" && q.Message == "" {
		bad.Add("query.user", "missing", "whose mail, or about what? Give user, or case, or both")
	}
	bad.Check("query.user", "bad_text", fault.CheckLine(q.User, message.MaxLine))
	bad.Check("query.case", "bad_text", fault.CheckLine(q.Case, message.MaxLine))
	bad.Check("query.kind", "bad_text", fault.CheckLine(string(q.Kind), message.MaxLine))
	return bad.Err()
}

// How much is looked at for a question, and shown of it.
const (
	looked   = 200
	others   = 5
	nearby   = 5
	lookBack = 7 * 24 * time.Hour // for requests that led to nothing
)

// message explains the one that was asked about.
func (d *Desk) message(ctx context.Context, q Question, at time.Time) (Explanation, error) {
	m, err := d.history.Message(ctx, q.Site, q.Message)
	if errors.Is(err, message.ErrNotFound) {
		return Explanation{}, fmt.Errorf("there is no message %q. /api/v1/messages lists what there is: %w", fault.Truncate(string(q.Message), 60), err)
	}
	if err != nil {
		return Explanation{}, err
	}
	f, err := d.facts(ctx, m, q, at)
	if err != nil {
		return Explanation{}, err
	}
	return Explain(f), nil
}

// Ask explains a message, or the newest one that the question is about, and tells of the
// others. If there is none it says so, and what comes near.
func (d *Desk) Ask(ctx context.Context, q Question, at time.Time) (Explanation, error) {
	if err := q.Check(); err != nil {
		return Explanation{}, err
	}
	if q.Message != "" {
		return d.message(ctx, q, at)
	}
	a := asked{Desk: d, Question: q, now: at}
	if err := a.who(ctx); err != nil {
		return Explanation{}, err
	}
	found, err := a.messages(ctx)
	if err != nil {
		return Explanation{}, err
	}
	repeated, refused, err := a.refusals(ctx)
	if err != nil {
		return Explanation{}, err
	}
	if len(found) == 0 {
		return a.nothing(ctx, repeated, refused)
	}
	var answer Explanation
	for i, m := range found[:min(len(found), 1+others)] {
		f, err := d.facts(ctx, m, q, at)
		if err != nil {
			return answer, err
		}
		one := Explain(f)
		if i == 0 {
			answer = one
			continue
		}
		answer.Others = append(answer.Others, Brief{m.ID, m.CreatedAt.UTC(), m.Subject, one.Verdict, one.Reason, one.Sentence})
	}
	if len(repeated)+len(refused) > 0 {
		answer.Near = &Near{Repeated: repeated, Refused: refused}
	}
	return answer, nil
}

// Told is a message with what became of it.
type Told struct {
	Message message.Message
	Explanation
}

// Recent explains the last n messages of a user since then, the newest first. Digests are
// told of with what went into them.
func (d *Desk) Recent(ctx context.Context, q Question, n int, at time.Time) ([]Told, error) {
	found, err := d.history.Messages(ctx, q.Site, message.Filter{User: q.User, Since: q.Since, Limit: looked})
	if err != nil {
		return nil, err
	}
	var all []Told
	for _, m := range found {
		if m.Type == message.Digest || len(all) == n || m.CreatedAt.Before(q.Since) {
			continue
		}
		f, err := d.facts(ctx, m, q, at)
		if err != nil {
			return nil, err
		}
		all = append(all, Told{m, Explain(f)})
	}
	return all, nil
}

// asked is a question at work.
type asked struct {
	*Desk
	Question
	now    time.Time
	person message.Person // zero if nobody is known by that id or address
	known  bool
}

func (a *asked) who(ctx context.Context) (err error) {
	if a.User == "" {
		return nil
	}
	a.person, err = a.people.Person(ctx, a.Site, a.User)
	if errors.Is(err, message.ErrNotFound) {
		return nil
	}
	a.known = err == nil
	return err
}

// messages are those that the question is about, the newest first.
func (a *asked) messages(ctx context.Context) ([]message.Message, error) {
	f := message.Filter{User: a.person.ID, Case: a.Case, Limit: looked}
	outside := a.User != "" && !a.known && strings.Contains(a.User, "@") // whose messages bear no id
	if a.User != "" && !a.known {
		f.User = a.User // messages that named this id in vain
	}
	found, err := a.history.Messages(ctx, a.Site, f)
	if err != nil || len(found) == 0 && outside && a.Case == "" {
		return nil, err
	}
	if outside && len(found) == 0 {
		f.User = ""
		found, err = a.history.Messages(ctx, a.Site, f)
	}
	return slices.DeleteFunc(found, func(m message.Message) bool {
		to := func(address string) bool { return message.Identity(address) == message.Identity(a.User) }
		ofOther := a.User != "" && !a.known && m.UserID != a.User && !slices.ContainsFunc(m.Everyone(), to)
		return m.CreatedAt.Before(a.Since) || a.Kind != "" && m.Kind != a.Kind && !(a.Kind == "direct" && m.Type == message.Direct) ||
			m.Type == message.Digest || ofOther
	}), err
}

// names are those by which requests may have named the person.
func (a *asked) names() []string {
	all := []string{a.User, a.person.ID, strings.ToLower(a.person.Email)}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(s string) bool { return s == "" })
}

// refusals are the requests of the last days that named the case or the person.
func (a *asked) refusals(ctx context.Context) (repeated, refused []request.Refusal, err error) {
	since := a.now.Add(-lookBack)
	if a.Since.After(since) {
		since = a.Since
	}
	all, err := a.obstacles.Refusals(ctx, a.Site, a.Case, a.names(), since, 2*nearby)
	for _, r := range all {
		if r.Code == request.Repeated {
			repeated = append(repeated, r)
		} else {
			refused = append(refused, r)
		}
	}
	return repeated, refused, err
}

// facts gathers what was noted of a message.
func (d *Desk) facts(ctx context.Context, m message.Message, q Question, at time.Time) (f Facts, err error) {
	f = Facts{Now: at, Lang: q.Lang, Reader: q.Zone, Message: m}
	read := func(next func() error) {
		if err == nil {
			err = next()
		}
	}
	read(func() (err error) { f.Zone, err = d.people.Zone(ctx, m.Site); return err })
	read(func() (err error) { f.Attempts, err = d.history.Attempts(ctx, m); return err })
	read(func() (err error) { f.Retries, err = d.history.Retries(ctx, m); return err })
	read(func() (err error) { f.Decisions, err = d.history.Decisions(ctx, m); return err })
	read(func() (err error) { f.Chosen, err = d.before(ctx, m, message.OfUser, m.UserID); return err })
	read(func() (err error) { f.Muted, err = d.before(ctx, m, message.OfProcess, m.Process); return err })
	read(func() error { return d.digested(ctx, &f) })
	read(func() error { return d.held(ctx, &f) })
	return f, err
}

// before is the last change of a subject before the message was written; nil if none is kept.
func (d *Desk) before(ctx context.Context, m message.Message, of, id string) (*message.Change, error) {
	if id == "" || m.Type != message.Single {
		return nil, nil
	}
	all, err := d.people.ChangesOf(ctx, m.Site, of+id, looked)
	for i, c := range all {
		older := all[i+1:]
		if c.At.After(m.CreatedAt) || of == message.OfUser && (len(older) == 0 || !chose(older[0], c)) {
			continue // it came later, or changed nothing that was chosen
		}
		return &c, err
	}
	return nil, err
}

// digested adds what a digest is made of, or the digest that the message went into.
func (d *Desk) digested(ctx context.Context, f *Facts) error {
	m := f.Message
	digest := m.Digest
	if m.Type == message.Digest {
		digest = m.ID
	}
	if digest == "" {
		return nil
	}
	items, err := d.history.Items(ctx, m.Site, digest)
	f.Items = len(items)
	if err != nil || m.Status != message.Merged {
		return err
	}
	whole, err := d.history.Message(ctx, m.Site, digest)
	if err != nil {
		return err
	}
	carried, err := d.facts(ctx, whole, Question{Lang: f.Lang, Zone: f.Reader}, f.Now)
	f.Digest = &carried
	return err
}

// held adds what may hold the message now, or kept it from its recipients.
func (d *Desk) held(ctx context.Context, f *Facts) (err error) {
	m := f.Message
	switch m.Status {
	case message.Deferred:
		if f.Close, err = d.jobs(ctx, "user_notifications"); err == nil {
			f.Flush, err = d.jobs(ctx, "notifications")
		}
		f.Departures = schedule.Departures{UserNotifications: f.Close.Standing, Notifications: f.Flush.Standing}
		return err
	case message.Pending, message.Scheduled, message.RateLimited:
		pauses, err := d.obstacles.Pauses(ctx, m.Site)
		for i, p := range pauses {
			if p.Account == cmp.Or(m.Account, "default") {
				f.Pause = &pauses[i]
			}
		}
		if err == nil {
			f.Flush, err = d.jobs(ctx, "notifications")
		}
		f.Departures.Notifications = f.Flush.Standing
		return err
	case message.Skipped:
		found, err := d.obstacles.Suppressed(ctx, m.Site, m.Everyone())
		for _, s := range found {
			f.Suppression = &s
		}
		return err
	}
	return nil
}
