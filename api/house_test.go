package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"notifier/access"
	"notifier/api"
	"notifier/deadlines"
	"notifier/fault"
	"notifier/gate"
	"notifier/intake"
	"notifier/jobs"
	"notifier/jobs/callbacks"
	"notifier/jobs/notifications"
	"notifier/jobs/operations"
	"notifier/jobs/reminders"
	"notifier/jobs/usernotifications"
	"notifier/letter"
	"notifier/links"
	"notifier/mail"
	"notifier/mail/mailtest"
	"notifier/message"
	"notifier/preferences"
	"notifier/request"
	"notifier/schedule"
	"notifier/store"
	"notifier/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

var ctx = context.Background()

const (
	site = "default"
	key  = "ntf_test_secret"
)

// house is the service behind its door: the real handler, desk, jobs and store, and a
// relay that catches all mail.
type house struct {
	*testing.T
	store      *store.Store
	desk       *intake.Desk
	timetable  *jobs.Timetable
	relay      *mailtest.Relay
	flush      *notifications.Job
	promote    *usernotifications.Job
	remind     *reminders.Job
	callbacks  *callbacks.Job
	operations *operations.Job
	url        string
	log        *observer.ObservedLogs
	// watch is told of every answer; nil if nobody watches.
	watch func(about string, a answer)
	// finished gets every run of a job that has been noted as ended.
	finished chan schedule.Run
}

// book tells when a run has been noted as ended.
type book struct {
	*store.Store
	finished chan schedule.Run
}

func (b book) Finish(ctx context.Context, r schedule.Run) error {
	err := b.Store.Finish(ctx, r)
	select {
	case b.finished <- r:
	default: // nobody waits for so many
	}
	return err
}

// each runs the test on both databases.
func each(t *testing.T, test func(h *house)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, s *store.Store) { test(open(t, s)) })
}

func open(t *testing.T, s *store.Store) *house {
	t.Helper()
	core, observed := observer.New(zap.DebugLevel)
	h := &house{T: t, store: s, log: observed, finished: make(chan schedule.Run, 100)}
	if err := s.AddSite(ctx, site, "Europe/Warsaw", time.Now()); err != nil {
		t.Fatal(err)
	}
	h.relay = catchMail(t)
	rarely := schedule.Spec{Every: "168h"} // tests run them by hand
	h.work(jobs.Plan{Name: schedule.Reminders, Spec: rarely}, jobs.Plan{Name: schedule.UserNotifications, Spec: rarely}, jobs.Plan{Name: schedule.Notifications, Spec: rarely})
	here := callbacks.Guard{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	h.operations = operations.New(s, h.desk, zap.NewNop())
	h.callbacks = callbacks.New(s, callbacks.Options{Guard: here}, zap.NewNop())
	h.url = h.serve(api.NewBackend(h.desk, s), h.timetable, h.options(), zap.New(core))
	return h
}

func catchMail(t *testing.T) *mailtest.Relay {
	t.Helper()
	relay, err := mailtest.Start(mailtest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := relay.Close(); err != nil {
			t.Error(err)
		}
	})
	return relay
}

// work hires the desk, and the jobs by these plans.
func (h *house) work(plans ...jobs.Plan) {
	h.Helper()
	courier, err := mail.New(mail.Settings{
		Name: "main", Host: "127.0.0.1", Port: h.relay.Port(), From: message.Address{Email: "workflow@example.org", Name: "Workflow"},
	}, nil)
	if err != nil {
		h.Fatal(err)
	}
	log, writer := zap.NewNop(), letter.Writer{}
	onSite := func(string) deadlines.Calendar { return deadlines.Calendar{} }
	h.flush = notifications.New(h.store, notifications.Only(&notifications.Account{Name: "default", Courier: courier}), writer, notifications.Options{Replica: "replica-1"}, log)
	h.promote = usernotifications.New(h.store, writer, log)
	h.remind = reminders.New(h.store, writer, onSite, "example.org", log)
	if h.timetable, err = jobs.New(book{h.store, h.finished}, jobs.Options{Replica: "replica-1", Poll: time.Hour}, log); err != nil {
		h.Fatal(err)
	}
	wake := func() { h.timetable.Wake(schedule.Notifications) }
	h.desk = intake.New(h.store, intake.Options{
		Catalog: preferences.DefaultCatalog(), Calendar: onSite, Writer: writer, Domain: "example.org", Wake: wake,
		Departures: h.timetable.Departures,
		NextFlush:  func(after time.Time) time.Time { return h.timetable.NextTick(schedule.Notifications, after) },
		PageOf:     func(id message.ID) string { return "https://n.example.org/messages/" + string(id) },
	})
	works := map[string]jobs.Work{schedule.Reminders: waking(h.remind.Run, wake), schedule.UserNotifications: waking(h.promote.Run, wake), schedule.Notifications: h.flush.Run}
	for _, p := range append(plans, jobs.Plan{Name: "housekeeping", Spec: schedule.Spec{Every: "168h"}, Work: h.flush.Sweep, Private: true}) {
		if p.Work == nil {
			p.Work = works[p.Name]
		}
		if err := h.timetable.Plan(p); err != nil {
			h.Fatal(err)
		}
	}
	if err := h.timetable.Start(ctx); err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() {
		for _, end := range []func() error{h.timetable.Stop, courier.Close} {
			if err := end(); err != nil {
				h.Error(err)
			}
		}
	})
}

