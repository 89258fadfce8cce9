package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"notifier/mail/mailtest"
	"notifier/store/storetest"
)

// TestMain is the program itself where a script calls it.
func TestMain(m *testing.M) {
	testscript.Main(suite{m}, map[string]func(){"notifier": func() { os.Exit(Main("dev")) }})
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

// program is the service built as users get it: without the race detector.
var program = sync.OnceValues(func() (string, error) {
	file := filepath.Join(programs, "notifier")
	build := exec.Command("go", "build", "-o", file, "../cmd/notifier")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return file, nil
})

// TestCommands runs testdata/script: what a person types, and what comes back.
func TestCommands(t *testing.T) {
	t.Parallel()
	config, err := filepath.Abs("../config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	demo, err := filepath.Abs("../service/demo.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("CONFIG", config)
			e.Setenv("DEMO", demo)
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("NOTIFIER_TEST_CLOCK", os.Getenv("NOTIFIER_TEST_CLOCK")) // .ci/dates: the program has the tests' clock
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"relay": relayCommand, "exits": exitsCommand, "id": idCommand},
	})
}

// relayCommand starts a mail server and puts its port into RELAY; "relay wants n" waits
// for so many mails in all.
func relayCommand(s *testscript.TestScript, _ bool, arguments []string) {
	if len(arguments) == 0 {
		relay, err := mailtest.Start(mailtest.Options{})
		s.Check(err)
		s.Defer(func() { s.Check(relay.Close()) })
		relay.Refuse("gone@example.org", 550, 550)
		relay.Refuse("full@example.org", 552)
		s.Setenv("RELAY", fmt.Sprint(relay.Port()))
		relays.Store(s, relay)
		return
	}
	relay, _ := relays.Load(s)
	var n int
	_, err := fmt.Sscan(arguments[1], &n)
	s.Check(err)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	s.Check(relay.(*mailtest.Relay).Wait(ctx, n))
	if got := relay.(*mailtest.Relay).Count(); got != n {
		s.Fatalf("the relay got %d mails, want %d", got, n)
	}
}

var relays sync.Map // of scripts

// idCommand keeps the id that the last command printed first: "id MESSAGE".
func idCommand(s *testscript.TestScript, _ bool, arguments []string) {
	id, _, _ := strings.Cut(s.ReadFile("stdout"), " ")
	s.Setenv(arguments[0], id)
}

// exitsCommand runs the program and wants an exit code: "exits 2 notifier send".
func exitsCommand(s *testscript.TestScript, _ bool, arguments []string) {
	var want int
	_, err := fmt.Sscan(arguments[0], &want)
	s.Check(err)
	err = s.Exec(arguments[1], arguments[2:]...)
	var exit *exec.ExitError
	got := 0
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		s.Check(err)
	}
	if got != want {
		s.Fatalf("it ended with %d, want %d", got, want)
	}
}
