package simulate

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"notifier/deadlines"
	"notifier/fault"
	"notifier/message"
	"notifier/preferences"
)

func (p *planner) setUser(at time.Time, u preferences.User) error {
	u.Name = message.Name(u.Name)
	if err := u.Check(); err != nil {
		return err
	}
	known := p.users[u.ID]
	if known == nil {
		known = &user{}
		p.users[u.ID] = known
	}
	u.Preferences, u.Chosen = known.Preferences, known.Chosen
	known.User = u
	p.complete(known, at)
	return nil
}

func (p *planner) choose(at time.Time, c Chosen) error {
	u := p.users[c.User]
	if u == nil {
		return unknown(c.User)
	}
	if err := p.o.Catalog.Check(c.Preferences); err != nil {
		return err
	}
	u.User = u.User.Choosing(c.Preferences)
	p.complete(u, at)
	return nil
}

func unknown(id string) error {
	return fmt.Errorf("there is no user %q. Add it with a set_user line before this one", id)
}

// complete fills in what the user has not chosen, and moves what waits by the new rules.
func (p *planner) complete(u *user, at time.Time) {
	zone := cmp.Or(u.Chosen.Timezone, u.Timezone, p.o.Zone)
	u.Preferences.Timezone = ""
	u.Preferences = p.o.Catalog.Complete(u.Preferences, zone)
	for i, waits := range u.items {
		u.items[i].due = u.Preferences.Again(waits.kind, waits.occurred, waits.due, at)
	}
	p.await(u)
}

func (p *planner) notify(at time.Time, e message.Event) error {
	e.Shorten()
	wrong, unknown := e.Check(at), p.o.Catalog.CheckKind(e.Kind)
	if wrong != nil || unknown != nil {
		return fault.Join(wrong, unknown)
	}
	users, err := p.find(e.Users)
	if err != nil || len(users) == 0 {
		return nobody(err)
	}
	e.Muted = slices.Contains(p.muted[e.Process], e.Kind)
	occurred := e.Occurred(at)
	for _, u := range users {
		status, due, _ := u.Decide(e, occurred)
		p.number++
		switch status {
		case message.Pending:
			m := one(u.Email, message.Single, e.Reference, occurred)
			m.Due = at
			p.queue = append(p.queue, pending{Mail: m})
		case message.Deferred:
			p.wait(u, item{kind: e.Kind, reference: e.Reference, number: p.number, occurred: occurred, due: due})
		}
	}
	p.moveOn(e.Case)
	return nil
}

func (p *planner) setProcess(set preferences.Process) error {
	if err := p.o.Catalog.CheckProcess(set); err != nil {
		return err
	}
	p.muted[set.ID] = set.Muted
	return nil
}

// find is each of the known users once, in the order given; until the next call. Unknown
// ones are skipped, unless the plan is strict.
func (p *planner) find(ids []string) ([]*user, error) {
	users := p.finding[:0]
	p.found++
	for _, id := range ids {
		u := p.users[id]
		if u == nil {
			if err := p.skip(id); err != nil {
				return nil, err
			}
			continue
		}
		if u.found != p.found {
			u.found = p.found
			users = append(users, u)
		}
	}
	p.finding = users
	return users, nil
}

// errNobody means that nobody whom a line names is known, so that it leads to nothing.
var errNobody = errors.New("nobody whom it names is known")

// nobody is the error, or errNobody if there is none.
func nobody(err error) error { return cmp.Or(err, errNobody) }

// skip passes over an unknown user, or tells that there is none if the plan is strict.
func (p *planner) skip(id string) error {
	if p.o.Strict {
		return unknown(id)
	}
	if p.o.Unknown != nil {
		p.o.Unknown(id)
	}
	return nil
}

