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

// A schedule is set in words, by a period, an hour of the day, or a cron, and shown with
// what it means before it is saved.
func TestScheduleInWords(t *testing.T) {
	h := open(t)
	for query, says := range map[string][]string{
		"mode=every&n=90&unit=second":                          {"every 90 seconds :", "waits 45 s on average, and 1 min 30 s at most"},
		"mode=every&n=120&unit=minute":                         {"every 2 hours :"},
		"mode=every&n=&unit=minute":                            {"is not a duration", "Correct the schedule"},
		"mode=daily&at=07:05&timezone=Europe/Warsaw":           {"daily at 07:05 (Europe/Warsaw) :", "1 day at most"},
		"mode=daily&at=&timezone=":                             {"Correct the schedule"},
		"mode=cron&cron=5+*+*+*+*":                             {"every hour at :05 (UTC) :"},
		"mode=cron&cron=0+8+*+*+MON&timezone=Asia/Tokyo":       {"every week: Monday at 08:00 (Asia/Tokyo) :"},
		"mode=cron&cron=0+8-18+*+*+1-5":                        {"cron 0 8-18 * * 1-5 (UTC) :"},
		"mode=cron&cron=0+8+*+*+1&timezone=Europe/Warschau":    {"Did you mean &#34;Europe/Warsaw&#34;"},
		"mode=every&n=3&unit=&timezone=&cron=&at=08:00&wake=1": {"has no unit"},
	} {
		h.wants(h.ask(access.Manager, "GET", "/jobs/notifications?"+query, nil), http.StatusOK, says...)
	}
	h.wants(h.ask(access.Manager, "GET", "/jobs/user_notifications?mode=cron&cron=0+*+*+*+*", nil), http.StatusOK, "moves on at its due time")
	h.wants(h.ask(access.Manager, "GET", "/jobs/user_notifications?mode=cron&cron=30+*+*+*+*", nil), http.StatusOK, "waits on average 30 min more than its due time")
	h.wants(h.ask(access.Manager, "GET", "/jobs/reminders?mode=every&n=15&unit=minute", nil), http.StatusOK, "7 min 30 s after its time on average, and 15 min at most")
	page := h.ask(access.Viewer, "GET", "/jobs/reminders", nil)
	h.wants(page, http.StatusOK, "every 168 hours")
	for _, deed := range []string{"Save", "Run now", "Pause"} {
		if strings.Contains(text(page), deed) {
			h.Errorf("a viewer is offered %q", deed)
		}
	}
}

// P9: a schedule that is saved as it was, in whatever words, differs from nothing and is in no
// record; what was changed is in the audit as it was and as it is.
func TestSavingWhatIsUnchanged(t *testing.T) {
	h := open(t)
	for _, form := range []url.Values{
		{"mode": {"every"}, "n": {"168"}, "unit": {"hour"}}, {"mode": {"every"}, "n": {"10080"}, "unit": {"minute"}},
	} {
		w := h.ask(access.Manager, "POST", "/jobs/notifications", form)
		if to := w.Header().Get("Location"); w.Code != http.StatusSeeOther || !strings.Contains(to, "done=same") {
			t.Errorf("P9: %v leads to %d %s", form, w.Code, to)
		}
	}
	page := h.ask(access.Manager, "GET", "/jobs/notifications?done=same", nil)
	h.wants(page, http.StatusOK, "Nothing was changed")
	if strings.Contains(text(page), "This differs") {
		t.Error("P9: an unchanged schedule differs from config.yaml")
	}
	h.wants(h.ask(access.Manager, "GET", "/audit", nil), http.StatusOK, "Nothing has been changed yet")
	h.wants(h.ask(access.Manager, "POST", "/jobs/reminders", url.Values{"mode": {"every"}, "n": {"20"}, "unit": {"minute"}}), http.StatusSeeOther)
	h.wants(h.ask(access.Manager, "GET", "/audit", nil), http.StatusOK, "change-job", "every : 168h → 20m")
	h.wants(h.ask(access.Manager, "GET", "/jobs", nil), http.StatusOK, "differs from config.yaml")
}

