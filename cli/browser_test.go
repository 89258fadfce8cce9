package cli

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"notifier/service"
)

// What looks at pages and mails: a library that drives Chromium, one that knows WCAG, and one
// that knows what mail programs can do.
var browserTools = []string{"playwright-core@1.65.1", "axe-core@4.14.1", "caniemail@2.0.2"}

// installBrowserTools puts them into this user's cache, once, and returns the folder.
func installBrowserTools(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	dir := filepath.Join(cache, "notifier-tests", "browser-"+strings.Join(browserTools, "-"))
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
	done := filepath.Join(dir, "installed") // what was cut short is installed again
	if _, err := os.Stat(done); err == nil {
		return dir
	}
	arguments := append([]string{"install", "--prefix", dir, "--no-fund", "--no-audit", "--ignore-scripts", "--loglevel=error"}, browserTools...)
	if out, err := exec.Command("npm", arguments...).CombinedOutput(); err != nil {
		t.Fatalf("install what drives the browser: %v\n%s", err, out)
	}
	if err := os.WriteFile(done, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// script is a program for Node with the files that it is made of. They are read, so that go
// test knows when one has changed.
func script(t *testing.T, files ...string) string {
	t.Helper()
	for _, file := range files {
		if _, err := os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
	}
	return files[0]
}

// devProcess is notifier dev in a folder of its own, which can be stopped and started again.
type devProcess struct {
	*testing.T
	file, dir, address, smtp string
	running                  *exec.Cmd
}

func (d *devProcess) start() {
	d.Helper()
	d.running = exec.Command(d.file, "dev", "--listen", d.address, "--smtp", d.smtp)
	d.running.Dir, d.running.Stdout, d.running.Stderr = d.dir, io.Discard, os.Stderr
	d.running.SysProcAttr = endsWithUs()
	if err := d.running.Start(); err != nil {
		d.Fatal(err)
	}
	patiently(d.T, "the demo answering", func() bool {
		answer, err := http.Get("http://" + d.address + "/readyz")
		if err == nil {
			answer.Body.Close()
		}
		return err == nil && answer.StatusCode == http.StatusOK
	})
}

func (d *devProcess) stop() {
	d.Helper()
	_ = d.running.Process.Signal(syscall.SIGTERM)
	if err := d.running.Wait(); err != nil {
		d.Errorf("the demo ended with %v", err)
	}
}

func (d *devProcess) ask(method, path, body string, into any) {
	d.Helper()
	r, err := http.NewRequest(method, "http://"+d.address+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		d.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+service.DevKey)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		d.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 300 {
		d.Fatalf("%s %s: %s", method, path, answer.Status)
	}
	if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
		d.Fatal(err)
	}
}

// look lets a script of node look at the demo: knows are its settings beside the address
// and the login, deeds what it may ask for by a word besides stop and start, which are
// answered when they are done. The first script is run, and imports the others. What it
// says is wrong, unless it is a note.
func (d *devProcess) look(tools string, knows map[string]string, deeds map[string]func(), scripts ...string) {
	d.Helper()
	settings := map[string]string{
		"base": "http://" + d.address, "email": service.DemoEmail, "password": service.DemoPassword, "tools": tools, "pictures": os.Getenv("NOTIFIER_TEST_PICTURES"),
	}
	maps.Copy(settings, knows)
	told, err := json.Marshal(settings)
	if err != nil {
		d.Fatal(err)
	}
	all := map[string]func(){"stop": d.stop, "start": d.start}
	maps.Copy(all, deeds)
	look := exec.Command("node", script(d.T, scripts...), string(told))
	look.SysProcAttr = endsWithUs()
	look.Stderr = os.Stderr
	say, err := look.StdinPipe()
	if err != nil {
		d.Fatal(err)
	}
	said, err := look.StdoutPipe()
	if err != nil {
		d.Fatal(err)
	}
	if err := look.Start(); err != nil {
		d.Fatal(err)
	}
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		line := lines.Text()
		note, isNote := strings.CutPrefix(line, "note ")
		switch do := all[line]; {
		case do != nil:
			do()
			fmt.Fprintln(say, "done")
		case isNote:
			d.Log(note)
		default:
			d.Error(line)
		}
	}
	if err := look.Wait(); err != nil {
		d.Error(err)
	}
}

// refused is a message that the demo's mail server refused. more are its other fields, as JSON.
func (d *devProcess) refused(more string) (id string) {
	d.Helper()
	var sent struct {
		Messages []struct{ ID string }
	}
	d.ask("POST", "/messages", `{"to":["`+service.DemoRefused+`"],"subject":"Contract ready","text":"It lies on your desk.",`+more+`}`, &sent)
	patiently(d.T, "a message in error", func() bool {
		var m struct{ Status string }
		d.ask("GET", "/messages/"+sent.Messages[0].ID, "", &m)
		return m.Status == "error"
	})
	return sent.Messages[0].ID
}

// TestPagesInABrowser looks at every page in Chromium, as testdata/browser/pages.mjs says:
// light and dark, wide and narrow, in each language. No page breaks a rule of WCAG 2.2 AA
// that a machine can check, overflows, loads anything from elsewhere, is heavy, or puts an
// error on the browser's console. People can do all of it by keyboard, and the
// preference centre without scripts; a page tells when the service is away, and back.
func TestPagesInABrowser(t *testing.T) {
	file, err := program()
	if err != nil {
		t.Fatal(err)
	}
	tools := installBrowserTools(t)
	d := &devProcess{T: t, file: file, dir: t.TempDir(), address: freeAddress(t), smtp: freeAddress(t)}
	d.start()
	defer func() { d.stop() }()
	var link struct{ URL string }
	d.ask("POST", "/users/anna/preferences/link", "", &link)
	refused := d.refused(`"html":"<p>It lies on your desk."`)
	d.look(tools, map[string]string{"choices": link.URL, "message": refused}, nil, "testdata/browser/pages.mjs", "testdata/browser/charts.mjs")
}
