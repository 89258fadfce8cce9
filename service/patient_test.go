package service

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// Who sends a body drop by drop holds nothing of the service for long: neither where it is
// read, nor where the request was refused without it. An answer may take its time.
func TestPatient(t *testing.T) {
	t.Parallel()
	const limit = 100 * time.Millisecond
	ended := make(chan error, 1)
	server := httptest.NewServer(patient(limit, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/read":
			_, err := io.ReadAll(r.Body)
			ended <- err
		case "/slow":
			if _, err := io.ReadAll(r.Body); err != nil {
				t.Error(err)
			}
			select {
			case <-r.Context().Done():
				t.Error("the answer was broken off")
			case <-time.After(3 * limit):
			}
		}
		_, _ = io.WriteString(w, "done")
	})))
	t.Cleanup(server.Close)
	send := func(request string) net.Conn {
		conn, err := net.Dial("tcp", strings.TrimPrefix(server.URL, "http://"))
		if err == nil {
			err = conn.SetDeadline(time.Now().Add(10 * time.Second))
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		if _, err := io.WriteString(conn, request); err != nil {
			t.Fatal(err)
		}
		return conn
	}
	for _, head := range []string{"Content-Length: 1000", "Transfer-Encoding: chunked"} {
		request := "POST %s HTTP/1.1\r\nHost: x\r\n" + head + "\r\n\r\n3\r\nabc"
		conn := send(fmt.Sprintf(request, "/read"))
		if err := <-ended; err == nil {
			t.Errorf("%s: a body that does not come was read", head)
		}
		_, _ = io.ReadAll(conn) // ends with the connection, or this test with its deadline
		conn = send(fmt.Sprintf(request, "/unread"))
		answer, err := io.ReadAll(conn)
		if err != nil || !strings.HasSuffix(strings.TrimSpace(string(answer)), "done") && !strings.Contains(string(answer), "done") {
			t.Errorf("%s: unread: %q, %v", head, answer, err)
		}
	}
	conn := send("POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")
	if answer, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil || answer.StatusCode != http.StatusOK {
		t.Errorf("slow: %v", err)
	}
}
