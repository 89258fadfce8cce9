package intake

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"time"

	"notifier/fault"
	"notifier/message"
	"notifier/preferences"
	"notifier/request"
)

// Groups are groups of users.
type Groups interface {
	Groups(ctx context.Context, site string, ids []string) (map[string][]string, error)
	GroupList(ctx context.Context, site, after string, n int) ([]preferences.Group, error)
	RemoveGroup(ctx context.Context, site, id string) error
	SaveGroup(ctx context.Context, site, id string, users []string, at time.Time) error
}

// People are the users, and who was erased of them.
type People interface {
	Users(ctx context.Context, site string, ids []string) (map[string]preferences.User, error)
	UserList(ctx context.Context, site, after string, n int) ([]preferences.User, error)
	// AddressIDs tells which of the texts were ids of users who are erased; nil where no id of a user
	// looks like an address.
	AddressIDs(ctx context.Context, site string, texts []string) (erased map[string]bool, err error)
	// ChangesOf lists the last n changes of one subject, the newest first.
	ChangesOf(ctx context.Context, site, subject string, n int) ([]message.Change, error)
	// SaveUser stores a user if it is still at the version that u has (0: new), and changes
	// what waits for it as again says: DueAt, Setting and Reason.
	SaveUser(ctx context.Context, c request.Call, u preferences.User, again func(message.Message) message.Message) error
}

// SetUser adds a user, or changes what the directory says of one: address, name, zone and
// language. What the person chose stays and holds over it; a zone that holds acts at once on
// what waits.
func (d *Desk) SetUser(ctx context.Context, c request.Call, u preferences.User) (preferences.User, error) {
	u = u.Normal()
	u.Name = message.Name(u.Name)
	if err := u.Check(); err != nil {
		return u, err
	}
	return d.change(ctx, c, u.ID, func(before preferences.User, _ bool) (preferences.User, error) {
		u.Preferences, u.Chosen, u.Version = before.Preferences, before.Chosen, before.Version
		return u, nil
	})
}

// SetPreferences replaces what a user has chosen: what p leaves out has its default, but a zone
// and a language stay until they are given back. It acts at once on what waits (RULES: changing
// a preference).
func (d *Desk) SetPreferences(ctx context.Context, c request.Call, id string, p preferences.Preferences) (preferences.User, error) {
	if err := d.Catalog(ctx, c.Site).Check(p); err != nil {
		return preferences.User{}, err
	}
	return d.change(ctx, c, id, func(u preferences.User, known bool) (preferences.User, error) {
		if !known {
			return u, unknownUser(id)
		}
		return u.Choosing(p), nil
	})
}

// EditUser changes what edit changes of a user, and leaves the rest: its preferences, too.
func (d *Desk) EditUser(ctx context.Context, c request.Call, id string, edit func(*preferences.User)) (preferences.User, error) {
	return d.change(ctx, c, id, func(u preferences.User, known bool) (preferences.User, error) {
		if !known {
			return u, unknownUser(id)
		}
		edit(&u)
		u = u.Normal()
		u.Name = message.Name(u.Name)
		return u, u.Check()
	})
}

// EditPreferences is SetPreferences for what edit changes of them alone.
func (d *Desk) EditPreferences(ctx context.Context, c request.Call, id string, edit func(*preferences.Preferences) error) (preferences.User, error) {
	return d.change(ctx, c, id, func(u preferences.User, known bool) (preferences.User, error) {
		if !known {
			return u, unknownUser(id)
		}
		p := u.Sent()
		if err := edit(&p); err != nil {
			return u, err
		}
		return u.Choosing(p), d.Catalog(ctx, c.Site).Check(p)
	})
}

// Users lists at most n users by id, after the given one, with all that applies to them.
func (d *Desk) Users(ctx context.Context, site, after string, n int) ([]preferences.User, error) {
	in, err := d.sites.InForce(ctx, site)
	if err != nil {
		return nil, err
	}
	all, err := d.people.UserList(ctx, site, after, n)
	for i, u := range all {
		all[i] = d.complete(u, in)
	}
	return all, err
}

func unknownUser(id string) error {
	return fmt.Errorf("there is no user %q. Add it with PUT /api/v1/users/%s: %w", id, url.PathEscape(id), message.ErrNotFound)
}

