package conformance_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"notifier/client"
)

// exchange is a request and its answer, as the tests of the API record them.
type exchange struct {
	file, method string
	path         *url.URL // below /api/v1
	request      []byte   // empty for none
	status       int
	answer       []byte
}

// into reads the request, and refuses what the type does not have. In a path the id of a user
// is said already; bodies may repeat it, and the client does not.
func (x exchange) into(t *testing.T, request any, redundant ...string) {
	t.Helper()
	if len(x.request) == 0 {
		return
	}
	body := x.request
	if len(redundant) > 0 {
		var keys map[string]json.RawMessage
		if err := json.Unmarshal(body, &keys); err != nil {
			t.Fatal(err)
		}
		for _, key := range redundant {
			delete(keys, key)
		}
		body, _ = json.Marshal(keys)
	}
	if err := strictly(body, request); err != nil {
		t.Errorf("%s: the request %s: %v", x.file, body, err)
	}
}

// id is the last part of the path that names something: the one at that place.
func (x exchange) id(place int) string {
	id, _ := url.PathUnescape(strings.Split(strings.TrimPrefix(x.path.EscapedPath(), "/"), "/")[place])
	return id
}

func strictly(content []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(content))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

// TestTheClientSpeaksAsRecorded holds the client's types against every request and answer that
// the tests of the API have recorded: what the client sends is what was sent, and what it reads
// holds all that was answered. It fails if the API has a field that the client has not.
func TestTheClientSpeaksAsRecorded(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	for _, x := range recorded(t) {
		if x.status/100 != 2 {
			refused(t, x)
			continue
		}
		for _, route := range routes {
			if route.method == x.method && matches(route.path, x.path.EscapedPath()) {
				accepted(t, x, route.call)
				seen[route.method+" "+route.path]++
			}
		}
	}
	for _, route := range routes {
		if seen[route.method+" "+route.path] == 0 {
			t.Errorf("no answer to %s %s is recorded, though the client asks for it", route.method, route.path)
		}
	}
}

func matches(pattern, path string) bool {
	is, want := strings.Split(path, "/"), strings.Split(pattern, "/")
	return slices.EqualFunc(is, want, func(a, b string) bool { return a == b || b == "*" })
}

// accepted makes a recorded call with the client, which gets the recorded answer.
func accepted(t *testing.T, x exchange, call func(*testing.T, *client.Client, exchange) (any, error)) {
	t.Helper()
	got, err := call(t, answering(t, x, true), x)
	if err != nil {
		t.Errorf("%s: %s %s: %v", x.file, x.method, x.path, err)
		return
	}
	if got == nil {
		return
	}
	again := reflect.New(reflect.TypeOf(got))
	if err := strictly(x.answer, again.Interface()); err != nil {
		t.Errorf("%s: %s %s answers more than the client knows: %v", x.file, x.method, x.path, err)
	}
	if p, is := got.(client.Preferences); is { // whose kinds may have any name
		for kind, frequency := range p.Frequencies {
			if kind != client.CaseReceived && kind != client.CaseChanged {
				t.Errorf("%s: is %s: %q a kind, or does the client not know that field of preferences?", x.file, kind, frequency)
			}
		}
	}
	written, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	for _, place := range lost(t, x.answer, written) {
		if place != "/next_cursor" && place != "/has_more" {
			t.Errorf("%s: %s %s: the client loses %s of the answer", x.file, x.method, x.path, place)
		}
	}
}

