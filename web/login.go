package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"

	"notifier/access"
	"notifier/wallclock/timekeeper"
	"notifier/web/look"
)

// Staff are who may sign in.
type Staff interface {
	// SignIn begins a session: access.ErrWrongPassword or *access.TooMany if it cannot be.
	SignIn(ctx context.Context, email, password, from, agent string, at time.Time) (access.Session, string, error)
	// SignedIn tells who has a token: access.ErrNotSignedIn if nobody has.
	SignedIn(ctx context.Context, token string, at time.Time) (access.Caller, error)
	// StillSignedIn is SignedIn that is no use of the session.
	StillSignedIn(ctx context.Context, token string, at time.Time) (access.Caller, error)
	Sessions(ctx context.Context, c access.Caller, at time.Time) ([]access.Session, error)
	// SignInAs begins a session of somebody whom a provider has proved to have the address:
	// access.ErrNoMember if that is none of ours.
	SignInAs(ctx context.Context, email, from, agent string, at time.Time) (access.Session, string, error)
	SignOut(ctx context.Context, token string) error
	SignOutEverywhere(ctx context.Context, c access.Caller) error
}

// LoginOptions say how people sign in.
type LoginOptions struct {
	// Secure tells whether a request came over HTTPS, so that a session's cookie must, too;
	// nil: as the connection says.
	Secure func(*http.Request) bool
	// From finds out where a request comes from; nil: as the connection says.
	From func(*http.Request) string
	// Provider proves who people are; nil if there is none.
	Provider Provider
	// Book keeps what people change on pages; nil: nobody does.
	Book Book
}

// Login is where people sign in to the pages, and out.
type Login struct {
	staff Staff
	o     LoginOptions
	log   *zap.Logger
}

// NewLogin makes it.
func NewLogin(staff Staff, o LoginOptions, log *zap.Logger) *Login {
	if o.From == nil {
		o.From = func(r *http.Request) string { return r.RemoteAddr }
	}
	if o.Secure == nil {
		o.Secure = func(r *http.Request) bool { return r.TLS != nil }
	}
	return &Login{staff: staff, o: o, log: log.Named("web")}
}

// whoIn is where the context of a request to a page has who is signed in.
type whoIn struct{}

// Who is signed in, on a page behind Guard. The zero Caller may do nothing.
func Who(ctx context.Context) access.Caller {
	c, _ := ctx.Value(whoIn{}).(access.Caller)
	return c
}

// Guard lets in who is signed in, and leads others to the page where they sign in.
func (l *Login) Guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		caller, err := l.staff.SignedIn(r.Context(), l.token(r), timekeeper.Now(r.Context()))
		switch {
		case errors.Is(err, access.ErrNotSignedIn) && (r.Method == http.MethodGet || r.Method == http.MethodHead):
			http.Redirect(w, r, "/login?next="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
		case errors.Is(err, access.ErrNotSignedIn):
			http.Redirect(w, r, "/login", http.StatusSeeOther)
		case err != nil:
			l.fail(w, r, err)
		default:
			w.Header().Set("Cache-Control", "no-store")
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), whoIn{}, caller)))
		}
	})
}

// Open lets everybody in, and finds out who is signed in, if anybody is.
func (l *Login) Open(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if caller, err := l.staff.SignedIn(r.Context(), l.token(r), timekeeper.Now(r.Context())); err == nil {
			r = r.WithContext(context.WithValue(r.Context(), whoIn{}, caller))
		}
		next.ServeHTTP(w, r)
	})
}

// Need lets in who is signed in and has the scope.
func (l *Login) Need(s access.Scope, next http.Handler) http.Handler {
	return l.Guard(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if who := Who(r.Context()); !who.May(s) {
			l.render(w, r, http.StatusForbidden, "forbidden.html", forbiddenPage{Who: who, Scope: s})
			return
		}
		next.ServeHTTP(w, r)
	}))
}

type forbiddenPage struct {
	Who   access.Caller
	Scope access.Scope
}

// Session names the session of a request: it is no secret.
func (l *Login) Session(r *http.Request) string { return access.HashOf(l.token(r)) }

// Still tells whether whoever is signed in, on a page behind Guard, still is, in the same role. A database that does
// not answer has nothing else to tell either.
func (l *Login) Still(r *http.Request) bool {
	now, err := l.staff.StillSignedIn(r.Context(), l.token(r), time.Now())
	if err != nil {
		return !errors.Is(err, access.ErrNotSignedIn)
	}
	was := Who(r.Context())
	return now.Site == was.Site && now.Name == was.Name && now.Role == was.Role
}

// Routes adds the pages where people sign in and out.
func (l *Login) Routes(mux *http.ServeMux) {
	mux.HandleFunc("GET /login", l.form)
	mux.HandleFunc("POST /login", l.signIn)
	mux.HandleFunc("POST /logout", l.signOut)
	if l.o.Provider != nil {
		mux.HandleFunc("GET /login/oidc", l.depart)
		mux.HandleFunc("GET "+access.ReturnPath, l.arrive)
	}
	mux.Handle("GET /account", l.Guard(http.HandlerFunc(l.account)))
	mux.Handle("POST /account/sign-out-everywhere", l.Guard(l.Noted("sign-out-everywhere", http.HandlerFunc(l.signOutEverywhere))))
}

