package digest

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"notifier/letter"
	"notifier/message"
)

// gathered is what the items say, sorted out; every item is counted in just one event.
type gathered struct {
	items   int
	first   time.Time
	reached []*group // cases that came to the user, the newest first
	changed []*group // other cases, the one with the latest event first
	loose   *group   // what is about no case; nil if there is nothing
	whys    []letter.Why
	hourly  bool
}

// cases is how many there are.
func (g gathered) cases() int { return len(g.reached) + len(g.changed) }

// looseLines is how many events are about no case.
func (g gathered) looseLines() int {
	if g.loose == nil {
		return 0
	}
	return len(g.loose.events)
}

// group is one case and what happened to it, oldest first.
type group struct {
	of      message.Case // as the latest items call it
	events  []event
	items   int
	reached time.Time // when the case last came to the user; zero if it did not
	latest  time.Time
}

// event is one line of a digest: what somebody did, once or several times.
type event struct {
	of       *message.Message // the first time
	text     string
	at, last time.Time
	times    int
}

// several tells whether somebody else did the same in this case. Only then does a line
// name who it was: actors are ids, and most texts say it better.
func (c *group) several(e event) bool {
	return slices.ContainsFunc(c.events, func(other event) bool {
		return other.text == e.text && other.of.Actor != e.of.Actor
	})
}

// same is what makes two items of one case the same event.
type same struct {
	id, text, actor string
}

// gather sorts out items that are in order.
func gather(w letter.Writer, items []*message.Message) gathered {
	g := gathered{items: len(items), first: items[0].OccurredAt}
	groups := make(map[string]*group, len(items))
	seen := make(map[same]int, len(items)) // the place among the group's events
	var list []*group
	for _, m := range items {
		c := groups[m.Case.ID]
		if c == nil {
			c = &group{of: message.Case{ID: m.Case.ID}}
			groups[m.Case.ID] = c
			list = append(list, c)
		}
		c.add(m, text(w, m), seen)
		if m.Setting == "hourly" || strings.HasPrefix(m.Setting, "hourly ") {
			g.hourly = true
		}
		g.why(m)
	}
	for _, c := range list {
		switch {
		case c.of.ID == "":
			g.loose = c
		case !c.reached.IsZero():
			g.reached = append(g.reached, c)
		default:
			g.changed = append(g.changed, c)
		}
	}
	slices.SortStableFunc(g.reached, func(a, b *group) int {
		return cmp.Or(b.reached.Compare(a.reached), b.latest.Compare(a.latest), cmp.Compare(a.of.ID, b.of.ID))
	})
	slices.SortStableFunc(g.changed, func(a, b *group) int {
		return cmp.Or(b.latest.Compare(a.latest), cmp.Compare(a.of.ID, b.of.ID))
	})
	slices.SortStableFunc(g.whys, func(a, b letter.Why) int { return cmp.Compare(rank(a.Kind), rank(b.Kind)) })
	return g
}

// text is what the item says; without a case its title is part of that.
func text(w letter.Writer, m *message.Message) string {
	what := w.What(*m)
	if m.Case.ID == "" && m.Case.Title != "" {
		return letter.Cut(letter.Line(m.Case.Title), longestName) + ": " + what
	}
	return what
}

func (c *group) add(m *message.Message, text string, seen map[same]int) {
	c.items++
	c.latest = m.OccurredAt
	if m.Kind == message.CaseReceived {
		c.reached = m.OccurredAt
	}
	if c.of.ID != "" {
		c.of.Title, c.of.URL = cmp.Or(m.Case.Title, c.of.Title), cmp.Or(m.Case.URL, c.of.URL)
	}
	key := same{m.Case.ID, text, m.Actor}
	if i, ok := seen[key]; ok {
		c.events[i].times++
		c.events[i].last = m.OccurredAt
		return
	}
	seen[key] = len(c.events)
	c.events = append(c.events, event{of: m, text: text, at: m.OccurredAt, last: m.OccurredAt, times: 1})
}

// why notes the item's kind once, with the setting of its latest item.
func (g *gathered) why(m *message.Message) {
	for i := range g.whys {
		if g.whys[i].Kind == m.Kind {
			g.whys[i].Setting = m.Setting
			return
		}
	}
	g.whys = append(g.whys, letter.Why{Kind: m.Kind, Setting: m.Setting})
}

// rank puts the kinds that everybody knows first.
func rank(k message.Kind) string {
	switch k {
	case message.CaseReceived:
		return ""
	case message.CaseChanged:
		return " "
	}
	return string(k)
}
