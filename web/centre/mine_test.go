package centre_test

import (
	"context"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"notifier/explain"
	"notifier/links"
	"notifier/message"
	"notifier/preferences"
	"notifier/store/storetest"
	"notifier/web/centre"
)

func standing(_ context.Context, name string) (explain.Job, error) {
	return explain.Job{Name: name}, nil
}

// choose sets how often Anna hears of a kind, without asking.
func (h *house) chosen(f map[message.Kind]preferences.Frequency) {
	h.Helper()
	if _, err := h.desk.SetPreferences(h.Context(), h.call(), "anna", preferences.Preferences{Frequencies: f}); err != nil {
		h.Fatal(err)
	}
}

func (h *house) notify(n int, k message.Kind) {
	h.Helper()
	for range n {
		e := message.Event{Kind: k, Users: []string{"anna"}, Case: message.Case{ID: "SECRET/1"}}
		if _, _, err := h.desk.Notify(h.Context(), h.call(), e); err != nil {
			h.Fatal(err)
		}
	}
}

func (h *house) waits() int {
	h.Helper()
	all, err := h.store.Waiting(h.Context(), site, "anna", 100)
	if err != nil {
		h.Fatal(err)
	}
	return len(all)
}

// What waits is asked about once, where its times would change; without an answer it comes
// by the rules.
func TestAskingAboutWhatWaits(t *testing.T) {
	each(t, func(h *house) {
		link := h.choose(time.Now())
		weekly := map[message.Kind]preferences.Frequency{message.CaseReceived: preferences.Daily, message.CaseChanged: preferences.Weekly}
		h.chosen(weekly)
		if w := h.ask("POST", link, "kind.case_changed=daily"); w.Code != http.StatusSeeOther {
			h.Errorf("nothing waits: %d %s", w.Code, text(w))
		}
		h.chosen(weekly)
		h.notify(3, message.CaseChanged)
		h.notify(2, message.CaseReceived)
		h.wants(h.ask("POST", link, "kind.case_changed=sometimes"), http.StatusUnprocessableEntity, "cannot be saved")
		if w := h.ask("POST", link, "weekly_on=friday&kind.case_changed=weekly"); w.Code != http.StatusSeeOther {
			h.Errorf("nothing but the day changes: %d", w.Code)
		}

		page := h.ask("POST", link, "kind.case_changed=daily&kind.case_received=never&daily_at=17%3A30")
		h.wants(page, http.StatusOK, "3 notifications about “Anything else changes” are waiting", "2 notifications about “A case reaches me” are waiting", "(Europe/Warsaw)",
			`name="kind.case_changed" value="daily"`, `name="daily_at" value="17:30"`, `value="last" checked`, `value="plan" checked`, `name="asked"`)
		if u := h.user(); u.Preferences.Frequencies[message.CaseChanged] != preferences.Weekly || strings.Contains(page.Body.String(), "SECRET") {
			h.Error("the question changed something, or shows what a mail says")
		}
		if w := h.ask("POST", link, "kind.case_changed=daily&kind.case_received=never&asked=1&held_never=last&held_moved=plan"); w.Code != http.StatusSeeOther || h.waits() != 5 {
			h.Errorf("as planned: %d, %d wait", w.Code, h.waits())
		}

		h.chosen(weekly)
		h.wants(h.ask("POST", link, "kind.case_received=never"), http.StatusOK, "Drop it")
		h.ask("POST", link, "kind.case_received=never&asked=1&held_never=drop")
		if n := h.waits(); n != 3 {
			h.Errorf("after dropping two of five: %d wait", n)
		}
		dropped, err := h.store.Messages(h.Context(), site, message.Filter{User: "anna", Status: message.Cancelled})
		if err != nil || len(dropped) != 2 || dropped[0].Kind != message.CaseReceived {
			h.Errorf("dropped: %+v, %v", dropped, err)
		}
		h.ask("POST", link, "kind.case_changed=hourly&asked=1&held_moved=now")
		if n := h.waits(); n != 0 || h.woken != 1 {
			h.Errorf("after sending now: %d wait, woken %d times", n, h.woken)
		}
	})
}

