package service

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"notifier/access"
	"notifier/mail/mailtest"
	"notifier/message"
	"notifier/settings"
)

// tested is the whole service beside a relay, with a caller.
type tested struct {
	*testing.T
	*Service
	relay *mailtest.Relay
	door  http.Handler
}

func openTested(t *testing.T) *tested { return openTestedAs(t, false) }

// openTestedAs opens it as the demo, whose mail server catches all, or in earnest.
func openTestedAs(t *testing.T, demo bool) *tested {
	t.Helper()
	relay, err := mailtest.Start(mailtest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = relay.Close() })
	host, port, _ := strings.Cut(relay.Addr(), ":")
	c, err := settings.Load(os.DevNull, []string{
		"NOTIFIER_DATABASE__URL=sqlite:" + filepath.Join(t.TempDir(), "n.db"), "NOTIFIER_HTTP__KEY=first", "NOTIFIER_TIMEZONE=Europe/Warsaw",
		"NOTIFIER_SMTP__HOST=" + host, "NOTIFIER_SMTP__PORT=" + port, "NOTIFIER_SMTP__TLS=none", "NOTIFIER_SMTP__FROM=Workflow <workflow@example.org>",
		"NOTIFIER_LIMITS__SITE__HOUR=1", "NOTIFIER_LIMITS__DOMAIN__HOUR=1", "NOTIFIER_LIMITS__SENDER__HOUR=1",
	})
	if err != nil {
		t.Fatal(err)
	}
	c.Demo = demo
	h, err := Open(t.Context(), c, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	if err := h.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return &tested{T: t, Service: h, relay: relay, door: h.handler(nil)}
}

func (h *tested) ask(key, method, path, body string, status int, into any) {
	h.Helper()
	r := httptest.NewRequest(method, "/api/v1"+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+key)
	w := httptest.NewRecorder()
	h.door.ServeHTTP(w, r)
	if w.Code != status {
		h.Fatalf("%s %s = %d %s, want %d", method, path, w.Code, w.Body, status)
	}
	if into != nil {
		if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
			h.Fatal(err)
		}
	}
}

// testKey makes a test key with all rights.
func (h *tested) testKey() string {
	h.Helper()
	var k struct{ Secret string }
	h.ask("first", "POST", "/keys", `{"name":"dev","test":true,"scopes":["admin"]}`, http.StatusCreated, &k)
	if !strings.HasPrefix(k.Secret, "ntf_test_") {
		h.Fatalf("the secret of a test key begins with %.9s", k.Secret)
	}
	return k.Secret
}

// jobs runs the three of them as at that time.
func (h *tested) jobs(at time.Time) {
	h.Helper()
	for _, run := range []func() error{
		func() error { return errOf(h.remind.Run(h.Context(), at)) },
		func() error { return errOf(h.promote.Run(h.Context(), at)) },
		func() error { return errOf(h.flush.Run(h.Context(), at)) },
	} {
		if err := run(); err != nil {
			h.Fatal(err)
		}
	}
}

type kept struct{ ID, Subject, Raw, Text string }

func (h *tested) mailbox(key string) []kept {
	h.Helper()
	var page struct{ Data []kept }
	h.ask(key, "GET", "/mailbox", "", http.StatusOK, &page)
	return page.Data
}

// TestMailOfATestKeyReachesNoRelay: whichever way a mail comes to be, a direct message, an
// event, a digest, a reminder, a retry, it is in the test mailbox and nowhere else; no
// budget is spent for it, and people of the site itself are not touched.
func TestMailOfATestKeyReachesNoRelay(t *testing.T) {
	h := openTested(t)
	h.ask("first", "PUT", "/users/anna", `{"email":"anna@example.org"}`, http.StatusOK, nil)
	key := h.testKey()
	h.ask(key, "GET", "/users/anna", "", http.StatusNotFound, nil)
	h.ask(key, "PUT", "/users/anna", `{"email":"anna@example.net"}`, http.StatusOK, nil)
	h.ask(key, "PUT", "/users/anna/preferences", `{"case_changed":"hourly"}`, http.StatusOK, nil)
	var taken struct{ Messages []struct{ ID string } }
	h.ask(key, "POST", "/messages", `{"to":["anna","jan@example.net"],"cc":["ola@example.net"],"subject":"Direct","text":"x","attachments":[{"filename":"a.txt","content":"SGVsbG8="}]}`, http.StatusAccepted, &taken)
	h.ask(key, "POST", "/messages", `{"to":["anna"],"subject":"By name","text":"x","account":"default","priority":"high"}`, http.StatusAccepted, nil)
	for i := range 3 {
		h.ask(key, "POST", "/events", fmt.Sprintf(`{"kind":"case_changed","users":["anna"],"case":{"id":"A-%d","title":"Lease"}}`, i), http.StatusAccepted, nil)
	}
	due := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	h.ask(key, "PUT", "/deadlines/A-1", `{"users":["anna"],"due_at":"`+due+`","remind_before":["30m"],"case":{"id":"A-1","title":"Lease"}}`, http.StatusOK, nil)
	h.jobs(time.Now())
	h.jobs(time.Now().Add(2 * time.Hour))
	h.ask(key, "POST", "/messages/"+taken.Messages[0].ID+"/retry", `{"resend":true}`, http.StatusOK, nil)
	h.jobs(time.Now().Add(2 * time.Hour))

	if got := h.relay.Got(); len(got) > 0 {
		t.Errorf("the relay got %d mails of a test key", len(got))
	}
	all := h.mailbox(key)
	if len(all) != 5 { // two direct ones, one of them twice, a digest, a reminder
		t.Errorf("the test mailbox has %+v", all)
	}
	var one kept
	h.ask(key, "GET", "/mailbox/"+all[len(all)-1].ID, "", http.StatusOK, &one)
	if !strings.Contains(one.Raw, "Subject: ") || !strings.Contains(one.Raw, "\r\n") {
		t.Errorf("a kept mail is %+v", one)
	}
	if mails := h.mailbox("first"); len(mails) != len(all) {
		t.Errorf("an admin of the site sees %d of %d mails", len(mails), len(all))
	}

	// The limits of one mail an hour are whole.
	h.ask("first", "POST", "/messages", `{"to":["anna"],"subject":"In earnest","text":"x"}`, http.StatusAccepted, nil)
	h.jobs(time.Now())
	if got := h.relay.Got(); len(got) != 1 {
		t.Errorf("the relay got %d mails of the live key, want 1", len(got))
	}
}

