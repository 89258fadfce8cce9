package console_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"notifier/access"
	"notifier/jobs/trials"
	"notifier/message"
	"notifier/preferences"
	"notifier/simulate"
)

// room is where the trials of a test run.
func (h *house) room() *trials.Room {
	h.trials = &trials.Room{}
	h.Cleanup(func() { _ = h.trials.Close() })
	return h.trials
}

// trial begins a trial and waits for its end; it returns its page.
func (h *house) trial(form url.Values) string {
	h.Helper()
	w := h.ask(access.Manager, "POST", "/jobs/what-if", form)
	if w.Code != http.StatusSeeOther {
		h.Fatalf("begin: %d %s", w.Code, text(w))
	}
	path := w.Header().Get("Location")
	for end := time.Now().Add(2 * time.Minute); ; {
		w := h.ask(access.Manager, "GET", path, nil)
		if !strings.Contains(w.Body.String(), "data-poll=") {
			return path
		}
		if time.Now().After(end) {
			h.Fatalf("the trial does not end: %s", text(w))
		}
	}
}

// A trial shows what would differ, one person's week, what to think of, and can be used:
// then the schedules change, and nothing runs.
func TestWhatIf(t *testing.T) {
	h := open(t)
	if _, err := h.desk.SetUser(t.Context(), h.call(), preferences.User{ID: "anna", Email: "anna@example.org", Timezone: "Europe/Warsaw"}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.desk.Notify(t.Context(), h.call(), message.Event{Kind: message.CaseReceived, Users: []string{"anna"}, Case: message.Case{ID: "A-1"}}); err != nil {
		t.Fatal(err)
	}
	h.send(2, false)
	path := h.trial(url.Values{"days": {"7"}, "notifications": {"1s"}, "user_notifications": {"0 8 * * * Europe/Warsaw"}, "limit": {"1"}, "user": {"anna"}})
	page := h.ask(access.Manager, "GET", path, nil)
	h.wants(page, http.StatusOK, "now: every 168 hours", "Mails in the busiest minute", "too little data", "Would still wait", "4 events, messages and settings, 1 person", "Over the provider’s limit", "The week of anna",
		"Use these schedules", "Notifications: every second", "daily at 08:00 (Europe/Warsaw)", "Saving will not run it now", "Download CSV")
	csv := regexp.MustCompile(`href="(/jobs/what-if/csv[^"]+)"`).FindStringSubmatch(page.Body.String())
	if w := h.ask(access.Viewer, "GET", csv[1], nil); w.Code != http.StatusOK || !strings.HasPrefix(w.Body.String(), "What,now,try\nMails,3,3\n") {
		h.Errorf("the CSV: %d %q", w.Code, w.Body)
	}
	if w := h.ask(access.Viewer, "GET", path, nil); strings.Contains(text(w), "Use these") {
		h.Error("a viewer may use them")
	}
	if w := h.ask(access.Manager, "POST", "/jobs/what-if/use", url.Values{"notifications": {"5m"}, "user_notifications": {"0 8 * * *  Europe/Warschau"}}); w.Code != http.StatusUnprocessableEntity {
		h.Errorf("one wrong schedule: %d", w.Code)
	}
	h.wants(h.ask(access.Manager, "GET", "/jobs/notifications", nil), http.StatusOK, "every 168 hours", "Nobody has changed it")
	if w := h.ask(access.Support, "POST", "/jobs/what-if/use", url.Values{"notifications": {"5m"}}); w.Code != http.StatusForbidden {
		h.Errorf("support uses them: %d", w.Code)
	}
	if w := h.ask(access.Manager, "POST", "/jobs/what-if/use", url.Values{"notifications": {"5m"}, "user_notifications": {"0 8 * * * Europe/Warsaw"}}); w.Code != http.StatusSeeOther {
		h.Errorf("use: %d %s", w.Code, text(w))
	}
	h.wants(h.ask(access.Manager, "GET", "/jobs/notifications", nil), http.StatusOK, "every 5 minutes", "admin@example.net every 5 minutes", "It has not run yet")
	h.wants(h.ask(access.Manager, "GET", "/jobs/user_notifications", nil), http.StatusOK, "daily at 08:00 (Europe/Warsaw)", "It has not run yet")
}

// A trial goes on without its page, which shows how far it is, and stops when told to.
func TestATrialGoesOnWithoutItsPage(t *testing.T) {
	h := open(t)
	until := time.Now().UTC()
	asked := trials.Trial{Site: site, Since: until.AddDate(0, 0, -10), Until: until, Asked: map[string]string{"days": "7", "notifications": "10m"}}
	at := make(chan struct{})
	id, err := h.trials.Begin(asked, func(ctx context.Context, progress func(time.Time, int)) (simulate.Trial, error) {
		progress(asked.Since.AddDate(0, 0, 4), 1200)
		close(at)
		<-ctx.Done()
		return simulate.Trial{}, ctx.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	<-at
	for _, path := range []string{"/jobs/what-if?trial=" + string(id), "/jobs/what-if"} { // also for who comes anew
		page := h.ask(access.Viewer, "GET", path, nil)
		h.wants(page, http.StatusOK, "40 %", "1200 events", "Stop")
		if !strings.Contains(page.Body.String(), `value="10m"`) {
			h.Error("what is tried is not shown")
		}
	}
	h.wants(h.ask(access.Manager, "POST", "/jobs/what-if", url.Values{"days": {"1"}}), http.StatusUnprocessableEntity, "Another trial is running")
	w := h.ask(access.Manager, "POST", "/jobs/what-if/stop", url.Values{"trial": {string(id)}})
	h.wants(h.ask(access.Manager, "GET", w.Header().Get("Location"), nil), http.StatusOK, "The trial was stopped")
}

func TestWhatIfThatCannotBe(t *testing.T) {
	h := open(t)
	h.wants(h.ask(access.Manager, "POST", "/jobs/what-if", url.Values{"notifications": {"10"}, "reminders": {"0 8 * * 9"}}), http.StatusUnprocessableEntity,
		"has no unit", "Reminders: the day of the week")
	h.wants(h.ask(access.Manager, "POST", "/jobs/what-if", url.Values{"user": {"nobody"}}), http.StatusUnprocessableEntity, "There is no user with this id")
	gone := h.ask(access.Manager, "GET", "/jobs/what-if?trial=trial_1&days=28&notifications=10m", nil)
	h.wants(gone, http.StatusOK, "no longer here: the service was restarted")
	if !strings.Contains(gone.Body.String(), `value="10m"`) || !strings.Contains(gone.Body.String(), `<option value="28" selected>`) {
		h.Error("what was asked is forgotten")
	}
	h.wants(h.ask(access.Manager, "GET", "/jobs/what-if/csv?trial=trial_1", nil), http.StatusNotFound)
	if w := h.ask(access.Manager, "POST", "/jobs/what-if/stop", url.Values{"trial": {"trial_1"}}); w.Code != http.StatusSeeOther {
		h.Errorf("stopping what is gone: %d", w.Code)
	}
}
