package api_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"notifier/access"
)

// doc is what comes back of a document.
type doc struct {
	ID       string
	Message  struct{ Subject, Text string }
	Delivery struct {
		State                               string
		StartTime, EndTime, LeaseExpireTime *string
		Error                               *string
		Attempts                            int
		LeftOut                             []string
		Info                                *struct {
			MessageID, Response         string
			Accepted, Rejected, Pending []string
		}
	}
}

const mails = "/compat/trigger-email/mail"

// write writes a document and returns it as it is then.
func (h *house) write(status int, method, path, body string, headers ...string) (d doc) {
	h.Helper()
	h.must(status, &d, method, path, body, headers...)
	return d
}

// got counts the mails whose head or text holds that.
func (h *house) got(text string) (n int) {
	for _, m := range h.relay.Got() {
		if bytes.Contains(m.Data, []byte(text)) {
			n++
		}
	}
	return n
}

// TestADocumentsDelivery: TE-1 to -10, from the first write to the last retry.
func TestADocumentsDelivery(t *testing.T) {
	each(t, func(h *house) {
		h.relay.Refuse("gone@example.org", 550)
		d := h.write(http.StatusCreated, "POST", mails, `{"to":["anna@example.org","gone@example.org"],"message":{"subject":"First words","text":"x"},"process":{"id":7}}`)
		if d.ID == "" || d.Delivery.State != "PENDING" || d.Delivery.Attempts != 0 || d.Delivery.StartTime != nil || d.Delivery.Error != nil {
			t.Errorf("TE-8: a new document has %+v", d.Delivery)
		}
		path := mails + "/" + d.ID
		h.run(h.flush.Run)
		d = h.write(http.StatusOK, "GET", path, "")
		if i := d.Delivery.Info; d.Delivery.State != "SUCCESS" || d.Delivery.Attempts != 1 || d.Delivery.StartTime == nil || d.Delivery.EndTime == nil || d.Delivery.LeaseExpireTime != nil ||
			i == nil || i.MessageID == "" || !slices.Equal(i.Accepted, []string{"anna@example.org"}) || !slices.Equal(i.Rejected, []string{"gone@example.org"}) || len(i.Pending) != 0 || i.Response == "" {
			t.Errorf("TE-3, TE-5: after the mail it has %+v, info %+v", d.Delivery, i)
		}
		h.write(http.StatusOK, "PATCH", path, `{"message":{"subject":"Second words"}}`)
		h.run(h.flush.Run)
		if h.got("Second words") != 0 {
			t.Error("TE-6: an edit of what was sent sent something")
		}
		d = h.write(http.StatusOK, "PATCH", path, `{"delivery":{"state":"RETRY"},"to":["anna@example.org","jan@example.org"]}`)
		if d.Delivery.State != "PENDING" || d.Message.Subject != "Second words" || d.Message.Text != "x" {
			t.Errorf("TE-7: after RETRY it has %+v", d)
		}
		h.run(h.flush.Run)
		d = h.write(http.StatusOK, "GET", path, "")
		if h.got("Second words") != 1 || d.Delivery.State != "SUCCESS" || d.Delivery.Attempts != 2 {
			t.Errorf("TE-7: %d mails, %+v", h.got("Second words"), d.Delivery)
		}
		// What an edit of a message cannot change makes another mail of the same document.
		whole := h.ask("GET", path, "").body
		var fields map[string]any
		if err := json.Unmarshal(whole, &fields); err != nil {
			t.Fatal(err)
		}
		fields["headers"], fields["delivery"] = map[string]any{"X-Turn": "third"}, map[string]any{"state": "PENDING"}
		again, _ := json.Marshal(fields)
		h.write(http.StatusOK, "PUT", path, string(again))
		h.run(h.flush.Run)
		d = h.write(http.StatusOK, "GET", path, "")
		if h.got("X-Turn: third") != 1 || d.Delivery.State != "SUCCESS" || d.Delivery.Attempts != 3 || d.ID == "" {
			t.Errorf("TE-7: %d mails with the header, %+v", h.got("X-Turn: third"), d.Delivery)
		}
		if !bytes.Contains(h.ask("GET", path, "").body, []byte(`"process":{"id":7}`)) {
			t.Error("TE-1: a field that means nothing to us is lost")
		}
	})
}

// TestADocumentThatWaitsIsChanged: its mail leaves once, as the document is then.
func TestADocumentThatWaitsIsChanged(t *testing.T) {
	each(t, func(h *house) {
		first := h.write(http.StatusCreated, "PUT", mails+"/d1", `{"to":"anna@example.org","message":{"subject":"First","text":"x"}}`)
		h.write(http.StatusOK, "PUT", mails+"/d1", `{"to":"jan@example.org","message":{"subject":"Second","text":"x"}}`)
		h.write(http.StatusOK, "PATCH", mails+"/d1", `{"headers":{"X-Turn":"third"}}`)
		h.run(h.flush.Run)
		if h.relay.Count() != 1 || h.got("Subject: Second") != 1 || h.got("X-Turn: third") != 1 {
			t.Errorf("%d mails came", h.relay.Count())
		}
		if first.ID != "d1" {
			t.Errorf("its id is %q", first.ID)
		}
		h.write(http.StatusCreated, "PUT", mails+"/d2", `{"to":"anna@example.org","message":{"subject":"First","text":"x"}}`)
		d := h.write(http.StatusOK, "PATCH", mails+"/d2", `{"message":{"subject":" "}}`)
		h.run(h.flush.Run)
		if d.Delivery.State != "ERROR" || d.Delivery.Error == nil || h.relay.Count() != 1 {
			t.Errorf("made bad while it waited: %+v, %d mails", d.Delivery, h.relay.Count())
		}
	})
}