// waking wakes the flush after work that did something, as the program does.
func waking(work jobs.Work, wake func()) jobs.Work {
	return func(ctx context.Context, at time.Time) (map[string]int, error) {
		counts, err := work(ctx, at)
		if len(counts) > 0 {
			wake()
		}
		return counts, err
	}
}

// serve opens a door and returns its address.
func (h *house) serve(b api.Backend, timetable api.Timetable, o api.Options, log *zap.Logger) string {
	o.Version, o.Write = "test", letter.Writer{}.Write
	o.Sites = tenants{h.store}
	o.Staff = gate.NewStaff(h.store, site, zap.NewNop())
	o.Links = &links.Door{Key: links.NewKey([]byte("secret")), Base: "https://notify.example.org"}
	one := entrance(h.store, key) // a gate knows at once of the keys that it ends itself
	o.Keys = one
	if o.Gate == nil {
		o.Gate = one
	}
	server := httptest.NewServer(api.Handler(b, timetable, o, log))
	h.Cleanup(server.Close)
	return server.URL
}

// tenants are the sites of the store.
type tenants struct{ *store.Store }

func (t tenants) SitesNow(ctx context.Context) ([]access.Site, error) { return t.SitesInFull(ctx) }

func (t tenants) SetSite(ctx context.Context, c request.Call, s access.Site) error {
	if s.Name == site {
		return access.ErrConfigured
	}
	if _, err := time.LoadLocation(s.Timezone); err != nil || s.Timezone == "" {
		var bad fault.Invalid
		bad.Add("/timezone", "bad_timezone", "%q is no time zone. Write an IANA name, as in Europe/Warsaw", s.Timezone)
		return &bad
	}
	return t.AddSite(ctx, s.Name, s.Timezone, c.At)
}

// entrance is a gate that knows the first key.
func entrance(s *store.Store, first string) *gate.Gate {
	return gate.New(s, gate.Options{Site: site, FirstKey: first}, zap.NewNop())
}

// answer is what came back, with its body read.
type answer struct {
	*http.Response
	body []byte
}

// ask sends a request with the key, and makes sure of what holds for every answer.
// Headers are names and values in turn; an empty value removes one.
func (h *house) ask(method, path, body string, headers ...string) answer {
	h.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	return h.send(method, path, reader, headers...)
}

