package console_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"go.uber.org/zap"

	"notifier/access"
	"notifier/gate"
)

// listen opens a stream of the session; nil if it is refused with that status.
func (h *house) listen(server *httptest.Server, token string) (io.ReadCloser, int) {
	h.Helper()
	r, err := http.NewRequestWithContext(h.Context(), "GET", server.URL+"/stream", nil)
	if err != nil {
		h.Fatal(err)
	}
	r.AddCookie(&http.Cookie{Name: "notifier_session", Value: token})
	client := *server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err := client.Do(r)
	if err != nil {
		h.Fatal(err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, errorsOf(response)
	}
	if _, err := bufio.NewReader(response.Body).ReadString('\n'); err != nil {
		h.Fatal(err)
	}
	return response.Body, http.StatusOK
}

func errorsOf(r *http.Response) int { _ = r.Body.Close(); return r.StatusCode }

// TestStreamsEndWithTheSession is S5: signed out, in another role or removed, on whichever replica, nobody hears on.
func TestStreamsEndWithTheSession(t *testing.T) {
	h := open(t)
	server := httptest.NewServer(h.pages)
	defer server.Close()
	defer close(h.stop)
	there := gate.NewStaff(h.store, site, zap.NewNop()) // another replica
	const email = "viewer@example.net"
	for _, row := range []struct {
		name string
		end  func(ctx context.Context, token string) error
	}{
		{"signed out", there.SignOut},
		{"signed out everywhere", func(ctx context.Context, _ string) error {
			return there.SignOutEverywhere(ctx, access.Caller{Site: site, Name: email})
		}},
		{"another role", func(ctx context.Context, _ string) error {
			_, err := there.ChangeMember(ctx, h.call(), email, access.MemberChange{Role: new(access.Support)})
			return err
		}},
		{"removed", func(ctx context.Context, _ string) error { return there.RemoveMember(ctx, h.call(), email) }},
	} {
		_, token, err := there.SignIn(h.Context(), email, password, "127.0.0.1", "test", time.Now())
		if err != nil {
			h.Fatal(err)
		}
		body, status := h.listen(server, token)
		if body == nil {
			h.Fatalf("%s: the stream is refused: %d", row.name, status)
		}
		if err := row.end(h.Context(), token); err != nil {
			h.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { _, err := io.Copy(io.Discard, body); ended <- err }()
		select {
		case err := <-ended:
			if err != nil {
				h.Errorf("S5: %s: %v", row.name, err)
			}
		case <-time.After(30 * time.Second):
			h.Fatalf("S5: %s, and the stream goes on", row.name)
		}
		if err := body.Close(); err != nil {
			h.Error(err)
		}
	}
}

// TestASessionHasFewStreams is S5: five at most, and another once one of them has ended.
func TestASessionHasFewStreams(t *testing.T) {
	h := open(t)
	server := httptest.NewServer(h.pages)
	defer server.Close()
	defer close(h.stop)
	var last io.ReadCloser
	for i := range 5 {
		body, status := h.listen(server, h.tokens[access.Viewer])
		if body == nil {
			h.Fatalf("stream %d: %d", i+1, status)
		}
		defer body.Close()
		last = body
	}
	if _, status := h.listen(server, h.tokens[access.Viewer]); status != http.StatusTooManyRequests {
		h.Errorf("S5: the sixth stream of a session: %d", status)
	}
	h.wants(h.ask(access.Viewer, "GET", "/stream?once=1", nil), http.StatusOK)
	other, status := h.listen(server, h.tokens[access.Support])
	if other == nil {
		h.Fatalf("a stream of another session: %d", status)
	}
	defer other.Close()
	if err := last.Close(); err != nil {
		h.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		body, status := h.listen(server, h.tokens[access.Viewer])
		if body != nil {
			_ = body.Close()
			return
		}
		if time.Now().After(end) {
			h.Fatalf("S5: after one has ended another is refused: %d", status)
		}
	}
}
