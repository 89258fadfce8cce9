package simulate

import (
	"fmt"
	"strings"
	"time"

	"notifier/deadlines"
	"notifier/message"
	"notifier/preferences"
)

func (p *planner) setUser(at time.Time, u preferences.User) error {
	if err := u.Check(); err != nil {
		return err
	}
	known := p.users[u.ID]
	if known == nil {
		known = &user{}
		p.users[u.ID] = known
	}
	u.Preferences = known.Preferences
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
	if c.Timezone != "" {
		u.Timezone = c.Timezone
	}
	u.Preferences = c.Preferences
	p.complete(u, at)
	return nil
}

func unknown(id string) error {
	return fmt.Errorf("there is no user %q. Add it with a set_user line before this one", id)
}

// complete fills in what the user has not chosen, and moves what waits by the new rules.
func (p *planner) complete(u *user, at time.Time) {
	zone := u.Timezone
	if zone == "" {
		zone = p.o.Zone
	}
	u.Preferences.Timezone = ""
	u.Preferences = p.o.Catalog.Complete(u.Preferences, zone)
	for i, waits := range u.items {
		u.items[i].due = u.Preferences.Again(waits.kind, waits.occurred, waits.due, at)
	}
	p.await(u)
}

func (p *planner) notify(at time.Time, e message.Event) error {
	if err := message.Together(e.Check(at), p.o.Catalog.CheckKind(e.Kind)); err != nil {
		return err
	}
	users, err := p.find(e.Users)
	if err != nil {
		return err
	}
	occurred := e.Occurred(at)
	for _, u := range users {
		status, due, _ := u.Decide(e, occurred)
		p.number++
		switch status {
		case message.Pending:
			p.enqueue(&pending{Mail: Mail{To: u.Email, Type: message.Single, Items: []string{e.Reference}, Since: []time.Time{occurred}, Due: at}})
		case message.Deferred:
			u.items = append(u.items, item{kind: e.Kind, reference: e.Reference, number: p.number, occurred: occurred, due: due})
			p.await(u)
		}
	}
	p.moveOn(e.Case, "")
	return nil
}

// find is each of the users once, in the order given.
func (p *planner) find(ids []string) ([]*user, error) {
	users := make([]*user, 0, len(ids))
	for i, id := range ids {
		u := p.users[id]
		if u == nil {
			return nil, unknown(id)
		}
		if !contains(ids[:i], id) {
			users = append(users, u)
		}
	}
	return users, nil
}

func contains(ids []string, id string) bool {
	for _, one := range ids {
		if one == id {
			return true
		}
	}
	return false
}

func (p *planner) send(at time.Time, d message.Draft) error {
	if err := d.Check(at); err != nil {
		return err
	}
	if d.Manual {
		return nil // nobody releases it here
	}
	to, err := p.recipients(d)
	if err != nil {
		return err
	}
	for _, email := range to {
		m := &pending{Mail: Mail{To: email, Type: message.Direct, Items: []string{d.Reference}, Since: []time.Time{at}, Due: at}}
		if d.ExpiresAt != nil {
			m.expires = *d.ExpiresAt
		}
		if d.SendAt != nil && d.SendAt.After(at) {
			m.Due = *d.SendAt
			p.scheduled.put(m, *d.SendAt)
			continue
		}
		p.enqueue(m)
	}
	return nil
}

// recipients are the mails that a draft becomes: an address each, or all in one line.
func (p *planner) recipients(d message.Draft) ([]string, error) {
	var to []string
	seen := map[string]bool{}
	for i, r := range append(append(append([]message.Recipient{}, d.To...), d.Cc...), d.Bcc...) {
		email := r.Email
		if r.ID != "" {
			u := p.users[r.ID]
			if u == nil {
				return nil, unknown(r.ID)
			}
			email = u.Email
		}
		key := strings.ToLower(email)
		if i >= len(d.To) || email == "" || seen[key] && !d.ForAll() {
			continue
		}
		seen[key] = true
		to = append(to, email)
	}
	if d.ForAll() && len(to) > 0 {
		return []string{strings.Join(to, ", ")}, nil
	}
	return to, nil
}

func (p *planner) setDeadline(at time.Time, set deadlines.Deadline) error {
	if err := set.Check(); err != nil {
		return err
	}
	users, err := p.find(set.Users)
	if err != nil {
		return err
	}
	set.Users = nil
	for _, u := range users {
		set.Users = append(set.Users, u.ID)
	}
	d, known := p.deadlines[set.Key]
	if known {
		p.end(d)
	} else {
		d = &deadline{}
		p.deadlines[set.Key] = d
	}
	d.Deadline = set
	d.SetAt, d.FiredAt = at, at
	p.plan(d, at)
	p.moveOn(set.Case, set.Key)
	return nil
}

// end stops the steps of a deadline, and its reminders that have not left.
func (p *planner) end(d *deadline) {
	p.steps.remove(d)
	for _, m := range p.queue {
		if m.Type == message.Reminder && m.Items[0] == d.Key {
			m.stopped = true
		}
	}
}

// moveOn ends the deadlines of a case that has come to another stage or owner (AMODIT-21).
func (p *planner) moveOn(c message.Case, except string) {
	if c.ID == "" || c.Stage == "" && c.Owner == "" {
		return
	}
	for key, d := range p.deadlines {
		if key != except && d.placed() && d.Over(c) {
			p.end(d)
		}
	}
}
