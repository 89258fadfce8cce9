package template

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// data is what the sources below are filled in with.
const data = `{
	"name": "Łódź & \"Co\" <b>='x'` + "`" + `", "zero": 0, "yes": true, "no": false, "nil": null, "blank": "", "neg": -1.50, "big": 1e21, "tiny": 1e-7,
	"list": ["a", "b", "c"], "none": [], "numbers": [3, 1, 2], "nested": [["a", "b"], ["c"]],
	"case": {"id": "C 1", "title": "Lease", "owner": {"name": "Anna", "mail": "a@x.org"}, "a b": "spaced", "0": "first"},
	"people": [{"name": "Anna", "tags": ["x", "y"], "boss": {"name": "Ola"}}, {"name": "Jan", "tags": []}, {"name": "Ewa"}],
	"map": {"z": 1, "a": {"name": "inner"}, "10": "ten", "2": "two"}, "which": "title", "part": "line"
}`

var partials = map[string]string{
	"line":  "- {{name}}\n",
	"lines": "one {{name}}\n\ntwo {{../name}}\n",
	"deep":  "[{{> line}}|{{@root.which}}|{{title}}|{{x}}]",
	"loop":  "{{#each list}}{{@index}}{{> deep x=this}}{{/each}}",
}

var sources = []string{
	"", "plain", "{{name}}", "{{{name}}}", "{{&name}}", "{{ name }}", "{{~name~}}", "a  {{~name~}}  b", "a {{{~name~}}} b",
	"{{zero}}|{{yes}}|{{no}}|{{nil}}|{{blank}}|{{neg}}|{{big}}|{{tiny}}|{{missing}}|{{missing.deep.er}}",
	"{{list}}", "{{none}}", "{{nested}}", "{{list.length}} {{list.[0]}} {{people.1.name}} {{name.length}} {{list.[9]}}",
	"{{case.id}} {{case/title}} {{case.owner.name}} {{case.[a b]}} {{case.[0]}} {{[which]}} {{this.which}} {{./which}}",
	`{{"name"}} {{'zero'}}`, "{{lookup case which}} {{lookup list 1}} x{{lookup nil 'a'}}{{lookup case 'none'}}", "{{lookup (lookup people 0) 'name'}}",
	"{{#if yes}}y{{/if}}{{#if no}}n{{else}}e{{/if}}{{#if none}}n{{^}}e{{/if}}{{#if zero}}z{{/if}}{{#if zero includeZero=true}}iz{{/if}}{{#if case}}c{{/if}}{{#if missing}}m{{/if}}",
	"{{#unless yes}}y{{else}}not{{/unless}}{{#unless none}}none{{/unless}}{{#unless zero includeZero=true}}iz{{else}}z{{/unless}}",
	"{{#if no}}1{{else if nil}}2{{else if yes}}3{{else}}4{{/if}}", "{{#if no}}1{{else if nil}}2{{else}}4{{/if}}", "{{#if no}}1{{else each list}}{{this}}{{/if}}",
	"{{#each list}}{{@index}} {{@key}} {{@first}} {{@last}} {{this}} {{.}},{{/each}}", "{{#each none}}x{{else}}nobody{{/each}}", "{{#each missing}}x{{else}}nobody{{/each}}", "{{#each name}}x{{else}}text{{/each}}",
	"{{#each map}}{{@index}}{{@key}}={{#if this.name}}{{name}}{{else}}{{this}}{{/if}};{{/each}}",
	"{{#each people}}{{name}}: {{#each tags}}{{this}}/{{../name}}/{{@index}}/{{@../index}}/{{../../which}} {{else}}no tags{{/each}}; {{/each}}",
	"{{#each people as |p i|}}{{i}}{{p.name}}{{#each p.tags as |t|}}{{t}}{{p.name}}{{i}}{{/each}}{{this.p}}{{/each}}", "{{#with case as |c|}}{{c.id}}{{title}}{{../which}}{{/with}}",
	"{{#with case}}{{id}} {{#with owner}}{{name}} {{../title}} {{../../which}}{{/with}}{{/with}}", "{{#with nil}}x{{else}}none{{/with}}", "{{#with zero}}[{{this}}]{{else}}none{{/with}}",
	"{{#with case}}{{#if id}}{{../which}}{{/if}}{{/with}}", "{{#each list}}{{#if this}}{{../which}}{{/if}}{{/each}}",
	"{{#case}}{{id}}{{/case}}{{#list}}{{this}}{{@index}}{{/list}}{{#yes}}Y{{/yes}}{{#no}}N{{/no}}{{^no}}not{{/no}}{{#nil}}x{{^}}nil{{/nil}}{{#none}}x{{else}}none{{/none}}",
	"{{#case.owner}}{{name}}{{/case.owner}}{{#zero}}zero{{/zero}}{{#blank}}blank{{/blank}}{{^blank}}not blank{{/blank}}", "{{^list}}x{{else}}{{this}}{{/list}}", "{{^if no}}not{{/if}}", "{{^if no}}not{{else}}yes{{/if}}",
	"{{#if (lookup case 'id')}}has{{/if}}", "{{#each (lookup case 'owner')}}{{@key}}={{this}} {{/each}}", "{{#with (lookup people 1)}}{{name}}{{/with}}",
	"{{@root.which}}{{#each list}}{{@root.which}}{{/each}}{{@index}}{{@../index}}",
	"a{{! no }}b{{!-- no }} no --}}c{{~! no ~}} d", "a {{~!-- x --~}} b", `\{{name}} {{which}}`, `\\{{which}}`, `\{{a}} \{{b}} {{which}}`, `\{{{name}}} x`, `x\y {{which}}`, `\{{which`,
	"{{#each list}}\n  {{this}}\n{{/each}}\nend", "a\n{{#if yes}}\nb\n{{else}}\nc\n{{/if}}\nd", "a\n  {{#if no}}  \nb\n  {{else}}  \nc\n  {{/if}}  \nd\n", "a\r\n{{#if yes}}\r\nb\r\n{{/if}}\r\nc",
	"x {{#if yes}}\nb\n{{/if}} y", "{{#if yes}}\n{{/if}}\n", "{{! alone }}\nx\n  {{! alone }}  \ny {{! not }}\nz", "{{#if yes}}\n\n\n{{/if}}x", "{{#if no}}\na\n{{else if yes}}\nb\n{{else}}\nc\n{{/if}}\nd",
	"a\n{{~#if yes~}}\nb\n{{~else~}}\nc\n{{~/if~}}\nd", "a {{~#if no~}} b {{~else~}} c {{~/if~}} d", "a {{#if no~}} b {{~^~}} c {{~/if}} d", "{{#each list~}}\n {{this}}\n{{~/each}}", "a {{#if no~}} b {{~else if yes~}} c {{~else~}} d {{~/if~}} e",
	"{{> line}}", "x\n  {{> line}}\ny", "  {{> lines case}}z", "{{#each people}}\n  {{> line}}\n{{/each}}", "{{> line case.owner}}", "{{> line name='given'}}", "{{> deep title='T' x=zero}}", "{{> (lookup . 'part')}}", "{{> loop}}", "{{#with case}}{{> lines}}{{/with}}", "{{~> line~}} x", "{{#each people as |p|}}{{> line p}}{{/each}}",
	"{{#each list}}{{#each ../numbers}}{{this}}{{../this}}{{/each}}{{/each}}", "{{#each nested}}{{#each this}}{{this}}{{@../index}}{{/each}};{{/each}}", "{{#nested}}{{#this}}{{.}}{{/this}};{{/nested}}",
	"{{#each people}}{{#with boss}}{{name}}<{{../name}}{{/with}}{{boss.name}}{{/each}}", "{{#with list}}{{length}}{{this.[1]}}{{/with}}", "{{true}}{{false}}{{null}}{{12}}", "a}} b", "{ {name} }", "}}{{which}}{",
	// What neither takes.
	"{{", "{{name", "{{#if yes}}", "{{#if yes}}{{/each}}", "{{/if}}", "{{else}}", "{{#if}}x{{/if}}", "{{#if yes no}}x{{/if}}", "{{#each}}x{{/each}}", "{{unknown which}}", "{{#unknown which}}x{{/unknown}}",
	"{{a..b}}", "{{a.this}}", "{{> nowhere}}", "{{{name}}", "{{name}}}}{{", "{{lookup case}}", "{{(}}", "{{lookup (case}}", "{{[a}}", "{{'a}}", "{{!-- x", "{{#each list as |}}x{{/each}}", "{{a b=}}", "{{@}}", "{{#}}x{{/}}", "{{>}}", "{{> line a b}}",
}

