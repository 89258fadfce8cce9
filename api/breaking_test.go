package api_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"notifier/store/storetest"
)

const goldenContract = "testdata/openapi.json"

var breaking = flag.Bool("breaking", false, "let -update write a document that breaks callers")

// TestNothingBreaks compares the document with its golden copy: whoever calls the API by
// the copy can go on doing so.
func TestNothingBreaks(t *testing.T) {
	t.Parallel()
	h := open(t, storetest.Open(t, storetest.URL(t, "sqlite")))
	now := contract(h)
	kept, err := os.ReadFile(goldenContract)
	if err != nil && !*update {
		t.Fatal(err)
	}
	var before, after document
	if err == nil {
		if err := json.Unmarshal(kept, &before.raw); err != nil {
			t.Fatal(err)
		}
	}
	if err := json.Unmarshal([]byte(now), &after.raw); err != nil {
		t.Fatal(err)
	}
	c := comparison{before: before, after: after, done: map[string]bool{}}
	c.all()
	if len(c.breaks) > 0 && !*breaking {
		t.Fatalf("this breaks callers:\n%s\nIf that is meant, go test ./api -run TestNothingBreaks -update -breaking writes the copy anew.", strings.Join(c.breaks, "\n"))
	}
	if string(kept) == now {
		return
	}
	if !*update {
		t.Logf("%s is behind: the document has grown, and breaks nobody. go test ./api -run TestNothingBreaks -update writes it anew.", goldenContract)
		return
	}
	if err := os.WriteFile(goldenContract, []byte(now), 0o644); err != nil {
		t.Fatal(err)
	}
}

// comparison finds what callers of one document cannot do by another.
type comparison struct {
	before, after document
	done          map[string]bool // pairs of schemas, which may hold themselves
	breaks        []string
}

func (c *comparison) broke(format string, args ...any) {
	c.breaks = append(c.breaks, fmt.Sprintf(format, args...))
}

func (c *comparison) all() {
	paths, _ := c.before.raw["paths"].(map[string]any)
	for path, operations := range paths {
		for method, o := range operations.(map[string]any) {
			where := strings.ToUpper(method) + " " + path
			now, _ := at(c.after.raw, "paths", path, method).(map[string]any)
			if now == nil {
				c.broke("%s is gone", where)
				continue
			}
			c.operation(where, o.(map[string]any), now)
		}
	}
	slices.Sort(c.breaks)
}

func (c *comparison) operation(where string, before, after map[string]any) {
	if before["operationId"] != after["operationId"] {
		c.broke("%s is called %v, and was %v", where, after["operationId"], before["operationId"])
	}
	parameters := func(o map[string]any) map[string]map[string]any {
		all := map[string]map[string]any{}
		for _, p := range list(o["parameters"]) {
			p := p.(map[string]any)
			all[fmt.Sprint(p["in"], " ", p["name"])] = p
		}
		return all
	}
	had, has := parameters(before), parameters(after)
	for name, p := range has {
		if old, known := had[name]; p["required"] == true && (!known || old["required"] != true) {
			c.broke("%s needs %s now", where, name)
		}
	}
	for name, p := range had {
		if has[name] == nil {
			c.broke("%s no longer takes %s", where, name)
			continue
		}
		c.schema(where+" "+name, true, p["schema"], has[name]["schema"])
	}
	if at(after, "requestBody", "required") == true && at(before, "requestBody", "required") != true {
		c.broke("%s needs a body now", where)
	}
	c.content(where+" body", true, at(before, "requestBody", "content"), at(after, "requestBody", "content"))
	for status, r := range before["responses"].(map[string]any) {
		now := at(after, "responses", status)
		if now == nil {
			c.broke("%s no longer answers %s", where, status)
			continue
		}
		c.content(where+" "+status, false, at(r, "content"), at(now, "content"))
	}
}

func (c *comparison) content(where string, in bool, before, after any) {
	kinds, _ := before.(map[string]any)
	for kind, m := range kinds {
		now := at(after, kind)
		if now == nil {
			c.broke("%s: %s is gone", where, kind)
			continue
		}
		c.schema(where, in, at(m, "schema"), at(now, "schema"))
	}
}

