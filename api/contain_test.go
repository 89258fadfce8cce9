package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"notifier/api"
)

// L5: a handler that panics answers with a 500 problem that has the request's id, also where
// it had set a status; the log has the stack under the same id.
func TestAPanicIsAnAnswer(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zap.ErrorLevel)
	server := httptest.NewServer(api.Contain(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/late":
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusAccepted)
			panic("the answer cannot be written")
		case "/abort":
			panic(http.ErrAbortHandler)
		case "/empty":
			w.WriteHeader(http.StatusNoContent)
			return
		}
		panic("broken")
	}), zap.New(core)))
	t.Cleanup(server.Close)
	for _, path := range []string{"/", "/late"} {
		a, err := http.Get(server.URL + path)
		if err != nil {
			t.Fatalf("L5: %s: the connection was closed: %v", path, err)
		}
		id := a.Header.Get("X-Request-Id")
		body := make([]byte, 1000)
		n, _ := a.Body.Read(body)
		a.Body.Close()
		if a.StatusCode != http.StatusInternalServerError || id == "" || !strings.Contains(string(body[:n]), id) || a.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("L5: %s: %d %s %s", path, a.StatusCode, a.Header, body[:n])
		}
		if found := logs.FilterField(zap.String("request_id", id)).All(); len(found) != 1 || !strings.Contains(found[0].ContextMap()["stack"].(string), "contain_test.go") {
			t.Errorf("L5: %s: the log says %v", path, found)
		}
	}
	if a, err := http.Get(server.URL + "/empty"); err != nil || a.StatusCode != http.StatusNoContent {
		t.Errorf("an answer without a body: %v, %v", a, err)
	} else {
		a.Body.Close()
	}
	if a, err := http.Get(server.URL + "/abort"); err == nil {
		a.Body.Close()
		t.Errorf("http.ErrAbortHandler was answered with %d", a.StatusCode)
	}
}

// L5: times out of range are refused at every door of the API, before anything is stored.
func TestTimesOutOfRange(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		h.people("anna")
		for _, row := range []struct{ method, path, body, pointer string }{
			{"POST", "/messages", `{"to":["a@example.org"],"subject":"x","text":"y","send_at":"9999-12-31T23:59:59-08:00"}`, "/send_at"},
			{"POST", "/messages", `{"to":["a@example.org"],"subject":"x","text":"y","expires_at":"2200-01-01T00:00:00Z"}`, "/expires_at"},
			{"POST", "/events", `{"kind":"case_changed","users":["anna"],"occurred_at":"0001-01-01T00:00:00Z"}`, "/occurred_at"},
			{"POST", "/events", `{"kind":"case_changed","users":["anna"],"occurred_at":"0000-06-01T00:00:00Z"}`, "/occurred_at"},
			{"PUT", "/deadlines/C-1", `{"users":["anna"],"due_at":"9999-12-31T23:59:59Z"}`, "/due_at"},
			{"PUT", "/deadlines/C-1", `{"users":["anna"],"due_in":{"days":10,"since":"2199-12-30T00:00:00Z"}}`, "/due_in/since"},
			{"PUT", "/users/anna/preferences", `{"paused_until":"9999-12-31"}`, "/paused_until"},
			{"GET", "/messages?since=9999-12-31T23:59:59-08:00", "", "query.since"},
			{"GET", "/messages?until=1969-12-31T23:59:59Z", "", "query.until"},
		} {
			a := h.must(http.StatusUnprocessableEntity, nil, row.method, "/api/v1"+row.path, row.body)
			if said := string(a.body); !strings.Contains(said, row.pointer) || !strings.Contains(said, "2199-12-31") || !strings.Contains(said, `or leave it out for`) {
				h.Errorf("L5: %s %s: %s", row.method, row.path, said)
			}
		}
	})
}