// TestAsHandlebars: what npm's handlebars makes of a source, we do (TE-14).
func TestAsHandlebars(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"package.json", "render.js"} {
		content, err := os.ReadFile(filepath.Join("testdata", name))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), content, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	install := exec.Command("npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", dir)
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("npm install: %v\n%s", err, out)
	}
	var in bytes.Buffer
	for _, escape := range []bool{false, true} {
		for _, source := range sources {
			b, _ := json.Marshal(map[string]any{"source": source, "data": json.RawMessage(data), "partials": partials, "escape": escape})
			in.Write(append(b, '\n'))
		}
	}
	node := exec.Command("node", filepath.Join(dir, "render.js"))
	node.Stdin = &in
	out, err := node.Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(bytes.NewReader(out))
	refused := 0
	for _, escape := range []bool{false, true} {
		for _, source := range sources {
			var theirs struct{ Out, Error *string }
			if !lines.Scan() || json.Unmarshal(lines.Bytes(), &theirs) != nil {
				t.Fatalf("no answer for %q", source)
			}
			ours, err := fill(t, source, escape)
			switch {
			case theirs.Error != nil:
				refused++
				if err == nil {
					t.Errorf("%q makes %q, handlebars refuses it: %s", source, ours, *theirs.Error)
				}
			case err != nil:
				t.Errorf("%q is refused: %v; handlebars makes %q", source, err, *theirs.Out)
			case ours != *theirs.Out:
				t.Errorf("%q makes\n%q, handlebars\n%q", source, ours, *theirs.Out)
			}
		}
	}
	if refused < 40 {
		t.Errorf("handlebars refused %d sources", refused)
	}
}

