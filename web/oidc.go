package web

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"go.uber.org/zap"

	"notifier/access"
	"notifier/wallclock/timekeeper"
	"notifier/web/look"
)

// Provider proves who people are, by OpenID Connect.
type Provider interface {
	// Begin is where a browser goes, and what it must bring back.
	Begin(ctx context.Context) (url string, v access.Voyage, err error)
	// Finish is the address of its person: access.ErrNotProved if there is no proof.
	Finish(ctx context.Context, v access.Voyage, state, code string) (email string, err error)
}

// The cookie of somebody who is on the way to the provider and back.
const (
	voyageCookie = "notifier_oidc"
	voyageTime   = 10 * time.Minute
)

// voyage is what a browser keeps on the way.
type voyage struct {
	access.Voyage
	Next string
}

func (l *Login) voyageCookie(r *http.Request, value string, seconds int) *http.Cookie {
	c := &http.Cookie{Name: voyageCookie, Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if c.Secure = l.o.Secure(r); c.Secure {
		c.Name = "__Host-" + voyageCookie
	}
	return c
}

// depart sends a browser to the provider.
func (l *Login) depart(w http.ResponseWriter, r *http.Request) {
	to, v, err := l.o.Provider.Begin(r.Context())
	if err != nil {
		l.log.Error("the OpenID Connect provider does not answer", zap.Error(err))
		l.wrong(w, r, http.StatusBadGateway, loginPage{Next: local(r.URL.Query().Get("next")), Wrong: look.In(language(r)).T("login.provider_away")})
		return
	}
	text, err := json.Marshal(voyage{v, local(r.URL.Query().Get("next"))})
	if err != nil {
		l.fail(w, r, err)
		return
	}
	http.SetCookie(w, l.voyageCookie(r, base64.RawURLEncoding.EncodeToString(text), int(voyageTime.Seconds())))
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// arrive signs in who comes back from the provider.
func (l *Login) arrive(w http.ResponseWriter, r *http.Request) {
	v := l.onBoard(r)
	http.SetCookie(w, l.voyageCookie(r, "", -1)) // it is good for one journey
	q := r.URL.Query()
	page := loginPage{Next: local(v.Next)}
	email, err := l.o.Provider.Finish(r.Context(), v.Voyage, q.Get("state"), q.Get("code"))
	if q.Get("error") != "" {
		err = access.ErrNotProved
	}
	var session access.Session
	var token string
	if err == nil {
		session, token, err = l.staff.SignInAs(r.Context(), email, l.o.From(r), r.UserAgent(), timekeeper.Now(r.Context()))
	}
	switch {
	case errors.Is(err, access.ErrNotProved):
		l.log.Warn("a sign-in by OpenID Connect failed", zap.Error(err))
		page.Wrong = look.In(language(r)).T("login.unproved")
		l.wrong(w, r, http.StatusUnauthorized, page)
	case errors.Is(err, access.ErrNoMember):
		page.Wrong = look.In(language(r)).T("login.stranger", "Address", email)
		l.wrong(w, r, http.StatusForbidden, page)
	case err != nil:
		l.fail(w, r, err)
	default:
		l.enter(w, r, session, token, page.Next)
	}
}

// onBoard is what the browser kept; nothing if it kept nothing, or not this.
func (l *Login) onBoard(r *http.Request) (v voyage) {
	c, err := r.Cookie(l.voyageCookie(r, "", 0).Name)
	if err != nil {
		return v
	}
	text, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil || json.Unmarshal(text, &v) != nil {
		return voyage{}
	}
	return v
}

// wrong shows the form, with what was wrong before.
func (l *Login) wrong(w http.ResponseWriter, r *http.Request, status int, page loginPage) {
	page.Provider = l.providerLink(page.Next)
	l.render(w, r, status, "login.html", page)
}

// providerLink leads to the provider; empty without one.
func (l *Login) providerLink(next string) string {
	if l.o.Provider == nil {
		return ""
	}
	return "/login/oidc?next=" + url.QueryEscape(next)
}
