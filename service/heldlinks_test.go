package service

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/quotedprintable"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"notifier/access"
	"notifier/links"
	"notifier/mail/mailtest"
	"notifier/message"
	"notifier/settings"
)

var (
	// liveLink is a link with a token in it, wherever it stands.
	liveLink = regexp.MustCompile(`/[pu]/(A[Q-Za-f][A-Za-z0-9_-]{40,})`)
	// token is one without its address.
	liveToken = regexp.MustCompile(`\bA[Q-Za-f][A-Za-z0-9_-]{40,}`)
)

// linkHouse is the service with links, a person for whom mails of all sorts are, and a relay.
type linkHouse struct {
	*testing.T
	*Service
	door  http.Handler
	relay *mailtest.Relay
	file  string
	links links.Door
}

func openLinkHouse(t *testing.T) *linkHouse {
	t.Helper()
	relay, err := mailtest.Start(mailtest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = relay.Close() })
	file := filepath.Join(t.TempDir(), "notifier.db")
	c, err := settings.Load(os.DevNull, []string{
		"NOTIFIER_HTTP__PUBLIC_URL=https://notify.example.org", "NOTIFIER_SECRETS__KEY=" + DevSecret, "NOTIFIER_HTTP__KEY=first",
		"NOTIFIER_DATABASE__URL=sqlite:" + file, "NOTIFIER_SMTP__HOST=127.0.0.1", fmt.Sprint("NOTIFIER_SMTP__PORT=", relay.Port()),
		"NOTIFIER_SMTP__TLS=none", "NOTIFIER_SMTP__FROM=workflow@example.org",
	})
	if err != nil {
		t.Fatal(err)
	}
	h, err := Open(t.Context(), c, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	if err := h.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return &linkHouse{T: t, Service: h, door: h.handler(nil), relay: relay, file: file, links: *h.linkDoor()}
}

