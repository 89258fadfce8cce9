package intake

import (
	"context"
	"sync"

	"notifier/deadlines"
	"notifier/message"
	"notifier/preferences"
	"notifier/request"
)

// SiteRules are what people inherit of a site, and what moves when that changes.
type SiteRules interface {
	// InForce is what people inherit of the site, as it was a moment ago, and InForceNow as it is.
	InForce(ctx context.Context, site string) (preferences.Site, error)
	InForceNow(ctx context.Context, site string) (preferences.Site, error)
	// Moving lists the sites whose waiting notifications are to be moved, and MoveInherited moves
	// those of the next n users of one; MoveDeadlines then moves its deadlines.
	Moving(ctx context.Context) ([]string, error)
	MoveInherited(ctx context.Context, c request.Call, n int, again func(u preferences.User, in preferences.Site) func(message.Message) message.Message) (more bool, err error)
	MoveDeadlines(ctx context.Context, c request.Call, n int, again func(d deadlines.Deadline, in preferences.Site) deadlines.Deadline) (more bool, err error)
}

// movedAtOnce is how many users a page has whose waiting notifications are moved: few enough
// that nobody waits long for a user who is in it.
const movedAtOnce = 200

// MoveInherited moves the waiting notifications of everybody who inherits what has changed of a
// site, as a change of their own would (RULES 2), and the next steps of its deadlines. It goes on where another replica left off, and
// nothing happens where nothing has changed. Digests are made after it, so that none is made by a
// rule of before.
func (d *Desk) MoveInherited(ctx context.Context, c request.Call) error {
	sites, err := d.sites.Moving(ctx)
	for _, site := range sites {
		c.Site = site
		for more := err == nil; more && err == nil; {
			more, err = d.sites.MoveInherited(ctx, c, movedAtOnce, func(u preferences.User, in preferences.Site) func(message.Message) message.Message {
				kinds, rule := d.o.InForce(in.Rules), d.complete(u, in).Preferences
				return func(m message.Message) message.Message { return reconsider(m, kinds, rule, c.At) }
			})
		}
		for more := err == nil; more && err == nil; {
			more, err = d.sites.MoveDeadlines(ctx, c, movedAtOnce, func(dl deadlines.Deadline, in preferences.Site) deadlines.Deadline {
				return dl.Moved(d.o.CalendarBy(site, in))
			})
		}
	}
	return err
}

// Remember has read do each rules once: nearly all sites have the same, and they hardly change.
func Remember(read func(rules string) preferences.Catalog) func(rules string) preferences.Catalog {
	var known sync.Map // rules → preferences.Catalog
	return func(rules string) preferences.Catalog {
		if seen, found := known.Load(rules); found {
			return seen.(preferences.Catalog)
		}
		kinds := read(rules)
		known.Store(rules, kinds)
		return kinds
	}
}
