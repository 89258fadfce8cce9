package client_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"notifier/client"
)

var ctx = context.Background()

// transport answers calls without a network, so that time can be moved.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return f(r)
}

func said(status int, body string, headers ...string) *http.Response {
	a := &http.Response{StatusCode: status, Status: fmt.Sprint(status, " ", http.StatusText(status)), Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
	for i := 0; i < len(headers); i += 2 {
		a.Header.Set(headers[i], headers[i+1])
	}
	return a
}

const (
	busy    = `{"code":"unavailable","detail":"The database does not answer.","retryable":true}`
	perhaps = `{"code":"unavailable","detail":"It may have been taken.","retryable":true,"outcome":"unknown"}`
	refused = `{"code":"invalid","detail":"A mail needs a subject.","retryable":false}`
	taken   = `{"id":"req_1","messages":[{"id":"msg_1","status":"pending"}]}`
)

// TestCallsAreMadeAgain: only where that is safe, as often and as late as the server says.
func TestCallsAreMadeAgain(t *testing.T) {
	t.Parallel()
	lost := errors.New("connection reset")
	type step struct {
		answer func() *http.Response
		err    error
	}
	say := func(status int, body string, headers ...string) step {
		return step{answer: func() *http.Response { return said(status, body, headers...) }}
	}
	good, away, bad := say(202, taken), say(503, busy, "Retry-After", "5"), say(422, refused)
	for name, c := range map[string]struct {
		key      client.Key
		steps    []step
		options  client.Options
		calls    int
		err      error
		min, max time.Duration
	}{
		"at once":                        {"k", []step{good}, client.Options{}, 1, nil, 0, 0},
		"away twice":                     {"k", []step{away, away, good}, client.Options{}, 3, nil, 10 * time.Second, 11 * time.Second},
		"a broken connection":            {"k", []step{{err: lost}, good}, client.Options{}, 2, nil, 1, 200 * time.Millisecond * 2},
		"a proxy's page":                 {"k", []step{say(502, "<html>"), say(504, ""), good}, client.Options{}, 3, nil, 1, time.Second},
		"too many calls":                 {"k", []step{say(429, `{"code":"rate_limited"}`, "Retry-After", "2"), good}, client.Options{}, 2, nil, 2 * time.Second, 3 * time.Second},
		"the first is still under way":   {"k", []step{say(409, `{"code":"in_progress","retryable":true}`, "Retry-After", "1"), good}, client.Options{}, 2, nil, time.Second, 2 * time.Second},
		"without a key, away":            {client.Once, []step{away}, client.Options{}, 1, client.ErrUnavailable, 0, 0},
		"without a key, lost":            {client.Once, []step{{err: lost}}, client.Options{}, 1, lost, 0, 0},
		"without a key, unknown (L2)":    {client.Once, []step{say(503, perhaps), good}, client.Options{}, 2, nil, 1, time.Second},
		"refused":                        {"k", []step{bad}, client.Options{}, 1, client.ErrInvalid, 0, 0},
		"an error inside":                {"k", []step{say(500, `{"code":"internal"}`)}, client.Options{}, 1, nil, 0, 0},
		"away for longer than patience":  {"k", []step{say(503, busy, "Retry-After", "3600")}, client.Options{}, 1, client.ErrUnavailable, 0, 0},
		"away for ever":                  {"k", []step{away}, client.Options{}, 5, client.ErrUnavailable, 20 * time.Second, 30 * time.Second},
		"away for ever, little patience": {"k", []step{away}, client.Options{Patience: 12 * time.Second}, 3, client.ErrUnavailable, 10 * time.Second, 12 * time.Second},
		"no repetition":                  {"k", []step{away}, client.Options{Attempts: 1}, 1, client.ErrUnavailable, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				calls, sent := 0, ""
				c.options.HTTP = &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
					s := c.steps[min(calls, len(c.steps)-1)]
					calls++
					if body, _ := io.ReadAll(r.Body); !strings.Contains(string(body), "Ready") {
						t.Errorf("call %d: %s %v", calls, body, r.Header)
					}
					key := r.Header.Get("Idempotency-Key") // one is always sent, the same each time
					if key == "" || c.key != client.Once && key != string(c.key) || calls > 1 && key != sent {
						t.Errorf("call %d has the key %q", calls, key)
					}
					sent = key
					if s.err != nil {
						return nil, s.err
					}
					return s.answer(), nil
				})}
				n, err := client.New("https://notify.example.org", "k", c.options)
				if err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				_, err = n.SendMessage(context.Background(), client.Draft{Subject: "Ready"}, c.key)
				took := time.Since(start)
				if calls != c.calls || took < c.min || took > c.max {
					t.Errorf("%d calls in %s, want %d in %s to %s", calls, took, c.calls, c.min, c.max)
				}
				if c.err != nil && !errors.Is(err, c.err) || c.err == nil && err != nil && name != "an error inside" {
					t.Errorf("err = %v, want %v", err, c.err)
				}
			})
		})
	}
}

