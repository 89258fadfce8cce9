package service

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"notifier/message"
	"notifier/request"
	"notifier/rescue"
	"notifier/settings"
	"notifier/store/storetest"
	"notifier/web/console"
	"notifier/webhook"
)

// extremes are times that no door takes any more, and that older versions have stored, as each
// database writes them. NULL is where none may be.
var extremes = map[string][]string{
	"postgres": {"NULL", "'0001-06-01 00:00:00+00 BC'", "'4713-01-02 00:00:00+00 BC'", "'9999-12-31 23:59:59.999999+00'", "'294276-12-31 23:59:59+00'", "'infinity'", "'-infinity'"},
	"sqlite":   {"NULL", "-62167219200000000", "-210866803200000000", "253402300799999999", "9223372036854775807", "-9223372036854775808"},
}

// L5: whatever time stands in a row of a table, each list, page, explanation, export and run of
// a job goes on: nothing answers with a 500, and nothing panics.
func TestTimesOutOfRangeInRows(t *testing.T) {
	t.Parallel()
	for kind, all := range extremes {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := newWalk(t, kind)
			began := time.Now()
			w.doors("as it is")
			t.Logf("%d doors, %s", len(w.seen), time.Since(began))
			if len(w.seen) < 60 {
				t.Errorf("only %d doors were found: %v", len(w.seen), w.seen)
			}
			for _, extreme := range all {
				if n := w.set(extreme); n < 20 {
					t.Errorf("%s: only %d columns take it", extreme, n)
				}
				w.doors(extreme)
				w.jobs(extreme)
				w.doors(extreme + " after the jobs")
			}
			for _, extreme := range []string{"0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-12:00"} {
				w.inDeadlines(extreme)
				w.doors(extreme + " in JSON")
				w.jobs(extreme + " in JSON")
				w.doors(extreme + " in JSON, after the jobs")
			}
		})
	}
}

// walk is a service with something of everything.
type walk struct {
	*testing.T
	house   *Service
	log     *observer.ObservedLogs
	server  *httptest.Server
	browser *http.Client
	db      *sql.DB
	kind    string
	columns [][2]string // table and column of each time
	seen    []string    // in the last walk
}

func newWalk(t *testing.T, kind string) *walk {
	t.Helper()
	address := storetest.URL(t, kind)
	c, r, err := settings.Read(os.DevNull, []string{
		"NOTIFIER_DATABASE__URL=" + address, "NOTIFIER_HTTP__KEY=" + DevKey, "NOTIFIER_HTTP__METRICS_LISTEN=", "NOTIFIER_HTTP__PUBLIC_URL=http://127.0.0.1",
		"NOTIFIER_SECRETS__KEY=" + DevSecret, "NOTIFIER_RETENTION__DAYS=30", "NOTIFIER_CALLBACKS__ALLOW=127.0.0.0/8",
	})
	if err != nil {
		t.Fatal(err)
	}
	c.Demo = true
	core, logged := observer.New(zap.WarnLevel)
	h, err := Open(t.Context(), c, zap.New(core))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	w := &walk{T: t, house: h, log: logged, kind: kind}
	if err := errors.Join(h.Migrate(t.Context()), h.Demo(t.Context(), farNow), h.DemoAdmin(t.Context()), w.more()); err != nil {
		t.Fatal(err)
	}
	h.Stand(r)
	w.server = httptest.NewServer(h.handler(h.Console(t.Context().Done(), console.Mailbox{})))
	t.Cleanup(w.server.Close)
	driver, file := "pgx", address
	if name, lite := strings.CutPrefix(address, "sqlite:"); lite {
		driver, file = "sqlite", "file:"+name+"?_pragma=busy_timeout(10000)"
	}
	if w.db, err = sql.Open(driver, file); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.db.Close() })
	w.find()
	return w
}

