package console

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"notifier/message"
	"notifier/message/search"
	"notifier/request"
	"notifier/wallclock/timekeeper"
)

// OperationRecords reads operations, and stops them.
type OperationRecords interface {
	Operation(ctx context.Context, site string, id message.ID) (request.Operation, error)
	Operations(ctx context.Context, site string, before message.ID, n int) ([]request.Operation, error)
	StopOperation(ctx context.Context, site string, id message.ID, at time.Time) error
}

// Operator begins operations.
type Operator interface {
	Operate(ctx context.Context, c request.Call, o request.Operation, asked any) (begun request.Operation, replayed bool, err error)
	BeginNow(ctx context.Context, c request.Call, id message.ID) error
}

// operationView is an operation as pages show it.
type operationView struct {
	request.Operation
	Title string
	Text  string // how far it has come
	Stage string // waits, running, undone, stopped, or its result: open, done, partly, failed, nothing, over
	Again int    // of a retry that is over: how many have failed again
	Back  string // where its forms lead back to
}

// Failed is where those are listed that have failed again, and Moved where all are.
func (o operationView) Failed() string { return o.Moved() + url.QueryEscape(" status:error") }

// Moved is where what the operation has moved is listed.
func (o operationView) Moved() string { return "/messages?q=operation:" + string(o.ID) }

// Reasons are why messages were left alone, with how many for each.
func (o operationView) Reasons() (all []leftAlone) {
	for _, why := range request.WhyLeftAlone {
		if n := o.WhyLeft[why]; n > 0 {
			all = append(all, leftAlone{string(why), n})
		}
	}
	return all
}

// leftAlone is how many messages a retry of many left alone for a reason.
type leftAlone struct {
	Why string // a word
	N   int
}

// operationOf is how an operation is shown.
func operationOf(b base, o request.Operation) operationView {
	v := operationView{Operation: o, Title: b.Clock.Words.N("op.title."+string(o.Action), o.Total), Stage: string(o.Status), Back: "/operations/" + string(o.ID)}
	switch {
	case o.Waits(b.Clock.Now()):
		v.Stage = "waits"
		v.Text = b.Clock.Words.T("op.waits", "Hour", b.Clock.Sharply(*o.BeginsAt), "Zone", b.Clock.Zone)
	case o.Undone():
		v.Stage = "undone"
		v.Text = b.Clock.Words.T("op.undone")
	default:
		v.Text = progress(b, o)
	}
	if o.Status == request.Done { // the colour and the words are those of the outcome
		v.Stage = cmp.Or(string(o.Result), "over")
	}
	if o.Became != nil {
		v.Again = o.Became.Failed
	}
	return v
}

// Over tells whether nothing about it will change: mail on its way comes to an end, too.
func (o operationView) Over() bool {
	return o.Status != request.Running && o.Result != request.ResultOpen
}

// progress is how far an operation has come, in words, with its rate and the time that is left.
func progress(b base, o request.Operation) string {
	words := b.Clock.Words
	text := words.T("op.of", "Done", o.Done, "All", o.Total, "Succeeded", o.Succeeded, "Refused", o.Refused)
	took := o.UpdatedAt.Sub(o.Began())
	if o.Done == 0 || took <= 0 {
		return text + ended(b, o)
	}
	if took >= time.Second {
		text += " · " + words.T("op.rate", "N", max(1, int(float64(o.Done)/took.Seconds())))
	}
	if o.Status != request.Running {
		return text + ended(b, o)
	}
	left := time.Duration(float64(took) * float64(max(o.Total-o.Done, 0)) / float64(o.Done))
	return text + " · " + words.T("op.left", "Span", b.Span(max(time.Second, left.Round(time.Second))))
}

// ended is what has become of the messages of an operation that ended.
func ended(b base, o request.Operation) (text string) {
	if o.Became == nil {
		return ""
	}
	for _, part := range []struct {
		key string
		n   int
	}{{"sent", o.Became.Sent}, {"failed", o.Became.Failed}, {"unsent", o.Became.Unsent}, {"waiting", o.Became.Waiting}} {
		if part.n > 0 {
			text += " · " + b.Clock.Words.T("op.became."+part.key, "N", part.n)
		}
	}
	return text
}

// running are the operations that are under way, or about to be.
func (c *console) running(r *http.Request, b base) (running []operationView, err error) {
	last, err := c.Operations.Operations(r.Context(), site(r), "", atOnce)
	for _, o := range last {
		if o.Status == request.Running {
			running = append(running, operationOf(b, o))
		}
	}
	return running, err
}

func idsOf(all []operationView) (ids []string) {
	for _, o := range all {
		ids = append(ids, string(o.ID))
	}
	return ids
}

