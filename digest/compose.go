package digest

import (
	"strings"
	"time"
	"unicode/utf8"

	"notifier/language"
	"notifier/letter"
	"notifier/message"
)

// limits is how much of the items a digest shows; the rest is counted.
type limits struct {
	cases  int // and at most so many lines about no case
	events int // of one case
}

var widest = limits{cases: 25, events: 6}

// The longest texts, in characters.
const (
	longestEvent   = 200
	longestName    = 160
	longestSubject = 60 // before the date
	longestGlimpse = 60 // of a case in the preheader
)

// compose fills in the subject, text and HTML of d. A body that is too large shows fewer
// cases, until it fits: what is left out is always counted.
func compose(w letter.Writer, d message.Message, g gathered) message.Message {
	c := &composer{Writer: w, d: d, gathered: g, words: language.In(d.Language), wall: letter.WallOf(d)}
	c.d.Subject = c.subject()
	f := c.Frame(c.d, c.whys...)
	f.Preheader = c.glimpse()
	c.d.Headers, c.d.Language = f.Headers, f.Lang // what is declared is what is written
	f.Button = letter.Button{Label: c.words.T("letter.digest.open_cases"), URL: letter.Link(c.CasesURL)}
	show := widest
	for {
		p := c.page(show, f.Button.URL)
		c.d.Text, c.d.HTML = c.text(f, p), digests.HTML(f, p)
		if show.cases == 0 || fits(c.d.Text, c.d.HTML) {
			return c.d
		}
		show.cases = min(show.cases, max(c.cases(), c.looseLines()))
		show.cases = min(show.cases-1, show.cases*largest/(encoded(c.d.Text)+encoded(c.d.HTML)))
	}
}

// composer is one digest at work.
type composer struct {
	letter.Writer
	gathered
	d     message.Message
	words *language.Words
	wall  letter.Wall
}

// subject ends with the date, which also keeps mail programs from making digests a thread.
func (c *composer) subject() string {
	items, cases := c.items, c.cases()
	title := c.headline()
	switch {
	case cases == 1 && c.loose == nil:
		title = c.named(c.leading().of.Name(), c.words.N("letter.digest.items", items))
	case cases == 1 || cases == 2:
		title = c.named(c.leading().of.ID, title)
	}
	day := c.wall.Date(c.d.OccurredAt, c.d.OccurredAt)
	if c.hourly {
		return letter.SubjectLine(c.words.T("letter.digest.dated_hour", "Headline", title, "Day", day, "Hour", c.wall.Hour(c.d.OccurredAt)))
	}
	return letter.SubjectLine(c.words.T("letter.digest.dated", "Headline", title, "Day", day))
}

// named puts as much of the name as there is room for before the rest of a subject.
func (c *composer) named(name, rest string) string {
	inCase := func(name string) string { return c.words.T("letter.digest.in_case", "Case", name, "Headline", rest) }
	room := longestSubject - utf8.RuneCountInString(inCase(""))
	return inCase(letter.Cut(letter.Line(name), room))
}

// headline is how many notifications there are, in how many cases.
func (c *composer) headline() string {
	items := c.words.N("letter.digest.items", c.items)
	if c.cases() == 0 {
		return items
	}
	return c.words.N("letter.digest.in_cases", c.cases(), "Items", items)
}

// leading is the case that is shown first.
func (c *composer) leading() *group {
	if len(c.reached) > 0 {
		return c.reached[0]
	}
	return c.changed[0]
}

