//go:build !race

package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"notifier/access"
	"notifier/store/storetest"
)

// Bounds of a refused request (S1).
const (
	maxRefusal = 64 << 10
	maxGrowth  = 16 << 20 // beside four times its body
)

// resident is how much memory the process holds, in bytes.
func resident() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64() - sample[1].Value.Uint64()
}

// growth is how much more memory the process holds at most while do runs.
func growth(do func()) uint64 {
	debug.FreeOSMemory()
	before, most := resident(), uint64(0)
	ended, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		for {
			most = max(most, resident())
			select {
			case <-ended:
				return
			case <-time.After(200 * time.Microsecond):
			}
		}
	}()
	do()
	close(ended)
	<-watched
	return most - min(before, most)
}

// many is a text n times over, numbered.
func many(n int, format string) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		if strings.Contains(format, "%") {
			fmt.Fprintf(&b, format, i)
		} else {
			b.WriteString(format)
		}
	}
	return b.String()
}

// bounded sends a body that is refused, and tells the answer.
func (h *house) bounded(what, method, path, body, key string, headers ...string) string {
	h.Helper()
	var status int
	var answer []byte
	var took time.Duration
	send := func() {
		began := time.Now()
		r, err := http.NewRequest(method, h.url+path, strings.NewReader(body))
		if err != nil {
			h.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+key)
		r.Header.Set("Content-Type", "application/json")
		for i := 0; i+1 < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		a, err := http.DefaultClient.Do(r)
		if err != nil {
			h.Fatalf("S1: %s to %s %s: %v", what, method, path, err)
		}
		defer a.Body.Close()
		status = a.StatusCode
		answer, _ = io.ReadAll(io.LimitReader(a.Body, 10*maxRefusal))
		took = time.Since(began)
	}
	limit := uint64(maxGrowth + 4*len(body))
	grown := growth(send)
	for try := 1; try < 3 && grown > limit; try++ { // whatever else the process does meanwhile only adds
		grown = min(grown, growth(send))
	}
	name := fmt.Sprintf("S1: %s (%d bytes) to %s %s", what, len(body), method, path)
	if status < 400 || status >= 500 {
		h.Errorf("%s: %d, want a refusal: %.300s", name, status, answer)
	}
	if len(answer) > maxRefusal {
		h.Errorf("%s: an answer of %d bytes", name, len(answer))
	}
	if grown > limit {
		h.Errorf("%s: memory grew by %d KB, want at most %d KB", name, grown>>10, limit>>10)
	}
	if took > 10*time.Second {
		h.Errorf("%s: took %s", name, took)
	}
	var p struct {
		Errors []any `json:"errors"`
	}
	if json.Unmarshal(answer, &p); len(p.Errors) > 20 {
		h.Errorf("%s: %d faults are told", name, len(p.Errors))
	}
	return string(answer)
}

// TestRefusalsAreBounded is S1: whatever is wrong with a request, refusing it costs little
// and says little.
func TestRefusalsAreBounded(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { // what is refused does not reach the database
		h := open(t, storetest.Open(t, storetest.URL(t, "sqlite")))
		unknown := "{" + many(400_000, `"k%d":1`) + "}"
		said := h.bounded("unknown keys", "POST", "/api/v1/messages", unknown, key)
		if !strings.Contains(said, "And 399,980 more.") || !strings.Contains(said, `"more_errors":399980`) {
			t.Errorf("S1: it does not say how many more there are: %.500s", said)
		}
		for _, r := range routes(h) {
			if r.body != nil {
				h.bounded("unknown keys", r.method, r.path, unknown, key)
				h.bounded("nested lists", r.method, r.path, strings.Repeat("[", 1_000_000), key)
				h.bounded("a long key", r.method, r.path, `{"`+strings.Repeat("k", 4<<20)+`":1}`, key)
				h.bounded("keys of control characters", r.method, r.path, "{"+many(1000, `"`+strings.Repeat(`\u0001`, 300)+`%d":1`)+"}", key)
			}
		}
		h.boundedLists()
		h.boundedAddresses()
		h.boundedDocuments()
	})
}

