package console

import (
	"io"
	"net/http"
	"slices"
	"time"

	"notifier/explain"
	"notifier/message"
)

type messagePage struct {
	base
	M        message.Message
	Carried  message.Message // the digest of a merged one; itself otherwise
	Items    []message.Message
	Steps    []step
	Retry    bool
	Cancel   bool
	Release  bool
	MaySee   bool
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
	m, err := c.records.Message(r.Context(), site(r), message.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	p := messagePage{base: c.base(r, "messages", ""), M: m, Carried: m}
	p.Title = m.Subject
	if m.Status == message.Merged {
		if p.Carried, err = c.records.Message(r.Context(), m.Site, m.Digest); err != nil {
			return err
		}
	}
	if p.Attempts, err = c.records.Attempts(r.Context(), p.Carried); err != nil {
		return err
	}
	if p.Answer, err = c.o.Why.Ask(r.Context(), explain.Question{Site: m.Site, Message: m.ID, Lang: p.Lang, Zone: p.Clock.Zone}, p.Clock.Now()); err != nil {
		return err
	}
	decisions, err := c.records.Decisions(r.Context(), m)
	if err != nil {
		return err
	}
	if m.Type == message.Digest {
		if p.Items, err = c.records.Items(r.Context(), m.Site, m.ID); err != nil {
			return err
		}
	}
	p.Steps = story(p.base, m, p.Attempts, decisions)
	can := func(move message.Move) bool { return p.MayAct && slices.Contains(message.From(move), m.Status) }
	p.Retry = can(message.Retry) && m.Status == message.Error && !m.Manual
	p.Cancel, p.Release, p.MaySee = can(message.Cancel), can(message.Release), p.MayAct
	return c.show(w, r, p.Lang, "message.html", p)
}

// story is what happened to a message, the first first, and what comes next.
func story(b base, m message.Message, attempts []message.Attempt, decisions []message.Decided) []step {
	words := b.Clock.Words
	steps := []step{{m.CreatedAt, "✓", words.T("story.accepted"), string(m.Reason)}}
	if m.Setting != "" {
		steps = append(steps, step{m.CreatedAt, "◔", words.T("story.setting", "Setting", m.Setting), ""})
	}
	for _, d := range decisions {
		by := d.By
		if by == "" {
			by = "–"
		}
		steps = append(steps, step{d.At, "·", words.T("story.decided", "What", string(d.What), "Who", by), ""})
	}
	for i, a := range attempts {
		one := step{a.EndedAt, "●", words.T("story.taken", "N", i+1, "Server", a.Server), a.Response}
		if a.Failure != nil {
			one.Mark, one.Text = "▲", words.T("story.refused", "N", i+1, "Says", b.Says(a.Failure.Category))
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
		steps = append(steps, step{m.DueAt, "○", words.T("story.next." + string(m.Status)), ""})
	}
	return steps
}

type mailPage struct {
	base
	M      message.Message
	Text   string
	HTML   bool
	Source string
	View   string
	Phone  bool
}

// mail shows what a message says. That it was opened is in the audit.
func (c *console) mail(w http.ResponseWriter, r *http.Request) error {
	m, err := c.records.Message(r.Context(), site(r), message.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	m = c.o.Write(m)
	p := mailPage{base: c.base(r, "messages", ""), M: m, Text: m.Text, HTML: m.HTML != "", View: r.URL.Query().Get("view")}
	p.Title = m.Subject
	if !slices.Contains([]string{"html", "phone", "text", "source"}, p.View) || !p.HTML && p.View != "source" {
		p.View = "text"
		if p.HTML {
			p.View = "html"
		}
	}
	p.Phone = p.View == "phone"
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
	m, err := c.records.Message(r.Context(), site(r), message.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Security-Policy", "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, c.o.Write(m).HTML)
	return nil
}

// move makes one move of one message.
func (c *console) move(w http.ResponseWriter, r *http.Request) error {
	id, what := message.ID(r.PathValue("id")), r.PathValue("move")
	var err error
	switch what {
	case "retry":
		_, err = c.desk.Retry(r.Context(), call(r), id, false)
	case "cancel":
		_, err = c.desk.Cancel(r.Context(), call(r), id)
	case "release":
		_, err = c.desk.Release(r.Context(), call(r), id)
	default:
		err = message.ErrNotFound
	}
	if err != nil {
		return err
	}
	return back(w, r, "/messages/"+string(id), what)
}
