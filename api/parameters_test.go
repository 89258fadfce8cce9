package api_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"notifier/store/storetest"
)

// libraryWords are how the library under the door tells what is wrong.
var libraryWords = regexp.MustCompile(`(?i)^(invalid|expected|unexpected|required) |parsing|strconv|: .*: `)

// T11: a parameter that cannot be taken is told in our words, at its place, with what to write
// instead, over all routes.
func TestParametersAreRefusedInOurWords(t *testing.T) {
	h := open(t, storetest.Open(t, storetest.URL(t, "sqlite")))
	d := spec(h)
	seen := 0
	for _, r := range routes(h) {
		for _, p := range list(r.operation["parameters"]) {
			name := fmt.Sprint(at(p, "name"))
			if at(p, "in") != "query" {
				continue
			}
			for _, value := range wrongParameters(d.resolve(at(p, "schema"))) {
				seen++
				a := h.ask(r.method, r.path+"?"+name+"="+url.QueryEscape(value), "{}")
				if a.StatusCode != http.StatusUnprocessableEntity {
					t.Errorf("%s %s, %s=%.20q: %d %s", r.method, r.template, name, value, a.StatusCode, a.body)
					continue
				}
				for _, fault := range a.problem(t).Errors {
					if fault.Pointer == "query."+name && (libraryWords.MatchString(fault.Detail) || !strings.Contains(fault.Detail, ". ")) {
						t.Errorf("%s %s, %s=%.20q: %q are not our words, or do not say what to do", r.method, r.template, name, value, fault.Detail)
					}
				}
			}
		}
	}
	if seen < 60 {
		t.Errorf("%d parameters were tried", seen)
	}
}

// wrongParameters are values that a parameter cannot have.
func wrongParameters(schema map[string]any) (all []string) {
	switch {
	case len(list(schema["enum"])) > 0, schema["type"] == "boolean":
		all = append(all, "quatsch")
	case schema["type"] == "integer":
		all = append(all, "quatsch", "99999999999999999999", "1.5", "-99999999")
	case schema["format"] == "date-time":
		all = append(all, "quatsch", "2026-11-25", "24h")
	case schema["maxLength"] != nil:
		all = append(all, strings.Repeat("a", 1+int(schema["maxLength"].(float64))))
	}
	return all
}

// T11: a parameter that comes twice is refused, over all routes: the second was dropped
// without a word, and a removal of "bounce and complaint" removed bounces alone.
func TestNoParameterIsDropped(t *testing.T) {
	h := open(t, storetest.Open(t, storetest.URL(t, "sqlite")))
	seen := 0
	for _, r := range routes(h) {
		for _, p := range list(r.operation["parameters"]) {
			if at(p, "in") != "query" || !strings.HasPrefix(r.template, "/api/v1/") {
				continue
			}
			seen++
			name := fmt.Sprint(at(p, "name"))
			a := h.ask(r.method, r.path+"?"+name+"=a&"+name+"=b", "{}")
			if want := name + " comes twice. Leave one out."; a.StatusCode != http.StatusUnprocessableEntity || a.problem(t).Errors[0].Detail != want {
				t.Errorf("%s %s with %s twice: %d %s, want %q", r.method, r.template, name, a.StatusCode, a.body, want)
			}
		}
	}
	if seen < 60 {
		t.Errorf("%d parameters were tried", seen)
	}
}