// TestBadDocumentsAreKept: TE-12, with the sentence, until somebody mends them.
func TestBadDocumentsAreKept(t *testing.T) {
	each(t, func(h *house) {
		h.people("anna")
		for body, want := range map[string]string{
			`{"message":{"subject":"Hi","text":"x"}}`:                                                            "Expected at least 1 recipient.",
			`{"toUids":["nobody"],"message":{"subject":"Hi","text":"x"}}`:                                        "Expected at least 1 recipient.",
			`{"to":"anna@example.org"}`:                                                                          "Neither message nor template is given.",
			`{"to":"anna@example.org","message":{"text":"x"}}`:                                                   "subject: a mail needs a subject.",
			`{"to":"anna@example.org","message":{"subject":"x"}}`:                                                "text: a mail needs a text",
			`{"to":"anna","message":{"subject":"x","text":"x"}}`:                                                 `"anna" is not an address.`,
			`{"to":"anna@example.org","template":{"name":"none"}}`:                                               `there is no template "none"`,
			`{"to":"a@example.org","headers":{"Bcc":"x"},"message":{"subject":"x","text":"x"}}`:                  "the header Bcc may not be set",
			`{"to":"a@example.org","message":{"subject":"x","text":"x","attachments":[{"path":"/etc/passwd"}]}}`: "files and web addresses are not fetched",
		} {
			d := h.write(http.StatusCreated, "POST", mails, body)
			if d.Delivery.State != "ERROR" || d.Delivery.Error == nil || !strings.Contains(*d.Delivery.Error, want) || d.Delivery.EndTime == nil || d.Delivery.Attempts != 0 {
				t.Errorf("%s has %+v, want %q", body, d.Delivery, want)
			}
		}
		h.write(http.StatusCreated, "PUT", mails+"/d1", `{"toUids":["nobody"],"message":{"subject":"Mended","text":"x"}}`)
		d := h.write(http.StatusOK, "PATCH", mails+"/d1", `{"toUids":["nobody","anna"]}`)
		if d.Delivery.State != "ERROR" {
			t.Errorf("TE-6: an edit of what is in error sent it: %+v", d.Delivery)
		}
		d = h.write(http.StatusOK, "PATCH", mails+"/d1", `{"delivery":{"state":"RETRY"}}`)
		if d.Delivery.State != "PENDING" || len(d.Delivery.LeftOut) != 1 || !strings.Contains(d.Delivery.LeftOut[0], `"nobody"`) {
			t.Errorf("TE-11: %+v, want nobody left out on record", d.Delivery)
		}
		h.run(h.flush.Run)
		if h.got("Mended") != 1 {
			t.Errorf("%d mails came", h.got("Mended"))
		}
	})
}

// TestDocumentsOfTemplates: TE-14 by this door.
func TestDocumentsOfTemplates(t *testing.T) {
	each(t, func(h *house) {
		h.must(http.StatusOK, nil, "PUT", "/api/v1/templates/welcome", `{"subject":"Welcome {{name}}","html":"<p>Hello {{name}}"}`)
		h.write(http.StatusCreated, "PUT", mails+"/d1", `{"bcc":["anna@example.org","jan@example.org"],"template":{"name":"welcome","data":{"name":"Nina"}}}`)
		h.run(h.flush.Run)
		if h.relay.Count() != 1 || h.got("Welcome Nina") != 1 || len(h.relay.Got()[0].To) != 2 || h.got("anna@example.org") != 0 {
			t.Errorf("%d mails, to %v", h.relay.Count(), h.relay.Got()[0].To)
		}
		h.write(http.StatusOK, "PATCH", mails+"/d1", `{"template":{"data":{"name":"Ola"}},"delivery":{"state":"RETRY"}}`)
		h.run(h.flush.Run)
		if h.got("Welcome Ola") != 1 {
			t.Errorf("%d mails of the new data", h.got("Welcome Ola"))
		}
	})
}

// answered asks until there is an answer: an engine asks again that is told that the first
// request is still being answered.
func (h *house) answered(method, path, body string, headers ...string) answer {
	for end := time.Now().Add(2 * time.Minute); ; {
		if a := h.ask(method, path, body, headers...); !bytes.Contains(a.body, []byte("in_progress")) || time.Now().After(end) {
			return a
		}
	}
}

