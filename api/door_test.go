package api_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/zap"

	"notifier/api"
	"notifier/message"
)

func TestKey(t *testing.T) {
	each(t, func(h *house) {
		for _, row := range []struct {
			name, given, code string
			status            int
		}{
			{"the key", "Bearer " + key, "", http.StatusOK},
			{"the scheme in small letters (RFC 9110)", "bearer " + key, "", http.StatusOK},
			{"none", "", "unauthorized", http.StatusUnauthorized},
			{"a wrong one", "Bearer wrong", "unauthorized", http.StatusUnauthorized},
			{"the beginning of it", "Bearer " + key[:5], "unauthorized", http.StatusUnauthorized},
			{"nothing after Bearer", "Bearer ", "unauthorized", http.StatusUnauthorized},
			{"without Bearer", key, "unauthorized", http.StatusUnauthorized},
			{"as a password", "Basic " + key, "unauthorized", http.StatusUnauthorized},
		} {
			for _, path := range []string{"/api/v1/jobs", "/api/v1/nothing"} {
				a := h.ask("GET", path, "", "Authorization", row.given)
				if row.status == http.StatusOK {
					if a.StatusCode == http.StatusUnauthorized {
						h.Errorf("%s: %s is refused", row.name, path)
					}
					continue
				}
				if a.StatusCode != row.status || a.problem(h).Code != row.code || a.Header.Get("WWW-Authenticate") != `Bearer realm="notifier"` {
					h.Errorf("%s: %s = %d %v %s, want %d", row.name, path, a.StatusCode, a.Header, a.body, row.status)
				}
			}
		}
		h.must(http.StatusUnauthorized, nil, "POST", "/api/v1/messages", `{"to":["guest@example.net"],"subject":"Hello","text":"…"}`, "Authorization", "Bearer wrong")
		if ms, err := h.store.Messages(ctx, site, message.Filter{Limit: 1}); len(ms) > 0 || err != nil {
			h.Errorf("a caller without the key left %d messages (%v)", len(ms), err)
		}
	})
}

func TestNoKeySet(t *testing.T) {
	each(t, func(h *house) {
		h.url = h.serve(api.NewBackend(h.desk, h.store), h.timetable, api.Options{Gate: entrance(h.store, "")}, zap.NewNop())
		for _, given := range []string{"", "Bearer ", "Bearer  ", "Bearer " + key} {
			if a := h.ask("GET", "/api/v1/jobs", "", "Authorization", given); a.StatusCode != http.StatusUnauthorized || !strings.Contains(a.problem(h).Detail, "NOTIFIER_HTTP__KEY") {
				h.Errorf("with %q: %d %s, want to hear how a key is set", given, a.StatusCode, a.body)
			}
		}
	})
}

func TestUnknownPathsAndMethods(t *testing.T) {
	each(t, func(h *house) {
		for _, row := range []struct {
			method, path string
			status       int
			allow        string
		}{
			{"GET", "/api/v1/nothing", 404, ""},
			{"GET", "/api/v1/", 404, ""},
			{"GET", "/api/v1/jobs/", 404, ""},
			{"GET", "/api/v1/users/a%2Fb/c", 404, ""},
			{"GET", "/api/v2/messages", 404, ""},
			{"GET", "/api/", 404, ""},
			{"GET", "/", 404, ""},
			{"GET", "/metrics", 404, ""}, // there are none here
			{"PUT", "/api/v1/jobs", 405, "GET, HEAD"},
			{"OPTIONS", "/api/v1/jobs", 405, "GET, HEAD"},
			{"TRACE", "/api/v1/jobs", 405, "GET, HEAD"},
			{"DELETE", "/api/v1/messages", 405, "GET, HEAD, POST"},
			{"POST", "/api/v1/deadlines/A-1", 405, "GET, HEAD, PUT, DELETE"},
			{"GET", "/api/v1/events", 405, "POST"},
			{"HEAD", "/api/v1/events", 405, "POST"},
			{"POST", "/healthz", 405, "GET, HEAD"},
			{"POST", "/api/openapi.json", 405, "GET, HEAD"},
		} {
			a := h.ask(row.method, row.path, "")
			if a.StatusCode != row.status || a.Header.Get("Allow") != row.allow || a.Header.Get("Content-Type") != "application/problem+json" {
				h.Errorf("%s %s = %d, Allow %q, %s; want %d, Allow %q", row.method, row.path, a.StatusCode, a.Header.Get("Allow"), a.body, row.status, row.allow)
			}
		}
	})
}

