package console_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"notifier/access"
	"notifier/deadlines"
	"notifier/explain"
	"notifier/gate"
	"notifier/intake"
	"notifier/jobs"
	"notifier/jobs/callbacks"
	"notifier/jobs/operations"
	"notifier/jobs/trials"
	"notifier/jobs/usernotifications"
	"notifier/language"
	"notifier/letter"
	"notifier/message"
	"notifier/preferences"
	"notifier/request"
	"notifier/schedule"
	"notifier/simulate"
	"notifier/store"
	"notifier/store/storetest"
	"notifier/web"
	"notifier/web/console"
)

func TestMain(m *testing.M) { storetest.Main(m) }

const (
	site     = "default"
	password = "correct horse battery"
)

// house is the console on a store of its own, with a person of each role.
type house struct {
	*testing.T
	store   *store.Store
	desk    *intake.Desk
	operate *operations.Job
	pages   http.Handler
	stop    chan struct{}
	trials  *trials.Room
	gate    *gate.Gate
	hooks   *callbacks.Job
	step    time.Duration // of the clock
	calm    bool          // no condition needs attention
	tokens  map[access.Role]string
}

type accounts []message.Account

func (a accounts) Accounts(context.Context) ([]message.Account, error) { return a, nil }
func (a accounts) TryAccount(_ context.Context, name string) (message.Trial, error) {
	if name != a[0].Name {
		return message.Trial{}, message.ErrNotFound
	}
	return message.Trial{Works: true, Conversation: []message.Said{{Who: "server", Text: "220 relay"}}}, nil
}

