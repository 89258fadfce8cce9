package console_test

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"notifier/access"
	"notifier/deadlines"
	"notifier/language"
	"notifier/message"
	"notifier/preferences"
	"notifier/request"
	"notifier/web/look"
)

// A code as programs write them, and an id, which people copy.
var (
	rawCode = regexp.MustCompile(`\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+\b`)
	ident   = regexp.MustCompile(`^[a-z]+_[0-9a-z]{26}$`)
)

// visible is what people read of a page, beside what it marks as code: text, and what is read aloud
// or shown in a field.
func visible(t *testing.T, page string) (all []string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		switch n.DataAtom {
		case atom.Head, atom.Script, atom.Noscript, atom.Style, atom.Code, atom.Pre:
			return
		}
		if n.Type == html.TextNode {
			all = append(all, n.Data)
		}
		for _, a := range n.Attr {
			if a.Key == "aria-label" || a.Key == "alt" {
				all = append(all, a.Val)
			}
		}
		for c := range n.ChildNodes() {
			walk(c)
		}
	}
	walk(root)
	return all
}

// lived fills the console with what has codes: people and what they chose, messages of every fate,
// decisions, runs, a webhook, a deadline, and records of who did what.
func (h *house) lived() (pages []string) {
	h.Helper()
	fine := func(_ any, err error) {
		h.Helper()
		if err != nil {
			h.Fatal(err)
		}
	}
	ctx, at := h.Context(), time.Now().UTC().Truncate(time.Second)
	for _, id := range []string{"anna", "jan"} {
		fine(h.desk.SetUser(ctx, h.call(), preferences.User{ID: id, Email: id + "@example.org", Timezone: "Europe/Warsaw"}))
	}
	link := h.call()
	link.By = request.ByLink
	fine(h.desk.SetPreferences(ctx, link, "anna", preferences.Preferences{Frequencies: map[message.Kind]preferences.Frequency{message.CaseChanged: preferences.Daily, message.CaseReceived: preferences.Hourly}}))
	for _, kind := range []message.Kind{message.CaseChanged, message.CaseReceived} {
		_, _, err := h.desk.Notify(ctx, h.call(), message.Event{Kind: kind, Users: []string{"anna", "jan"}, Case: message.Case{ID: "C-1", Title: "Lease"}})
		fine(nil, err)
		h.counted(at.Add(-time.Hour), kind, 3, time.Minute, 2)
	}
	fine(h.desk.Suppress(ctx, h.call(), message.Suppression{Address: "anna@example.org", Reason: message.Bounced}))
	failed := h.send(2, true)
	for _, move := range []string{"hold", "release", "retry"} {
		h.ask(access.Manager, "POST", "/messages/"+string(failed[0])+"/"+move, url.Values{})
	}
	due := at.Add(240 * time.Hour)
	_, _, err := h.desk.SetDeadline(ctx, h.call(), deadlines.Deadline{Key: "D-1", Case: message.Case{ID: "C-1"}, Users: []string{"anna"}, Terms: deadlines.Terms{DueAt: due, RemindBefore: []deadlines.Span{deadlines.Span(24 * time.Hour)}}})
	fine(nil, err)
	h.ask(access.Manager, "POST", "/reminders/D-1/send", url.Values{})
	for _, w := range []string{"/jobs/user_notifications/pause", "/jobs/user_notifications/resume", "/jobs/notifications/run", "/accounts/default/test"} {
		h.ask(access.Manager, "POST", w, url.Values{})
	}
	hook := h.ask(access.Manager, "POST", "/webhooks", url.Values{"url": {"http://127.0.0.1:9/"}, "naming": {"standard"}})
	hooks, err := h.store.Webhooks(ctx, site)
	if err != nil || len(hooks) != 1 {
		h.Fatalf("%d webhooks, %v; %d", len(hooks), err, hook.Code)
	}
	h.ask(access.Manager, "POST", "/webhooks/"+string(hooks[0].ID)+"/disable", url.Values{})
	h.ask(access.Manager, "POST", "/keys", url.Values{"name": {"bpm"}, "scope": {string(access.ReadPreferences), string(access.ReadQueue)}})
	started := h.ask(access.Manager, "POST", "/operations", url.Values{"do": {"retry"}, "id": {string(failed[1])}}).Header().Get("Location")
	pages = append(slices.Clone(everyPage), "/people/anna", "/people/anna/digest", "/reminders/D-1", "/webhooks/"+string(hooks[0].ID), "/suppressions", "/jobs/user_notifications", "/jobs/reminders", "/mailbox", "/messages?q=kind:case_changed", "/?kind=case_changed", "/why?user=anna&case=C-1", "/why?user=anna&case=C-2", "/account")
	if u, err := url.Parse(started); err == nil && u.Path != "" {
		pages = append(pages, started)
	}
	found, err := h.store.Messages(ctx, site, message.Filter{Limit: 100})
	fine(nil, err)
	for _, m := range found {
		pages = append(pages, "/messages/"+string(m.ID))
	}
	return pages
}

