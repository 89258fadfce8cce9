package api_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"go.uber.org/zap"

	"notifier/api"
	"notifier/message"
	"notifier/request"
	"notifier/store/storetest"
)

// UX 11.1: asking what would happen stores nothing.
func TestDryRun(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		h.people("anna")
		h.must(http.StatusOK, nil, "PUT", "/api/v1/users/anna/preferences", `{"case_changed":"daily"}`)
		h.must(http.StatusAccepted, nil, "POST", "/api/v1/messages", `{"to":["anna"],"subject":"x","text":"y","manual":true,"id":"m1"}`)
		id := (&script{house: h}).find("m1")
		before := h.must(http.StatusOK, nil, "GET", "/api/v1/messages?count=exact", "")
		for _, row := range []struct{ path, body, want string }{
			{"/messages", `{"to":["anna","x@example.net"],"subject":"x","text":"y"}`, `{"messages":[{"to":"anna@example.org","user":"anna","status":"pending","expected_by":`},
			{"/messages/batch", `[{"to":["anna"],"subject":"x","text":"y"},{"to":["nobody"],"subject":"x","text":"y"}]`, `"dry_run":true}},{"status":422`},
			{"/events", `{"kind":"case_changed","users":["anna"]}`, `"status":"deferred","reason":"preference_daily","due_at"`},
			{"/events/batch", `[{"kind":"case_changed","users":["anna"]}]`, `"reason":"preference_daily"`},
			{"/messages/" + id + "/release", "", `"status":"pending"`},
			{"/messages/" + id + "/cancel", "", `"status":"cancelled"`},
			{"/messages/actions", `{"action":"cancel","q":"status:pending_manual"}`, `"status":"dry_run","total":1`},
			{"/messages/actions", `{"action":"cancel","ids":["` + id + `"]}`, `"status":"dry_run","total":1`},
		} {
			a := h.must(http.StatusOK, nil, "POST", "/api/v1"+row.path+"?dry_run=true", row.body, "Idempotency-Key", "key")
			if !strings.Contains(string(a.body), row.want) {
				h.Errorf("%s: %s, want %s", row.path, a.body, row.want)
			}
		}
		h.must(http.StatusConflict, nil, "POST", "/api/v1/messages/"+id+"/retry?dry_run=true", "")
		h.must(http.StatusUnprocessableEntity, nil, "POST", "/api/v1/messages?dry_run=true", `{"to":["nobody"],"subject":"x","text":"y"}`)
		h.must(http.StatusUnprocessableEntity, nil, "POST", "/api/v1/messages?dry_run=perhaps", `{"to":["anna"],"subject":"x","text":"y"}`)
		if after := h.must(http.StatusOK, nil, "GET", "/api/v1/messages?count=exact", ""); string(after.body) != string(before.body) {
			h.Errorf("there were %s, now %s", before.body, after.body)
		}
		// The key is as free as before.
		a := h.must(http.StatusAccepted, nil, "POST", "/api/v1/messages", `{"to":["anna"],"subject":"x","text":"y"}`, "Idempotency-Key", "key")
		if a.Header.Get("Idempotent-Replayed") != "" {
			h.Error("a dry run has used up the key")
		}
	})
}

// UX 11.1: everything that can give birth to a mail is safe to repeat.
func TestRepeated(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		h.people("anna")
		h.relay.Refuse("anna@example.org", 550)
		h.must(http.StatusAccepted, nil, "POST", "/api/v1/messages", `{"to":["anna"],"subject":"x","text":"y","id":"m1"}`)
		h.run(h.flush.Run)
		id := (&script{house: h}).find("m1")
		retry := "/api/v1/messages/" + id + "/retry"
		var m struct {
			RetryCount int `json:"retry_count"`
		}
		h.must(http.StatusOK, &m, "POST", retry, `{}`, "Idempotency-Key", "k1")
		a := h.must(http.StatusOK, &m, "POST", retry, "", "Idempotency-Key", "k1") // the same, written otherwise
		if a.Header.Get("Idempotent-Replayed") != "true" || m.RetryCount != 1 {
			h.Errorf("again: %q, %s", a.Header.Get("Idempotent-Replayed"), a.body)
		}
		if p := h.must(http.StatusUnprocessableEntity, nil, "POST", retry, `{"resend":true}`, "Idempotency-Key", "k1").problem(h); p.Code != "idempotency_key_reused" {
			h.Errorf("another request with the key: %+v", p)
		}
		h.must(http.StatusUnprocessableEntity, nil, "POST", "/api/v1/messages", `{"to":["anna"],"subject":"x","text":"y"}`, "Idempotency-Key", "k1")
		h.must(http.StatusConflict, nil, "POST", retry, "", "Idempotency-Key", "k2") // it waits already
	})
}

