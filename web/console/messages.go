package console

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"notifier/fault"
	"notifier/message"
	"notifier/message/search"
	"notifier/request"
)

// MessageSearch finds and counts messages.
type MessageSearch interface {
	Find(ctx context.Context, site string, f message.Filter) (message.Found, error)
	Count(ctx context.Context, site string, f message.Filter, guess bool) (message.Counted, error)
	Counts(ctx context.Context, site string, at time.Time, guess bool) (due, errors int, oldest time.Time, err error)
	Waiting(ctx context.Context, site, user string, n int) ([]message.Message, error)
}

// perPage is how many rows a list has.
const perPage = 50

type listPage struct {
	base
	Query    string
	Wrong    string
	Meant    string // what the search probably was to be
	Views    []view
	Own      []view
	View     string // the name of the one that is shown
	Words    []search.Qualifier
	Messages []message.Message
	Count    message.Counted
	Next     string // the address of the next page
	Newest   message.ID
	Without  []dropped
	Running  []operationView
	Acts     []act
	First    firstSteps
	NoServer bool
}

// view is a search that is often asked for.
type view struct {
	Name, Query string
	Here        bool
}

// act is what can be done with messages that are selected.
type act struct {
	Action     request.Action
	Name       string
	One        string // the name with # for how many, as for 1, 2 and 5: the forms of a number
	Few, Many  string
	Key, Class string
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
	if err := c.listViews(r, &p); err != nil {
		return err
	}
	f, err := search.Filter(p.Query, "q", p.Clock.Now())
	if err == nil {
		_, err = f.On(site(r), "q", nil)
	}
	if invalid, is := errors.AsType[*fault.Invalid](err); is {
		p.Wrong, p.Meant = faults(invalid), search.Corrected(p.Query)
		if p.Meant == p.Query {
			p.Meant = ""
		}
		return c.show(w, r, p.Lang, "messages.html", p)
	}
	if err := c.find(r, &p, f); err != nil {
		return err
	}
	if len(p.Messages) == 0 && p.Next == "" && p.Query != "" {
		if p.Without, err = c.dropOne(r, p.Query); err != nil {
			return err
		}
	}
	if len(p.Messages) == 0 && p.Query == "" {
		p.First = c.firstSteps(r)
	}
	p.Acts, p.NoServer = p.acts(), c.o.NoServer()
	if p.Running, err = c.running(r, p.base); err != nil {
		return err
	}
	if r.URL.Query().Get("before") == "" {
		p.Live = "/stream?" + url.Values{"q": {p.Query}, "after": {string(p.Newest)}, "operation": idsOf(p.Running)}.Encode()
	}
	return c.show(w, r, p.Lang, "messages.html", p)
}

// find finds a page of messages, and how many there are.
func (c *console) find(r *http.Request, p *listPage, f message.Filter) error {
	counting := f
	f.Before, f.Limit = message.ID(r.URL.Query().Get("before")), perPage
	found, err := c.Search.Find(r.Context(), site(r), f)
	if err != nil {
		return err
	}
	if p.Count, err = c.Search.Count(r.Context(), site(r), counting, true); err != nil {
		return err
	}
	p.Messages = found.Messages
	if found.Next != "" {
		p.Next = "/messages?" + url.Values{"q": {p.Query}, "before": {string(found.Next)}}.Encode()
	}
	if f.Before == "" && len(p.Messages) > 0 {
		p.Newest = p.Messages[0].ID
	}
	return nil
}

// acts are what can be done with many messages.
func (b base) acts() []act {
	all := []act{{Action: request.ActRetry, Key: "r"}, {Action: request.ActRelease}, {Action: request.ActHold}, {Action: request.ActCancel, Class: "danger"}}
	for i, a := range all {
		form := func(n int) string { return b.Clock.Words.Form("confirm.do."+string(a.Action), n) }
		all[i].Name, all[i].One, all[i].Few, all[i].Many = b.Clock.Words.T("act."+string(a.Action)), form(1), form(2), form(5)
	}
	return all
}

// dropped is a search without one of its words that finds something.
type dropped struct {
	Word  string
	Query string
	N     int
	About bool
}

// patience is how long words are left out of a search that finds nothing, one by one: each
// look is bounded, and nobody waits for the rest.
const patience = 150 * time.Millisecond

// dropOne finds out which word of a search keeps it from finding anything.
func (c *console) dropOne(r *http.Request, query string) (all []dropped, err error) {
	began := time.Now()
	words := search.Words(query)
	for i, word := range words {
		rest := search.Without(query, i)
		f, err := search.Filter(rest, "q", began.UTC())
		if err != nil {
			continue // as text is without since
		}
		if time.Since(began) > patience {
			break
		}
		n, err := c.Search.Count(r.Context(), site(r), f, true)
		if err != nil {
			return nil, err
		}
		if n.N > 0 {
			all = append(all, dropped{word, rest, n.N, n.Guessed})
		}
	}
	return all, nil
}
