// Package simulate plans a journal in virtual time with the rules that the service has.
//
// It stores and sends nothing: it asks preferences, deadlines and schedule what would
// leave when.
package simulate

import (
	"cmp"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"notifier/deadlines"
	"notifier/message"
	"notifier/preferences"
	"notifier/schedule"
)

// Options say how the installation is set up, and how far to plan.
type Options struct {
	Until                                       time.Time
	Notifications, UserNotifications, Reminders schedule.Schedule
	// Wake lets a mail that is due leave at once instead of at the next tick of Notifications.
	Wake bool
	// Pauses are until when jobs start no run, by their names; the zero time is without an end.
	Pauses   map[string]time.Time
	Catalog  preferences.Catalog
	Zone     string // of the site; empty means UTC
	Calendar deadlines.Calendar
	// Strict refuses a line that names an unknown user; else that user is skipped.
	Strict bool
	// Unknown is called with each user who is skipped; it may be nil.
	Unknown func(id string)
}

// Mail is one mail that would leave.
type Mail struct {
	At    time.Time
	To    string
	Type  message.Type
	Items []string // ids of events or messages; of a deadline its key
	// Since is when each item came in, and Due when the mail was due: what people wait for
	// is from the one to At, and from the other.
	Since []time.Time
	Due   time.Time
}

// Plan says which mails the journal leads to, in the order of output.
func Plan(lines Lines, o Options) ([]Mail, error) {
	p := newPlanner(o)
	p.hand = p.keep
	for {
		line, err := lines.Next()
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		if err != nil || line.At.After(o.Until) {
			break
		}
		if err := p.next(line); err != nil && !errors.Is(err, errNobody) {
			return nil, &LineError{Number: line.Number, Err: err}
		}
	}
	p.runUntil(o.Until, true)
	return slices.Concat(p.mails...), nil
}

// next runs what is due before the line, and takes it.
func (p *planner) next(line Line) error {
	p.runUntil(line.At, false)
	p.now = line.At
	return p.take(line)
}

// Sort puts mails in the order of output: at, to, type, items.
func Sort(mails []Mail) { slices.SortFunc(mails, compare) }

func compare(a, b Mail) int {
	if c := a.At.Compare(b.At); c != 0 {
		return c
	}
	if c := strings.Compare(a.To, b.To); c != 0 {
		return c
	}
	if c := cmp.Compare(a.Type, b.Type); c != 0 {
		return c
	}
	return slices.Compare(a.Items, b.Items)
}

// planner is the whole installation in memory.
type planner struct {
	o         Options
	users     map[string]*user
	muted     map[string][]message.Kind // by process
	waiting   heap[*user]               // by the first instant that anything waits for
	deadlines map[string]*deadline      // that hold, by key
	ofCase    map[string][]*deadline    // the same by the id of their case
	steps     heap[*deadline]           // by the next step
	scheduled heap[*later]              // by send_at
	queue     []pending
	jobs      [3]*job // in the order in which they run at one instant
	hand      func(Mail)
	mails     [][]Mail  // in pieces: one slice would be copied each time it grows
	number    int       // of the last item
	found     int       // of the last look for users
	finding   []*user   // what it found
	ready     []item    // what was promoted last
	now       time.Time // ticks before it have passed
	closed    bool      // Until has passed: no further deadline begins to remind
}

type user struct {
	preferences.User
	items []item
	found int // the last look that found the user
	place
}

// item is a deferred message.
type item struct {
	kind      message.Kind
	reference string
	number    int // in the order of arrival
	occurred  time.Time
	due       time.Time
}

type deadline struct {
	deadlines.Deadline
	over bool // cleared, replaced, or the case has moved on
	place
}

// pending is a message in the outgoing queue.
type pending struct {
	Mail
	expires time.Time
	of      *deadline // that it reminds of; nil if it is no reminder
}

// later is a message that is not to leave before its send_at.
type later struct {
	pending
	place
}

// job is one of the three, with the tick that it has come to.
type job struct {
	schedule schedule.Schedule
	rests    bool      // until pause; zero is without an end
	pause    time.Time // where it rests
	wakes    bool      // what is due starts a run, without waiting for a tick
	last     time.Time
	next     func() (time.Time, bool) // when it next has something to do
	run      func(at time.Time)

	// The last answer of schedule: it holds for all that is asked from asked up to answer.
	asked, answer time.Time
}

func newPlanner(o Options) *planner {
	o.Zone = cmp.Or(o.Zone, "UTC")
	p := &planner{o: o, users: map[string]*user{}, muted: map[string][]message.Kind{}, deadlines: map[string]*deadline{}, ofCase: map[string][]*deadline{}}
	p.jobs = [3]*job{
		{schedule: o.Reminders, next: p.steps.first, run: p.remind},
		{schedule: o.UserNotifications, next: p.waiting.first, run: p.promote},
		{schedule: o.Notifications, next: p.firstDue, run: p.flush, wakes: o.Wake},
	}
	for i, name := range []string{schedule.Reminders, schedule.UserNotifications, schedule.Notifications} {
		p.jobs[i].pause, p.jobs[i].rests = o.Pauses[name]
	}
	return p
}

// tick is the first tick of the job at which it has something to do, not before now.
func (j *job) tick(now time.Time) (time.Time, bool) {
	due, any := j.next()
	if !any || j.rests && j.pause.IsZero() {
		return time.Time{}, false
	}
	from := due
	if from.Before(now) {
		from = now
	}
	if j.rests && from.Before(j.pause) {
		from = j.pause
	}
	if !from.After(j.last) {
		from = j.last.Add(1)
	}
	if j.wakes {
		return from, true
	}
	if known := !j.asked.IsZero() && !from.Before(j.asked) && (!from.After(j.answer) || j.answer.IsZero()); !known {
		j.asked, j.answer = from, j.schedule.Next(from.Add(-1))
	}
	return j.answer, !j.answer.IsZero()
}

