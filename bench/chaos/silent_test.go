package chaos

import (
	"fmt"
	"net/http"
	"net/url"
	"notifier/store/storetest"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestTheLinkSwallows is O4 and L2: while the link to the database swallows, on connections
// that are there and on new ones, a request is refused within 5 s, and SIGTERM ends the
// service within its bound; when the link carries again, mail leaves within 15 s.
func TestTheLinkSwallows(t *testing.T) {
	direct := storetest.URL(t, "postgres")
	u, err := url.Parse(direct)
	if err != nil {
		t.Fatal(err)
	}
	s, r := storetest.Open(t, direct), relay(t)
	db := link(t, u.Host)
	u.Host = db.Listen
	enqueue(t, s, 10)
	service := serve(t, u.String(), r.Addr())
	patiently(t, "all sent", func() bool { return len(sent(t, s)) == 10 })
	swallow := func() {
		for _, stream := range []string{"upstream", "downstream"} {
			if _, err := db.Toxics.AddToxicJson(strings.NewReader(fmt.Sprintf(`{"name":%q,"type":"timeout","stream":%q,"attributes":{"timeout":0}}`, stream, stream))); err != nil {
				t.Fatal(err)
			}
		}
	}
	swallow()
	slowest := time.Duration(0)
	for begun := time.Now(); time.Since(begun) < 20*time.Second; {
		asked := time.Now()
		call, err := http.NewRequest(http.MethodPost, "http://"+service.listen+"/api/v1/messages", strings.NewReader(`{"to":["a@example.net"],"subject":"x","text":"x"}`))
		if err != nil {
			t.Fatal(err)
		}
		call.Header.Set("Authorization", "Bearer "+apiKey)
		answer, err := http.DefaultClient.Do(call)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") == "" {
			t.Fatalf("the answer is %s with Retry-After %q", answer.Status, answer.Header.Get("Retry-After"))
		}
		slowest = max(slowest, time.Since(asked))
	}
	if slowest > 5500*time.Millisecond { // half a second of a machine that has other work
		t.Errorf("a request took %s", slowest)
	}
	for _, stream := range []string{"upstream", "downstream"} {
		if err := db.Toxics.RemoveToxic(t.Context(), stream); err != nil {
			t.Fatal(err)
		}
	}
	begun := time.Now()
	enqueue(t, s, 10)
	patiently(t, "all sent", func() bool { return len(sent(t, s)) == 20 })
	again := time.Since(begun)
	if again > 15*time.Second {
		t.Errorf("mail left %s after the link carried again", again)
	}
	swallow()
	begun = time.Now()
	if err := service.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := service.Wait(); err != nil {
		t.Logf("it ended with %v", err)
	}
	if took := time.Since(begun); took > 31*time.Second {
		t.Errorf("SIGTERM took %s", took)
	}
	t.Logf("slowest request %s, mail again after %s, SIGTERM %s", slowest.Round(time.Millisecond), again.Round(time.Millisecond), time.Since(begun).Round(time.Millisecond))
}