// The cookie of a session. Its name forbids other hosts to set it, where HTTPS allows that.
const (
	cookie       = "notifier_session"
	secureCookie = "__Host-" + cookie
)

func (l *Login) cookie(r *http.Request, token string, ends time.Time) *http.Cookie {
	c := &http.Cookie{Name: cookie, Value: token, Path: "/", Expires: ends, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if c.Secure = l.o.Secure(r); c.Secure {
		c.Name = secureCookie
	}
	if token == "" {
		c.Expires, c.MaxAge = time.Time{}, -1
	}
	return c
}

// token is what the browser shows; empty if it has none.
func (l *Login) token(r *http.Request) string {
	c, err := r.Cookie(l.cookie(r, "", time.Time{}).Name)
	if err != nil {
		return ""
	}
	return c.Value
}

type loginPage struct {
	Email, Next, Wrong string
	Provider           string // leads to the OpenID Connect provider; empty without one
}

// form shows where to sign in.
func (l *Login) form(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	l.wrong(w, r, http.StatusOK, loginPage{Next: local(r.URL.Query().Get("next"))})
}

// local is a place of ours to go on to: never another host.
func local(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") {
		return "/"
	}
	return next
}

// maxForm is the most that a form of ours holds, in bytes.
const maxForm = 8 << 10

func (l *Login) signIn(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		l.problem(w, r, http.StatusBadRequest, "unread")
		return
	}
	words := look.In(language(r))
	page := loginPage{Email: r.PostForm.Get("email"), Next: local(r.PostForm.Get("next"))}
	session, token, err := l.staff.SignIn(r.Context(), page.Email, r.PostForm.Get("password"), l.o.From(r), r.UserAgent(), timekeeper.Now(r.Context()))
	status := http.StatusUnauthorized
	var many *access.TooMany
	switch {
	case errors.As(err, &many):
		clock := clockFor(r)
		page.Wrong = words.T("login.too_many", "Moment", clock.Moment(many.Until), "Zone", clock.Zone)
		w.Header().Set("Retry-After", strconv.Itoa(max(1, int(time.Until(many.Until).Seconds()))))
		status = http.StatusTooManyRequests
	case errors.Is(err, access.ErrWrongPassword):
		page.Wrong = words.T("login.wrong")
	case err != nil:
		l.fail(w, r, err)
		return
	default:
		l.enter(w, r, session, token, page.Next)
		return
	}
	l.wrong(w, r, status, page)
}

// enter gives the browser its session and goes on.
func (l *Login) enter(w http.ResponseWriter, r *http.Request, session access.Session, token, next string) {
	http.SetCookie(w, l.cookie(r, token, session.ExpiresAt))
	http.Redirect(w, r, next, http.StatusSeeOther)
}

func (l *Login) signOut(w http.ResponseWriter, r *http.Request) {
	if t := l.token(r); t != "" {
		if err := l.staff.SignOut(r.Context(), t); err != nil {
			l.fail(w, r, err)
			return
		}
	}
	l.leave(w, r)
}

func (l *Login) signOutEverywhere(w http.ResponseWriter, r *http.Request) {
	if err := l.staff.SignOutEverywhere(r.Context(), Who(r.Context())); err != nil {
		l.fail(w, r, err)
		return
	}
	l.leave(w, r)
}

func (l *Login) leave(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, l.cookie(r, "", time.Time{}))
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}

type accountPage struct {
	Who      access.Caller
	Sessions []access.Session
	Here     string // the hash of this one
	Clock    look.Clock
}

// account shows who is signed in, and where.
func (l *Login) account(w http.ResponseWriter, r *http.Request) {
	page := accountPage{Who: Who(r.Context()), Here: l.Session(r), Clock: clockFor(r)}
	var err error
	if page.Sessions, err = l.staff.Sessions(r.Context(), page.Who, timekeeper.Now(r.Context())); err != nil {
		l.fail(w, r, err)
		return
	}
	l.render(w, r, http.StatusOK, "account.html", page)
}

// fail says that something went wrong, and to the log what.
func (l *Login) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) {
		return // whoever asked has gone, as at the end of a stream
	}
	l.log.Error("a page failed", zap.Error(err))
	l.problem(w, r, http.StatusInternalServerError, "failed")
}

type problemPage struct{ Title, Text string }

// problem is a page that says what went wrong and what to do.
func (l *Login) problem(w http.ResponseWriter, r *http.Request, status int, what string) {
	words := look.In(language(r))
	l.render(w, r, status, "problem.html", problemPage{words.T("login." + what), words.T("login." + what + "_text")})
}

func (l *Login) render(w http.ResponseWriter, r *http.Request, status int, name string, page any) {
	rendered(w, r, l.log, status, name, page)
}