// schema compares what callers send (in), or get.
func (c *comparison) schema(where string, in bool, before, after any) {
	pair := fmt.Sprint(in, at(before, "$ref"), at(after, "$ref"))
	if at(before, "$ref") != nil {
		if c.done[pair] {
			return
		}
		c.done[pair] = true
	}
	old, now := c.before.resolve(before), c.after.resolve(after)
	if old == nil || now == nil {
		if old != nil {
			c.broke("%s has no schema any more", where)
		}
		return
	}
	for _, kind := range kindsOf(old["type"]) {
		if in && len(kindsOf(now["type"])) > 0 && !slices.Contains(kindsOf(now["type"]), kind) {
			c.broke("%s takes no %s any more", where, kind)
		}
	}
	for _, kind := range kindsOf(now["type"]) {
		if !in && len(kindsOf(old["type"])) > 0 && !slices.Contains(kindsOf(old["type"]), kind) {
			c.broke("%s may be %s now", where, kind)
		}
	}
	if choices := list(now["enum"]); in && len(choices) > 0 {
		for _, word := range list(old["enum"]) {
			if !slices.Contains(choices, word) {
				c.broke("%s takes %v no more", where, word)
			}
		}
		if len(list(old["enum"])) == 0 {
			c.broke("%s takes only %v now", where, choices)
		}
	}
	if longest, limited := now["maxLength"].(float64); in && limited {
		if was, had := old["maxLength"].(float64); !had || was > longest {
			c.broke("%s may have only %v characters now", where, longest)
		}
	}
	if old["items"] != nil {
		c.schema(where+"/*", in, old["items"], now["items"])
	}
	c.properties(where, in, old, now)
}

func (c *comparison) properties(where string, in bool, old, now map[string]any) {
	need, must := now, old // what is sent may need no more, and what comes back may lack no more
	if !in {
		need, must = old, now
	}
	for _, name := range list(need["required"]) {
		if !slices.Contains(list(must["required"]), name) {
			c.broke("%s/%s: whether it must be there has changed", where, name)
		}
	}
	properties, _ := old["properties"].(map[string]any)
	for name, p := range properties {
		if at(now["properties"], name) == nil && (now["additionalProperties"] == nil || now["additionalProperties"] == false) {
			c.broke("%s/%s is gone", where, name)
			continue
		}
		if other := at(now["properties"], name); other != nil {
			c.schema(where+"/"+name, in, p, other)
		}
	}
}

// TestFindsWhatBreaks: the comparison is worth something only if it finds what breaks.
func TestFindsWhatBreaks(t *testing.T) {
	t.Parallel()
	const before = `{"paths":{"/a":{"post":{"operationId":"a","parameters":[{"name":"q","in":"query","schema":{"type":"string","enum":["x","y"]}}],
		"requestBody":{"content":{"j":{"schema":{"$ref":"#/s/A"}}}},"responses":{"200":{"content":{"j":{"schema":{"$ref":"#/s/A"}}}}}}}},
		"s":{"A":{"type":"object","required":["n"],"properties":{"n":{"type":"integer"},"l":{"type":"array","items":{"type":"string"}},"self":{"$ref":"#/s/A"}}}}}`
	for _, row := range []struct{ from, to, want string }{
		{"", "", ""},
		{`"/a"`, `"/b"`, "POST /a is gone"},
		{`"operationId":"a"`, `"operationId":"b"`, "is called b"},
		{`"name":"q"`, `"name":"p"`, "no longer takes query q"},
		{`"in":"query"`, `"in":"query","required":true`, "needs query q now"},
		{`"enum":["x","y"]`, `"enum":["x"]`, "takes y no more"},
		{`"enum":["x","y"]`, `"enum":["x","y","z"]`, ""},
		{`"200"`, `"201"`, "no longer answers 200"},
		{`"type":"integer"`, `"type":"string"`, "takes no integer"},
		{`"required":["n"]`, `"required":["n","l"]`, "whether it must be there"},
		{`"required":["n"]`, `"required":[]`, "whether it must be there"},
		{`"self":{"$ref":"#/s/A"}`, `"other":{"$ref":"#/s/A"}`, "/self is gone"},
		{`"items":{"type":"string"}`, `"items":{"type":"string","maxLength":5}`, "only 5 characters"},
		{`"n":{"type":"integer"}`, `"n":{"type":"integer"},"m":{"type":"string"}`, ""},
	} {
		var c comparison
		c.done = map[string]bool{}
		if err := json.Unmarshal([]byte(before), &c.before.raw); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(strings.Replace(before, row.from, row.to, 1)), &c.after.raw); err != nil {
			t.Fatal(err)
		}
		c.all()
		if got := strings.Join(c.breaks, "\n"); !strings.Contains(got, row.want) || row.want == "" && got != "" {
			t.Errorf("%s to %s: %q, want %q", row.from, row.to, got, row.want)
		}
	}
}