// What-if takes what the API and --set take: wake, and what stays of the schedule in force.
func TestWhatIfReadsWhatSetReads(t *testing.T) {
	h := open(t)
	h.wants(h.ask(access.Manager, "POST", "/jobs/what-if", url.Values{"reminders": {"3m,wake=true"}}), http.StatusUnprocessableEntity, "wake is for notifications alone")
	if w := h.ask(access.Manager, "POST", "/jobs/what-if/use", url.Values{"notifications": {"5m,wake=false"}}); w.Code != http.StatusSeeOther {
		t.Fatal(text(w))
	}
	page := h.ask(access.Manager, "GET", "/jobs/notifications", nil)
	h.wants(page, http.StatusOK, "every 5 minutes")
	if strings.Contains(text(page), "every 5 minutes, and whenever a mail becomes pending") {
		t.Error("wake=false was not taken")
	}
}

// What was saved is shown with who did it, and a reset goes back to config.yaml.
func TestHistoryOfAJob(t *testing.T) {
	h := open(t)
	save := func(form url.Values) {
		h.Helper()
		if w := h.ask(access.Manager, "POST", "/jobs/notifications", form); w.Code != http.StatusSeeOther {
			h.Fatalf("save: %d %s", w.Code, text(w))
		}
	}
	save(url.Values{"mode": {"every"}, "n": {"10"}, "unit": {"minute"}, "wake": {"1"}})
	h.wants(h.ask(access.Manager, "GET", "/jobs/notifications", nil), http.StatusOK, "every 10 minutes, and whenever a mail becomes pending",
		"This differs from config.yaml, which says every 168 hours. admin@example.net has set it.", "admin@example.net every 10 minutes")
	save(url.Values{"mode": {"daily"}, "at": {"08:00"}, "timezone": {"Europe/Warsaw"}})
	h.wants(h.ask(access.Manager, "GET", "/jobs/notifications", nil), http.StatusOK, "admin@example.net daily at 08:00 (Europe/Warsaw)", "It has not run yet")
	save(url.Values{"do": {"reset"}})
	page := h.ask(access.Manager, "GET", "/jobs/notifications?done=reset", nil)
	h.wants(page, http.StatusOK, "that of config.yaml again")
	if strings.Contains(text(page), "This differs") {
		h.Error("after a reset it still differs")
	}
	h.wants(h.ask(access.Manager, "POST", "/jobs/notifications/run", url.Values{}), http.StatusSeeOther)
	h.wants(h.ask(access.Manager, "GET", "/jobs/notifications", nil), http.StatusOK, "admin@example.net run by hand")
	h.wants(h.ask(access.Manager, "GET", "/audit", nil), http.StatusOK, "change-job /jobs/notifications", "run-job")
}

// A pause says why, and may end by itself; the next runs are those after its end.
func TestPausePage(t *testing.T) {
	h := open(t)
	end := time.Now().UTC().Add(3 * time.Hour).Truncate(time.Minute)
	pause := func(form url.Values) int {
		h.Helper()
		w := h.ask(access.Manager, "POST", "/jobs/user_notifications/pause", form)
		if w.Code == http.StatusUnprocessableEntity && !regexp.MustCompile(`name="note"[^>]*value="the server moves"`).MatchString(w.Body.String()) {
			h.Error("a refused pause forgets its note")
		}
		return w.Code
	}
	for _, until := range []string{"soon", "2020-01-01T08:00", "2999-01-01T08:00"} {
		if code := pause(url.Values{"note": {"the server moves"}, "until": {until}}); code != http.StatusUnprocessableEntity {
			h.Errorf("until %s: %d", until, code)
		}
	}
	if code := pause(url.Values{"note": {"the server moves"}, "until": {end.Format("2006-01-02T15:04")}}); code != http.StatusSeeOther {
		h.Fatalf("pause: %d", code)
	}
	h.wants(h.ask(access.Manager, "GET", "/jobs/user_notifications", nil), http.StatusOK, "paused until", end.Format("15:04"), "the server moves", "Resume", "paused until t")
	h.wants(h.ask(access.Manager, "GET", "/jobs", nil), http.StatusOK, "paused until", "the server moves")
	h.wants(h.ask(access.Manager, "POST", "/jobs/user_notifications/resume", url.Values{}), http.StatusSeeOther)
	h.wants(h.ask(access.Manager, "GET", "/jobs/user_notifications?done=resume", nil), http.StatusOK, "admin@example.net resumed")
}
