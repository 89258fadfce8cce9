package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"notifier/access"
	"notifier/message"
)

// with sends a request with another key than the first.
func (h *house) with(secret, method, path, body string) answer {
	h.Helper()
	return h.ask(method, path, body, "Authorization", "Bearer "+secret)
}

// key makes a key and returns its id and secret.
func (h *house) key(scopes ...access.Scope) (id, secret string) {
	h.Helper()
	asked, err := json.Marshal(map[string]any{"name": "engine", "scopes": scopes})
	if err != nil {
		h.Fatal(err)
	}
	var k struct{ ID, Secret string }
	h.must(http.StatusCreated, &k, "POST", "/api/v1/keys", string(asked))
	return k.ID, k.Secret
}

// needed is the scope that the document says an operation needs.
func needed(operation map[string]any) string {
	for _, one := range list(operation["security"]) {
		for _, scope := range list(at(one, "key")) {
			return scope.(string)
		}
	}
	return ""
}

// TestEveryRouteNeedsItsScope: a key with every scope but the one that the document names
// is refused by each operation, and one with it alone is not.
func TestEveryRouteNeedsItsScope(t *testing.T) {
	each(t, func(h *house) {
		without, only := map[access.Scope]string{}, map[access.Scope]string{}
		for _, scope := range access.Scopes {
			others := slices.DeleteFunc(slices.Clone(access.Scopes), func(s access.Scope) bool {
				return access.Caller{Scopes: []access.Scope{s}}.May(scope)
			})
			_, without[scope] = h.key(append(others, access.Send)...)
			if scope == access.Send {
				_, without[scope] = h.key(access.Events)
			}
			_, only[scope] = h.key(scope)
		}
		for path, operations := range spec(h).ours() {
			for method, o := range operations.(map[string]any) {
				need := access.Scope(needed(o.(map[string]any)))
				if need.Check() != nil {
					h.Errorf("%s %s needs the scope %q", method, path, need)
					continue
				}
				url := hole.ReplaceAllString(path, "nothing")
				a := h.with(without[need], strings.ToUpper(method), url, "")
				if p := a.problem(h); a.StatusCode != http.StatusForbidden || p.Code != "wrong_scope" || !strings.Contains(p.Detail, string(need)) {
					if a.StatusCode != http.StatusUnprocessableEntity && a.StatusCode != http.StatusBadRequest { // it could not even be read
						h.Errorf("%s %s without %s = %d %s", method, path, need, a.StatusCode, a.body)
					}
				}
				if a := h.with(only[need], strings.ToUpper(method), url, ""); a.StatusCode == http.StatusForbidden {
					h.Errorf("%s %s with %s = %s", method, path, need, a.body)
				}
			}
		}
	})
}

func TestAKeyFromItsBirthToItsEnd(t *testing.T) {
	each(t, func(h *house) {
		h.people("anna")
		id, secret := h.key(access.Send)
		mail := `{"to":["anna"],"subject":"Hello","text":"…"}`
		if a := h.with(secret, "POST", "/api/v1/messages", mail); a.StatusCode != http.StatusAccepted {
			h.Fatalf("a key with send may not send: %s", a.body)
		}
		if a := h.with(secret[:len(secret)-1], "POST", "/api/v1/messages", mail); a.StatusCode != http.StatusUnauthorized {
			h.Errorf("the beginning of a key lets in: %d", a.StatusCode)
		}
		var next struct{ ID, Secret string }
		h.must(http.StatusCreated, &next, "POST", "/api/v1/keys/"+id+"/rotate", `{"overlap":"1h"}`)
		for _, one := range []string{secret, next.Secret} {
			if a := h.with(one, "POST", "/api/v1/messages", mail); a.StatusCode != http.StatusAccepted {
				h.Errorf("after a rotation with overlap: %d %s", a.StatusCode, a.body)
			}
		}
		h.must(http.StatusNoContent, nil, "DELETE", "/api/v1/keys/"+id, "")
		if a := h.with(secret, "POST", "/api/v1/messages", mail); a.StatusCode != http.StatusUnauthorized || a.problem(h).Code != "key_revoked" {
			h.Errorf("a revoked key: %d %s", a.StatusCode, a.body)
		}
		if a := h.with(next.Secret, "POST", "/api/v1/messages", mail); a.StatusCode != http.StatusAccepted {
			h.Errorf("the key that came after: %d %s", a.StatusCode, a.body)
		}
		expires := time.Now().Add(-time.Minute)
		k, old := access.Key{Site: site, Name: "old", Scopes: []access.Scope{access.Send}, ExpiresAt: &expires}.New(time.Now())
		if err := h.store.SaveKeys(ctx, k); err != nil {
			h.Fatal(err)
		}
		if a := h.with(old, "POST", "/api/v1/messages", mail); a.StatusCode != http.StatusUnauthorized || a.problem(h).Code != "key_expired" {
			h.Errorf("an expired key: %d %s", a.StatusCode, a.body)
		}
	})
}

// TestWhoChangedAJob: what an admin does is noted as done by the key's name.
func TestWhoChangedAJob(t *testing.T) {
	each(t, func(h *house) {
		_, secret := h.key(access.Jobs)
		var j struct {
			ChangedBy string `json:"changed_by"`
		}
		a := h.with(secret, "POST", "/api/v1/jobs/reminders/pause", "")
		if err := json.Unmarshal(a.body, &j); err != nil || j.ChangedBy != "engine" {
			h.Errorf("paused by %q: %s", j.ChangedBy, a.body)
		}
	})
}

