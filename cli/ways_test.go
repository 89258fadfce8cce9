package cli

import (
	"path/filepath"
	"testing"

	"notifier/message"
	"notifier/store/storetest"
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
	kill := func() {
		_ = d.running.Process.Kill()
		_ = d.running.Wait()
	}
	d.look(tools, map[string]string{"choices": link.URL, "message": string(sent.Messages[0].ID)}, map[string]func(){"insert": d.insert, "kill": kill}, "testdata/browser/ways.mjs")
}

// insert writes a message into the demo's database, as a process beside it would.
func (d *devProcess) insert() {
	d.Helper()
	storetest.Enqueue(d.T, "sqlite:"+filepath.Join(d.dir, "dev", "notifier.db"), 1)
}