// runUntil runs the jobs at all their ticks before the time, and with at it too.
func (p *planner) runUntil(end time.Time, with bool) {
	for {
		var next *job
		var at time.Time
		for _, j := range p.jobs {
			if tick, any := j.tick(p.now); any && (next == nil || tick.Before(at)) {
				next, at = j, tick
			}
		}
		if next == nil || at.After(end) || at.Equal(end) && !with {
			return
		}
		p.now, next.last = at, at
		next.run(at)
	}
}

// remind writes one reminder per user of each deadline that has passed a step.
func (p *planner) remind(at time.Time) {
	for {
		d, due := p.steps.peek(at)
		if !due {
			return
		}
		passed := at
		if p.closed && passed.After(p.o.Until) {
			passed = p.o.Until
		}
		for _, r := range d.Reminders(d.FiredAt, passed, p.o.Calendar) {
			if u := p.users[r.User]; u != nil && u.Email != "" {
				p.queue = append(p.queue, pending{Mail: one(u.Email, message.Reminder, d.Key, at), of: d})
			}
		}
		d.FiredAt = passed
		p.plan(d, passed)
	}
}

// plan puts a deadline where its next step after the time is.
func (p *planner) plan(d *deadline, after time.Time) {
	next, any := d.Next(after, p.o.Calendar)
	if !any || p.closed && next.After(p.o.Until) {
		p.steps.remove(d)
		return
	}
	p.steps.put(d, next)
}

// promote moves on what has waited long enough: one item as it is, several as a digest.
func (p *planner) promote(at time.Time) {
	for {
		u, due := p.waiting.peek(at)
		if !due {
			return
		}
		ready, rest := p.ready[:0], u.items[:0]
		for _, i := range u.items {
			if i.due.After(at) {
				rest = append(rest, i)
			} else {
				ready = append(ready, i)
			}
		}
		p.ready, u.items = ready, rest
		p.await(u)
		if u.Email != "" {
			p.queue = append(p.queue, pending{Mail: together(u.Email, ready)})
		}
	}
}

// one is the mail of a single item that is due when it comes in.
func one(to string, t message.Type, item string, at time.Time) Mail {
	return Mail{To: to, Type: t, Items: []string{item}, Since: []time.Time{at}, Due: at}
}

func together(to string, ready []item) Mail {
	slices.SortFunc(ready, func(a, b item) int {
		return cmp.Or(a.occurred.Compare(b.occurred), cmp.Compare(a.number, b.number))
	})
	m := Mail{To: to, Type: message.Digest, Due: ready[0].due}
	m.Items, m.Since = make([]string, 0, len(ready)), make([]time.Time, 0, len(ready))
	if len(ready) == 1 {
		m.Type = message.Single
	}
	for _, i := range ready {
		m.Items, m.Since = append(m.Items, i.reference), append(m.Since, i.occurred)
		if i.due.After(m.Due) {
			m.Due = i.due
		}
	}
	return m
}

// await puts a user where the first of its items is due.
func (p *planner) await(u *user) {
	if len(u.items) == 0 {
		p.waiting.remove(u)
		return
	}
	first := u.items[0].due
	for _, i := range u.items[1:] {
		if i.due.Before(first) {
			first = i.due
		}
	}
	p.waiting.put(u, first)
}

// wait puts one more item of a user aside.
func (p *planner) wait(u *user, i item) {
	u.items = append(u.items, i)
	if !u.placed() || i.due.Before(u.at) {
		p.waiting.put(u, i.due)
	}
}

// firstDue is when the queue can next be flushed; the zero time means at once.
func (p *planner) firstDue() (time.Time, bool) {
	if len(p.queue) > 0 {
		return time.Time{}, true
	}
	return p.scheduled.first()
}

// flush hands over all that is pending.
func (p *planner) flush(at time.Time) {
	for {
		m, due := p.scheduled.peek(at)
		if !due {
			break
		}
		p.scheduled.remove(m)
		p.queue = append(p.queue, m.pending)
	}
	slices.SortFunc(p.queue, func(a, b pending) int { return compare(a.Mail, b.Mail) })
	for _, m := range p.queue {
		stopped := m.of != nil && m.of.over
		if stopped || !m.expires.IsZero() && !m.expires.After(at) {
			continue
		}
		m.At = at
		p.hand(m.Mail)
	}
	clear(p.queue)
	p.queue = p.queue[:0]
}

// piece is how many mails are kept in one slice.
const piece = 4096

// keep keeps a mail that is handed over.
func (p *planner) keep(m Mail) {
	last := len(p.mails) - 1
	if last < 0 || len(p.mails[last]) == piece {
		p.mails = append(p.mails, make([]Mail, 0, min(piece, 16<<min(len(p.mails), 8))))
		last++
	}
	p.mails[last] = append(p.mails[last], m)
}

// take puts a line of the journal in force.
func (p *planner) take(l Line) error {
	switch {
	case l.Event != nil:
		return p.notify(l.At, *l.Event)
	case l.Draft != nil:
		return p.send(l.At, *l.Draft)
	case l.Deadline != nil:
		return p.setDeadline(l.At, *l.Deadline)
	case l.User != nil:
		return p.setUser(l.At, *l.User)
	case l.Process != nil:
		return p.setProcess(*l.Process)
	case l.Preferences != nil:
		return p.choose(l.At, *l.Preferences)
	}
	p.end(l.Cleared)
	return nil
}
