package centre

import (
	"net/http"
	"slices"

	"notifier/links"
	"notifier/message"
	"notifier/preferences"
	"notifier/request"
)

// stopping is the page that stops mails of some kinds.
type stopping struct {
	Title, Text, Last string
	Path              string // where its buttons lead; empty: there are none
	Weekly            bool   // whether a week is offered instead
	Settings          string
}

// ask asks whether mails are to be stopped. It changes nothing.
func (c *centre) ask(w http.ResponseWriter, r *http.Request) {
	v, err := c.enter(r, links.Stop)
	if err != nil {
		c.refuse(w, r, v, err)
		return
	}
	words, catalog := v.clock.Words, v.kinds
	kinds := c.stoppable(v)
	p := stopping{Title: words.T("stop.title"), Settings: c.settings(v)}
	if kinds == nil {
		p.Title, p.Text = words.T("link.bad_title"), words.T("stop.nothing")
		c.render(w, r, v, http.StatusOK, "stop.html", p)
		return
	}
	p.Text = words.T("stop.question", "Kinds", c.quoted(v, kinds), "Address", mask(v.user.Email))
	p.Path = links.StopPath + v.text
	p.Weekly = !slices.ContainsFunc(kinds, func(k message.Kind) bool {
		return !slices.Contains(catalog[k].Frequencies, preferences.Weekly)
	})
	c.render(w, r, v, http.StatusOK, "stop.html", p)
}

// stoppable are the kinds of the link that may still be stopped.
func (c *centre) stoppable(v visit) (kinds []message.Kind) {
	for _, k := range v.token.Kinds {
		if v.kinds.Stoppable(k) {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

// settings leads to all choices, for no longer than the link at hand.
func (c *centre) settings(v visit) string { return links.ChoosePath + c.token(v, links.Choose) }

func (c *centre) quoted(v visit, kinds []message.Kind) string {
	var titles []string
	for _, k := range kinds {
		titles = append(titles, v.clock.Words.T("stop.quoted", "Kind", v.title(k)))
	}
	return v.clock.Words.List(titles)
}

// stop stops mails of the kinds in the link: at once and without a word where a mail
// program asks (RFC 8058), with a page where a person does. It may come twice.
func (c *centre) stop(w http.ResponseWriter, r *http.Request) {
	v, err := c.enter(r, links.Stop)
	if err != nil {
		c.refuse(w, r, v, err)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseMultipartForm(maxForm); err != nil && r.PostForm == nil {
		http.Error(w, v.clock.Words.T("link.nothing"), http.StatusBadRequest)
		return
	}
	switch {
	case r.PostForm.Get("List-Unsubscribe") == "One-Click":
		if _, err := c.desk.Stop(r.Context(), request.Call{Site: v.token.Site, At: v.at, By: request.ByOneClick}, v.token.User, v.token.Kinds); err != nil {
			c.refuse(w, r, v, err)
		}
	case r.PostForm.Get("do") == "stop":
		_, err := c.desk.Stop(r.Context(), v.call(), v.token.User, v.token.Kinds)
		c.stopped(w, r, v, err)
	case r.PostForm.Get("do") == "weekly":
		c.weekly(w, r, v)
	default:
		http.Error(w, v.clock.Words.T("link.nothing"), http.StatusBadRequest)
	}
}

func (c *centre) stopped(w http.ResponseWriter, r *http.Request, v visit, err error) {
	if err != nil {
		c.refuse(w, r, v, err)
		return
	}
	words := v.clock.Words
	text := words.T("stop.stopped", "Kinds", c.quoted(v, c.stoppable(v)))
	c.render(w, r, v, http.StatusOK, "stop.html", stopping{Title: text, Text: words.T("stop.back"), Last: words.T("stop.last"), Settings: c.settings(v)})
}

// weekly has the kinds of the link come once a week instead.
func (c *centre) weekly(w http.ResponseWriter, r *http.Request, v visit) {
	chosen, kinds := v.choices(), c.stoppable(v)
	for _, k := range kinds {
		if slices.Contains(v.kinds[k].Frequencies, preferences.Weekly) {
			chosen.Preferences.Frequencies[k] = preferences.Weekly
		}
	}
	after, err := c.desk.Choose(r.Context(), v.call(), v.token.User, chosen)
	if err != nil || kinds == nil {
		c.refuse(w, r, v, err)
		return
	}
	words := v.clock.Words
	due, _, _ := after.Preferences.Due(kinds[0], v.at)
	text := words.T("stop.now_weekly", "Kinds", c.quoted(v, kinds), "Moment", c.promise(v, due)+" ("+v.clock.Zone+")")
	c.render(w, r, v, http.StatusOK, "stop.html", stopping{Title: words.T("prefs.saved"), Text: text, Settings: c.settings(v)})
}
