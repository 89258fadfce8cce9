package cli

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"notifier/settings"
)

// page asks for a page as an admin who is signed in.
func page(t *testing.T, browser *http.Client, method, address string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := browser.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s, %v\n%s", method, address, answer.Status, err, b)
	}
	return string(b)
}

// signInto makes an admin and signs in.
func (s *served) signInto() *http.Client {
	s.t.Helper()
	name, err := program()
	if err != nil {
		s.t.Fatal(err)
	}
	secret := filepath.Join(s.t.TempDir(), "password")
	if err := os.WriteFile(secret, []byte("correct horse battery"), 0o600); err != nil {
		s.t.Fatal(err)
	}
	add := exec.Command(name, "staff", "add", "ola@example.org", "--role", "admin", "--password-file", secret, "--config", s.file)
	add.Dir = filepath.Dir(s.file)
	if out, err := add.CombinedOutput(); err != nil {
		s.t.Fatalf("staff add: %v\n%s", err, out)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	answer, err := browser.PostForm("http://"+s.address+"/login", url.Values{"email": {"ola@example.org"}, "password": {"correct horse battery"}})
	if err != nil {
		s.t.Fatal(err)
	}
	answer.Body.Close()
	return browser
}

// The page of settings says what is in force and where it comes from, reads the file again,
// tells on every page that a wrong one was kept out, and gives what config print gives.
func TestSettingsPage(t *testing.T) {
	t.Parallel()
	s := startServed(t, "jobs: {reminders: {every: 15m}}\nsmtp: {host: 127.0.0.1, from: workflow@example.org, username: u, password: tell-nobody}\n")
	browser, base := s.signInto(), "http://"+s.address
	says := func(body string, all ...string) {
		t.Helper()
		if strings.Contains(body, "tell-nobody") || strings.Contains(body, servedKey) {
			t.Error("a secret is shown")
		}
		for _, want := range all {
			if !strings.Contains(body, want) {
				t.Errorf("the page does not say %q:\n%s", want, body)
			}
		}
	}
	row := func(key, value, origin string) string {
		if !strings.HasPrefix(origin, "<") {
			origin = "<code>" + origin + "</code>"
		}
		return fmt.Sprintf(`<code>%s</code></th><td class="grow"><code>%s</code></td><td>%s</td>`, key, value, origin)
	}
	says(page(t, browser, "GET", base+"/settings"), row("jobs.reminders.every", "&#34;15m&#34;", s.file+":2"), row("smtp.password", "&#34;***&#34;", s.file+":3"),
		row("retention.days", "0", `<span class="muted">default</span>`), "Set by somebody")

	s.write("jobs: {reminders: {every: 20m}}\nretention: {days: 3}\n")
	says(page(t, browser, "POST", base+"/settings/reload"), "Read again today", "<code>jobs.reminders.every</code>", "counts after a restart: <code>retention.days</code>",
		row("jobs.reminders.every", "&#34;20m&#34;", s.file+":2"), row("retention.days", "0", `<span class="muted">default</span>`), "another waits for a restart")

	s.write("jobs: {reminders: {every: 3}}\n")
	says(page(t, browser, "POST", base+"/settings/reload"), "nothing was changed", "has no unit. Write &#34;3m&#34;", row("jobs.reminders.every", "&#34;20m&#34;", s.file+":2"))
	for _, path := range []string{"/", "/messages", "/jobs", "/audit"} {
		says(page(t, browser, "GET", base+path), "The configuration was read again and is wrong; the one before counts.", `href="/settings"`)
	}
	export := page(t, browser, "GET", base+"/settings/export")
	says(export, "jobs:", "every: 20m")
	if _, err := settings.Load(fileOf(t, strings.ReplaceAll(export, "***", "x")), nil); err != nil {
		t.Errorf("the export is no configuration: %v\n%s", err, export)
	}

	s.write("jobs: {reminders: {every: 20m}}\n")
	says(page(t, browser, "POST", base+"/settings/reload"), "Nothing has changed")
	if strings.Contains(page(t, browser, "GET", base+"/"), "the one before counts") {
		t.Error("the banner stays")
	}
	r, err := browser.PostForm(base+"/jobs/reminders", url.Values{"mode": {"every"}, "n": {"7"}, "unit": {"minute"}})
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	says(page(t, browser, "GET", base+"/settings?only=set"), row("jobs.reminders.every", "&#34;7m&#34;", "database, set by ola@example.org"))
	says(page(t, browser, "GET", base+"/audit"), "reload-config", "/config")
}

func fileOf(t *testing.T, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
