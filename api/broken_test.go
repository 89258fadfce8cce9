package api_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"notifier/store/storetest"
)

// everyRoute is one good request for each operation.
func everyRoute() [][3]string {
	return [][3]string{
		{"POST", "/api/v1/messages", `{"to":["anna"],"subject":"Hello","text":"It works"}`},
		{"GET", "/api/v1/messages", ""},
		{"GET", "/api/v1/messages/msg_1", ""},
		{"GET", "/api/v1/stats/timeseries", ""},
		{"GET", "/api/v1/messages/msg_1/content", ""},
		{"GET", "/api/v1/messages/msg_1/attempts", ""},
		{"POST", "/api/v1/messages/msg_1/retry", ""},
		{"POST", "/api/v1/messages/msg_1/cancel", ""},
		{"POST", "/api/v1/messages/msg_1/release", ""},
		{"POST", "/api/v1/messages/msg_1/hold", ""},
		{"POST", "/api/v1/messages/msg_1/send-now", ""},
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
		{"GET", "/api/v1/groups", ""},
		{"DELETE", "/api/v1/groups/clerks", ""},
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

// TestWhatNobodyForesaw: a database that is not as it should be is told as a fault of the
// service, without its insides, and the log says what it is and of which request.
func TestWhatNobodyForesaw(t *testing.T) {
	address := storetest.URL(t, "postgres")
	h := open(t, storetest.Open(t, address))
	h.people("anna")
	db, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(ctx)
	if _, err := db.Exec(ctx, "DROP SCHEMA public CASCADE"); err != nil {
		t.Fatal(err)
	}
	for _, route := range everyRoute() {
		h.log.TakeAll()
		a := h.ask(route[0], route[1], route[2])
		if a.StatusCode < 300 {
			continue // the timetable knows it
		}
		p := a.problem(h)
		if a.StatusCode != http.StatusInternalServerError || p.Code != "internal" || !strings.Contains(p.Detail, "the log says what") {
			h.Errorf("%s %s = %d %s, want 500 internal", route[0], route[1], a.StatusCode, a.body)
		}
		for _, inside := range []string{"relation", "42P01", "queue", "does not exist"} {
			if strings.Contains(string(a.body), inside) {
				h.Errorf("%s %s tells %q: %s", route[0], route[1], inside, a.body)
			}
		}
		logged := h.log.FilterMessage("a request failed").All()
		if len(logged) != 1 || logged[0].ContextMap()["request"] != p.RequestID || !strings.Contains(fmt.Sprint(logged[0].ContextMap()["error"]), "does not exist") {
			h.Errorf("%s %s is logged as %v, want its cause and request %s", route[0], route[1], logged, p.RequestID)
		}
	}
}