// change stores a changed user, and moves what waits by the new rules.
func (d *Desk) change(ctx context.Context, c request.Call, id string, edit func(before preferences.User, known bool) (preferences.User, error)) (after preferences.User, err error) {
	var in preferences.Site
	err = again(ctx, func() (err error) {
		if in, err = d.sites.InForceNow(ctx, c.Site); err != nil {
			return err
		}
		found, err := d.people.Users(ctx, c.Site, []string{id})
		if err != nil {
			return err
		}
		before, known := found[id]
		if !c.Matches(int64(before.Version)) {
			return d.changed(ctx, c, message.OfUser+id)
		}
		if after, err = edit(before, known); err != nil {
			return err
		}
		if known && reflect.DeepEqual(before, after) {
			after.Version-- // nothing is saved: an engine may tell all its users every night
			return nil
		}
		kinds := d.o.InForce(in.Rules)
		rule := d.complete(after, in).Preferences
		after.Seen = in.Version
		return d.people.SaveUser(ctx, c, after, func(m message.Message) message.Message {
			return reconsider(m, kinds, rule, c.At)
		})
	})
	if err != nil {
		return after, err
	}
	after.Version++
	return d.complete(after, in), nil
}

// changed tells who changed something last.
func (d *Desk) changed(ctx context.Context, c request.Call, subject string) error {
	last, err := d.people.ChangesOf(ctx, c.Site, subject, 1)
	if err != nil {
		return err
	}
	e := &request.ChangedError{}
	if len(last) > 0 {
		e.By, e.At = last[0].By, last[0].At
	}
	return e
}

// reconsider is a deferred message after its user changed the preferences.
func reconsider(m message.Message, kinds preferences.Catalog, p preferences.Preferences, at time.Time) message.Message {
	if _, known := kinds[m.Kind]; !known {
		return m // a kind that config.yaml no longer has keeps its time
	}
	m.DueAt = p.Again(m.Kind, m.OccurredAt, m.DueAt, at)
	if _, reason, wanted := p.Due(m.Kind, m.OccurredAt); wanted {
		m.Setting, m.Reason = p.Setting(m.Kind), reason
	} // else it is sent one last time, as was chosen before
	return m
}

// User is a user with all that applies to it, chosen or by default.
func (d *Desk) User(ctx context.Context, site, id string) (preferences.User, error) {
	found, err := d.people.Users(ctx, site, []string{id})
	if err != nil {
		return preferences.User{}, err
	}
	u, known := found[id]
	if !known {
		return u, unknownUser(id)
	}
	in, err := d.sites.InForce(ctx, site)
	return d.complete(u, in), err
}

// SetGroup names users together, so that SendMessage can name the group.
func (d *Desk) SetGroup(ctx context.Context, c request.Call, id string, members []string) error {
	var bad fault.Invalid
	switch {
	case id == "":
		bad.Add("/id", "missing", "a group needs an id. Write the one that the workflow system uses, as in clerks")
	case strings.Contains(id, "@"):
		bad.Add("/id", "bad_id", "%q looks like an address, which is what a mail would take it for. Choose an id without @", fault.Truncate(id, 60))
	}
	bad.Check("/id", "bad_text", fault.CheckLine(id, message.MaxLine))
	if len(members) > fault.MaxList {
		bad.Add("/users", "too_many", "a group has at most %d users, these are %d. Make several groups of them", fault.MaxList, len(members))
	}
	for i, id := range members[:min(len(members), fault.MaxList)] {
		bad.Check(fmt.Sprintf("/users/%d", i), "bad_text", fault.CheckLine(id, message.MaxLine))
	}
	if err := bad.Err(); err != nil {
		return err
	}
	c.Strict = true // a group of half its users would go unnoticed
	users, err := d.users(ctx, c, "/users", members)
	if err != nil {
		return err
	}
	ids := []string{}
	for _, u := range users {
		ids = append(ids, u.id)
	}
	return d.groups.SaveGroup(ctx, c.Site, id, ids, c.At)
}

// Group lists the users of a group.
func (d *Desk) Group(ctx context.Context, site, id string) ([]string, error) {
	groups, err := d.groups.Groups(ctx, site, []string{id})
	if err != nil {
		return nil, err
	}
	members, known := groups[id]
	if !known {
		return nil, fmt.Errorf("there is no group %q. Add it with PUT /api/v1/groups/%s: %w", id, url.PathEscape(id), message.ErrNotFound)
	}
	return members, nil
}

// GroupList lists at most n groups, by id after the given one.
func (d *Desk) GroupList(ctx context.Context, site, after string, n int) ([]preferences.Group, error) {
	return d.groups.GroupList(ctx, site, after, n)
}

// RemoveGroup forgets a group. Its users stay, and so do messages that went to it.
func (d *Desk) RemoveGroup(ctx context.Context, c request.Call, id string) error {
	err := d.groups.RemoveGroup(ctx, c.Site, id)
	if errors.Is(err, message.ErrNotFound) {
		return fmt.Errorf("there is no group %q. /api/v1/groups lists what there is: %w", fault.Truncate(id, 60), err)
	}
	return err
}