var farNow = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// more makes what the demo has not.
func (w *walk) more() error {
	h, ctx, call := w.house, w.Context(), request.Call{Site: "default", At: farNow, By: "test"}
	_, _, hooked := h.webhooks.Create(ctx, call, webhook.Endpoint{URL: "http://127.0.0.1:1/"}, "")
	later := farNow.AddDate(0, 1, 0)
	draft := message.Draft{Subject: "Hello", Text: "x", To: []message.Recipient{message.ParseRecipient("guest@example.org")}, SendAt: &later}
	_, _, sent := h.desk.SendMessage(ctx, call, draft)
	_, _, operated := h.desk.Operate(ctx, call, request.Operation{Action: request.ActHold, Filter: message.Filter{Status: message.Scheduled}}, nil)
	paused := h.store.Pause(ctx, "default", message.Pause{Account: "default", Since: farNow, Until: later, Failures: 1, Failure: message.Failure{Text: "x"}})
	_, suppressed := h.desk.Suppress(ctx, call, message.Suppression{Address: "gone@example.org"})
	w.house.timetable.Wake("notifications")
	return errors.Join(hooked, sent, operated, paused, suppressed)
}

// find lists the columns of times, but those by which somebody is let in.
func (w *walk) find() {
	w.Helper()
	query := "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' AND data_type LIKE 'timestamp%' ORDER BY 1, 2"
	if w.kind == "sqlite" {
		query = "SELECT m.name, p.name FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table' AND p.type LIKE 'timestamp%' ORDER BY 1, 2"
	}
	rows, err := w.db.Query(query)
	if err != nil {
		w.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var c [2]string
		if err := rows.Scan(&c[0], &c[1]); err != nil {
			w.Fatal(err)
		}
		if !slices.Contains([]string{"goose_db_version", "sessions", "staff", "clocks"}, c[0]) {
			w.columns = append(w.columns, c)
		}
	}
	if err := rows.Err(); err != nil || len(w.columns) < 30 {
		w.Fatal(len(w.columns), err)
	}
}

// set gives all rows of all columns the time, where the schema lets it, and tells of how many.
func (w *walk) set(extreme string) (n int) {
	for _, c := range w.columns {
		if _, err := w.db.Exec(fmt.Sprintf("UPDATE %s SET %s = %s", c[0], c[1], extreme)); err == nil {
			n++
		}
	}
	return n
}

// inDeadlines gives all deadlines the time, which stands in what they say.
func (w *walk) inDeadlines(extreme string) {
	w.Helper()
	to := "json_set(deadline, '$.due_at', '" + extreme + "')"
	if w.kind == "postgres" {
		to = "jsonb_set(deadline::jsonb, '{due_at}', '\"" + extreme + "\"')::text"
	}
	_, err := w.db.Exec("UPDATE deadlines SET cleared_at = NULL, next_at = NULL, deadline = " + to)
	if err != nil {
		w.Fatal(err)
	}
}

// doors walks the pages from link to link, and all lists of the API and what is in them.
func (w *walk) doors(when string) {
	w.Helper()
	w.seen = nil
	w.signIn()
	w.pages(when)
	w.api(when)
	for _, line := range w.log.FilterMessage(rescue.Message).TakeAll() {
		w.Errorf("%s: a panic: %v\n%v", when, line.ContextMap()["panic"], line.ContextMap()["stack"])
	}
}

func (w *walk) signIn() {
	w.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.Fatal(err)
	}
	w.browser = &http.Client{Jar: jar}
	answer, err := w.browser.PostForm(w.server.URL+"/login", url.Values{"email": {DemoEmail}, "password": {DemoPassword}})
	if err != nil {
		w.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.Request.URL.Path == "/login" {
		w.Fatalf("nobody is let in: %s", answer.Status)
	}
}

var hrefs = regexp.MustCompile(`href="(/[^"#]*)"`)

