// Package centre is where people choose what they are told of by mail, and how often.
//
// Whoever has a link from a mail needs no login. To open a link changes nothing: programs
// that look for bad links press every one.
package centre

import (
	"context"
	"embed"
	"errors"
	"net/http"
	"slices"
	"time"

	"go.uber.org/zap"

	"notifier/explain"
	"notifier/links"
	"notifier/message"
	"notifier/preferences"
	"notifier/request"
	"notifier/schedule"
	"notifier/wallclock/timekeeper"
	"notifier/web/look"
)

// Outgoing takes mail, and takes it back.
type Outgoing interface {
	SendMessage(ctx context.Context, c request.Call, d message.Draft) (request.Taken, bool, error)
	Cancel(ctx context.Context, c request.Call, id message.ID) (after message.Message, replayed bool, err error)
}

// Desk takes what people choose.
type Desk interface {
	User(ctx context.Context, site, id string) (preferences.User, error)
	Choose(ctx context.Context, c request.Call, id string, chosen preferences.Choices) (preferences.User, error)
	Stop(ctx context.Context, c request.Call, id string, kinds []message.Kind) (preferences.User, error)
	Undo(ctx context.Context, c request.Call, id string, change message.ID) (preferences.User, error)
	Changes(ctx context.Context, site, id string) ([]preferences.Change, error)
	Catalog(ctx context.Context, site string) preferences.Catalog
}

// Records are what is kept of messages.
type Records interface {
	// Waiting lists what waits for a user, in the order in which it is due.
	Waiting(ctx context.Context, site, user string, n int) ([]message.Message, error)
}

// Digests are made of what waits, by the code that does it when it is due.
type Digests interface {
	SendNow(ctx context.Context, c request.Call, user string) (sent message.SentNow, replayed bool, err error)
	Preview(items []message.Message, at time.Time) (message.Message, bool)
}

// Why tells what became of mails.
type Why interface {
	// Recent explains the last n messages of a user, the newest first.
	Recent(ctx context.Context, q explain.Question, n int, at time.Time) ([]explain.Told, error)
}

// Options say whose links are taken.
type Options struct {
	Door links.Door
	// Outgoing takes the mail that a page asks for.
	Outgoing Outgoing
	// Sites are those of the installation; a link for another is refused.
	Sites   []string
	Digests Digests
	Why     Why
	// Departures is the timetable in force: when what is due leaves. It may be nil.
	Departures func() schedule.Departures
	// Wake is called when a message has become pending.
	Wake func()
	// Estimate reckons how many mails a week each choice would bring, by kind; kinds in
	// which nothing happened are left out.
	Estimate func(ctx context.Context, site string, u preferences.User) (map[message.Kind]map[preferences.Frequency]float64, error)
}

//go:embed *.html
var files embed.FS

var pages = look.NewPages(files, nil, "*.html")

type centre struct {
	desk    Desk
	records Records
	o       Options
	me      Me // nil where a link says who somebody is
	log     *zap.Logger
}

// Handler answers below links.ChoosePath and links.StopPath.
func Handler(desk Desk, records Records, o Options, log *zap.Logger) http.Handler {
	c := &centre{desk: desk, records: records, o: o, log: log.Named("centre")}
	mux := http.NewServeMux()
	c.routes(mux, links.ChoosePath+"{token}")
	mux.HandleFunc("POST "+links.ChoosePath+"{token}/fresh", c.fresh)
	mux.HandleFunc("GET "+links.StopPath+"{token}", c.ask)
	mux.HandleFunc("POST "+links.StopPath+"{token}", c.stop)
	return look.Guarded(mux)
}

// routes are the pages of a person's choices.
func (c *centre) routes(mux *http.ServeMux, base string) {
	mux.HandleFunc("GET "+base, c.show)
	mux.HandleFunc("POST "+base, c.save)
	mux.HandleFunc("POST "+base+"/undo", c.undo)
	mux.HandleFunc("POST "+base+"/resume", c.resume)
	mux.HandleFunc("GET "+base+"/preview", c.preview)
	mux.HandleFunc("GET "+base+"/preview/html", c.previewHTML)
	mux.HandleFunc("POST "+base+"/send", c.send)
	mux.HandleFunc("GET "+base+"/week", c.week)
}

// maxForm is the largest form that is read, in bytes.
const maxForm = 64 << 10

// visit is somebody who came with a link, or is signed in.
type visit struct {
	token links.Token
	text  string // of the token
	path  string // where the person's pages are
	by    string // who is said to have changed something
	at    time.Time
	user  preferences.User // with complete choices
	kinds preferences.Catalog
	lang  string
	clock look.Clock
}

