package api_test

import (
	"cmp"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"notifier/access"
	"notifier/message"
	"notifier/store/storetest"
)

// route is an operation of the document, with a path that can be asked for.
type route struct {
	method, path string
	template     string // the path with its holes
	operation    map[string]any
	body         map[string]any // its schema; nil if it takes none
}

// routes are all operations. Holes are filled with the examples of the document.
func routes(h *house) (all []route) {
	d := spec(h)
	for path, operations := range d.ours() {
		for method, o := range operations.(map[string]any) {
			r := route{method: strings.ToUpper(method), path: path, template: path, operation: o.(map[string]any)}
			for _, p := range list(r.operation["parameters"]) {
				if name := at(p, "name"); at(p, "in") == "path" {
					value := "x"
					for _, example := range list(at(p, "schema", "examples")) {
						value = fmt.Sprint(example)
					}
					r.path = strings.Replace(r.path, fmt.Sprintf("{%s}", name), strings.ReplaceAll(value, "/", "%2F"), 1)
				}
			}
			r.body = d.resolve(at(r.operation, "requestBody", "content", "application/json", "schema"))
			all = append(all, r)
		}
	}
	slices.SortFunc(all, func(a, b route) int { return cmp.Compare(a.template+a.method, b.template+b.method) })
	return all
}

func (r route) takes(in, name string) bool {
	for _, p := range list(r.operation["parameters"]) {
		if at(p, "in") == in && at(p, "name") == name {
			return true
		}
	}
	return false
}

// wrongFor is a value that a property cannot have; nil if it takes any.
func (d document) wrongFor(schema any) any {
	s := d.resolve(schema)
	if s == nil || len(list(s["oneOf"])) > 0 || s["type"] == nil {
		return nil
	}
	for _, kind := range kindsOf(s["type"]) {
		switch kind {
		case "string":
			return `{"a":[1]}`
		case "object", "array", "boolean", "integer", "number":
			return `"none of that"`
		}
	}
	return nil
}

// TestBadInput sends to every operation of the document what it must refuse, and wants a
// problem with a code, a place and a sentence. What holds for every answer ask looks at.
func TestBadInput(t *testing.T) {
	t.Parallel()
	h := open(t, storetest.Open(t, storetest.URL(t, "sqlite")))
	h.people("anna")
	ended := time.Now().Add(-time.Minute)
	k, expired := access.Key{Site: site, Name: "old", Scopes: []access.Scope{access.Admin}, ExpiresAt: &ended}.New(time.Now())
	if err := h.store.SaveKeys(ctx, k); err != nil {
		t.Fatal(err)
	}
	sent, bodies := 0, 0
	deep := strings.Repeat("[", 100_000)
	for _, r := range routes(h) {
		good := "{}"
		if r.body != nil && r.body["type"] == "array" {
			good = "[{}]"
		}
		if r.body == nil {
			good = ""
		}
		refused := func(name, code, pointer string, status int, path, body string, headers ...string) {
			t.Helper()
			sent++
			a := h.ask(r.method, path, body, headers...)
			p := a.problem(t)
			if a.StatusCode != status || code != "" && p.Code != code && (len(p.Errors) == 0 || p.Errors[0].Code != code) {
				t.Errorf("%s %s, %s: %d %.300s, want %d %s", r.method, r.path, name, a.StatusCode, a.body, status, code)
				return
			}
			if pointer != "" && (len(p.Errors) == 0 || !regexp.MustCompile(pointer).MatchString(p.Errors[0].Pointer)) {
				t.Errorf("%s %s, %s: %.300s, want a fault at %s", r.method, r.path, name, a.body, pointer)
			}
		}
		refused("no key", "unauthorized", "", 401, r.path, good, "Authorization", "")
		refused("an unknown key", "unauthorized", "", 401, r.path, good, "Authorization", "Bearer ntf_live_x")
		refused("an expired key", "key_expired", "", 401, r.path, good, "Authorization", "Bearer "+expired)
		refused("an unknown parameter", "bad_parameter", `query\.zzz`, 422, r.path+"?zzz=1", good)
		refused("an address that is no text", "bad_address", "", 400, r.path+"?zzz=%ff", good)
		if r.takes("query", "limit") {
			for _, limit := range []string{"0", "-1", "201", "many", "1.5", "99999999999999999999"} {
				refused("limit "+limit, "bad_parameter", `query\.limit`, 422, r.path+"?limit="+limit, good)
			}
		}
		if r.takes("query", "dry_run") {
			refused("dry_run", "bad_parameter", `query\.dry_run`, 422, r.path+"?dry_run=perhaps", good)
		}
		for _, header := range []string{"Idempotency-Key", "If-Match"} {
			if r.takes("header", header) {
				refused("too long "+header, "bad_parameter", `header\.`, 422, r.path, good, header, strings.Repeat("x", 256))
			}
		}
		if r.body == nil {
			continue
		}
		refused("no JSON", "bad_json", "", 422, r.path, `{"a":`)
		refused("two values", "bad_json", "", 422, r.path, good+good)
		refused("huge nesting", "", "", 422, r.path, deep)
		refused("huge nesting in a key", "", "", 422, r.path, `{"zzz":`+deep)
		refused("bytes that are no text", "", "", 422, r.path, "{\"zzz\":\"\xff\"}")
		refused("another media type", "not_json", "", 415, r.path, good, "Content-Type", "application/xml")
		refused("a compressed body", "compressed", "", 415, r.path, good, "Content-Encoding", "gzip")
		refused("the wrong type", "", "", 422, r.path, `"text"`)
		if r.body["type"] != "object" || r.body["additionalProperties"] == true {
			continue
		}
		if r.body["additionalProperties"] == nil || r.body["additionalProperties"] == false {
			refused("an unknown key", "unknown_key", "/zzz", 422, r.path, `{"zzz":1}`)
		}
		for name, property := range r.body["properties"].(map[string]any) {
			wrong := spec(h).wrongFor(property)
			if wrong == nil {
				continue
			}
			bodies++
			refused("the wrong type of "+name, "", "^/"+name, 422, r.path, fmt.Sprintf(`{%q:%v}`, name, wrong))
		}
	}
	if sent < 500 || bodies < 50 {
		t.Errorf("only %d requests were sent, %d of them with a property of the wrong type", sent, bodies)
	}
}

