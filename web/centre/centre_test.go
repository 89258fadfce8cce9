package centre_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"notifier/explain"
	"notifier/intake"
	"notifier/jobs/usernotifications"
	"notifier/letter"
	"notifier/links"
	"notifier/message"
	"notifier/preferences"
	"notifier/request"
	"notifier/store"
	"notifier/store/storetest"
	"notifier/web/centre"
)

func TestMain(m *testing.M) { storetest.Main(m) }

const site = "default"

// house is the pages on a store and a desk of their own.
type house struct {
	*testing.T
	store *store.Store
	desk  *intake.Desk
	door  links.Door
	pages http.Handler
	o     centre.Options
	woken int
}

func each(t *testing.T, test func(h *house)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, s *store.Store) { test(open(t, s)) })
}

func open(t *testing.T, s *store.Store) *house {
	t.Helper()
	h := &house{T: t, store: s, door: links.Door{Key: links.NewKey([]byte("secret")), Base: "https://notify.example.org"}}
	for _, name := range []string{site, "other"} {
		if err := s.AddSite(t.Context(), name, "UTC", time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	catalog := preferences.DefaultCatalog().With(preferences.Catalog{"audit": {Mandatory: true, Title: "Audits", Why: "The law asks for it."}})
	h.desk = intake.New(s, intake.Options{Catalog: catalog, Writer: letter.Writer{}, Domain: "example.org"})
	h.o = centre.Options{
		Door: h.door, Sites: []string{site}, Outgoing: h.desk, Digests: usernotifications.New(s, letter.Writer{}, zap.NewNop()), Why: explain.New(s, standing), Wake: func() { h.woken++ },
		Estimate: func(context.Context, string, preferences.User) (map[message.Kind]map[preferences.Frequency]float64, error) {
			return map[message.Kind]map[preferences.Frequency]float64{message.CaseChanged: {preferences.Daily: 5.2, preferences.Hourly: 1, preferences.Never: 0}}, nil
		},
	}
	h.pages = centre.Handler(h.desk, s, h.o, zap.NewNop())
	u := preferences.User{ID: "anna", Email: "anna.z@example.org", Timezone: "Europe/Warsaw", Language: "en"}
	if _, err := h.desk.SetUser(t.Context(), h.call(), u); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *house) call() request.Call {
	return request.Call{Site: site, At: time.Now().UTC().Truncate(time.Microsecond), By: "test"}
}

func path(link string) string { return strings.TrimPrefix(link, "https://notify.example.org") }

func (h *house) choose(at time.Time) string { return path(h.door.Choose(site, "anna", at)) }

func (h *house) stop(at time.Time, kinds ...message.Kind) string {
	return path(h.door.Stop(site, "anna", kinds, at))
}

func (h *house) ask(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	h.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.pages.ServeHTTP(w, r)
	for name, want := range map[string]string{"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex", "Cache-Control": "no-store", "Set-Cookie": ""} {
		if got := w.Header().Get(name); got != want {
			h.Errorf("%s %s: %s is %q, want %q", method, path, name, got, want)
		}
	}
	if strings.Contains(w.Body.String(), "anna.z@") {
		h.Errorf("%s %s shows the whole address", method, path)
	}
	return w
}

func (h *house) user() preferences.User {
	h.Helper()
	u, err := h.desk.User(h.Context(), site, "anna")
	if err != nil {
		h.Fatal(err)
	}
	return u
}

var tags = regexp.MustCompile(`(?s)<select.*?</select>|<head.*?</head>|<[^>]*>|\s+`)

// text is what a page says, without its lists.
func text(w *httptest.ResponseRecorder) string {
	return strings.Join(strings.Fields(tags.ReplaceAllString(w.Body.String(), " ")), " ")
}

// wants makes sure of a status, and that the page says all of this.
func (h *house) wants(w *httptest.ResponseRecorder, status int, says ...string) {
	h.Helper()
	if w.Code != status {
		h.Errorf("status %d, want %d: %s", w.Code, status, text(w))
	}
	for _, says := range says {
		if !strings.Contains(w.Body.String(), says) {
			h.Errorf("the page does not say %q: %s", says, text(w))
		}
	}
}

// To open a link changes nothing, however and how often a program does.
func TestOpeningChangesNothing(t *testing.T) {
	each(t, func(h *house) {
		before := h.user()
		for _, path := range []string{h.choose(time.Now()), h.stop(time.Now(), message.CaseChanged)} {
			for _, method := range []string{"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"} {
				for _, agent := range []string{"Mozilla/5.0", "SafeLinks", "BarracudaCentral", "Proofpoint", "curl/8"} {
					h.ask(method, path+"?List-Unsubscribe=One-Click&do=stop&kind.case_changed=never", "", "User-Agent", agent)
				}
			}
		}
		if after := h.user(); after.Version != before.Version {
			h.Errorf("the user was changed: %+v", after)
		}
	})
}

func TestOneClick(t *testing.T) {
	each(t, func(h *house) {
		link := h.stop(time.Now(), message.CaseChanged, message.Deadline)
		var form bytes.Buffer
		parts := multipart.NewWriter(&form)
		_ = parts.WriteField("List-Unsubscribe", "One-Click")
		_ = parts.Close()
		for _, c := range []struct{ kind, body string }{
			{"application/x-www-form-urlencoded", "List-Unsubscribe=One-Click"},
			{parts.FormDataContentType(), form.String()},
			{"application/x-www-form-urlencoded", "List-Unsubscribe=One-Click"},
		} {
			w := h.ask("POST", link, c.body, "Content-Type", c.kind, "Origin", "https://mail.example.net", "Sec-Fetch-Site", "cross-site")
			if w.Code != http.StatusOK || w.Body.Len() > 0 || w.Header().Get("Location") != "" {
				h.Errorf("%s: %d %q %v", c.kind, w.Code, w.Body, w.Header())
			}
			u := h.user()
			if f := u.Preferences.Frequencies; f[message.CaseChanged] != preferences.Never || f[message.CaseReceived] != preferences.Immediately {
				h.Errorf("%s: the choices are %v", c.kind, f)
			}
		}
		changes, err := h.desk.Changes(h.Context(), site, "anna")
		if err != nil || len(changes) != 1 || changes[0].By != request.ByOneClick {
			h.Errorf("three times the same is one change: %+v, %v", changes, err)
		}
		for _, body := range []string{"", "List-Unsubscribe=Two-Clicks", "do=everything"} {
			if w := h.ask("POST", link, body); w.Code != http.StatusBadRequest {
				h.Errorf("POST of %q = %d", body, w.Code)
			}
		}
		h.wants(h.ask("GET", h.choose(time.Now()), ""), http.StatusOK, "by your mail program", "Anything else changes: Never")
	})
}

func TestRefusedLinks(t *testing.T) {
	each(t, func(h *house) {
		now := time.Now()
		choose, stop := h.choose(now), h.stop(now, message.CaseChanged)
		elsewhere := links.Door{Key: h.door.Key, Base: h.door.Base}.Choose("other", "anna", now)
		gone := h.door.Choose(site, "nobody", now)
		forged := links.Door{Key: links.NewKey([]byte("other")), Base: h.door.Base}
		for _, c := range []struct {
			name, path string
			says       string
		}{
			{"a link to choose, used to stop", "/u/" + strings.TrimPrefix(choose, "/p/"), "for something else"},
			{"a link to stop, used to choose", "/p/" + strings.TrimPrefix(stop, "/u/"), "for something else"},
			{"of another site", path(elsewhere), "not complete"},
			{"of nobody", path(gone), "not known here any more"},
			{"of another secret", path(forged.Choose(site, "anna", now)), "not complete"},
			{"cut", choose[:len(choose)-2], "not complete"},
		} {
			for _, method := range []string{"GET", "POST"} {
				w := h.ask(method, c.path, map[string]string{"POST": "List-Unsubscribe=One-Click&kind.case_changed=never"}[method])
				if w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), c.says) {
					h.Errorf("%s: %s = %d, want a page that says %q: %s", c.name, method, w.Code, c.says, text(w))
				}
			}
		}
		raw, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(stop, "/u/"))
		if err != nil {
			h.Fatal(err)
		}
		for i := range 8 * len(raw) {
			raw[i/8] ^= 1 << (i % 8)
			if w := h.ask("POST", "/u/"+base64.RawURLEncoding.EncodeToString(raw), "List-Unsubscribe=One-Click"); w.Code != http.StatusNotFound {
				h.Errorf("with bit %d flipped: %d", i, w.Code)
			}
			raw[i/8] ^= 1 << (i % 8)
		}
		if u := h.user(); u.Preferences.Frequencies[message.CaseChanged] == preferences.Never {
			h.Error("a refused link stopped mails")
		}
	})
}

