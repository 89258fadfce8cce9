package intake

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"time"

	"notifier/fault"
	"notifier/message"
	"notifier/preferences"
	"notifier/request"
	"notifier/schedule"
)

// Notify takes an event. What becomes of it is decided for each user now, by the user's
// preferences, and kept with its reason, also where nothing is sent.
func (d *Desk) Notify(ctx context.Context, c request.Call, e message.Event) (noted request.Noted, replayed bool, err error) {
	shortened := e.Shorten()
	err = fault.Join(e.Check(c.At), d.Catalog(ctx, c.Site).CheckKind(e.Kind))
	if err == nil {
		err = again(ctx, func() (err error) {
			noted, replayed, err = d.notify(ctx, c, e, shortened)
			return err
		})
	}
	if _, refused := errors.AsType[*fault.Invalid](err); refused && d.before(ctx, c, e, &noted) {
		return noted, true, nil
	}
	return noted, replayed, err
}

func (d *Desk) notify(ctx context.Context, c request.Call, e message.Event, shortened message.Shortened) (noted request.Noted, replayed bool, err error) {
	// Read before what decides: Accept refuses a version that is older than the site's.
	in, err := d.sites.InForce(ctx, c.Site)
	if err != nil {
		return noted, false, err
	}
	users, err := d.users(ctx, c, "/users", e.Users)
	if err != nil {
		return noted, false, err
	}
	asked := e
	if e.Muted, err = d.muted(ctx, c.Site, e); err != nil {
		return noted, false, err
	}
	noted = request.Noted{ID: message.NewID(message.EventIDs), Shortened: shortened, DryRun: c.DryRun}
	seen := map[string]int{}
	var messages []message.Message
	for _, u := range users {
		var m message.Message
		if u.user == nil {
			m = unknownRecipient(d.undecided(c, e, preferences.User{ID: u.id}))
		} else {
			seen[u.id] = u.user.Version
			m = d.decide(c, e, *u.user)
		}
		m.EventID = noted.ID
		messages = append(messages, m)
		noted.Recipients = append(noted.Recipients, decision(m))
	}
	d.announce(c, noted.Recipients)
	if c.DryRun {
		noted.ID = ""
		for i := range noted.Recipients {
			noted.Recipients[i].Message = ""
		}
	}
	kept, err := tray(c, asked, noted)
	if err != nil {
		return noted, false, err
	}
	kept.Messages, kept.Seen, kept.Inherited, kept.Case = messages, seen, in.Version, e.Case
	replayed, err = d.accept(ctx, c, kept, &noted)
	return noted, replayed, err
}

// decide makes the message of an event for one user (RULES: who gets what, when).
func (d *Desk) decide(c request.Call, e message.Event, u preferences.User) message.Message {
	m := d.undecided(c, e, u)
	m.Setting = u.Preferences.Setting(e.Kind)
	m.Status, m.DueAt, m.Reason = u.Decide(e, m.OccurredAt)
	if m.Status == message.Pending {
		m.DueAt, m.QueuedAt = c.At, c.At
	}
	return m
}

// undecided is the message of an event for one user before anything is decided of it.
func (d *Desk) undecided(c request.Call, e message.Event, u preferences.User) message.Message {
	m := u.Person().Address(message.Message{
		ID: message.NewID(message.MessageIDs), Site: c.Site, Type: message.Single, Kind: e.Kind, Reference: e.Reference,
		Case: e.Case, Actor: e.Actor, Summary: e.Summary.In(u.Language), OccurredAt: e.Occurred(c.At), Domain: d.o.Domain,
		CreatedAt: c.At, UpdatedAt: c.At,
	})
	m.Process = e.Process
	m.Subject = d.o.Writer.Subject(m)
	return m
}

// unknownRecipient is the record of a message that nobody gets, because no user has the id.
func unknownRecipient(m message.Message) message.Message {
	m.Status, m.Reason, m.DueAt, m.QueuedAt = message.Skipped, message.UnknownUser, time.Time{}, time.Time{}
	return m
}

func decision(m message.Message) request.Decision {
	d := request.Decision{User: m.UserID, Status: m.Status, Reason: m.Reason, Message: m.ID}
	if m.Status == message.Deferred {
		d.DueAt, d.Timezone = &m.DueAt, m.Timezone
	}
	return d
}

// announce says when what is deferred leaves. Many people have the same hour, so each time is
// looked up once.
func (d *Desk) announce(c request.Call, all []request.Decision) {
	if d.o.Departures == nil {
		return
	}
	var timetable schedule.Departures
	var known map[time.Time]schedule.Leaving
	for i, decided := range all {
		if decided.DueAt == nil {
			continue
		}
		if known == nil {
			timetable, known = d.o.Departures(), map[time.Time]schedule.Leaving{}
		}
		due := decided.DueAt.UTC()
		leaving, looked := known[due]
		if !looked {
			leaving = timetable.OfDigest(due, c.At)
			known[due] = leaving
		}
		all[i].LeavesAt, all[i].WaitsFor = leaving.Announced(), leaving.WaitsFor
	}
}

// named is a user as a request names it, with complete preferences; nil if it is unknown.
type named struct {
	id   string
	user *preferences.User
}

// users finds the users with these ids, in their order and once each. Unknown ones are
// refused if nobody is known, or the call is strict.
func (d *Desk) users(ctx context.Context, c request.Call, pointer string, ids []string) ([]named, error) {
	in, err := d.sites.InForce(ctx, c.Site)
	if err != nil {
		return nil, err
	}
	found, err := d.people.Users(ctx, c.Site, ids)
	if err != nil {
		return nil, err
	}
	kinds := d.o.InForce(in.Rules)
	users := make([]named, 0, len(ids))
	var bad fault.Invalid
	seen := make(map[string]bool, len(ids))
	for i, id := range ids {
		if seen[id] {
			continue
		}
		seen[id] = true
		if u, known := found[id]; known {
			u = kinds.CompleteUser(u, in.Timezone)
			users = append(users, named{id, &u})
			continue
		}
		users = append(users, named{id, nil})
		if len(bad.Faults) < fault.MaxFaults { // the others are only counted
			bad.Add(pointer+"/"+strconv.Itoa(i), "unknown_user", "there is no user %q. Add it with PUT /api/v1/users/%s", id, url.PathEscape(id))
		} else {
			bad.More++
		}
	}
	if c.Strict || len(found) == 0 {
		return users, bad.Err()
	}
	return users, nil
}

// complete fills in what a user has not chosen.
func (d *Desk) complete(u preferences.User, in preferences.Site) preferences.User {
	return d.o.InForce(in.Rules).CompleteUser(u, in.Timezone)
}