// TestInTheDemoMailOfATestKeyIsCaughtToo: there a page shows what the mail server caught.
func TestInTheDemoMailOfATestKeyIsCaughtToo(t *testing.T) {
	h := openTestedAs(t, true)
	key := h.testKey()
	h.ask(key, "POST", "/messages", `{"to":["jan@example.net"],"subject":"Direct","text":"x"}`, http.StatusAccepted, nil)
	h.jobs(time.Now())
	if got, all := h.relay.Got(), h.mailbox(key); len(got) != 1 || len(all) != 1 {
		t.Errorf("the mail server caught %d mails, the test mailbox has %d", len(got), len(all))
	}
}

// TestATestKeyDoesNotGrow: it makes no live key, and sees none.
func TestATestKeyDoesNotGrow(t *testing.T) {
	h := openTested(t)
	key := h.testKey()
	var live struct{ ID string }
	h.ask("first", "POST", "/keys", `{"name":"prod","scopes":["admin"]}`, http.StatusCreated, &live)
	h.ask(key, "POST", "/keys", `{"name":"prod","scopes":["admin"]}`, http.StatusUnprocessableEntity, nil)
	h.ask(key, "POST", "/keys", `{"name":"prod","scopes":["admin"],"site":"default"}`, http.StatusForbidden, nil)
	h.ask(key, "DELETE", "/keys/"+live.ID, "", http.StatusNotFound, nil)
	h.ask(key, "POST", "/keys/"+live.ID+"/rotate", "", http.StatusNotFound, nil)
	h.ask(key, "POST", "/jobs/notifications/pause", "", http.StatusForbidden, nil)
	h.ask(key, "PUT", "/sites/acme", `{"timezone":"UTC"}`, http.StatusForbidden, nil)
	var own struct{ Secret string }
	h.ask(key, "POST", "/keys", `{"name":"other","test":true,"scopes":["send"]}`, http.StatusCreated, &own)
	var page struct{ Data []access.Key }
	h.ask(key, "GET", "/keys", "", http.StatusOK, &page)
	if len(page.Data) != 2 || !page.Data[0].Test || !page.Data[1].Test || !access.IsTest(own.Secret) {
		t.Errorf("a test key sees %+v", page.Data)
	}
	if zone, err := h.store.Zone(t.Context(), "default~test"); zone != "Europe/Warsaw" || err != nil {
		t.Errorf("the zone of tests is %s (%v)", zone, err)
	}
}

// TestTestMailsAreForgotten: after a week, and all but the newest thousand.
func TestTestMailsAreForgotten(t *testing.T) {
	h := openTested(t)
	key := h.testKey()
	now := time.Now()
	for i := range 12 {
		k := message.Kept{Site: "default~test", ID: message.NewID(message.KeptIDs), To: []string{"a@example.org"}, At: now.Add(time.Duration(i-8) * 24 * time.Hour)}
		if err := h.store.Keep(t.Context(), k); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := h.retention.Run(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	if n := len(h.mailbox(key)); n != 11 {
		t.Errorf("%d mails are younger than a week, want 11", n)
	}
	if err := h.store.ForgetKept(t.Context(), "default~test", 5, now.AddDate(-1, 0, 0)); err != nil {
		t.Fatal(err)
	}
	if n := len(h.mailbox(key)); n != 5 {
		t.Errorf("%d mails are kept, want the newest 5", n)
	}
}

// errOf is the error of a call alone.
func errOf[T any](_ T, err error) error { return err }
