package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"notifier/message"
)

// TestWeeklyForReceived says what UX 11.3 says, word for word.
func TestWeeklyForReceived(t *testing.T) {
	each(t, func(h *house) {
		h.people("42")
		a := h.ask("PUT", "/api/v1/users/42/preferences", `{"case_received":"weekly","case_changed":"daily","timezone":"Europe/Warsaw","daily_at":"08:00","weekly_on":"monday"}`)
		p := a.problem(h)
		if p.Status != 422 || p.Title != "These settings cannot be saved" || p.Code != "invalid_preferences" || p.Retryable {
			h.Errorf("it is answered with %s", a.body)
		}
		want := `[{"pointer":"/case_received","code":"not_allowed","detail":"\"weekly\" is not offered for case_received. Use immediately, hourly, daily or never."}]`
		if got, err := json.Marshal(p.Errors); err != nil || string(got) != want {
			h.Errorf("errors are %s (%v), want %s", got, err, want)
		}
	})
}

// TestFaults: all that is wrong with a request is told at once, with places and codes.
func TestFaults(t *testing.T) {
	rows := []struct{ name, method, path, body, want string }{
		{"not JSON", "POST", "/events", `{"kind":`, "bad_json"},
		{"a form", "POST", "/events", `kind=case_changed&users=anna`, "bad_json"},
		{"two values", "POST", "/events", `{} {}`, "bad_json"},
		{"not UTF-8", "PUT", "/users/anna", "{\"name\":\"\xff\"}", "bad_encoding"},
		{"a list for an object", "POST", "/events", `[]`, "bad_type"},
		{"an unknown key", "POST", "/events", `{"kynd":"case_changed"}`, "/kynd unknown_key"},
		{"wrong types, each in its place", "POST", "/events", `{"kind":1,"users":"anna","case":"A-1","occurred_at":"yesterday"}`, "/case bad_type\n/kind bad_type\n/occurred_at bad_time\n/users bad_type"},
		{"wrong types in lists", "POST", "/messages", `{"to":[1,"anna"],"subject":"x","text":"x","manual":"yes"}`, "/manual bad_type\n/to/0"},
		{"nothing that is needed", "POST", "/messages", `{}`, "/subject missing\n/text missing\n/to missing"},
		{"unknown people", "POST", "/messages", `{"to":["ana"],"cc":["jon"],"subject":"x","text":"x"}`, "/to/0 unknown_user\n/cc/0 unknown_user"},
		{"an unknown kind and unknown users", "POST", "/events", `{"kind":"case_recieved","users":["ana"]}`, "/kind unknown_kind"},
		{"unknown users, strictly", "POST", "/events?strict=true", `{"kind":"case_changed","users":["anna","ana"]}`, "/users/1 unknown_user"},
		{"a user", "PUT", "/users/a%40b", `{"email":"anna","timezone":"Mars","language":"polski"}`, "/email bad_address\n/timezone bad_timezone\n/language bad_language"},
		{"a user with an unknown key", "PUT", "/users/anna", `{"mail":"anna@example.org"}`, "/mail unknown_key"},
		{"preferences that are no words", "PUT", "/users/anna/preferences", `{"case_changed":1,"daily_at":"25:00","weekly_on":"mon","timezone":""}`, "/case_changed bad_frequency\n/daily_at bad_time\n/timezone bad_timezone\n/weekly_on bad_weekday"},
		{"preferences that are not offered", "PUT", "/users/anna/preferences", `{"deadline":"never","case_changd":"daily"}`, "/case_changd unknown_kind\n/deadline mandatory"},
		{"another user than the path's", "PUT", "/users/anna", `{"user":"jan","email":"anna@example.org"}`, "/user other_than_path"},
		{"preferences of another user", "PUT", "/users/anna/preferences", `{"user":"jan","case_changed":"daily"}`, "/user other_than_path"},
		{"preferences of nobody", "PUT", "/users/anna/preferences", `{"user":7,"case_changed":"daily"}`, "/user bad_type"},
		{"another deadline than the path's", "PUT", "/deadlines/A-1", `{"key":"A-2","users":["anna"],"due_at":"2035-01-01T00:00:00Z"}`, "/key other_than_path"},
		{"a key twice", "PUT", "/users/anna", `{"name":"Anna","name":"Ania"}`, "/name key_twice"},
		{"a group", "PUT", "/groups/clerks", `{"users":["ana","jon"]}`, "/users/0 unknown_user\n/users/1 unknown_user"},
		{"a deadline without a date", "PUT", "/deadlines/A-1", `{"users":["anna"]}`, "/due_at missing"},
		{"a deadline", "PUT", "/deadlines/A-1", `{"users":["anna"],"due_at":"2035-01-01T00:00:00Z","remind_before":["-1h"],"overdue":{"max":99}}`, "/overdue/every_workday missing\n/overdue/max out_of_range\n/remind_before/0 out_of_range"},
		{"a deadline with words for times", "PUT", "/deadlines/A-1", `{"users":["anna"],"due_at":"tomorrow","remind_before":["3 days",3]}`, "/due_at bad_time\n/remind_before/0\n/remind_before/1"},
		{"a job without a change", "PATCH", "/jobs/reminders", `{}`, "missing"},
		{"a job with two schedules", "PATCH", "/jobs/reminders", `{"every":"3m","cron":"* * * * *"}`, "/cron conflict"},
		{"a job without a unit", "PATCH", "/jobs/reminders", `{"every":"3"}`, "/every bad_duration"},
		{"a job's cron and zone", "PATCH", "/jobs/reminders", `{"cron":"61 * * * *","timezone":"Mars"}`, "/cron bad_cron\n/timezone bad_timezone"},
		{"a zone without cron", "PATCH", "/jobs/reminders", `{"timezone":"Europe/Warsaw"}`, "/timezone not_allowed"},
		{"a reset with a schedule", "PATCH", "/jobs/reminders", `{"reset":true,"every":"3m"}`, "/reset not_allowed"},
		{"a note", "POST", "/jobs/reminders/pause", `{"note":"` + strings.Repeat("x", 201) + `"}`, "/note bad_text"},
		{"a retry", "POST", "/messages/msg_1/retry", `{"resend":"yes"}`, "/resend bad_type"},
		{"an unknown parameter", "GET", "/messages?state=sent", "", "query.state bad_parameter"},
		{"a parameter where there is none", "GET", "/jobs?limit=1", "", "query.limit bad_parameter"},
		{"parameters out of range", "GET", "/messages?limit=201&status=nothing", "", "query.limit bad_parameter\nquery.status bad_parameter"},
		{"a number that is none", "GET", "/jobs/reminders/runs?limit=x", "", "query.limit bad_parameter"},
		{"a cursor that is none", "GET", "/messages?cursor=msg_1", "", "query.cursor bad_parameter"},
		{"a cursor of deadlines that is none", "GET", "/deadlines?cursor=!", "", "query.cursor bad_parameter"},
		{"a cursor of another list", "GET", "/deadlines?cursor=msg_06f3n5mmmt1fq2r6s0hj0v7k9c", "", "query.cursor bad_parameter"},
	}
	each(t, func(h *house) {
		h.people("anna")
		for _, row := range rows {
			a := h.ask(row.method, "/api/v1"+row.path, row.body)
			if got := a.faults(h); a.StatusCode != http.StatusUnprocessableEntity || !alike(got, row.want) {
				h.Errorf("%s: %d with faults\n%s\nwant 422 with\n%s", row.name, a.StatusCode, got, row.want)
			}
			for _, f := range a.problem(h).Errors {
				if !remedied(f.Detail) {
					h.Errorf("%s: %q does not say what to do", row.name, f.Detail)
				}
			}
		}
		h.empty()
		a := h.ask("GET", "/api/v1/messages?limt=1", "")
		if got := a.problem(h).Detail; got != `query.limt: there is no parameter "limt". Did you mean "limit"?` {
			h.Errorf("a slip of the finger in a parameter: %s", got)
		}
		a = h.ask("POST", "/api/v1/events", `{"ocurred_at":"2026-03-02T10:00:00Z"}`)
		if got := a.problem(h).Detail; got != `ocurred_at: there is no key "ocurred_at". Did you mean "occurred_at"?` {
			h.Errorf("a slip of the finger in a key: %s", got)
		}
	})
}