// refused makes a recorded call that was refused: the problem is read whole.
func refused(t *testing.T, x exchange) {
	t.Helper()
	if len(x.answer) == 0 || !bytes.HasPrefix(x.answer, []byte("{")) {
		return
	}
	var body any
	if len(x.request) > 0 {
		body = json.RawMessage(`{}`) // what was wrong with it does not matter here
	}
	_, err := answering(t, x, false).Do(t.Context(), client.Call{Method: x.method, Path: "/x", Body: body})
	var p *client.Problem
	if !errors.As(err, &p) || strictly(x.answer, &client.Problem{}) != nil {
		t.Errorf("%s: %s %s is refused with %v, %v", x.file, x.method, x.path, err, strictly(x.answer, &client.Problem{}))
		return
	}
	written, _ := json.Marshal(p)
	if places := lost(t, x.answer, written); len(places) > 0 {
		t.Errorf("%s: %s %s: the client loses %v of the problem", x.file, x.method, x.path, places)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// answering is a client that gets the recorded answer, and is watched while it asks.
func answering(t *testing.T, x exchange, watch bool) *client.Client {
	t.Helper()
	c, err := client.New("https://notify.example.org", "k", client.Options{Attempts: 1, HTTP: &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		if watch {
			x.asked(t, r)
		}
		return &http.Response{StatusCode: x.status, Status: fmt.Sprint(x.status), Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(x.answer))}, nil
	})}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// asked compares what the client asks for with what was recorded.
func (x exchange) asked(t *testing.T, r *http.Request) {
	t.Helper()
	path := strings.TrimPrefix(r.URL.Path, "/api/v1")
	if r.Method != x.method || path != x.path.Path {
		t.Errorf("%s: the client asks %s %s, want %s %s", x.file, r.Method, path, x.method, x.path.Path)
	}
	sent, want := r.URL.Query(), x.path.Query()
	for name := range want {
		if name != "limit" && name != "cursor" && sent.Get(name) != want.Get(name) && !(at(want.Get(name)).Equal(at(sent.Get(name))) && !at(want.Get(name)).IsZero()) {
			t.Errorf("%s: the client asks with %s=%s, want %s", x.file, name, sent.Get(name), want.Get(name))
		}
	}
	if len(x.request) == 0 {
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, place := range lost(t, x.request, body) {
		if place != "/user" {
			t.Errorf("%s: %s %s: the client sends %s without %s of %s", x.file, x.method, x.path, body, place, x.request)
		}
	}
	for _, place := range lost(t, body, x.request) {
		if place != "/key" && place != "/name" { // the path says them, too
			t.Errorf("%s: %s %s: the client sends %s, and %s was not in %s", x.file, x.method, x.path, body, place, x.request)
		}
	}
}

// lost are the places of the first document that the second says otherwise, or not at all.
// What is empty, zero or null is as good as absent.
func lost(t *testing.T, first, second []byte) []string {
	t.Helper()
	var a, b any
	if err := errors.Join(json.Unmarshal(first, &a), json.Unmarshal(second, &b)); err != nil {
		t.Fatalf("%v: %s, %s", err, first, second)
	}
	return differ("", a, b)
}

func differ(place string, a, b any) (places []string) {
	switch a := spelledOut(a, b).(type) {
	case map[string]any:
		b, _ := spelledOut(b, a).(map[string]any)
		for _, key := range slices.Sorted(maps.Keys(a)) {
			places = append(places, differ(place+"/"+key, a[key], b[key])...)
		}
		return places
	case []any:
		b, _ := b.([]any)
		for i, item := range a {
			var other any
			if i < len(b) {
				other = b[i]
			}
			places = append(places, differ(fmt.Sprintf("%s/%d", place, i), item, other)...)
		}
		return places
	case string:
		if other, is := b.(string); is && !at(a).IsZero() && at(a).Equal(at(other)) {
			return nil
		}
		if a == "" || a == "0001-01-01T00:00:00Z" {
			return nil
		}
	}
	if a == nil || a == false || a == 0.0 || a == b {
		return nil
	}
	return []string{place}
}

// spelledOut is a recipient as an object, where it is "Anna <anna@example.org>" and the other is one.
func spelledOut(a, other any) any {
	text, is := a.(string)
	if _, object := other.(map[string]any); !is || !object {
		return a
	}
	r := client.ParseRecipient(text)
	return map[string]any{"email": r.Email, "name": r.Name}
}

var someTime = regexp.MustCompile(`"TIME"`)

// recorded reads all that the tests of the API have recorded, but for what is no JSON.
func recorded(t *testing.T) (all []exchange) {
	t.Helper()
	files, err := filepath.Glob("../../api/testdata/*.http")
	if err != nil || len(files) < 50 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		blocks := regexp.MustCompile(`\n\n+`).Split(strings.TrimSpace(string(content)), -1)
		for i, block := range blocks {
			method, rest, _ := strings.Cut(block, " ")
			if !slices.Contains([]string{"GET", "PUT", "POST", "PATCH", "DELETE"}, method) || i+1 == len(blocks) {
				continue
			}
			first, more, _ := strings.Cut(rest, "\n")
			path, err := url.Parse(strings.TrimPrefix(first, "/api/v1"))
			x := exchange{file: filepath.Base(file), method: method, path: path, request: body(more), answer: body(blocks[i+1])}
			if _, scan := fmt.Sscan(blocks[i+1], &x.status); err != nil || scan != nil {
				t.Fatalf("%s: %s is answered with %s", file, block, blocks[i+1])
			}
			x.answer = someTime.ReplaceAll(x.answer, []byte(`"2026-11-25T12:00:00Z"`))
			all = append(all, x)
		}
	}
	return all
}

// body is what follows the headers of a block; empty if nothing does.
func body(block string) []byte {
	if i := strings.Index("\n"+block, "\n{"); i >= 0 {
		return []byte(block[i:])
	}
	return nil
}