// Who is signed in chooses without a link, may see content, and is named in the history.
func TestMine(t *testing.T) {
	each(t, func(h *house) {
		known := true
		h.pages = centre.Mine(h.desk, h.store, h.o, func(*http.Request) (string, string, string, error) {
			if !known {
				return site, "", "ola@example.org", message.ErrNotFound
			}
			return site, "anna", "anna.z@example.org", nil
		}, zap.NewNop())
		h.chosen(map[message.Kind]preferences.Frequency{message.CaseChanged: preferences.Weekly})
		h.notify(2, message.CaseChanged)
		h.wants(h.ask("GET", centre.MinePath, ""), http.StatusOK, "Your notifications", "Preview", "Send them now", `action="/me/notifications"`)
		h.wants(h.ask("GET", centre.MinePath+"/preview", ""), http.StatusOK, "2 notifications")
		h.wants(h.ask("GET", centre.MinePath+"/week", ""), http.StatusOK, "SECRET/1")
		if w := h.ask("POST", centre.MinePath, "kind.case_received=daily", "Origin", "https://evil.test", "Sec-Fetch-Site", "cross-site"); w.Code != http.StatusForbidden {
			h.Errorf("from another site: %d", w.Code)
		}
		w := h.ask("POST", centre.MinePath, "kind.case_received=daily", "Sec-Fetch-Site", "same-origin")
		if w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), centre.MinePath+"?") {
			h.Errorf("saving: %d to %s", w.Code, w.Header().Get("Location"))
		}
		h.wants(h.ask("GET", w.Header().Get("Location"), ""), http.StatusOK, "Saved.", "Undo", "by you, signed in")
		if w := h.ask("POST", centre.MinePath+"/send", ""); w.Code != http.StatusSeeOther || h.woken != 1 {
			h.Errorf("send now: %d", w.Code)
		}
		known = false
		h.wants(h.ask("GET", centre.MinePath, ""), http.StatusNotFound, "No mail is sent to you", "Ask your organisation")
	})
}

// A link in a mail fills in a pause of a week; it begins when it is saved.
func TestPauseForAWeek(t *testing.T) {
	each(t, func(h *house) {
		link := h.choose(time.Now())
		warsaw, err := time.LoadLocation("Europe/Warsaw")
		if err != nil {
			h.Fatal(err)
		}
		until := time.Now().In(warsaw).AddDate(0, 0, 7).Format(time.DateOnly)
		h.wants(h.ask("GET", strings.TrimSuffix(link+centre.PauseWeek, "#pause"), ""), http.StatusOK, `name="paused_until" value="`+until+`"`, "A week is filled in")
		if !h.user().Preferences.PauseEnds().IsZero() {
			h.Error("opening the link began a pause")
		}
		h.ask("POST", link, "paused_until="+until)
		if h.user().Preferences.PausedUntil.String() != until {
			h.Errorf("saved: %+v", h.user().Preferences)
		}
	})
}

// Whoever has a link sees what became of mails, but not what they say, nor about what.
func TestWeek(t *testing.T) {
	each(t, func(h *house) {
		h.wants(h.ask("GET", h.choose(time.Now())+"/week", ""), http.StatusOK, "nothing happened")
		h.notify(1, message.CaseChanged)
		h.chosen(map[message.Kind]preferences.Frequency{message.CaseChanged: preferences.Never, message.CaseReceived: preferences.Daily})
		h.notify(1, message.CaseChanged)
		h.notify(1, message.CaseReceived)
		page := h.ask("GET", h.choose(time.Now())+"/week", "")
		h.wants(page, http.StatusOK, "Anything else changes", "It leaves within minutes.", "Not sent: you had chosen “Never”.", "It waits, and comes t", "times in Europe/Warsaw")
		if strings.Contains(page.Body.String(), "SECRET") || strings.Contains(page.Body.String(), "notifier digest") {
			h.Errorf("the page shows too much: %s", text(page))
		}
		h.wants(h.ask("GET", path(h.door.Fresh(site, "anna", time.Now()))+"/week", ""), http.StatusOK, "SECRET/1")
		for lang, says := range map[string]string{"pl": "Nie wysłano: wybrano „Nigdy”.", "fr": "Pas envoyé"} {
			h.wants(h.ask("GET", h.choose(time.Now())+"/week?lang="+lang, ""), http.StatusOK, says)
		}
		if w := h.ask("GET", h.choose(time.Now().Add(-links.Life))+"/week", ""); w.Code != http.StatusGone {
			h.Errorf("an old link: %d", w.Code)
		}
	})
}

