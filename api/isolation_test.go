package api_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"notifier/message"
)

// canary is in everything that the first site has.
const canary = "Canary"

// tenant fills the site of the first key with one of each thing, and returns their ids by
// the path that shows or changes them.
func (h *house) tenant() map[string]string {
	h.Helper()
	h.day()
	put := func(path, body string) { h.must(http.StatusOK, nil, "PUT", "/api/v1"+path, body) }
	put("/users/u1", `{"email":"canary@example.org","name":"`+canary+`"}`)
	put("/users/u1/preferences", `{"case_changed":"weekly"}`)
	put("/groups/g1", `{"users":["u1"]}`)
	put("/deadlines/d1", `{"users":["u1"],"due_at":"2035-01-01T00:00:00Z","case":{"id":"C","title":"`+canary+`"}}`)
	put("/processes/p1", `{"muted":["case_received"]}`)
	put("/templates/t1", `{"subject":"`+canary+`","text":"x"}`)
	put("/suppressions/canary@example.net", `{"note":"`+canary+`"}`)
	h.must(http.StatusCreated, nil, "POST", "/api/v1/staff", `{"email":"canary@example.com","name":"`+canary+`","role":"viewer","oidc":true}`)
	hook := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	h.Cleanup(hook.Close)
	var made struct{ ID string }
	ids := map[string]string{}
	h.must(http.StatusCreated, &made, "POST", "/api/v1/webhooks", fmt.Sprintf(`{"url":%q,"note":%q}`, hook.URL, canary))
	ids["/webhooks/{id}"] = made.ID
	h.must(http.StatusAccepted, nil, "POST", "/api/v1/messages", `{"id":"m-canary","to":["u1"],"subject":"`+canary+`","text":"`+canary+`","manual":true}`)
	ids["/messages/{id}"] = h.find("m-canary")
	m, err := h.store.Message(ctx, site, message.ID(ids["/messages/{id}"]))
	if err != nil {
		h.Fatal(err)
	}
	callbacks, err := h.store.Callbacks(ctx, m)
	if err != nil || len(callbacks) == 0 {
		h.Fatal(callbacks, err)
	}
	ids["/webhooks/{id}/callbacks/{callback}"] = string(callbacks[0].ID)
	h.must(http.StatusAccepted, &made, "POST", "/api/v1/messages/actions", `{"action":"retry","filter":{"status":"error"}}`)
	ids["/operations/{id}"] = made.ID
	digests, err := h.store.Messages(ctx, site, message.Filter{Type: message.Digest})
	if err != nil || len(digests) == 0 {
		h.Fatal(digests, err)
	}
	ids["/digests/{id}"] = string(digests[0].ID)
	ids["/keys/{id}"], _ = h.key("send")
	ids["/mailbox/{id}"] = (&script{house: h}).keep(canary)
	ids["/outbox/{id}"] = "out_06f3n5mmmt1fq2r6s0hj0v7k9c"
	(&script{house: h}).post(message.ID(ids["/outbox/{id}"]), canary)
	for path, id := range map[string]string{
		"/users/{id}": "u1", "/groups/{id}": "g1", "/deadlines/{key}": "d1", "/processes/{process}": "p1", "/templates/{name}": "t1",
		"/suppressions/{address}": "canary@example.net", "/staff/{email}": "canary@example.com", "/sites/{site}": site, "/jobs/{name}": "reminders",
	} {
		ids[path] = id
	}
	return ids
}

// filled puts ids of the first site into the holes of a path: the longest beginning of the
// path that is known says which. It is empty if one is missing.
func filled(path string, ids map[string]string) string {
	parts := strings.Split(strings.TrimPrefix(path, "/api/v1"), "/")
	for i, part := range parts {
		if strings.HasPrefix(part, "{") {
			id, known := ids[strings.Join(strings.Split(strings.TrimPrefix(path, "/api/v1"), "/")[:i+1], "/")]
			if !known {
				return ""
			}
			parts[i] = url.PathEscape(id)
		}
	}
	if path == "/api/v1/explain" {
		return path + "?user=u1"
	}
	return "/api/v1" + strings.Join(parts, "/")
}