// TestBesideHandlebars: where we do better.
func TestBesideHandlebars(t *testing.T) {
	for source, want := range map[string]string{
		"{{list.1}}{{case.0}}":                        "bfirst",
		"{{#each list}}{{@index}}{{@first}}{{/each}}": "0true1false2false", // not added up
		"{{big}} {{case}}":                            "case is an object. Name one of its keys",
		"{{lookup map 'a'}}":                          "what lookup found is an object",
		"{{{{raw}}}}{{{{/raw}}}}":                     "line 1: raw blocks are not taken",
		"\n{{#*inline 'x'}}{{/inline}}":               "decorators and inline partials are not taken",
		"{{#> line}}{{/line}}":                        "decorators and inline partials are not taken",
		"a\n\n{{#if yes}}\n{{#each list}}\n{{/if}}":   "line 5: {{/if}} ends the block each. Write {{/each}}",
	} {
		got, err := fill(t, strings.ReplaceAll(source, `\n`, "\n"), false)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) {
			t.Errorf("%q makes %q, want %q", source, got, want)
		}
	}
}

// fill is what a source makes of the data, as a text or as HTML.
func fill(t *testing.T, source string, html bool) (string, error) {
	t.Helper()
	all := map[string]Template{}
	for name, p := range partials {
		all[name] = Template{Name: name, Partial: true, Text: p, HTML: p}
	}
	one := Template{Name: "one", Text: source}
	if html {
		one = Template{Name: "one", HTML: source}
	}
	m, err := one.Fill([]byte(data), all)
	return m.Text + m.HTML, err
}

