package web_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/op"
	"go.uber.org/zap"
	"golang.org/x/text/language"

	"notifier/access"
	"notifier/gate"
	"notifier/request"
	"notifier/store/storetest"
	"notifier/web"
	"notifier/web/look"
)

// people are whom the provider knows.
type people map[string]*storage.User

func (p people) GetUserByID(id string) *storage.User         { return p[id] }
func (p people) GetUserByUsername(name string) *storage.User { return p[name] }
func (people) ExampleClientID() string                       { return "nobody" }

// journey is a browser between the service and a real provider, which has pages, keys and
// tokens of its own.
type journey struct {
	*testing.T
	*http.Client
	service, provider string
}

func travel(t *testing.T) *journey {
	t.Helper()
	s := storetest.Open(t, storetest.URL(t, "sqlite"))
	staff := gate.NewStaff(s, "default", zap.NewNop())
	for _, email := range []string{"anna@example.org", "unverified@example.org"} {
		m := access.Member{Email: email, Role: access.Support}
		if _, err := staff.AddMember(t.Context(), request.Call{Site: "default", At: time.Now()}, m, ""); err != nil {
			t.Fatal(err)
		}
	}
	var pages, provider http.Handler
	late := func(h *http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*h).ServeHTTP(w, r) })
	}
	service, other := httptest.NewServer(late(&pages)), httptest.NewServer(late(&provider))
	t.Cleanup(service.Close)
	t.Cleanup(other.Close)
	known := people{}
	for name, verified := range map[string]bool{"anna": true, "unverified": false, "stranger": true} {
		known[name] = &storage.User{ID: name, Username: name, Password: "at the provider", Email: name + "@example.org", EmailVerified: verified, PreferredLanguage: language.English}
	}
	storage.RegisterClients(storage.WebClient("notifier", "the client's secret", service.URL+access.ReturnPath))
	provider = exampleop.SetupServer(other.URL, storage.NewStorage(known), nil, false, op.WithAllowInsecure())
	mux := http.NewServeMux()
	web.NewLogin(staff, web.LoginOptions{Provider: gate.NewProvider(gate.OIDC{
		Issuer: other.URL, ClientID: "notifier", ClientSecret: "the client's secret", RedirectURL: service.URL + access.ReturnPath,
	})}, zap.NewNop()).Routes(mux)
	pages = look.Guarded(http.NewCrossOriginProtection().Handler(mux))
	return &journey{T: t, Client: fresh(t), service: service.URL, provider: other.URL}
}

// fresh is another browser.
func fresh(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar}
}

func (j *journey) open(address string) (*http.Response, string) {
	j.Helper()
	r, err := j.Get(address)
	if err != nil {
		j.Fatal(err)
	}
	return r, j.read(r)
}

func (j *journey) read(r *http.Response) string {
	j.Helper()
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		j.Fatal(err)
	}
	return string(text)
}

var requestID = regexp.MustCompile(`name="id" value="([^"]+)"`)

// sail begins at the service and proves at the provider who somebody is. It stops before
// the browser is back, and returns where it would go.
func (j *journey) sail(name string) (back string) {
	j.Helper()
	_, form := j.open(j.service + "/login/oidc?next=/account")
	found := requestID.FindStringSubmatch(form)
	if found == nil {
		j.Fatalf("the provider asks for nothing: %s", form)
	}
	j.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), j.service) {
			return http.ErrUseLastResponse
		}
		return nil
	}
	r, err := j.PostForm(j.provider+"/login/username", url.Values{"id": {found[1]}, "username": {name}, "password": {"at the provider"}})
	if err != nil {
		j.Fatal(err)
	}
	j.CheckRedirect = nil
	text := j.read(r)
	if back = r.Header.Get("Location"); !strings.HasPrefix(back, j.service) {
		j.Fatalf("the provider does not send %s back: %d %s", name, r.StatusCode, text)
	}
	return back
}

