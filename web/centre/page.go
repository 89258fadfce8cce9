package centre

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"notifier/language"
	"notifier/links"
	"notifier/message"
	"notifier/preferences"
	"notifier/wallclock"
	"notifier/web/look"
)

// page is what a person sees of the choices.
type page struct {
	Path    string // of this page
	Address string
	Zone    string
	Done    string // what the last form did; empty: none came
	Undo    message.ID
	Wrong   []mistake
	Paused  string // until when; empty without a pause
	Kinds   []kind
	Locked  []locked
	Hours   []option
	Days    []option
	// OwnZone and OwnLanguage give the field back to the organisation: to the directory, or to the
	// site. A language that nobody has set is nothing to give back to.
	OwnZone     option
	OwnLanguage *option
	Zones       []zones
	Languages   []option
	Pause       pause
	Waiting     []string
	More        int // how many were counted, where there may be more
	Fresh       bool
	FreshSent   bool
	History     []past
	Expires     string // empty where no link expires
	Stopped     *stoppedBefore
	AsSeen      string // where an admin who looks on came from; empty for the person
	Leap        string // what the clocks do within a week; empty if nothing
}

// mistake is something that cannot be saved: where, and what to do.
type mistake struct{ At, Text string }

type option struct {
	Value, Name, Hint string
	Chosen            bool
}

type kind struct {
	Name, Title string
	Options     []option
}

// locked is a kind that leaves no choice, and why.
type locked struct{ Title, Why string }

type zones struct {
	Area  string
	Zones []option
}

type pause struct {
	Until, First, Last, Hour string
	Offered                  bool // it is filled in, and not saved
}

// Fault is what is wrong at a field; empty if nothing is.
func (p page) Fault(at string) string {
	for _, f := range p.Wrong {
		if f.At == at {
			return f.Text
		}
	}
	return ""
}

// page shows the choices of the user, which may differ from what is kept while something
// about them is wrong.
func (c *centre) page(ctx context.Context, v visit, u preferences.User) (page, error) {
	words, chosen := v.clock.Words, u.Preferences
	p := page{
		Path: v.path, Address: mask(v.user.Email), Zone: v.clock.Zone, Fresh: v.token.Fresh(v.at),
		Hours: hours(chosen), Days: days(words, chosen), Languages: languages(v, u),
	}
	c.owned(v, u, &p)
	if c.me == nil {
		p.Expires = v.clock.Date(v.token.IssuedAt.Add(links.Life))
	}
	if end := v.user.Preferences.PauseEnds(); end.After(v.at) {
		p.Paused = c.promise(v, end)
	}
	p.Pause = pause{First: v.clock.Tomorrow().String(), Last: v.clock.Tomorrow().AddDays(longestPause).String(), Hour: chosen.DailyAt.String()}
	if chosen.PauseEnds().After(v.at) {
		p.Pause.Until = chosen.PausedUntil.String()
	}
	catalog := v.kinds
	weeks, err := c.o.Estimate(ctx, v.token.Site, v.user)
	if err != nil {
		return p, err
	}
	for _, k := range catalog.Kinds() {
		title := v.title(k)
		switch {
		case catalog.Choosable(k):
			p.Kinds = append(p.Kinds, kind{"kind." + string(k), title, c.options(v, chosen, k, weeks[k])})
		case k == message.Deadline:
			p.Locked = append(p.Locked, locked{title, words.T("prefs.why_always")})
		default:
			p.Locked = append(p.Locked, locked{title, cmp.Or(catalog[k].Why, words.T("prefs.why_locked"))})
		}
	}
	if err := c.await(ctx, v, &p); err != nil {
		return p, err
	}
	changes, err := c.desk.Changes(ctx, v.token.Site, v.token.User)
	p.History, p.Stopped, p.Leap = c.history(v, changes), c.stoppedBefore(v, changes), leap(v)
	return p, err
}

// options are the frequencies of a kind, each with the next time that mail would come.
//
// Where something happened, each says how many mails a week it would have been.
func (c *centre) options(v visit, chosen preferences.Preferences, k message.Kind, week map[preferences.Frequency]float64) []option {
	var all []option
	words := v.clock.Words
	for _, f := range v.kinds[k].Frequencies {
		o := option{Value: string(f), Name: words.T("frequency." + string(f)), Chosen: chosen.Frequencies[k] == f}
		switch f {
		case preferences.Immediately:
			o.Hint = words.T("prefs.at_once")
		case preferences.Never:
			o.Hint = words.T("prefs.not_at_all")
		default:
			o.Hint = words.T("prefs.next", "Moment", c.promise(v, next(chosen, k, f, v.at)))
		}
		if n, known := week[f]; known && f != preferences.Never {
			o.Hint += " · " + words.N("prefs.a_week", int(math.Round(n)))
		}
		all = append(all, o)
	}
	return all
}

