package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"notifier/access"
	"notifier/deadlines"
	"notifier/jobs/reminders"
	"notifier/letter"
	"notifier/message"
	"notifier/preferences"
	"notifier/web/console"
)

func (h *house) reminders() console.Reminders {
	return reminders.New(h.store, letter.Writer{}, func(string) deadlines.Calendar { return deadlines.Calendar{} }, "example.org", zap.NewNop())
}

// A deadline is shown with whom it reminds when and the mail of now; admins remind at once,
// which leaves the next step as it was, move it, and end it.
func TestReminderPage(t *testing.T) {
	h := open(t)
	if _, err := h.desk.SetUser(t.Context(), h.call(), preferences.User{ID: "anna", Email: "anna.z@example.org", Timezone: "Europe/Warsaw"}); err != nil {
		t.Fatal(err)
	}
	due := time.Now().UTC().Add(240 * time.Hour).Truncate(time.Minute)
	d := deadlines.Deadline{Key: "OFA/1181:4", Case: message.Case{ID: "OFA/1181", Title: "Lease"}, Users: []string{"anna"}, Terms: deadlines.Terms{DueAt: due, RemindBefore: []deadlines.Span{deadlines.Span(24 * time.Hour)}}}
	set, _, err := h.desk.SetDeadline(t.Context(), h.call(), d)
	if err != nil {
		t.Fatal(err)
	}
	path := "/reminders/" + url.PathEscape(d.Key)
	if list := h.ask(access.Viewer, "GET", "/reminders", nil).Body.String(); !strings.Contains(list, `href="`+path+`"`) {
		t.Errorf("the list does not lead to %s: %s", path, list)
	}
	h.wants(h.ask(access.Manager, "GET", path, nil), http.StatusOK, "Lease", "Remind 1 person now", "What would be sent now", "To come", "anna", "None yet.")
	if page := text(h.ask(access.Viewer, "GET", path, nil)); strings.Contains(page, "What would be sent now") || strings.Contains(page, "Remind 1") {
		t.Error("a viewer sees what mails say, or may remind")
	}
	for _, deed := range []string{"/send", "/move", "/cancel"} {
		if w := h.ask(access.Support, "POST", path+deed, url.Values{}); w.Code != http.StatusForbidden {
			t.Errorf("%s as support: %d", deed, w.Code)
		}
	}
	if sent, err := h.store.Messages(t.Context(), site, message.Filter{User: "anna"}); err != nil || len(sent) != 0 {
		t.Errorf("looking wrote %d mails, %v", len(sent), err)
	}
	if w := h.ask(access.Manager, "POST", path+"/send", url.Values{}); w.Code != http.StatusSeeOther {
		t.Fatalf("send: %d %s", w.Code, text(w))
	}
	sent, err := h.store.Messages(t.Context(), site, message.Filter{User: "anna"})
	after, errAfter := h.store.Deadline(t.Context(), site, d.Key)
	if err != nil || errAfter != nil || len(sent) != 1 || sent[0].Type != message.Reminder || sent[0].Status != message.Pending || !after.NextAt.Equal(set.NextAt) {
		t.Errorf("reminded: %d mails, next %v, want %v; %v %v", len(sent), after.NextAt, set.NextAt, err, errAfter)
	}
	moved := due.Add(48 * time.Hour)
	h.wants(h.ask(access.Manager, "POST", path+"/move", url.Values{"due_at": {"soon"}}), http.StatusUnprocessableEntity, "That is not a time")
	if w := h.ask(access.Manager, "POST", path+"/move", url.Values{"due_at": {moved.Format("2006-01-02T15:04")}}); w.Code != http.StatusSeeOther {
		t.Fatalf("move: %d %s", w.Code, text(w))
	}
	if after, err = h.store.Deadline(t.Context(), site, d.Key); err != nil || !after.DueAt.Equal(moved) || !after.NextAt.Equal(moved.Add(-24*time.Hour)) {
		t.Errorf("moved: %+v, %v", after, err)
	}
	if w := h.ask(access.Manager, "POST", path+"/cancel", url.Values{}); w.Code != http.StatusSeeOther {
		t.Fatalf("cancel: %d %s", w.Code, text(w))
	}
	h.wants(h.ask(access.Manager, "GET", path+"?done=clear", nil), http.StatusOK, "nobody is reminded any more", "met", "No more reminders")
	h.wants(h.ask(access.Manager, "POST", path+"/send", url.Values{}), http.StatusConflict)
	h.wants(h.ask(access.Manager, "GET", "/audit", nil), http.StatusOK, "send-reminder /deadlines/", "set-deadline", "clear-deadline")
	h.wants(h.ask(access.Manager, "GET", "/reminders/nothing", nil), http.StatusNotFound)
	h.wants(h.ask(access.Manager, "POST", "/reminders/nothing/cancel", url.Values{}), http.StatusNotFound)
}