func (h *linkHouse) ask(key, method, path, body string) (int, string) {
	h.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+key)
	if strings.HasPrefix(path, "/p/") || strings.HasPrefix(path, "/u/") {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	h.door.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func (h *linkHouse) must(method, path, body string) string {
	h.Helper()
	code, said := h.ask("first", method, path, body)
	if code >= 300 {
		h.Fatalf("%s %s = %d %s", method, path, code, said)
	}
	return said
}

// fill sends mails of all sorts to anna, and one that a caller has put a link into.
func (h *linkHouse) fill() {
	h.Helper()
	h.must("PUT", "/api/v1/users/anna", `{"email":"anna@example.org"}`)
	event := func(n int) string {
		return fmt.Sprintf(`{"kind":"case_changed","users":["anna"],"case":{"id":"A-%d","title":"Lease"}}`, n)
	}
	h.must("POST", "/api/v1/events", event(1))
	h.must("PUT", "/api/v1/users/anna/preferences", `{"case_changed":"hourly"}`)
	h.must("POST", "/api/v1/events", event(2))
	h.must("POST", "/api/v1/events", event(3))
	due := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	h.must("PUT", "/api/v1/deadlines/A-1", `{"users":["anna"],"due_at":"`+due+`","remind_before":["30m"],"case":{"id":"A-1","title":"Lease"}}`)
	old := strings.TrimPrefix(h.links.Choose("default", "anna", time.Now().Add(-links.Life)), h.links.Base)
	if code, said := h.ask("", "POST", old+"/fresh", ""); code != http.StatusOK {
		h.Fatalf("a fresh link: %d %s", code, said)
	}
	h.must("POST", "/api/v1/users/anna/preferences/link", "")
	for _, at := range []time.Time{time.Now(), time.Now().Add(2 * time.Hour)} {
		for _, err := range []error{
			errOf(h.remind.Run(h.Context(), at)), errOf(h.promote.Run(h.Context(), at)), errOf(h.flush.Run(h.Context(), at)),
		} {
			if err != nil {
				h.Fatal(err)
			}
		}
	}
	h.must("POST", "/api/v1/events", event(4)) // which wait
	h.must("POST", "/api/v1/events", event(5))
}

// plainly is a mail without the line breaks of quoted-printable.
func plainly(raw string) string {
	text, _ := io.ReadAll(quotedprintable.NewReader(strings.NewReader(raw)))
	return raw + string(text)
}

// TestLinksLieNowhere is S2: a copy of the database opens nothing, and the mails that left
// have links that do.
func TestLinksLieNowhere(t *testing.T) {
	h := openLinkHouse(t)
	h.fill()
	caught := h.relay.Got()
	if len(caught) != 4 {
		t.Fatalf("%d mails left, want one event, one digest, one reminder and one fresh link", len(caught))
	}
	with := 0
	for _, m := range caught {
		for _, found := range liveLink.FindAllStringSubmatch(plainly(string(m.Data)), -1) {
			with++
			if _, err := h.links.Key.Read(found[1], time.Now(), links.Choose, links.Fresh, links.Stop); err != nil && len(found[1]) > 90 {
				t.Errorf("S2: a link that left is not good: %v", err)
			}
		}
		if strings.Contains(plainly(string(m.Data)), "/p/yours") {
			t.Errorf("S2: a place-holder left:\n%s", m.Data)
		}
	}
	if with < 5 {
		t.Errorf("S2: %d links left, want those of the event, the digest and the fresh one", with)
	}
	for _, suffix := range []string{"", "-wal"} {
		content, err := os.ReadFile(h.file + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if found := liveLink.Find(content); found != nil {
			t.Errorf("S2: the database has a link: %s", found)
		}
		if !bytes.Contains(content, []byte("/p/yours")) && suffix == "" {
			t.Log("no place-holder in the file itself")
		}
	}
}

// TestWhatAKeyReadsOpensNothing is S2: whatever a key may read, it can do no more with it
// than it could before.
func TestWhatAKeyReadsOpensNothing(t *testing.T) {
	h := openLinkHouse(t)
	h.fill()
	pasted := h.links.Fresh("default", "anna", time.Now())
	h.must("POST", "/api/v1/messages", `{"to":["anna"],"subject":"`+pasted+`","text":"`+pasted+`","html":"<a href='`+pasted+`'>x</a>","headers":{"X-Link":"`+pasted+`"}}`)
	h.must("POST", "/api/v1/events", `{"kind":"case_changed","users":["anna"],"case":{"id":"A-9","url":"`+pasted+`"},"summary":"see `+pasted+`"}`)
	var list struct{ Data []struct{ ID string } }
	if err := json.Unmarshal([]byte(h.must("GET", "/api/v1/messages?limit=200", "")), &list); err != nil {
		t.Fatal(err)
	}
	paths := []string{
		"/messages?limit=200", "/digests", "/users/anna", "/users/anna/digest", "/users/anna/digest/preview", "/users/anna/digest/preview?format=text",
		"/users/anna/digest/preview?format=eml", "/users/anna/digest/preview?now=true", "/users/anna/preferences", "/users/anna/preferences/changes", "/explain?user=anna", "/explain?user=anna&case=A-9", "/mailbox", "/audit", "/deadlines/A-1",
		"/errors", "/keys", "/operations", "/outbox",
	}
	for _, m := range list.Data {
		for _, part := range []string{"", "/content", "/raw", "/attempts", "/explain", "/errors"} {
			paths = append(paths, "/messages/"+m.ID+part)
		}
		paths = append(paths, "/digests/"+m.ID)
	}
	for _, scope := range access.Scopes {
		if scope == access.WritePreferences || scope == access.Admin { // which may act for people
			continue
		}
		k, secret := access.Key{Site: "default", Name: string(scope), Scopes: []access.Scope{scope}}.New(time.Now())
		if err := h.store.SaveKeys(t.Context(), k); err != nil {
			t.Fatal(err)
		}
		read := 0
		for _, path := range paths {
			code, said := h.ask(secret, "GET", "/api/v1"+path, "")
			if code == http.StatusOK {
				read++
			}
			for _, text := range []string{said, plainly(said)} {
				if found := liveToken.FindString(text); found != "" {
					t.Errorf("S2: a key with the scope %s reads a link from %s: %.60s…", scope, path, found)
				}
			}
		}
		t.Logf("%s: %d of %d answers are given", scope, read, len(paths))
	}
	if m, err := h.store.Messages(t.Context(), "default", message.Filter{User: "anna"}); err != nil || len(m) < 6 {
		t.Errorf("%d messages, %v", len(m), err)
	}
}
