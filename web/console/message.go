package console

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"notifier/explain"
	"notifier/message"
	"notifier/request"
)

// MessageRecords is what is kept of a message.
type MessageRecords interface {
	Message(ctx context.Context, site string, id message.ID) (message.Message, error)
	Attempts(ctx context.Context, m message.Message) ([]message.Attempt, error)
	Decisions(ctx context.Context, m message.Message) ([]message.Decided, error)
	Items(ctx context.Context, site string, digest message.ID) ([]message.Message, error)
	Attach(ctx context.Context, m message.Message) (message.Message, error)
}

// Actions are what can be asked for a message.
type Actions interface {
	Retry(ctx context.Context, c request.Call, id message.ID, resend bool) (after message.Message, replayed bool, err error)
	Cancel(ctx context.Context, c request.Call, id message.ID) (after message.Message, replayed bool, err error)
	Release(ctx context.Context, c request.Call, id message.ID) (after message.Message, replayed bool, err error)
	Hold(ctx context.Context, c request.Call, id message.ID) (after message.Message, replayed bool, err error)
	SendNow(ctx context.Context, c request.Call, id message.ID) (after message.Message, replayed bool, err error)
}

type messagePage struct {
	base
	M        message.Message
	Carried  message.Message // the digest of a merged one; itself otherwise
	Items    []message.Message
	Steps    []step
	Retry    bool
	Cancel   bool
	Release  bool
	Hold     bool
	Now      bool // whether it can be sent now, before its time
	MaySee   bool
	Direct   bool           // whether a copy may go elsewhere
	O        *operationView // that is about to withdraw it
	Refused  []string       // addresses that it did not reach and that are still written to
	Attempts []message.Attempt
	Answer   explain.Explanation
}

// step is a line of a message's story.
type step struct {
	At   time.Time
	Mark string
	Text string
	Raw  string // what the server said
}

