package simulate

import (
	std "container/heap"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"notifier/deadlines"
	"notifier/message"
	"notifier/preferences"
)

// Past is what a service has kept of what came in.
type Past interface {
	// Arrived lists at most n messages by id, after the given one; digests are not among them.
	Arrived(ctx context.Context, site string, after message.ID, n int) ([]message.Message, error)
	// Changes lists at most n changes of people, deadlines and processes by id, after the given one.
	Changes(ctx context.Context, site string, after message.ID, n int) ([]message.Change, error)
	UserList(ctx context.Context, site, after string, n int) ([]preferences.User, error)
}

// History is the past of a site as a journal: what came in from since until until, after
// lines that say how people, deadlines and processes stood then. What mails said is left
// out. A zero since or until is no bound.
//
// Requests are not kept as they were: an event is put together from its messages, and a
// direct message is a line for each of its mails.
type History struct {
	past         Past
	ctx          context.Context
	site         string
	since, until time.Time

	begun    bool
	arrivals stream[message.Message]
	changes  stream[message.Change]
	users    map[string]preferences.User // as they stand after the last line
	waiting  entries                     // what was read and may not yet be in order
	events   map[message.ID]*entry
	ready    []Line
	number   int
}

// slack is how much later than another something may be read that came in before it: a
// request is noted with the time of its beginning.
const slack = time.Minute

// at once so many rows are read.
const page = 1000

// NewHistory reads the past of a site. It ends with ctx.
func NewHistory(ctx context.Context, past Past, site string, since, until time.Time) *History {
	h := &History{past: past, ctx: ctx, site: site, since: since, until: until, users: map[string]preferences.User{}, events: map[message.ID]*entry{}}
	h.arrivals.read, h.changes.read = past.Arrived, past.Changes
	h.arrivals.id = func(m message.Message) message.ID { return m.ID }
	h.changes.id = func(c message.Change) message.ID { return c.ID }
	if !since.IsZero() {
		h.arrivals.after = message.Earliest(message.MessageIDs, since.Add(-time.Hour))
	}
	return h
}

// Next is the next line; io.EOF after the last one.
func (h *History) Next() (Line, error) {
	if err := h.ctx.Err(); err != nil {
		return Line{}, err
	}
	if err := h.Begin(); err != nil {
		return Line{}, err
	}
	for len(h.ready) == 0 {
		e, err := h.earliest()
		if err != nil {
			return Line{}, err
		}
		if h.ready, err = h.lines(e); err != nil {
			return Line{}, err
		}
	}
	line := h.ready[0]
	h.ready = h.ready[1:]
	h.number++
	line.Number = h.number
	return line, nil
}

// Begin reads how everything stood at since, if that has not been done yet.
func (h *History) Begin() error {
	if h.begun {
		return nil
	}
	h.begun = true
	return h.begin()
}

// begin writes how everything stood at since. Users who were never noted, because they are
// older than the notes, are taken as they are now.
func (h *History) begin() error {
	last := map[string]message.Change{}
	noted := map[string]bool{}
	var from time.Time
	for {
		c, any, err := h.changes.next(h.ctx, h.site)
		if err != nil {
			return err
		}
		if !any {
			break
		}
		if from.IsZero() {
			from = c.At
		}
		noted[c.Subject] = true
		if !c.At.Before(h.since) || h.since.IsZero() {
			h.put(&entry{at: c.At, id: c.ID, change: &c})
			break
		}
		last[c.Subject] = c
	}
	if h.since.IsZero() {
		first, err := h.past.Arrived(h.ctx, h.site, "", 1)
		if err != nil {
			return err
		}
		if len(first) > 0 && (from.IsZero() || first[0].CreatedAt.Before(from)) {
			from = first[0].CreatedAt
		}
	} else {
		from = h.since
	}
	unknown, err := h.unnoted(from, noted)
	if err != nil {
		return err
	}
	h.ready = append(h.ready, unknown...)
	stood := slices.SortedFunc(maps.Values(last), func(a, b message.Change) int { return strings.Compare(string(a.ID), string(b.ID)) })
	for _, people := range []bool{true, false} { // deadlines name people
		for _, c := range stood {
			if c.What == message.ClearDeadline || strings.HasPrefix(c.Subject, message.OfUser) != people {
				continue
			}
			c.At = from
			lines, err := h.changed(c)
			if err != nil {
				return err
			}
			h.ready = append(h.ready, lines...)
		}
	}
	return nil
}

