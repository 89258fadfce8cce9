package console

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"notifier/message"
	"notifier/search"
)

// perPage is how many rows a list has.
const perPage = 50

type listPage struct {
	base
	Query    string
	Wrong    string
	Views    []view
	Words    []search.Qualifier
	Messages []message.Message
	Count    message.Counted
	Next     string // the address of the next page
	Newest   message.ID
	Without  []dropped
	Running  []message.Operation
}

// view is a search that is often asked for.
type view struct {
	Name, Query string
	Here        bool
}

// dropped is a filter that would find something if it were left out.
type dropped struct {
	Word  string
	Query string
	N     int
}

var views = []struct{ key, query string }{
	{"all", ""},
	{"errors", "status:error"},
	{"waiting", "status:pending"},
	{"limited", "status:rate_limited"},
	{"people", "status:pending_manual"},
	{"digests", "type:digest"},
	{"reminders", "type:deadline"},
	{"today", "since:24h"},
}

// list shows messages.
func (c *console) list(w http.ResponseWriter, r *http.Request) error {
	p := listPage{base: c.base(r, "messages", "nav.messages"), Query: r.URL.Query().Get("q"), Words: search.Qualifiers()}
	for _, v := range views {
		p.Views = append(p.Views, view{p.Clock.Words.T("view." + v.key), v.query, v.query == p.Query})
	}
	f, err := search.Filter(p.Query, "q", p.Clock.Now())
	if err == nil {
		err = f.Check()
	}
	if invalid, is := errors.AsType[*message.Invalid](err); is {
		for _, fault := range invalid.Faults {
			p.Wrong += fault.Detail + " "
		}
		return c.show(w, r, p.Lang, "messages.html", p)
	}
	counting := f
	f.Before, f.Limit = message.ID(r.URL.Query().Get("before")), perPage
	found, err := c.records.Find(r.Context(), site(r), f)
	if err != nil {
		return err
	}
	if p.Count, err = c.records.Count(r.Context(), site(r), counting, true); err != nil {
		return err
	}
	p.Messages = found.Messages
	if found.Next != "" {
		p.Next = "/messages?" + url.Values{"q": {p.Query}, "before": {string(found.Next)}}.Encode()
	}
	if f.Before == "" {
		if len(p.Messages) > 0 {
			p.Newest = p.Messages[0].ID
		}
		p.Live = "/stream?" + url.Values{"q": {p.Query}, "after": {string(p.Newest)}}.Encode()
	}
	if p.Running, err = c.running(r); err != nil {
		return err
	}
	return c.show(w, r, p.Lang, "messages.html", p)
}

// Progress is how far an operation has come, in words.
func (c *console) progress(b base, o message.Operation) string {
	words := b.Clock.Words
	text := words.T("op.of", "Done", o.Done, "All", o.Total, "Succeeded", o.Succeeded, "Refused", o.Refused)
	if o.Status != message.Running || o.Done == 0 {
		return text
	}
	took := o.UpdatedAt.Sub(o.CreatedAt)
	left := time.Duration(float64(took) * float64(max(o.Total-o.Done, 0)) / float64(o.Done))
	return text + " · " + words.N("op.left", max(1, int(left.Round(time.Second)/time.Second)))
}

func (c *console) running(r *http.Request) (running []message.Operation, err error) {
	last, err := c.records.Operations(r.Context(), site(r), "", 20)
	for _, o := range last {
		if o.Status == message.Running {
			running = append(running, o)
		}
	}
	return running, err
}

type confirmPage struct {
	base
	Action  message.Action
	N       int
	Guessed bool
	Type    bool // whether the number is to be typed
	Wrong   bool
	Query   string
	IDs     []string
}

// many is how many messages need their number to be typed.
const many = 100

// confirm asks once more before something is done to many messages: it names the count
// and the effect.
func (c *console) confirm(w http.ResponseWriter, r *http.Request) error {
	o, err := c.asked(w, r)
	if err != nil {
		return err
	}
	p := confirmPage{base: c.base(r, "messages", "nav.messages"), Action: o.Action, Query: r.PostForm.Get("q"), IDs: r.PostForm["id"], N: len(o.IDs)}
	if len(o.IDs) == 0 {
		n, err := c.records.Count(r.Context(), site(r), o.Filter, true)
		if err != nil {
			return err
		}
		p.N, p.Guessed, p.IDs = n.N, n.Guessed, nil
	}
	p.Type = p.N > many && o.Action == message.ActCancel
	return c.show(w, r, p.Lang, "confirm.html", p)
}

// asked is the operation that a form asks for.
func (c *console) asked(w http.ResponseWriter, r *http.Request) (o message.Operation, err error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return o, message.ErrNotFound
	}
	o.Action = message.Action(r.PostForm.Get("do"))
	if r.PostForm.Get("all") == "" {
		for _, id := range r.PostForm["id"] {
			o.IDs = append(o.IDs, message.ID(id))
		}
	}
	if len(o.IDs) == 0 {
		if o.Filter, err = search.Filter(r.PostForm.Get("q"), "q", time.Now().UTC()); err != nil {
			return o, err
		}
	}
	return o, o.Check()
}

// operate begins an operation.
func (c *console) operate(w http.ResponseWriter, r *http.Request) error {
	o, err := c.asked(w, r)
	if err != nil {
		return err
	}
	if n := r.PostForm.Get("count"); n != "" && n != r.PostForm.Get("typed") {
		p := confirmPage{base: c.base(r, "messages", "nav.messages"), Action: o.Action, Query: r.PostForm.Get("q"), IDs: r.PostForm["id"], Type: true, Wrong: true}
		p.N, _ = strconv.Atoi(n)
		return pages.Render(w, r, p.Lang, http.StatusUnprocessableEntity, "confirm.html", p)
	}
	begun, err := c.desk.Operate(r.Context(), call(r), o)
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/operations/"+string(begun.ID), http.StatusSeeOther)
	return nil
}

type operationPage struct {
	base
	Operation message.Operation
	Progress  string
}

// operation shows how far an operation has come.
func (c *console) operation(w http.ResponseWriter, r *http.Request) error {
	o, err := c.records.Operation(r.Context(), site(r), message.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	p := operationPage{base: c.base(r, "messages", ""), Operation: o}
	p.Title = p.Clock.Words.T("op.title." + string(o.Action))
	p.Progress = c.progress(p.base, o)
	if o.Status == message.Running {
		p.Live = "/stream?operation=" + url.QueryEscape(string(o.ID))
	}
	return c.show(w, r, p.Lang, "operation.html", p)
}

func (c *console) stopOperation(w http.ResponseWriter, r *http.Request) error {
	id := message.ID(r.PathValue("id"))
	if err := c.records.StopOperation(r.Context(), site(r), id, call(r).At); err != nil {
		return err
	}
	return back(w, r, "/operations/"+string(id), "stop")
}