// A sent message that is changed and sent again is so once, however often that is asked.
func TestEditedOnce(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		h.people("anna")
		h.must(http.StatusAccepted, nil, "POST", "/api/v1/messages", `{"to":["anna"],"subject":"x","text":"y","id":"m1"}`)
		h.run(h.flush.Run)
		path := "/api/v1/messages/" + (&script{house: h}).find("m1")
		for i, want := range []string{"", "true", "true"} {
			body := `{"text":"z","delivery":{"state":"RETRY"}}`
			if a := h.must(http.StatusOK, nil, "PATCH", path, body, "Idempotency-Key", "k"); a.Header.Get("Idempotent-Replayed") != want {
				h.Errorf("time %d: replayed %q, want %q", i+1, a.Header.Get("Idempotent-Replayed"), want)
			}
			h.run(h.flush.Run)
		}
		if n := h.relay.Count(); n != 2 {
			h.Errorf("%d mails came, want the first and its change", n)
		}
		if p := h.must(http.StatusUnprocessableEntity, nil, "PATCH", path, `{"text":"other"}`, "Idempotency-Key", "k").problem(h); p.Code != "idempotency_key_reused" {
			h.Errorf("another change with the key: %+v", p)
		}
	})
}

// What was answered once is answered again, also when it would be refused by now.
func TestRepeatedLate(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		h.people("anna")
		for path, body := range map[string]string{
			"/api/v1/messages": `{"to":["anna"],"subject":"x","text":"y"}`,
			"/api/v1/events":   `{"kind":"case_changed","users":["anna"]}`,
		} {
			first := h.must(http.StatusAccepted, nil, "POST", path, body, "Idempotency-Key", path)
			defer func() {
				again := h.must(http.StatusAccepted, nil, "POST", path, body, "Idempotency-Key", path)
				if string(again.body) != string(first.body) || again.Header.Get("Idempotent-Replayed") != "true" {
					h.Errorf("%s: first %s, then %s", path, first.body, again.body)
				}
			}()
		}
		h.must(http.StatusOK, nil, "DELETE", "/api/v1/users/anna", "")
	})
}

// slow is a desk that takes its time with messages.
type slow struct {
	api.Sender
	begun, goOn chan struct{}
}

func (s slow) SendMessage(ctx context.Context, c request.Call, d message.Draft) (request.Taken, bool, error) {
	s.begun <- struct{}{}
	<-s.goOn
	return s.Sender.SendMessage(ctx, c, d)
}

// UX 11.1: while the first is being answered, a repetition waits a moment and is then told
// to come again.
func TestFirstStillRunning(t *testing.T) {
	t.Parallel()
	h := open(t, storetest.Open(t, storetest.URL(t, "sqlite")))
	h.people("anna")
	s := slow{h.desk, make(chan struct{}, 10), make(chan struct{})}
	b := api.NewBackend(h.desk, h.store)
	b.Sender = s
	h.url = h.serve(b, h.timetable, api.Options{}, zap.NewNop())
	body := `{"to":["anna"],"subject":"x","text":"y"}`
	var all sync.WaitGroup
	all.Go(func() { h.must(http.StatusAccepted, nil, "POST", "/api/v1/messages", body, "Idempotency-Key", "k") })
	<-s.begun
	a := h.must(http.StatusConflict, nil, "POST", "/api/v1/messages", body, "Idempotency-Key", "k")
	if p := a.problem(h); p.Code != "in_progress" || a.Header.Get("Retry-After") != "1" {
		h.Errorf("meanwhile: %s", a.body)
	}
	all.Go(func() {
		if a := h.must(http.StatusAccepted, nil, "POST", "/api/v1/messages", body, "Idempotency-Key", "k"); a.Header.Get("Idempotent-Replayed") != "true" {
			h.Error("the second is no repetition")
		}
	})
	close(s.goOn)
	all.Wait()
}

// The answer says by which run a message leaves, and where people see it.
func TestExpectedBy(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		h.people("anna")
		var taken request.Taken
		h.must(http.StatusAccepted, &taken, "POST", "/api/v1/messages", `{"to":["anna"],"subject":"x","text":"y","send_at":"2035-01-01T00:00:00Z"}`)
		one := taken.Messages[0]
		if one.ExpectedBy == nil || one.ExpectedBy.Year() != 2035 || one.URL != fmt.Sprintf("https://n.example.org/messages/%s", one.ID) {
			h.Errorf("taken: %+v", one)
		}
		h.must(http.StatusOK, nil, "POST", "/api/v1/jobs/notifications/pause", "")
		taken = request.Taken{}
		h.must(http.StatusAccepted, &taken, "POST", "/api/v1/messages", `{"to":["anna"],"subject":"x","text":"y"}`)
		if taken.Messages[0].ExpectedBy != nil {
			h.Errorf("while Notifications is paused: %+v", taken.Messages[0])
		}
	})
}
