package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"notifier/access"
	"notifier/gate"
	"notifier/mail/mailtest"
	"notifier/request"
	"notifier/service"
	"notifier/store/storetest"
)

// TestAPreviewOpensNoSocket: strace sees none while the program shows what a digest will
// look like, through every door; and it would see one, as it does when the digest leaves.
func TestAPreviewOpensNoSocket(t *testing.T) {
	t.Parallel()
	relay, err := mailtest.Start(mailtest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer relay.Close()
	url := storetest.URL(t, "sqlite")
	s := startService(t, url, relay.Addr(), "NOTIFIER_HTTP__PUBLIC_URL=https://notify.example.org", "NOTIFIER_SECRETS__KEY="+service.DevSecret)
	patiently(t, "ready", func() bool {
		answer, err := http.Get(s.url + "/readyz")
		return err == nil && answer.Body.Close() == nil && answer.StatusCode == http.StatusOK
	})
	_, session, err := signedIn(t.Context(), t, url)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(method, path, body string) string {
		t.Helper()
		r, err := http.NewRequest(method, s.url+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+testKey)
		r.AddCookie(&http.Cookie{Name: "notifier_session", Value: session})
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		said, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode >= 300 {
			t.Fatalf("%s %s: %s, %v\n%s", method, path, answer.Status, err, said)
		}
		return string(said)
	}
	ask("PUT", "/api/v1/users/anna", `{"email":"anna@example.org"}`)
	ask("PUT", "/api/v1/users/anna/preferences", `{"case_changed":"weekly"}`)
	for i := range 3 {
		ask("POST", "/api/v1/events", fmt.Sprintf(`{"kind":"case_changed","users":["anna"],"case":{"id":"C-%d"},"summary":"Comment added"}`, i))
	}
	var link struct{ URL string }
	if err := json.Unmarshal([]byte(ask("POST", "/api/v1/users/anna/preferences/link", "")), &link); err != nil {
		t.Fatal(err)
	}

	opened := watchSockets(t, s)
	page := strings.TrimPrefix(link.URL, "https://notify.example.org")
	for range 3 {
		for _, path := range []string{
			"/api/v1/users/anna/digest/preview?format=html", "/api/v1/users/anna/digest/preview?format=text", "/api/v1/users/anna/digest/preview?format=eml&now=true",
			"/people/anna/digest", "/people/anna/digest/html", page + "/preview", page + "/preview/html",
		} {
			if said := ask("GET", path, ""); !strings.Contains(said, "C-1") && !strings.Contains(said, "<iframe") {
				t.Errorf("%s shows no digest:\n%s", path, said)
			}
		}
	}
	if lines := opened(); lines != "" {
		t.Errorf("previews opened sockets:\n%s", lines)
	}
	ask("POST", "/api/v1/users/anna/digest/send", "")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := relay.Wait(ctx, 1); err != nil {
		t.Fatal(err)
	}
	patiently(t, "strace seeing how the digest left", func() bool { return strings.Contains(opened(), "connect(") })
}

// signedIn lets somebody into the console who may do all there.
func signedIn(ctx context.Context, t *testing.T, database string) (access.Session, string, error) {
	t.Helper()
	staff := gate.NewStaff(storetest.Open(t, database), "default", zap.NewNop())
	call := request.Call{Site: "default", At: time.Now().UTC().Truncate(time.Microsecond), By: "test"}
	if _, err := staff.AddMember(ctx, call, access.Member{Email: service.DemoEmail, Role: access.Manager}, service.DemoPassword); err != nil {
		return access.Session{}, "", err
	}
	return staff.SignIn(ctx, service.DemoEmail, service.DemoPassword, "127.0.0.1", "test", time.Now())
}

// watchSockets has strace note each socket that the program opens from now on.
func watchSockets(t *testing.T, s *daemon) (opened func() string) {
	t.Helper()
	pid, file := s.command.Process.Pid, filepath.Join(t.TempDir(), "sockets")
	strace := exec.Command("strace", "-f", "-qq", "-o", file, "-e", "trace=socket,connect", "-e", "signal=none", "-p", fmt.Sprint(pid))
	if err := strace.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = strace.Process.Signal(os.Interrupt)
		_ = strace.Wait()
	})
	patiently(t, "strace holding all threads", func() bool {
		threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
		for _, thread := range threads {
			status, readErr := os.ReadFile(thread)
			if readErr == nil && strings.Contains(string(status), "TracerPid:\t0\n") {
				return false
			}
		}
		return err == nil && len(threads) > 0
	})
	return func() string {
		lines, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return string(lines)
	}
}
