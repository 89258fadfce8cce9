package service

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"notifier/message"
	"notifier/store/storetest"
)

// TestMain is a replica where a test calls it.
func TestMain(m *testing.M) {
	testscript.Main(suite{m}, map[string]func(){"notifier-replica": asReplica})
}

// suite runs the tests with a Postgres, and with the program if they want it.
type suite struct{ m *testing.M }

func (s suite) Run() int {
	dir, err := os.MkdirTemp("", "notifier-program-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	programs = dir
	return storetest.Run(s.m)
}

var programs string // the folder for the program

// program is the program built as users get it: without the race detector.
var program = sync.OnceValues(func() (string, error) {
	file := filepath.Join(programs, "notifier")
	build := exec.Command("go", "build", "-o", file, "../cmd/notifier")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return file, nil
})

const testKey = "test-key"

// enqueue puts messages into the queue.
func enqueue(t *testing.T, url string, n int) {
	t.Helper()
	s := storetest.Open(t, url)
	now := time.Now().UTC().Truncate(time.Microsecond)
	if err := s.AddSite(t.Context(), "default", "UTC", now); err != nil {
		t.Fatal(err)
	}
	var all []message.Message
	for i := range n {
		all = append(all, message.Message{
			ID: message.NewID(message.MessageIDs), Site: "default", Type: message.Direct, Domain: "example.org",
			Envelope: message.Envelope{To: []message.Address{{Email: fmt.Sprintf("user%d@example.net", i)}}},
			Subject:  fmt.Sprintf("Message %d", i), Text: "A text.", CreatedAt: now, UpdatedAt: now, QueuedAt: now, DueAt: now,
			Status: message.Pending, Reason: message.BySender,
		})
	}
	if _, err := s.Accept(t.Context(), now, message.Tray{Site: "default", Messages: all}); err != nil {
		t.Fatal(err)
	}
}

// difference is the first line in which two outputs differ.
func difference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return "\n got " + a[i] + "\nwant " + b[i]
		}
	}
	return "one output ends before the other"
}