func (h *house) send(method, path string, body io.Reader, headers ...string) answer {
	h.Helper()
	r, err := http.NewRequest(method, h.url+path, body)
	if err != nil {
		h.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	if h.watch != nil && body != nil { // who watches takes nothing for JSON that does not say so
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		if r.Header.Set(headers[i], headers[i+1]); headers[i+1] == "" {
			r.Header.Del(headers[i])
		}
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		h.Fatalf("%s %s: %v", method, path, err)
	}
	defer response.Body.Close()
	a := answer{Response: response}
	if a.body, err = io.ReadAll(response.Body); err != nil {
		h.Fatalf("%s %s: %v", method, path, err)
	}
	h.sound(r, a)
	return a
}

// sound makes sure of what holds for every answer.
func (h *house) sound(r *http.Request, a answer) {
	h.Helper()
	about := r.Method + " " + r.URL.RequestURI()
	if len(about) > 200 {
		about = about[:200]
	}
	if h.watch != nil {
		h.watch(about, a)
	}
	for _, secret := range []string{"$schema", key, "goroutine", "SELECT", "sqlite", "pgx.", "pgconn", ".go:"} {
		if bytes.Contains(a.body, []byte(secret)) && !strings.HasPrefix(r.URL.Path, "/api/openapi") {
			h.Errorf("%s: the answer holds %q: %.300s", about, secret, a.body)
		}
	}
	if a.Header.Get("X-Request-Id") == "" {
		h.Errorf("%s: the answer has no X-Request-Id", about)
	}
	if a.StatusCode >= 400 && r.Method != http.MethodHead {
		h.soundProblem(about, a)
	}
	if strings.HasPrefix(r.URL.Path, "/api/v1/") && r.Method != http.MethodHead {
		h.soundAudit(about, r, a)
	}
	if (strings.HasPrefix(r.URL.Path, "/api/v1/") || strings.HasPrefix(r.URL.Path, "/compat/")) && r.Method != http.MethodHead {
		for _, wrong := range spec(h).check(r.Method, r.URL.EscapedPath(), a) {
			h.Errorf("%s: %d does not fit the OpenAPI document: %s\n%s", about, a.StatusCode, wrong, a.body)
		}
	}
}

// soundAudit makes sure that a change has left one record, and anything else none. What sets a
// state leaves none where it stands already: TestWhatChangesNothingWritesNothing tells them apart.
func (h *house) soundAudit(about string, r *http.Request, a answer) {
	h.Helper()
	want := 0
	dry, _ := strconv.ParseBool(r.URL.Query().Get("dry_run")) // as huma reads it: 1 and T are true too
	if at(spec(h).operation(r.Method, r.URL.EscapedPath()), "x-audited") == true && a.StatusCode < 300 && !dry && a.Header.Get("Idempotent-Replayed") == "" {
		want = 1
	}
	sites, err := h.store.Sites(ctx)
	got := 0
	for _, site := range sites {
		var all []access.Record
		if all, err = h.store.Audit(ctx, site, access.RecordFilter{Request: a.Header.Get("X-Request-Id")}); err != nil {
			break
		}
		got += len(all)
	}
	sets := r.Method == http.MethodPut || r.Method == http.MethodPatch || r.Method == http.MethodDelete ||
		strings.HasSuffix(r.URL.Path, "/pause") || strings.HasSuffix(r.URL.Path, "/resume")
	if err == nil && got != want && (got > want || !sets) {
		h.Errorf("%s: %d left %d records in the audit, want %d", about, a.StatusCode, got, want)
	}
}

// goWords are what the program says of itself rather than of the request.
var goWords = regexp.MustCompile(`%!|strconv\.|invalid syntax|unmarshal|Go (struct|value|type)|\bfloat64\b|interface \{`)

func (h *house) soundProblem(about string, a answer) {
	h.Helper()
	p := a.problem(h)
	switch {
	case a.Header.Get("Content-Type") != "application/problem+json":
		h.Errorf("%s: the problem comes as %s", about, a.Header.Get("Content-Type"))
	case p.Status != a.StatusCode, p.Type != "about:blank", p.Title == "", p.Code == "":
		h.Errorf("%s: %d is told as %s", about, a.StatusCode, a.body)
	case p.RequestID != a.Header.Get("X-Request-Id"):
		h.Errorf("%s: the problem is of request %q, the answer of %q", about, p.RequestID, a.Header.Get("X-Request-Id"))
	case p.Retryable != (a.StatusCode == http.StatusServiceUnavailable || a.StatusCode == http.StatusTooManyRequests || p.Code == "in_progress"), p.Retryable != (a.Header.Get("Retry-After") != ""):
		h.Errorf("%s: %d says retryable %t, Retry-After %q", about, a.StatusCode, p.Retryable, a.Header.Get("Retry-After"))
	case goWords.MatchString(p.Detail):
		h.Errorf("%s: %q has words of Go", about, p.Detail)
	case len(p.Detail) < 20, !strings.ContainsAny(p.Detail, ".?"):
		h.Errorf("%s: %q does not say what to do", about, p.Detail)
	}
}

// problem reads the body of an error.
func (a answer) problem(t testing.TB) api.Problem {
	t.Helper()
	var p api.Problem
	d := json.NewDecoder(bytes.NewReader(a.body))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		t.Errorf("%d %.300q is no problem: %v", a.StatusCode, a.body, err)
	}
	return p
}

// faults are the places and codes of what is wrong, one on a line.
func (a answer) faults(t testing.TB) string {
	t.Helper()
	var lines []string
	for _, f := range a.problem(t).Errors {
		lines = append(lines, strings.TrimSpace(f.Pointer+" "+f.Code))
	}
	return strings.Join(lines, "\n")
}

// must is ask for a request that is taken; into gets what came back.
func (h *house) must(status int, into any, method, path, body string, headers ...string) answer {
	h.Helper()
	a := h.ask(method, path, body, headers...)
	if a.StatusCode != status {
		h.Fatalf("%s %s = %d %s, want %d", method, path, a.StatusCode, a.body, status)
	}
	if into != nil {
		if err := json.Unmarshal(a.body, into); err != nil {
			h.Fatalf("%s %s = %s: %v", method, path, a.body, err)
		}
	}
	return a
}

// people adds users of Warsaw whose address is their id at example.org.
func (h *house) people(ids ...string) {
	h.Helper()
	for _, id := range ids {
		h.must(http.StatusOK, nil, http.MethodPut, "/api/v1/users/"+id, `{"email":"`+id+`@example.org","timezone":"Europe/Warsaw"}`)
	}
}

// run runs jobs as the timetable would.
func (h *house) run(work ...jobs.Work) {
	h.Helper()
	for _, w := range work {
		if _, err := w(ctx, time.Now()); err != nil {
			h.Fatal(err)
		}
	}
}