// unnoted are lines for users of whom no change is kept at all.
func (h *History) unnoted(at time.Time, noted map[string]bool) (lines []Line, err error) {
	later := map[string]bool{} // those who are noted further on
	for after := message.ID(""); ; {
		all, err := h.past.Changes(h.ctx, h.site, after, page)
		if err != nil {
			return nil, err
		}
		for _, c := range all {
			later[c.Subject], after = true, c.ID
		}
		if len(all) < page {
			break
		}
	}
	for after := ""; ; {
		all, err := h.past.UserList(h.ctx, h.site, after, page)
		if err != nil {
			return nil, err
		}
		for _, u := range all {
			after = u.ID
			if !noted[message.OfUser+u.ID] && !later[message.OfUser+u.ID] {
				lines = append(lines, h.user(at, u)...)
			}
		}
		if len(all) < page {
			return lines, nil
		}
	}
}

func (h *History) put(e *entry) { std.Push(&h.waiting, e) }

// earliest is what came in next: both streams have been read so far beyond it that nothing
// earlier can follow.
func (h *History) earliest() (*entry, error) {
	var arrived, changed time.Time // how far each stream has been read; zero: to its end
	for {
		var err error
		if arrived, err = h.readArrival(); err != nil {
			return nil, err
		}
		if changed, err = h.readChange(); err != nil {
			return nil, err
		}
		if arrived.IsZero() && changed.IsZero() {
			break
		}
		if len(h.waiting) == 0 {
			continue
		}
		safe := h.waiting[0].at.Add(slack)
		if (arrived.IsZero() || arrived.After(safe)) && (changed.IsZero() || changed.After(safe)) {
			break
		}
	}
	if len(h.waiting) == 0 {
		return nil, io.EOF
	}
	e := std.Pop(&h.waiting).(*entry)
	if len(e.of) > 0 {
		delete(h.events, e.of[0].EventID)
	}
	if !h.until.IsZero() && !e.at.Before(h.until) {
		return nil, io.EOF
	}
	return e, nil
}

// readArrival reads one message, and returns when it came in.
func (h *History) readArrival() (time.Time, error) {
	for {
		m, any, err := h.arrivals.next(h.ctx, h.site)
		if err != nil || !any {
			return time.Time{}, err
		}
		if m.CreatedAt.Before(h.since) || m.Type != message.Single && m.Type != message.Direct {
			continue
		}
		if e := h.events[m.EventID]; e != nil && m.EventID != "" {
			e.of = append(e.of, m)
			return m.CreatedAt, nil
		}
		e := &entry{at: m.CreatedAt, id: m.ID, of: []message.Message{m}}
		if m.EventID != "" {
			h.events[m.EventID] = e
		}
		h.put(e)
		return m.CreatedAt, nil
	}
}

func (h *History) readChange() (time.Time, error) {
	c, any, err := h.changes.next(h.ctx, h.site)
	if err != nil || !any {
		return time.Time{}, err
	}
	if c.At.Before(h.since) { // noted late: it counts from the beginning on
		c.At = h.since
	}
	h.put(&entry{at: c.At, id: c.ID, change: &c})
	return c.At, nil
}

// lines are those that lead to the same again.
func (h *History) lines(e *entry) ([]Line, error) {
	if e.change != nil {
		return h.changed(*e.change)
	}
	if m := e.of[0]; m.Type == message.Direct {
		if len(m.Everyone()) == 0 && !h.knows(m.UserID) {
			return nil, nil
		}
		return []Line{{At: m.CreatedAt, Draft: draft(m)}}, nil
	}
	known := slices.DeleteFunc(e.of, func(m message.Message) bool { return !h.knows(m.UserID) })
	if len(known) == 0 {
		return nil, nil
	}
	return []Line{{At: e.at, Event: event(known)}}, nil
}

// knows tells whether the user has come up: one who was erased does not.
func (h *History) knows(id string) bool {
	_, known := h.users[id]
	return known
}

