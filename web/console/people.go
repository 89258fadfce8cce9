package console

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"notifier/access"
	"notifier/fault"
	"notifier/message"
	"notifier/preferences"
)

// PeopleRecords lists people, and what was changed.
type PeopleRecords interface {
	UserList(ctx context.Context, site, after string, n int) ([]preferences.User, error)
	Audit(ctx context.Context, site string, f access.RecordFilter) ([]access.Record, error)
}

type peoplePage struct {
	base
	Find  string
	Wrong bool
	Users []preferences.User
	Next  string
}

// people lists users, and leads to the one that is looked for.
func (c *console) people(w http.ResponseWriter, r *http.Request) error {
	p := peoplePage{base: c.base(r, "people", "nav.people"), Find: r.URL.Query().Get("id")}
	if p.Find != "" {
		_, err := c.Users.User(r.Context(), site(r), p.Find)
		if err == nil {
			http.Redirect(w, r, "/people/"+url.PathEscape(p.Find), http.StatusSeeOther)
			return nil
		}
		if !errors.Is(err, message.ErrNotFound) {
			return err
		}
		p.Wrong = true
	}
	found, err := c.People.UserList(r.Context(), site(r), r.URL.Query().Get("after"), perPage+1)
	if err != nil {
		return err
	}
	if len(found) > perPage {
		found = found[:perPage]
		p.Next = "/people?" + url.Values{"after": {found[perPage-1].ID}}.Encode()
	}
	p.Users = found
	return c.show(w, r, p.Lang, "people.html", p)
}

type auditPage struct {
	base
	Records []access.Record
	Next    string
	By      string
}

// difference is what one record says of one thing: how it was, and how it is.
type difference struct{ Key, Was, Is string }

// longestDifference is how much of a value is shown, in characters.
const longestDifference = 120

// Differences are what was changed, in the order of the keys. No secret is in a record.
func (b base) Differences(r access.Record) (all []difference) {
	said := func(s access.State, key string) string {
		v, is := s[key]
		if !is {
			return ""
		}
		if text, is := v.(string); is {
			return fault.Truncate(text, longestDifference)
		}
		raw, err := json.Marshal(v)
		if err != nil {
			return ""
		}
		return fault.Truncate(string(raw), longestDifference)
	}
	keys := slices.Concat(slices.Collect(maps.Keys(r.Before)), slices.Collect(maps.Keys(r.After)))
	slices.Sort(keys)
	for _, key := range slices.Compact(keys) {
		if d := (difference{key, said(r.Before, key), said(r.After, key)}); d.Was != d.Is {
			all = append(all, d)
		}
	}
	return all
}

// audit shows who changed what.
func (c *console) audit(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	p := auditPage{base: c.base(r, "audit", "nav.audit"), By: query.Get("by")}
	found, err := c.People.Audit(r.Context(), site(r), access.RecordFilter{By: p.By, Before: message.ID(query.Get("before")), Limit: perPage + 1})
	if err != nil {
		return err
	}
	if len(found) > perPage {
		found = found[:perPage]
		p.Next = "/audit?" + url.Values{"by": {p.By}, "before": {string(found[perPage-1].ID)}}.Encode()
	}
	p.Records = found
	return c.show(w, r, p.Lang, "audit.html", p)
}