func open(t *testing.T) *house {
	t.Helper()
	h := &house{T: t, store: storetest.Open(t, storetest.URL(t, "sqlite")), stop: make(chan struct{}), tokens: map[access.Role]string{}}
	if err := h.store.AddSite(t.Context(), site, "UTC", time.Now()); err != nil {
		t.Fatal(err)
	}
	h.desk = intake.New(h.store, intake.Options{Catalog: preferences.DefaultCatalog(), Domain: "example.org", Calendar: func(string) deadlines.Calendar { return deadlines.Calendar{} }})
	h.operate = operations.New(h.store, h.desk, zap.NewNop())
	h.gate = gate.New(h.store, gate.Options{Site: site}, zap.NewNop())
	h.hooks = callbacks.New(h.store, callbacks.Options{Guard: callbacks.Guard{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}}, zap.NewNop())
	timetable, err := jobs.New(h.store, jobs.Options{Replica: "test"}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{schedule.Reminders, schedule.UserNotifications, schedule.Notifications} {
		nothing := func(context.Context, time.Time) (map[string]int, error) { return nil, nil }
		if err := timetable.Plan(jobs.Plan{Name: name, Spec: schedule.Spec{Every: "168h"}, Work: nothing}); err != nil {
			t.Fatal(err)
		}
	}
	if err := timetable.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := timetable.Stop(); err != nil {
			t.Error(err)
		}
	})
	staff := gate.NewStaff(h.store, site, zap.NewNop())
	for _, role := range []access.Role{access.Viewer, access.Support, access.Manager} {
		email := string(role) + "@example.net"
		if _, err := staff.AddMember(t.Context(), h.call(), access.Member{Email: email, Role: role}, password); err != nil {
			t.Fatal(err)
		}
		if _, h.tokens[role], err = staff.SignIn(t.Context(), email, password, "127.0.0.1", "test", time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	all := accounts{{Name: "default", Server: "127.0.0.1:25", From: "workflow@example.org", Budgets: []message.Usage{{Per: "hour", Max: 10, Used: 3}}}}
	login := web.NewLogin(staff, web.LoginOptions{Book: h.store}, zap.NewNop())
	h.pages = console.Handler(login, console.NewBackend(h.desk, h.store), timetable, all, console.Options{
		Write: letter.Writer{}.Write, Compose: func(m message.Message) ([]byte, error) { return []byte("Subject: " + m.Subject), nil }, Stop: h.stop,
		Digests: usernotifications.New(h.store, letter.Writer{}, zap.NewNop()), Wake: func() {}, Webhooks: callbacks.NewBook(h.store, h.hooks), Settings: fixed{}, Keys: h.gate, People: h.people(), Reminders: h.reminders(),
		WhatIf: console.WhatIf{Past: h.store, Trials: h.room(), Plan: func(string) simulate.Options {
			return simulate.Options{Catalog: preferences.DefaultCatalog(), Zone: "UTC", Calendar: deadlines.Calendar{}}
		}},
		Conditions: h.conditions, ConfirmClock: h.confirmClock,
		Why: explain.New(h.store, func(context.Context, string) (explain.Job, error) { return explain.Job{}, nil }),
	}, zap.NewNop())
	return h
}

func (h *house) call() request.Call {
	return request.Call{Site: site, At: time.Now().UTC().Truncate(time.Microsecond), By: "test"}
}

// send accepts n messages, and brings them to an error if asked to.
func (h *house) send(n int, failed bool) (all []message.ID) {
	h.Helper()
	for i := range n {
		taken, _, err := h.desk.SendMessage(h.Context(), h.call(), message.Draft{
			To: []message.Recipient{{Address: message.Address{Email: fmt.Sprintf("guest%d@example.net", i)}}}, Subject: "Contract <ready>", Text: "The secret text", HTML: "<p>The secret page",
		})
		if err != nil {
			h.Fatal(err)
		}
		id := taken.Messages[0].ID
		all = append(all, id)
		if !failed {
			continue
		}
		now := time.Now().UTC()
		m, err := h.store.Message(h.Context(), site, id)
		if err != nil {
			h.Fatal(err)
		}
		claimed, err := m.Do(message.Claim, now)
		if err != nil {
			h.Fatal(err)
		}
		broken, err := claimed.Do(message.Fail, now)
		if err != nil {
			h.Fatal(err)
		}
		broken.Error = &message.Failure{Category: message.MailboxFull, Code: "552 5.2.2", Text: "mailbox full"}
		if err := h.store.Replace(h.Context(), m, broken); err != nil {
			h.Fatal(err)
		}
	}
	return all
}

func (h *house) ask(role access.Role, method, path string, form url.Values) *httptest.ResponseRecorder {
	h.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if role != "" {
		r.AddCookie(&http.Cookie{Name: "notifier_session", Value: h.tokens[role]})
	}
	w := httptest.NewRecorder()
	h.pages.ServeHTTP(w, r)
	return w
}

var tags = regexp.MustCompile(`(?s)<head.*?</head>|<[^>]*>|\s+`)

func text(w *httptest.ResponseRecorder) string {
	return strings.Join(strings.Fields(tags.ReplaceAllString(w.Body.String(), " ")), " ")
}

func (h *house) wants(w *httptest.ResponseRecorder, status int, says ...string) {
	h.Helper()
	if w.Code != status {
		h.Errorf("status %d, want %d: %s", w.Code, status, text(w))
	}
	for _, words := range says {
		if !strings.Contains(text(w), words) {
			h.Errorf("the page does not say %q: %s", words, text(w))
		}
	}
}

var everyPage = []string{
	"/", "/messages", "/messages?q=status:error", "/why", "/why?user=anna", "/deferred", "/errors", "/jobs", "/jobs/notifications", "/jobs/what-if", "/reminders", "/people", "/accounts", "/webhooks", "/keys", "/audit", "/settings",
}

// Nobody comes in without a login, every page is whole in every language, and loads
// nothing from elsewhere.
func TestEveryPage(t *testing.T) {
	h := open(t)
	loads := regexp.MustCompile(`(?:src|href|action)="(?:https?:)?//|<script>|\son[a-z]+=|style="`)
	for round, full := range []bool{false, true} {
		if full {
			h.send(2, true)
			h.send(1, false)
		}
		for _, path := range everyPage {
			if w := h.ask("", "GET", path, nil); w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), "/login") {
				h.Errorf("%s without a login: %d", path, w.Code)
			}
			for _, lang := range append(language.Tags(), language.Pseudo) {
				q := "?"
				if strings.Contains(path, "?") {
					q = "&"
				}
				w := h.ask(access.Manager, "GET", path+q+"lang="+lang, nil)
				if found := loads.FindString(w.Body.String()); w.Code != http.StatusOK || found != "" || !strings.Contains(w.Body.String(), "</html>") {
					h.Errorf("round %d: %s in %s: %d %q %s", round, path, lang, w.Code, found, text(w))
				}
				if csp := w.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
					h.Errorf("%s: %s", path, csp)
				}
			}
		}
	}
	h.wants(h.ask(access.Manager, "GET", "/nowhere", nil), http.StatusNotFound, "There is no such thing")
	h.wants(h.ask(access.Manager, "GET", "/messages/msg_1", nil), http.StatusNotFound)
	h.wants(h.ask(access.Manager, "GET", "/jobs/nothing", nil), http.StatusNotFound)
}

