package console

import (
	"cmp"
	"context"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"notifier/access"
	"notifier/language"
	"notifier/message"
	"notifier/preferences"
	"notifier/schedule"
	"notifier/wallclock/timekeeper"
	"notifier/web"
	"notifier/web/look"
)

// SiteRecords knows the sites and their zones.
type SiteRecords interface {
	Sites(ctx context.Context) ([]string, error)
	Zone(ctx context.Context, site string) (string, error)
}

// base is what every page has.
type base struct {
	Title, Version string // of the page, and of the program
	Here           string // which part of the console it is
	Who            access.Caller
	Nav            []place
	Clock          look.Clock
	Lang           string
	Langs          []choice
	Theme          string
	Place          string // whose clock is shown: server, utc, or empty for that of the device
	// Shortcuts tells whether keys are shortcuts.
	Shortcuts bool
	Path      string  // with the query, to come back to
	Done      string  // what the last form did
	Undo      string  // where that is undone; empty if it cannot be
	Live      string  // the address of the stream that tells what is new; empty: there is none
	Charts    *charts // nil where there are none
	// MayAct and MayPlan tell what the reader may do.
	MayAct, MayPlan bool
	Departures      schedule.Departures        // the timetable in force
	catalog         func() preferences.Catalog // the kinds of events of the site
	Kept            bool                       // the configuration that was read last is wrong, and the one before counts
}

type place struct {
	Key, Path, Name string
	Group           string // what begins with it; empty where nothing does
	Go              string // the key that leads to it after g; empty if there is none
	Count           int
}

type choice struct {
	Value, Name string
	Chosen      bool
}

// base begins a page.
func (c *console) base(r *http.Request, here, title string) base {
	who := web.Who(r.Context())
	lang := look.Choose(cookie(r, "lang"), r.Header.Get("Accept-Language"))
	if asked := r.URL.Query().Get("lang"); asked != "" {
		lang = look.Choose(asked)
	}
	words := look.In(lang)
	b := base{
		Version: c.o.Version, Here: here, Who: who, Lang: lang, Path: r.URL.RequestURI(), Place: cookie(r, "clock"), Shortcuts: cookie(r, "keys") != "off",
		MayAct: who.May(access.Queue), MayPlan: who.May(access.Jobs) && who.Home,
	}
	b.Clock = look.NewClock(words, c.zone(r, b.Place), timekeeper.Now(r.Context()))
	if title != "" {
		b.Title = words.T(title)
	}
	b.Kept = c.o.Settings != nil && who.Home && len(c.o.Settings.Kept()) > 0
	if theme := cookie(r, "theme"); theme == "light" || theme == "dark" {
		b.Theme = theme
	}
	b.Clock.Sharp = true
	b.catalog = sync.OnceValue(func() preferences.Catalog { return c.catalog(r.Context(), who.Site) })
	b.Departures = c.timetable.Departures()
	for _, l := range language.Tags() {
		b.Langs = append(b.Langs, choice{l, language.Name(l), l == lang})
	}
	if done := r.URL.Query().Get("done"); slices.Contains(deeds, done) {
		b.Done = words.T("done." + done)
		if done == "pause" && b.MayPlan {
			b.Undo = r.URL.Path + "/resume"
		}
	}
	b.Nav = c.nav(r, b)
	return b
}

// deeds are what forms come back with.
var deeds = []string{"same", "retry", "cancel", "release", "hold", "undo", "copy", "test", "suppress", "view", "unview", "run", "pause", "resume", "save", "reset", "stop", "send", "revoke", "hook", "enable", "disable", "remove", "replay", "defaults", "unsuppress", "move", "clear", "send-now"}

// zone is the zone in which somebody wants to read times: by itself that of the device, as
// far as it has told it.
func (c *console) zone(r *http.Request, place string) string {
	switch place {
	case "server":
		if zone, err := c.Sites.Zone(r.Context(), site(r)); err == nil {
			return zone
		}
	case "utc":
		return "UTC"
	}
	return cmp.Or(cookie(r, "zone"), "UTC")
}

