package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"notifier/store/storetest"
)

// T8: a number in a body is taken as JSON means it, or refused in our words at its place.
func TestNumbersInBodies(t *testing.T) {
	h := open(t, storetest.Open(t, storetest.URL(t, "sqlite")))
	h.people("anna")
	for _, row := range []struct {
		number string
		max    int // -1: refused
	}{
		{"5", 5}, {"5.0", 5}, {"1e1", 10}, {"1E+1", 10}, {"50e-1", 5}, {"0.0", 0}, {"-0", 0}, {"-0.0", 0}, {"6.00000e1", 60},
		{"1.5", -1}, {`"5"`, -1}, {"1e400", -1}, {"-1e400", -1}, {"99999999999999999999", -1}, {"61", -1}, {"-1", -1}, {"1e3", -1}, {"true", -1}, {"[5]", -1}, {"1e-400", 0},
	} {
		a := h.ask("PUT", "/api/v1/deadlines/C-1", `{"users":["anna"],"due_at":"2199-01-01T10:00:00Z","overdue":{"every_workday":true,"max":`+row.number+`}}`)
		var d struct{ Overdue struct{ Max *int } }
		switch {
		case row.max < 0 && (a.StatusCode != http.StatusUnprocessableEntity || !strings.HasPrefix(a.faults(t), "/overdue/max ")):
			t.Errorf("T8: max %s: %d %s", row.number, a.StatusCode, a.body)
		case row.max >= 0 && (a.StatusCode != http.StatusOK || json.Unmarshal(a.body, &d) != nil || d.Overdue.Max == nil || *d.Overdue.Max != row.max):
			t.Errorf("T8: max %s: %d %s, want %d", row.number, a.StatusCode, a.body, row.max)
		}
	}
	for _, limit := range []string{"1e3", "5.0", "99999999999999999999", "-0", "0", "201", "x"} {
		a := h.ask("GET", "/api/v1/messages?limit="+limit, "")
		if p := a.problem(t); a.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(p.Detail, "a whole number from 1 to 200 is expected here. Write its digits alone, as in 1.") {
			t.Errorf("T8: limit %s: %s", limit, a.body)
		}
	}
	h.must(http.StatusOK, nil, "PUT", "/api/v1/templates/sum", `{"subject":"{{n}}","text":"{{n}}"}`)
	for number, want := range map[string]string{"1e400": "1e400", "99999999999999999999": "99999999999999999999", "5.0": "5", "1e3": "1000", "-0": "0"} {
		var filled struct{ Subject string }
		if h.must(http.StatusOK, &filled, "POST", "/api/v1/templates/sum/render", `{"data":{"n":`+number+`}}`); filled.Subject != want {
			t.Errorf("T8: a template shows %s as %s", number, filled.Subject)
		}
	}
}

// T7: a key of texts that is no language, or too long, is refused at its place; others are
// kept as BCP 47 writes them.
func TestLanguagesOfTexts(t *testing.T) {
	h := open(t, storetest.Open(t, storetest.URL(t, "sqlite")))
	h.people("anna")
	event := func(key string) answer {
		text, err := json.Marshal(map[string]string{key: "Jan commented", "en": "Jan commented"})
		if err != nil {
			t.Fatal(err)
		}
		return h.ask("POST", "/api/v1/events", fmt.Sprintf(`{"kind":"case_changed","users":["anna"],"summary":%s}`, text))
	}
	for _, bad := range []string{
		"english", "e", "", "pl_PL_", "pl PL", "12", "x-", strings.Repeat("a", 1000), "pl-" + strings.Repeat("abcdefgh-", 100) + "x", "pl\n", "pl/PL", "pl~PL", "日本語", "*", "en-US-en-US-u",
	} {
		a := event(bad)
		pointer := "/summary/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(bad)
		if p := a.problem(t); a.StatusCode != http.StatusUnprocessableEntity || len(p.Errors) != 1 || !strings.HasPrefix(pointer, strings.TrimSuffix(p.Errors[0].Pointer, "…")) || len(p.Errors[0].Pointer) < min(len(pointer), 200) {
			t.Errorf("T7: %.40q: %d %.400s, want a fault at %.60q", bad, a.StatusCode, a.body, pointer)
		}
	}
	for _, good := range []string{"pl", "pl_PL", "PL-pl", "zh-Hant-TW", "sr_latn", "de-CH-1996", "es-419"} {
		if a := event(good); a.StatusCode/100 != 2 {
			t.Errorf("T7: %q: %d %s", good, a.StatusCode, a.body)
		}
	}
	for _, twice := range []string{`{"pl":"a","PL":"b"}`, `{"pl-PL":"a","pl_pl":"b"}`} {
		if a := h.ask("POST", "/api/v1/events", `{"kind":"case_changed","users":["anna"],"summary":`+twice+`}`); a.StatusCode != http.StatusUnprocessableEntity || !strings.HasPrefix(a.faults(t), "/summary/") {
			t.Errorf("T7: %s: %d %s", twice, a.StatusCode, a.body)
		}
	}
}