// An old link changes nothing, and offers a fresh one, which goes to the address on file.
func TestOldLinks(t *testing.T) {
	each(t, func(h *house) {
		old := time.Now().Add(-links.Life)
		h.wants(h.ask("GET", h.choose(old), ""), http.StatusGone, "too old", "a•••@example.org", "Send me a fresh link")
		h.wants(h.ask("POST", h.choose(old), "kind.case_changed=never"), http.StatusGone)
		h.wants(h.ask("POST", h.stop(old, message.CaseChanged), "List-Unsubscribe=One-Click"), http.StatusGone)
		for range 3 {
			h.wants(h.ask("POST", h.choose(old)+"/fresh", ""), http.StatusOK, "on its way to a•••@example.org")
		}
		sent, err := h.store.Messages(h.Context(), site, message.Filter{User: "anna"})
		if err != nil || len(sent) != 1 || sent[0].To[0].Email != "anna.z@example.org" {
			h.Fatalf("three times asked for: %d mails, %v", len(sent), err)
		}
		link := regexp.MustCompile(`https://\S+`).FindString(h.door.Fill(sent[0]).Text)
		h.wants(h.ask("GET", path(link), ""), http.StatusOK, "Your notifications")
		if u := h.user(); u.Preferences.Frequencies[message.CaseChanged] == preferences.Never {
			h.Error("an old link stopped mails")
		}
	})
}