func (c *console) nav(r *http.Request, b base) []place {
	words, who := b.Clock.Words, b.Who
	var all []place
	group := words.T("nav.group_mail")
	add := func(key, path, after string, may bool) {
		if may {
			all = append(all, place{key, path, words.T("nav." + key), group, after, 0})
			group = ""
		}
	}
	add("overview", "/", "o", true)
	add("messages", "/messages", "m", who.May(access.ReadQueue))
	add("errors", "/errors", "e", who.May(access.ReadQueue))
	add("deferred", "/deferred", "h", who.May(access.ReadQueue))
	add("reminders", "/reminders", "r", who.May(access.ReadQueue))
	add("why", "/why", "w", who.May(access.ReadQueue))
	add("mailbox", "/mailbox", "", c.o.Mailbox.Box != nil)
	group = words.T("nav.group_who")
	add("people", "/people", "p", who.May(access.ReadPreferences))
	group = words.T("nav.group_set_up")
	add("jobs", "/jobs", "j", who.May(access.ReadJobs))
	add("accounts", "/accounts", "", who.May(access.ReadQueue))
	add("webhooks", "/webhooks", "", who.May(access.Admin))
	add("keys", "/keys", "", who.May(access.Admin))
	add("audit", "/audit", "", who.May(access.Admin))
	add("settings", "/settings", "", who.May(access.Admin) && who.Home && c.o.Settings != nil)
	if n, err := c.numbers(r.Context(), who.Site, b.Clock.Now()); err == nil {
		for i := range all {
			all[i].Count = map[string]int{"messages": n.Due, "deferred": n.Deferred, "errors": n.Errors}[all[i].Key]
		}
	}
	return all
}

func cookie(r *http.Request, name string) string {
	if c, err := r.Cookie("notifier_" + name); err == nil {
		return c.Value
	}
	return ""
}

// view keeps how somebody wants to see the console, and comes back.
func (c *console) view(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if r.ParseForm() == nil {
		for _, name := range []string{"lang", "theme", "clock", "keys"} {
			given := r.PostForm[name] // a box that is not ticked says nothing: its form says "off" before it
			if n := len(given); n > 0 && given[n-1] != "" && len(given[n-1]) < 20 {
				http.SetCookie(w, &http.Cookie{Name: "notifier_" + name, Value: url.QueryEscape(given[n-1]), Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, SameSite: http.SameSiteLaxMode})
			}
		}
	}
	http.Redirect(w, r, local(r.PostForm.Get("back"), "/"), http.StatusSeeOther)
}

// local is where a form leads back to: the place that it names, if that is one of ours.
func local(back, otherwise string) string {
	if !strings.HasPrefix(back, "/") || strings.HasPrefix(back, "//") || strings.ContainsAny(back, "\\\r\n") {
		return otherwise
	}
	return back
}

// with is a local address with a parameter more, or another value of it.
func with(path, name, value string) string {
	u, err := url.Parse(path)
	if err != nil {
		return path
	}
	q := u.Query()
	q.Set(name, value)
	u.RawQuery = q.Encode()
	return u.String()
}

// maxForm is the most that a form holds, in bytes.
const maxForm = 256 << 10

// Time is a time as people read it, with the exact one for whoever looks twice.
func (b base) Time(t time.Time) template.HTML {
	if t.IsZero() {
		return "–"
	}
	return template.HTML(`<time datetime="` + t.UTC().Format(time.RFC3339) + `" title="` + template.HTMLEscapeString(b.Clock.Full(t)) + `">` +
		template.HTMLEscapeString(b.Clock.Moment(t)) + `</time>`)
}

// Leaves is when a digest leaves that is due then.
func (b base) Leaves(due time.Time) template.HTML {
	return b.leaving(due, b.Departures.OfDigest(due, b.Clock.Now()))
}

// Reminds is when a reminder leaves that is due then.
func (b base) Reminds(due time.Time) template.HTML {
	return b.leaving(due, b.Departures.OfReminder(due, b.Clock.Now()))
}

