package service

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

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