func TestSignInByOpenIDConnect(t *testing.T) {
	j := travel(t)
	if _, form := j.open(j.service + "/login?next=/account"); !strings.Contains(form, `href="/login/oidc?next=%2Faccount"`) {
		t.Errorf("the form does not lead to the provider: %s", form)
	}
	back := j.sail("anna")
	if r, page := j.open(back); r.StatusCode != http.StatusOK || r.Request.URL.Path != "/account" || !strings.Contains(page, "anna@example.org") {
		t.Fatalf("she arrives at %s: %d %s", r.Request.URL, r.StatusCode, page)
	}
	j.Client = fresh(t) // the address alone is nothing to another browser
	if r, _ := j.open(back); r.StatusCode != http.StatusUnauthorized {
		t.Errorf("another browser with her way back: %d", r.StatusCode)
	}
}

func TestWhoOpenIDConnectDoesNotLetIn(t *testing.T) {
	for _, row := range []struct {
		name, who string
		spoil     func(back string) string
		status    int
		want      string
	}{
		{"somebody else", "stranger", nil, http.StatusForbidden, "stranger@example.org, but that address may not sign in"},
		{"an address that is not verified", "unverified", nil, http.StatusUnauthorized, "did not prove who you are"},
		{"a state of another", "anna", func(back string) string { return strings.Replace(back, "state=", "state=x", 1) }, http.StatusUnauthorized, "did not prove"},
		{"a code that was never given", "anna", func(back string) string { return strings.Replace(back, "code=", "code=x", 1) }, http.StatusUnauthorized, "did not prove"},
		{"a refusal", "anna", func(back string) string { return back + "&error=access_denied" }, http.StatusUnauthorized, "did not prove"},
	} {
		t.Run(row.name, func(t *testing.T) {
			j := travel(t)
			back := j.sail(row.who)
			if row.spoil != nil {
				back = row.spoil(back)
			}
			if r, page := j.open(back); r.StatusCode != row.status || !strings.Contains(page, row.want) {
				t.Errorf("%d %s, want %d and %q", r.StatusCode, page, row.status, row.want)
			}
			if r, _ := j.open(j.service + "/account"); r.Request.URL.Path != "/login" {
				t.Errorf("the browser is signed in: %s", r.Request.URL)
			}
		})
	}
}

// A way back is good once, also in the browser that it belongs to.
func TestAWayBackIsGoodOnce(t *testing.T) {
	j := travel(t)
	back := j.sail("anna")
	j.open(back)
	if r, err := j.PostForm(j.service+"/logout", nil); err != nil || j.read(r) == "" {
		t.Fatal(err)
	}
	if r, _ := j.open(back); r.StatusCode != http.StatusUnauthorized {
		t.Errorf("the same once more: %d", r.StatusCode)
	}
}

func TestAProviderThatDoesNotAnswer(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	b := browse(t, web.LoginOptions{Provider: gate.NewProvider(gate.OIDC{Issuer: gone.URL, ClientID: "x", RedirectURL: "http://127.0.0.1/"})})
	if r, page := b.ask("GET", "/login/oidc", nil); r.StatusCode != http.StatusBadGateway || !strings.Contains(page, "does not answer") {
		t.Errorf("%d %s", r.StatusCode, page)
	}
}

// What a browser brings back is anybody's text.
func FuzzVoyage(f *testing.F) {
	f.Add("", "", "")
	f.Add("eyJTdGF0ZSI6IngifQ", "x", "y")
	f.Add("bnVsbA", "", "")
	mux := http.NewServeMux()
	provider := gate.NewProvider(gate.OIDC{Issuer: "http://127.0.0.1:1", ClientID: "x", RedirectURL: "http://127.0.0.1/"})
	web.NewLogin(gate.NewStaff(nil, "default", zap.NewNop()), web.LoginOptions{Provider: provider}, zap.NewNop()).Routes(mux)
	f.Fuzz(func(t *testing.T, cookie, state, code string) {
		r := httptest.NewRequest("GET", access.ReturnPath+"?"+url.Values{"state": {state}, "code": {code}}.Encode(), nil)
		r.AddCookie(&http.Cookie{Name: "notifier_oidc", Value: cookie})
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		if w.Code != http.StatusUnauthorized && w.Code != http.StatusInternalServerError { // the provider is not there
			t.Errorf("%q leads to %d", cookie, w.Code)
		}
	})
}
