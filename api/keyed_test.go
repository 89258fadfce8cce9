package api_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"notifier/message"
	"notifier/request"
)

// keyedRequest is one that a mail comes of, and another of its kind.
type keyedRequest struct{ path, body, otherPath, otherBody string }

// bearing makes, for each operation that a mail can come of, what the nth request is about.
var bearing = map[string]func(h *house, n int) keyedRequest{
	"send-message": func(_ *house, n int) keyedRequest {
		return same("/messages", fmt.Sprintf(`{"to":["anna"],"subject":"x","text":"%d"}`, n), `{"to":["anna"],"subject":"other","text":"y"}`)
	},
	"send-messages": func(_ *house, n int) keyedRequest {
		return same("/messages/batch", fmt.Sprintf(`[{"to":["anna"],"subject":"x","text":"%d"}]`, n), `[{"to":["anna"],"subject":"other","text":"y"}]`)
	},
	"publish-event": func(_ *house, n int) keyedRequest {
		return same("/events", fmt.Sprintf(`{"kind":"case_changed","users":["anna"],"summary":"%d"}`, n), `{"kind":"case_changed","users":["jan"]}`)
	},
	"publish-events": func(_ *house, n int) keyedRequest {
		return same("/events/batch", fmt.Sprintf(`[{"kind":"case_changed","users":["anna"],"summary":"%d"}]`, n), `[{"kind":"case_changed","users":["jan"]}]`)
	},
	"edit-message": func(h *house, n int) keyedRequest {
		return same("/messages/"+h.kept(n), `{"text":"another"}`, `{"text":"a third"}`)
	},
	"retry-message": func(h *house, n int) keyedRequest {
		id := h.sent(n)
		return same("/messages/"+id+"/retry", `{"resend":true}`, `{}`)
	},
	"cancel-message":  func(h *house, n int) keyedRequest { return h.ofTwo(n, "cancel") },
	"release-message": func(h *house, n int) keyedRequest { return h.ofTwo(n, "release") },
	"hold-message": func(h *house, n int) keyedRequest {
		return keyedRequest{path: "/messages/" + h.later(n) + "/hold", otherPath: "/messages/" + h.later(n) + "/hold"}
	},
	"send-message-now": func(h *house, n int) keyedRequest {
		return keyedRequest{path: "/messages/" + h.later(n) + "/send-now", otherPath: "/messages/" + h.later(n) + "/send-now"}
	},
	"act-on-messages": func(h *house, n int) keyedRequest {
		h.kept(n)
		return same("/messages/actions", fmt.Sprintf(`{"action":"release","q":"reference:kept-%d since:24h"}`, n), `{"action":"cancel","q":"since:24h"}`)
	},
	"set-deadline": func(_ *house, n int) keyedRequest {
		return same(fmt.Sprintf("/deadlines/D-%d", n), `{"users":["anna"],"due_in":{"days":2}}`, `{"users":["anna"],"due_in":{"days":3}}`)
	},
	"send-digest": func(h *house, n int) keyedRequest {
		user := fmt.Sprintf("daily%d", n)
		h.people(user)
		h.must(http.StatusOK, nil, "PUT", "/api/v1/users/"+user+"/preferences", `{"case_changed":"daily"}`)
		h.must(http.StatusAccepted, nil, "POST", "/api/v1/events", `{"kind":"case_changed","users":["`+user+`"]}`)
		return keyedRequest{path: "/users/" + user + "/digest/send", otherPath: "/users/jan/digest/send"}
	},
	"retry-posted": func(h *house, n int) keyedRequest {
		s := &script{house: h}
		id := message.NewID(request.PostedIDs)
		s.post(id, fmt.Sprintf("case/%d", n))
		return keyedRequest{path: "/outbox/" + string(id) + "/retry", otherPath: "/outbox/out_0/retry"}
	},
}

func same(path, body, other string) keyedRequest { return keyedRequest{path, body, path, other} }

// kept is the id of a message that waits for a person.
func (h *house) kept(n int) string {
	h.Helper()
	return h.sendOne(fmt.Sprintf(`{"to":["anna"],"subject":"x","text":"y","manual":true,"id":"kept-%d"}`, n))
}

