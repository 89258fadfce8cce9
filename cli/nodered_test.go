package cli

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"notifier/api/remote"
	"notifier/mail/mailtest"
	"notifier/message"
	"notifier/preferences"
	"notifier/store/storetest"
)

// nodeRED is the version that docs/examples/node-red is tried with.
const nodeRED = "4.1.15"

// installNodeRED puts Node-RED into this user's cache, once, and returns its program.
func installNodeRED(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	dir := filepath.Join(cache, "notifier-tests", "node-red-"+nodeRED)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	lock, err := os.Create(dir + ".lock")
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	if err := lockFile(lock); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "node_modules", "node-red", "red.js")
	done := filepath.Join(dir, "installed") // what was cut short is installed again
	if _, err := os.Stat(done); err == nil {
		return program
	}
	install := exec.Command("npm", "install", "--prefix", dir, "--no-fund", "--no-audit", "--ignore-scripts", "--loglevel=error", "node-red@"+nodeRED)
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("install Node-RED: %v\n%s", err, out)
	}
	if err := os.WriteFile(done, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return program
}

// lossy is a link to a service that loses the first answer to each request, after the
// service has done what was asked.
type lossy struct {
	*httptest.Server
	mu    sync.Mutex
	calls map[string]int // by method, path and key
}

func loseAnswers(t *testing.T, service string) *lossy {
	t.Helper()
	target, err := url.Parse(service)
	if err != nil {
		t.Fatal(err)
	}
	l := &lossy{calls: map[string]int{}}
	proxy := httputil.NewSingleHostReverseProxy(target)
	l.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.mu.Lock()
		what := r.Method + " " + r.URL.Path + " " + r.Header.Get("Idempotency-Key")
		l.calls[what]++
		lose := l.calls[what] == 1
		l.mu.Unlock()
		if !lose {
			proxy.ServeHTTP(w, r)
			return
		}
		answered := httptest.NewRecorder()
		proxy.ServeHTTP(answered, r)
		if answered.Code/100 != 2 {
			t.Errorf("%s is answered with %d %s", what, answered.Code, answered.Body)
		}
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			conn.Close() // the caller sees nothing but the end of the connection
		}
	}))
	t.Cleanup(l.Close)
	return l
}

// startNodeRED runs the example's flow and returns where it takes cases.
func startNodeRED(t *testing.T, service string) string {
	t.Helper()
	program := installNodeRED(t)
	address, dir := freeAddress(t), t.TempDir()
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	flow, err := os.ReadFile("../docs/examples/node-red/flows.json")
	if err != nil {
		t.Fatal(err)
	}
	settings := `module.exports = {uiHost: "127.0.0.1", uiPort: ` + port + `, flowFile: "flows.json", telemetry: {enabled: false}, httpAdminRoot: false, logging: {console: {level: "info"}}}`
	for name, content := range map[string][]byte{"flows.json": flow, "settings.js": []byte(settings)} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	said := func() string {
		b, _ := os.ReadFile(log.Name())
		return string(b)
	}
	node := exec.Command("node", program, "--userDir", dir, "--settings", filepath.Join(dir, "settings.js"))
	node.Dir, node.Stdout, node.Stderr = dir, log, log
	node.Env = append(os.Environ(), "NOTIFIER_URL="+service, "NOTIFIER_KEY="+testKey)
	node.SysProcAttr = endsWithUs()
	if err := node.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = node.Process.Signal(syscall.SIGTERM)
		_ = node.Wait()
		if t.Failed() {
			t.Logf("Node-RED said:\n%s", said())
		}
	})
	patiently(t, "Node-RED taking cases", func() bool { return strings.Contains(said(), "Started flows") })
	return "http://" + address + "/cases"
}

// TestNodeREDSendsNothingTwice: a real workflow engine runs the example's process, which
// sends, publishes and sets a deadline. Its first call of each step is answered with
// silence, and the whole process is started twice: no second mail leaves.
func TestNodeREDSendsNothingTwice(t *testing.T) {
	t.Parallel()
	relay, err := mailtest.Start(mailtest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = relay.Close() })
	running := startService(t, storetest.URL(t, "postgres"), relay.Addr())
	patiently(t, "the service answering", func() bool {
		answer, err := http.Get(running.url + "/readyz")
		if err == nil {
			answer.Body.Close()
		}
		return err == nil && answer.StatusCode == http.StatusOK
	})
	n, err := knock(running.url, testKey, nil, remote.Options{Attempts: 5, Patience: 30 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.call(t.Context(), apiRequest{method: http.MethodPut, path: "/users/anna", body: preferences.User{Email: "anna@example.org"}}); err != nil {
		t.Fatal(err)
	}
	link := loseAnswers(t, running.url)
	cases := startNodeRED(t, link.URL)
	due := time.Now().Add(240 * time.Hour).UTC().Truncate(time.Second)
	for range 2 {
		body := fmt.Sprintf(`{"id":"GP/7","title":"Pond","applicant":"guest@example.net","clerk":"anna","due":%q}`, due.Format(time.RFC3339))
		answer, err := http.Post(cases, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		said, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		if answer.StatusCode != http.StatusOK || !strings.Contains(string(said), `"status":"pending"`) || !strings.Contains(string(said), `"next_reminder"`) {
			t.Fatalf("the process ended with %d %s", answer.StatusCode, said)
		}
	}
	link.mu.Lock()
	defer link.mu.Unlock()
	for what, want := range map[string]int{
		"POST /api/v1/messages case/GP/7/receipt": 3, "POST /api/v1/events case/GP/7/received": 3, "PUT /api/v1/deadlines/GP/7:signing ": 3,
	} {
		if link.calls[what] != want {
			t.Errorf("%q was called %d times, want %d: %v", what, link.calls[what], want, link.calls)
		}
	}
	patiently(t, "both mails sent", func() bool { return relay.Count() == 2 })
	for status, want := range map[message.Status]int{message.Sent: 2, message.Pending: 0, message.Deferred: 0, "": 2} {
		q := apiRequest{method: http.MethodGet, path: "/messages", query: url.Values{}}
		if status != "" {
			q.query.Set("status", string(status))
		}
		got, err := n.list(t.Context(), q, 0)
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Data) != want {
			t.Errorf("%d messages are %q, want %d", len(got.Data), status, want)
		}
	}
	d, _, err := ask[struct {
		DueAt    time.Time `json:"due_at"`
		Sequence int       `json:"sequence"`
	}](t.Context(), n, apiRequest{method: http.MethodGet, path: path("deadlines", "GP/7:signing")})
	if err != nil || !d.DueAt.Equal(due) || d.Sequence == 0 {
		t.Errorf("the deadline is %+v, %v", d, err)
	}
	running.stop()
}