func TestRoles(t *testing.T) {
	h := open(t)
	id := h.send(1, true)[0]
	path := "/messages/" + string(id)
	h.wants(h.ask(access.Viewer, "GET", path, nil), http.StatusOK, "The mailbox is full", "552 5.2.2", "does not see what mails say")
	for _, secret := range []string{path, "/messages", "/errors"} {
		if strings.Contains(h.ask(access.Viewer, "GET", secret, nil).Body.String(), "secret") {
			h.Errorf("%s shows a viewer what a mail says", secret)
		}
	}
	for _, c := range []struct {
		method, path string
		role         access.Role
	}{
		{"GET", path + "/mail", access.Viewer},
		{"GET", path + "/html", access.Viewer},
		{"POST", path + "/retry", access.Viewer},
		{"POST", "/messages", access.Viewer},
		{"POST", "/operations", access.Viewer},
		{"POST", "/jobs/notifications", access.Support},
		{"POST", "/jobs/notifications/pause", access.Support},
		{"POST", "/accounts/default/test", access.Support},
		{"GET", "/audit", access.Support},
		{"GET", "/keys", access.Support},
		{"POST", "/keys", access.Support},
		{"POST", "/keys/key_1/revoke", access.Support},
		{"POST", "/webhooks", access.Support},
		{"POST", "/webhooks/whk_1/disable", access.Support},
		{"GET", "/webhooks", access.Support},
		{"GET", "/settings", access.Support},
		{"GET", "/settings/export", access.Support},
		{"POST", "/settings/reload", access.Support},
		{"POST", "/clock/confirm", access.Support},
		{"GET", "/people/anna/digest", access.Viewer},
		{"POST", "/people/anna/send", access.Viewer},
	} {
		if w := h.ask(c.role, c.method, c.path, url.Values{"do": {"retry"}}); w.Code != http.StatusForbidden {
			h.Errorf("%s %s as %s: %d", c.method, c.path, c.role, w.Code)
		}
	}
	h.wants(h.ask(access.Support, "GET", path+"/mail?view=text", nil), http.StatusOK, "The secret text")
	h.wants(h.ask(access.Support, "GET", path+"/mail?view=source", nil), http.StatusOK, "Subject: Contract")
	frame := h.ask(access.Support, "GET", path+"/html", nil)
	if csp := frame.Header().Get("Content-Security-Policy"); !strings.HasPrefix(csp, "sandbox ") || strings.Contains(csp, "allow-scripts") || !strings.Contains(csp, "default-src 'none'") {
		h.Errorf("the mail's own page: %s", csp)
	}
	h.wants(h.ask(access.Manager, "GET", "/audit", nil), http.StatusOK, "support@example.net Content of a message opened open-message "+path+"/mail")
}

func TestSearch(t *testing.T) {
	h := open(t)
	h.send(60, false)
	page := h.ask(access.Support, "GET", "/messages?q=status:pending", nil)
	h.wants(page, http.StatusOK, "60 messages match", "Older")
	next := regexp.MustCompile(`href="(/messages\?before=[^"]+)"`).FindStringSubmatch(page.Body.String())
	if next == nil {
		h.Fatal("there is no next page")
	}
	second := h.ask(access.Support, "GET", strings.ReplaceAll(next[1], "&amp;", "&"), nil)
	if n := strings.Count(second.Body.String(), `name="id"`); n != 10 {
		h.Errorf("the next page has %d rows, want 10", n)
	}
	h.wants(h.ask(access.Support, "GET", "/messages?q=stauts:error", nil), http.StatusOK, "Did you mean")
	h.wants(h.ask(access.Support, "GET", "/messages?q=site:acme", nil), http.StatusOK, "sees no other")
	h.wants(h.ask(access.Support, "GET", "/messages?q=status:error", nil), http.StatusOK, "Nothing matches")
}

// Many messages are acted on after one more question, by an operation that can be stopped.
func TestOperations(t *testing.T) {
	h := open(t)
	h.send(3, true)
	h.wants(h.ask(access.Support, "GET", "/errors", nil), http.StatusOK, "The mailbox is full. 552 5.2.2", "Retry 3 mails")
	asked := url.Values{"q": {`status:error category:mailbox_full code:"552 5.2.2"`}, "all": {"1"}, "do": {"retry"}}
	h.wants(h.ask(access.Support, "POST", "/messages", asked), http.StatusOK, "Retry 3 mails?")
	w := h.ask(access.Support, "POST", "/operations", asked)
	place := w.Header().Get("Location")
	if w.Code != http.StatusSeeOther || !strings.HasPrefix(place, "/operations/") {
		h.Fatalf("begun: %d %s", w.Code, text(w))
	}
	h.wants(h.ask(access.Support, "GET", place, nil), http.StatusOK, "0 of 3", "Stop")
	if _, err := h.operate.Run(h.Context(), time.Now().UTC()); err != nil {
		h.Fatal(err)
	}
	h.wants(h.ask(access.Support, "GET", place, nil), http.StatusOK, "On the way", "3 of 3 · 3 done, 0 left alone", "3 on the way")

	h.send(101, false)
	cancel := url.Values{"q": {"status:pending"}, "all": {"1"}, "do": {"cancel"}}
	h.wants(h.ask(access.Support, "POST", "/messages", cancel), http.StatusOK, "Cancel 104 mails?", "Type 104")
	cancel.Set("count", "104")
	cancel.Set("typed", "14")
	h.wants(h.ask(access.Support, "POST", "/operations", cancel), http.StatusUnprocessableEntity, "Nothing was done")
	cancel.Set("typed", "104")
	place = h.ask(access.Support, "POST", "/operations", cancel).Header().Get("Location")
	if w := h.ask(access.Support, "POST", place+"/stop", url.Values{}); w.Code != http.StatusSeeOther {
		h.Errorf("stop: %d", w.Code)
	}
	h.wants(h.ask(access.Support, "GET", place, nil), http.StatusOK, "It was undone before it began")
	h.wants(h.ask(access.Support, "POST", "/messages", url.Values{"do": {"retry"}}), http.StatusOK, "Retry 0 mails?")
	h.wants(h.ask(access.Support, "POST", "/messages", url.Values{"do": {"explode"}}), http.StatusUnprocessableEntity, "is no action")
}