// later is the id of a message that leaves in years.
func (h *house) later(n int) string {
	h.Helper()
	return h.sendOne(fmt.Sprintf(`{"to":["anna"],"subject":"x","text":"y","send_at":"2035-01-01T00:00:00Z","id":"later-%d"}`, n))
}

// sent is the id of a message that was sent.
func (h *house) sent(n int) string {
	h.Helper()
	id := h.sendOne(fmt.Sprintf(`{"to":["anna"],"subject":"x","text":"y","id":"sent-%d"}`, n))
	h.run(h.flush.Run)
	return id
}

// ofTwo is an action on one message, and the same on another.
func (h *house) ofTwo(n int, action string) keyedRequest {
	h.Helper()
	return keyedRequest{path: "/messages/" + h.kept(n) + "/" + action, otherPath: "/messages/" + h.kept(n) + "/" + action}
}

// bearsNone are the changes that no mail comes of, or no second one if they are repeated.
var bearsNone = map[string]bool{
	"preview-deadline": true, "try-event": true, "simulate-jobs": true, "render-template": true, // they only try
	"run-job": true, "change-job": true, "pause-job": true, "resume-job": true, // a job finds what is due once, however often it runs
	"set-user": true, "edit-user": true, "set-preferences": true, "edit-preferences": true, // what waited leaves once
	"set-group": true, "set-process": true, "set-site": true, "set-template": true, "suppress-address": true,
	"create-key": true, "rotate-key": true, "add-member": true, "change-member": true, "unlock-member": true, "link-to-preferences": true,
	"create-webhook": true, "change-webhook": true, "rotate-secret": true, "test-webhook": true, "replay-callback": true,
}

// TestSafeToRepeat holds of the whole document: whatever a mail can come of takes an
// Idempotency-Key. A repetition is told the same and does nothing, another request with the
// key is refused, and of many at once, at two replicas, one does it.
func TestSafeToRepeat(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		h.people("anna", "jan")
		replica := h.replica()
		for _, r := range routes(h) {
			name := r.operation["operationId"].(string)
			make, bears := bearing[name]
			switch {
			case r.method == http.MethodGet || r.method == http.MethodDelete:
				continue
			case bears == bearsNone[name]:
				h.Errorf("%s: does a mail come of it? Say so in bearing or bearsNone", name)
				continue
			case bears != r.takes("header", "Idempotency-Key"):
				h.Errorf("%s takes an Idempotency-Key: %t, and a mail comes of it: %t", name, !bears, bears)
			case !bears:
				continue
			}
			h.repeat(name, r.method, make(h, 1))
			h.crowd(name, r.method, make(h, 2), h, replica)
		}
	})
}

func (h *house) repeat(name, method string, r keyedRequest) {
	h.Helper()
	key := "repeat " + name
	first := h.ask(method, "/api/v1"+r.path, r.body, "Idempotency-Key", key)
	again := h.ask(method, "/api/v1"+r.path, r.body, "Idempotency-Key", key)
	if first.StatusCode >= 300 || first.Header.Get("Idempotent-Replayed") != "" {
		h.Errorf("%s: first %d %q %s", name, first.StatusCode, first.Header.Get("Idempotent-Replayed"), first.body)
	}
	if again.StatusCode != first.StatusCode || told(again) != told(first) || again.Header.Get("Idempotent-Replayed") != "true" {
		h.Errorf("%s: first %d %s, again %d %q %s", name, first.StatusCode, first.body, again.StatusCode, again.Header.Get("Idempotent-Replayed"), again.body)
	}
	other := h.ask(method, "/api/v1"+r.otherPath, r.otherBody, "Idempotency-Key", key)
	if name == "send-messages" || name == "publish-events" { // each item is refused by itself
		if !strings.Contains(string(other.body), `"status":422`) || !strings.Contains(string(other.body), "idempotency_key_reused") {
			h.Errorf("%s: another request with the key: %s", name, other.body)
		}
		return
	}
	if other.StatusCode != http.StatusUnprocessableEntity || other.problem(h).Code != "idempotency_key_reused" {
		h.Errorf("%s: another request with the key: %d %s", name, other.StatusCode, other.body)
	}
}

