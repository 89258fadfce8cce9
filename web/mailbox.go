// Package web renders pages on the server.
//
// Who is signed in stands in login.go; the mailbox shows a developer what would have been sent.
package web

import (
	"bytes"
	"context"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-message/mail"
	"go.uber.org/zap"

	"notifier/jobs"
	"notifier/message"
	"notifier/schedule"
	"notifier/web/look"
)

// Caught is a mail that did not leave the house.
type Caught struct {
	ID   int
	To   []string
	Data []byte
	At   time.Time
}

// Box holds caught mails.
type Box interface {
	Caught() []Caught // oldest first
	Mail(id int) (Caught, bool)
}

// Records are what is kept of messages.
type Records interface {
	Messages(ctx context.Context, site string, f message.Filter) ([]message.Message, error)
}

// Timetable is when the jobs run.
type Timetable interface {
	Lines(ctx context.Context) ([]jobs.State, error)
	RunNow(name string) (schedule.Run, error)
}

//go:embed *.html
var files embed.FS

var pages = look.NewPages(files, template.FuncMap{"clock": clock}, "*.html")

// clock writes a time with its zone.
func clock(t time.Time) string { return t.UTC().Format("Mon 2 Jan 15:04:05 UTC") }

type mailbox struct {
	box       Box
	records   Records
	timetable Timetable
	site      string
	log       *zap.Logger
}

// Mailbox shows what was caught, what still waits and when the jobs run next.
func Mailbox(box Box, records Records, timetable Timetable, site string, log *zap.Logger) http.Handler {
	m := &mailbox{box: box, records: records, timetable: timetable, site: site, log: log.Named("web")}
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", http.RedirectHandler("/mailbox", http.StatusSeeOther))
	mux.HandleFunc("GET /mailbox", m.list)
	mux.HandleFunc("GET /mailbox/{id}", m.show)
	mux.HandleFunc("GET /mailbox/{id}/html", m.html)
	mux.HandleFunc("GET /mailbox/{id}/source", m.source)
	mux.HandleFunc("POST /mailbox/run/{job}", m.run)
	return look.Guarded(http.NewCrossOriginProtection().Handler(mux))
}

// letter is a caught mail as people read it.
type letter struct {
	ID                  int
	To, From, Subject   string
	Reason, Date        string
	At                  time.Time
	Text, HTML, Preview string
	Attached            []string // names of files, with their sizes
}

type listPage struct {
	Mails   []letter
	Waiting []message.Message
	Jobs    []jobs.State
	Now     time.Time
	Ran     string
}

func (m *mailbox) list(w http.ResponseWriter, r *http.Request) {
	page := listPage{Now: time.Now(), Ran: r.URL.Query().Get("ran")}
	var err error
	if page.Jobs, err = m.timetable.Lines(r.Context()); err != nil {
		m.fail(w, err)
		return
	}
	page.Waiting, err = m.records.Messages(r.Context(), m.site, message.Filter{Status: message.Deferred, Limit: 50})
	if err != nil {
		m.fail(w, err)
		return
	}
	slices.SortStableFunc(page.Waiting, func(a, b message.Message) int { return a.DueAt.Compare(b.DueAt) })
	for _, c := range slices.Backward(m.box.Caught()) {
		page.Mails = append(page.Mails, read(c))
	}
	m.render(w, r, "mailbox.html", page)
}

func (m *mailbox) show(w http.ResponseWriter, r *http.Request) {
	if c, found := m.find(w, r); found {
		m.render(w, r, "mail.html", read(c))
	}
}

