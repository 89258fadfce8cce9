package console

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"notifier/access"
	"notifier/message"
	"notifier/preferences"
	"notifier/request"
	"notifier/web"
)

// Users keeps what people chose.
type Users interface {
	User(ctx context.Context, site, id string) (preferences.User, error)
	Changes(ctx context.Context, site, id string) ([]preferences.Change, error)
	Catalog(ctx context.Context, site string) preferences.Catalog
	SetPreferences(ctx context.Context, c request.Call, id string, p preferences.Preferences) (preferences.User, error)
	Unsuppress(ctx context.Context, c request.Call, address string) error
}

// People is what can be done for a person beside what the desk does.
type People struct {
	// Link is the address where somebody chooses; nil: there are no links.
	Link func(site, user string, at time.Time) string
	// AsSeen shows what a person sees there, without letting anything be changed.
	AsSeen func(w http.ResponseWriter, r *http.Request, site, user, back string) error
}

type personPage struct {
	base
	User     preferences.User
	Chosen   []chosen
	Changes  []changedBy
	Last     []message.Message
	Counts   []counted30
	Deferred []message.Message
	Waiting  int
	List     string
	Pause    time.Time
	Bounce   *message.Suppression
	MayEdit  bool
	MayLink  bool
	Link     string // made just now
}

// chosen is what applies to a person for a kind, and since when by whom.
type chosen struct {
	Kind, Setting, By string
	At                time.Time
}

// changedBy is one change of somebody's choices.
type changedBy struct {
	At       time.Time
	By, What string
}

// counted30 is how many mails of the last 30 days stand so.
type counted30 struct {
	Status message.Status
	N      int
	List   string
}

// lately is how far back a person's mails are counted.
const lately = 30 * 24 * time.Hour

// person shows what applies to a person, who chose it, and the last mails.
func (c *console) person(w http.ResponseWriter, r *http.Request) error { return c.personWith(w, r, "") }

