package api_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"notifier/access"
	"notifier/api"
	"notifier/deadlines"
	docs "notifier/document"
	"notifier/explain"
	"notifier/jobs"
	"notifier/message"
	"notifier/preferences"
	"notifier/schedule"
	"notifier/store/storetest"
	"notifier/template"
	"notifier/webhook"
)

// everyRoute is one good request for each operation.
func everyRoute() [][3]string {
	return [][3]string{
		{"POST", "/api/v1/messages", `{"to":["anna"],"subject":"Hello","text":"It works"}`},
		{"GET", "/api/v1/messages", ""},
		{"GET", "/api/v1/messages/msg_1", ""},
		{"GET", "/api/v1/messages/msg_1/content", ""},
		{"GET", "/api/v1/messages/msg_1/attempts", ""},
		{"POST", "/api/v1/messages/msg_1/retry", ""},
		{"POST", "/api/v1/messages/msg_1/cancel", ""},
		{"POST", "/api/v1/messages/msg_1/release", ""},
		{"POST", "/api/v1/messages/msg_1/hold", ""},
		{"POST", "/api/v1/events", `{"kind":"case_changed","users":["anna"]}`},
		{"GET", "/api/v1/deadlines", ""},
		{"GET", "/api/v1/deadlines/A-1", ""},
		{"PUT", "/api/v1/deadlines/A-1", `{"users":["anna"],"due_at":"2035-01-01T00:00:00Z"}`},
		{"DELETE", "/api/v1/deadlines/A-1", ""},
		{"POST", "/api/v1/deadlines/A-1/preview", ""},
		{"GET", "/api/v1/users/anna", ""},
		{"PUT", "/api/v1/users/anna", `{}`},
		{"GET", "/api/v1/users/anna/preferences", ""},
		{"PUT", "/api/v1/users/anna/preferences", `{}`},
		{"GET", "/api/v1/users/anna/history", ""},
		{"POST", "/api/v1/users/anna/preferences/link", ""},
		{"GET", "/api/v1/groups/clerks", ""},
		{"PUT", "/api/v1/groups/clerks", `{"users":["anna"]}`},
		{"GET", "/api/v1/explain?user=anna", ""},
		{"GET", "/api/v1/messages/msg_1/explain", ""},
		{"GET", "/api/v1/jobs", ""},
		{"GET", "/api/v1/jobs/reminders", ""},
		{"PATCH", "/api/v1/jobs/reminders", `{"every":"3m"}`},
		{"POST", "/api/v1/jobs/reminders/pause", ""},
		{"POST", "/api/v1/jobs/reminders/resume", ""},
		{"GET", "/api/v1/jobs/reminders/runs", ""},
		{"POST", "/api/v1/jobs/reminders/run", ""},
	}
}

// wire leads to a database until it is cut.
type wire struct {
	net.Listener
	mu    sync.Mutex
	conns []net.Conn
	ended sync.WaitGroup
}

// lay lays a wire to the server of that address, and returns the address of its other end.
func lay(t *testing.T, database string) (*wire, string) {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{}
	if w.Listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	server := u.Host
	w.ended.Go(func() {
		for {
			near, err := w.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", server)
			if err != nil {
				near.Close()
				return
			}
			w.mu.Lock()
			w.conns = append(w.conns, near, far)
			w.mu.Unlock()
			w.ended.Go(func() { _, _ = io.Copy(near, far); near.Close() })
			w.ended.Go(func() { _, _ = io.Copy(far, near); far.Close() })
		}
	})
	t.Cleanup(w.cut)
	u.Host = w.Addr().String()
	return w, u.String()
}

// cut ends all connections, and lets nobody connect any more.
func (w *wire) cut() {
	w.Close()
	w.mu.Lock()
	for _, c := range w.conns {
		c.Close()
	}
	w.mu.Unlock()
	w.ended.Wait()
}

