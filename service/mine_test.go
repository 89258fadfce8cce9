package service

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"notifier/access"
	"notifier/request"
)

// TestWhoeverIsSignedInChoosesForThemselves: /me/notifications is behind the login, shows
// the choices of the person with the address of who is signed in, and leaves a record.
func TestWhoeverIsSignedInChoosesForThemselves(t *testing.T) {
	h := openTested(t)
	h.ask("first", "PUT", "/users/42", `{"email":"Anna@example.org","language":"en"}`, http.StatusOK, nil)
	tokens := map[string]string{}
	for _, email := range []string{"anna@example.org", "ola@example.org"} {
		call := request.Call{Site: h.config.Site, At: time.Now().UTC().Truncate(time.Microsecond)}
		if _, err := h.staff.AddMember(t.Context(), call, access.Member{Email: email, Role: access.Viewer}, DemoPassword); err != nil {
			t.Fatal(err)
		}
		var err error
		if _, tokens[email], err = h.staff.SignIn(t.Context(), email, DemoPassword, "127.0.0.1", "test", time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	ask := func(email, method, body string, headers ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, "/me/notifications", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		r.AddCookie(&http.Cookie{Name: "notifier_session", Value: tokens[email]})
		w := httptest.NewRecorder()
		h.door.ServeHTTP(w, r)
		return w
	}
	if w := ask("nobody", "GET", ""); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/login?next="+url.QueryEscape("/me/notifications") {
		t.Errorf("without a login: %d to %s", w.Code, w.Header().Get("Location"))
	}
	if w := ask("ola@example.org", "GET", ""); w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "No mail is sent to you") {
		t.Errorf("somebody to whom no mail is sent: %d %s", w.Code, w.Body)
	}
	if w := ask("anna@example.org", "GET", ""); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Your notifications") {
		t.Errorf("Anna: %d %s", w.Code, w.Body)
	}
	if w := ask("anna@example.org", "POST", "kind.case_changed=daily", "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.test"); w.Code != http.StatusForbidden {
		t.Errorf("from another site: %d", w.Code)
	}
	if w := ask("anna@example.org", "POST", "kind.case_changed=daily"); w.Code != http.StatusSeeOther {
		t.Errorf("choosing: %d %s", w.Code, w.Body)
	}
	var p struct {
		Changed string `json:"case_changed"`
	}
	h.ask("first", "GET", "/users/42/preferences", "", http.StatusOK, &p)
	records, err := h.store.Audit(t.Context(), h.config.Site, access.RecordFilter{})
	if err != nil || p.Changed != "daily" {
		t.Fatalf("she chose %q: %v", p.Changed, err)
	}
	for _, r := range records {
		if r.Action == "change-own-preferences" && r.By == "anna@example.org" {
			return
		}
	}
	t.Errorf("no record says that she chose: %+v", records)
}