// next is when an event of now would come with that frequency.
func next(p preferences.Preferences, k message.Kind, f preferences.Frequency, at time.Time) time.Time {
	p.Frequencies = map[message.Kind]preferences.Frequency{k: f}
	due, _, _ := p.Due(k, at)
	return due
}

func hours(p preferences.Preferences) []option {
	var all []option
	chosen := p.DailyAt.String()
	for minute := 0; minute < 24*60; minute += 30 {
		t := wallclock.Time{Hour: minute / 60, Minute: minute % 60}.String()
		all = append(all, option{Value: t, Name: t, Chosen: t == chosen})
	}
	if !slices.ContainsFunc(all, func(o option) bool { return o.Chosen }) {
		all = append(all, option{Value: chosen, Name: chosen, Chosen: true})
		slices.SortFunc(all, func(a, b option) int { return strings.Compare(a.Value, b.Value) })
	}
	return all
}

func days(w *language.Words, p preferences.Preferences) []option {
	var all []option
	for _, d := range preferences.Weekdays() {
		all = append(all, option{Value: string(d), Name: w.T("day." + string(d)), Chosen: d == p.WeeklyOn})
	}
	return all
}

// inherited is the value of a field that a person gives back to the organisation.
const inherited = "-"

// owned offers the zones and languages, and those of the organisation.
func (c *centre) owned(v visit, u preferences.User, p *page) {
	words, mine := v.clock.Words, u.Chosen.Timezone
	p.OwnZone = option{Value: inherited, Hint: v.user.Inherited.Timezone, Name: words.T("prefs.organisation", "Value", v.user.Inherited.Timezone), Chosen: mine == ""}
	p.Zones = zonesWith(mine)
	if said := v.user.Directory.Language; said != "" {
		p.OwnLanguage = &option{Value: inherited, Name: words.T("prefs.organisation", "Value", language.Name(look.Choose(said))), Chosen: u.Chosen.Language == ""}
		for i := range p.Languages {
			p.Languages[i].Chosen = p.Languages[i].Chosen && u.Chosen.Language != ""
		}
	}
}

func languages(v visit, u preferences.User) []option {
	var all []option
	chosen := u.Language
	if chosen == "" || v.lang != language.Pseudo && look.Choose(chosen) == v.lang {
		chosen = v.lang
	}
	for _, lang := range language.Tags() {
		all = append(all, option{Value: lang, Name: language.Name(lang), Chosen: lang == look.Choose(chosen)})
	}
	return all
}

// areas are the parts of the world whose places are offered; other names in the list are
// older ones of the same zones.
var areas = []string{"Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"}

func zonesWith(chosen string) []zones {
	var all []zones
	listed := chosen == "UTC" || chosen == ""
	for _, area := range areas {
		z := zones{Area: area}
		for _, name := range wallclock.Names() {
			place, in := strings.CutPrefix(name, area+"/")
			if in {
				z.Zones = append(z.Zones, option{Value: name, Name: strings.ReplaceAll(place, "_", " "), Chosen: name == chosen})
				listed = listed || name == chosen
			}
		}
		all = append(all, z)
	}
	other := zones{Area: "UTC", Zones: []option{{Value: "UTC", Name: "UTC", Chosen: chosen == "UTC"}}}
	if !listed {
		other.Zones = append(other.Zones, option{Value: chosen, Name: chosen, Chosen: true})
	}
	return append(all, other)
}

// most is how many waiting messages are counted.
const most = 200

// await says what waits, by when it comes; never what it says.
func (c *centre) await(ctx context.Context, v visit, p *page) error {
	waiting, err := c.records.Waiting(ctx, v.token.Site, v.token.User, most)
	if err != nil {
		return fmt.Errorf("list what waits: %w", err)
	}
	words := v.clock.Words
	for len(waiting) > 0 {
		due := waiting[0].DueAt
		over := !due.After(v.at)
		same := func(m message.Message) bool { return m.DueAt.Equal(due) || over && !m.DueAt.After(v.at) }
		n := slices.IndexFunc(waiting, func(m message.Message) bool { return !same(m) })
		if n < 0 {
			n = len(waiting)
		}
		line := words.N("prefs.waiting_n", n, "Moment", c.promise(v, due))
		if c.soon(v, due) {
			line = words.N("prefs.waiting_soon", n)
		}
		p.Waiting = append(p.Waiting, line)
		p.More += n
		waiting = waiting[n:]
	}
	if p.More < most {
		p.More = 0
	}
	return nil
}
