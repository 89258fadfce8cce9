package console_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"notifier/access"
	"notifier/message"
	"notifier/preferences"
	"notifier/schedule"
)

// P9: "All is well" says what waits, also where that is for digests alone.
func TestAllIsWellTellsOfWhatWaits(t *testing.T) {
	calm := func(says string, begin func(h *house)) {
		h := open(t) // each its own: numbers are kept for some seconds
		h.calm = true
		begin(h)
		page := h.ask(access.Viewer, "GET", "/", nil)
		h.wants(page, http.StatusOK, says)
		if says != nothingWaits && strings.Contains(text(page), "Nothing waits") {
			t.Errorf("P9: with a notification that waits the overview says %s", text(page))
		}
	}
	calm(nothingWaits, func(*house) {})
	calm("All is well. 1 notification is waiting for its digest.", func(h *house) { h.deferredFor("anna") })
	calm("All is well. 1 mail waits, the oldest for", func(h *house) { h.deferredFor("anna"); h.send(1, false) })
}

const nothingWaits = "All is well. Nothing waits."

// deferredFor has a notification wait for the daily digest of a person.
func (h *house) deferredFor(user string) {
	h.Helper()
	if _, err := h.desk.SetUser(h.Context(), h.call(), preferences.User{ID: user, Email: user + "@example.org", Timezone: "Europe/Warsaw"}); err != nil {
		h.Fatal(err)
	}
	daily := preferences.Preferences{Frequencies: map[message.Kind]preferences.Frequency{message.CaseChanged: preferences.Daily}}
	if _, err := h.desk.SetPreferences(h.Context(), h.call(), user, daily); err != nil {
		h.Fatal(err)
	}
	if _, _, err := h.desk.Notify(h.Context(), h.call(), message.Event{Kind: message.CaseChanged, Users: []string{user}, Case: message.Case{ID: "C-1"}}); err != nil {
		h.Fatal(err)
	}
}

// P9: the next 60 minutes have an axis: five times, a quarter of an hour apart, each below its tick.
func TestTheNextHourHasAnAxis(t *testing.T) {
	h := open(t)
	page := h.ask(access.Viewer, "GET", "/", nil).Body.String()
	var before time.Time
	labels := regexp.MustCompile(`<text class="axis" x="(\d+)" y="\d+" text-anchor="middle">(\d\d:\d\d)(?::\d\d)?</text>`).FindAllStringSubmatch(page, -1)
	if len(labels) != 5 {
		t.Fatalf("P9: the axis has %d times", len(labels))
	}
	for i, label := range labels {
		if tick := `<line class="axis" x1="` + label[1] + `"`; !strings.Contains(page, tick) {
			t.Errorf("P9: %s has no tick", label[2])
		}
		at, err := time.Parse("15:04", label[2])
		if err != nil {
			t.Fatal(err)
		}
		if apart := (at.Sub(before) + 24*time.Hour) % (24 * time.Hour); i > 0 && apart != 15*time.Minute {
			t.Errorf("P9: %s is %v after the time before", label[2], apart)
		}
		before = at
	}
}

// P9: where times of two zones stand on one page, each is named: a job's schedule and its runs, what
// a person chose and what comes of it.
func TestEveryZoneIsNamedWhereTwoStand(t *testing.T) {
	h := open(t)
	h.deferredFor("anna")
	daily := url.Values{"mode": {"daily"}, "at": {"07:05"}, "timezone": {"Asia/Tokyo"}}
	h.wants(h.ask(access.Manager, "POST", "/jobs/reminders", daily), http.StatusSeeOther)
	h.wants(h.ask(access.Manager, "POST", "/jobs/notifications", url.Values{"mode": {"every"}, "n": {"20"}, "unit": {"minute"}}), http.StatusSeeOther)
	for path, says := range map[string][]string{
		"/":               {"07:05 (Asia/Tokyo)", "(UTC)"},
		"/jobs":           {"daily at 07:05 (Asia/Tokyo)", "22:05 (UTC)", "Times in UTC"}, // the next runs
		"/jobs/reminders": {"daily at 07:05 (Asia/Tokyo)", "(UTC)", "Times in UTC"},
		"/people/anna":    {"Once a day, 08:00 (Europe/Warsaw)", "Times in UTC"},
	} {
		h.wants(h.ask(access.Manager, "GET", path, nil), http.StatusOK, says...)
	}
	found, err := h.store.Messages(t.Context(), site, message.Filter{User: "anna"})
	if err != nil || len(found) != 1 {
		t.Fatalf("%d messages, %v", len(found), err)
	}
	h.wants(h.ask(access.Manager, "GET", "/messages/"+string(found[0].ID), nil), http.StatusOK, "Once a day, 08:00 (Europe/Warsaw)", "Times in UTC")
	pause := url.Values{"until": {h.call().At.Add(48 * time.Hour).Format("2006-01-02T15:04")}}
	h.wants(h.ask(access.Manager, "POST", "/jobs/"+schedule.Reminders+"/pause", pause), http.StatusSeeOther)
	if page := text(h.ask(access.Manager, "GET", "/jobs/reminders", nil)); !regexp.MustCompile(`paused until [^(]*\d\d:\d\d UTC`).MatchString(page) {
		t.Errorf("P9: the pause's end has no zone: %s", page)
	}
}

// P9: the audit shows each value as it was and as it is.
func TestTheAuditShowsBeforeAndAfter(t *testing.T) {
	h := open(t)
	h.wants(h.ask(access.Manager, "POST", "/jobs/reminders", url.Values{"mode": {"every"}, "n": {"20"}, "unit": {"minute"}}), http.StatusSeeOther)
	page := h.ask(access.Manager, "GET", "/audit", nil)
	h.wants(page, http.StatusOK, "Job schedule changed", "every : 168h → 20m")
	if body := page.Body.String(); !strings.Contains(body, "<del>168h</del> → <ins>20m</ins>") {
		t.Error("P9: what was and what is are not marked as such")
	}
}