// message shows the whole story of a message.
func (c *console) message(w http.ResponseWriter, r *http.Request) error {
	m, err := c.Messages.Message(r.Context(), site(r), message.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	p := messagePage{base: c.base(r, "messages", ""), M: m, Carried: m}
	p.Title = m.Subject
	if m.Status == message.Merged {
		if p.Carried, err = c.Messages.Message(r.Context(), m.Site, m.Digest); err != nil {
			return err
		}
	}
	if p.Attempts, err = c.Messages.Attempts(r.Context(), p.Carried); err != nil {
		return err
	}
	if p.Answer, err = c.o.Why.Ask(r.Context(), explain.Question{Site: m.Site, Message: m.ID, Lang: p.Lang, Zone: p.Clock.Zone}, p.Clock.Now()); err != nil {
		return err
	}
	decisions, err := c.Messages.Decisions(r.Context(), m)
	if err != nil {
		return err
	}
	if m.Type == message.Digest {
		if p.Items, err = c.Messages.Items(r.Context(), m.Site, m.ID); err != nil {
			return err
		}
	}
	p.Steps = story(p.base, m, p.Attempts, decisions)
	can := func(move message.Move) bool { return p.MayAct && slices.Contains(message.From(move), m.Status) }
	p.Retry = can(message.Retry) && m.Status == message.Error && !m.Manual
	p.Now = can(message.SendNow) && (m.Status != message.Pending || m.DueAt.After(p.Clock.Now()))
	p.Cancel, p.Release, p.Hold, p.MaySee, p.Direct = can(message.Cancel), can(message.Release), can(message.Hold), p.MayAct, m.Type == message.Direct
	if err := c.withdrawal(r, &p); err != nil {
		return err
	}
	if m.Status == message.Error && p.MayAct {
		if p.Refused, err = c.refused(r, m); err != nil {
			return err
		}
	}
	return c.show(w, r, p.Lang, "message.html", p)
}

// withdrawal is the operation that is about to withdraw the message, if somebody has just
// asked for that.
func (c *console) withdrawal(r *http.Request, p *messagePage) error {
	id := message.ID(r.URL.Query().Get("operation"))
	if id == "" {
		return nil
	}
	o, err := c.Operations.Operation(r.Context(), site(r), id)
	if errors.Is(err, message.ErrNotFound) || err == nil && !slices.Contains(o.IDs, p.M.ID) {
		return nil
	}
	if err != nil {
		return err
	}
	v := operationOf(p.base, o)
	v.Back = p.Path
	p.O = &v
	if o.Status == request.Running {
		p.Live, p.Cancel = "/stream?operation="+url.QueryEscape(string(id)), false
	}
	return nil
}

// refused are the addresses that a message did not reach and that are still written to.
func (c *console) refused(r *http.Request, m message.Message) (all []string, err error) {
	addresses := m.Rejected
	if len(addresses) == 0 {
		addresses = m.Outstanding()
	}
	known, err := c.Suppressions.Suppressed(r.Context(), m.Site, addresses)
	for _, a := range addresses {
		if _, is := known[message.Identity(a)]; !is && len(all) < 10 {
			all = append(all, a)
		}
	}
	return all, err
}

// story is what happened to a message, the first first, and what comes next.
func story(b base, m message.Message, attempts []message.Attempt, decisions []message.Decided) []step {
	words := b.Clock.Words
	steps := []step{{m.CreatedAt, "✓", words.T("story.accepted"), ""}}
	if m.Reason != "" {
		steps[0].Text += ": " + b.ReasonSays(m.Reason)
	}
	if m.Setting != "" {
		steps = append(steps, step{m.CreatedAt, "◔", words.T("story.setting", "Setting", b.SettingSays(m.Setting, m.Timezone)), ""})
	}
	for _, d := range decisions {
		by := "–"
		if d.By != "" {
			by = b.ByWhom(d.By)
		}
		steps = append(steps, step{d.At, "·", words.T("story.decided", "What", b.deed(d.What), "Who", by), ""})
	}
	for i, a := range attempts {
		one := step{a.EndedAt, "●", words.T("story.taken", "N", i+1, "Server", a.Server), a.Response}
		if a.Failure != nil {
			one.Mark, one.Text = "▲", words.T("story.refused", "N", i+1, "Says", b.words(*a.Failure, message.Outlook{}).Says)
			if one.Raw == "" {
				one.Raw = a.Failure.Text
			}
		}
		if a.Uncertain {
			one.Mark, one.Text = "?", words.T("story.uncertain", "N", i+1)
		}
		steps = append(steps, one)
	}
	slices.SortStableFunc(steps, func(a, b step) int { return a.At.Compare(b.At) })
	switch m.Status {
	case message.Deferred, message.Scheduled, message.Pending, message.RateLimited:
		at := m.DueAt
		if leaves := b.Departures.OfDigest(at, b.Clock.Now()); m.Status == message.Deferred && leaves.WaitsFor == "" {
			at = leaves.At
		}
		steps = append(steps, step{at, "○", words.T("story.next." + string(m.Status)), ""})
	}
	return steps
}

type mailPage struct {
	base
	M      message.Message
	Text   string
	HTML   bool
	Source string
	Curl   string
	View   string
	Phone  bool
	Dark   bool
}

// mail shows what a message says. That it was opened is in the audit.
func (c *console) mail(w http.ResponseWriter, r *http.Request) error {
	m, err := c.Messages.Message(r.Context(), site(r), message.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	m = c.o.Write(m)
	p := mailPage{base: c.base(r, "messages", ""), M: m, Text: m.Text, HTML: m.HTML != "", View: r.URL.Query().Get("view")}
	p.Title = m.Subject
	if !slices.Contains([]string{"html", "phone", "dark", "text", "source", "curl"}, p.View) || !p.HTML && slices.Contains([]string{"html", "phone", "dark"}, p.View) {
		p.View = "text"
		if p.HTML {
			p.View = "html"
		}
	}
	p.Phone, p.Dark = p.View == "phone", p.View == "dark"
	if p.View == "curl" {
		p.Curl = c.curl(r, m)
	}
	if p.View == "source" && c.o.Compose != nil {
		source, err := c.o.Compose(m)
		if err != nil {
			return err
		}
		p.Source = string(source)
	}
	return c.show(w, r, p.Lang, "mail.html", p)
}

// html is the mail's own page, without scripts and without anything from elsewhere.
func (c *console) html(w http.ResponseWriter, r *http.Request) error {
	m, err := c.Messages.Message(r.Context(), site(r), message.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Security-Policy", "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, lit(c.o.Write(m).HTML, r.URL.Query().Get("light") == "dark"))
	return nil
}

// move makes one move of one message.
func (c *console) move(w http.ResponseWriter, r *http.Request) error {
	id, what := message.ID(r.PathValue("id")), r.PathValue("move")
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if r.ParseForm() != nil {
		return message.ErrNotFound
	}
	var err error
	switch what {
	case "retry":
		_, _, err = c.Actions.Retry(r.Context(), call(r), id, false)
	case "cancel":
		return c.withdraw(w, r, id)
	case "hold":
		_, _, err = c.Actions.Hold(r.Context(), call(r), id)
	case "send-now":
		_, _, err = c.Actions.SendNow(r.Context(), call(r), id)
	case "copy":
		id, err = c.copyMessage(r, id)
	case "release":
		_, _, err = c.Actions.Release(r.Context(), call(r), id)
	default:
		err = message.ErrNotFound
	}
	if err != nil {
		return err
	}
	return back(w, r, "/messages/"+string(id), what)
}

// withdraw begins to withdraw a message, which can be undone for a while.
func (c *console) withdraw(w http.ResponseWriter, r *http.Request, id message.ID) error {
	try := call(r)
	try.DryRun = true
	if _, _, err := c.Actions.Cancel(r.Context(), try, id); err != nil {
		return err
	}
	o, _, err := c.begin(r, request.Operation{Action: request.ActCancel, IDs: []message.ID{id}})
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/messages/"+string(id)+"?operation="+url.QueryEscape(string(o.ID)), http.StatusSeeOther)
	return nil
}