// TestOneDocumentOneMail: writes at once, and repeated ones, send one mail.
func TestOneDocumentOneMail(t *testing.T) {
	each(t, func(h *house) {
		const body = `{"to":"anna@example.org","message":{"subject":"Once","text":"x"}}`
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				if a := h.ask("PUT", mails+"/d1", body); a.StatusCode/100 != 2 {
					t.Errorf("PUT = %d %s", a.StatusCode, a.body)
				}
			})
			all.Go(func() {
				if a := h.answered("POST", mails, body, "Idempotency-Key", "step-1"); a.StatusCode/100 != 2 {
					t.Errorf("POST = %d %s", a.StatusCode, a.body)
				}
			})
		}
		all.Wait()
		h.run(h.flush.Run)
		if n := h.got("Subject: Once"); n != 2 {
			t.Errorf("%d mails of two documents", n)
		}
		if a := h.ask("POST", mails, body, "Idempotency-Key", "step-1"); a.StatusCode != http.StatusOK || a.Header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("repeated: %d %v", a.StatusCode, a.Header)
		}
		if a := h.ask("POST", mails, `{"to":"jan@example.org"}`, "Idempotency-Key", "step-1"); a.problem(h).Code != "idempotency_key_reused" {
			t.Errorf("another with the same key: %d %s", a.StatusCode, a.body)
		}
	})
}

// TestWhoMayWriteDocuments, and what is no document.
func TestWhoMayWriteDocuments(t *testing.T) {
	each(t, func(h *house) {
		h.write(http.StatusCreated, "PUT", mails+"/d1", `{"to":"anna@example.org","message":{"subject":"x","text":"x"}}`)
		if err := h.store.AddSite(ctx, "acme", "UTC", time.Now()); err != nil {
			t.Fatal(err)
		}
		_, secret := h.key(access.ReadQueue)
		var acme struct{ Secret string }
		h.must(http.StatusCreated, &acme, "POST", "/api/v1/keys", `{"name":"acme","scopes":["admin"],"site":"acme"}`)
		stranger, reader := "Bearer "+acme.Secret, "Bearer "+secret
		for name, row := range map[string]struct {
			method, path, body, key string
			status                  int
		}{
			"no such document":        {"GET", mails + "/none", "", "", 404},
			"a patch of none":         {"PATCH", mails + "/none", "{}", "", 404},
			"another site's":          {"GET", mails + "/d1", "", stranger, 404},
			"without a key":           {"PUT", mails + "/d1", "{}", "Bearer nothing", 401},
			"a key that only reads":   {"PUT", mails + "/d1", "{}", reader, 403},
			"no JSON":                 {"PUT", mails + "/d1", "{", "", 422},
			"a list":                  {"POST", mails, "[]", "", 422},
			"an id of two lines":      {"PUT", mails + "/a%0Ab", "{}", "", 422},
			"an id that is too long":  {"PUT", mails + "/" + strings.Repeat("a", 201), "{}", "", 422},
			"another method":          {"DELETE", mails + "/d1", "", "", 405},
			"a body that is too long": {"PUT", mails + "/d1", `{"a":"` + strings.Repeat("a", 18<<20) + `"}`, "", 413},
		} {
			var headers []string
			if row.key != "" {
				headers = []string{"Authorization", row.key}
			}
			if a := h.ask(row.method, row.path, row.body, headers...); a.StatusCode != row.status {
				t.Errorf("%s: %d %.200s, want %d", name, a.StatusCode, a.body, row.status)
			}
		}
	})
}

// TestFiftyPostsAtOnce with one key give one mail.
func TestFiftyPostsAtOnce(t *testing.T) {
	each(t, func(h *house) {
		h.people("anna")
		h.must(http.StatusOK, nil, "PUT", "/api/v1/users/anna/preferences", `{"case_changed":"immediately"}`)
		answers := make([]string, 100)
		ask := func(path, body, key string) string {
			return string(h.answered("POST", path, body, "Idempotency-Key", key).body)
		}
		var all sync.WaitGroup
		for i := range 50 {
			all.Go(func() {
				answers[i] = ask("/api/v1/messages", `{"to":["anna"],"subject":"Contract ready","text":"x"}`, "case/1/mail")
			})
			all.Go(func() {
				answers[50+i] = ask("/api/v1/events", `{"kind":"case_changed","users":["anna"],"summary":"Jan commented"}`, "case/1/event")
			})
		}
		all.Wait()
		for i, answer := range answers {
			if answer != answers[i/50*50] {
				t.Errorf("answer %d is %s, another %s", i, answer, answers[i/50*50])
			}
		}
		h.run(h.flush.Run, h.flush.Run)
		if n := h.relay.Count(); n != 2 {
			t.Errorf("%d mails of one message and one event", n)
		}
		if a := h.ask("POST", "/api/v1/messages", `{"to":["anna"],"subject":"Contract ready","text":"x"}`, "Idempotency-Key", "case/1/mail"); string(a.body) != answers[0] || a.Header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("later: %s", a.body)
		}
	})
}
