package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"notifier/message"
)

// TestPagesAsPeopleSetThem looks at every page in Chromium as testdata/browser/ways.mjs
// says: in forced colours and without motion, at 400 percent, with text of 200
// percent. A row that another process writes shows within two seconds, and a page outlives
// the service, which is killed and started again.
func TestPagesAsPeopleSetThem(t *testing.T) {
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
	var sent struct {
		Messages []struct{ ID message.ID }
	}
	d.ask("POST", "/messages", `{"to":["guest@example.net"],"subject":"Contract ready","text":"It lies on your desk.","html":"<p>It lies on your desk."}`, &sent)
	settings, err := json.Marshal(map[string]string{
		"base": "http://" + d.address, "choices": link.URL, "message": string(sent.Messages[0].ID), "email": demoEmail, "password": demoPassword, "tools": tools,
		"pictures": os.Getenv("NOTIFIER_TEST_PICTURES"),
	})
	if err != nil {
		t.Fatal(err)
	}
	look := exec.Command("node", script(t, "testdata/browser/ways.mjs"), string(settings))
	look.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	look.Stderr = os.Stderr
	say, err := look.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	said, err := look.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := look.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		switch line := lines.Text(); {
		case line == "insert":
			d.insert()
			fmt.Fprintln(say, "inserted")
		case line == "kill":
			_ = d.running.Process.Kill()
			_ = d.running.Wait()
			fmt.Fprintln(say, "killed")
		case line == "start":
			d.start()
			fmt.Fprintln(say, "started")
		case strings.HasPrefix(line, "note "):
			t.Log(strings.TrimPrefix(line, "note "))
		default:
			t.Error(line)
		}
	}
	if err := look.Wait(); err != nil {
		t.Error(err)
	}
}

// insert writes a message into the demo's database, as a process beside it would.
func (d *devProcess) insert() {
	d.Helper()
	enqueue(d.T, "sqlite:"+filepath.Join(d.dir, "dev", "notifier.db"), 1)
}