func TestHead(t *testing.T) {
	each(t, func(h *house) {
		get, head := h.ask("GET", "/api/v1/users/anna/preferences", ""), h.ask("HEAD", "/api/v1/users/anna/preferences", "")
		if get.StatusCode != http.StatusNotFound || head.StatusCode != get.StatusCode || len(head.body) > 0 {
			h.Errorf("of nobody: GET %d, HEAD %d with %d bytes", get.StatusCode, head.StatusCode, len(head.body))
		}
		h.people("anna")
		get, head = h.ask("GET", "/api/v1/users/anna/preferences", ""), h.ask("HEAD", "/api/v1/users/anna/preferences", "")
		if head.StatusCode != http.StatusOK || len(head.body) > 0 || head.ContentLength != get.ContentLength || head.Header.Get("Content-Type") != "application/json" {
			h.Errorf("HEAD = %d, %v, %d bytes; GET has %d bytes", head.StatusCode, head.Header, head.ContentLength, get.ContentLength)
		}
	})
}

func TestProbes(t *testing.T) {
	each(t, func(h *house) {
		h.url = h.serve(api.NewBackend(h.desk, h.store), h.timetable, api.Options{Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "notifier_queue_due_messages 0\n")
		})}, zap.NewNop())
		for path, want := range map[string]string{"/healthz": "ok\n", "/readyz": "ready\n"} {
			if a := h.ask("GET", path, "", "Authorization", ""); a.StatusCode != http.StatusOK || string(a.body) != want {
				h.Errorf("%s without a key = %d %q, want 200 %q", path, a.StatusCode, a.body, want)
			}
		}
		if a := h.ask("GET", "/metrics", "", "Authorization", ""); a.StatusCode != http.StatusUnauthorized {
			h.Errorf("S6: /metrics without a key = %d %s", a.StatusCode, a.body)
		}
		if a := h.ask("GET", "/metrics", ""); a.StatusCode != http.StatusOK {
			h.Errorf("/metrics with a key = %d %s", a.StatusCode, a.body)
		}
	})
}

func TestRequestID(t *testing.T) {
	each(t, func(h *house) {
		for given, echoed := range map[string]bool{
			"case-1181": true, "Żółć 1": true, "": false, strings.Repeat("x", 100): true, strings.Repeat("x", 101): false, "a\tb": false, "\xff": false,
		} {
			for _, path := range []string{"/healthz", "/api/v1/jobs", "/api/v1/nothing", "/api/v1/messages/msg_1"} {
				got := h.ask("GET", path, "", "X-Request-Id", given).Header.Get("X-Request-Id")
				if echoed && got != given || !echoed && !ids.MatchString(got) {
					h.Errorf("%s of request %q is answered as %q, want echoed %t", path, given, got, echoed)
				}
			}
		}
	})
}

const hello = `{"to":["guest@example.net"],"subject":"Hello","text":"It works – naprawdę"}`

func TestContentTypes(t *testing.T) {
	each(t, func(h *house) {
		for kind, status := range map[string]int{
			"":                                  http.StatusAccepted,
			"application/json":                  http.StatusAccepted,
			"application/json; charset=utf-8":   http.StatusAccepted,
			"APPLICATION/JSON":                  http.StatusAccepted,
			"application/x-www-form-urlencoded": http.StatusAccepted, // curl -d
			"text/plain;charset=UTF-8":          http.StatusAccepted, // fetch with a text
			"application/vnd.bpm+json":          http.StatusAccepted,
			"application/xml":                   http.StatusUnsupportedMediaType,
			"multipart/form-data; boundary=x":   http.StatusUnsupportedMediaType,
			"nonsense;;":                        http.StatusUnsupportedMediaType,
			"application/json; charset":         http.StatusUnsupportedMediaType,
		} {
			if a := h.ask("POST", "/api/v1/messages", hello, "Content-Type", kind); a.StatusCode != status {
				h.Errorf("%q is answered with %d %s, want %d", kind, a.StatusCode, a.body, status)
			}
		}
		for _, accept := range []string{"", "*/*", "application/json", "text/html", "application/problem+json", "application/xml;q=1", "json"} {
			if a := h.ask("GET", "/api/v1/jobs", "", "Accept", accept); a.StatusCode != http.StatusOK || !strings.HasSuffix(a.Header.Get("Content-Type"), "json") {
				h.Errorf("Accept %q = %d %s, want JSON all the same", accept, a.StatusCode, a.Header.Get("Content-Type"))
			}
		}
	})
}

