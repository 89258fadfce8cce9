package console_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"notifier/access"
)

// A webhook is added, told, told once more, changed, paused, given another secret and
// removed; what it was told is shown with what it answered.
func TestWebhooks(t *testing.T) {
	h := open(t)
	var mu sync.Mutex
	var heard []string
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		heard = append(heard, string(body))
		_, _ = w.Write([]byte("thank you"))
	}))
	defer receiver.Close()
	h.wants(h.ask(access.Manager, "POST", "/webhooks", url.Values{"url": {"nowhere"}, "event": {"message.sent"}, "naming": {"standard"}}), http.StatusUnprocessableEntity, "is not a web address")
	h.wants(h.ask(access.Manager, "POST", "/webhooks", url.Values{"url": {"http://10.0.0.1/"}, "naming": {"standard"}}), http.StatusUnprocessableEntity, "internal")
	page := h.ask(access.Manager, "POST", "/webhooks", url.Values{"url": {receiver.URL}, "event": {"message.pending", "message.error"}, "naming": {"standard"}, "note": {"bpm"}})
	h.wants(page, http.StatusOK, "shown this once", "whsec_")
	path := regexp.MustCompile(`/webhooks/whk_[0-9a-z]+`).FindString(page.Body.String())
	h.wants(h.ask(access.Manager, "POST", path+"/test", url.Values{}), http.StatusOK, "It answered well.", "thank you", "webhook.test")
	h.send(1, false)
	tell := func() {
		h.Helper()
		if _, err := h.hooks.Run(t.Context(), time.Now().UTC()); err != nil {
			t.Fatal(err)
		}
	}
	tell()
	told := h.ask(access.Manager, "GET", path, nil)
	h.wants(told, http.StatusOK, "200 thank you", "POST http://127.0.0.1", "message.pending")
	replay := regexp.MustCompile(`action="([^"]+/replay)"`).FindStringSubmatch(told.Body.String())[1]
	if w := h.ask(access.Manager, "POST", replay, url.Values{}); w.Code != http.StatusSeeOther {
		t.Fatalf("replay: %d %s", w.Code, text(w))
	}
	tell()
	mu.Lock()
	if n := len(heard); n != 3 || heard[1] != heard[2] {
		t.Errorf("it was told %d times: %q", n, heard)
	}
	mu.Unlock()
	h.wants(h.ask(access.Manager, "POST", path, url.Values{"url": {receiver.URL}, "event": {"message.sentt"}, "naming": {"standard"}}), http.StatusUnprocessableEntity, "Did you mean")
	for _, deed := range []struct {
		path string
		form url.Values
		says string
	}{
		{path, url.Values{"url": {receiver.URL + "/other"}, "naming": {"conquer"}}, "/other"},
		{path + "/disable", nil, "switched off"},
		{path + "/enable", nil, "● on"},
	} {
		if w := h.ask(access.Manager, "POST", deed.path, deed.form); w.Code != http.StatusSeeOther {
			t.Errorf("%s: %d %s", deed.path, w.Code, text(w))
		}
		h.wants(h.ask(access.Manager, "GET", path, nil), http.StatusOK, deed.says)
	}
	first := regexp.MustCompile(`whsec_[^<]+`).FindString(page.Body.String())
	second := h.ask(access.Manager, "POST", path+"/rotate", url.Values{})
	if again := regexp.MustCompile(`whsec_[^<]+`).FindString(second.Body.String()); again == "" || again == first {
		t.Errorf("another secret is %q", again)
	}
	h.wants(h.ask(access.Manager, "POST", path+"/explode", url.Values{}), http.StatusNotFound)
	if w := h.ask(access.Manager, "POST", path+"/remove", url.Values{}); w.Code != http.StatusSeeOther {
		t.Errorf("remove: %d", w.Code)
	}
	h.wants(h.ask(access.Manager, "GET", path, nil), http.StatusNotFound)
	audit := h.ask(access.Manager, "GET", "/audit", nil)
	h.wants(audit, http.StatusOK, "create-webhook "+path, "rotate-secret", "replay-callback", "remove-webhook")
	if strings.Contains(audit.Body.String(), "whsec_") {
		t.Error("the audit has a secret")
	}
}

// What an account's server said at the last check stays on the page of admins.
func TestAccounts(t *testing.T) {
	h := open(t)
	h.wants(h.ask(access.Manager, "GET", "/accounts", nil), http.StatusOK, "none by this replica", "3 / 10")
	h.wants(h.ask(access.Manager, "POST", "/accounts/default/test", url.Values{}), http.StatusOK, "It works", "server 220 relay")
	h.wants(h.ask(access.Manager, "GET", "/accounts", nil), http.StatusOK, "It works. admin@example.net", "Step by step")
	if strings.Contains(text(h.ask(access.Viewer, "GET", "/accounts", nil)), "220 relay") {
		t.Error("a viewer sees the conversation")
	}
}
