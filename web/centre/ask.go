package centre

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/url"
	"slices"
	"time"

	"notifier/message"
	"notifier/preferences"
)

// asked is the question what is to become of what waits, before a choice is kept.
type asked struct {
	Title, Path string
	Form        []option // what was chosen, to be sent again
	Never       *held    // of kinds that are to come no more
	Moved       *held    // of kinds that are to come at other times
}

// held is what waits, and when it would come.
type held struct{ Text, Moment string }

// keep has the form sent again with the answer.
func (a *asked) keep(form url.Values) {
	for _, name := range slices.Sorted(maps.Keys(form)) {
		for _, value := range form[name] {
			a.Form = append(a.Form, option{Value: value, Name: name})
		}
	}
}

// asking is the question for choices that change how often kinds come of which something
// waits; nil where there is nothing to ask. What is to come right away leaves anyhow.
func (c *centre) asking(ctx context.Context, v visit, chosen preferences.Choices) (*asked, error) {
	if v.kinds.Check(chosen.Preferences) != nil {
		return nil, nil // it cannot be kept, and the page will say why
	}
	after := v.kinds.Complete(chosen.Preferences, cmp.Or(chosen.Timezone, v.user.Inherited.Timezone))
	waiting, err := c.records.Waiting(ctx, v.token.Site, v.token.User, most)
	if err != nil {
		return nil, err
	}
	var never, moved group
	for _, m := range waiting {
		was, is := v.user.Preferences.Frequencies[m.Kind], after.Frequencies[m.Kind]
		switch {
		case was == is || is == preferences.Immediately:
		case is == preferences.Never:
			never.add(m.Kind, m.DueAt)
		default:
			due, _, _ := after.Due(m.Kind, m.OccurredAt)
			moved.add(m.Kind, due)
		}
	}
	words := v.clock.Words
	a := &asked{Title: words.T("ask.title"), Path: v.path}
	if never.n > 0 {
		a.Never = &held{words.N("ask.never", never.n, "Kinds", c.quoted(v, never.kinds)), c.moment(v, never.first)}
	}
	if moved.n > 0 && moved.first.After(v.at) {
		a.Moved = &held{words.N("ask.moved", moved.n, "Kinds", c.quoted(v, moved.kinds)), c.moment(v, moved.first)}
	}
	if a.Never == nil && a.Moved == nil {
		return nil, nil
	}
	return a, nil
}

// group is so much that waits, of these kinds, and the first time that some of it comes.
type group struct {
	n     int
	kinds []message.Kind
	first time.Time
}

func (g *group) add(k message.Kind, due time.Time) {
	g.n++
	if !slices.Contains(g.kinds, k) {
		g.kinds = append(g.kinds, k)
	}
	if g.first.IsZero() || due.Before(g.first) {
		g.first = due
	}
}

// moment is when a digest leaves that is due then, with the zone.
func (c *centre) moment(v visit, t time.Time) string {
	if c.soon(v, t) {
		return v.clock.Words.T("ask.soon")
	}
	return c.promise(v, t) + " (" + v.clock.Zone + ")"
}

// neverNow are the kinds that are to come no more, and did before.
func (c *centre) neverNow(v visit, chosen preferences.Choices) (kinds []message.Kind) {
	after := v.kinds.Complete(chosen.Preferences, chosen.Timezone)
	for k, f := range after.Frequencies {
		if f == preferences.Never && v.user.Preferences.Frequencies[k] != preferences.Never {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

// settle does what was answered about what waits. Without an answer it comes as the rules
// say: by the new choice, or one last time.
func (c *centre) settle(ctx context.Context, v visit, form url.Values, never []message.Kind) error {
	if form.Get("held_never") == "drop" {
		waiting, err := c.records.Waiting(ctx, v.token.Site, v.token.User, mostShown)
		if err != nil {
			return err
		}
		for _, m := range waiting {
			if !slices.Contains(never, m.Kind) {
				continue
			}
			_, _, err := c.o.Outgoing.Cancel(ctx, v.call(), m.ID)
			if _, left := errors.AsType[*message.MoveError](err); err != nil && !left {
				return err
			}
		}
	}
	if form.Get("held_moved") != "now" {
		return nil
	}
	sent, _, err := c.o.Digests.SendNow(ctx, v.call(), v.token.User)
	if err == nil && sent.Message != "" {
		c.o.Wake()
	}
	return err
}