type confirmPage struct {
	base
	Action  request.Action
	N       int
	Guessed bool
	Type    bool // whether the number is to be typed
	Wrong   bool
	Many    bool // whether it is a retry of many, which leaves some alone
	Query   string
	IDs     []string
}

// many is how many messages need their number to be typed.
const many = 100

// final are the actions that cannot be taken back once they are done.
var final = map[request.Action]bool{request.ActCancel: true, request.ActRelease: true}

// confirm asks once more before something is done to many messages: it names the count
// and the effect.
func (c *console) confirm(w http.ResponseWriter, r *http.Request) error {
	o, err := c.asked(w, r)
	if err != nil {
		return err
	}
	p := confirmPage{base: c.base(r, "messages", "nav.messages"), Action: o.Action, Query: r.PostForm.Get("q"), IDs: r.PostForm["id"], N: len(o.IDs)}
	if len(o.IDs) == 0 {
		n, err := c.Search.Count(r.Context(), site(r), o.Filter, true)
		if err != nil {
			return err
		}
		p.N, p.Guessed, p.IDs = n.N, n.Guessed, nil
	}
	p.Type = p.N > many && final[o.Action]
	_, p.Many = o.Many()
	return c.show(w, r, p.Lang, "confirm.html", p)
}

// asked is the operation that a form asks for.
func (c *console) asked(w http.ResponseWriter, r *http.Request) (o request.Operation, err error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return o, message.ErrNotFound
	}
	o.Action, o.All = request.Action(r.PostForm.Get("do")), r.PostForm.Get("every") != ""
	if r.PostForm.Get("all") == "" {
		for _, id := range r.PostForm["id"] {
			o.IDs = append(o.IDs, message.ID(id))
		}
	}
	if len(o.IDs) == 0 {
		if o.Filter, err = search.Filter(r.PostForm.Get("q"), "q", timekeeper.Now(r.Context())); err != nil {
			return o, err
		}
	}
	return o, o.Check()
}

// operate begins an operation. One that withdraws mail begins a little later, so that it
// can be undone: what has left in the meantime was not withdrawn, and its page says so.
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
	begun, _, err := c.begin(r, o)
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/operations/"+string(begun.ID), http.StatusSeeOther)
	return nil
}

func (c *console) begin(r *http.Request, o request.Operation) (begun request.Operation, replayed bool, err error) {
	call := call(r)
	if o.Action == request.ActCancel && r.PostForm.Get("now") == "" {
		begins := call.At.Add(request.UndoWithin)
		o.BeginsAt = &begins
	}
	return c.Operator.Operate(r.Context(), call, o, o)
}

type operationPage struct {
	base
	O    operationView
	Left []message.Message // the first of those that were left alone
}

// mostLeft is how many of those that were left alone a page shows.
const mostLeft = 20

// operation shows how far an operation has come, and what became of it.
func (c *console) operation(w http.ResponseWriter, r *http.Request) error {
	o, err := c.Operations.Operation(r.Context(), site(r), message.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	p := operationPage{base: c.base(r, "messages", "")}
	p.O = operationOf(p.base, o)
	p.Title = p.O.Title
	if !p.O.Over() {
		p.Live = "/stream?operation=" + url.QueryEscape(string(o.ID))
	}
	for _, id := range o.LeftAlone[:min(mostLeft, len(o.LeftAlone))] {
		if m, err := c.Messages.Message(r.Context(), site(r), id); err == nil {
			p.Left = append(p.Left, m)
		}
	}
	return c.show(w, r, p.Lang, "operation.html", p)
}

// stopOperation stops an operation; before it begins, that undoes it.
func (c *console) stopOperation(w http.ResponseWriter, r *http.Request) error {
	return c.turn(w, r, "stop", func(id message.ID, call request.Call) error {
		return c.Operations.StopOperation(r.Context(), call.Site, id, call.At)
	})
}

// beginOperation lets an operation begin that waits to be undone.
func (c *console) beginOperation(w http.ResponseWriter, r *http.Request) error {
	return c.turn(w, r, "", func(id message.ID, call request.Call) error { return c.Operator.BeginNow(r.Context(), call, id) })
}

func (c *console) turn(w http.ResponseWriter, r *http.Request, done string, how func(message.ID, request.Call) error) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if r.ParseForm() != nil {
		return message.ErrNotFound
	}
	id := message.ID(r.PathValue("id"))
	o, err := c.Operations.Operation(r.Context(), site(r), id)
	if err != nil {
		return err
	}
	call := call(r)
	if o.Waits(call.At) && done == "stop" {
		done = "undo"
	}
	if err := how(id, call); err != nil {
		return err
	}
	to := local(r.PostForm.Get("back"), "/operations/"+string(id))
	if done != "" {
		to = with(to, "done", done)
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}
