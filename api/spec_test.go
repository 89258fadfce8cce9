package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"
)

// document is the OpenAPI document as a program reads it that knows nothing of us.
type document struct {
	raw   map[string]any
	paths map[*regexp.Regexp]map[string]any
}

// hole is a parameter in a path.
var hole = regexp.MustCompile(`\{[a-z]+\}`)

var theSpec struct {
	sync.Once
	document
}

// spec is the document that the door hands out.
func spec(h *house) document {
	h.Helper()
	theSpec.Do(func() {
		r, err := http.Get(h.url + "/api/openapi.json")
		if err != nil {
			h.Fatal(err)
		}
		defer r.Body.Close()
		if err := json.NewDecoder(r.Body).Decode(&theSpec.raw); err != nil {
			h.Fatal(err)
		}
		theSpec.paths = map[*regexp.Regexp]map[string]any{}
		quoted := regexp.MustCompile(`\\\{[a-z]+\\\}`)
		for path, operations := range theSpec.raw["paths"].(map[string]any) {
			pattern := quoted.ReplaceAllString(regexp.QuoteMeta(path), "[^/]+")
			theSpec.paths[regexp.MustCompile("^"+pattern+"$")] = operations.(map[string]any)
		}
	})
	return theSpec.document
}

// check tells how an answer differs from what the document says of it.
func (d document) check(method, path string, a answer) []string {
	operation := d.operation(method, path)
	if operation == nil {
		if a.StatusCode == http.StatusNotFound || a.StatusCode == http.StatusMethodNotAllowed || a.StatusCode == http.StatusUnauthorized {
			return nil
		}
		return []string{"there is no such operation"}
	}
	response, found := at(operation, "responses", fmt.Sprint(a.StatusCode)).(map[string]any)
	if !found {
		return []string{"it names no such status"}
	}
	content, _ := response["content"].(map[string]any)
	if content == nil {
		if len(a.body) > 0 {
			return []string{"it names no body"}
		}
		return nil
	}
	kind := a.Header.Get("Content-Type")
	schema := at(content, kind, "schema")
	if schema == nil {
		return []string{"it does not name the type " + kind}
	}
	if kind != "application/json" && !strings.HasSuffix(kind, "+json") { // a page, a mail, a journal
		return nil
	}
	var body any
	if err := json.Unmarshal(a.body, &body); err != nil {
		return []string{err.Error()}
	}
	return d.fits("", schema, body)
}

// operation finds what a request asks for; a path that is spelled out goes before one with
// a hole.
func (d document) operation(method, path string) (found map[string]any) {
	for pattern, operations := range d.paths {
		o, has := operations[strings.ToLower(method)].(map[string]any)
		if has && pattern.MatchString(path) && (found == nil || !strings.Contains(pattern.String(), "[^/]+")) {
			found = o
		}
	}
	return found
}

// ours are the paths of the API itself, without the doors that answer as other services do.
func (d document) ours() map[string]any {
	found := map[string]any{}
	for path, operations := range d.raw["paths"].(map[string]any) {
		if strings.HasPrefix(path, "/api/v1/") {
			found[path] = operations
		}
	}
	return found
}

// at follows keys into objects.
func at(v any, keys ...string) any {
	for _, k := range keys {
		object, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = object[k]
	}
	return v
}

// resolve follows a reference.
func (d document) resolve(schema any) map[string]any {
	s, _ := schema.(map[string]any)
	if ref, found := s["$ref"].(string); found {
		s, _ = at(d.raw, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...).(map[string]any)
	}
	return s
}

