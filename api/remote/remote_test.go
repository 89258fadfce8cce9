package remote_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"notifier/api/remote"
)

// answers answer calls without a network, so that time can be moved.
type answers func(*http.Request) (*http.Response, error)

func (f answers) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func said(status int, body string, headers ...string) *http.Response {
	a := &http.Response{StatusCode: status, Status: fmt.Sprint(status, " ", http.StatusText(status)), Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
	for i := 0; i < len(headers); i += 2 {
		a.Header.Set(headers[i], headers[i+1])
	}
	return a
}

// TestCallsAreMadeAgain: only where that is safe, as often and as late as the server says, by
// the rules that package client has, too.
func TestCallsAreMadeAgain(t *testing.T) {
	t.Parallel()
	const busy = `{"code":"unavailable","detail":"The database does not answer.","retryable":true}`
	lost := errors.New("connection reset")
	type answer struct {
		status  int
		body    string
		headers []string
	}
	good, away := answer{200, `{}`, nil}, answer{503, busy, []string{"Retry-After", "1"}}
	for name, c := range map[string]struct {
		method, key string
		first       answer // 0: the connection breaks
		calls       int
		err         error
	}{
		"read, away":                    {"GET", "", away, 2, nil},
		"read, broken":                  {"GET", "", answer{}, 2, nil},
		"replaced, broken":              {"PUT", "", answer{}, 2, nil},
		"with a key, broken":            {"POST", "k", answer{}, 2, nil},
		"without a key, away":           {"POST", "", away, 1, remote.ErrUnavailable},
		"changed without a key, broken": {"PATCH", "", answer{}, 1, lost},
		"without a key, unknown":        {"POST", "", answer{503, `{"code":"unavailable","outcome":"unknown"}`, nil}, 2, nil},
		"a proxy's page":                {"GET", "", answer{502, "<html>", nil}, 2, nil},
		"still under way":               {"POST", "k", answer{409, `{"code":"in_progress","retryable":true}`, nil}, 2, nil},
		"refused":                       {"GET", "", answer{404, `{"code":"not_found"}`, nil}, 1, errors.ErrUnsupported},
		"away for longer than patience": {"GET", "", answer{503, busy, []string{"Retry-After", "3600"}}, 1, remote.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				calls, sent := 0, ""
				n, err := remote.New("https://notify.example.org", "k", remote.Options{Attempts: 3, Patience: 5 * time.Second, HTTP: &http.Client{Transport: answers(func(r *http.Request) (*http.Response, error) {
					calls++
					key := r.Header.Get("Idempotency-Key")
					if c.key != "" && key != c.key || calls > 1 && key != sent || key == "" && (c.method == "POST" || c.method == "PATCH") {
						t.Errorf("call %d has the key %q", calls, key)
					}
					sent = key
					a := c.first
					switch {
					case calls > 1:
						a = good
					case a.status == 0:
						return nil, lost
					}
					return said(a.status, a.body, a.headers...), nil
				})}})
				if err != nil {
					t.Fatal(err)
				}
				_, err = n.Do(t.Context(), remote.Call{Method: c.method, Path: "/x", Key: c.key, Body: map[string]string{"a": "b"}})
				p, told := errors.AsType[*remote.Problem](err)
				switch {
				case calls != c.calls || (err == nil) != (c.err == nil):
					t.Errorf("%d calls, %v; want %d, %v", calls, err, c.calls, c.err)
				case c.err == lost && !errors.Is(err, lost), c.err == errors.ErrUnsupported && (!told || p.Status != 404):
					t.Errorf("%v, want %v", err, c.err)
				}
			})
		})
	}
}

// TestTheKeyStaysHere: it is shown to no other host, and stands in no error; addresses and keys
// are checked before anything is called.
func TestTheKeyStaysHere(t *testing.T) {
	t.Parallel()
	shown := ""
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { shown = r.Header.Get("Authorization") }))
	defer other.Close()
	here := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+r.URL.Path, http.StatusTemporaryRedirect)
	}))
	defer here.Close()
	c, err := remote.New(here.URL, "secret", remote.Options{Attempts: 3, Patience: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Do(t.Context(), remote.Call{Method: http.MethodGet, Path: "/x"})
	if err == nil || errors.Is(err, remote.ErrUnavailable) || shown != "" || strings.Contains(err.Error()+fmt.Sprintf("%+v", c), "secret") {
		t.Errorf("sent on to another host: %v, which was shown %q", err, shown)
	}
	if err := c.Stream(t.Context(), remote.Call{Method: http.MethodGet, Path: "/x"}, &bytes.Buffer{}); err == nil || shown != "" {
		t.Errorf("a stream that is sent on: %v, which was shown %q", err, shown)
	}
	for _, bad := range [][2]string{{"", "k"}, {"ftp://here", "k"}, {"https://anna:secret@here", "k"}, {"https://here", ""}, {"https://here", "secret key"}} {
		if _, err := remote.New(bad[0], bad[1], remote.Options{}); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("New(%q, %q): %v", bad[0], bad[1], err)
		}
	}
}
