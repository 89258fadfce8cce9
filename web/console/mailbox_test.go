package console_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"golang.org/x/net/html"

	"notifier/gate"
	"notifier/jobs"
	"notifier/message"
	"notifier/request"
	"notifier/schedule"
	"notifier/store"
	"notifier/store/storetest"
	"notifier/web"
	"notifier/web/console"
)

var caughtAt = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// box holds mails, the first with the number 1.
type box []string

func (b box) Caught() (all []console.Caught) {
	for i := range b {
		c, _ := b.Mail(i + 1)
		all = append(all, c)
	}
	return all
}

func (b box) Mail(id int) (console.Caught, bool) {
	if id < 1 || id > len(b) {
		return console.Caught{}, false
	}
	return console.Caught{ID: id, To: []string{"anna@example.org"}, Data: []byte(strings.ReplaceAll(b[id-1], "\n", "\r\n")), At: caughtAt}, true
}

// caughtHouse is the mailbox on a store of its own, for somebody who is not signed in; ran
// tells which jobs were run.
type caughtHouse struct {
	*testing.T
	store *store.Store
	ran   chan string
	pages http.Handler
}

func openMailbox(t *testing.T, b box) *caughtHouse {
	t.Helper()
	h := &caughtHouse{T: t, store: storetest.Open(t, storetest.URL(t, "sqlite")), ran: make(chan string, 1)}
	if err := h.store.AddSite(t.Context(), site, "UTC", caughtAt); err != nil {
		t.Fatal(err)
	}
	timetable, err := jobs.New(h.store, jobs.Options{Replica: "test"}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	err = timetable.Plan(jobs.Plan{Name: schedule.Notifications, Spec: schedule.Spec{Every: "168h"}, Work: func(context.Context, time.Time) (map[string]int, error) {
		h.ran <- schedule.Notifications
		return nil, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := timetable.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := timetable.Stop(); err != nil {
			t.Error(err)
		}
	})
	login := web.NewLogin(gate.NewStaff(h.store, site, zap.NewNop()), web.LoginOptions{}, zap.NewNop())
	h.pages = console.Handler(login, console.NewBackend(nil, h.store), timetable, accounts{}, console.Options{Mailbox: console.Mailbox{Box: b, Site: site}}, zap.NewNop())
	return h
}

func (h *caughtHouse) ask(method, path string, headers ...string) *httptest.ResponseRecorder {
	h.Helper()
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.pages.ServeHTTP(w, r)
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"} {
		if got := w.Header().Get(name); got != want {
			h.Errorf("%s %s: %s is %q, want %q", method, path, name, got, want)
		}
	}
	if csp := w.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "default-src") || strings.Contains(csp, "unsafe") && !strings.Contains(csp, "sandbox") {
		h.Errorf("%s %s: Content-Security-Policy is %q", method, path, csp)
	}
	return w
}

// page reads a page; nothing in it may come from another host, and nothing may run.
func (h *caughtHouse) page(path string) (text string) {
	h.Helper()
	w := h.ask("GET", path)
	if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
		h.Fatalf("GET %s = %d %s", path, w.Code, w.Header().Get("Content-Type"))
	}
	root, err := html.Parse(w.Body)
	if err != nil {
		h.Fatal(err)
	}
	var b strings.Builder
	for n := range root.Descendants() {
		switch {
		case n.Type == html.TextNode:
			b.WriteString(strings.TrimSpace(n.Data) + "\n")
		case n.Type == html.ElementNode && n.Data == "script" && (n.FirstChild != nil || !slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return strings.HasPrefix(a.Val, "/assets/") })):
			h.Errorf("%s has a script of its own", path)
		}
		for _, a := range n.Attr {
			loads := a.Key == "src" || a.Key == "href" && n.Data == "link" || a.Key == "action"
			if loads && !strings.HasPrefix(a.Val, "/") || strings.HasPrefix(a.Key, "on") {
				h.Errorf("%s: <%s %s=%q>", path, n.Data, a.Key, a.Val)
			}
			if n.Data == "iframe" && a.Key == "sandbox" && (strings.Contains(a.Val, "allow-scripts") || strings.Contains(a.Val, "allow-same-origin")) {
				h.Errorf("%s: the frame may %s", path, a.Val)
			}
		}
	}
	return b.String()
}

func (h *caughtHouse) wantText(text string, words ...string) {
	h.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			h.Errorf("the page lacks %q:\n%s", w, text)
		}
	}
}

const digest = `From: Workflow <workflow@example.org>
To: anna@example.org
Subject: =?utf-8?q?Digest_=E2=80=93_3_notifications?=
Date: Mon, 02 Mar 2026 12:00:00 +0000
X-Notifier-Reason: case_changed; setting=hourly
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary=b

--b
Content-Type: text/plain; charset=utf-8

Three things happened.
--b
Content-Type: text/html; charset=utf-8

<p>Three <b>things</b> happened.</p>
--b--
`

