package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"notifier/access"
	"notifier/gate"
	"notifier/request"
	"notifier/store"
	"notifier/store/storetest"
	"notifier/web"
	"notifier/web/look"
)

func TestMain(m *testing.M) { storetest.Main(m) }

const password = "correct horse battery"

// browser is one on the pages of a service whose staff are Anna, support, and Ola, viewer.
type browser struct {
	*testing.T
	http.Client
	store  *store.Store
	url    string
	cookie *http.Cookie
}

func browse(t *testing.T, o web.LoginOptions) *browser {
	t.Helper()
	s := storetest.Open(t, storetest.URL(t, "sqlite"))
	staff := gate.NewStaff(s, "default", zap.NewNop())
	for email, role := range map[string]access.Role{"anna@example.org": access.Support, "ola@example.org": access.Viewer} {
		if _, err := staff.AddMember(t.Context(), request.Call{Site: "default", At: time.Now()}, access.Member{Email: email, Role: role}, password); err != nil {
			t.Fatal(err)
		}
	}
	o.Book = s
	login := web.NewLogin(staff, o, zap.NewNop())
	mux := http.NewServeMux()
	login.Routes(mux)
	mux.Handle("/bodies", login.Need(access.Queue, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("for " + web.Who(r.Context()).Name))
	})))
	server := httptest.NewServer(look.Guarded(http.NewCrossOriginProtection().Handler(mux)))
	t.Cleanup(server.Close)
	b := &browser{T: t, url: server.URL, store: s}
	b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return b
}

// ask sends a request with the cookie that the browser has, and keeps the one that it gets.
func (b *browser) ask(method, path string, form url.Values, headers ...string) (*http.Response, string) {
	b.Helper()
	r, err := http.NewRequest(method, b.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	if b.cookie != nil {
		r.AddCookie(b.cookie)
	}
	response, err := b.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	defer response.Body.Close()
	var text strings.Builder
	if err := response.Write(&text); err != nil {
		b.Fatal(err)
	}
	for _, c := range response.Cookies() {
		if b.cookie = c; c.MaxAge < 0 {
			b.cookie = nil
		}
	}
	return response, text.String()
}

func as(email string) url.Values {
	return url.Values{"email": {email}, "password": {password}, "next": {"/bodies"}}
}

func TestWhoIsNotSignedInIsLedToTheForm(t *testing.T) {
	b := browse(t, web.LoginOptions{})
	if r, _ := b.ask("GET", "/bodies?a=b", nil); r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/login?next=%2Fbodies%3Fa%3Db" {
		t.Errorf("GET = %d to %s", r.StatusCode, r.Header.Get("Location"))
	}
	if r, _ := b.ask("POST", "/account/sign-out-everywhere", nil); r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/login" {
		t.Errorf("POST = %d to %s", r.StatusCode, r.Header.Get("Location"))
	}
	r, text := b.ask("GET", "/login?next=/bodies", nil)
	for _, want := range []string{`<label for="email">`, `<label for="password">`, `autocomplete="current-password"`, `value="/bodies"`, `<html lang="en">`} {
		if !strings.Contains(text, want) {
			t.Errorf("the form has no %s", want)
		}
	}
	if r.Header.Get("Cache-Control") != "no-store" || !strings.Contains(r.Header.Get("Content-Security-Policy"), "frame-ancestors") {
		t.Errorf("the form comes with %v", r.Header)
	}
}

func TestSignInAndOut(t *testing.T) {
	b := browse(t, web.LoginOptions{})
	r, text := b.ask("POST", "/login", url.Values{"email": {"anna@example.org"}, "password": {"wrong horse battery"}})
	if r.StatusCode != http.StatusUnauthorized || !strings.Contains(text, `role="alert"`) || strings.Contains(text, "wrong horse") || b.cookie != nil {
		t.Errorf("a wrong password: %d %v %s", r.StatusCode, b.cookie, text)
	}
	r, _ = b.ask("POST", "/login", as("anna@example.org"))
	if r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/bodies" || b.cookie == nil {
		t.Fatalf("the right one: %d to %s with %v", r.StatusCode, r.Header.Get("Location"), b.cookie)
	}
	if c := b.cookie; !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Secure || len(c.Value) != 43 {
		t.Errorf("the cookie is %v", c)
	}
	if _, text := b.ask("GET", "/bodies", nil); !strings.Contains(text, "for anna@example.org") {
		t.Errorf("signed in she sees %s", text)
	}
	if _, text := b.ask("GET", "/account", nil); !strings.Contains(text, "support of the site default") || !strings.Contains(text, "(this one)") || strings.Contains(text, b.cookie.Value) {
		t.Errorf("her account is %s", text)
	}
	old := b.cookie
	b.ask("POST", "/logout", url.Values{})
	if b.cookie != nil {
		t.Error("the browser keeps its cookie")
	}
	b.cookie = old
	if r, _ := b.ask("GET", "/bodies", nil); r.StatusCode != http.StatusSeeOther {
		t.Errorf("the cookie still lets in: %d", r.StatusCode)
	}
}