// TestDatabaseDown: callers are told to come again, and nothing of how it is reached.
func TestDatabaseDown(t *testing.T) {
	w, address := lay(t, storetest.URL(t, "postgres"))
	h := open(t, storetest.Open(t, address))
	h.people("anna")
	w.cut()
	h.Cleanup(func() { // ends what still waits for the database
		_ = h.timetable.Stop()
	})
	for _, row := range append(everyRoute(), [3]string{"GET", "/readyz", ""}) {
		a := h.ask(row[0], row[1], row[2])
		if a.StatusCode != http.StatusServiceUnavailable || a.problem(h).Code != "unavailable" {
			h.Errorf("%s %s = %d %s, want 503 unavailable", row[0], row[1], a.StatusCode, a.body)
		}
		for _, inside := range []string{"127.0.0.1", "dial", "connect", "postgres", "EOF"} {
			if strings.Contains(string(a.body), inside) {
				h.Errorf("%s %s tells %q: %s", row[0], row[1], inside, a.body)
			}
		}
	}
	h.must(http.StatusOK, nil, "GET", "/healthz", "")
	h.must(http.StatusUnprocessableEntity, nil, "POST", "/api/v1/events", `{}`) // what is wrong is told all the same
}

// clueless answers no question.
type clueless struct{ err error }

func (c clueless) Ask(context.Context, explain.Question, time.Time) (explain.Explanation, error) {
	return explain.Explanation{}, c.err
}

// broken answers everything with an error, and has no timetable.
type broken struct{ err error }

func (b broken) SendMessage(context.Context, message.Call, message.Draft) (message.Taken, bool, error) {
	return message.Taken{}, false, b.err
}

func (b broken) Notify(context.Context, message.Call, message.Event) (message.Noted, bool, error) {
	return message.Noted{}, false, b.err
}

func (b broken) SetDeadlineOnce(_ context.Context, _ message.Call, d deadlines.Deadline) (deadlines.Deadline, bool, error) {
	return d, false, b.err
}

func (b broken) PreviewDeadline(context.Context, message.Call, deadlines.Deadline) ([]deadlines.Reminder, error) {
	return nil, b.err
}

func (b broken) ComingReminders(message.Call, deadlines.Deadline) []deadlines.Reminder { return nil }

func (b broken) ClearDeadline(context.Context, message.Call, string) error { return b.err }

func (b broken) SetUser(_ context.Context, _ message.Call, u preferences.User) (preferences.User, error) {
	return u, b.err
}

func (b broken) SetPreferences(context.Context, message.Call, string, preferences.Preferences) (preferences.User, error) {
	return preferences.User{}, b.err
}

func (b broken) User(context.Context, string, string) (preferences.User, error) {
	return preferences.User{}, b.err
}

func (b broken) EraseUser(context.Context, message.Call, string) (message.Erased, error) {
	return message.Erased{}, b.err
}

func (b broken) EditUser(context.Context, message.Call, string, func(*preferences.User)) (preferences.User, error) {
	return preferences.User{}, b.err
}

func (b broken) EditPreferences(context.Context, message.Call, string, func(*preferences.Preferences) error) (preferences.User, error) {
	return preferences.User{}, b.err
}

func (b broken) Users(context.Context, string, string, int) ([]preferences.User, error) {
	return nil, b.err
}

func (b broken) Changes(context.Context, string, string) ([]preferences.Change, error) {
	return nil, b.err
}

func (b broken) SetGroup(context.Context, message.Call, string, []string) error { return b.err }
func (b broken) Group(context.Context, string, string) ([]string, error)        { return nil, b.err }

func (b broken) RetryOnce(context.Context, message.Call, message.ID, bool) (message.Message, bool, error) {
	return message.Message{}, false, b.err
}

func (b broken) EditOnce(context.Context, message.Call, message.ID, message.Edit) (message.Message, bool, error) {
	return message.Message{}, false, b.err
}

func (b broken) CancelOnce(context.Context, message.Call, message.ID) (message.Message, bool, error) {
	return message.Message{}, false, b.err
}

func (b broken) HoldOnce(context.Context, message.Call, message.ID) (message.Message, bool, error) {
	return message.Message{}, false, b.err
}

func (b broken) ReleaseOnce(context.Context, message.Call, message.ID) (message.Message, bool, error) {
	return message.Message{}, false, b.err
}

func (b broken) Message(context.Context, string, message.ID) (message.Message, error) {
	return message.Message{}, b.err
}

func (b broken) Find(context.Context, string, message.Filter) (message.Found, error) {
	return message.Found{}, b.err
}

func (b broken) Count(context.Context, string, message.Filter, bool) (message.Counted, error) {
	return message.Counted{}, b.err
}

