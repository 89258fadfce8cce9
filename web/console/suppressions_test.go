package console_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"notifier/access"
	"notifier/language"
	"notifier/message"
)

var hiddenField = regexp.MustCompile(`<input type="hidden" name="(\w+)" value="([^"]*)">`)

// TestManySuppressionsAreLiftedOnAPage is L3: the page counts what matches, and lifts no more and no
// fewer than was confirmed.
func TestManySuppressionsAreLiftedOnAPage(t *testing.T) {
	h := open(t)
	suppress := func(address string, why message.Unwanted) {
		t.Helper()
		c := h.call()
		c.At = c.At.Add(-1e9)
		if _, err := h.desk.Suppress(t.Context(), c, message.Suppression{Address: address, Reason: why}); err != nil {
			t.Fatal(err)
		}
	}
	suppress("one@example.net", message.Bounced)
	suppress("two@example.net", message.Bounced)
	suppress("out@example.net", message.OptedOut)
	all := h.ask(access.Support, "GET", "/suppressions", nil)
	h.wants(all, http.StatusOK, "3 addresses", "one@example.net Address does not exist", "out@example.net Wants no mail")
	if strings.Contains(all.Body.String(), "/suppressions/remove") {
		t.Error("without a filter, all are offered to be lifted")
	}
	if page := h.ask(access.Viewer, "GET", "/suppressions?reason=bounce", nil); strings.Contains(page.Body.String(), "/suppressions/remove") {
		t.Error("a viewer is offered to lift suppressions")
	}
	page := h.ask(access.Support, "GET", "/suppressions?reason=bounce&since=2020-01-01T08:00&until=&account=", nil)
	h.wants(page, http.StatusOK, "2 addresses", "Write to these 2 addresses again?", "Write to 2 addresses again")
	form := url.Values{}
	for _, field := range hiddenField.FindAllStringSubmatch(page.Body.String(), -1) {
		form.Set(field[1], html.UnescapeString(field[2]))
	}
	if w := h.ask(access.Viewer, "POST", "/suppressions/remove", form); w.Code != http.StatusForbidden {
		t.Errorf("a viewer lifts suppressions: %d", w.Code)
	}
	if err := h.desk.Unsuppress(t.Context(), h.call(), "two@example.net"); err != nil {
		t.Fatal(err)
	}
	h.wants(h.ask(access.Support, "POST", "/suppressions/remove", form), http.StatusConflict, "has changed since you looked", "Write to 1 address again")
	form.Set("count", "1")
	w := h.ask(access.Support, "POST", "/suppressions/remove", form)
	if w.Code != http.StatusSeeOther {
		t.Fatalf("lifting: %d %s", w.Code, text(w))
	}
	h.wants(h.ask(access.Support, "GET", w.Header().Get("Location"), nil), http.StatusOK, "1 address is no longer suppressed", "out@example.net")
	for _, query := range []string{"since=soon", "reason=bored", "since=2026-11-30T08:00&until=2026-11-29T08:00"} {
		h.wants(h.ask(access.Support, "GET", "/suppressions?"+query, nil), http.StatusUnprocessableEntity)
	}
	h.wants(h.ask(access.Support, "POST", "/suppressions/remove", url.Values{"count": {"1"}}), http.StatusUnprocessableEntity)
	if left, err := h.store.Suppressions(t.Context(), site, "", 10); err != nil || len(left) != 1 {
		t.Errorf("left: %v, %v", left, err)
	}
	h.wants(h.ask(access.Manager, "GET", "/audit", nil), http.StatusOK, "unsuppress-many", "/suppressions")
	for _, lang := range language.Tags()[1:] {
		h.wants(h.ask(access.Support, "GET", "/suppressions?reason=opt_out&lang="+lang, nil), http.StatusOK, "out@example.net")
	}
}