// crowd sends a request many times at once, to both replicas.
func (h *house) crowd(name, method string, r keyedRequest, replicas ...*house) {
	h.Helper()
	answers := make([]answer, 8)
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() {
			answers[i] = replicas[i%len(replicas)].ask(method, "/api/v1"+r.path, r.body, "Idempotency-Key", "crowd "+name)
		})
	}
	all.Wait()
	did := 0
	for _, a := range answers {
		if a.Header.Get("Idempotent-Replayed") == "" {
			did++
		}
		if a.StatusCode != answers[0].StatusCode || told(a) != told(answers[0]) {
			h.Errorf("%s: one of many is told %d %s, another %d %s", name, answers[0].StatusCode, answers[0].body, a.StatusCode, a.body)
		}
	}
	if did != 1 {
		h.Errorf("%s: %d of many did it, want one", name, did)
	}
}

// told is what an answer says beside that it is a repetition.
func told(a answer) string { return strings.ReplaceAll(string(a.body), `"replayed":true,`, "") }

// The doors of other services take a key, too.
func TestSafeToRepeatElsewhere(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		h.people("anna")
		id := h.sent(1)
		h.relay.Refuse("jan@example.net", 550)
		failed := h.sendOne(`{"to":["jan@example.net"],"subject":"x","text":"y"}`)
		h.run(h.flush.Run)
		doc := `{"to":["anna@example.org"],"message":{"subject":"x","text":"y"}}`
		for _, row := range []struct {
			method, path, body, otherPath, otherBody string
			mails                                    int // that come of it
		}{
			{"POST", "/compat/timers/" + failed + "/retry", "", "/compat/timers/" + id + "/retry", "", 1},
			{"POST", "/compat/trigger-email/mail", doc, "/compat/trigger-email/mail", `{"to":["jan@example.net"]}`, 1},
			{"PUT", "/compat/trigger-email/mail/1", doc, "/compat/trigger-email/mail/2", doc, 1},
			{"PATCH", "/compat/trigger-email/mail/1", `{"message":{"text":"z"},"delivery":{"state":"RETRY"}}`, "/compat/trigger-email/mail/1", `{}`, 1},
		} {
			before := h.relay.Count()
			for i, want := range []string{"", "true", "true"} {
				a := h.ask(row.method, row.path, row.body, "Idempotency-Key", row.method+row.path)
				if a.StatusCode >= 300 || a.Header.Get("Idempotent-Replayed") != want {
					h.Errorf("%s %s, time %d: %d %q %s", row.method, row.path, i+1, a.StatusCode, a.Header.Get("Idempotent-Replayed"), a.body)
				}
				h.run(h.flush.Run)
			}
			if got := h.relay.Count() - before; got != row.mails {
				h.Errorf("%s %s: %d mails came, want %d", row.method, row.path, got, row.mails)
			}
			if other := h.refusedAs(row.method, row.otherPath, row.otherBody, row.method+row.path); !strings.Contains(other, "another request") {
				h.Errorf("%s %s: another request with the key: %s", row.method, row.path, other)
			}
			if long := h.refusedAs(row.method, row.path, row.body, strings.Repeat("x", 256)); !strings.Contains(long, "255") {
				h.Errorf("%s %s: too long a key: %s", row.method, row.path, long)
			}
		}
	})
}

// refusedAs is what a request with a key is refused with, by a door that has problems of its own.
func (h *house) refusedAs(method, path, body, idempotency string) string {
	h.Helper()
	r, err := http.NewRequest(method, h.url+path, strings.NewReader(body))
	if err != nil {
		h.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	r.Header.Set("Idempotency-Key", idempotency)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		h.Fatal(err)
	}
	defer answer.Body.Close()
	told, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode/100 != 4 {
		h.Errorf("%s %s: %d %s %v", method, path, answer.StatusCode, told, err)
	}
	return string(told)
}