// TestBounds: no template takes long, whatever it computes (RELIABILITY 29).
func TestBounds(t *testing.T) {
	items := `"` + strings.Repeat(`x","`, 30_000) + `x"`
	long := `"` + strings.Repeat("ą", 50_000) + `"`
	for name, row := range map[string]struct{ source, data, want string }{
		"loops in loops that print nothing": {"{{#each l}}{{#each ../l}}{{#each ../../l}}{{/each}}{{/each}}{{/each}}", `{"l": [` + items + `]}`, "loops too often"},
		"sections":                          {"{{#l}}{{#../l}}{{/../l}}{{/l}}", `{"l": [` + items + `]}`, "loops too often"},
		"much text":                         {"{{#each l}}{{../t}}{{/each}}", `{"l": [` + items + `], "t": ` + long + `}`, "writes too much"},
		"lengths":                           {"{{#each l}}{{#if ../t.length}}{{/if}}{{/each}}", `{"l": [` + items + `], "t": ` + long + `}`, "loops too often"},
		"lists as keys":                     {"{{#each l}}{{lookup ../l ../l}}{{/each}}", `{"l": [` + items + `]}`, ""},
		"lists printed":                     {"{{#each l}}{{../l}}{{/each}}", `{"l": [` + items + `]}`, "writes too much"},
		"a partial in itself":               {"{{> self}}", `{}`, "stands in itself"},
		"partials that double":              {"{{> p0}}", `{}`, "loops too often"},
		"deep data":                         {"x", strings.Repeat(`{"a":`, 200) + "1" + strings.Repeat("}", 200), "more than 100 deep"},
		"deep blocks":                       {strings.Repeat("{{#if a}}", 10_000), `{}`, "more than 50 deep"},
		"a long chain":                      {"{{#if a}}" + strings.Repeat("{{else if a}}", 10_000) + "{{/if}}", `{}`, "more than 50 deep"},
		"deep expressions":                  {"{{lookup " + strings.Repeat("(lookup ", 10_000), `{}`, "more than 50 deep"},
		"a number of many digits":           {"{{n}}", `{"n": ` + strings.Repeat("9", 200_000) + `}`, ""},
		"much data":                         {"x", `{"n": ` + strings.Repeat(" ", MaxData) + `1}`, "at most 262144 are taken"},
	} {
		partials := map[string]Template{"self": {Text: "{{> self}}"}, "p25": {Text: "{{#if a}}{{/if}}"}}
		for i := range 25 {
			next := fmt.Sprintf("{{> p%d}}", i+1)
			partials[fmt.Sprintf("p%d", i)] = Template{Text: next + next}
		}
		start := time.Now()
		_, err := Template{Name: "one", Text: row.source}.Fill([]byte(row.data), partials)
		if row.want == "" && err != nil || row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)) {
			t.Errorf("%s: %v, want %q", name, err, row.want)
		}
		t.Logf("%s: %v", name, time.Since(start).Round(time.Millisecond))
	}
}

// FuzzFill: whatever the source and the data, there is a mail or an error, and it is the same again.
func FuzzFill(f *testing.F) {
	for _, source := range sources {
		f.Add(source, data)
	}
	f.Fuzz(func(t *testing.T, source, data string) {
		one := Template{Name: "one", Text: source, HTML: source}
		all := map[string]Template{"line": {Text: source, HTML: source}}
		m, err := one.Fill([]byte(data), all)
		again, _ := one.Fill([]byte(data), all)
		if err == nil && (m.Text != again.Text || m.HTML != again.HTML) {
			t.Error("it is not the same again")
		}
		if _, wrong := parse(source); err == nil && wrong != nil {
			t.Errorf("it is filled in, but cannot be read: %v", wrong)
		}
	})
}
