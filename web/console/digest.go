package console

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"time"

	"notifier/message"
	"notifier/request"
	"notifier/wallclock/timekeeper"
)

// Digests are made of what waits, by the code that does it when it is due.
type Digests interface {
	SendNow(ctx context.Context, c request.Call, user string) (sent message.SentNow, replayed bool, err error)
	Preview(items []message.Message, at time.Time) (message.Message, bool)
}

type digestPage struct {
	base
	User    string
	Person  string // the page of whom it is for
	Subject string
}

// mostWaiting is how much of what waits for one person is read.
const mostWaiting = 10_000

// waiting is the mail that all that waits for a person would become now.
func (c *console) waiting(r *http.Request) (message.Message, error) {
	u, err := c.Users.User(r.Context(), site(r), r.PathValue("id"))
	if err != nil {
		return message.Message{}, err
	}
	items, err := c.Search.Waiting(r.Context(), site(r), u.ID, mostWaiting)
	if err != nil {
		return message.Message{}, err
	}
	for i, m := range items { // to whom and in which language it would go now
		items[i] = u.Person().Address(m)
	}
	m, any := c.o.Digests.Preview(items, timekeeper.Now(r.Context()))
	if !any {
		return m, message.ErrNotFound
	}
	return m, nil
}

// digest shows what a person's next mail would be. That it was opened is in the audit.
func (c *console) digest(w http.ResponseWriter, r *http.Request) error {
	m, err := c.waiting(r)
	if err != nil {
		return err
	}
	p := digestPage{base: c.base(r, "people", ""), User: r.PathValue("id"), Subject: m.Subject}
	p.Title = p.Clock.Words.T("digest.title")
	p.Person = "/people/" + url.PathEscape(p.User)
	return c.show(w, r, p.Lang, "digest.html", p)
}

func (c *console) digestHTML(w http.ResponseWriter, r *http.Request) error {
	m, err := c.waiting(r)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, c.o.Write(m).HTML)
	return nil
}

// sendDigest lets what waits for a person leave now.
func (c *console) sendDigest(w http.ResponseWriter, r *http.Request) error {
	sent, _, err := c.o.Digests.SendNow(r.Context(), call(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	if sent.Message == "" {
		return message.ErrNotFound
	}
	c.o.Wake()
	return back(w, r, "/messages/"+string(sent.Message), "send")
}
