// Package console is where admins see what becomes of mail, and act on it.
//
// It stands behind the login of package web. Everything is a URL, and works without
// scripts; where they run, pages tell what is new, and no row moves under the pointer.
package console

import (
	"context"
	"embed"
	"errors"
	"net/http"
	"time"

	"go.uber.org/zap"

	"notifier/access"
	"notifier/fault"
	"notifier/health"
	"notifier/jobs"
	"notifier/message"
	"notifier/request"
	"notifier/schedule"
	"notifier/wallclock/timekeeper"
	"notifier/web"
	"notifier/web/look"
)

// Timetable is when the jobs run.
type Timetable interface {
	Lines(ctx context.Context) ([]jobs.State, error)
	Inner() []jobs.State
	Line(ctx context.Context, name string) (jobs.State, error)
	// Departures is when what is due leaves.
	Departures() schedule.Departures
}

// scheduler is all that one value answers of the jobs.
type scheduler interface {
	Timetable
	JobControl
}

// Accounts are the outgoing accounts.
type Accounts interface {
	Accounts(ctx context.Context) ([]message.Account, error)
	TryAccount(ctx context.Context, name string) (message.Trial, error)
}

// Options say how the console is kept.
type Options struct {
	// Write writes out the mail of a message that is kept as facts.
	Write func(message.Message) message.Message
	// Compose is the mail as it goes out, to be read as its source; nil: it cannot be shown.
	Compose  func(message.Message) ([]byte, error)
	Why      Why
	WhatIf   WhatIf
	Digests  Digests
	Webhooks Webhooks
	Keys     Keys
	People   People
	// Reminders writes deadline mail.
	Reminders Reminders
	Settings  Settings // nil: there is no page of them
	// Wake is called when a message has become pending.
	Wake func()
	// NoServer tells that no mail server is set up, so that mail waits; nil: there is one.
	NoServer func() bool
	// Conditions are what keeps the service from its work; nil: nobody looks.
	Conditions func(ctx context.Context) []health.Condition
	// ConfirmClock believes this machine's clock; nil: nobody asks.
	ConfirmClock func(ctx context.Context, by string) time.Duration
	// Version is that of the program, as people read it.
	Version string
	// URL is where callers reach the service, and Key one that examples may name; empty if
	// there is none.
	URL, Key string
	// Mailbox is what was caught; nil: nothing is.
	Mailbox Mailbox
	// Stop ends the streams of pages that tell what is new.
	Stop <-chan struct{}
}

//go:embed *.html
var files embed.FS

var pages = look.NewPages(files, nil, "*.html")

type console struct {
	Backend
	timetable Timetable
	control   JobControl
	accounts  Accounts
	o         Options
	tally     tally
	watched   watched
	counted   counted
	checked   checks
	login     *web.Login
	streams   streams
	log       *zap.Logger
}

// Handler answers all pages behind the login.
func Handler(login *web.Login, b Backend, timetable scheduler, accounts Accounts, o Options, log *zap.Logger) http.Handler {
	c := &console{Backend: b, timetable: timetable, control: timetable, accounts: accounts, o: o, login: login, log: log.Named("console")}
	if c.o.NoServer == nil {
		c.o.NoServer = func() bool { return false }
	}
	if c.o.Conditions == nil {
		c.o.Conditions = func(context.Context) []health.Condition { return nil }
	}
	c.tally.turn = make(chan struct{}, 1)
	c.tally.known, c.tally.at = map[string]numbers{}, map[string]time.Time{}
	mux := http.NewServeMux()
	login.Routes(mux)
	d := door{mux, login, c.told}
	c.messageRoutes(d)
	c.jobRoutes(d)
	c.peopleRoutes(d)
	c.adminRoutes(d)
	mux.Handle("GET /stream", login.Need(access.ReadQueue, http.HandlerFunc(c.stream)))
	mux.Handle("POST /view", login.Open(http.HandlerFunc(c.view)))
	c.mailboxRoutes(mux, login)
	mux.Handle("GET /", login.Guard(c.told(func(http.ResponseWriter, *http.Request) error { return message.ErrNotFound })))
	return look.Guarded(http.NewCrossOriginProtection().Handler(mux))
}

// told answers what a page cannot show as a page, too.
func (c *console) told(page page) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := page(w, r)
		if err == nil {
			return
		}
		b := c.base(r, "", "")
		words := b.Clock.Words
		p := faultPage{base: b, Text: words.T("fault.text"), Status: http.StatusInternalServerError}
		p.Title = words.T("fault.title")
		var invalid *fault.Invalid
		var move *message.MoveError
		switch {
		case errors.Is(err, errForgotten):
			p.Title, p.Text, p.Status = words.T("mailbox.forgotten"), words.T("mailbox.forgotten_text"), http.StatusNotFound
		case errors.Is(err, message.ErrNotFound), errors.Is(err, jobs.ErrUnknown):
			p.Title, p.Text, p.Status = words.T("fault.missing"), words.T("fault.missing_text"), http.StatusNotFound
		case errors.As(err, &invalid):
			p.Title, p.Text, p.Status = words.T("fault.refused"), invalid.Error(), http.StatusUnprocessableEntity
		case errors.As(err, &move), errors.Is(err, message.ErrMoved), errors.Is(err, message.ErrManual):
			p.Title, p.Text, p.Status = words.T("fault.moved"), words.T("fault.moved_text"), http.StatusConflict
		case errors.Is(err, jobs.ErrBusy):
			p.Title, p.Text, p.Status = words.T("fault.refused"), words.T("job.busy"), http.StatusConflict
		case errors.Is(err, message.ErrUnavailable), errors.Is(err, context.Canceled):
			p.Title, p.Text, p.Status = words.T("fault.database"), words.T("fault.database_text"), http.StatusServiceUnavailable
		default:
			c.log.Error("a page failed", zap.String("page", r.URL.Path), zap.Error(err))
		}
		if err := pages.Render(w, r, b.Lang, p.Status, "fault.html", p); err != nil {
			c.log.Error("a page failed", zap.Error(err))
		}
	})
}

type faultPage struct {
	base
	Text   string
	Status int
}

// show answers with a page.
func (c *console) show(w http.ResponseWriter, r *http.Request, lang, name string, page any) error {
	return pages.Render(w, r, lang, http.StatusOK, name, page)
}

// call is what somebody who is signed in asks for, now.
func call(r *http.Request) request.Call {
	who := web.Who(r.Context())
	return request.Call{Site: who.Site, At: timekeeper.Now(r.Context()), By: who.Name}
}

func site(r *http.Request) string { return web.Who(r.Context()).Site }