// hostile is a mail that attacks whoever looks at it.
const hostile = `From: "<script>alert(1)</script>" <workflow@example.org>
To: anna@example.org
Subject: </title><script>alert(2)</script><img src=x onerror=alert(3)>
Content-Type: text/html; charset=utf-8

<script>alert(4)</script><img src="https://evil.test/pixel.gif"><form action="https://evil.test"></form>
`

func TestTheMailboxListsWhatWasCaught(t *testing.T) {
	h := openMailbox(t, box{digest, hostile})
	text := h.page("/mailbox")
	h.wantText(text, "2 mails", "anna@example.org", "Digest – 3 notifications", "Case changed · Once an hour", "</title><script>alert(2)</script>", "Notifications", "every 168 hours")
}

func TestAnEmptyMailboxSaysWhatToExpect(t *testing.T) {
	h := openMailbox(t, nil)
	h.wantText(h.page("/mailbox"), "No mail yet", "Nobody is waiting for a digest")
}

func TestTheMailboxShowsWhatWaits(t *testing.T) {
	h := openMailbox(t, nil)
	m := message.Message{
		ID: message.NewID(message.MessageIDs), Site: "default", Type: message.Single, Kind: message.CaseChanged, UserID: "anna", Setting: "hourly",
		Case: message.Case{ID: "C-1", Title: "Lease"}, Summary: "Comment <b>added</b>", OccurredAt: caughtAt, CreatedAt: caughtAt, UpdatedAt: caughtAt,
		DueAt: caughtAt.Add(time.Hour), Status: message.Deferred, Subject: "C-1 Lease: Comment <b>added</b>",
	}
	if _, err := h.store.Accept(t.Context(), caughtAt, request.Tray{Site: "default", Messages: []message.Message{m}}); err != nil {
		t.Fatal(err)
	}
	h.wantText(h.page("/mailbox"), "Waiting for a digest", "anna", "Comment <b>added</b>", "Once an hour", "Mon 2 Mar", "at 13:00") // with the year where it is not this one
}

func TestAMailIsShown(t *testing.T) {
	h := openMailbox(t, box{digest, hostile})
	h.wantText(h.page("/mailbox/1"), "Digest – 3 notifications", "workflow@example.org", "Case changed · Once an hour", "Phone, dark")
	h.wantText(h.page("/mailbox/1?view=text"), "Three things happened.")
	h.wantText(h.page("/mailbox/1?view=headers"), "X-Notifier-Reason", "Mon, 02 Mar 2026")
	h.wantText(h.page("/mailbox/2?view=source"), "<script>alert(4)", "https://evil.test/pixel.gif")
	if w := h.ask("GET", "/mailbox/1/html"); !strings.Contains(w.Body.String(), "<b>things</b>") {
		t.Errorf("the HTML is %s", w.Body)
	}
	source := h.ask("GET", "/mailbox/2/source")
	if got := source.Header().Get("Content-Type"); !strings.HasPrefix(got, "text/plain") || !strings.Contains(source.Body.String(), "<script>alert(4)") {
		t.Errorf("the source is %s: %s", got, source.Body)
	}
}

const attached = `From: Workflow <workflow@example.org>
Subject: Contract
Content-Type: multipart/mixed; boundary=m

--m
Content-Type: multipart/related; boundary=r

--r
Content-Type: text/html; charset=utf-8

<p>See <img src="cid:logo"></p>
--r
Content-Type: image/png
Content-Id: <logo>
Content-Disposition: inline; filename=logo.png
Content-Transfer-Encoding: base64

iVBORw==
--r--
--m
Content-Type: application/pdf
Content-Disposition: attachment; filename="<b>contract.pdf"
Content-Transfer-Encoding: base64

aGVsbG8=
--m--
`

func TestAttachmentsAndImagesAreShown(t *testing.T) {
	h := openMailbox(t, box{attached})
	h.wantText(h.page("/mailbox/1"), "<b>contract.pdf (5 bytes)")
	if w := h.ask("GET", "/mailbox/1/html"); !strings.Contains(w.Body.String(), `<img src="data:image/png;base64,iVBORw==">`) {
		t.Errorf("the HTML is %s", w.Body)
	}
}

func TestAHostileMailDoesNothing(t *testing.T) {
	h := openMailbox(t, box{hostile})
	h.page("/mailbox/1")
	w := h.ask("GET", "/mailbox/1/html")
	csp := w.Header().Get("Content-Security-Policy")
	if !strings.Contains(csp, "sandbox") || !strings.Contains(csp, "default-src 'none'") {
		t.Errorf("the frame's Content-Security-Policy is %q, want a sandbox that loads nothing", csp)
	}
}

