package console_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"notifier/access"
)

var (
	secretOnPage = regexp.MustCompile(`<code id="secret">([^<]+)</code>`)
	keyOnPage    = regexp.MustCompile(`/keys/(key_[0-9a-z]+)/revoke`)
)

// A key is made with its secret on one page and nowhere else, replaced with an overlap, and ended.
func TestKeys(t *testing.T) {
	h := open(t)
	h.wants(h.ask(access.Manager, "POST", "/keys", url.Values{"name": {""}, "days": {"-1"}}), http.StatusUnprocessableEntity, "a key needs a name", "at least one scope", "expired already")
	page := h.ask(access.Manager, "POST", "/keys", url.Values{"name": {"bpm-prod"}, "scope": {"send", "events"}, "days": {"30"}, "rate": {"5"}})
	h.wants(page, http.StatusOK, "The key bpm-prod was made.", "shown this once", "send , events")
	secret := secretOnPage.FindStringSubmatch(page.Body.String())
	if secret == nil {
		t.Fatal("the secret is not shown")
	}
	caller, err := h.gate.Admit(t.Context(), secret[1], time.Now())
	if err != nil || caller.Name != "bpm-prod" || !caller.May(access.Events) || caller.May(access.Jobs) || caller.Rate != 5 {
		t.Errorf("the key lets in %+v, %v", caller, err)
	}
	list := h.ask(access.Manager, "GET", "/keys", nil)
	if strings.Contains(list.Body.String(), secret[1]) {
		t.Error("the secret is shown again")
	}
	id := keyOnPage.FindStringSubmatch(list.Body.String())[1]
	page = h.ask(access.Manager, "POST", "/keys/"+id+"/rotate", url.Values{"overlap": {"1"}})
	h.wants(page, http.StatusOK, "ends soon", "The key bpm-prod was made.")
	rotated := secretOnPage.FindStringSubmatch(page.Body.String())[1]
	for name, at := range map[string]time.Time{"now": time.Now(), "soon": time.Now().Add(50 * time.Minute)} {
		if _, err := h.gate.Admit(t.Context(), secret[1], at); err != nil {
			t.Errorf("%s the key before is refused: %v", name, err)
		}
	}
	if _, err := h.gate.Admit(t.Context(), secret[1], time.Now().Add(2*time.Hour)); err == nil {
		t.Error("after the overlap the key before lets in")
	}
	for _, one := range keyOnPage.FindAllStringSubmatch(page.Body.String(), -1) {
		if w := h.ask(access.Manager, "POST", "/keys/"+one[1]+"/revoke", url.Values{}); w.Code != http.StatusSeeOther {
			t.Errorf("revoke: %d %s", w.Code, text(w))
		}
	}
	if _, err := h.gate.Admit(t.Context(), rotated, time.Now().Add(10*time.Second)); err == nil {
		t.Error("a revoked key lets in")
	}
	h.wants(h.ask(access.Manager, "GET", "/keys?done=revoke", nil), http.StatusOK, "refused from now on", "revoked")
	audit := h.ask(access.Manager, "GET", "/audit", nil)
	h.wants(audit, http.StatusOK, "create-key /keys/key_", "rotate-key", "revoke-key")
	if strings.Contains(audit.Body.String(), rotated) {
		t.Error("the audit has a secret")
	}
	h.wants(h.ask(access.Manager, "POST", "/keys/key_1/revoke", url.Values{}), http.StatusNotFound)
	h.wants(h.ask(access.Manager, "POST", "/keys", url.Values{"name": {"x"}, "scope": {"send"}, "site": {"nowhere"}}), http.StatusNotFound)
}
