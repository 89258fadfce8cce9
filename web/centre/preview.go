package centre

import (
	"errors"
	"io"
	"net/http"

	"notifier/links"
	"notifier/message"
)

// errNothing means that nothing waits that could be shown.
var errNothing = errors.New("nothing waits")

// mostShown is how much of what waits for a person is read.
const mostShown = 10_000

// previewing is the page that shows the mail that what waits would become.
type previewing struct{ Title, Subject, Path string }

// previewed is the mail that all that waits would become now. Only a fresh link shows it:
// others may have been forwarded.
func (c *centre) previewed(r *http.Request) (v visit, m message.Message, err error) {
	if v, err = c.enter(r, links.Fresh); err != nil {
		return v, m, err
	}
	if !v.token.Fresh(v.at) {
		return v, m, links.ErrPurpose
	}
	items, err := c.records.Waiting(r.Context(), v.token.Site, v.token.User, mostShown)
	if err != nil {
		return v, m, err
	}
	for i, m := range items { // to where and in which language it would go now
		items[i] = v.user.Person().Address(m)
	}
	m, any := c.o.Digests.Preview(items, v.at)
	if !any {
		return v, m, errNothing
	}
	return v, m, nil
}

func (c *centre) preview(w http.ResponseWriter, r *http.Request) {
	v, m, err := c.previewed(r)
	if err != nil {
		c.refuse(w, r, v, err)
		return
	}
	words := v.clock.Words
	c.render(w, r, v, http.StatusOK, "preview.html", previewing{words.T("prefs.preview"), m.Subject, v.path})
}

// previewHTML is the mail's own page, without scripts and without anything from elsewhere.
func (c *centre) previewHTML(w http.ResponseWriter, r *http.Request) {
	v, m, err := c.previewed(r)
	if err != nil {
		c.refuse(w, r, v, err)
		return
	}
	w.Header().Set("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, m.HTML)
}

// send lets what waits leave now, for whoever has a fresh link.
func (c *centre) send(w http.ResponseWriter, r *http.Request) {
	v, err := c.enter(r, links.Fresh)
	if err == nil && !v.token.Fresh(v.at) {
		err = links.ErrPurpose
	}
	if err != nil {
		c.refuse(w, r, v, err)
		return
	}
	sent, _, err := c.o.Digests.SendNow(r.Context(), v.call(), v.token.User)
	if err != nil {
		c.refuse(w, r, v, err)
		return
	}
	if sent.Message != "" {
		c.o.Wake()
	}
	http.Redirect(w, r, v.path+"?done=leaves", http.StatusSeeOther)
}
