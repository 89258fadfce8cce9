package api_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"notifier/store/storetest"
)

// UX 11.1: the page shows every operation and schema, and loads nothing from elsewhere.
func TestDocs(t *testing.T) {
	t.Parallel()
	h := open(t, storetest.Open(t, storetest.URL(t, "sqlite")))
	page := h.must(http.StatusOK, nil, "GET", "/api/docs", "", "Authorization", "")
	text := string(page.body)
	for path, operations := range spec(h).raw["paths"].(map[string]any) {
		for method, o := range operations.(map[string]any) {
			if id := at(o, "operationId").(string); !strings.Contains(text, `<article id="`+id+`">`) {
				t.Errorf("%s %s (%s) is not on the page", method, path, id)
			}
		}
	}
	for name := range at(spec(h).raw, "components", "schemas").(map[string]any) {
		if !strings.Contains(text, `<article id="`+name+`">`) {
			t.Errorf("the schema %s is not on the page", name)
		}
	}
	for _, link := range regexp.MustCompile(`(?:href|src)="([^"]*)"`).FindAllStringSubmatch(text, -1) {
		place, inside := strings.CutPrefix(link[1], "#")
		switch {
		case inside && !strings.Contains(text, `id="`+place+`"`):
			t.Errorf("there is no %s", link[1])
		case !inside:
			h.must(http.StatusOK, nil, "GET", "/api/"+link[1], "", "Authorization", "")
		}
	}
	policy := page.Header.Get("Content-Security-Policy")
	if !strings.HasPrefix(policy, "default-src 'none'; style-src 'self'") || strings.Contains(text, "<script") || strings.Contains(text, "style=") {
		t.Errorf("the page loads more than its style: %s", policy)
	}
}

// contract is the document as the golden copy has it: without the version of the program.
func contract(h *house) string {
	raw := map[string]any{}
	for k, v := range spec(h).raw {
		raw[k] = v
	}
	info := map[string]any{}
	for k, v := range raw["info"].(map[string]any) {
		info[k] = v
	}
	info["version"] = "1"
	raw["info"] = info
	b, err := json.MarshalIndent(raw, "", " ")
	if err != nil {
		h.Fatal(err)
	}
	return string(b) + "\n"
}