// asked are bodies without which an operation would refuse before it looks for anything.
var asked = map[string]string{
	"change-job": `{"every":"3m"}`, "edit-message": `{"subject":"x"}`, "set-deadline": `{"users":[],"due_at":"2035-01-01T00:00:00Z"}`, "set-group": `{"users":[]}`,
	"set-process": `{"muted":[]}`, "set-template": `{"subject":"x","text":"y"}`, "change-webhook": `{"note":"x"}`, "change-member": `{"role":"viewer"}`,
	"edit-user": `{"name":"x"}`, "edit-preferences": `{"case_changed":"daily"}`, "set-preferences": `{"case_changed":"daily"}`,
}

// own are operations on names that callers choose: another site's is as free as any, so
// they act on the caller's own site instead of finding nothing. When jobs run is the same
// for all sites.
var own = []string{"get-job", "list-next-runs", "set-user", "set-group", "set-deadline", "clear-deadline", "set-process", "get-process", "set-template", "suppress-address"}

// TestAnotherSitesIDsLeadNowhere calls every operation of the document with the ids of
// another site: each answers 404 and tells nothing, and nothing there has changed.
func TestAnotherSitesIDsLeadNowhere(t *testing.T) {
	each(t, func(h *house) {
		ids := h.tenant()
		if err := h.store.AddSite(ctx, "acme", "UTC", time.Now()); err != nil {
			h.Fatal(err)
		}
		var k struct{ Secret string }
		h.must(http.StatusCreated, &k, "POST", "/api/v1/keys", `{"name":"acme","scopes":["admin"],"site":"acme"}`)
		before := h.everything(ids)
		for _, late := range []bool{false, true} { // what makes something of the same name comes last
			h.trespass(k.Secret, ids, late)
		}
		if after := h.everything(ids); after != before {
			h.Errorf("the other site has changed: it was\n%s\nand is\n%s", before, after)
		}
	})
}

func (h *house) trespass(secret string, ids map[string]string, late bool) {
	h.Helper()
	for path, operations := range spec(h).ours() {
		for method, o := range operations.(map[string]any) {
			operation := at(o, "operationId").(string)
			if slices.Contains(own, operation) != late {
				continue
			}
			url := filled(path, ids)
			if url == "" {
				h.Errorf("no id of the first site is known for %s: add one to tenant", path)
				continue
			}
			if method == "post" && !strings.Contains(path, "{") {
				continue // it makes something of the caller's own
			}
			body := asked[operation]
			if body == "" && method == "put" {
				body = "{}"
			}
			a := h.with(secret, strings.ToUpper(method), url, body)
			if bytes.Contains(a.body, []byte(canary)) {
				h.Errorf("%s tells of another site: %s", operation, a.body)
			}
			switch {
			case a.StatusCode == http.StatusForbidden && a.problem(h).Code == "other_site":
			case !strings.Contains(path, "{"), slices.Contains(own, operation):
			case a.StatusCode != http.StatusNotFound:
				h.Errorf("%s with another site's id = %d %s", operation, a.StatusCode, a.body)
			}
		}
	}
}

// everything is all that the first site shows of itself.
func (h *house) everything(ids map[string]string) string {
	h.Helper()
	var all []string
	for path, operations := range spec(h).ours() {
		if at(operations, "get") != nil && path != "/api/v1/audit" && path != "/api/v1/sites" {
			a := h.ask("GET", filled(path, ids), "")
			body := bytes.ReplaceAll(times.ReplaceAll(a.body, []byte("TIME")), []byte(a.Header.Get("X-Request-Id")), []byte("REQUEST"))
			all = append(all, path+" "+string(body))
		}
	}
	slices.Sort(all)
	text := strings.Join(all, "\n")
	if strings.Count(text, canary) < 10 {
		h.Errorf("the first site hardly has anything of its own: %s", text)
	}
	return text
}
