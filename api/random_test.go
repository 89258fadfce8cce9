package api_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	randomly = flag.Duration("randomly", 2*time.Second, "how long TestRandomRequests goes on")
	seed     = flag.Uint64("seed", 0, "what TestRandomRequests begins with; 0 for another one each time")
)

// chance makes requests from the document, most of them nearly right.
type chance struct {
	*rand.Rand
	d document
}

func (c chance) of(n int) bool { return c.IntN(n) == 0 }

// odd are texts that have broken other programs.
var odd = []string{
	"", " ", "anna", "jan@example.net", "null", "0", "-1", "1e999", "Ż\u202e\u0301", "\u0000", "%", "%00", "../..", "';--", "<script>", "{{x}}", "{{#each",
	"2026-11-25T12:00:00Z", "0000-00-00T00:00:00Z", "9999-12-31T23:59:59Z", "Europe/Warsaw", "Mars/Olympus", "72h", "-1h", "9999999h", "* * * * *", "TZ=0",
	"\r\nBcc: evil@example.org", "msg_06f3n5mmmt1fq2r6s0hj0v7k9c", "evt_", "hourly", "http://127.0.0.1:1/", "=", "a=b", `"`, "😀", strings.Repeat("x", 5000),
}

// value is a value for a schema, now and then a wrong one.
func (c chance) value(schema any, depth int) any {
	s := c.d.resolve(schema)
	if choices := list(s["oneOf"]); len(choices) > 0 {
		return c.value(choices[c.IntN(len(choices))], depth)
	}
	kinds := kindsOf(s["type"])
	kind := "string"
	if len(kinds) > 0 {
		kind = kinds[c.IntN(len(kinds))]
	}
	if c.of(15) {
		kind = []string{"string", "object", "array", "integer", "boolean", "null", "number"}[c.IntN(7)]
	}
	switch kind {
	case "null":
		return nil
	case "boolean":
		return c.of(2)
	case "integer":
		return []any{0, 1, -1, 5, 1 << 40, 60, 201}[c.IntN(7)]
	case "number":
		return []any{0.5, -1.5, 1e300, 3.0}[c.IntN(4)]
	case "array":
		all := []any{}
		for range c.IntN(4) {
			if depth > 0 {
				all = append(all, c.value(s["items"], depth-1))
			}
		}
		return all
	case "object":
		return c.object(s, depth)
	}
	if words := list(s["enum"]); len(words) > 0 && !c.of(5) {
		return words[c.IntN(len(words))]
	}
	if examples := list(s["examples"]); len(examples) > 0 && !c.of(3) {
		if text, is := examples[0].(string); is && !strings.HasPrefix(text, "https://") { // which would be looked up
			return text
		}
	}
	return odd[c.IntN(len(odd))]
}

func (c chance) object(s map[string]any, depth int) map[string]any {
	made := map[string]any{}
	properties, _ := s["properties"].(map[string]any)
	needed := map[string]bool{}
	for _, name := range list(s["required"]) {
		needed[name.(string)] = true
	}
	for _, name := range slices.Sorted(maps.Keys(properties)) { // the same order for a seed
		p := properties[name]
		if depth > 0 && (needed[name] && !c.of(12) || c.of(4)) {
			made[name] = c.value(p, depth-1)
		}
	}
	if c.of(10) {
		made[odd[c.IntN(len(odd))]] = "x"
	}
	return made
}

// request is one for an operation.
func (c chance) request(path, method string, operation map[string]any) (target, body string, headers []string) {
	query := url.Values{}
	for _, p := range list(operation["parameters"]) {
		name := at(p, "name").(string)
		value := fmt.Sprint(c.value(at(p, "schema"), 1))
		switch at(p, "in") {
		case "path":
			if value == "" || value == "." || value == ".." || c.of(2) {
				value = []string{"anna", "x", "default", "notifications", "C-1"}[c.IntN(5)]
			}
			path = strings.Replace(path, "{"+name+"}", url.PathEscape(value), 1)
		case "query":
			if c.of(4) {
				query.Set(name, value)
			}
		case "header":
			if value = strings.Map(func(r rune) rune {
				if r < ' ' || r == 0x7f {
					return -1
				}
				return r
			}, value); c.of(3) && value != "" {
				headers = append(headers, name, value)
			}
		}
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	if s := at(operation, "requestBody", "content", "application/json", "schema"); s != nil && !c.of(20) {
		b, _ := json.Marshal(c.value(s, 5))
		if body = string(b); c.of(30) {
			body = body[:c.IntN(len(body)+1)]
		}
	}
	return path, body, headers
}

// TestRandomRequests asks for whatever the document may mean, of the real handler, desk and
// store: no answer is a fault of ours, or other than the document says. What it began with
// is printed; -seed begins with it again.
func TestRandomRequests(t *testing.T) {
	t.Parallel()
	began := *seed
	if began == 0 {
		began = uint64(time.Now().UnixNano())
	}
	t.Logf("-seed %d", began)
	each(t, func(h *house) { // the databases do not mind the same things
		h.randomly(began)
	})
}

func (h *house) randomly(began uint64) {
	h.Helper()
	h.people("anna", "jan")
	c := chance{rand.New(rand.NewPCG(began, 0)), spec(h)}
	type choice struct {
		path, method string
		operation    map[string]any
	}
	var all []choice
	for _, r := range routes(h) {
		all = append(all, choice{r.template, r.method, r.operation})
	}
	counts := map[int]int{}
	for end := time.Now().Add(*randomly); time.Now().Before(end) && !h.Failed(); {
		one := all[c.IntN(len(all))]
		target, body, headers := c.request(one.path, one.method, one.operation)
		a := h.ask(one.method, target, body, headers...)
		counts[a.StatusCode/100]++
		if a.StatusCode >= http.StatusInternalServerError || h.Failed() {
			h.Errorf("-seed %d: %s %.300s %q\n%.1000s\n= %d %.500s", began, one.method, target, headers, body, a.StatusCode, a.body)
		}
	}
	h.Logf("answers by hundred: %v", counts)
	if counts[2] == 0 || counts[4] == 0 {
		h.Errorf("the answers are one-sided: %v", counts)
	}
}