// L11: an address is suppressed in every spelling, and gets one mail in two.
func TestAnAddressInManySpellings(t *testing.T) {
	for _, row := range []struct{ suppressed, written string }{
		{"stop@xn--d-uga0v4h.example", "stop@łódź.example"}, {"stop@łódź.example", "STOP@XN--D-UGA0V4H.EXAMPLE"}, {"Stop@Example.org", "stop@example.ORG"},
		{"stop@example.org", "stop@ｅｘａｍｐｌｅ.org"}, {"stop@example.org", "stop@example。org"}, {"stop@example.org", "stop@exam\u00adple.org"},
		{"stop@example.org", "stop@exam\u200bple.org"}, {"stop@faß.example", "stop@xn--fa-hia.example"},
	} {
		h := open(t, storetest.Open(t, storetest.URL(t, "sqlite")))
		h.must(http.StatusOK, nil, "PUT", "/api/v1/suppressions/"+url.PathEscape(row.suppressed), `{}`)
		body, err := json.Marshal(map[string]any{"to": []any{row.written}, "subject": "Hello", "text": "Hello"})
		if err != nil {
			t.Fatal(err)
		}
		a := h.ask("POST", "/api/v1/messages", string(body))
		var taken struct{ Messages []struct{ ID string } }
		if a.StatusCode/100 == 2 {
			h.run(h.flush.Run)
			var m struct{ Status, Reason string }
			if json.Unmarshal(a.body, &taken) != nil || len(taken.Messages) != 1 {
				t.Fatal(string(a.body))
			}
			if h.must(http.StatusOK, &m, "GET", "/api/v1/messages/"+taken.Messages[0].ID, ""); m.Status != "skipped" {
				t.Errorf("L11: %q is suppressed, and mail to %q is %+v", row.suppressed, row.written, m)
			}
		} else if a.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("L11: mail to %q: %d %s", row.written, a.StatusCode, a.body)
		}
		body, err = json.Marshal(map[string]any{"to": []any{row.suppressed, row.written}, "subject": "Hello", "text": "Hello"})
		if err != nil {
			t.Fatal(err)
		}
		a = h.ask("POST", "/api/v1/messages", string(body))
		if a.StatusCode/100 == 2 && (json.Unmarshal(a.body, &taken) != nil || len(taken.Messages) != 1) {
			t.Errorf("L11: %q and %q are one address: %s", row.suppressed, row.written, a.body)
		}
		if a = h.ask("GET", "/api/v1/suppressions/"+url.PathEscape(row.written), ""); a.StatusCode != http.StatusOK && a.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("L11: GET of %q: %d %s", row.written, a.StatusCode, a.body)
		}
	}
}

// oddIDs are ids of users that directories have.
var oddIDs = []string{
	"CN=Anna/OU=Clerks", "a/b/c", "/a", "a/", "//", "anna@example.org", "ANNA@example.org", "50%", "%2F", "%2e%2e", "a b", "a+b", "a?b#c", "ż", "日本", "…", "..a", "a..", "a/../b", "...", "\\", "'\"<>&;", "user:1", "~", "*",
	strings.Repeat("x", 200), strings.Repeat("ż", 200),
}

// T10: any id of 1 to 200 characters is a user's, in paths and bodies; . and .. are no id
// anywhere, nor are control characters.
func TestIdsOfUsers(t *testing.T) {
	h := open(t, storetest.Open(t, storetest.URL(t, "sqlite")))
	for i, id := range oddIDs {
		path := "/api/v1/users/" + url.PathEscape(id)
		if strings.Contains(id, "/") {
			path = "/api/v1/users/" + strings.ReplaceAll(url.PathEscape(id), "/", "%2F")
		}
		h.must(http.StatusOK, nil, "PUT", path, fmt.Sprintf(`{"email":"u%d@example.net"}`, i))
		var u struct{ ID, Email string }
		if h.must(http.StatusOK, &u, "GET", path, ""); u.ID != id || u.Email != fmt.Sprintf("u%d@example.net", i) {
			t.Errorf("T10: %q became %+v", id, u)
		}
		h.must(http.StatusOK, nil, "PATCH", path+"/preferences", `{"case_changed":"daily"}`)
		raw, err := json.Marshal([]string{id})
		if err != nil {
			t.Fatal(err)
		}
		var noted struct {
			Recipients []struct{ User, Status string }
		}
		h.must(http.StatusAccepted, &noted, "POST", "/api/v1/events", `{"kind":"case_changed","summary":"x","users":`+string(raw)+`}`)
		if len(noted.Recipients) != 1 || noted.Recipients[0].User != id || noted.Recipients[0].Status != "deferred" {
			t.Errorf("T10: the event is for %+v, want %q", noted, id)
		}
		var taken struct {
			Messages []struct{ To []struct{ Email string } }
		}
		a := h.must(http.StatusAccepted, nil, "POST", "/api/v1/messages", `{"subject":"x","text":"x","to":`+string(raw)+`}`)
		if !strings.Contains(string(a.body), fmt.Sprintf("u%d@example.net", i)) {
			t.Errorf("T10: %q in to is %s, %+v", id, a.body, taken)
		}
		h.must(http.StatusOK, nil, "GET", "/api/v1/explain?user="+url.QueryEscape(id), "")
	}
	for _, id := range []string{".", "..", "/", "a\x00b", "a\nb", "\u0085", "\x7f", strings.Repeat("x", 201)} {
		raw, err := json.Marshal([]string{id})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range []struct{ method, path, body string }{
			{"PUT", "/api/v1/users/" + strings.NewReplacer(".", "%2e", "/", "%2F").Replace(url.PathEscape(id)), `{"email":"x@example.net"}`},
			{"PUT", "/api/v1/groups/clerks", `{"users":` + string(raw) + `}`},
			{"POST", "/api/v1/events", `{"kind":"case_changed","summary":"x","users":` + string(raw) + `}`},
		} {
			if a := h.ask(row.method, row.path, row.body); a.StatusCode != http.StatusUnprocessableEntity && a.StatusCode != http.StatusBadRequest {
				t.Errorf("T10: %s %s %s: %d %s", row.method, row.path, row.body, a.StatusCode, a.body)
			}
		}
	}
}