func (h *house) boundedLists() {
	draft := func(to string) string { return `{"subject":"s","text":"t","to":[` + to + `]}` }
	for what, body := range map[string]string{
		"recipients":                  draft(many(400_000, `"u%d"`)),
		"objects as recipients":       draft(many(400_000, `{"email":"a"}`)),
		"bad recipients":              draft(many(9_999, `"a@"`)),
		"recipients of a wrong type":  draft(many(9_999, `{}`)),
		"unknown users":               draft(many(9_999, `"`+strings.Repeat("u", 120)+`%d"`)),
		"visible recipients":          `{"subject":"s","text":"t","one_mail":true,"to":[` + many(9_999, `"a@"`) + `]}`,
		"headers":                     `{"subject":"s","text":"t","to":["a@x.test"],"headers":{` + many(400_000, `"H%d":"1"`) + `}}`,
		"tags":                        `{"subject":"s","text":"t","to":["a@x.test"],"tags":{` + many(9_000, `"t%d":"1"`) + `}}`,
		"attachments":                 `{"subject":"s","text":"t","to":["a@x.test"],"attachments":[` + many(9_000, `{"filename":""}`) + `]}`,
		"a long id":                   `{"id":"` + strings.Repeat("s", 8<<20) + `","subject":"s","text":"t","to":["a@x.test"]}`,
		"a long address":              draft(`"` + strings.Repeat("a", 8<<20) + `@x.test"`),
		"values of a template":        `{"subject":"s","to":["a@x.test"],"template":{"name":"x","data":{"l":[` + many(1_000_000, "1") + `]}}}`,
		"a body that is no JSON":      `{"subject":` + strings.Repeat("x", 8<<20),
		"unknown keys within an item": draft(`{` + many(400_000, `"k%d":1`) + `}`),
	} {
		h.bounded(what, "POST", "/api/v1/messages", body, key)
	}
	item := draft(many(3_000, `"a"`))
	h.bounded("items", "POST", "/api/v1/messages/batch", "["+many(400_000, "{}")+"]", key)
	h.bounded("lists in lists", "POST", "/api/v1/messages/batch", "["+many(500, item)+"]", key)
	for what, body := range map[string]string{
		"users":              `{"kind":"case_changed","case":{"id":"c"},"users":[` + many(400_000, `"u%d"`) + `]}`,
		"unknown users":      `{"kind":"case_changed","case":{"id":"c"},"users":[` + many(9_999, `"u%d"`) + `]}`,
		"texts in languages": `{"kind":"case_changed","case":{"id":"c"},"users":["u"],"summary":{` + many(400_000, `"l%d":"x"`) + `}}`,
	} {
		h.bounded(what, "POST", "/api/v1/events", body, key)
	}
	h.bounded("terms of users", "PUT", "/api/v1/deadlines/C-1", `{"due_at":"2030-01-01T00:00:00Z","users":["u"],"for_users":{`+many(9_999, `"u%d":{}`)+`}}`, key)
	h.bounded("preferences", "PUT", "/api/v1/users/anna/preferences", `{`+many(400_000, `"k%d":"x"`)+`}`, key)
	h.bounded("ids", "POST", "/api/v1/operations", `{"action":"retry","ids":[`+many(400_000, `"x"`)+`]}`, key)
}

// boundedAddresses are long paths, queries and headers.
func (h *house) boundedAddresses() {
	for what, query := range map[string]string{
		"parameters":       strings.ReplaceAll(many(20_000, "k%d=1"), ",", "&"),
		"a long parameter": strings.Repeat("k", 200_000) + "=1",
		"a long search":    "q=" + strings.Repeat("k", 200_000),
		"some parameters":  strings.ReplaceAll(many(90, "k%d=1"), ",", "&"),
	} {
		h.bounded(what, "GET", "/api/v1/messages?"+query, "", key)
	}
	h.bounded("a long path", "GET", "/api/v1/messages/"+strings.Repeat("x", 200_000), "", key)
	h.bounded("a long path", "GET", "/api/v1/"+strings.Repeat("x", 200_000), "", key)
	h.bounded("a long key", "POST", "/api/v1/messages", "{}", key, "Idempotency-Key", strings.Repeat("k", 200_000))
}

func (h *house) boundedDocuments() {
	for what, body := range map[string]string{
		"fields":     "{" + many(400_000, `"k%d":1`) + "}",
		"recipients": `{"message":{"subject":"s","text":"t"},"to":[` + many(400_000, `"a@x.test"`) + `]}`,
		"headers":    `{"message":{"subject":"s","text":"t"},"to":"a@x.test","headers":{` + many(400_000, `"h%d":1`) + `}}`,
		"an array":   "[" + many(1_000_000, "1") + "]",
	} {
		h.bounded(what, "POST", "/compat/trigger-email/mail", body, key)
	}
}

// TestScopeIsCheckedFirst is S1: a key that may not ask makes no work, whatever it sends.
func TestScopeIsCheckedFirst(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { // what is refused does not reach the database
		h := open(t, storetest.Open(t, storetest.URL(t, "sqlite")))
		k, reader := access.Key{Site: site, Name: "reader", Scopes: []access.Scope{access.ReadJobs}}.New(time.Now())
		if err := h.store.SaveKeys(ctx, k); err != nil {
			t.Fatal(err)
		}
		for _, r := range routes(h) {
			if r.method == http.MethodGet || strings.HasPrefix(r.path, "/api/v1/jobs") {
				continue
			}
			arriving := &counted{Reader: io.LimitReader(endless{}, 16<<20)}
			request, err := http.NewRequest(r.method, h.url+r.path, arriving)
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Authorization", "Bearer "+reader)
			request.Header.Set("Expect", "100-continue")
			a, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			said, _ := io.ReadAll(a.Body)
			a.Body.Close()
			if a.StatusCode != http.StatusForbidden || !bytes.Contains(said, []byte("scope")) && !bytes.Contains(said, []byte("site")) {
				t.Errorf("S1: %s %s: %d %s", r.method, r.path, a.StatusCode, said)
			}
			if arriving.n > 1<<20 {
				t.Errorf("S1: %s %s took %d bytes of somebody who may not ask", r.method, r.path, arriving.n)
			}
		}
	})
}

// endless is nothing but opening brackets.
type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = '['
	}
	return len(b), nil
}

type counted struct {
	io.Reader
	n int
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	c.n += n
	return n, err
}
