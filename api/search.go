package api

import (
	"context"
	"slices"
	"strings"
	"time"

	"notifier/access"
	"notifier/fault"
	"notifier/message"
	"notifier/message/search"
)

// SiteNames lists the sites.
type SiteNames interface {
	Sites(ctx context.Context) ([]string, error)
}

// MessageSearch finds and counts messages.
type MessageSearch interface {
	Find(ctx context.Context, site string, f message.Filter) (message.Found, error)
	Count(ctx context.Context, site string, f message.Filter, guess bool) (message.Counted, error)
}

// Search narrows a list of messages: the words of a search, as parameters or in one line.
type Search struct {
	Q         string `query:"q" doc:"A search in one line, as the console and the command line take it: status:error since:24h code:552. The parameters below narrow it further." maxLength:"1000"`
	ID        string `query:"id" doc:"The message with this id."`
	Status    string `query:"status" doc:"Only with this status." enum:"scheduled,deferred,pending_manual,pending,sending,rate_limited,sent,delivered,error,merged,skipped,cancelled,expired"`
	Type      string `query:"type" doc:"Only what such a thing led to." enum:"single,digest,deadline,direct"`
	Kind      string `query:"kind" doc:"Only events of this kind."`
	To        string `query:"to" doc:"Only to this address."`
	User      string `query:"user" doc:"Only of this user."`
	Case      string `query:"case" doc:"Only of the case with this id."`
	Job       string `query:"job" doc:"Only what this job wrote." enum:"reminders,user_notifications"`
	Reference string `query:"reference" doc:"Only with this id of yours, or of the deadline with this key."`
	Event     string `query:"event" doc:"Only of the event with this id."`
	Category  string `query:"category" doc:"Only with an error of this category."`
	Code      string `query:"code" doc:"Only with an error whose code begins so, as 552 does 552 5.2.2."`
	Site      string `query:"site" doc:"Only of this site: its own, or of a key of the installation's own site with the scope admin any."`
	Account   string `query:"account" doc:"Only by this outgoing account."`
	Operation string `query:"operation" doc:"Only what this operation has moved."`
	Tag       string `query:"tag" doc:"Only with this tag: its name, or its name, = and its value."`
	Since     string `query:"since" doc:"Only taken at this time or later: how long ago, as in 24h or 7d, a date, or a time."`
	Until     string `query:"until" doc:"Only taken before this time."`
	Text      string `query:"text" doc:"Only with these words in the subject, summary, title or text. It needs since."`
}

// filter is what the parameters and the line ask for together.
func (in Search) filter(at time.Time) (message.Filter, error) {
	f, err := search.Filter(in.Q, "query.q", at)
	if err != nil {
		return f, err
	}
	var bad fault.Invalid
	for _, p := range []struct{ name, value string }{
		{"id", in.ID},
		{"status", in.Status},
		{"type", in.Type},
		{"kind", in.Kind},
		{"to", in.To},
		{"user", in.User},
		{"case", in.Case},
		{"job", in.Job},
		{"reference", in.Reference},
		{"event", in.Event},
		{"category", in.Category},
		{"code", in.Code},
		{"site", in.Site},
		{"account", in.Account},
		{"operation", in.Operation},
		{"tag", in.Tag},
		{"since", in.Since},
		{"until", in.Until},
		{"text", in.Text},
	} {
		if p.value == "" {
			continue
		}
		q, _ := search.Named(p.name)
		before := f
		if err := q.Set(&f, p.value, at); err != nil {
			bad.Add("query."+p.name, "bad_parameter", "%s", strings.TrimPrefix(err.Error(), p.name+": "))
			f = before
		}
	}
	if err := bad.Err(); err != nil {
		return f, err
	}
	return f, inQuery(f.Check())
}

// inQuery points at parameters instead of keys.
func inQuery(err error) error {
	bad, is := err.(*fault.Invalid)
	if !is {
		return err
	}
	for i, f := range bad.Faults {
		bad.Faults[i].Pointer = "query." + f.Pointer[1:]
	}
	return bad
}

type listIn struct {
	Search
	Count  string `query:"count" doc:"Whether to count all that there are. estimate reckons from the newest where counting would take long." enum:"none,estimate,exact" default:"none"`
	Limit  int    `query:"limit" doc:"How many at most." minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" doc:"next_cursor of the page before."`
}

// foundPage is a page of messages and, if it was asked for, how many there are.
type foundPage struct {
	Data       []messageView `json:"data"`
	NextCursor string        `json:"next_cursor,omitempty" doc:"Where the next page begins; absent on the last."`
	HasMore    bool          `json:"has_more"`
	Count      *int          `json:"count,omitempty" doc:"How many there are, if that was asked for."`
	CountIs    string        `json:"count_is,omitempty" enum:"exact,estimate"`
}

type listOut struct{ Body foundPage }

func (h *handler) list(ctx context.Context, in *listIn) (*listOut, error) {
	before, err := readCursor(in.Cursor)
	if err != nil {
		return nil, err
	}
	call := call(ctx, "")
	f, err := in.filter(call.At)
	if err != nil {
		return nil, err
	}
	pointer := "query.q"
	if in.Site != "" {
		pointer = "query.site"
	}
	site, err := h.siteOf(ctx, f, pointer)
	if err != nil {
		return nil, err
	}
	f.Before, f.Limit = before, in.Limit
	found, err := h.Search.Find(ctx, site, f)
	if err != nil {
		return nil, err
	}
	out := &listOut{Body: foundPage{Data: listOf(found.Messages, view).Data, NextCursor: string(found.Next), HasMore: found.Next != ""}}
	if in.Count == "exact" || in.Count == "estimate" {
		c, err := h.Search.Count(ctx, site, f, in.Count == "estimate")
		if err != nil {
			return nil, err
		}
		out.Body.Count, out.Body.CountIs = &c.N, "exact"
		if c.Guessed {
			out.Body.CountIs = "estimate"
		}
	}
	return out, nil
}

// siteOf is the site that a search is for. Who may see the list of sites may see what is on
// them.
func (h *handler) siteOf(ctx context.Context, f message.Filter, pointer string) (string, error) {
	caller := callerOf(ctx)
	own(caller, &f)
	if f.Site == "" || !caller.Home || !caller.May(needs["list-sites"].scope) {
		return f.On(caller.Site, pointer, nil)
	}
	sites, err := h.SiteNames.Sites(ctx)
	if err != nil {
		return "", err
	}
	return f.On(caller.Site, pointer, func(site string) bool { return slices.Contains(sites, site) })
}

// own leaves the name of the caller's own site out, which is that of its test keys too.
func own(c access.Caller, f *message.Filter) {
	if f.Site == access.Home(c.Site) {
		f.Site = ""
	}
}

// readCursor reads a cursor that is an id.
func readCursor(cursor string) (message.ID, error) {
	if cursor != "" && message.ID(cursor).Bytes() == [16]byte{} {
		return "", badCursor()
	}
	return message.ID(cursor), nil
}
