package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"notifier/access"
	"notifier/api"
)

// TestRetryTimer is CQ-13 and -14, with a text as previous_error (CQ-15): what the retry wipes stands in the same row, and a
// refusal is 400 with the text of the toast.
func TestRetryTimer(t *testing.T) {
	each(t, func(h *house) {
		s := &script{house: h}
		s.day()
		id := s.find("m-error")
		var row map[string]any
		if status := h.retryTimer(id, key, &row); status != http.StatusOK {
			t.Fatalf("%d %v", status, row)
		}
		for _, name := range []string{"executed_at", "served_at", "deleted_at", "error"} {
			if v, has := row[name]; v != nil || !has {
				h.Errorf("%s is %v, want null", name, v)
			}
		}
		for _, name := range []string{"previous_executed_at", "previous_served_at", "previous_error"} {
			if text, is := row[name].(string); !is || text == "" {
				h.Errorf("%s is %v, want what was wiped", name, row[name])
			}
		}
		if row["retry_count"] != 1.0 || row["status"] != "Manual Retry" || row["id"] != id {
			h.Errorf("the row is %v", row)
		}
		for name, path := range map[string]string{"a second time": id, "sent": s.find("m-sent"), "manual": s.find("m-manual"), "nothing": "msg_0", "a NUL (T11)": "%00", "no text (T11)": "%ff"} {
			var toast map[string]string
			if status := h.retryTimer(path, key, &toast); status != http.StatusBadRequest || !strings.HasSuffix(toast["error_message"], ".") || len(toast) != 1 {
				h.Errorf("%s: %d %s, want 400 with error_message", name, status, toast)
			}
		}
		if status := h.retryTimer(id, "wrong", &row); status != http.StatusUnauthorized {
			h.Errorf("without the key: %d", status)
		}
	})
}

func (h *house) retryTimer(id, key string, into any) int {
	h.Helper()
	request, err := http.NewRequest(http.MethodPost, h.url+"/compat/timers/"+id+"/retry", nil)
	if err != nil {
		h.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+key)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		h.Fatal(err)
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
		h.Fatal(err)
	}
	return answer.StatusCode
}

// domains are the sites of a house: two domains of the first, one of another.
type domains struct{ *house }

func (d domains) SiteOf(domain string) (string, bool) {
	site, known := map[string]string{"www.example.org": site, "acme.example.org": "acme"}[domain]
	return site, known
}

func (d domains) Flush(ctx context.Context, of string) (map[string]int, error) {
	if of != site {
		return nil, nil
	}
	return d.flush.Run(ctx, time.Now())
}

// TestChora: send_queue and retry_queue are for the site of their domain (CH-6, CH-7), and
// for those who may act there.
func TestChora(t *testing.T) {
	each(t, func(h *house) {
		if err := h.store.AddSite(ctx, "acme", "UTC", time.Now()); err != nil {
			t.Fatal(err)
		}
		h.relay.Refuse("gone@example.org", 550)
		h.relay.Refuse("full@example.org", 552)
		h.must(http.StatusAccepted, nil, "POST", "/api/v1/messages", `{"to":["anna@example.org","gone@example.org","full@example.org"],"subject":"x","text":"y"}`)
		var acme struct{ Secret string }
		h.must(http.StatusCreated, &acme, "POST", "/api/v1/keys", `{"name":"acme","scopes":["queue"],"site":"acme"}`)
		_, reader := h.key(access.ReadQueue)
		h.url = h.serve(api.NewBackend(h.desk, h.store), h.timetable, api.Options{Domains: domains{h}}, zap.NewNop())
		for _, row := range []struct {
			path, key string
			status    int
			want      string
		}{
			{"www.example.org/send_queue", key, 200, `{"domain":"www.example.org","site":"default","sent":1,"failed":2}`},
			{"www.example.org/send_queue", key, 200, `{"domain":"www.example.org","site":"default","sent":0}`},
			{"www.example.org/retry_queue", key, 200, `{"domain":"www.example.org","site":"default","retried":1,"left_alone":{"address_unknown":1},"sent":1}`},
			{"www.example.org/retry_queue?all=true", key, 200, `{"domain":"www.example.org","site":"default","left_alone":{"suppressed":1},"sent":0}`},
			{"www.example.org/retry_queue?category=address_unknown", key, 200, `{"domain":"www.example.org","site":"default","left_alone":{"suppressed":1},"sent":0}`},
			{"www.example.org/retry_queue?category=nonsense", key, 422, "no category of errors"},
			{"acme.example.org/retry_queue", key, 200, `{"domain":"acme.example.org","site":"acme","sent":0}`},
			{"acme.example.org/send_queue", acme.Secret, 200, `{"domain":"acme.example.org","site":"acme","sent":0}`},
			{"www.example.org/send_queue", acme.Secret, 404, "there is no site with the domain"},
			{"nobody.example.org/send_queue", key, 404, "there is no site with the domain"},
			{"www.example.org/send_queue", reader, 403, "scope"},
			{"www.example.org/send_queue", "none", 401, "key"},
		} {
			a := h.ask("POST", "/compat/chora/"+row.path, "", "Authorization", "Bearer "+row.key)
			if a.StatusCode != row.status || !strings.Contains(strings.ToLower(string(a.body)), strings.ToLower(row.want)) {
				t.Errorf("%s: %d %s, want %d %s", row.path, a.StatusCode, a.body, row.status, row.want)
			}
		}
		if all := h.audit("action=act-on-messages"); len(all) != 4 || fmt.Sprint(all[3].After["retried"]) != "1" {
			t.Errorf("the records of both retries are %+v", all)
		}
	})
}