// TestAContextEndsTheWait, and a wait that would outlive it is not begun.
func TestAContextEndsTheWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n, err := client.New("https://notify.example.org", "k", client.Options{HTTP: &http.Client{Transport: transport(func(*http.Request) (*http.Response, error) {
			return said(503, busy, "Retry-After", "5"), nil
		})}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(time.Second, cancel)
		start := time.Now()
		if _, err := n.User(ctx, "anna"); !errors.Is(err, client.ErrUnavailable) || time.Since(start) != time.Second {
			t.Errorf("%v after %s", err, time.Since(start))
		}
		ctx, cancel = context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		start = time.Now()
		if _, err := n.User(ctx, "anna"); !errors.Is(err, client.ErrUnavailable) || time.Since(start) != 0 || client.RetryAfter(err) != 5*time.Second {
			t.Errorf("%v after %s", err, time.Since(start))
		}
	})
}

// TestTheKeyStaysHere: it is shown to no other host, and stands in no log and no error.
func TestTheKeyStaysHere(t *testing.T) {
	t.Parallel()
	shown := ""
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { shown = r.Header.Get("Authorization") + r.URL.Path }))
	defer other.Close()
	here := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/api/v1/users/moved") {
			http.Redirect(w, r, "/api/v1/users/here", http.StatusTemporaryRedirect)
			return
		}
		if strings.HasPrefix(r.URL.Path, "/api/v1/users/here") {
			_, _ = w.Write([]byte(`{"email":"anna@example.org"}`))
			return
		}
		http.Redirect(w, r, other.URL+r.URL.Path, http.StatusTemporaryRedirect)
	}))
	defer here.Close()
	var log bytes.Buffer
	c, err := client.New(here.URL, "ntf_live_secret", client.Options{Log: slog.New(slog.NewTextHandler(&log, nil)), HTTP: &http.Client{}, Attempts: 3})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.User(ctx, "anna")
	if !errors.Is(err, client.ErrRedirected) || client.Retryable(err) || shown != "" {
		t.Errorf("sent on to another host: %v, which was shown %q", err, shown)
	}
	if u, err := c.User(ctx, "moved"); err != nil || u.Email != "anna@example.org" {
		t.Errorf("sent on to the same host: %+v, %v", u, err)
	}
	here.Close()
	_, err = c.User(ctx, "anna")
	if !errors.Is(err, client.ErrUnavailable) || !strings.Contains(log.String(), "made again") {
		t.Errorf("err = %v, log = %s", err, &log)
	}
	if text := log.String() + err.Error(); strings.Contains(text, "secret") {
		t.Errorf("the key is shown: %s", text)
	}
}

// endless is a body that never ends.
type endless struct{}

func (endless) Read(b []byte) (int, error) { return copy(b, strings.Repeat("a", 4096)), nil }
func (endless) Close() error               { return nil }

// TestAnswersAreBounded: what never ends is not read to its end.
func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 400, 503} {
		c, err := client.New("https://notify.example.org", "k", client.Options{Attempts: 1, HTTP: &http.Client{Transport: transport(func(*http.Request) (*http.Response, error) {
			a := said(status, "")
			a.Body = endless{}
			return a, nil
		})}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.User(ctx, "anna"); err == nil {
			t.Errorf("%d: an answer without end was taken", status)
		}
	}
}

// TestAddressesAndKeysAreChecked before anything is called, and not repeated.
func TestAddressesAndKeysAreChecked(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{
		{"", "k"},
		{"notify.example.org", "k"},
		{"ftp://notify.example.org", "k"},
		{"https://anna:secret@notify.example.org", "k"},
		{"https://notify.example.org?x=secret", "k"},
		{"https://notify.example.org", ""},
		{"https://notify.example.org", "secret\r\nX: y"},
		{"https://notify.example.org", "secret key"},
	} {
		if _, err := client.New(c[0], c[1], client.Options{}); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("New(%q, %q): %v", c[0], c[1], err)
		}
	}
	c, err := client.New("https://notify.example.org/", "ntf_live_secret", client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if text := fmt.Sprintf(format, c) + fmt.Sprintf(format, *c); strings.Contains(text, "secret") {
			t.Errorf("%s shows the key: %s", format, text)
		}
	}
	if _, err := c.SendMessage(ctx, client.Draft{}, client.Key(strings.Repeat("k", 256))); err == nil || errors.Is(err, client.ErrUnavailable) {
		t.Errorf("a key that is too long: %v", err)
	}
}
