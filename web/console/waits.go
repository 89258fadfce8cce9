package console

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"notifier/fault"
	"notifier/message"
)

// atMost is how many messages are looked at to group them.
const atMost = 500

type deferredPage struct {
	base
	Groups []waiting
	More   bool // there are more than were looked at
}

// waiting is what one person's next digest is made of.
type waiting struct {
	User   string
	Due    time.Time
	N      int
	Kinds  string
	Oldest time.Time
}

// deferred shows who waits for what, by when it comes.
func (c *console) deferred(w http.ResponseWriter, r *http.Request) error {
	p := deferredPage{base: c.base(r, "deferred", "nav.deferred")}
	found, err := c.Search.Find(r.Context(), site(r), message.Filter{Status: message.Deferred, Limit: atMost})
	if err != nil {
		return err
	}
	p.More = found.Next != ""
	type key struct {
		user string
		due  int64
	}
	groups := map[key]*waiting{}
	kinds := map[key]map[string]bool{}
	for _, m := range found.Messages {
		k := key{m.UserID, m.DueAt.UnixMicro()}
		g := groups[k]
		if g == nil {
			g = &waiting{User: m.UserID, Due: m.DueAt, Oldest: m.OccurredAt}
			groups[k], kinds[k] = g, map[string]bool{}
		}
		g.N++
		kinds[k][p.Kind(m)] = true
		if m.OccurredAt.Before(g.Oldest) {
			g.Oldest = m.OccurredAt
		}
	}
	for k, g := range groups {
		var names []string
		for kind := range kinds[k] {
			names = append(names, kind)
		}
		slices.Sort(names)
		g.Kinds = strings.Join(names, ", ")
		p.Groups = append(p.Groups, *g)
	}
	slices.SortFunc(p.Groups, func(a, b waiting) int { return cmp.Or(a.Due.Compare(b.Due), strings.Compare(a.User, b.User)) })
	p.Live = "/stream"
	return c.show(w, r, p.Lang, "deferred.html", p)
}

type errorsPage struct {
	base
	Groups []failing
	More   bool
}

// failing are messages that failed for one reason.
type failing struct {
	Category message.Category
	Code     string
	Account  string
	Example  string // what a server said
	N        int
	Last     time.Time
	Query    string
	List     string // the address of the list of them
	Server   string // that refused them, if it is known
	To       []string
	Ident    string // of the technical details on the page
}

// errors shows what failed, by why.
func (c *console) errors(w http.ResponseWriter, r *http.Request) error {
	p := errorsPage{base: c.base(r, "errors", "nav.errors")}
	var err error
	if p.Groups, p.More, err = c.failing(r); err != nil {
		return err
	}
	if err := c.refusing(r, p.Groups); err != nil {
		return err
	}
	all, err := c.errorCharts(r, p.base)
	if err != nil {
		return err
	}
	p.Charts, p.Live = &all, "/stream"
	return c.show(w, r, p.Lang, "errors.html", p)
}

func (c *console) failing(r *http.Request) (all []failing, more bool, err error) {
	found, err := c.Search.Find(r.Context(), site(r), message.Filter{Status: message.Error, Limit: atMost})
	if err != nil {
		return nil, false, err
	}
	groups := map[string]*failing{}
	for _, m := range found.Messages {
		f := m.Error
		if f == nil {
			f = &message.Failure{Category: message.Unknown}
		}
		key := string(f.Category) + "\x00" + f.Code + "\x00" + m.Account
		g := groups[key]
		if g == nil {
			g = &failing{Category: f.Category, Code: f.Code, Account: m.Account, Example: fault.Truncate(f.Text, 200), Query: "status:error category:" + string(f.Category)}
			if f.Code != "" {
				g.Query += ` code:"` + strings.ReplaceAll(f.Code, `"`, "") + `"`
			}
			if m.Account != "" {
				g.Query += ` account:"` + strings.ReplaceAll(m.Account, `"`, "") + `"`
			}
			g.List = "/messages?" + url.Values{"q": {g.Query}}.Encode()
			groups[key] = g
		}
		g.N++
		g.reached(m)
		if m.UpdatedAt.After(g.Last) {
			g.Last = m.UpdatedAt
		}
	}
	for _, g := range groups {
		all = append(all, *g)
	}
	slices.SortFunc(all, func(a, b failing) int {
		return cmp.Or(b.N-a.N, b.Last.Compare(a.Last), strings.Compare(a.Query, b.Query))
	})
	return all, found.Next != "", nil
}