// compatRoutes are those of the doors for other services, which the document tells of too.
func compatRoutes() []played {
	const doc = "/compat/trigger-email/mail/welcome-17"
	write := `{"to":["guest@example.net"],"toUids":["nobody"],"message":{"subject":"Welcome","text":"Nice to see you."},"case":17}`
	return []played{
		{"retry-timer", func(s *script) {
			s.relay.Refuse("gone@example.net", 550)
			id := s.sendOne(`{"to":["gone@example.net"],"subject":"x","text":"y"}`)
			s.run(s.flush.Run)
			s.say("POST", "/compat/timers/"+id+"/retry", "", "Idempotency-Key", "k")
			s.say("POST", "/compat/timers/"+id+"/retry", "", "Idempotency-Key", "k")
		}},
		{"send-queue", func(s *script) {
			s.sendOne(`{"to":["guest@example.net"],"subject":"x","text":"y"}`)
			s.say("POST", "/compat/chora/www.example.org/send_queue", "")
			s.say("POST", "/compat/chora/nobody.example.org/send_queue", "")
		}},
		{"retry-queue", func(s *script) {
			s.relay.Refuse("gone@example.net", 550)
			s.sendOne(`{"to":["gone@example.net"],"subject":"x","text":"y"}`)
			s.run(s.flush.Run)
			s.say("POST", "/compat/chora/www.example.org/retry_queue", "", "Idempotency-Key", "k")
			s.say("POST", "/compat/chora/www.example.org/retry_queue", "", "Idempotency-Key", "k")
		}},
		{"add-document", func(s *script) {
			s.say("POST", "/compat/trigger-email/mail", write, "Idempotency-Key", "k")
			s.say("POST", "/compat/trigger-email/mail", write, "Idempotency-Key", "k")
			s.say("POST", "/compat/trigger-email/mail", `{}`, "Idempotency-Key", "k")
			s.say("POST", "/compat/trigger-email/mail", `[]`)
		}},
		{"put-document", func(s *script) {
			s.say("PUT", doc, write)
			s.say("PUT", doc, `{"message":{}}`)
		}},
		{"patch-document", func(s *script) {
			s.must(http.StatusCreated, nil, "PUT", doc, write)
			s.say("PATCH", doc, `{"message":{"subject":"Welcome again"},"case":null,"delivery":{"state":"RETRY"}}`, "Idempotency-Key", "k")
			s.say("PATCH", doc, `{"message":{"subject":"Welcome again"},"case":null,"delivery":{"state":"RETRY"}}`, "Idempotency-Key", "k")
			s.say("PATCH", "/compat/trigger-email/mail/other", `{}`)
		}},
		{"get-document", func(s *script) {
			s.must(http.StatusCreated, nil, "PUT", doc, write)
			s.say("GET", doc, "")
			s.say("GET", "/compat/trigger-email/mail/other", "")
		}},
	}
}
