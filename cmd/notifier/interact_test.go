package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// TestConsoleInABrowser does in Chromium what people do on the console's pages, as
// testdata/browser/interact.mjs says: by keys alone, with words that complete a search,
// many messages at once, undo, and a service that goes away meanwhile.
func TestConsoleInABrowser(t *testing.T) {
	file, err := program()
	if err != nil {
		t.Fatal(err)
	}
	tools := installBrowserTools(t)
	d := &devProcess{T: t, file: file, dir: t.TempDir(), address: freeAddress(t), smtp: freeAddress(t)}
	d.start()
	defer func() { d.stop() }()
	var sent struct {
		Messages []struct{ ID string }
	}
	d.ask("POST", "/messages", `{"to":["`+demoRefused+`"],"subject":"Contract ready","text":"It lies on your desk.","case":{"id":"A-1"}}`, &sent)
	patiently(t, "a message in error", func() bool {
		var m struct{ Status string }
		d.ask("GET", "/messages/"+sent.Messages[0].ID, "", &m)
		return m.Status == "error"
	})
	settings, err := json.Marshal(map[string]string{
		"base": "http://" + d.address, "message": sent.Messages[0].ID, "email": demoEmail, "password": demoPassword, "key": devKey, "tools": tools,
		"pictures": os.Getenv("NOTIFIER_TEST_PICTURES"),
	})
	if err != nil {
		t.Fatal(err)
	}
	look := exec.Command("node", script(t, "testdata/browser/interact.mjs"), string(settings))
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
		case line == "stop":
			d.stop()
			fmt.Fprintln(say, "stopped")
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