// TestTooLarge: a body over the limit is refused before it is read to its end.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	h := open(t, storetest.Open(t, storetest.URL(t, "sqlite")))
	large := `{"zzz":"` + strings.Repeat("x", 18<<20) + `"}`
	for _, r := range routes(h) {
		if r.body == nil {
			continue
		}
		if a := h.ask(r.method, r.path, large); a.StatusCode != http.StatusRequestEntityTooLarge || a.problem(t).Code != "too_large" {
			t.Errorf("%s %s: %d %.200s", r.method, r.path, a.StatusCode, a.body)
		}
	}
}

// TestBadValues: what is of the right type and makes no sense all the same.
func TestBadValues(t *testing.T) {
	t.Parallel()
	h := open(t, storetest.Open(t, storetest.URL(t, "sqlite")))
	h.people("anna")
	long := strings.Repeat("x", 300)
	for _, row := range []struct{ method, path, body, want string }{
		{"PUT", "/users/jan", `{"timezone":"Europe/Varsovie"}`, "/timezone bad_timezone"},
		{"PATCH", "/users/anna", `{"timezone":"CEST"}`, "/timezone bad_timezone"},
		{"PUT", "/users/anna/preferences", `{"timezone":"Mars/Olympus"}`, "/timezone bad_timezone"},
		{"PATCH", "/users/anna/preferences", `{"timezone":"Mars/Olympus"}`, "/timezone bad_timezone"},
		{"PATCH", "/jobs/reminders", `{"cron":"0 * * * *","timezone":"Nowhere"}`, "/timezone bad_timezone"},
		{"PUT", "/users/jan", `{"phone":"` + long + `"}`, "/phone bad_text"},
		{"POST", "/jobs/reminders/pause", `{"note":"` + long + `"}`, "/note bad_text"},
		{"POST", "/messages", `{"to":["anna"],"id":"` + long + `","subject":"x","text":"x"}`, "/id bad_text"},
		{"POST", "/messages", `{"to":["anna"],"text":"x"}`, "/subject missing"},
		{"POST", "/events", `{"users":["anna"]}`, "/kind missing"},
		{"POST", "/events", `{"kind":"case_changed"}`, "/users missing"},
		{"PUT", "/deadlines/x", `{"users":["anna"]}`, "/due_at missing"},
		{"POST", "/messages/actions", `{"action":"retry","q":"status:sent"}`, "/filter/status not_allowed"},
		{"GET", "/messages?cursor=x", "", "query.cursor bad_parameter"},
		{"GET", "/deadlines?cursor=x", "", "query.cursor bad_parameter"},
		{"GET", "/deadlines?cursor=MjAyNi0wMS0wMVQwMDowMDowMFogAA", "", "query.cursor bad_parameter"}, // with a NUL in it, which Postgres cannot read
		{"GET", "/operations?cursor=" + string(message.IDOf("op", [16]byte{})), "", "query.cursor bad_parameter"},
	} {
		if a := h.ask(row.method, "/api/v1"+row.path, row.body); a.StatusCode != 422 || !strings.Contains(a.faults(t)+"\n", row.want+"\n") {
			t.Errorf("%s %s %.80s: %d %s, want %s", row.method, row.path, row.body, a.StatusCode, a.faults(t), row.want)
		}
	}
}
