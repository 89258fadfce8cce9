package console

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"notifier/fault"
	"notifier/message"
	"notifier/request"
	"notifier/web"
)

// Sender takes messages, and suppresses addresses that one cannot reach.
type Sender interface {
	SendMessage(ctx context.Context, c request.Call, d message.Draft) (request.Taken, bool, error)
	Suppress(ctx context.Context, c request.Call, s message.Suppression) (message.Suppression, error)
}

// copyMessage sends what a message says once more, as a new one. Mail of the workflow goes
// to the same people alone: it holds links that are theirs.
func (c *console) copyMessage(r *http.Request, id message.ID) (message.ID, error) {
	m, err := c.Messages.Message(r.Context(), site(r), id)
	if err != nil {
		return "", err
	}
	if m, err = c.Messages.Attach(r.Context(), c.o.Write(m)); err != nil {
		return "", err
	}
	d := m.Copy()
	if to := strings.TrimSpace(r.PostForm.Get("to")); to != "" && m.Type == message.Direct {
		d.To, d.Cc, d.Bcc, d.OneMail = []message.Recipient{message.ParseRecipient(to)}, nil, nil, false
	}
	taken, _, err := c.Sender.SendMessage(r.Context(), call(r), d)
	if err != nil {
		return "", err
	}
	return taken.Messages[0].ID, nil
}

// curl is the request that sends such a message, for a shell. Attachments are left out:
// they would fill the screen.
func (c *console) curl(r *http.Request, m message.Message) string {
	d := m.Copy()
	d.Attachments = nil
	return c.sending(r, d)
}

func (c *console) sending(r *http.Request, d message.Draft) string {
	key := c.o.Key
	if key == "" {
		key = "$NOTIFIER_KEY"
	}
	var body strings.Builder
	e := json.NewEncoder(&body)
	e.SetEscapeHTML(false)
	_ = e.Encode(d) // texts can always be written
	return "curl " + c.address(r) + "/api/v1/messages \\\n  -H \"Authorization: Bearer " + key + "\" \\\n  -d '" + strings.ReplaceAll(strings.TrimSpace(body.String()), "'", `'\''`) + "'"
}

// address is where callers reach the service: as configured, or as the reader did.
func (c *console) address(r *http.Request) string {
	if c.o.URL != "" {
		return strings.TrimSuffix(c.o.URL, "/")
	}
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	return scheme + r.Host
}

// firstSteps are what somebody needs who has sent nothing yet.
type firstSteps struct {
	Curl string
	Me   string
}

func (c *console) firstSteps(r *http.Request) firstSteps {
	me := web.Who(r.Context()).Name
	return firstSteps{c.sending(r, message.Draft{To: []message.Recipient{message.ParseRecipient(me)}, Subject: "Hello", Text: "It works"}), me}
}

// sendTest sends a mail to whoever presses the button, and to nobody else.
func (c *console) sendTest(w http.ResponseWriter, r *http.Request) error {
	words, who := c.base(r, "", "").Clock.Words, web.Who(r.Context())
	taken, _, err := c.Sender.SendMessage(r.Context(), call(r), message.Draft{
		To: []message.Recipient{{Address: message.Address{Email: who.Name}}}, Subject: words.T("test.subject"), Text: words.T("test.text"), Language: words.Lang,
	})
	if err != nil {
		return err
	}
	return back(w, r, "/messages/"+string(taken.Messages[0].ID), "test")
}

// suppress writes to an address no more.
func (c *console) suppress(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if r.ParseForm() != nil {
		return message.ErrNotFound
	}
	s := message.Suppression{Address: r.PostForm.Get("address"), Reason: message.Bounced, Note: fault.Truncate(r.PostForm.Get("note"), 200)}
	asking, done := call(r), "suppress"
	kept, err := c.Sender.Suppress(r.Context(), asking, s)
	if err != nil {
		return err
	}
	if kept.Since.Before(asking.At.Truncate(time.Microsecond)) { // it was suppressed before, and stays so since then
		done = "same"
		web.Idle(r.Context())
	}
	http.Redirect(w, r, with(local(r.PostForm.Get("back"), "/errors"), "done", done), http.StatusSeeOther)
	return nil
}
