package console

import (
	"errors"
	"net/http"
	"net/url"

	"notifier/access"
	"notifier/message"
	"notifier/preferences"
)

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
		_, err := c.desk.User(r.Context(), site(r), p.Find)
		if err == nil {
			http.Redirect(w, r, "/people/"+url.PathEscape(p.Find), http.StatusSeeOther)
			return nil
		}
		if !errors.Is(err, message.ErrNotFound) {
			return err
		}
		p.Wrong = true
	}
	found, err := c.records.UserList(r.Context(), site(r), r.URL.Query().Get("after"), perPage+1)
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

// audit shows who changed what.
func (c *console) audit(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	p := auditPage{base: c.base(r, "audit", "nav.audit"), By: query.Get("by")}
	found, err := c.records.Audit(r.Context(), site(r), access.RecordFilter{By: p.By, Before: message.ID(query.Get("before")), Limit: perPage + 1})
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
