package console

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"notifier/access"
	"notifier/message"
	"notifier/web"
)

// Views keeps the searches that somebody saved.
type Views interface {
	Views(ctx context.Context, site, email string) ([]access.View, error)
	SaveView(ctx context.Context, v access.View) error
	RemoveView(ctx context.Context, site, email, name string) error
}

// listViews tells which searches are kept, for everybody and by the reader.
func (c *console) listViews(r *http.Request, p *listPage) error {
	for _, v := range views {
		p.Views = append(p.Views, view{p.Clock.Words.T("view." + v.key), v.query, v.query == p.Query})
	}
	own, err := c.Views.Views(r.Context(), p.Who.Site, p.Who.Name)
	if err != nil {
		return err
	}
	for _, v := range own {
		p.Own = append(p.Own, view{v.Name, v.Query, v.Query == p.Query})
	}
	for _, v := range slices.Concat(p.Own, p.Views) {
		if v.Here {
			p.View = v.Name
			break
		}
	}
	return nil
}

// saveView keeps a search for whoever is signed in.
func (c *console) saveView(w http.ResponseWriter, r *http.Request) error {
	return c.changeView(w, r, "view", func(v access.View) error {
		if err := v.Check(); err != nil {
			return err
		}
		return c.Views.SaveView(r.Context(), v)
	})
}

func (c *console) removeView(w http.ResponseWriter, r *http.Request) error {
	return c.changeView(w, r, "unview", func(v access.View) error { return c.Views.RemoveView(r.Context(), v.Site, v.Email, v.Name) })
}

func (c *console) changeView(w http.ResponseWriter, r *http.Request, done string, change func(access.View) error) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if r.ParseForm() != nil {
		return message.ErrNotFound
	}
	who, q := web.Who(r.Context()), strings.TrimSpace(r.PostForm.Get("q"))
	v := access.View{Site: who.Site, Email: who.Name, Name: strings.TrimSpace(r.PostForm.Get("name")), Query: q, CreatedAt: call(r).At}
	own, err := c.Views.Views(r.Context(), v.Site, v.Email)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(own, func(kept access.View) bool { return done == "view" && kept.Name == v.Name && kept.Query == v.Query }) {
		done = "same"
		web.Idle(r.Context())
	} else if err := change(v); err != nil {
		return err
	}
	http.Redirect(w, r, with(with("/messages", "q", q), "done", done), http.StatusSeeOther)
	return nil
}