func TestSignOutEverywhere(t *testing.T) {
	b := browse(t, web.LoginOptions{})
	b.ask("POST", "/login", as("anna@example.org"))
	elsewhere := b.cookie
	b.cookie = nil
	b.ask("POST", "/login", as("anna@example.org"))
	if b.cookie == nil || b.cookie.Value == elsewhere.Value {
		t.Fatal("two sign-ins have one session")
	}
	b.ask("POST", "/account/sign-out-everywhere", url.Values{})
	b.cookie = elsewhere
	if r, _ := b.ask("GET", "/account", nil); r.StatusCode != http.StatusSeeOther {
		t.Errorf("the other browser is still signed in: %d", r.StatusCode)
	}
	all, err := b.store.Audit(t.Context(), "default", access.RecordFilter{})
	if err != nil || len(all) != 1 || all[0].By != "anna@example.org" || all[0].Action != "sign-out-everywhere" {
		t.Errorf("the audit is %+v (%v)", all, err)
	}
}

func TestARoleIsNotEnough(t *testing.T) {
	b := browse(t, web.LoginOptions{})
	b.ask("POST", "/login", as("ola@example.org"))
	if r, text := b.ask("GET", "/bodies", nil); r.StatusCode != http.StatusForbidden || !strings.Contains(text, "the scope queue, which the role viewer does not have") {
		t.Errorf("a viewer: %d %s", r.StatusCode, text)
	}
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	b := browse(t, web.LoginOptions{})
	for _, path := range []string{"/login", "/logout", "/account/sign-out-everywhere"} {
		if r, _ := b.ask("POST", path, as("anna@example.org"), "Sec-Fetch-Site", "cross-site"); r.StatusCode != http.StatusForbidden {
			t.Errorf("POST %s = %d", path, r.StatusCode)
		}
	}
}

func TestOverHTTPSTheCookieIsForThat(t *testing.T) {
	b := browse(t, web.LoginOptions{Secure: func(*http.Request) bool { return true }})
	b.ask("POST", "/login", as("anna@example.org"))
	if b.cookie == nil || !b.cookie.Secure || b.cookie.Name != "__Host-notifier_session" {
		t.Fatalf("the cookie is %v", b.cookie)
	}
	b.cookie.Name = "notifier_session" // that another host of the domain may have set
	if r, _ := b.ask("GET", "/account", nil); r.StatusCode != http.StatusSeeOther {
		t.Errorf("a cookie of another host lets in: %d", r.StatusCode)
	}
}

func TestTooManyAttempts(t *testing.T) {
	b := browse(t, web.LoginOptions{From: func(*http.Request) string { return "192.0.2.1" }})
	for range 10 {
		b.ask("POST", "/login", url.Values{"email": {"anna@example.org"}, "password": {"wrong horse battery"}})
	}
	r, text := b.ask("POST", "/login", as("anna@example.org"))
	if r.StatusCode != http.StatusTooManyRequests || r.Header.Get("Retry-After") == "" || !strings.Contains(text, "too many wrong attempts") {
		t.Errorf("the eleventh: %d %s", r.StatusCode, text)
	}
}

// Where somebody goes after signing in is a place of ours.
func FuzzNext(f *testing.F) {
	for _, next := range []string{"/a?b=c", "//evil.example", "/\\evil.example", "https://evil.example", "/%0a/x", "/ //x", "\t//x", "/a/../..//x"} {
		f.Add(next)
	}
	staff := gate.NewStaff(nil, "default", zap.NewNop())
	pages := http.NewServeMux()
	web.NewLogin(staff, web.LoginOptions{}, zap.NewNop()).Routes(pages)
	f.Fuzz(func(t *testing.T, next string) {
		w := httptest.NewRecorder()
		pages.ServeHTTP(w, httptest.NewRequest("GET", "/login?"+url.Values{"next": {next}}.Encode(), nil))
		_, rest, _ := strings.Cut(w.Body.String(), `name="next" value="`)
		given, _, _ := strings.Cut(rest, `"`)
		if !strings.HasPrefix(given, "/") || strings.HasPrefix(given, "//") || strings.HasPrefix(given, `/\`) {
			t.Errorf("%q leads to %q", next, given)
		}
	})
}