func TestWhatIsNotThere(t *testing.T) {
	h := openMailbox(t, box{digest})
	for path, want := range map[string]int{
		"/mailbox/2": 404, "/mailbox/0": 404, "/mailbox/x": 404, "/mailbox/2/html": 404, "/mailbox/2/source": 404, "/nowhere": 303, "/": 303, "/mailbox.html": 303,
	} {
		if w := h.ask("GET", path); w.Code != want {
			t.Errorf("GET %s = %d, want %d", path, w.Code, want)
		}
	}
	for _, method := range []string{"POST", "PUT", "DELETE"} {
		if w := h.ask(method, "/mailbox"); w.Code != http.StatusMethodNotAllowed {
			t.Errorf("%s /mailbox = %d", method, w.Code)
		}
	}
}

func TestAJobRunsWhenItIsAskedTo(t *testing.T) {
	h := openMailbox(t, nil)
	if w := h.ask("POST", "/mailbox/run/notifications"); w.Code != http.StatusSeeOther {
		t.Fatalf("POST = %d %s", w.Code, w.Body)
	} else {
		h.wantText(h.page(w.Header().Get("Location")), "Notifications was asked to run")
	}
	if got := <-h.ran; got != schedule.Notifications {
		t.Errorf("%s ran", got)
	}
	if w := h.ask("POST", "/mailbox/run/nothing"); w.Code != http.StatusNotFound {
		t.Errorf("an unknown job: %d", w.Code)
	}
	if w := h.ask("POST", "/mailbox/run/notifications", "Origin", "https://evil.test", "Sec-Fetch-Site", "cross-site"); w.Code != http.StatusForbidden {
		t.Errorf("from another site: %d, want 403", w.Code)
	}
	select {
	case got := <-h.ran:
		t.Errorf("%s ran for another site", got)
	default:
	}
}

func TestManyMailsAreOnePage(t *testing.T) {
	var many box
	for i := range 300 {
		many = append(many, strings.ReplaceAll(digest, "3_notifications", fmt.Sprintf("%d_notifications", i)))
	}
	h := openMailbox(t, many)
	older := h.page("/mailbox?before=101")
	h.wantText(older, "300 mails", "– 99 notifications", "– 0 notifications")
	if strings.Contains(older, "– 100 notifications") {
		t.Error("an older page shows newer mails")
	}
	text := h.page("/mailbox")
	h.wantText(text, "300 mails")
	if newest, oldest := strings.Index(text, "299 notifications"), strings.Index(text, "– 0 notifications"); newest < 0 || oldest >= 0 && oldest < newest {
		t.Errorf("the newest stands at %d, the oldest at %d", newest, oldest)
	}
}

func TestTheMailboxIsSearched(t *testing.T) {
	h := openMailbox(t, box{digest, hostile})
	for query, want := range map[string]string{"NOTIFICATIONS": "1 mail", "anna@example": "2 mails", "nobody": "Leave out a word", "%3C%2Ftitle": "1 mail"} {
		h.wantText(h.page("/mailbox?q="+query), want)
	}
}

// Whatever the device is, a mail is seen as a dark one shows it, and as a light one does.
func TestALightAndADarkDevice(t *testing.T) {
	const themed = "Subject: x\nContent-Type: text/html\n\n<style>@media (prefers-color-scheme:dark){p{color:red}} @media screen and ( prefers-color-scheme: light ){p{color:blue}}</style><p>x"
	h := openMailbox(t, box{themed})
	for path, want := range map[string]string{
		"/mailbox/1/html":            "@media (max-width: 0){p{color:red}} @media screen and (min-width: 0){p{color:blue}}",
		"/mailbox/1/html?light=dark": "@media (min-width: 0){p{color:red}} @media screen and (max-width: 0){p{color:blue}}",
	} {
		if w := h.ask("GET", path); !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s is %s", path, w.Body)
		}
	}
	h.wantText(h.page("/mailbox/1?view=phone_dark"), "Phone, dark")
}

// Somebody who is not signed in sees the mailbox and nothing else, in any language, and
// can choose the language.
func TestTheMailboxNeedsNoLogin(t *testing.T) {
	h := openMailbox(t, box{digest})
	for lang, says := range map[string]string{"en": "Nobody is signed in.", "pl": "Nikt nie jest zalogowany.", "fr": "Personne n’est connecté."} {
		text := h.page("/mailbox?lang=" + lang)
		h.wantText(text, says)
		if strings.Contains(text, "mailbox.") || strings.Contains(text, "<no value>") {
			t.Errorf("%s: %s", lang, text)
		}
	}
	if w := h.ask("GET", "/messages"); w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), "/login") {
		t.Errorf("messages without a login: %d %s", w.Code, w.Header().Get("Location"))
	}
	if w := h.ask("GET", "/mailbox/newest"); w.Body.String() != `{"newest":1}` {
		t.Errorf("the newest is %s", w.Body)
	}
	if w := h.ask("POST", "/view"); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/" {
		t.Errorf("choosing how to see it: %d", w.Code)
	}
}