func (v visit) call() request.Call {
	return request.Call{Site: v.token.Site, At: v.at, By: v.by}
}

// enter reads the link of a request and finds its person. With links.ErrOld the visit is
// whole, too.
func (c *centre) enter(r *http.Request, purposes ...links.Purpose) (visit, error) {
	v := visit{text: r.PathValue("token"), at: timekeeper.Now(r.Context()), lang: readsIn(r, ""), by: request.ByLink}
	if c.me != nil {
		return c.signedIn(r, v)
	}
	v.path = links.ChoosePath + v.text
	token, err := c.o.Door.Key.Read(v.text, v.at, purposes...)
	old := errors.Is(err, links.ErrOld)
	if err != nil && !old {
		return v, err
	}
	if !slices.Contains(c.o.Sites, token.Site) {
		return v, links.ErrForged
	}
	v, missing := c.meet(r, v, token)
	if missing != nil {
		return v, missing
	}
	return v, err
}

// meet finds the person of a visit.
func (c *centre) meet(r *http.Request, v visit, token links.Token) (visit, error) {
	u, err := c.desk.User(r.Context(), token.Site, token.User)
	if err != nil {
		return v, err
	}
	v.token, v.user, v.kinds = token, u, c.desk.Catalog(r.Context(), token.Site)
	v.lang = readsIn(r, u.Language)
	v.clock = look.NewClock(look.In(v.lang), u.Preferences.Timezone, v.at)
	return v, nil
}

// readsIn is the one asked for, else the person's, else the browser's.
func readsIn(r *http.Request, own string) string {
	if asked := r.URL.Query().Get("lang"); asked != "" {
		return look.Choose(asked)
	}
	if own != "" {
		return look.Choose(own)
	}
	return look.Choose(r.Header.Get("Accept-Language"))
}

// title is how a kind is called: by config.yaml, or in the person's language.
func (v visit) title(k message.Kind) string {
	w, title := v.clock.Words, v.kinds[k].Title
	if ours := preferences.DefaultCatalog()[k].Title; title == ours && ours != "" || title == "" && k == message.Deadline {
		return w.T("kind." + string(k))
	}
	return title
}

// refused is the page of a link that is not taken.
type refused struct {
	Title, Text string
	Address     string // where a fresh link may go; masked
	Fresh       string // the address that sends it; empty: none can be sent
}

// refuse tells why a link is not taken, and what to do.
func (c *centre) refuse(w http.ResponseWriter, r *http.Request, v visit, err error) {
	words := look.In(v.lang)
	page, status := refused{Title: words.T("link.bad_title"), Text: words.T("link.bad")}, http.StatusNotFound
	switch {
	case errors.Is(err, links.ErrOld):
		page.Title, status = words.T("link.old_title"), http.StatusGone
		page.Address = mask(v.user.Email)
		page.Text = words.T("prefs.no_address")
		if page.Address != "" {
			page.Fresh = links.ChoosePath + c.token(v, links.Choose) + "/fresh"
			page.Text = words.T("link.old", "Address", page.Address)
		}
	case errors.Is(err, links.ErrPurpose):
		page.Text = words.T("link.purpose")
	case errors.Is(err, message.ErrNotFound):
		page.Text = words.T("link.gone")
	case errors.Is(err, errNobody):
		page.Title, page.Text = words.T("mine.nobody"), words.T("mine.nobody_text")
	case errors.Is(err, errNothing):
		page.Title, page.Text = words.T("prefs.waiting"), words.T("prefs.nothing")
	case errors.Is(err, links.ErrForged):
	default:
		c.log.Error("a page failed", zap.Error(err))
		page, status = refused{Title: words.T("fault.title"), Text: words.T("fault.text")}, http.StatusInternalServerError
	}
	c.render(w, r, v, status, "refused.html", page)
}

// token is another link of the same person, which lives no longer than the one at hand.
func (c *centre) token(v visit, p links.Purpose) string {
	return c.o.Door.Key.Sign(links.Token{Purpose: p, Site: v.token.Site, User: v.token.User, IssuedAt: v.token.IssuedAt})
}

func (c *centre) render(w http.ResponseWriter, r *http.Request, v visit, status int, name string, page any) {
	if err := pages.Render(w, r, v.lang, status, name, page); err != nil {
		c.log.Error("a page failed", zap.Error(err))
		http.Error(w, look.In(v.lang).T("fault.text"), http.StatusInternalServerError)
	}
}