// alike tells whether the faults are those that are wanted, in any order; where no code is
// named any will do.
func alike(got, want string) bool {
	g, w := strings.Split(sorted(got), "\n"), strings.Split(sorted(want), "\n")
	return slices.EqualFunc(g, w, func(got, want string) bool {
		where, _, _ := strings.Cut(got, " ")
		return got == want || where == want
	})
}

func sorted(lines string) string {
	return strings.Join(slices.Sorted(slices.Values(strings.Split(lines, "\n"))), "\n")
}

// remedied tells whether a sentence says what to do, or what is right.
func remedied(detail string) bool {
	for _, word := range []string{"needs", "Write", "Use", "Leave", "Give", "Add", "Send", "Shorten", "Choose", "Did you mean", "There are", "expected", "not JSON", "or ", "integer"} {
		if strings.Contains(detail, word) {
			return true
		}
	}
	return false
}

// empty makes sure that refused requests left nothing behind.
func (h *house) empty() {
	h.Helper()
	ms, err := h.store.Messages(ctx, site, message.Filter{Limit: 10})
	if err != nil || len(ms) > 0 {
		h.Errorf("%d messages are kept (%v), want none: a refused request leaves nothing behind", len(ms), err)
	}
}

// TestControlCharacters: no text that stays on one line takes a line break, in no field of
// no request.
func TestControlCharacters(t *testing.T) {
	rows := []struct{ method, path, body, pointer string }{
		{"POST", "/events", `{"id":"%s","kind":"case_changed","users":["anna"]}`, "/id"},
		{"POST", "/events", `{"kind":"%s","users":["anna"]}`, "/kind"},
		{"POST", "/events", `{"kind":"case_changed","users":["%s"]}`, "/users/0"},
		{"POST", "/events", `{"kind":"case_changed","users":["anna"],"actor":"%s"}`, "/actor"},
		{"POST", "/events", `{"kind":"case_changed","users":["anna"],"summary":"%s"}`, "/summary"},
		{"POST", "/events", `{"kind":"case_changed","users":["anna"],"summary":{"en":"x","pl":"%s"}}`, "/summary/pl"},
		{"POST", "/events", `{"kind":"case_changed","users":["anna"],"case":{"id":"%s"}}`, "/case/id"},
		{"POST", "/events", `{"kind":"case_changed","users":["anna"],"case":{"id":"A","title":"%s"}}`, "/case/title"},
		{"POST", "/events", `{"kind":"case_changed","users":["anna"],"case":{"id":"A","stage":"%s"}}`, "/case/stage"},
		{"POST", "/events", `{"kind":"case_changed","users":["anna"],"case":{"id":"A","owner":"%s"}}`, "/case/owner"},
		{"POST", "/events", `{"kind":"case_changed","users":["anna"],"case":{"id":"A","url":"https://example.org/%s"}}`, "/case/url"},
		{"POST", "/messages", `{"id":"%s","to":["anna"],"subject":"x","text":"x"}`, "/id"},
		{"POST", "/messages", `{"to":["%s"],"subject":"x","text":"x"}`, "/to/0"},
		{"POST", "/messages", `{"to":["a@%s.example.net"],"subject":"x","text":"x"}`, "/to/0"},
		{"POST", "/messages", `{"to":[{"email":"a@example.net","name":"%s"}],"subject":"x","text":"x"}`, "/to/0"},
		{"POST", "/messages", `{"to":["anna"],"cc":[{"email":"%s@example.net"}],"subject":"x","text":"x"}`, "/cc/0"},
		{"POST", "/messages", `{"to":["anna"],"bcc":["a@example.net%s"],"subject":"x","text":"x"}`, "/bcc/0"},
		{"POST", "/messages", `{"to":["anna"],"subject":"%s","text":"x"}`, "/subject"},
		{"POST", "/messages", `{"to":["anna"],"subject":"x","text":"x","case":{"id":"%s"}}`, "/case/id"},
		{"PUT", "/users/anna", `{"email":"%s@example.org"}`, "/email"},
		{"PUT", "/users/anna", `{"name":"%s"}`, "/name"},
		{"PUT", "/users/anna", `{"phone":"%s"}`, "/phone"},
		{"PUT", "/users/anna", `{"timezone":"%s"}`, "/timezone"},
		{"PUT", "/users/anna", `{"language":"%s"}`, "/language"},
		{"PUT", "/users/anna/preferences", `{"case_changed":"%s"}`, "/case_changed"},
		{"PUT", "/users/anna/preferences", `{"daily_at":"%s"}`, "/daily_at"},
		{"PUT", "/users/anna/preferences", `{"weekly_on":"%s"}`, "/weekly_on"},
		{"PUT", "/groups/clerks", `{"users":["%s"]}`, "/users/0"},
		{"PUT", "/deadlines/A-1", `{"users":["%s"],"due_at":"2035-01-01T00:00:00Z"}`, "/users/0"},
		{"PUT", "/deadlines/A-1", `{"users":["anna"],"due_at":"2035-01-01T00:00:00Z","case":{"id":"A","title":"%s"}}`, "/case/title"},
		{"PATCH", "/jobs/reminders", `{"every":"%s"}`, "/every"},
		{"PATCH", "/jobs/reminders", `{"cron":"* * * * %s"}`, "/cron"},
		{"POST", "/jobs/reminders/pause", `{"note":"%s"}`, "/note"},
	}
	// Line breaks in texts for people are folded to blanks (T6): TestTextsForPeopleAreShortenedNotRefused.
	folded := []string{"/summary", "/summary/pl", "/case/title", "/case/stage", "/case/owner"}
	each(t, func(h *house) {
		h.people("anna")
		for _, row := range rows {
			for _, inject := range []string{`a\r\nBcc: b@example.net`, `a\nb`, `a\rb`, `a\u0000b`, `a\u2028b`, `a\u0085b`, `a\u001bb`} {
				if slices.Contains(folded, row.pointer) && inject != `a\u0000b` && inject != `a\u001bb` {
					continue
				}
				a := h.ask(row.method, "/api/v1"+row.path, fmt.Sprintf(row.body, inject))
				if first, _, _ := strings.Cut(a.faults(h), " "); a.StatusCode != http.StatusUnprocessableEntity || first != row.pointer {
					h.Errorf("%s %s with %s in %s = %d %s", row.method, row.path, inject, row.pointer, a.StatusCode, a.body)
				}
			}
		}
		for _, body := range []string{`{"to":["anna"],"subject":"x","text":"a\u0000b"}`, `{"to":["anna"],"subject":"x","html":"a\u0000b"}`} {
			if a := h.ask("POST", "/api/v1/messages", body); a.StatusCode != http.StatusUnprocessableEntity {
				h.Errorf("%s = %d %s", body, a.StatusCode, a.body)
			}
		}
		h.empty()
	})
}

