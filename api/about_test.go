package api

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestWhatRequestsAreAbout(t *testing.T) {
	for _, row := range []struct{ body, want string }{
		{``, ` []`},
		{`{"kind":"case_changed","users":["anna","jan","anna"],"case":{"title":"x","id":"C-1"}}`, `C-1 [anna jan]`},
		{`{"to":["anna",{"name":"N","email":"n@example.org"}],"cc":[{"email":"c@example.org"}],"subject":"to"}`, ` [anna n@example.org c@example.org]`},
		{`{"messages":[{"to":["a"],"case":{"id":"C-1"}},{"to":["b"],"case":{"id":"C-2"}}]}`, `C-1 [a b]`},
		{`{"users":["anna"],"case":{"id":"C-1"},"summary":`, `C-1 [anna]`},
		{`{"users":["anna"`, ` [anna]`},
		{`{"user":"anna","id":"x","data":{"id":"y","name":{"email":"e"}}}`, ` [anna]`},
		{`["anna"]`, ` []`},
		{`"anna"`, ` []`},
		{`{"users":` + strings.Repeat(`[`, 50) + `"anna"`, ` []`},
		{`{"users":[]],"case":{"id":"C-1"}}`, ` []`},
	} {
		caseID, users := about([]byte(row.body))
		if got := fmt.Sprintf("%s %v", caseID, users); got != row.want {
			t.Errorf("%s is about %q, want %q", row.body, got, row.want)
		}
	}
}

func FuzzAbout(f *testing.F) {
	f.Add([]byte(`{"users":["anna"],"case":{"id":"C-1"},"to":[{"email":"x"}]}`))
	f.Add([]byte(`[[[{"to":`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if _, users := about(body); len(users) > maxNamed {
			t.Errorf("%d are named", len(users))
		}
	})
}

func TestPatienceIsBounded(t *testing.T) {
	at := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	p := patience{rate: 2, most: 5}
	taken := func(at time.Time) (n int) {
		for range 100 {
			if p.take(at) {
				n++
			}
		}
		return n
	}
	for i, row := range []struct {
		after time.Duration
		want  int
	}{{0, 5}, {0, 0}, {time.Second, 2}, {time.Hour, 5}, {-time.Hour, 0}} {
		at = at.Add(row.after)
		if got := taken(at); got != row.want {
			t.Errorf("%d: %d are noted, want %d", i, got, row.want)
		}
	}
}