// html is the mail's own page, without scripts and without anything from elsewhere.
func (m *mailbox) html(w http.ResponseWriter, r *http.Request) {
	c, found := m.find(w, r)
	if !found {
		return
	}
	w.Header().Set("Content-Security-Policy", "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, read(c).HTML)
}

func (m *mailbox) source(w http.ResponseWriter, r *http.Request) {
	if c, found := m.find(w, r); found {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write(c.Data)
	}
}

func (m *mailbox) find(w http.ResponseWriter, r *http.Request) (Caught, bool) {
	id, err := strconv.Atoi(r.PathValue("id"))
	c, found := m.box.Mail(id)
	if err != nil || !found {
		http.Error(w, "There is no such mail. The mailbox forgets its mails when the service ends.", http.StatusNotFound)
		return c, false
	}
	return c, true
}

// run runs a job now and comes back to the list.
func (m *mailbox) run(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("job")
	_, err := m.timetable.RunNow(name)
	switch {
	case errors.Is(err, jobs.ErrUnknown):
		http.Error(w, "There is no such job.", http.StatusNotFound)
		return
	case err != nil && !errors.Is(err, jobs.ErrBusy):
		m.fail(w, err)
		return
	}
	http.Redirect(w, r, "/mailbox?ran="+name, http.StatusSeeOther)
}

func (m *mailbox) fail(w http.ResponseWriter, err error) { failed(w, m.log, err) }

func (m *mailbox) render(w http.ResponseWriter, r *http.Request, name string, page any) {
	rendered(w, r, m.log, http.StatusOK, name, page)
}

// failed says that something went wrong, and to the log what.
func failed(w http.ResponseWriter, log *zap.Logger, err error) {
	log.Error("a page failed", zap.Error(err))
	http.Error(w, "Something went wrong here; the log says what.", http.StatusInternalServerError)
}

// language is the one that was chosen in the console, or the browser's.
func language(r *http.Request) string {
	chosen := ""
	if c, err := r.Cookie("notifier_lang"); err == nil {
		chosen = c.Value
	}
	return look.Choose(r.URL.Query().Get("lang"), chosen, r.Header.Get("Accept-Language"))
}

// rendered answers with a page, or with none if it cannot be written.
func rendered(w http.ResponseWriter, r *http.Request, log *zap.Logger, status int, name string, page any) {
	if err := pages.Render(w, r, language(r), status, name, page); err != nil {
		failed(w, log, err)
	}
}

// read takes a mail apart. What cannot be read is said in its text.
func read(c Caught) letter {
	l := letter{ID: c.ID, To: strings.Join(c.To, ", "), At: c.At}
	reader, err := mail.CreateReader(bytes.NewReader(c.Data))
	if err != nil {
		l.Subject, l.Text = "This mail cannot be read", err.Error()
		return l
	}
	l.Subject, _ = reader.Header.Subject()
	l.From, _ = reader.Header.Text("From")
	l.Date = reader.Header.Get("Date")
	l.Reason = reader.Header.Get("X-Notifier-Reason")
	var images []string // what the HTML calls each, and the image
	for {
		part, err := reader.NextPart()
		if err != nil {
			break
		}
		body, err := io.ReadAll(io.LimitReader(part.Body, message.MaxAttachmentSize))
		if err != nil {
			l.Text = fmt.Sprintf("A part of this mail cannot be read: %s", err)
			break
		}
		if file, is := part.Header.(*mail.AttachmentHeader); is {
			name, _ := file.Filename()
			l.Attached = append(l.Attached, fmt.Sprintf("%s (%d bytes)", name, len(body)))
			continue
		}
		header, _ := part.Header.(*mail.InlineHeader)
		if header == nil {
			continue
		}
		id := strings.Trim(header.Get("Content-Id"), "<>")
		switch kind, _, _ := header.ContentType(); {
		case id != "" && strings.HasPrefix(kind, "image/"):
			images = append(images, "cid:"+id, "data:"+kind+";base64,"+base64.StdEncoding.EncodeToString(body))
		case kind == "text/html":
			l.HTML = string(body)
		case kind == "text/plain":
			l.Text = string(body)
		}
	}
	l.HTML = strings.NewReplacer(images...).Replace(l.HTML)
	l.Preview = message.Truncate(strings.Join(strings.Fields(l.Text), " "), 120)
	return l
}
