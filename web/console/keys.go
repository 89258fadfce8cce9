package console

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"notifier/access"
	"notifier/fault"
	"notifier/message"
	"notifier/request"
	"notifier/web"
)

// Keys let programs in.
type Keys interface {
	Keys(ctx context.Context, site string) ([]access.Key, error)
	CreateKey(ctx context.Context, c request.Call, k access.Key) (access.Key, string, error)
	RotateKey(ctx context.Context, c request.Call, id message.ID, overlap time.Duration) (access.Key, string, error)
	RevokeKey(ctx context.Context, c request.Call, id message.ID) error
}

type keysPage struct {
	base
	Keys   []keyRow
	Made   *access.Key // just now
	Secret string      // of it; shown this once
	Wrong  string
	Form   keyForm
	Sites  []choice
}

// keyRow is a key, and how it stands.
type keyRow struct {
	access.Key
	Stands string // on, revoked, expired or ending
}

// keyForm is a key to make.
type keyForm struct {
	Name, Days, Rate string
	Test             bool
	Scopes           []scopeChoice
}

type scopeChoice struct {
	Name   access.Scope
	Says   string
	Chosen bool
}

// overlaps are for how long the key before a rotated one may work, in hours.
var overlaps = []int{0, 1, 24, 168}

// Overlaps are the same as choices.
func (b base) Overlaps() (all []choice) {
	for _, hours := range overlaps {
		name := b.Clock.Words.T("keys.no_overlap")
		if hours > 0 {
			name = b.Span(time.Duration(hours) * time.Hour)
		}
		all = append(all, choice{strconv.Itoa(hours), name, hours == 24})
	}
	return all
}

// keys shows which programs are let in; their secrets are not kept.
func (c *console) keys(w http.ResponseWriter, r *http.Request) error {
	p, err := c.keysPage(r, access.Key{})
	if err != nil {
		return err
	}
	return c.show(w, r, p.Lang, "keys.html", p)
}

// keysPage is the page with a form that says k.
func (c *console) keysPage(r *http.Request, k access.Key) (p keysPage, err error) {
	p.base = c.base(r, "keys", "nav.keys")
	p.Form = keyForm{Name: k.Name, Test: k.Test}
	for _, s := range access.Scopes {
		p.Form.Scopes = append(p.Form.Scopes, scopeChoice{s, p.ScopeSays(s), slices.Contains(k.Scopes, s)})
	}
	all, err := c.o.Keys.Keys(r.Context(), site(r))
	if err != nil {
		return p, err
	}
	now := p.Clock.Now()
	for _, one := range all {
		row := keyRow{one, "on"}
		switch err := one.Usable(now); {
		case errors.Is(err, access.ErrRevoked):
			row.Stands = "revoked"
		case err != nil:
			row.Stands = "expired"
		case one.RevokedAt != nil:
			row.Stands = "ending"
		}
		p.Keys = append(p.Keys, row)
	}
	if p.Who.Home && !access.IsSandbox(p.Who.Site) {
		sites, err := c.Sites.Sites(r.Context())
		if err != nil {
			return p, err
		}
		for _, s := range sites {
			if !access.IsSandbox(s) {
				p.Sites = append(p.Sites, choice{s, s, s == p.Who.Site})
			}
		}
	}
	return p, nil
}

// createKey makes a key. Its secret is on the answer, and nowhere else.
func (c *console) createKey(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if r.ParseForm() != nil {
		return message.ErrNotFound
	}
	asking := call(r)
	k := access.Key{Name: strings.TrimSpace(r.PostForm.Get("name")), Test: r.PostForm.Get("test") != ""}
	for _, s := range r.PostForm["scope"] {
		k.Scopes = append(k.Scopes, access.Scope(s))
	}
	if days, err := strconv.Atoi(strings.TrimSpace(r.PostForm.Get("days"))); err == nil {
		ends := asking.At.AddDate(0, 0, days)
		k.ExpiresAt = &ends
	}
	k.RateLimit, _ = strconv.ParseFloat(strings.TrimSpace(r.PostForm.Get("rate")), 64)
	if of := r.PostForm.Get("site"); of != "" && of != asking.Site {
		sites, err := c.Sites.Sites(r.Context())
		if err != nil || !web.Who(r.Context()).Home || !slices.Contains(sites, of) {
			return errors.Join(err, message.ErrNotFound)
		}
		asking.Site = of
	}
	made, secret, err := c.o.Keys.CreateKey(r.Context(), asking, k)
	return c.madeKey(w, r, k, made, secret, err)
}

// madeKey answers with a secret, or with what is wrong with the key that was to be made.
func (c *console) madeKey(w http.ResponseWriter, r *http.Request, asked, made access.Key, secret string, wrong error) error {
	invalid, refused := errors.AsType[*fault.Invalid](wrong)
	if wrong != nil && !refused {
		return wrong
	}
	if !refused {
		asked = access.Key{}
		web.Tell(r.Context(), func(record *access.Record) {
			record.Subject, record.Before = "/keys/"+string(made.ID), nil
			record.After = access.State{"name": made.Name, "scopes": made.Scopes, "test": made.Test, "site": made.Site}
		})
	}
	p, err := c.keysPage(r, asked)
	if err != nil {
		return err
	}
	if refused {
		p.Wrong, p.Form.Days, p.Form.Rate = faults(invalid), r.PostForm.Get("days"), r.PostForm.Get("rate")
		return pages.Render(w, r, p.Lang, http.StatusUnprocessableEntity, "keys.html", p)
	}
	p.Made, p.Secret = &made, secret
	return c.show(w, r, p.Lang, "keys.html", p)
}

// rotateKey replaces a key; the one before works a while longer.
func (c *console) rotateKey(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if r.ParseForm() != nil {
		return message.ErrNotFound
	}
	hours, err := strconv.Atoi(r.PostForm.Get("overlap"))
	if err != nil || !slices.Contains(overlaps, hours) {
		hours = 24
	}
	made, secret, err := c.o.Keys.RotateKey(r.Context(), call(r), message.ID(r.PathValue("id")), time.Duration(hours)*time.Hour)
	return c.madeKey(w, r, access.Key{}, made, secret, err)
}

// revokeKey ends a key at once.
func (c *console) revokeKey(w http.ResponseWriter, r *http.Request) error {
	id := message.ID(r.PathValue("id"))
	if err := c.o.Keys.RevokeKey(r.Context(), call(r), id); err != nil {
		return err
	}
	web.Tell(r.Context(), func(record *access.Record) {
		record.Subject, record.Before, record.After = "/keys/"+string(id), nil, access.State{"revoked": true}
	})
	return back(w, r, "/keys", "revoke")
}
