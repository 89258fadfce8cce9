package service

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"notifier/deadlines"
	"notifier/intake"
	"notifier/letter"
	"notifier/message"
	"notifier/preferences"
	"notifier/settings"
	"notifier/wallclock"
)

// calendar is the working time of a site, by the rules and in the zone that are in force.
func (h *Service) calendar(site string) deadlines.Calendar {
	in, err := h.inForce(site)
	if err != nil { // without the database nothing comes of it anyway
		return h.current.config.Load().Calendar(site)
	}
	return h.calendarBy(site, in)
}

func (h *Service) inForce(site string) (preferences.Site, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return h.store.InForce(ctx, site)
}

// calendarBy is the working time of a site by what is in force there.
func (h *Service) calendarBy(site string, in preferences.Site) deadlines.Calendar {
	calendar := h.current.config.Load().Calendar(site)
	if kept, is := h.current.calendars.of(in.Rules); is {
		calendar = kept
	}
	calendar.Zone, calendar.Version = time.UTC, in.Version
	if zone, err := wallclock.Zone(in.Timezone); err == nil {
		calendar.Zone = zone
	}
	return calendar
}

// calendars are those of rules, read once each.
type calendars struct{ known sync.Map }

// of is the calendar of the rules; false if they have none.
func (c *calendars) of(rules string) (deadlines.Calendar, bool) {
	type read struct {
		calendar deadlines.Calendar
		is       bool
	}
	if known, found := c.known.Load(rules); found {
		return known.(read).calendar, known.(read).is
	}
	calendar, is := settings.ReadWorkday(preferences.ReadRules(rules).Workday)
	c.known.Store(rules, read{calendar, is})
	return calendar, is
}

// kinds are the kinds by rules that are in force, with the words of the configuration.
func (h *Service) kinds(rules string) preferences.Catalog {
	c := h.current.config.Load()
	known := h.current.kinds.Load()
	if known == nil || known.config != c {
		known = &kindsOfConfig{config: c, by: intake.Remember(c.Kinds.InForce)}
		h.current.kinds.Store(known)
	}
	return known.by(rules)
}

// kindsOfConfig are the kinds by rules in force, for one configuration.
type kindsOfConfig struct {
	config *settings.Config
	by     func(rules string) preferences.Catalog
}

// kindsOf are the kinds that are in force on a site.
func (h *Service) kindsOf(site string) preferences.Catalog {
	in, err := h.inForce(site)
	if err != nil {
		return h.current.config.Load().Kinds
	}
	return h.kinds(in.Rules)
}

// kindsSeen are the kinds that were in force on a site when the store looked last. Digests are
// written within a transaction, and a question to the database would wait for its end.
func (h *Service) kindsSeen(site string) preferences.Catalog {
	in, seen := h.store.InForceSeen(site)
	if !seen {
		return h.current.config.Load().Kinds
	}
	return h.kinds(in.Rules)
}

// writes is how mails look here.
func (h *Service) writes(kindsOf func(site string) preferences.Catalog) letter.Writer {
	w := WriterOf(h.config)
	w.Links = linksOf(h.config, kindsOf)
	var known atomic.Pointer[titles]
	w.TitlesNow = func() map[message.Kind]string {
		now, t := h.current.config.Load(), known.Load()
		if t == nil || t.config != now {
			t = &titles{now, titlesOf(*now)}
			known.Store(t)
		}
		return t.all
	}
	return w
}

// WriterOf is how mails look by the configuration alone.
func WriterOf(c settings.Config) letter.Writer {
	return letter.Writer{CasesURL: c.Links.Cases, Titles: titlesOf(c), Links: linksOf(c, func(string) preferences.Catalog { return c.Kinds })}
}

// titles are how a configuration calls the kinds for which each language has no words of its own.
type titles struct {
	config *settings.Config
	all    map[message.Kind]string
}

func titlesOf(c settings.Config) map[message.Kind]string {
	all := map[message.Kind]string{}
	for kind, k := range c.Kinds {
		if k.Title != preferences.DefaultCatalog()[kind].Title {
			all[kind] = k.Title
		}
	}
	return all
}