func TestChoosing(t *testing.T) {
	each(t, func(h *house) {
		link := h.choose(time.Now())
		h.wants(h.ask("GET", link, ""), http.StatusOK, "A case reaches me", "Deadlines and reminders", "Audits", "Always sent right away", "The law asks for it.", "a•••@example.org",
			"times in Europe/Warsaw", "Nothing is waiting", "Nothing has been changed", "Once an hour", "next t")
		tomorrow := time.Now().In(time.FixedZone("", 3600)).AddDate(0, 0, 3).Format(time.DateOnly)
		form := url.Values{
			"kind.case_received": {"daily"}, "kind.case_changed": {"weekly"}, "daily_at": {"17:30"}, "weekly_on": {"friday"},
			"timezone": {"Asia/Tokyo"}, "language": {"fr"}, "paused_until": {tomorrow},
		}
		w := h.ask("POST", link, form.Encode())
		back := w.Header().Get("Location")
		if w.Code != http.StatusSeeOther || !strings.HasPrefix(back, link+"?") {
			h.Fatalf("saving: %d to %q: %s", w.Code, back, text(w))
		}
		u := h.user()
		p := u.Preferences
		if p.Frequencies[message.CaseReceived] != preferences.Daily || p.Frequencies[message.CaseChanged] != preferences.Weekly || p.DailyAt.String() != "17:30" ||
			p.WeeklyOn != preferences.Friday || u.Timezone != "Asia/Tokyo" || u.Language != "fr" || p.PausedUntil.String() != tomorrow {
			h.Errorf("saved: %+v", u)
		}
		page := h.ask("GET", back+"&lang=en", "")
		h.wants(page, http.StatusOK, "Saved.", "Undo", "Paused until", "by you, from a mail link", "Weekly mail on: Friday")
		h.wants(h.ask("GET", link, ""), http.StatusOK, "Vos notifications")

		w = h.ask("POST", link, form.Encode())
		if !strings.Contains(w.Header().Get("Location"), "done=unchanged") {
			h.Errorf("the same again: %d %q", w.Code, w.Header().Get("Location"))
		}
		change := regexp.MustCompile(`name="change" value="([^"]+)"`).FindStringSubmatch(page.Body.String())
		if change == nil {
			h.Fatal("there is no undo")
		}
		w = h.ask("POST", link+"/resume", "")
		if u := h.user(); u.Preferences.PauseEnds() != (time.Time{}) || w.Code != http.StatusSeeOther {
			h.Errorf("the pause did not end: %d %+v", w.Code, u.Preferences)
		}
		w = h.ask("POST", link+"/undo", "change="+change[1])
		if u := h.user(); w.Code != http.StatusSeeOther || u.Timezone != "Europe/Warsaw" || u.Language != "en" || u.Preferences.Frequencies[message.CaseChanged] != preferences.Immediately {
			h.Errorf("after undo: %d %+v", w.Code, u)
		}
	})
}

func TestWhatCannotBeSaved(t *testing.T) {
	each(t, func(h *house) {
		link, before := h.choose(time.Now()), h.user()
		for name, body := range map[string]string{
			"a week for what comes": "kind.case_received=weekly",
			"a frequency of no use": "kind.case_changed=sometimes",
			"no hour":               "daily_at=25:00",
			"no day":                "weekly_on=someday",
			"no zone":               "timezone=Atlantis/Capital",
			"no language":           "language=Polish",
			"a pause until now":     "paused_until=" + time.Now().AddDate(0, 0, -1).Format(time.DateOnly),
			"a pause for ever":      "paused_until=2999-01-01",
			"a pause of no date":    "paused_until=soon",
		} {
			w := h.ask("POST", link, body)
			if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "cannot be saved") {
				h.Errorf("%s: %d %s", name, w.Code, text(w))
			}
		}
		h.ask("POST", link, "kind.deadline=never&kind.audit=never")
		h.ask("POST", link, strings.Repeat("x", 100_000))
		if u := h.user(); u.Preferences.Frequencies[message.CaseReceived] != before.Preferences.Frequencies[message.CaseReceived] || u.Timezone != before.Timezone {
			h.Errorf("something was saved: %+v", u)
		}
		if d, _, err := h.desk.Notify(h.Context(), h.call(), message.Event{Kind: message.Deadline, Users: []string{"anna"}}); err != nil || d.Recipients[0].Status != message.Pending {
			h.Errorf("a deadline after it was to be stopped: %+v, %v", d, err)
		}
	})
}

