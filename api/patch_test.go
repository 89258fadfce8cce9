package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"notifier/store/storetest"
)

// T4: over all PATCH routes and all keys that the document names, null takes a value away or is
// refused in its place; it is never answered with 200 and passed over.
func TestNullTakesAwayOrIsRefused(t *testing.T) {
	h := open(t, storetest.Open(t, storetest.URL(t, "sqlite")))
	h.people("anna")
	h.must(http.StatusOK, nil, "PUT", "/api/v1/users/jan", `{"email":"jan@example.org","name":"Jan","phone":"+48 1","timezone":"Asia/Tokyo","language":"pl"}`)
	h.must(http.StatusOK, nil, "PUT", "/api/v1/users/jan/preferences", `{"case_changed":"weekly","case_received":"never","daily_at":"09:00","weekly_on":"friday","timezone":"Asia/Kolkata","language":"fr"}`)
	h.must(http.StatusOK, nil, "PATCH", "/api/v1/jobs/user_notifications", `{"cron":"0 8 * * *","timezone":"Europe/Warsaw"}`)
	h.must(http.StatusCreated, nil, "POST", "/api/v1/staff", `{"email":"ola@example.org","role":"viewer","password":"correct horse battery"}`)
	var hook struct{ ID string }
	h.must(http.StatusCreated, &hook, "POST", "/api/v1/webhooks", `{"url":"http://127.0.0.1:1/","note":"ours","events":["message.sent"]}`)
	var taken struct{ Messages []struct{ ID string } }
	h.must(http.StatusAccepted, &taken, "POST", "/api/v1/messages", `{"to":["anna"],"subject":"S","text":"T","html":"<p>H</p>"}`)
	paths := map[string]string{
		"/users/{id}": "/users/jan", "/users/{id}/preferences": "/users/jan/preferences", "/jobs/{name}": "/jobs/user_notifications",
		"/staff/{email}": "/staff/ola@example.org", "/webhooks/{id}": "/webhooks/" + hook.ID, "/messages/{id}": "/messages/" + taken.Messages[0].ID,
	}
	seen := 0
	for _, r := range routes(h) {
		if r.method != "PATCH" {
			continue
		}
		seen++
		path := ""
		for template, filled := range paths {
			if r.template == "/api/v1"+template {
				path = "/api/v1" + filled
			}
		}
		if path == "" {
			t.Errorf("PATCH %s has no example here", r.template)
			continue
		}
		for _, key := range slices.Sorted(maps.Keys(r.body["properties"].(map[string]any))) {
			if strings.HasSuffix(key, "_from") {
				continue // tells where a value comes from, and is not written
			}
			before := show(h, path)
			a := h.ask("PATCH", path, fmt.Sprintf(`{%q:null}`, key))
			switch after := show(h, path)[key]; {
			case a.StatusCode == http.StatusUnprocessableEntity:
				if p := a.problem(t); len(p.Errors) == 0 || p.Errors[0].Pointer != "/"+key && !(p.Errors[0].Pointer == "/every" && key == "cron") {
					t.Errorf("PATCH %s, %s: %s, want a fault at /%s", r.template, key, a.body, key)
				}
			case a.StatusCode != http.StatusOK:
				t.Errorf("PATCH %s, %s: %d %s", r.template, key, a.StatusCode, a.body)
			case key != "user" && before[key] != nil && fmt.Sprint(before[key]) == fmt.Sprint(after) && !isDefault(key, after):
				t.Errorf("PATCH %s: 200, and %s is %v as before", r.template, key, after)
			}
		}
	}
	if seen != len(paths) {
		t.Errorf("%d routes take patches, want %d", seen, len(paths))
	}
}

// show is a thing as GET, or the list it stands in, shows it.
func show(h *house, path string) (shown map[string]any) {
	h.Helper()
	a := h.ask("GET", path, "")
	if a.StatusCode == http.StatusOK {
		if err := json.Unmarshal([]byte(a.body), &shown); err != nil {
			h.Fatal(err)
		}
	}
	return shown
}

// isDefault tells whether a value is what holds where nothing is chosen.
func isDefault(key string, v any) bool {
	return map[string]string{"wake": "false", "timezone": "UTC", "weekly_on": "monday", "daily_at": "08:00"}[key] == fmt.Sprint(v)
}

// T4: what a patch of a job does not name stays, by the API as on the command line.
func TestPatchOfAJob(t *testing.T) {
	h := open(t, storetest.Open(t, storetest.URL(t, "sqlite")))
	type line struct{ Every, Cron, Timezone string }
	for _, row := range []struct {
		body string
		want line
	}{
		{`{"cron":"0 8 * * *","timezone":"Europe/Warsaw"}`, line{"", "0 8 * * *", "Europe/Warsaw"}},
		{`{"cron":"5 8 * * *"}`, line{"", "5 8 * * *", "Europe/Warsaw"}},
		{`{"timezone":"Asia/Kolkata"}`, line{"", "5 8 * * *", "Asia/Kolkata"}},
		{`{"timezone":null}`, line{"", "5 8 * * *", "UTC"}},
		{`{"every":"5m"}`, line{"5m", "", ""}},
		{`{"every":null,"cron":"0 * * * *"}`, line{"", "0 * * * *", "UTC"}},
	} {
		var got line
		h.must(http.StatusOK, &got, "PATCH", "/api/v1/jobs/user_notifications", row.body)
		if got != row.want {
			t.Errorf("%s: %+v, want %+v", row.body, got, row.want)
		}
	}
	// The byte order mark that some editors write is skipped (T11).
	h.must(http.StatusOK, nil, "PUT", "/api/v1/users/anna", "\uFEFF"+`{"email":"anna@example.org"}`)
}
