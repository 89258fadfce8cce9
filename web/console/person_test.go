package console_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"go.uber.org/zap"

	"notifier/access"
	"notifier/jobs/usernotifications"
	"notifier/letter"
	"notifier/links"
	"notifier/message"
	"notifier/preferences"
	"notifier/request"
	"notifier/web/centre"
	"notifier/web/console"
)

// people is what can be done for people where they have links.
func (h *house) people() console.People {
	door := links.Door{Key: links.NewKey([]byte("secret")), Base: "https://notify.example.org"}
	return console.People{Link: door.Choose, AsSeen: centre.AsSeen(h.desk, h.store, centre.Options{
		Door: door, Sites: []string{site}, Outgoing: h.desk, Digests: usernotifications.New(h.store, letter.Writer{}, zap.NewNop()), Wake: func() {},
		Estimate: func(context.Context, string, preferences.User) (map[message.Kind]map[preferences.Frequency]float64, error) {
			return nil, nil
		},
	}, zap.NewNop())}
}

// Support sees what a person chose and from where, looks on as the person without being able
// to change anything, makes a link, takes choices back and writes to an address again.
func TestPersonPage(t *testing.T) {
	h := open(t)
	anna := preferences.User{ID: "anna", Email: "anna.z@example.org", Timezone: "Europe/Warsaw", Language: "pl"}
	if _, err := h.desk.SetUser(t.Context(), h.call(), anna); err != nil {
		t.Fatal(err)
	}
	link := h.call()
	link.By = request.ByLink
	daily := preferences.Preferences{Frequencies: map[message.Kind]preferences.Frequency{message.CaseChanged: preferences.Daily}}
	if _, err := h.desk.SetPreferences(t.Context(), link, "anna", daily); err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.desk.Notify(t.Context(), h.call(), message.Event{Kind: message.CaseChanged, Users: []string{"anna"}, Case: message.Case{ID: "C-1", Title: "Lease"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.desk.Suppress(t.Context(), h.call(), message.Suppression{Address: "anna.z@example.org", Reason: message.Bounced, Note: "no such user"}); err != nil {
		t.Fatal(err)
	}
	h.wants(h.ask(access.Viewer, "GET", "/people/anna", nil), http.StatusOK, "Once a day, 08:00 (Europe/Warsaw) · by the person, from a mail link", "a server said that it does not exist", "no such user", "Waiting (1)", "C-1", "Case changed: Once a day")
	if page := h.ask(access.Viewer, "GET", "/people/anna", nil).Body.String(); strings.Contains(page, "/reset") || strings.Contains(page, "/unsuppress") || strings.Contains(page, "/people/anna/as") {
		t.Error("a viewer is offered what support may")
	}
	for _, path := range []string{"/link", "/reset", "/unsuppress"} {
		if w := h.ask(access.Viewer, "POST", "/people/anna"+path, url.Values{}); w.Code != http.StatusForbidden {
			t.Errorf("%s as a viewer: %d", path, w.Code)
		}
	}
	if w := h.ask(access.Viewer, "GET", "/people/anna/as", nil); w.Code != http.StatusForbidden {
		t.Errorf("a viewer looks on as anna: %d", w.Code)
	}
	seen := h.ask(access.Support, "GET", "/people/anna/as?lang=en", nil)
	h.wants(seen, http.StatusOK, "You see this as the person does", "Your notifications", "Europe/Warsaw")
	if body := seen.Body.String(); !strings.Contains(body, "<fieldset disabled>") || strings.Contains(body, "anna.z@") || strings.Index(body, "<fieldset disabled>") > strings.Index(body, "<form") {
		t.Error("something can be changed there, or the whole address is shown")
	}
	made := h.ask(access.Support, "POST", "/people/anna/link", url.Values{})
	h.wants(made, http.StatusOK, "https://notify.example.org/p/")
	for path, says := range map[string]string{"/unsuppress": "The address is written to again", "/reset": "The defaults apply again"} {
		w := h.ask(access.Support, "POST", "/people/anna"+path, url.Values{})
		if w.Code != http.StatusSeeOther {
			t.Fatalf("%s: %d %s", path, w.Code, text(w))
		}
		h.wants(h.ask(access.Support, "GET", w.Header().Get("Location"), nil), http.StatusOK, says)
	}
	u, err := h.desk.User(t.Context(), site, "anna")
	if err != nil || u.Preferences.Frequencies[message.CaseChanged] != preferences.Immediately || u.Language != "pl" {
		t.Errorf("after the reset: %+v, %v", u, err)
	}
	if gone, err := h.store.Suppressed(t.Context(), site, []string{"anna.z@example.org"}); err != nil || len(gone) != 0 {
		t.Errorf("still suppressed: %v, %v", gone, err)
	}
	audit := h.ask(access.Manager, "GET", "/audit", nil)
	h.wants(audit, http.StatusOK, "support@example.net Pages viewed as a person view-as-user /people/anna/as", "link-to-preferences", "set-preferences", "unsuppress-address")
	if strings.Contains(audit.Body.String(), "/p/") {
		t.Error("the audit has the link")
	}
	h.wants(h.ask(access.Support, "GET", "/people/nobody/as", nil), http.StatusNotFound)
}