func (c *console) personWith(w http.ResponseWriter, r *http.Request, link string) error {
	u, err := c.Users.User(r.Context(), site(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	p := personPage{base: c.base(r, "people", ""), User: u, List: "/messages?" + url.Values{"q": {`user:"` + u.ID + `"`}}.Encode(), Link: link}
	p.MayEdit, p.MayLink = p.Who.May(access.WritePreferences), c.o.People.Link != nil && p.Who.May(access.WritePreferences)
	if p.Title = u.ID; u.Name != "" {
		p.Title = u.Name
	}
	changes, err := c.Users.Changes(r.Context(), site(r), u.ID)
	if err != nil {
		return err
	}
	p.chosen(c.Users.Catalog(r.Context(), site(r)), changes)
	if end := u.Preferences.PauseEnds(); end.After(p.Clock.Now()) {
		p.Pause = end
	}
	if err := c.mailsOf(r.Context(), &p); err != nil {
		return err
	}
	return c.show(w, r, p.Lang, "person.html", p)
}

// ZoneFrom says whose zone holds, and what the directory says where that is another.
func (p personPage) ZoneFrom() string {
	return p.owner(p.User.Holds.Timezone, p.User.Directory.Timezone)
}

// LanguageFrom is ZoneFrom for the language of mails.
func (p personPage) LanguageFrom() string {
	return p.owner(p.User.Holds.Language, p.User.Directory.Language)
}

func (p personPage) owner(holds preferences.Source, directory string) string {
	words := p.Clock.Words
	says := words.T("person.own_" + string(holds))
	if holds == preferences.FromChoice && directory != "" {
		says += " · " + words.T("person.directory_says", "Value", directory)
	}
	return says
}

// mailsOf reads what waits for a person, and what became of the mails of late.
func (c *console) mailsOf(ctx context.Context, p *personPage) (err error) {
	of := p.Who.Site
	if p.User.Email != "" {
		found, err := c.Suppressions.Suppressed(ctx, of, []string{p.User.Email})
		if err != nil {
			return err
		}
		for _, s := range found {
			p.Bounce = &s
		}
	}
	found, err := c.Search.Find(ctx, of, message.Filter{User: p.User.ID, Limit: 20})
	if err != nil {
		return err
	}
	p.Last = found.Messages
	if p.Deferred, err = c.Search.Waiting(ctx, of, p.User.ID, 20); err != nil {
		return err
	}
	waits, err := c.Search.Count(ctx, of, message.Filter{User: p.User.ID, Status: message.Deferred}, true)
	if err != nil {
		return err
	}
	p.Waiting = waits.N
	for _, status := range []message.Status{message.Sent, message.Delivered, message.Merged, message.Error, message.Skipped, message.Cancelled} {
		n, err := c.Search.Count(ctx, of, message.Filter{User: p.User.ID, Status: status, Since: p.Clock.Now().Add(-lately)}, true)
		if err != nil {
			return err
		}
		if n.N > 0 {
			q := url.Values{"q": {`since:30d status:` + string(status) + ` user:"` + p.User.ID + `"`}}
			p.Counts = append(p.Counts, counted30{status, n.N, "/messages?" + q.Encode()})
		}
	}
	return nil
}

// chosen says what applies, and who chose it last.
func (p *personPage) chosen(catalog preferences.Catalog, changes []preferences.Change) {
	words := p.Clock.Words
	for _, k := range catalog.Kinds() {
		one := chosen{Kind: p.About(k), Setting: p.SettingSays(p.User.Preferences.Setting(k), p.User.Timezone)}
		if one.Setting == "" {
			one.Setting = words.T("person.always")
		}
		i := slices.IndexFunc(changes, func(c preferences.Change) bool {
			return c.Before.Preferences.Frequencies[k] != c.After.Preferences.Frequencies[k]
		})
		if i >= 0 {
			one.At, one.By = changes[i].At, p.ByWhom(changes[i].By)
		}
		p.Chosen = append(p.Chosen, one)
	}
	for _, c := range changes {
		one, set := changedBy{At: c.At, By: p.ByWhom(c.By)}, []string{}
		for _, k := range catalog.Kinds() {
			if now := c.After.Preferences.Frequencies[k]; now != c.Before.Preferences.Frequencies[k] {
				what := words.T("person.default")
				if now != "" {
					what = p.SettingSays(string(now), "")
				}
				set = append(set, p.About(k)+": "+what)
			}
		}
		one.What = strings.Join(set, " · ")
		p.Changes = append(p.Changes, one)
	}
}

// ByWhom is who made a change, and by which way.
func (b base) ByWhom(by string) string {
	switch by {
	case request.ByLink:
		return b.Clock.Words.T("person.by_link")
	case request.ByOneClick:
		return b.Clock.Words.T("person.by_one_click")
	case "":
		return b.Clock.Words.T("prefs.by_nobody")
	}
	return by
}

// resetPerson takes back all that a person has chosen: the defaults apply.
func (c *console) resetPerson(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	before, err := c.Users.User(r.Context(), site(r), id)
	if err != nil {
		return err
	}
	after, err := c.Users.SetPreferences(r.Context(), call(r), id, preferences.Preferences{Back: preferences.GivenBack{Timezone: true, Language: true}})
	if err != nil {
		return err
	}
	if after.Version == before.Version {
		return unchanged(w, r, "/people/"+url.PathEscape(id))
	}
	return back(w, r, "/people/"+url.PathEscape(id), "defaults")
}

// clearBounce writes to a person's address again.
func (c *console) clearBounce(w http.ResponseWriter, r *http.Request) error {
	u, err := c.Users.User(r.Context(), site(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := c.Users.Unsuppress(r.Context(), call(r), u.Email); err != nil {
		return err
	}
	web.Tell(r.Context(), func(record *access.Record) {
		record.Subject, record.Before = "/suppressions/"+url.PathEscape(u.Email), access.State{"address": u.Email}
	})
	return back(w, r, "/people/"+url.PathEscape(u.ID), "unsuppress")
}

// linkPerson makes a link with which the person chooses, to be handed on.
func (c *console) linkPerson(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	if c.o.People.Link == nil {
		return message.ErrNotFound
	}
	if _, err := c.Users.User(r.Context(), site(r), id); err != nil {
		return err
	}
	return c.personWith(w, r, c.o.People.Link(site(r), id, call(r).At))
}

// asPerson shows what the person sees, and changes nothing.
func (c *console) asPerson(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	if c.o.People.AsSeen == nil {
		return message.ErrNotFound
	}
	return c.o.People.AsSeen(w, r, site(r), id, "/people/"+url.PathEscape(id))
}
