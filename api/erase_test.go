package api_test

import (
	"database/sql"
	"fmt"
	"net/http"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"notifier/store/storetest"
)

// everything is what a database holds, a row on a line, without the answers that are kept
// for repetitions.
func everything(t *testing.T, kind, url string) (lines []string) {
	t.Helper()
	driver, tables := "pgx", "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
	if kind == "sqlite" {
		driver, url, tables = "sqlite", strings.TrimPrefix(url, "sqlite:"), "SELECT name FROM sqlite_master WHERE type = 'table'"
	}
	db, err := sql.Open(driver, url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, table := range scan(t, db, tables) {
		if table = strings.Trim(table, "[] "); table == "idempotency_keys" {
			continue
		}
		for _, row := range scan(t, db, "SELECT * FROM "+table) {
			lines = append(lines, table+": "+row)
		}
	}
	return lines
}

func scan(t *testing.T, db *sql.DB, statement string) (lines []string) {
	t.Helper()
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
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		for i, v := range values {
			if b, is := v.([]byte); is {
				values[i] = string(b)
			}
		}
		lines = append(lines, fmt.Sprint(values))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}

// UX 11.2: erased is erased: nothing in the database tells any more who the person was or
// what was written, while others keep their mail.
func TestErasedIsGone(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"sqlite", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			url := storetest.URL(t, kind)
			h := open(t, storetest.Open(t, url))
			h.people("jan")
			h.must(http.StatusOK, nil, "PUT", "/api/v1/users/zofia", `{"email":"zofia.mail@example.org","name":"Zofia Nowak","phone":"+48 601 234 567"}`)
			h.must(http.StatusOK, nil, "PUT", "/api/v1/users/zofia/preferences", `{"case_changed":"daily"}`)
			h.must(http.StatusOK, nil, "PUT", "/api/v1/groups/clerks", `{"users":["jan","zofia"]}`)
			h.must(http.StatusOK, nil, "PUT", "/api/v1/suppressions/other@example.net", "")
			h.must(http.StatusOK, nil, "PUT", "/api/v1/deadlines/C-1", `{"users":["zofia","jan"],"due_at":"2035-01-01T00:00:00Z","escalate":[{"users":["zofia"],"before":["1h"]}]}`)
			h.must(http.StatusOK, nil, "PUT", "/api/v1/deadlines/C-2", `{"users":["zofia"],"due_at":"2035-01-01T00:00:00Z"}`)
			for _, body := range []string{
				`{"to":["zofia"],"subject":"Secret One","text":"Secret text","attachments":[{"filename":"Secret.txt","content":"U2VjcmV0"}]}`,
				`{"to":["zofia.mail@example.org"],"subject":"Secret Two","text":"Secret text"}`,
				`{"to":["jan",{"email":"Zofia.Mail@example.org","name":"Zofia Nowak"}],"one_mail":true,"subject":"Together","text":"For both"}`,
				`{"to":["zofia"],"subject":"Secret Three","text":"Secret text","manual":true}`,
				`{"to":["jan"],"subject":"For Jan","text":"His own"}`,
			} {
				h.must(http.StatusAccepted, nil, "POST", "/api/v1/messages", body)
			}
			h.must(http.StatusAccepted, nil, "POST", "/api/v1/events", `{"kind":"case_changed","users":["zofia"],"case":{"id":"C-1"},"summary":"Secret summary"}`)
			h.run(h.flush.Run)
			var e struct{ Messages, Withdrawn, Deadlines, Groups int }
			h.must(http.StatusOK, &e, "DELETE", "/api/v1/users/zofia", "")
			if e.Messages != 5 || e.Withdrawn != 2 || e.Deadlines != 2 || e.Groups != 1 {
				h.Errorf("erased %+v", e)
			}
			kept := strings.Join(everything(t, kind, url), "\n")
			for _, line := range strings.Split(kept, "\n") {
				for _, secret := range []string{"zofia.mail", "nowak", "601 234", "secret", `"zofia"`} {
					if secret == `"zofia"` && strings.HasPrefix(line, "audit: ") {
						continue // who changed a group tells its ids, which are no names
					}
					if strings.Contains(strings.ToLower(line), secret) {
						h.Errorf("%q is left: %s", secret, line)
					}
				}
			}
			for _, other := range []string{"Together", "For both", "His own", "jan@example.org", "other@example.net"} {
				if !strings.Contains(kept, other) {
					h.Errorf("%q is gone, too", other)
				}
			}
			h.must(http.StatusNotFound, nil, "DELETE", "/api/v1/users/zofia", "")
			h.must(http.StatusUnprocessableEntity, nil, "POST", "/api/v1/events", `{"kind":"case_changed","users":["zofia"]}`)
			var d struct{ ClearedAt *string }
			h.must(http.StatusOK, nil, "GET", "/api/v1/deadlines/C-1", "")
			h.must(http.StatusOK, &d, "GET", "/api/v1/deadlines/C-2", "")
		})
	}
}

// UX 11.1: whoever changes what somebody else has changed meanwhile is told who that was.
func TestIfMatch(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		h.people("anna")
		h.must(http.StatusOK, nil, "PUT", "/api/v1/templates/hello", `{"text":"Hello"}`)
		for _, row := range []struct{ path, method, body, who string }{
			{"/api/v1/users/anna", "PUT", `{"email":"a@example.org"}`, "First key changed it at"},
			{"/api/v1/users/anna", "PATCH", `{"email":"b@example.org"}`, "First key changed it at"},
			{"/api/v1/users/anna/preferences", "PUT", `{"case_changed":"daily"}`, "First key changed it at"},
			{"/api/v1/users/anna/preferences", "PATCH", `{"case_changed":"hourly"}`, "First key changed it at"},
			{"/api/v1/jobs/reminders", "PATCH", `{"every":"1h"}`, "hanged it at"},
			{"/api/v1/templates/hello", "PUT", `{"text":"Hello again"}`, "It was changed at"},
		} {
			tag := h.must(http.StatusOK, nil, "GET", row.path, "").Header.Get("ETag")
			first := h.must(http.StatusOK, nil, row.method, row.path, row.body, "If-Match", `"0", `+tag)
			if now := h.must(http.StatusOK, nil, "GET", row.path, "").Header.Get("ETag"); tag == "" || now == tag || first.Header.Get("ETag") != now {
				h.Errorf("%s %s: ETag %s, then %s and %s", row.method, row.path, tag, first.Header.Get("ETag"), now)
			}
			a := h.must(http.StatusPreconditionFailed, nil, row.method, row.path, row.body, "If-Match", tag)
			if p := a.problem(h); p.Code != "changed_meanwhile" || !strings.Contains(p.Detail, row.who) {
				h.Errorf("%s %s: %s", row.method, row.path, a.body)
			}
			h.must(http.StatusOK, nil, row.method, row.path, row.body, "If-Match", "*")
		}
		h.must(http.StatusPreconditionFailed, nil, "PUT", "/api/v1/users/new", `{}`, "If-Match", "*")
		h.must(http.StatusPreconditionFailed, nil, "PUT", "/api/v1/templates/new", `{"text":"x"}`, "If-Match", `"1"`)
	})
}