// P9: what people read has no codes: errors, the audit, messages, operations, jobs and "needs
// attention" say them in words, in every language.
func TestNoRawCodesForPeople(t *testing.T) {
	h := open(t)
	pages := h.lived()
	for _, lang := range language.Tags() {
		for _, path := range pages {
			h.readable(path, lang)
		}
		h.step = time.Hour // other conditions
		h.readable("/", lang)
	}
}

func (h *house) readable(path, lang string) {
	h.Helper()
	address, query, _ := strings.Cut(path, "?")
	w := h.ask(access.Manager, "GET", address+"?"+query+"&lang="+lang, nil)
	if w.Code != http.StatusOK && address != "/mailbox" && address != "/account" {
		h.Errorf("%s: %d %s", path, w.Code, text(w))
	}
	for _, says := range visible(h.T, w.Body.String()) {
		for _, code := range rawCode.FindAllString(says, -1) {
			if ident.MatchString(code) {
				continue
			}
			h.Errorf("P9: %s in %s shows the code %s: %q", path, lang, code, strings.TrimSpace(says))
		}
	}
}

// P9: each code that a page may show has a word in every language: what the audit notes, why
// messages stand as they do, what was decided of them, and what runs count.
func TestEveryCodeHasAWord(t *testing.T) {
	for _, c := range []struct {
		group, files, code string
	}{
		{"action.", "../../api/*.go", `OperationID: +"([a-z-]+)", Method: http\.Method(?:Post|Put|Patch|Delete)`},
		{"action.", "routes.go", `d\.(?:do|open)\("[^"]+", "([a-z-]+)"`},
		{"action.", "../*.go", `Noted\("([a-z-]+)"`},
		{"action.", "*.go", `Note\(r, "([a-z-]+)"`},
		{"action.", "../../service/*.go", `(?:Noted\(|Action: +)"([a-z-]+)"`},
		{"reason.", "../../message/reason.go", `Reason += "([a-z_]+[a-z])"`},
		{"reason.preference_", "../../preferences/frequency.go", `[A-Z]\w+ +Frequency += "([a-z]+)"`},
		{"frequency.", "../../preferences/frequency.go", `[A-Z]\w+ +Frequency += "([a-z]+)"`},
		{"deed.", "../../message/decided.go", `Deed += "([a-z_]+)"`},
		{"did.", "../../jobs/usernotifications/*.go", `(?:counts|closed)\["([a-z_]+)"\]`},
		{"did.", "../../jobs/reminders/*.go", `counts\["([a-z_]+)"\]`},
		{"job.", "../../service/service.go", `\t[a-z]+Job += "([a-z_]+)"`},
		{"trigger.", "../../schedule/job.go", `Trigger += "([a-z]+)"`},
		{"hook_off.", "codes.go", `"hook_off\.([a-z]+)"`},
	} {
		files, err := filepath.Glob(c.files)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, found := range regexp.MustCompile(c.code).FindAllStringSubmatch(string(source), -1) {
				n++
				for _, lang := range language.Tags() {
					if key := c.group + found[1]; look.In(lang).T(key) == key {
						t.Errorf("P9: %s in %s has no word in %s", found[1], file, lang)
					}
				}
			}
		}
		if n == 0 {
			t.Errorf("%s has no code of %s", c.files, c.group)
		}
	}
}