// pages walks from page to page; of those that differ by an id only, a few.
func (w *walk) pages(when string) {
	w.Helper()
	kinds, known := map[string]int{}, map[string]bool{"/": true}
	for todo := []string{"/"}; len(todo) > 0; todo = todo[1:] {
		path := strings.ReplaceAll(todo[0], "&amp;", "&")
		body := w.get(when, path, "")
		for _, found := range hrefs.FindAllStringSubmatch(body, -1) {
			kind := queried.ReplaceAllString(sameKind.ReplaceAllString(found[1], "…"), "=…")
			if known[found[1]] || kinds[kind] >= 2 || strings.HasPrefix(found[1], "/assets") || strings.Contains(found[1], "lang=") || strings.HasPrefix(found[1], "/api") {
				continue
			}
			known[found[1]] = true
			kinds[kind]++
			todo = append(todo, found[1])
		}
	}
}

// What pages of one kind differ by: ids, names, and values of a query.
var (
	sameKind = regexp.MustCompile(`[a-z]+_[0-9a-z]{20,}|(people|reminders|templates|accounts|groups)/[^/?]+`)
	queried  = regexp.MustCompile(`=[^&]*`)
)

// get asks for something, which may be refused but must be answered.
func (w *walk) get(when, path, key string) string {
	w.Helper()
	request, err := http.NewRequestWithContext(w.Context(), http.MethodGet, w.server.URL+path, nil)
	if err != nil {
		w.Fatal(err)
	}
	client := w.browser
	if key != "" {
		client = http.DefaultClient
		request.Header.Set("Authorization", "Bearer "+key)
	}
	answer, err := client.Do(request)
	if err != nil {
		w.Errorf("%s: %s: %v", when, path, err)
		return ""
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode >= 500 && path != "/readyz" {
		w.Errorf("%s: %s: %s, %v: %.300s", when, path, answer.Status, err, body)
	}
	w.seen = append(w.seen, path)
	return string(body)
}

// api asks each route of the API that reads: for the things with the ids that lists tell.
func (w *walk) api(when string) {
	w.Helper()
	var contract struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	if err := json.Unmarshal([]byte(w.get(when, "/api/openapi.json", "")), &contract); err != nil {
		w.Fatal(err)
	}
	var paths []string
	for path, methods := range contract.Paths {
		if _, reads := methods["get"]; reads && !strings.HasSuffix(path, "/stream") {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	ids := map[string]string{} // of the first thing of each list
	for _, path := range paths {
		full := path
		for {
			i, j := strings.Index(full, "/{"), strings.Index(full, "}")
			if i < 0 || j < i {
				break
			}
			full = full[:i] + "/" + url.PathEscape(ids[full[:i]]) + full[j+1:]
		}
		body := w.get(when, full, DevKey)
		var list struct{ Data []map[string]any }
		if json.Unmarshal([]byte(body), &list) == nil && len(list.Data) > 0 {
			for _, name := range []string{"id", "key", "name", "address"} {
				if id, is := list.Data[0][name].(string); is && ids[full] == "" {
					ids[full] = id
				}
			}
		}
	}
	for _, path := range []string{"/api/v1/why?user=anna", "/api/v1/journal", "/metrics", "/healthz", "/readyz"} {
		w.get(when, path, DevKey)
	}
}

// jobs runs all that the service does at a tick, and what is forgotten once an hour.
func (w *walk) jobs(when string) {
	w.Helper()
	w.house.retention, w.house.sampled = w.house.retains(), time.Time{}
	for name, run := range map[string]func(context.Context, time.Time) (map[string]int, error){
		"reminders": w.house.remind.Run, "user_notifications": w.house.promote.Run, "notifications": w.house.flush.Run, "operations": w.house.operate.Run,
		"outbox": w.house.outbox.Run, "callbacks": w.house.callbacks.Run, "series": w.house.measure, "sweeping": w.house.flush.Sweep,
		"housekeeping": w.house.retention.Run, "timers": w.house.timers,
	} {
		err := rescue.Try(w.house.log, name, func() error { _, err := run(w.Context(), farNow); return err })
		if err != nil && !strings.Contains(err.Error(), "mail waits") {
			w.Errorf("%s: %s: %v", when, name, err)
		}
	}
}