// Every reason has a sentence for recipients.
func TestEveryReasonHasAnOutcome(t *testing.T) {
	reasons, err := os.ReadFile("../../explain/catalogue.go")
	if err != nil {
		t.Fatal(err)
	}
	ours, err := os.ReadFile("week.go")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^\t(\w+) +Reason = `).FindAllStringSubmatch(string(reasons), -1)
	if len(found) < 30 {
		t.Fatalf("there are %d reasons", len(found))
	}
	for _, r := range found {
		if !strings.Contains(string(ours), "explain."+r[1]+":") {
			t.Errorf("nothing is said to a recipient for %s", r[1])
		}
	}
}

// What was stopped from a mail is offered back, as long as nothing else was chosen since.
func TestWhatWasStoppedIsOfferedBack(t *testing.T) {
	each(t, func(h *house) {
		h.ask("POST", h.stop(time.Now(), message.CaseChanged), "List-Unsubscribe=One-Click")
		page := h.ask("GET", h.choose(time.Now()), "")
		h.wants(page, http.StatusOK, "You stopped mails about “Anything else changes” on", "Undo")
		change := regexp.MustCompile(`name="change" value="([^"]+)"`).FindStringSubmatch(page.Body.String())
		h.ask("POST", h.choose(time.Now())+"/undo", "change="+change[1])
		if f := h.user().Preferences.Frequencies[message.CaseChanged]; f != preferences.Immediately {
			h.Errorf("after undo: %s", f)
		}
		h.ask("POST", h.stop(time.Now(), message.CaseChanged), "do=stop")
		h.ask("POST", h.choose(time.Now()), "weekly_on=friday")
		if w := h.ask("GET", h.choose(time.Now()), ""); strings.Contains(w.Body.String(), "You stopped mails") {
			h.Error("an undo is offered that would undo something else, too")
		}
	})
}

// The page says what the clocks do, within a week.
func TestClocksThatChange(t *testing.T) {
	for _, c := range []struct{ at, zone, says string }{
		{"2010-03-24T12:00:00Z", "Europe/Warsaw", "On Sun 28 Mar the clocks in Europe/Warsaw go forward, to 03:00."},
		{"2010-10-28T12:00:00Z", "Europe/Warsaw", "On Sun 31 Oct the clocks in Europe/Warsaw go back, to 02:00."},
		{"2010-03-20T12:00:00Z", "Europe/Warsaw", ""},
		{"2010-03-24T12:00:00Z", "Asia/Tokyo", ""},
		{"2010-04-01T00:00:00Z", "Australia/Lord_Howe", "On Sun 4 Apr the clocks in Australia/Lord_Howe go back, to 01:30."},
	} {
		synctest.Test(t, func(t *testing.T) {
			at, err := time.Parse(time.RFC3339, c.at)
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Until(at))
			s := storetest.Open(t, storetest.URL(t, "sqlite"))
			h := open(t, s)
			u := h.user()
			u.Timezone, u.Preferences = c.zone, preferences.Preferences{}
			if _, err := h.desk.SetUser(t.Context(), h.call(), u); err != nil {
				t.Fatal(err)
			}
			page := text(h.ask("GET", h.choose(time.Now()), ""))
			if c.says == "" && strings.Contains(page, "the clocks in") || !strings.Contains(page, c.says) {
				t.Errorf("%s in %s: want %q: %s", c.at, c.zone, c.says, page)
			}
		})
	}
}