// TestAddressesThatAreNoText: what no database can hold is refused at the door.
func TestAddressesThatAreNoText(t *testing.T) {
	each(t, func(h *house) {
		for _, bad := range []string{"%00", "a%00b", "%ff", "%c3%28", "%ed%a0%80"} {
			for _, row := range [][2]string{
				{"GET", "/users/%s"},
				{"PUT", "/users/%s"},
				{"GET", "/users/%s/preferences"},
				{"PUT", "/users/%s/preferences"},
				{"GET", "/groups/%s"},
				{"PUT", "/groups/%s"},
				{"GET", "/messages/%s"},
				{"GET", "/messages/%s/content"},
				{"GET", "/messages/%s/attempts"},
				{"POST", "/messages/%s/retry"},
				{"POST", "/messages/%s/cancel"},
				{"POST", "/messages/%s/release"},
				{"GET", "/deadlines/%s"},
				{"PUT", "/deadlines/%s"},
				{"DELETE", "/deadlines/%s"},
				{"GET", "/jobs/%s"},
				{"POST", "/jobs/%s/run"},
				{"GET", "/messages?user=%s"},
				{"GET", "/messages?case=%s"},
				{"GET", "/messages?reference=%s"},
				{"GET", "/messages?cursor=%s"},
				{"GET", "/deadlines?cursor=%s"},
			} {
				if a := h.ask(row[0], "/api/v1"+strings.ReplaceAll(row[1], "%s", bad), ""); a.StatusCode != http.StatusBadRequest || a.problem(h).Code != "bad_address" {
					h.Errorf("%s %s with %s = %d %s, want 400 bad_address", row[0], row[1], bad, a.StatusCode, a.body)
				}
			}
		}
		for _, path := range []string{"/compat/chora/%00/retry_queue", "/compat/trigger-email/%ff"} { // the kind of T11: every door
			if a := h.ask("POST", path, "{}"); a.StatusCode != http.StatusBadRequest || a.problem(h).Code != "bad_address" {
				h.Errorf("POST %s = %d %s, want 400", path, a.StatusCode, a.body)
			}
		}
		for _, query := range []string{"?user=%zz", "?user=%", "?%00=1"} {
			if a := h.ask("GET", "/api/v1/messages"+query, ""); a.StatusCode != http.StatusBadRequest {
				h.Errorf("GET /messages%s = %d %s, want 400", query, a.StatusCode, a.body)
			}
		}
		for _, key := range []string{"\xff", strings.Repeat("ż", 256)} {
			if a := h.ask("POST", "/api/v1/messages", hello, "Idempotency-Key", key); a.StatusCode/100 != 4 {
				h.Errorf("the Idempotency-Key %q = %d %s, want it refused", key[:1], a.StatusCode, a.body)
			}
		}
		h.empty()
		h.must(http.StatusAccepted, nil, "POST", "/api/v1/messages", hello, "Idempotency-Key", strings.Repeat("ż", 255))
	})
}
