package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"notifier/access"
	"notifier/deadlines"
	"notifier/message"
	"notifier/preferences"
)

// P9: a form of the console that says what is so already says that nothing was changed, and nothing
// is written: the audit has one record of each, however often it is sent.
func TestFormsThatChangeNothing(t *testing.T) {
	h := open(t)
	anna := preferences.User{ID: "anna", Email: "anna@example.org", Timezone: "Europe/Warsaw", Language: "pl"}
	if _, err := h.desk.SetUser(t.Context(), h.call(), anna); err != nil {
		t.Fatal(err)
	}
	daily := preferences.Preferences{Frequencies: map[message.Kind]preferences.Frequency{message.CaseChanged: preferences.Daily}}
	if _, err := h.desk.SetPreferences(t.Context(), h.call(), "anna", daily); err != nil {
		t.Fatal(err)
	}
	due := time.Now().UTC().Add(240 * time.Hour).Truncate(time.Minute)
	d := deadlines.Deadline{Key: "D-1", Case: message.Case{ID: "C-1"}, Users: []string{"anna"}, Terms: deadlines.Terms{DueAt: due, RemindBefore: []deadlines.Span{deadlines.Span(24 * time.Hour)}}}
	if _, _, err := h.desk.SetDeadline(t.Context(), h.call(), d); err != nil {
		t.Fatal(err)
	}
	hook := url.Values{"url": {"http://127.0.0.1:9/"}, "naming": {"standard"}, "note": {"bpm"}}
	h.ask(access.Manager, "POST", "/webhooks", hook)
	hooks, err := h.store.Webhooks(t.Context(), site)
	if err != nil || len(hooks) != 1 {
		t.Fatalf("%d webhooks, %v", len(hooks), err)
	}
	path := "/webhooks/" + string(hooks[0].ID)
	other := url.Values{"url": {"http://127.0.0.1:9/"}, "naming": {"standard"}, "note": {"erp"}}
	later := url.Values{"due_at": {due.Add(time.Hour).Format("2006-01-02T15:04")}}
	for _, form := range []struct {
		path string
		form url.Values
	}{
		{path, other},
		{path + "/disable", nil},
		{path + "/enable", nil},
		{"/people/anna/reset", nil},
		{"/reminders/D-1/move", later},
		{"/reminders/D-1/cancel", nil},
		{"/views", url.Values{"q": {"status:error"}, "name": {"Mine"}}},
		{"/suppress", url.Values{"address": {"gone@example.net"}}},
		{"/jobs/user_notifications/pause", url.Values{"note": {"moving"}}},
		{"/jobs/user_notifications/resume", nil},
	} {
		if form.form == nil {
			form.form = url.Values{}
		}
		for i, same := range []bool{false, true, true} {
			before := h.records()
			w := h.ask(access.Manager, "POST", form.path, form.form)
			to := w.Header().Get("Location")
			if w.Code != http.StatusSeeOther || strings.Contains(to, "done=same") != same {
				t.Errorf("P9: %s, the %d. time: %d %s", form.path, i+1, w.Code, to)
			}
			if more := h.records() - before; more != 1 && !same || more != 0 && same {
				t.Errorf("P9: %s, the %d. time, left %d records", form.path, i+1, more)
			}
			if same && i == 1 {
				h.wants(h.ask(access.Manager, "GET", to, nil), http.StatusOK, "Nothing was changed: it was like this already.")
			}
		}
	}
}

func (h *house) records() int {
	h.Helper()
	all, err := h.store.Audit(h.Context(), site, access.RecordFilter{Limit: 1000})
	if err != nil {
		h.Fatal(err)
	}
	return len(all)
}