func (b broken) Refuse(context.Context, message.Refusal) error { return b.err }

func (b broken) Retries(context.Context, message.Message) ([]message.Retried, error) {
	return nil, b.err
}

func (b broken) Attempts(context.Context, message.Message) ([]message.Attempt, error) {
	return nil, b.err
}

func (b broken) Items(context.Context, string, message.ID) ([]message.Message, error) {
	return nil, b.err
}

func (b broken) Deadline(context.Context, string, string) (deadlines.Deadline, error) {
	return deadlines.Deadline{}, b.err
}

func (b broken) Deadlines(context.Context, string, int, time.Time, string) ([]deadlines.Deadline, error) {
	return nil, b.err
}

func (b broken) OperateOnce(_ context.Context, _ message.Call, o message.Operation, _ any) (message.Operation, bool, error) {
	return o, false, b.err
}

func (b broken) SetProcess(context.Context, message.Call, preferences.Process) error { return b.err }

func (b broken) Operation(context.Context, string, message.ID) (message.Operation, error) {
	return message.Operation{}, b.err
}

func (b broken) Operations(context.Context, string, message.ID, int) ([]message.Operation, error) {
	return nil, b.err
}

func (b broken) StopOperation(context.Context, string, message.ID, time.Time) error { return b.err }

func (b broken) Process(context.Context, string, string) (preferences.Process, error) {
	return preferences.Process{}, b.err
}

func (b broken) Webhooks(context.Context, string) ([]webhook.Endpoint, error) { return nil, b.err }

func (b broken) Webhook(context.Context, string, message.ID) (webhook.Endpoint, error) {
	return webhook.Endpoint{}, b.err
}

func (b broken) Callbacks(context.Context, message.Message) ([]webhook.Callback, error) {
	return nil, b.err
}

func (b broken) CallbacksOf(context.Context, string, message.ID, message.ID, int) ([]webhook.Callback, error) {
	return nil, b.err
}

func (b broken) Replay(context.Context, string, message.ID, message.ID, time.Time) error {
	return b.err
}

func (b broken) Suppress(_ context.Context, _ message.Call, s message.Suppression) (message.Suppression, error) {
	return s, b.err
}
func (b broken) Unsuppress(context.Context, message.Call, string) error { return b.err }

func (b broken) Suppression(context.Context, string, string) (message.Suppression, error) {
	return message.Suppression{}, b.err
}

func (b broken) Suppressions(context.Context, string, string, int) ([]message.Suppression, error) {
	return nil, b.err
}

func (b broken) RetryAllOnce(context.Context, message.Call) (int, bool, error) {
	return 0, false, b.err
}

func (b broken) Document(context.Context, message.Call, string, string) (d docs.Document, err error) {
	return d, b.err
}

func (b broken) WriteDocument(context.Context, message.Call, string, string, docs.Write, bool) (d docs.Document, did docs.Did, err error) {
	return d, did, b.err
}

func (b broken) PostedOf(context.Context, string, message.ID, int) ([]message.Posted, error) {
	return nil, b.err
}

func (b broken) RetryPostedOnce(context.Context, message.Call, *message.Key, message.ID) (bool, error) {
	return false, b.err
}

func (b broken) RemovePosted(context.Context, string, message.ID) error { return b.err }

func (b broken) SetTemplates(context.Context, message.Call, ...template.Template) error {
	return b.err
}

func (b broken) RemoveTemplate(context.Context, message.Call, string) error { return b.err }

func (b broken) FillTemplate(context.Context, string, string, message.Data) (template.Mail, error) {
	return template.Mail{}, b.err
}

func (b broken) Template(context.Context, string, string) (template.Template, error) {
	return template.Template{}, b.err
}

func (b broken) Templates(context.Context, string, string, int) ([]template.Template, error) {
	return nil, b.err
}

func (b broken) Runs(context.Context, string, int) ([]schedule.Run, error) { return nil, b.err }
func (b broken) Note(context.Context, access.Record) error                 { return b.err }
func (b broken) Audit(context.Context, string, access.RecordFilter) ([]access.Record, error) {
	return nil, b.err
}

func (b broken) KeptMails(context.Context, string, message.ID, int) ([]message.Kept, error) {
	return nil, b.err
}

