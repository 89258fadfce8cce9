package api_test

import (
	"database/sql"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"notifier/store/storetest"
)

// O8: over all routes that put or patch, the same request once more writes nothing at all: no
// record of the audit, no version, no row of any table. Between them the first one has done its work.
func TestWhatChangesNothingWritesNothing(t *testing.T) {
	url := storetest.URL(t, "sqlite")
	h := open(t, storetest.Open(t, url))
	h.people("anna", "jan")
	h.must(http.StatusCreated, nil, "POST", "/api/v1/staff", `{"email":"ola@example.org","role":"viewer","password":"correct horse battery"}`)
	var hook struct{ ID string }
	h.must(http.StatusCreated, &hook, "POST", "/api/v1/webhooks", `{"url":"http://127.0.0.1:1/","note":"ours","events":["message.sent"]}`)
	var taken struct{ Messages []struct{ ID string } }
	h.must(http.StatusAccepted, &taken, "POST", "/api/v1/messages", `{"to":["anna"],"subject":"S","text":"T","html":"<p>H</p>"}`)
	requests := map[string][]string{ // more than one body: each is sent twice
		"PUT /users/{id}": {
			"/users/anna", `{"email":"anna@example.org","name":"Anna  Żółć","phone":"+48 601 123 456","timezone":"Europe/Warsaw","language":"pl_PL"}`,
			`{"email":"anna@example.org"}`,
		},
		"PATCH /users/{id}":             {"/users/anna", `{"name":"Anna"}`, `{"timezone":null}`, `{}`},
		"PUT /users/{id}/preferences":   {"/users/anna/preferences", `{"case_changed":"daily","daily_at":"08:00","timezone":"Asia/Tokyo"}`, `{}`},
		"PATCH /users/{id}/preferences": {"/users/anna/preferences", `{"case_changed":"weekly"}`, `{"paused_until":"2198-01-01"}`, `{"paused_until":null}`, `{}`},
		"PUT /groups/{id}":              {"/groups/clerks", `{"users":["anna","jan"]}`, `{"users":["anna","anna"]}`, `{"users":[]}`},
		"PUT /processes/{process}":      {"/processes/lease", `{"muted":["case_received","case_changed"]}`, `{"muted":[]}`},
		"PUT /suppressions/{address}":   {"/suppressions/Jan@Example.net", `{"reason":"bounce","note":"by phone"}`, `{}`},
		"PUT /templates/{name}":         {"/templates/hello", `{"subject":"Hello {{name}}","text":"Hello"}`},
		"PUT /deadlines/{key}":          {"/deadlines/C-1", `{"users":["anna"],"due_at":"2199-01-01T10:00:00Z","remind_before":["24h","72h"],"case":{"id":"C-1","title":"Lease"}}`},
		"PUT /sites/{site}":             {"/sites/acme", `{"timezone":"Europe/Paris"}`, `{"timezone":"Europe/Berlin"}`},
		"PATCH /jobs/{name}":            {"/jobs/reminders", `{"every":"15m"}`, `{"every":"900s"}`, `{"cron":"0  8 * * MON","timezone":"Europe/Warsaw"}`, `{"timezone":"Europe/Warsaw"}`, `{"wake":false}`, `{"reset":true}`},
		"PATCH /staff/{email}":          {"/staff/Ola@example.org", `{"role":"support"}`},
		"PATCH /webhooks/{id}":          {"/webhooks/" + hook.ID, `{"note":"theirs"}`, `{"events":["message.sent","message.error"]}`, `{"enabled":false}`, `{"enabled":true}`},
		"PATCH /messages/{id}":          {"/messages/" + taken.Messages[0].ID, `{"subject":"Other"}`, `{"text":"Other"}`, `{"to":["jan"]}`},
	}
	left := maps.Clone(requests)
	for _, r := range routes(h) {
		if r.method != "PUT" && r.method != "PATCH" {
			continue
		}
		name := r.method + " " + strings.TrimPrefix(r.template, "/api/v1")
		delete(left, name)
		all := requests[name]
		if all == nil {
			t.Errorf("O8: %s has no example here", name)
			continue
		}
		for _, body := range all[1:] {
			t.Run(name+" "+body, func(t *testing.T) {
				begun := rowsOf(t, url)
				first := h.ask(r.method, "/api/v1"+all[0], body)
				before := rowsOf(t, url)
				second := h.ask(r.method, "/api/v1"+all[0], body)
				if first.StatusCode/100 != 2 || second.StatusCode/100 != 2 {
					t.Fatalf("O8: %d %s, then %d %s", first.StatusCode, first.body, second.StatusCode, second.body)
				}
				audited := func(row string) bool { return strings.HasPrefix(row, "audit: ") }
				if all := newRows(begun, before); len(all) > 0 != slices.ContainsFunc(all, audited) {
					t.Errorf("O8: what the first one wrote, and the audit of it: %q", all)
				}
				if etag := first.Header.Get("ETag"); etag != second.Header.Get("ETag") {
					t.Errorf("O8: the ETag was %s and is %s", etag, second.Header.Get("ETag"))
				}
				if all := newRows(before, rowsOf(t, url)); len(all) > 0 {
					t.Errorf("O8: it wrote %q", all)
				}
			})
		}
	}
	for name := range left {
		t.Errorf("there is no route %s", name)
	}
}

// newRows are the rows that there were not before, behind the names of their tables.
func newRows(before, after map[string][]string) (all []string) {
	for table, rows := range after {
		for _, row := range rows {
			if !slices.Contains(before[table], row) {
				all = append(all, table+": "+row)
			}
		}
	}
	return all
}

// rowsOf are all rows of a SQLite database, as text.
func rowsOf(t *testing.T, url string) map[string][]string {
	t.Helper()
	db, err := sql.Open("sqlite", strings.TrimPrefix(url, "sqlite:"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	query := func(statement string, each func(columns []string, values []any)) {
		rows, err := db.QueryContext(t.Context(), statement)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			values := make([]any, len(columns))
			into := make([]any, len(columns))
			for i := range values {
				into[i] = &values[i]
			}
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			each(columns, values)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	all := map[string][]string{}
	query("SELECT name FROM sqlite_master WHERE type = 'table'", func(_ []string, values []any) { all[fmt.Sprint(values[0])] = nil })
	for table := range all {
		query("SELECT * FROM "+table, func(columns []string, values []any) {
			var row []string
			for i, c := range columns {
				row = append(row, fmt.Sprintf("%s=%s", c, values[i]))
			}
			all[table] = append(all[table], strings.Join(row, " "))
		})
	}
	return all
}
