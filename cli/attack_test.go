package cli

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"notifier/mail/mailtest"
	"notifier/store/storetest"
)

// raw sends bytes to the service, and reads what it answers.
func (s *daemon) raw(request string) (status int, header http.Header, body []byte, err error) {
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		return 0, nil, nil, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(2 * time.Minute)); err != nil {
		return 0, nil, nil, err
	}
	request, ends := strings.CutSuffix(request, cutOff)
	_, _ = io.WriteString(conn, request) // it may be refused before it is read
	if ends {
		_ = conn.(*net.TCPConn).CloseWrite()
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0, nil, nil, err
	}
	defer answer.Body.Close()
	body, err = io.ReadAll(answer.Body)
	return answer.StatusCode, answer.Header, body, err
}

// ready waits until the service answers.
func (s *daemon) ready() {
	s.t.Helper()
	for begin := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		answer, err := http.Get(s.url + "/readyz")
		if err == nil {
			_ = answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return
			}
		}
		if time.Since(begin) > 3*time.Minute {
			s.t.Fatalf("the service does not answer: %v\n%s", err, s.log())
		}
	}
}

func zipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return b.String()
}

// cutOff ends a request whose sender goes away.
const cutOff = "CUT OFF"

// attack is a request as no library sends it, and what it is answered with.
type attack struct {
	name, request string
	status        int
	code          string // of a problem of ours; empty where Go's server refuses it, or nothing is wrong
}