// event is what its messages were made of.
func event(of []message.Message) *message.Event {
	m := of[0]
	e := &message.Event{Reference: m.Reference, Kind: m.Kind, Actor: m.Actor, Process: m.Process, Case: message.Case{ID: m.Case.ID, Stage: m.Case.Stage, Owner: m.Case.Owner}}
	for _, one := range of {
		e.Users = append(e.Users, one.UserID)
	}
	if !m.OccurredAt.IsZero() && !m.OccurredAt.Equal(m.CreatedAt) {
		e.OccurredAt = &m.OccurredAt
	}
	return e
}

// leftOut stands for what mails said.
const leftOut = "(left out)"

// draft is what a direct message was made of.
func draft(m message.Message) *message.Draft {
	d := &message.Draft{Reference: m.Reference, Subject: leftOut, Text: leftOut, Manual: m.Manual, OneMail: len(m.To) > 1 || len(m.Cc)+len(m.Bcc) > 0}
	for _, list := range []struct {
		from []message.Address
		into *[]message.Recipient
	}{{m.To, &d.To}, {m.Cc, &d.Cc}, {m.Bcc, &d.Bcc}} {
		for _, a := range list.from {
			*list.into = append(*list.into, message.Recipient{Address: message.Address{Email: a.Email}, Bare: true})
		}
	}
	if len(m.Everyone()) == 0 { // somebody without an address, or who was erased
		d.To = []message.Recipient{{ID: m.UserID}}
	}
	if !m.SendAt.IsZero() {
		d.SendAt = &m.SendAt
	}
	if !m.ExpiresAt.IsZero() {
		d.ExpiresAt = &m.ExpiresAt
	}
	return d
}

// changed is what a change was, in the words of a journal.
func (h *History) changed(c message.Change) ([]Line, error) {
	_, id, _ := strings.Cut(c.Subject, ":")
	var err error
	switch c.What {
	case message.SetUser:
		var u preferences.User
		if u, _, err = preferences.ReadNote(c); err == nil {
			u.ID = id
			return h.user(c.At, u), nil
		}
	case message.SetDeadline:
		var d deadlines.Deadline
		if err = json.Unmarshal(c.Content, &d); err == nil {
			d.Key = id
			for _, user := range d.People() {
				if !h.knows(user) {
					d, _ = d.Without(user)
				}
			}
			if len(d.Users) == 0 {
				return nil, nil
			}
			return []Line{{At: c.At, Deadline: &d}}, nil
		}
	case message.ClearDeadline:
		return []Line{{At: c.At, Cleared: id}}, nil
	case message.SetProcess:
		var p preferences.Process
		if err = json.Unmarshal(c.Content, &p); err == nil {
			p.ID = id
			return []Line{{At: c.At, Process: &p}}, nil
		}
	}
	if err != nil {
		return nil, fmt.Errorf("read the change %s of %s: %w", c.ID, c.Subject, err)
	}
	return nil, nil // a later version's
}

// user is what was set of a user: what the person chose, and what the directory said. Only the
// one of them that changed is a line.
func (h *History) user(at time.Time, u preferences.User) (lines []Line) {
	before, known := h.users[u.ID]
	h.users[u.ID] = u
	chosen := u.Sent()
	chosen.Back = preferences.GivenBack{
		Timezone: before.Chosen.Timezone != "" && u.Chosen.Timezone == "", Language: before.Chosen.Language != "" && u.Chosen.Language == "",
	}
	choice := Line{At: at, Preferences: &Chosen{User: u.ID, Preferences: chosen}}
	said := Line{At: at, User: &u}
	again := !known || before.ID != u.ID || before.Email != u.Email || before.Name != u.Name || before.Phone != u.Phone ||
		before.Timezone != u.Timezone || before.Language != u.Language
	if known && (!equal(u.Preferences, before.Preferences) || u.Chosen != before.Chosen) {
		lines = append(lines, choice)
	}
	if again {
		lines = append(lines, said)
	}
	if !known && (!equal(u.Preferences, preferences.Preferences{}) || u.Chosen != (preferences.Own{})) {
		lines = append(lines, choice)
	}
	u.Preferences, u.Chosen, u.Version = preferences.Preferences{}, preferences.Own{}, 0
	return lines
}

func equal(a, b preferences.Preferences) bool {
	sameTime := (a.DailyAt == nil) == (b.DailyAt == nil) && (a.DailyAt == nil || *a.DailyAt == *b.DailyAt)
	return sameTime && a.WeeklyOn == b.WeeklyOn && a.PausedUntil == b.PausedUntil && maps.Equal(a.Frequencies, b.Frequencies)
}