// TestNoSecretIsLogged: neither the first key nor one that was made, used or refused.
func TestNoSecretIsLogged(t *testing.T) {
	each(t, func(h *house) {
		id, secret := h.key(access.Admin)
		unknown := access.NewSecret(false)
		h.with(secret, "GET", "/api/v1/keys", "")
		h.with(unknown, "GET", "/api/v1/keys", "")
		h.with(secret, "DELETE", "/api/v1/keys/"+id, "")
		h.with(secret, "GET", "/api/v1/keys", "")
		for _, entry := range h.log.All() {
			line := fmt.Sprint(entry.Message, entry.ContextMap())
			for _, canary := range []string{key, secret, unknown, access.HashOf(secret)} {
				if strings.Contains(line, canary) {
					h.Errorf("the log holds a key: %s", line)
				}
			}
		}
	})
}

// TestAKeyIsForItsSite: it neither sees nor touches what another site has, whatever of the
// installation is shared included.
func TestAKeyIsForItsSite(t *testing.T) {
	each(t, func(h *house) {
		if err := h.store.AddSite(ctx, "acme", "UTC", time.Now()); err != nil {
			h.Fatal(err)
		}
		h.people("anna")
		var k struct{ Secret string }
		h.must(http.StatusCreated, &k, "POST", "/api/v1/keys", `{"name":"acme","scopes":["admin"],"site":"acme"}`)
		if a := h.with(k.Secret, "GET", "/api/v1/users/anna", ""); a.StatusCode != http.StatusNotFound {
			h.Errorf("a user of another site: %d %s", a.StatusCode, a.body)
		}
		if a := h.with(k.Secret, "POST", "/api/v1/jobs/reminders/pause", ""); a.StatusCode != http.StatusForbidden || a.problem(h).Code != "other_site" {
			h.Errorf("the timetable of all: %d %s", a.StatusCode, a.body)
		}
		if a := h.with(k.Secret, "POST", "/api/v1/keys", `{"name":"x","scopes":["admin"],"site":"default"}`); a.StatusCode != http.StatusForbidden {
			h.Errorf("a key for another site: %d %s", a.StatusCode, a.body)
		}
		h.must(http.StatusAccepted, nil, "POST", "/api/v1/messages", `{"to":["anna"],"subject":"x","text":"y"}`)
		if ms, err := h.store.Messages(ctx, "acme", message.Filter{}); len(ms) > 0 || err != nil {
			h.Errorf("acme has %d messages (%v)", len(ms), err)
		}
	})
}

func TestTooManyRequests(t *testing.T) {
	each(t, func(h *house) {
		h.people("anna")
		var k struct{ Secret string }
		h.must(http.StatusCreated, &k, "POST", "/api/v1/keys", `{"name":"slow","scopes":["send"],"rate_limit":0.01}`)
		mail := `{"to":["anna"],"subject":"x","text":"y"}`
		a := h.with(k.Secret, "POST", "/api/v1/messages", mail)
		if a.StatusCode != http.StatusAccepted || a.Header.Get("RateLimit-Limit") != "1" || a.Header.Get("RateLimit-Remaining") != "0" || a.Header.Get("RateLimit-Reset") != "100" {
			h.Fatalf("the first: %d %v", a.StatusCode, a.Header)
		}
		a = h.with(k.Secret, "POST", "/api/v1/messages", mail)
		p := a.problem(h)
		if a.StatusCode != http.StatusTooManyRequests || p.Code != "too_many_requests" || !p.Retryable || a.Header.Get("Retry-After") != "100" || !strings.Contains(p.Detail, `the key "slow"`) {
			h.Errorf("the second: %d %v %s", a.StatusCode, a.Header, a.body)
		}
		h.must(http.StatusCreated, &k, "POST", "/api/v1/keys", `{"name":"batches","scopes":["send"],"rate_limit":1}`)
		if a := h.with(k.Secret, "POST", "/api/v1/messages/batch", `[{},{},{}]`); a.StatusCode != http.StatusOK {
			h.Errorf("a batch: %d %s", a.StatusCode, a.body)
		}
		if a := h.with(k.Secret, "POST", "/api/v1/messages", mail); a.StatusCode != http.StatusTooManyRequests || a.Header.Get("Retry-After") < "3" {
			h.Errorf("after a batch of three: %d %v", a.StatusCode, a.Header)
		}
		for body, want := range map[string]int{ // S5: messages are counted
			`{"to":["a@example.org","b@example.org","c@example.org","d@example.org","e@example.org"],"subject":"x","text":"y"}`:                 500,
			`{"to":["a@example.org","b@example.org","c@example.org","d@example.org","e@example.org"],"subject":"x","text":"y","one_mail":true}`: 100,
		} {
			h.must(http.StatusCreated, &k, "POST", "/api/v1/keys", `{"name":"several","scopes":["send"],"rate_limit":0.01}`)
			if a := h.with(k.Secret, "POST", "/api/v1/messages", body); a.StatusCode != http.StatusAccepted {
				h.Errorf("%s: %d %s", body, a.StatusCode, a.body)
			}
			a := h.with(k.Secret, "POST", "/api/v1/messages", mail)
			if wait, err := strconv.Atoi(a.Header.Get("Retry-After")); err != nil || wait > want || wait < want-60 {
				h.Errorf("S5: after %s: %d, Retry-After %d, want %d", body, a.StatusCode, wait, want)
			}
		}
		if a := h.ask("GET", "/api/v1/jobs", ""); a.StatusCode != http.StatusOK || a.Header.Get("RateLimit-Limit") != "" {
			h.Errorf("another key: %d %v", a.StatusCode, a.Header)
		}
		if ms, err := h.store.Messages(ctx, site, message.Filter{}); len(ms) != 7 || err != nil {
			h.Errorf("%d messages were taken (%v)", len(ms), err)
		}
	})
}