// page is what the template and the text show within these limits.
func (c *composer) page(show limits, casesURL string) page {
	p := page{
		Headline: c.headline(),
		CasesURL: casesURL,
		SeeAll:   c.words.T("letter.digest.see_all"),
	}
	p.From, p.To = c.period()
	p.Collected = c.words.T("letter.digest.collected", "From", p.From, "To", p.To, "Zone", c.wall.Zone) + " " + c.words.T("letter.digest.record")

	room := show.cases
	var cases, items int // not shown
	for _, part := range []struct {
		title  string
		groups []*group
	}{{"letter.digest.reached", c.reached}, {"letter.digest.changed", c.changed}} {
		shown := part.groups[:min(room, len(part.groups))]
		room -= len(shown)
		if len(shown) > 0 {
			p.Sections = append(p.Sections, section{c.words.T(part.title, "N", len(part.groups)), c.entries(shown, show.events)})
		}
		for _, g := range part.groups[len(shown):] {
			cases, items = cases+1, items+g.items
		}
	}
	if cases > 0 {
		p.Unshown = c.words.N("letter.digest.unshown", cases, "Items", c.words.N("letter.digest.items", items))
	}
	if c.loose != nil {
		p.Loose = &section{c.words.T("letter.digest.loose", "N", c.loose.items), c.entries([]*group{c.loose}, show.cases)}
	}
	return p
}

// glimpse is what an inbox shows after the subject: the first two cases.
func (c *composer) glimpse() string {
	var names []string
	for _, groups := range [][]*group{c.reached, c.changed} {
		for _, g := range groups[:min(2-len(names), len(groups))] {
			names = append(names, letter.Cut(letter.Line(g.of.Name()), longestGlimpse))
		}
	}
	if c.loose != nil && len(names) == 0 {
		names = append(names, letter.Cut(c.loose.events[0].text, longestGlimpse))
	}
	if n := c.cases() - 2; n > 0 {
		names = append(names, c.words.T("letter.digest.more", "N", n))
	}
	return strings.Join(names, " · ")
}

// period is from the first event to the digest; the day is named once if it is one day.
func (c *composer) period() (from, to string) {
	at := c.d.OccurredAt
	from, to = c.wall.Stamp(c.first, at), c.wall.Stamp(at, c.first)
	if c.wall.Days(c.first, at) == 0 {
		to = c.wall.Hour(at)
	}
	return from, to
}

func (c *composer) entries(groups []*group, events int) []entry {
	entries := make([]entry, len(groups))
	for i, g := range groups {
		e := entry{
			Name:  letter.Cut(letter.Line(g.of.Name()), longestName),
			URL:   letter.Link(g.of.URL),
			Lines: make([]line, min(events, len(g.events))),
			Told:  make([]string, min(events, len(g.events))),
		}
		rest := g.items
		for j := range e.Lines {
			l := c.line(g, g.events[j])
			e.Lines[j], e.Told[j] = l, l.When+" · "+l.What
			rest -= g.events[j].times
		}
		if rest > 0 {
			e.More = c.words.T("letter.digest.more", "N", rest)
		}
		entries[i] = e
	}
	return entries
}

func (c *composer) line(g *group, e event) line {
	l := line{When: c.when(e.at)}
	l.What = letter.Cut(e.text, longestEvent)
	if g.several(e) {
		if actor := letter.Actor(*e.of); actor != "" {
			l.What += " (" + actor + ")"
		}
	}
	if e.times > 1 {
		last := c.when(e.last)
		if last == l.When {
			last = ""
		}
		l.What += " " + c.words.T("letter.digest.times", "N", e.times, "Last", last)
	}
	return l
}

// when is as much of a time as tells it apart from all others that the digest collected.
func (c *composer) when(t time.Time) string {
	// In a day of 23 hours the wall reads an hour of yesterday again before 24 have passed.
	switch span := max(c.d.OccurredAt.Sub(c.first), c.wall.Span(c.first, c.d.OccurredAt)); {
	case span <= 24*time.Hour:
		return c.wall.Hour(t)
	case span <= 7*24*time.Hour:
		return c.wall.Weekday(t) + " " + c.wall.Hour(t)
	}
	return c.wall.Date(t, c.d.OccurredAt) + " " + c.wall.Hour(t)
}
