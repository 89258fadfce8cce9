package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"notifier/mail/mailtest"
	"notifier/settings"
)

// served is the program, serving by a file that a test may change.
type served struct {
	t       *testing.T
	file    string
	address string
	command *exec.Cmd
	systemd *net.UnixConn
	log     chan string
}

// key of the service in these tests.
const servedKey = "ntf_test_reload"

func startServed(t *testing.T, config string) *served {
	t.Helper()
	name, err := program()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s := &served{t: t, file: filepath.Join(dir, "config.yaml"), log: make(chan string, 1000)}
	s.write(config)
	socket := filepath.Join(dir, "systemd")
	if s.systemd, err = net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"}); err != nil {
		t.Fatal(err)
	}
	s.command = exec.Command(name, "serve", "--config", s.file)
	s.command.Dir = dir
	s.command.Env = append(os.Environ(), "NOTIFY_SOCKET="+socket, "WATCHDOG_USEC=400000")
	stderr, err := s.command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(s.log)
		lines := bufio.NewScanner(stderr)
		for lines.Scan() {
			s.log <- lines.Text()
		}
	}()
	t.Cleanup(func() {
		_ = s.command.Process.Signal(syscall.SIGTERM)
		for range s.log {
		}
		_ = s.command.Wait()
		_ = s.systemd.Close()
	})
	ready := s.told("READY=1")
	_, s.address, _ = strings.Cut(ready, "STATUS=serving ")
	return s
}

func (s *served) write(config string) {
	s.t.Helper()
	if err := os.WriteFile(s.file, []byte(fmt.Sprintf("http: {listen: \"127.0.0.1:0\", key: %s}\n", servedKey)+config), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// told waits until systemd is told something that begins so.
func (s *served) told(begins string) string {
	s.t.Helper()
	b := make([]byte, 1000)
	for {
		if err := s.systemd.SetReadDeadline(time.Now().Add(2 * time.Minute)); err != nil {
			s.t.Fatal(err)
		}
		n, err := s.systemd.Read(b)
		if err != nil {
			s.t.Fatalf("systemd is not told %s: %v", begins, err)
		}
		if strings.HasPrefix(string(b[:n]), begins) {
			return string(b[:n])
		}
	}
}

// hup reads the configuration again, and returns the line of the log that says so.
func (s *served) hup() string {
	s.t.Helper()
	if err := s.command.Process.Signal(syscall.SIGHUP); err != nil {
		s.t.Fatal(err)
	}
	s.told("RELOADING=1\nMONOTONIC_USEC=")
	s.told("READY=1")
	for line := range s.log {
		if strings.Contains(line, "the configuration was read again") {
			return line
		}
	}
	s.t.Fatal("the service ended")
	return ""
}

func (s *served) get(path string) string {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, "http://"+s.address+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+servedKey)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(b)
}

func (s *served) has(path, want string) {
	s.t.Helper()
	if got := s.get(path); !strings.Contains(got, want) {
		s.t.Errorf("%s says\n%s\nwant %q in it", path, got, want)
	}
}

// A new configuration counts while mail goes on; a wrong one changes nothing, and says so.
func TestTheConfigurationIsReadAgain(t *testing.T) {
	t.Parallel()
	relay, err := mailtest.Start(mailtest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer relay.Close()
	s := startServed(t, "jobs: {reminders: {every: 15m}}\n")
	s.told("WATCHDOG=1")
	s.has("/readyz", "ready\n")
	s.has("/api/v1/jobs/reminders", `"every":"15m"`)
	s.has("/api/v1/accounts", `"data":[]`)

	account := fmt.Sprintf("smtp: {host: 127.0.0.1, port: %d, from: workflow@example.org}\n", relay.Port())
	s.write(account + "jobs: {reminders: {every: 10m}}\nlog: {level: debug}\nretention: {days: 7}\n")
	line := s.hup()
	for _, want := range []string{`"jobs.reminders.every"`, `"log.level"`, `"smtp.host"`, `"counts_after_a_restart":["retention.days"]`} {
		if !strings.Contains(line, want) {
			t.Errorf("the log says %s, want %s in it", line, want)
		}
	}
	s.has("/api/v1/jobs/reminders", `"every":"10m"`)
	s.has("/api/v1/accounts", `"name":"default"`)
	send(t, s)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if err := relay.Wait(ctx, 1); err != nil {
		t.Errorf("mail does not leave by the new account: %v", err)
	}

	s.write(account + "jobs: {reminders: {every: 3}}\nsmpt: {}\n")
	if line := s.hup(); !strings.Contains(line, "is wrong: the one before counts") || !strings.Contains(line, `Did you mean \"smtp\"?`) || !strings.Contains(line, `Write \"3m\"`) {
		t.Errorf("the log says %s", line)
	}
	s.has("/readyz", "ready\nThe configuration was read again and is wrong; the one before counts.\n")
	s.has("/readyz", "config.yaml:3: jobs.reminders.every: \"3\" has no unit.")
	s.has("/api/v1/jobs/reminders", `"every":"10m"`)

	s.write(account)
	if line := s.hup(); !strings.Contains(line, `"changed":["jobs.reminders.every","log.level"]`) {
		t.Errorf("the log says %s", line)
	}
	if got := s.get("/readyz"); got != "ready\n" {
		t.Errorf("/readyz says %q", got)
	}
	s.has("/api/v1/jobs/reminders", `"every":"15m"`)
	reloadsByCommand(t, s, account)
}

// reloadsByCommand has the command ask the service.
func reloadsByCommand(t *testing.T, s *served, account string) {
	t.Helper()
	name, err := program()
	if err != nil {
		t.Fatal(err)
	}
	s.write(account + "jobs: {reminders: {every: 20m}}\nretention: {days: 3}\n")
	reload := exec.Command(name, "config", "reload", "--server", "http://"+s.address)
	reload.Env = append(os.Environ(), settings.KeyVariable+"="+servedKey)
	out, err := reload.CombinedOutput()
	if want := "changed  jobs.reminders.every\nrestart  retention.days\n"; err != nil || string(out) != want {
		t.Errorf("config reload: %v, %q, want %q", err, out, want)
	}
	s.write("jobs: {reminders: {every: 3}}\n")
	reload = exec.Command(name, "config", "reload", "--server", "http://"+s.address)
	reload.Env = append(os.Environ(), settings.KeyVariable+"="+servedKey)
	out, err = reload.CombinedOutput()
	if err == nil || !strings.Contains(string(out), `config.yaml:2: jobs.reminders.every: "3" has no unit.`) {
		t.Errorf("config reload of a wrong file: %v, %q", err, out)
	}
}

func send(t *testing.T, s *served) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+s.address+"/api/v1/messages",
		strings.NewReader(`{"to":["a@example.org"],"subject":"x","text":"y"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+servedKey)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusAccepted {
		t.Errorf("sending is answered with %d", answer.StatusCode)
	}
}