func TestOneMessage(t *testing.T) {
	h := open(t)
	id := h.send(1, true)[0]
	path := "/messages/" + string(id)
	if w := h.ask(access.Support, "POST", path+"/retry", url.Values{}); w.Code != http.StatusSeeOther {
		h.Fatalf("retry: %d %s", w.Code, text(w))
	}
	h.wants(h.ask(access.Support, "GET", path+"?done=retry", nil), http.StatusOK, "It is tried again", "Pending", "retried by support@example.net")
	h.wants(h.ask(access.Support, "POST", path+"/retry", url.Values{}), http.StatusConflict, "not in a state")
	h.ask(access.Support, "POST", path+"/hold", url.Values{})
	h.wants(h.ask(access.Support, "GET", path+"?done=hold", nil), http.StatusOK, "It is held until somebody releases it", "Waits for a person", "held for review by support@example.net")
	if page := h.ask(access.Viewer, "GET", path, nil); strings.Contains(page.Body.String(), path+"/send-now") {
		h.Error("L4: a viewer is offered to send it now")
	}
	h.wants(h.ask(access.Support, "GET", path, nil), http.StatusOK, "Send now")
	h.ask(access.Support, "POST", path+"/send-now", url.Values{})
	h.wants(h.ask(access.Support, "GET", path+"?done=send-now", nil), http.StatusOK, "It leaves with the next run", "Pending", "support@example.net")
	if got := h.status(id); got != message.Pending {
		h.Errorf("L4: sent now it is %s", got)
	}
}

// A schedule is shown before it is saved, and saving runs nothing.
func TestJobs(t *testing.T) {
	h := open(t)
	h.wants(h.ask(access.Manager, "GET", "/jobs/notifications?mode=every&every=10m", nil), http.StatusOK, "every 10 minutes : ", "Saving will not run it now")
	h.wants(h.ask(access.Manager, "GET", "/jobs/notifications?mode=every&every=10", nil), http.StatusOK, "10m")
	h.wants(h.ask(access.Manager, "POST", "/jobs/notifications", url.Values{"mode": {"cron"}, "cron": {"0 9 * * 1-8"}}), http.StatusUnprocessableEntity, "is not understood")
	if w := h.ask(access.Manager, "POST", "/jobs/notifications", url.Values{"mode": {"cron"}, "cron": {"30 9 * * *"}, "timezone": {"Europe/Warsaw"}}); w.Code != http.StatusSeeOther {
		h.Fatalf("save: %d %s", w.Code, text(w))
	}
	h.wants(h.ask(access.Manager, "GET", "/jobs/notifications?done=save", nil), http.StatusOK, "daily at 09:30 (Europe/Warsaw)", "does not run because of that", "It has not run yet", "differs from config.yaml", "admin@example.net")
	h.ask(access.Manager, "POST", "/jobs/notifications/pause", url.Values{"note": {"server is moved"}})
	h.wants(h.ask(access.Manager, "GET", "/", nil), http.StatusOK, "This needs you", "server is moved")
	h.ask(access.Manager, "POST", "/jobs/notifications/resume", url.Values{})
	h.ask(access.Manager, "POST", "/jobs/notifications", url.Values{"do": {"reset"}})
	h.wants(h.ask(access.Manager, "GET", "/jobs/notifications", nil), http.StatusOK, "every 168 hours")
	h.wants(h.ask(access.Manager, "POST", "/accounts/default/test", url.Values{}), http.StatusOK, "It works", "220 relay")
	h.wants(h.ask(access.Manager, "POST", "/accounts/other/test", url.Values{}), http.StatusNotFound)
}