// leaving says both times where they differ (RULES 2, a promised time).
func (b base) leaving(due time.Time, l schedule.Leaving) template.HTML {
	at, rests := l.At, l.WaitsFor != ""
	if rests {
		at = due
	}
	return template.HTML(`<time datetime="` + at.UTC().Format(time.RFC3339) + `" title="` + template.HTMLEscapeString(b.Clock.Full(at)) + `">` +
		template.HTMLEscapeString(b.Clock.Leaving(due, at, rests)) + `</time>`)
}

// Ago is a time as lists show it: how long ago, or how soon. Beyond a day it is Time.
func (b base) Ago(t time.Time) template.HTML {
	if t.IsZero() || !b.Clock.Near(t) {
		return b.Time(t)
	}
	return template.HTML(`<time data-ago datetime="` + t.UTC().Format(time.RFC3339) + `" title="` + template.HTMLEscapeString(b.Clock.Full(t)) + `">` +
		template.HTMLEscapeString(b.Clock.Ago(t)) + `</time>`)
}

// Spans are the words of Ago, for the script that keeps them right while a page is open.
func (b base) Spans() string { return strings.Join(look.Spans(b.Clock.Words), "|") }

// Badge is a status as people read it: a shape and a word, never colour alone.
func (b base) Badge(s message.Status) template.HTML {
	look := badges[s]
	return template.HTML(`<span class="b ` + look[0] + `"><span aria-hidden="true">` + look[1] + `</span> ` +
		template.HTMLEscapeString(b.Clock.Words.T("status."+string(s))) + `</span>`)
}

var badges = map[message.Status][2]string{
	message.Scheduled: {"off", "○"}, message.Deferred: {"wait", "◔"}, message.PendingManual: {"off", "☐"}, message.Pending: {"off", "○"},
	message.Sending: {"run", "▸"}, message.RateLimited: {"wait", "◔"}, message.Sent: {"ok", "●"}, message.Delivered: {"ok", "✓"}, message.Error: {"err", "▲"},
	message.Merged: {"ok", "⤳"}, message.Skipped: {"off", "–"}, message.Cancelled: {"off", "✕"}, message.Expired: {"off", "✕"},
}

// Kind is what a message is about.
func (b base) Kind(m message.Message) string {
	if m.Type == message.Single {
		return b.About(m.Kind)
	}
	return b.Clock.Words.T("type." + string(m.Type))
}

// Says is what an error means.
func (b base) Says(c message.Category) string { return c.SaysIn(b.Lang) }

// Words are what a failure means and what to do about it, given its category, code and text.
func (b base) words(f message.Failure, o message.Outlook) spoken {
	says, remedy := f.Words(b.Lang, o)
	return spoken{says, remedy}
}

// spoken is a failure in the language of the page.
type spoken struct{ Says, Remedy string }

// Paused is why an account is left alone.
func (b base) Paused(p *message.Paused) spoken {
	says, remedy := p.Words(b.Lang)
	return spoken{says, remedy}
}

// Tried is why trying an account failed.
func (b base) Tried(t message.Trial) spoken {
	code, text, _ := strings.Cut(t.Message, " ")
	return b.words(message.Failure{Category: t.Category, Code: code, Text: text}, message.Outlook{Final: true})
}

// Group is why a group of messages failed.
func (b base) Group(f failing) spoken {
	return b.words(message.Failure{Category: f.Category, Code: f.Code, Text: f.Example}, message.Outlook{Final: true})
}

// unchanged comes back from a form that says what was so already: nothing is written, and no record
// says that there was a change.
func unchanged(w http.ResponseWriter, r *http.Request, path string) error {
	web.Idle(r.Context())
	return back(w, r, path, "same")
}

// back comes back from a form, and tells what it did.
func back(w http.ResponseWriter, r *http.Request, path, done string) error {
	http.Redirect(w, r, path+"?done="+done, http.StatusSeeOther)
	return nil
}
