package console

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"notifier/jobs"
	"notifier/message"
	"notifier/web"
)

// Mailbox shows whoever tries the program what would have left, without a login: it is
// for a machine of one's own. The zero Mailbox shows nothing.
type Mailbox struct {
	Box  Box
	Site string // whose waiting messages it shows
}

// Box holds mails that did not leave the house.
type Box interface {
	Caught() []Caught // oldest first
	Mail(id int) (Caught, bool)
}

// Caught is a mail that did not leave the house.
type Caught struct {
	ID   int
	To   []string
	Data []byte
	At   time.Time
}

// mailboxRoutes adds its pages.
func (c *console) mailboxRoutes(mux *http.ServeMux, login *web.Login) {
	if c.o.Mailbox.Box == nil {
		return
	}
	see := func(pattern string, page func(http.ResponseWriter, *http.Request) error) {
		mux.Handle(pattern, login.Open(c.told(page)))
	}
	see("GET /mailbox", c.mailbox)
	see("GET /mailbox/newest", c.newestMail)
	see("GET /mailbox/{id}", c.caught)
	see("GET /mailbox/{id}/html", c.caughtHTML)
	see("GET /mailbox/{id}/source", c.caughtSource)
	see("POST /mailbox/run/{job}", c.runFromMailbox)
}

// mailboxPart is how many mails a page lists.
const mailboxPart = 100

type mailboxPage struct {
	base
	Query   string
	Mails   []letter
	N       int // how many there are, or match
	Newest  int
	Next    string // leads to older ones
	Waiting []message.Message
	Jobs    []jobs.State
	Ran     string
}

// mailbox lists what was caught, what still waits and when the jobs run next.
func (c *console) mailbox(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	p := mailboxPage{base: c.base(r, "mailbox", "nav.mailbox"), Query: strings.TrimSpace(query.Get("q"))}
	before, _ := strconv.Atoi(query.Get("before"))
	for _, caught := range slices.Backward(c.o.Mailbox.Box.Caught()) {
		p.Newest = max(p.Newest, caught.ID)
		if p.Query == "" && (before > 0 && caught.ID >= before || len(p.Mails) == mailboxPart) {
			p.N++ // it is counted, and need not be read
			continue
		}
		one := read(caught)
		if !one.matches(p.Query) {
			continue
		}
		p.N++
		if len(p.Mails) < mailboxPart && (before == 0 || caught.ID < before) {
			p.Mails = append(p.Mails, one)
		}
	}
	if n := len(p.Mails); n == mailboxPart {
		p.Next = "/mailbox?" + url.Values{"q": {p.Query}, "before": {strconv.Itoa(p.Mails[n-1].ID)}}.Encode()
	}
	var err error
	if p.Jobs, err = c.timetable.Lines(r.Context()); err != nil {
		return err
	}
	found, err := c.Search.Find(r.Context(), c.o.Mailbox.Site, message.Filter{Status: message.Deferred, Limit: 50})
	if err != nil {
		return err
	}
	p.Waiting = found.Messages
	slices.SortStableFunc(p.Waiting, func(a, b message.Message) int { return a.DueAt.Compare(b.DueAt) })
	for _, j := range p.Jobs {
		if j.Name == query.Get("ran") {
			p.Ran = p.Clock.Words.T("job." + j.Name)
		}
	}
	return c.show(w, r, p.Lang, "mailbox.html", p)
}

// newestMail tells a page that is open whether there is more than it shows.
func (c *console) newestMail(w http.ResponseWriter, _ *http.Request) error {
	newest := 0
	if all := c.o.Mailbox.Box.Caught(); len(all) > 0 {
		newest = all[len(all)-1].ID
	}
	w.Header().Set("Content-Type", "application/json")
	_, err := fmt.Fprintf(w, `{"newest":%d}`, newest)
	return err
}

type caughtPage struct {
	base
	letter
	View, Width string
	Views       []choice
	Widths      []choice
}

// caught shows one mail.
func (c *console) caught(w http.ResponseWriter, r *http.Request) error {
	one, err := c.opened(r)
	if err != nil {
		return err
	}
	p := caughtPage{base: c.base(r, "mailbox", ""), letter: read(one), View: r.URL.Query().Get("view")}
	p.Title = p.Subject
	words := p.Clock.Words
	offer := func(names ...string) {
		for _, name := range names {
			p.Views = append(p.Views, choice{name, words.T("mailbox." + name), false})
		}
	}
	if p.HTML != "" {
		offer("html", "phone", "dark", "phone_dark")
	}
	offer("text", "source", "headers")
	here := slices.IndexFunc(p.Views, func(v choice) bool { return v.Value == p.View })
	here = max(here, 0)
	p.View, p.Views[here].Chosen = p.Views[here].Value, true
	return c.show(w, r, p.Lang, "caught.html", p)
}

// Framed tells whether the mail is shown as a page in a frame, and how.
func (p caughtPage) Framed() bool { return p.HTML != "" && slices.Contains(framed, p.View) }

var framed = []string{"html", "phone", "dark", "phone_dark"}

// Dark tells whether it is shown as a dark device shows it.
func (p caughtPage) Dark() bool { return strings.HasSuffix(p.View, "dark") }

// Phone tells whether it is shown as wide as on a phone.
func (p caughtPage) Phone() bool { return strings.HasPrefix(p.View, "phone") }

// caughtHTML is the mail's own page, without scripts and without anything from elsewhere.
func (c *console) caughtHTML(w http.ResponseWriter, r *http.Request) error {
	one, err := c.opened(r)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Security-Policy", "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, err = io.WriteString(w, lit(read(one).HTML, r.URL.Query().Get("light") == "dark"))
	return err
}

var scheme = regexp.MustCompile(`\(\s*prefers-color-scheme\s*:\s*(dark|light)\s*\)`)

// lit is a mail as a dark device shows it, or a light one, whatever the device at hand is.
func lit(html string, dark bool) string {
	return scheme.ReplaceAllStringFunc(html, func(asked string) string {
		if strings.Contains(asked, "dark") == dark {
			return "(min-width: 0)"
		}
		return "(max-width: 0)"
	})
}

// caughtSource is the mail as it left.
func (c *console) caughtSource(w http.ResponseWriter, r *http.Request) error {
	one, err := c.opened(r)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err = w.Write(one.Data)
	return err
}

// opened is the mail that a request names.
func (c *console) opened(r *http.Request) (Caught, error) {
	id, err := strconv.Atoi(r.PathValue("id"))
	one, found := c.o.Mailbox.Box.Mail(id)
	if err != nil || !found {
		return one, errForgotten
	}
	return one, nil
}

// errForgotten means that there is no such mail, perhaps not any more.
var errForgotten = errors.New("the mailbox forgets its mails when the service ends")

// runFromMailbox runs a job now and comes back to the list.
func (c *console) runFromMailbox(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("job")
	if _, err := c.control.RunNow(name); err != nil && !errors.Is(err, jobs.ErrBusy) {
		return err
	}
	http.Redirect(w, r, "/mailbox?ran="+url.QueryEscape(name), http.StatusSeeOther)
	return nil
}