// fits tells how a value differs from a schema: as much of JSON Schema as the document uses.
func (d document) fits(where string, schema, v any) []string {
	s := d.resolve(schema)
	if s == nil {
		return []string{where + " has no schema"}
	}
	if choices, ok := s["oneOf"].([]any); ok {
		fitting := slices.DeleteFunc(slices.Clone(choices), func(c any) bool { return len(d.fits(where, c, v)) > 0 })
		if len(fitting) != 1 {
			return []string{fmt.Sprintf("%s fits %d of the choices", where, len(fitting))}
		}
		return nil
	}
	if kind := kindOf(v); s["type"] != nil && !slices.Contains(kindsOf(s["type"]), kind) && (kind != "integer" || !slices.Contains(kindsOf(s["type"]), "number")) {
		return []string{fmt.Sprintf("%s is %s, not %v", where, kind, s["type"])}
	}
	if choices, ok := s["enum"].([]any); ok && !slices.Contains(choices, v) {
		return []string{fmt.Sprintf("%s is %v, none of %v", where, v, choices)}
	}
	var wrong []string
	switch v := v.(type) {
	case string:
		if _, err := time.Parse(time.RFC3339Nano, v); s["format"] == "date-time" && (err != nil || !strings.HasSuffix(v, "Z")) {
			wrong = append(wrong, where+" is no time in UTC")
		}
		if longest, ok := s["maxLength"].(float64); ok && utf8.RuneCountInString(v) > int(longest) {
			wrong = append(wrong, where+" is too long")
		}
	case []any:
		for i, item := range v {
			wrong = append(wrong, d.fits(fmt.Sprint(where, "/", i), s["items"], item)...)
		}
	case map[string]any:
		wrong = append(wrong, d.fitsObject(where, s, v)...)
	}
	return wrong
}

func (d document) fitsObject(where string, s, v map[string]any) (wrong []string) {
	for _, name := range list(s["required"]) {
		if _, given := v[name.(string)]; !given {
			wrong = append(wrong, fmt.Sprintf("%s has no %s", where, name))
		}
	}
	for name, value := range v {
		property := at(s["properties"], name)
		if property == nil {
			if property = s["additionalProperties"]; property == nil || property == false {
				wrong = append(wrong, fmt.Sprintf("%s has a %s that is not described", where, name))
				continue
			}
			if property == true { // anything
				continue
			}
		}
		wrong = append(wrong, d.fits(where+"/"+name, property, value)...)
	}
	return wrong
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

func kindsOf(v any) []string {
	if s, ok := v.(string); ok {
		return []string{s}
	}
	var kinds []string
	for _, k := range list(v) {
		kinds = append(kinds, k.(string))
	}
	return kinds
}

func kindOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case []any:
		return "array"
	case float64:
		if v == float64(int64(v)) {
			return "integer"
		}
		return "number"
	}
	return "object"
}

// TestCheckerChecks: what checks every answer is worth something only if it finds what is wrong.
func TestCheckerChecks(t *testing.T) {
	var d document
	if err := json.Unmarshal([]byte(`{"components":{"schemas":{"A":{"type":"object","required":["n"],"additionalProperties":false,
		"properties":{"n":{"type":"integer"},"t":{"type":"string","format":"date-time"},"l":{"type":"array","items":{"type":"string","maxLength":2}},
		"e":{"enum":["x"]},"o":{"oneOf":[{"type":"string"},{"type":"object","additionalProperties":{"type":"string"}}]}}}}}}`), &d.raw); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		value string
		want  int
	}{
		{`{"n":1,"t":"2026-11-25T12:00:00Z","l":["ab"],"e":"x","o":{"en":"y"}}`, 0},
		{`{}`, 1},
		{`{"n":1.5}`, 1},
		{`{"n":"1"}`, 1},
		{`{"n":null}`, 1},
		{`{"n":1,"z":1}`, 1},
		{`{"n":1,"t":"yesterday"}`, 1},
		{`{"n":1,"t":"2026-11-25T12:00:00+01:00"}`, 1},
		{`{"n":1,"l":[1,"abc"]}`, 2},
		{`{"n":1,"e":"y"}`, 1},
		{`{"n":1,"o":1}`, 1},
		{`[]`, 1},
	} {
		var v any
		if err := json.Unmarshal([]byte(row.value), &v); err != nil {
			t.Fatal(err)
		}
		if wrong := d.fits("", map[string]any{"$ref": "#/components/schemas/A"}, v); len(wrong) != row.want {
			t.Errorf("%s: %q, want %d faults", row.value, wrong, row.want)
		}
	}
}