func TestStopPage(t *testing.T) {
	each(t, func(h *house) {
		link := h.stop(time.Now(), message.CaseChanged)
		page := h.ask("GET", link, "")
		h.wants(page, http.StatusOK, "Anything else changes", "You will still get deadlines", "Once a week instead", "All settings")
		settings := regexp.MustCompile(`href="(/p/[^"]+)"`).FindStringSubmatch(page.Body.String())
		h.wants(h.ask("GET", settings[1], ""), http.StatusOK, "Your notifications")
		h.wants(h.ask("POST", link, "do=weekly"), http.StatusOK, "once a week now", "Europe/Warsaw")
		if f := h.user().Preferences.Frequencies[message.CaseChanged]; f != preferences.Weekly {
			h.Errorf("once a week instead: %s", f)
		}
		h.wants(h.ask("POST", link, "do=stop"), http.StatusOK, "You get no more mails about")
		if f := h.user().Preferences.Frequencies[message.CaseChanged]; f != preferences.Never {
			h.Errorf("stopped: %s", f)
		}
		received := h.ask("GET", h.stop(time.Now(), message.CaseReceived), "")
		if strings.Contains(received.Body.String(), "Once a week instead") {
			h.Error("a week is offered for what has none")
		}
		h.wants(h.ask("GET", h.stop(time.Now(), "audit"), ""), http.StatusOK, "keeps them on")
	})
}

// What waits is counted by when it comes; what it says is not shown.
func TestWaiting(t *testing.T) {
	each(t, func(h *house) {
		p := preferences.Preferences{Frequencies: map[message.Kind]preferences.Frequency{message.CaseChanged: preferences.Weekly}}
		if _, err := h.desk.SetPreferences(h.Context(), h.call(), "anna", p); err != nil {
			h.Fatal(err)
		}
		for range 3 {
			e := message.Event{Kind: message.CaseChanged, Users: []string{"anna"}, Case: message.Case{ID: "SECRET/1"}}
			if _, _, err := h.desk.Notify(h.Context(), h.call(), e); err != nil {
				h.Fatal(err)
			}
		}
		page := h.ask("GET", h.choose(time.Now()), "")
		h.wants(page, http.StatusOK, "3 notifications come", "you need a fresh link", "about 5 mails a week", "about 1 mail a week")
		if strings.Contains(page.Body.String(), "SECRET") {
			h.Error("the page shows what a mail says")
		}
		fresh := path(h.door.Fresh(site, "anna", time.Now()))
		stale := path(h.door.Fresh(site, "anna", time.Now().Add(-links.FreshFor)))
		for _, link := range []string{h.choose(time.Now()), stale} {
			for _, c := range [][2]string{{"GET", "/preview"}, {"GET", "/preview/html"}, {"POST", "/send"}} {
				w := h.ask(c[0], link+c[1], "")
				if w.Code != http.StatusNotFound || strings.Contains(w.Body.String(), "SECRET") {
					h.Errorf("%s %s without a fresh link: %d", c[0], c[1], w.Code)
				}
			}
		}
		h.wants(h.ask("GET", fresh, ""), http.StatusOK, "Preview", "Send them now")
		h.wants(h.ask("GET", fresh+"/preview", ""), http.StatusOK, "3 notifications")
		frame := h.ask("GET", fresh+"/preview/html", "")
		h.wants(frame, http.StatusOK, "SECRET/1")
		if csp := frame.Header().Get("Content-Security-Policy"); !strings.HasPrefix(csp, "sandbox;") {
			h.Errorf("the mail's own page: %s", csp)
		}
		if h.woken != 0 {
			h.Error("a preview sent something")
		}
		if w := h.ask("POST", fresh+"/send", ""); w.Code != http.StatusSeeOther || h.woken != 1 {
			h.Errorf("send now: %d, woken %d", w.Code, h.woken)
		}
		h.wants(h.ask("GET", fresh+"?done=leaves", ""), http.StatusOK, "on its way", "Nothing is waiting")
		h.wants(h.ask("GET", fresh+"/preview", ""), http.StatusNotFound, "Nothing is waiting for you")
	})
}
