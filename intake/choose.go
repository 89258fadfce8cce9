package intake

import (
	"context"
	"maps"
	"slices"

	"notifier/fault"
	"notifier/message"
	"notifier/preferences"
	"notifier/request"
)

// Choose replaces all that a user has a say in, as one change. It acts at once on what waits.
func (d *Desk) Choose(ctx context.Context, c request.Call, id string, chosen preferences.Choices) (preferences.User, error) {
	if err := fault.Join(d.Catalog(ctx, c.Site).Check(chosen.Preferences), preferences.User{ID: id}.With(chosen).Check()); err != nil {
		return preferences.User{}, err
	}
	return d.change(ctx, c, id, func(u preferences.User, known bool) (preferences.User, error) {
		if !known {
			return u, unknownUser(id)
		}
		return u.With(chosen), nil
	})
}

// Stop ends mails of these kinds, as a person asks from a mail: those that may be stopped
// become "never", and nothing else changes. What already waits is sent one last time.
func (d *Desk) Stop(ctx context.Context, c request.Call, id string, kinds []message.Kind) (preferences.User, error) {
	return d.change(ctx, c, id, func(u preferences.User, known bool) (preferences.User, error) {
		if !known {
			return u, unknownUser(id)
		}
		chosen := maps.Clone(u.Preferences.Frequencies)
		if chosen == nil {
			chosen = map[message.Kind]preferences.Frequency{}
		}
		catalog := d.Catalog(ctx, c.Site)
		for _, kind := range kinds {
			if catalog.Stoppable(kind) {
				chosen[kind] = preferences.Never
			}
		}
		if len(chosen) > 0 {
			u.Preferences.Frequencies = chosen
		}
		return u, nil
	})
}

// Undo makes a user's choices what they were before a change.
func (d *Desk) Undo(ctx context.Context, c request.Call, id string, change message.ID) (preferences.User, error) {
	changes, err := d.Changes(ctx, c.Site, id)
	if err != nil {
		return preferences.User{}, err
	}
	i := slices.IndexFunc(changes, func(one preferences.Change) bool { return one.ID == change })
	if i < 0 {
		return preferences.User{}, message.ErrNotFound
	}
	return d.Choose(ctx, c, id, changes[i].Before)
}

// remembered is how many records of a person are looked at for changes of choices.
const remembered = 50

// Changes lists the last changes of a user's choices, newest first.
func (d *Desk) Changes(ctx context.Context, site, id string) ([]preferences.Change, error) {
	found, err := d.people.Users(ctx, site, []string{id})
	if err != nil {
		return nil, err
	}
	if _, known := found[id]; !known {
		return nil, unknownUser(id)
	}
	records, err := d.people.ChangesOf(ctx, site, message.OfUser+id, remembered)
	if err != nil {
		return nil, err
	}
	return preferences.Changes(records)
}

// Catalog lists the kinds that are in force on a site. Without the database they are those of
// the configuration: nothing comes of them anyway.
func (d *Desk) Catalog(ctx context.Context, site string) preferences.Catalog {
	in, err := d.sites.InForce(ctx, site)
	if err != nil {
		return d.o.Catalog
	}
	return d.o.InForce(in.Rules)
}