func (p *planner) send(at time.Time, d message.Draft) error {
	d.Shorten()
	if err := d.Check(at); err != nil {
		return err
	}
	to, err := p.recipients(d)
	for _, r := range d.ReplyTo {
		if err == nil {
			err = p.checkReplyTo(r)
		}
	}
	if err != nil || d.Manual { // nobody releases it here
		return err
	}
	for _, email := range to {
		m := pending{Mail: one(email, message.Direct, d.Reference, at)}
		if d.ExpiresAt != nil {
			m.expires = instant(*d.ExpiresAt)
		}
		if d.SendAt != nil && d.SendAt.After(at) {
			m.Due = instant(*d.SendAt)
			p.scheduled.put(&later{pending: m}, m.Due)
			continue
		}
		p.queue = append(p.queue, m)
	}
	return nil
}

func (p *planner) checkReplyTo(r message.Recipient) error {
	if r.ID == "" {
		return nil
	}
	switch u := p.users[r.ID]; {
	case u == nil:
		return unknown(r.ID)
	case u.Email == "":
		return fmt.Errorf("reply_to: %q has no address. Give the user one, or give another address for answers", r.ID)
	}
	return nil
}

// recipients are the mails that a draft becomes: an address each, or all those of to in
// one line.
func (p *planner) recipients(d message.Draft) ([]string, error) {
	to, err := p.addresses(d.To)
	if err != nil {
		return nil, err
	}
	if d.ForAll() {
		others, err := p.addresses(slices.Concat(d.Cc, d.Bcc))
		if err != nil || len(to)+len(others) == 0 {
			return nil, err
		}
		return []string{strings.Join(to, ", ")}, nil
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(to, func(email string) bool {
		key := message.Identity(email)
		again := seen[key]
		seen[key] = true
		return again
	}), nil
}

// addresses are those of the recipients that have one.
func (p *planner) addresses(recipients []message.Recipient) ([]string, error) {
	var all []string
	for _, r := range recipients {
		email := r.Email
		if u := p.users[r.Email]; r.Bare && u != nil {
			email = u.Email
		}
		if r.ID != "" {
			u := p.users[r.ID]
			if u == nil {
				if err := p.skip(r.ID); err != nil {
					return nil, err
				}
				continue
			}
			email = u.Email
		}
		if email != "" {
			all = append(all, email)
		}
	}
	return all, nil
}

func (p *planner) setDeadline(at time.Time, set deadlines.Deadline) error {
	set.Case.Shorten()
	if err := set.Check(); err != nil {
		return err
	}
	if known, err := p.find(set.Users); err != nil || len(known) == 0 {
		return nobody(err)
	}
	for _, e := range set.Escalate {
		if _, err := p.find(e.Users); err != nil {
			return err
		}
	}
	p.end(set.Key)
	d := &deadline{Deadline: set.Set(at, p.o.Calendar)}
	p.deadlines[set.Key] = d
	p.plan(d, at)
	p.moveOn(set.Case)
	if set.Case.ID != "" {
		p.ofCase[set.Case.ID] = append(p.ofCase[set.Case.ID], d)
	}
	return nil
}

// end stops the steps of a deadline, and its reminders that have not left.
func (p *planner) end(key string) {
	d, holds := p.deadlines[key]
	if !holds {
		return
	}
	d.over = true
	p.steps.remove(d)
	delete(p.deadlines, key)
	same := p.ofCase[d.Case.ID]
	if same = slices.DeleteFunc(same, func(other *deadline) bool { return other == d }); len(same) == 0 {
		delete(p.ofCase, d.Case.ID)
		return
	}
	p.ofCase[d.Case.ID] = same
}

// moveOn ends the deadlines of a case that has come to another stage or owner (AMODIT-21).
func (p *planner) moveOn(c message.Case) {
	if c.ID == "" || c.Stage == "" && c.Owner == "" {
		return
	}
	for _, d := range slices.Clone(p.ofCase[c.ID]) {
		if d.Over(c) {
			p.end(d.Key)
		}
	}
}