func TestChunkedBody(t *testing.T) {
	each(t, func(h *house) {
		h.people("anna")
		for _, row := range []struct {
			method, path, body string
			status             int
		}{
			{"POST", "/api/v1/messages", hello, http.StatusAccepted},
			{"POST", "/api/v1/messages", "", http.StatusUnprocessableEntity},
			{"POST", "/api/v1/jobs/reminders/pause", `{"note":"mended"}`, http.StatusOK},
			{"POST", "/api/v1/jobs/reminders/pause", "", http.StatusOK},
			{"GET", "/api/v1/jobs", "ignored", http.StatusOK},
		} {
			body := io.MultiReader(strings.NewReader(row.body)) // of unknown length
			if a := h.send(row.method, row.path, body); a.StatusCode != row.status {
				h.Errorf("%s %s with %q in chunks = %d %s, want %d", row.method, row.path, row.body, a.StatusCode, a.body, row.status)
			}
		}
	})
}

func TestBodyMayBeAbsent(t *testing.T) {
	each(t, func(h *house) {
		h.day()
		for _, path := range []string{"/api/v1/jobs/reminders/pause", "/api/v1/messages/" + h.find("m-error") + "/retry"} {
			for _, wrong := range []string{`{`, `[]`, `"x"`, `{"x":1}`, ` `} {
				if a := h.ask("POST", path, wrong); a.StatusCode != http.StatusUnprocessableEntity || len(a.problem(h).Errors) != 1 {
					h.Errorf("POST %s with %q = %d %s, want 422", path, wrong, a.StatusCode, a.body)
				}
			}
			for _, none := range []string{"", "null", "{}"} {
				if a := h.ask("POST", path, none); a.StatusCode != http.StatusOK && a.StatusCode != http.StatusConflict {
					h.Errorf("POST %s with %q = %d %s, want it taken", path, none, a.StatusCode, a.body)
				}
			}
		}
		for _, row := range [][2]string{
			{"POST", "/api/v1/messages"},
			{"POST", "/api/v1/events"},
			{"PUT", "/api/v1/users/anna"},
			{"PUT", "/api/v1/users/anna/preferences"},
			{"PUT", "/api/v1/groups/clerks"},
			{"PUT", "/api/v1/deadlines/A-1"},
			{"PATCH", "/api/v1/jobs/reminders"},
		} {
			for _, none := range []string{"", " \n", "null", " null "} {
				a := h.ask(row[0], row[1], none)
				if a.StatusCode != http.StatusUnprocessableEntity || a.faults(h) != "bad_json" {
					h.Errorf("%s %s with %q = %d %s, want 422 bad_json", row[0], row[1], none, a.StatusCode, a.body)
				}
			}
		}
		if u, err := h.desk.User(ctx, site, "anna"); err != nil || u.Email == "" {
			h.Errorf("a refused request changed the user to %+v (%v)", u, err)
		}
	})
}

func TestLargeBody(t *testing.T) {
	each(t, func(h *house) {
		const most = 18 << 20
		text := func(n int) string {
			return fmt.Sprintf(`{"to":["a@example.net"],"subject":"Hello","text":"%s"}`, strings.Repeat("x", n))
		}
		padded := hello + strings.Repeat(" ", most-len(hello))
		for _, row := range []struct {
			name, code string
			body       io.Reader
			status     int
		}{
			{"a text of 1 MiB", "", strings.NewReader(text(1 << 20)), http.StatusAccepted},
			{"a text of more", "invalid", strings.NewReader(text(1<<20 + 1)), http.StatusUnprocessableEntity},
			{"18 MiB", "", strings.NewReader(padded), http.StatusAccepted},
			{"more than 18 MiB", "too_large", strings.NewReader(padded + " "), http.StatusRequestEntityTooLarge},
			{"more than 18 MiB in chunks", "too_large", io.MultiReader(strings.NewReader(padded), strings.NewReader(" ")), http.StatusRequestEntityTooLarge},
		} {
			a := h.send("POST", "/api/v1/messages", row.body)
			if a.StatusCode != row.status || row.code != "" && a.problem(h).Code != row.code {
				h.Errorf("%s = %d %.300s, want %d %s", row.name, a.StatusCode, a.body, row.status, row.code)
			}
		}
	})
}
