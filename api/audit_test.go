package api_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"notifier/access"
)

// traffic are the operations that change something, or only look like it, and leave no
// record: messages and events tell themselves where they come from, a rendering changes nothing.
var traffic = []string{"send-message", "send-messages", "publish-event", "publish-events", "try-event", "render-template"}

// TestEveryChangeIsAudited: the document says of every operation that is no GET that it
// leaves a record. That it leaves exactly one, and nothing else does, is looked at after
// every request of all tests here; TestRoutes plays every operation.
func TestEveryChangeIsAudited(t *testing.T) {
	each(t, func(h *house) {
		for path, operations := range spec(h).ours() {
			for method, o := range operations.(map[string]any) {
				id := at(o, "operationId").(string)
				want := method != "get" && !slices.Contains(traffic, id)
				if got := at(o, "x-audited") == true; got != want {
					h.Errorf("%s %s (%s) is audited: %t, want %t", method, path, id, got, want)
				}
			}
		}
	})
}

func (h *house) audit(query string) (all []access.Record) {
	h.Helper()
	var page struct{ Data []access.Record }
	h.must(http.StatusOK, &page, "GET", "/api/v1/audit?"+query, "")
	return page.Data
}

func TestARecordTellsWhoDidWhat(t *testing.T) {
	each(t, func(h *house) {
		h.day()
		id, secret := h.key(access.Queue)
		message := h.find("m-error")
		a := h.ask("POST", "/api/v1/messages/"+message+"/retry", "", "Authorization", "Bearer "+secret, "X-Request-Id", "case-7")
		if a.StatusCode != http.StatusOK {
			h.Fatal(string(a.body))
		}
		all := h.audit("subject=/messages/" + message)
		if len(all) != 1 {
			h.Fatalf("%d records", len(all))
		}
		r := all[0]
		if r.By != "engine" || string(r.Key) != id || r.Action != "retry-message" || r.Request != "case-7" || !strings.HasPrefix(r.From, "127.0.0.1:") {
			h.Errorf("the record is %+v", r)
		}
		if r.Before["status"] != "error" || r.After["status"] != "pending" || r.Before["subject"] != nil {
			h.Errorf("it was %v and is %v", r.Before, r.After)
		}
	})
}

// Conquer's retry endpoint is no part of the document.
func TestARetryOfConquerIsAudited(t *testing.T) {
	each(t, func(h *house) {
		h.day()
		id := h.find("m-error")
		h.must(http.StatusOK, nil, "POST", "/compat/timers/"+id+"/retry", "")
		if all := h.audit("subject=/messages/" + id); len(all) != 1 || all[0].After["status"] != "pending" {
			h.Errorf("the records are %+v", all)
		}
	})
}

func TestTheAuditHoldsNoSecret(t *testing.T) {
	each(t, func(h *house) {
		_, secret := h.key(access.Send)
		h.must(http.StatusCreated, nil, "POST", "/api/v1/staff", `{"email":"anna@example.org","role":"admin","password":"canary in the mine"}`)
		h.must(http.StatusOK, nil, "PATCH", "/api/v1/staff/anna@example.org", `{"password":"another canary there"}`)
		var hook struct{ ID, Secret string }
		h.must(http.StatusCreated, &hook, "POST", "/api/v1/webhooks", `{"url":"http://127.0.0.1:1/hook"}`)
		text, err := json.Marshal(h.audit("limit=200"))
		if err != nil {
			h.Fatal(err)
		}
		for _, canary := range []string{secret, "canary", "argon2", hook.Secret} {
			if strings.Contains(string(text), canary) {
				h.Errorf("the audit holds %s: %s", canary, text)
			}
		}
		if !strings.Contains(string(text), hook.ID) {
			h.Errorf("the audit does not name what was made: %s", text)
		}
	})
}

// What a person is called and where the person is reached would outlive an erasure.
func TestTheAuditHoldsNothingOfAPerson(t *testing.T) {
	each(t, func(h *house) {
		h.must(http.StatusOK, nil, "PUT", "/api/v1/users/anna", `{"email":"canary@example.org","name":"Canary"}`)
		h.must(http.StatusOK, nil, "PATCH", "/api/v1/users/anna", `{"phone":"+48 canary"}`)
		h.must(http.StatusOK, nil, "DELETE", "/api/v1/users/anna", "")
		all := h.audit("subject=/users/anna")
		text, err := json.Marshal(all)
		if err != nil || len(all) != 3 || strings.Contains(strings.ToLower(string(text)), "canary") || all[1].After["phone"] == nil {
			h.Errorf("the audit says %s (%v)", text, err)
		}
	})
}

// TestSubjects: every record of a story names what was changed.
func TestSubjects(t *testing.T) {
	each(t, func(h *house) {
		h.day()
		for _, r := range h.audit("limit=200") {
			if strings.ContainsAny(r.Subject, "{}<>") || strings.HasSuffix(r.Subject, "/") {
				h.Errorf("%s changed %q", r.Action, r.Subject)
			}
		}
	})
}