// attacks are bytes that come from anywhere. K stands for the header with the key.
func attacks() []attack {
	const draft = `{"to":["x@example.net"],"subject":"x","text":"y"}`
	post := func(headers, body string) string {
		return fmt.Sprintf("POST /api/v1/messages?dry_run=true HTTP/1.1\r\nHost: x\r\nK%s\r\nContent-Length: %d\r\n\r\n%s", headers, len(body), body)
	}
	get := func(path, headers string) string {
		return "GET " + path + " HTTP/1.1\r\nHost: x\r\nK" + headers + "\r\n\r\n"
	}
	long := strings.Repeat("x", 8000)
	return []attack{
		{"HTTP/1.0", "GET /api/v1/messages HTTP/1.0\r\nK\r\n\r\n", 200, ""},
		{"HTTP/1.0 with a body", fmt.Sprintf("POST /api/v1/messages?dry_run=true HTTP/1.0\r\nK\r\nContent-Length: %d\r\n\r\n%s", len(draft), draft), 200, ""},
		{"chunks without a length", fmt.Sprintf("POST /api/v1/messages?dry_run=true HTTP/1.1\r\nHost: x\r\nK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(draft), draft), 200, ""},
		{"chunks that are none", "POST /api/v1/messages HTTP/1.1\r\nHost: x\r\nK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400, "cut_off"},
		{"a body that ends early", "POST /api/v1/messages HTTP/1.1\r\nHost: x\r\nK\r\nContent-Length: 100\r\n\r\n{" + cutOff, 400, "cut_off"},
		{"a document that ends early", "PUT /compat/trigger-email/mail/1 HTTP/1.1\r\nHost: x\r\nK\r\nContent-Length: 100\r\n\r\n{" + cutOff, 400, "cut_off"},
		{"two lengths", "POST /api/v1/messages HTTP/1.1\r\nHost: x\r\nK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}", 400, ""},
		{"no host", "GET /api/v1/messages HTTP/1.1\r\nK\r\n\r\n", 400, ""},
		{"a header without end", "GET /api/v1/messages HTTP/1.1\r\nHost: x\r\nK\r\nX: " + strings.Repeat("x", 2<<20) + "\r\n\r\n", 431, ""},
		{"many headers", get("/api/v1/messages", strings.Repeat("\r\nX-A: b", 20_000)), 200, ""},
		{"a folded header", get("/api/v1/messages", "\r\nX-A: b\r\n c"), 200, ""},
		{"a header with a NUL", get("/api/v1/messages", "\r\nX-A: b\x00c"), 400, ""},
		{"an endless X-Request-Id", get("/api/v1/messages", "\r\nX-Request-Id: "+long), 200, ""},
		{"a compressed body", post("\r\nContent-Encoding: gzip", zipped(draft)), 415, "compressed"},
		{"a zip bomb", post("\r\nContent-Encoding: gzip", zipped(strings.Repeat(" ", 50<<20))), 415, "compressed"},
		{"compressed, and it does not say so", post("", zipped(draft)), 422, "bad_json"},
		{"no JSON by its type", post("\r\nContent-Type: text/html", draft), 415, "not_json"},
		{"a type that is none", post("\r\nContent-Type: ;;;", draft), 415, "not_json"},
		{"two types", post("\r\nContent-Type: application/json\r\nContent-Type: text/html", draft), 200, ""},
		{"lists in lists", post("", strings.Repeat("[", 100_000)), 422, "bad_json"},
		{"objects in objects", post("", strings.Repeat(`{"to":`, 100_000)), 422, "bad_json"},
		{"objects in data", post("", `{"to":["x@example.net"],"subject":"x","text":"y","tags":`+strings.Repeat(`{"a":`, 100_000)), 422, "bad_json"},
		{"a number without end", post("", `{"priority":`+strings.Repeat("9", 1<<20)+`}`), 422, "invalid"},
		{"a NUL in a text", post("", `{"to":["x@example.net"],"subject":"a\u0000b","text":"y"}`), 422, "invalid"},
		{"half a surrogate", post("", `{"to":["x@example.net"],"subject":"\ud800","text":"y"}`), 0, ""},
		{"bytes that are no text", post("", "{\"to\":[\"x@example.net\"],\"subject\":\"\xff\",\"text\":\"y\"}"), 422, "invalid"},
		{"a header in a subject", post("", `{"to":["x@example.net"],"subject":"a\r\nBcc: evil@example.org","text":"y"}`), 422, "invalid"},
		{"a header in an address", post("", `{"to":["x@example.net\r\nBcc: evil@example.org"],"subject":"a","text":"y"}`), 422, "invalid"},
		{"a header in a name", post("", `{"to":[{"email":"x@example.net","name":"a\nBcc: evil@example.org"}],"subject":"a","text":"y"}`), 422, "invalid"},
		{"a header in a header", post("", `{"to":["x@example.net"],"subject":"a","text":"y","headers":{"X-A":"b\r\nBcc: evil@example.org"}}`), 422, "invalid"},
		{"a header as a header's name", post("", `{"to":["x@example.net"],"subject":"a","text":"y","headers":{"X-A: b\r\nBcc":"evil@example.org"}}`), 422, "invalid"},
		{"a header in the sender", post("", `{"to":["x@example.net"],"subject":"a","text":"y","sender":{"email":"a@example.org","name":"a\rBcc: b"}}`), 422, "invalid"},
		{"a header in reply_to", post("", `{"to":["x@example.net"],"subject":"a","text":"y","reply_to":"a@example.org\nBcc: b@example.org"}`), 422, "invalid"},
		{"a header in a file's name", post("", `{"to":["x@example.net"],"subject":"a","text":"y","attachments":[{"filename":"a\r\nX: y","content":"eA=="}]}`), 422, "invalid"},
		{"a header in the key", get("/api/v1/messages", "\r\nIdempotency-Key: a\x01b"), 400, ""},
		{"an empty bearer", "GET /api/v1/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer\r\n\r\n", 401, "unauthorized"},
		{"another scheme", "GET /api/v1/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Basic " + testKey + "\r\n\r\n", 401, "unauthorized"},
		{"a key of a megabyte", "GET /api/v1/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + strings.Repeat("k", 900_000) + "\r\n\r\n", 401, "unauthorized"},
		{"a key that is no text", "GET /api/v1/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff\xfe\r\n\r\n", 401, "unauthorized"},
		{"a body without a key", "POST /api/v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n{", 401, "unauthorized"},
		{"an unknown method", "FOO /api/v1/messages HTTP/1.1\r\nHost: x\r\nK\r\n\r\n", 405, "method_not_allowed"},
		{"TRACE", "TRACE /api/v1/messages HTTP/1.1\r\nHost: x\r\nK\r\n\r\n", 405, "method_not_allowed"},
		{"a method in small letters", "get /api/v1/messages HTTP/1.1\r\nHost: x\r\nK\r\n\r\n", 405, "method_not_allowed"},
		{"another method by a header", get("/api/v1/users/nobody", "\r\nX-HTTP-Method-Override: DELETE"), 404, "not_found"},
		{"a whole address", get("http://evil.example.org/api/v1/messages", ""), 200, ""},
		{"dots", get("/api/v1/%2e%2e/%2e%2e/etc/passwd", ""), 0, ""},
		{"dots and slashes in an id", get("/api/v1/users/..%2F..%2Fkeys", ""), 404, "not_found"},
		{"an id of dots", get("/api/v1/users/%2e%2e", ""), 0, ""},
		{"a NUL in a path", get("/api/v1/users/a%00b", ""), 400, "bad_address"},
		{"a path that is no text", get("/api/v1/users/%ff", ""), 400, "bad_address"},
		{"a percent sign alone", get("/api/v1/users/%", ""), 400, ""},
		{"an id of another kind", get("/api/v1/messages/key_06f3n5mmmt1fq2r6s0hj0v7k9c", ""), 404, "not_found"},
		{"an id without end", get("/api/v1/messages/"+long, ""), 404, "not_found"},
		{"a cursor of another list", get("/api/v1/messages?cursor=Zm9v", ""), 422, "invalid"},
		{"a cursor with a NUL", get("/api/v1/deadlines?cursor=MjAyNi0wMS0wMVQwMDowMDowMFogAA", ""), 422, "invalid"},
		{"a cursor of SQL", get("/api/v1/users?cursor=%27%20OR%201=1--", ""), 200, ""},
		{"SQL in a search", get("/api/v1/messages?q=case:%22%27%3B%20DROP%20TABLE%20messages--%22", ""), 200, ""},
		{"a wildcard in a search", get("/api/v1/messages?q=text:%25%25%25%25%25%25%25%25_%20since:7d", ""), 200, ""},
		{"a pipe of requests", get("/api/v1/version", "") + "GET /\xff\r\n\r\n", 200, ""},
	}
}

// TestAttacks sends the real program, on each database, what no client would: it answers
// each with a problem or as usual, never with a fault of its own, and lives.
func TestAttacks(t *testing.T) {
	for _, database := range []string{"sqlite", "postgres"} {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			relay, err := mailtest.Start(mailtest.Options{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = relay.Close() })
			s := startService(t, storetest.URL(t, database), relay.Addr())
			s.ready()
			for _, a := range attacks() {
				s.withstands(a)
			}
			if n := relay.Count(); n > 0 {
				t.Errorf("%d mails have left", n)
			}
			s.stop()
			if log := s.log(); strings.Contains(log, "panic") || strings.Contains(log, "goroutine ") || strings.Contains(log, "a request failed") {
				t.Errorf("the service stumbled:\n%.3000s", log)
			}
		})
	}
}

func (s *daemon) withstands(a attack) {
	s.t.Helper()
	status, header, body, err := s.raw(strings.Replace(a.request, "\r\nK", "\r\nAuthorization: Bearer "+testKey, 1))
	if err != nil {
		s.t.Errorf("%s: %v", a.name, err)
		return
	}
	if status >= 500 || a.status != 0 && status != a.status {
		s.t.Errorf("%s: %d %.300s, want %d", a.name, status, body, a.status)
		return
	}
	if a.code == "" {
		return
	}
	var p struct {
		Code, Detail string
		RequestID    string `json:"request_id"`
		Retryable    *bool
		Errors       []struct{ Code, Pointer, Detail string }
	}
	if err := json.Unmarshal(body, &p); err != nil || header.Get("Content-Type") != "application/problem+json" {
		s.t.Errorf("%s: %s %.300s is no problem: %v", a.name, header.Get("Content-Type"), body, err)
		return
	}
	found := p.Code == a.code
	for _, e := range p.Errors {
		found = found || e.Code == a.code
	}
	if !found || len(p.Detail) < 20 || p.RequestID == "" || p.Retryable == nil || len(body) > 20_000 {
		s.t.Errorf("%s: %.500s, want the code %s, a sentence and a request_id", a.name, body, a.code)
	}
}