func (b broken) KeptMail(context.Context, string, message.ID) (message.Kept, error) {
	return message.Kept{}, b.err
}
func (b broken) EmptyMailbox(context.Context, string) (int, error) { return 0, b.err }
func (b broken) Sites(context.Context) ([]string, error)           { return nil, b.err }
func (b broken) Ping(context.Context) error                        { return b.err }
func (b broken) Lines(context.Context) ([]jobs.State, error)       { return nil, b.err }
func (b broken) Line(context.Context, string) (jobs.State, error)  { return jobs.State{}, b.err }

func (b broken) Change(context.Context, string, jobs.Change, string) (jobs.State, error) {
	return jobs.State{}, b.err
}

func (b broken) Pause(context.Context, string, jobs.Rest, string) (jobs.State, error) {
	return jobs.State{}, b.err
}

func (b broken) Resume(context.Context, string, string) (jobs.State, error) {
	return jobs.State{}, b.err
}
func (b broken) RunNow(string) (schedule.Run, error) { return schedule.Run{}, b.err }

// TestErrorsOfTheRooms: which problem each error of the rooms is told as, on every route.
func TestErrorsOfTheRooms(t *testing.T) {
	secret := errors.New(`ERROR: relation "messages" does not exist at 10.0.0.7, password=hunter2`)
	rows := []struct {
		name   string
		err    error
		status int
		code   string
		told   string // what the detail says
		logged bool
		some   bool // only on the routes whose description names the status
	}{
		{"what nobody foresaw", fmt.Errorf("claim messages: %w", secret), 500, "internal", "the log says what", true, false},
		{"the database is away", fmt.Errorf("save: %w: %w", message.ErrUnavailable, secret), 503, "unavailable", "does not answer", false, false},
		{"the caller has gone", fmt.Errorf("save: %w", context.Canceled), 503, "unavailable", "does not answer", false, false},
		{"the timetable does not run yet", jobs.ErrNotStarted, 503, "unavailable", "starting", false, false},
		{"the Idempotency-Key was used", fmt.Errorf("store: %w", message.ErrKeyReused), 422, "idempotency_key_reused", "Use a new key", false, false},
		{"there is no such job", fmt.Errorf("%w: %q", jobs.ErrUnknown, "x"), 404, "not_found", "/api/v1/jobs lists", false, true},
		{"there is nothing", message.ErrNotFound, 404, "not_found", "There is no", false, true},
		{"it is running", jobs.ErrBusy, 409, "running", "Wait for its end", false, true},
		{"somebody was faster", fmt.Errorf("replace: %w", message.ErrMoved), 503, "busy", "by others", false, false},
	}
	h := open(t, storetest.Open(t, storetest.URL(t, "sqlite"))) // no database is asked
	for _, row := range rows {
		core, observed := observer.New(zap.DebugLevel)
		b := broken{row.err}
		h.url = h.serve(b, b, b, api.Options{Why: clueless(b)}, zap.New(core))
		for _, route := range everyRoute() {
			if row.some && !describes(h, route, row.status) {
				continue // it never happens here
			}
			a := h.ask(route[0], route[1], route[2])
			p := a.problem(h)
			if p.Status != row.status || p.Code != row.code || !strings.Contains(p.Detail, row.told) {
				h.Errorf("%s: %s %s = %d %s, want %d %s", row.name, route[0], route[1], a.StatusCode, a.body, row.status, row.code)
			}
			if strings.Contains(string(a.body), "hunter2") || strings.Contains(string(a.body), "relation") {
				h.Errorf("%s: %s %s tells its insides: %s", row.name, route[0], route[1], a.body)
			}
			logged := observed.TakeAll()
			if len(logged) > 0 != row.logged {
				h.Errorf("%s: %s %s is logged %d times", row.name, route[0], route[1], len(logged))
			}
			if row.logged && (logged[0].ContextMap()["request"] != p.RequestID || !strings.Contains(fmt.Sprint(logged[0].ContextMap()["error"]), "hunter2")) {
				h.Errorf("%s: it is logged as %v, want its cause and request %s", row.name, logged[0].ContextMap(), p.RequestID)
			}
		}
	}
}

// describes tells whether the document names that status for the route.
func describes(h *house, route [3]string, status int) bool {
	path, _, _ := strings.Cut(route[1], "?")
	return at(spec(h).operation(route[0], path), "responses", fmt.Sprint(status)) != nil
}
