package cli

import (
	"bytes"
	"database/sql"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"notifier/store/storetest"
)

// stateless are the commands that have nothing to do with a database, or are content without one.
var stateless = []string{
	"notifier", "notifier version", "notifier config example", "notifier config schema", "notifier config check",
	"notifier config print", "notifier template check", "notifier doctor", "notifier simulate", "notifier replay", "notifier healthcheck",
	"notifier config reload", "notifier clock confirm", // which ask the service that runs
}

// making are the commands that make state, as they say.
var making = []string{"notifier serve", "notifier dev", "notifier migrate", "notifier migrate up"}

// needed are the flags without which a command does not look at the database.
var needed = map[string][]string{
	"notifier outbox remove": {"out_06f3n5mmmt1fq2r6s0hj0v7k9c"},
	"notifier outbox retry":  {"out_06f3n5mmmt1fq2r6s0hj0v7k9c"},
	"notifier send":          {"--to", "anna@example.org", "--subject", "Hello", "--text", "Hello"},
	"notifier prefs import":  {"--yes"},
}

// TestNothingIsMadeByLooking is P7: every command in an empty folder, with what it needs; only
// serve, dev and migrate make anything.
func TestNothingIsMadeByLooking(t *testing.T) {
	t.Parallel()
	file, err := program()
	if err != nil {
		t.Fatal(err)
	}
	eachCommand(rootCommand("dev"), func(c *cobra.Command) {
		path := c.CommandPath()
		if !c.Runnable() || c.GroupID == "more" || c.HasSubCommands() && c.Args == nil || slices.Contains(making, path) {
			return
		}
		t.Run(path, func(t *testing.T) {
			code, said, left := inEmptyFolder(t, file, slices.Concat(strings.Fields(path)[1:], exampleArguments(c), needed[path]))
			if len(left) > 0 {
				t.Errorf("P7: it made %q", left)
			}
			if slices.Contains(stateless, path) || c.HasSubCommands() && strings.Contains(said, "Usage") {
				return
			}
			if code != exitRefused || !strings.Contains(said, "there is no database yet at notifier.db. Write: notifier migrate") {
				t.Errorf("P7: it ended with %d and said:\n%s", code, said)
			}
		})
	})
}

// TestTheServerElsewhereIsNotForgotten is P7: a command that cannot use NOTIFIER_SERVER says so.
func TestTheServerElsewhereIsNotForgotten(t *testing.T) {
	t.Parallel()
	file, err := program()
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{
		"doctor", "doctor -o json", "send-queue", "retry-queue", "migrate", "migrate status", "config check", "config print",
		"replay", "simulate", "healthcheck", "outbox list", "serve",
	} {
		t.Run(command, func(t *testing.T) {
			_, said, _ := inEmptyFolder(t, file, strings.Fields(command), "NOTIFIER_SERVER=http://127.0.0.1:9", "NOTIFIER_HTTP__LISTEN=192.0.2.1:1")
			if want := "NOTIFIER_SERVER is set, but notifier " + strings.TrimSuffix(command, " -o json") + " does not use it"; !strings.Contains(said, want) {
				t.Errorf("P7: it says nothing of %q:\n%s", want, said)
			}
		})
	}
	if _, said, _ := inEmptyFolder(t, file, []string{"version"}, "NOTIFIER_SERVER=http://127.0.0.1:9"); strings.Contains(said, "NOTIFIER_SERVER") {
		t.Errorf("version has to do with no service, and says:\n%s", said)
	}
}

// TestLookingLeavesTheSchema is P7 on Postgres: no command but migrate makes a table.
func TestLookingLeavesTheSchema(t *testing.T) {
	t.Parallel()
	file, err := program()
	if err != nil {
		t.Fatal(err)
	}
	url := storetest.Empty(t)
	for _, command := range []string{"queue list", "send-queue", "migrate status", "migrate down --yes", "key create bpm --scope send", "doctor"} {
		code, said, _ := inEmptyFolder(t, file, strings.Fields(command), "NOTIFIER_DATABASE__URL="+url)
		if code == 0 || !strings.Contains(said, "notifier migrate") {
			t.Errorf("P7: %s ended with %d and said:\n%s", command, code, said)
		}
	}
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var tables int
	if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM pg_catalog.pg_tables WHERE schemaname = 'public'").Scan(&tables); err != nil || tables != 0 {
		t.Errorf("P7: there are %d tables, %v", tables, err)
	}
}

// exampleArguments are examples of the arguments that a command needs.
func exampleArguments(c *cobra.Command) (all []string) {
	for _, name := range strings.Fields(c.Use)[1:] {
		if n, known := nouns[name]; known {
			all = append(all, n.example)
		}
	}
	return all
}

// TestEveryArgumentIsAskedForInWords: a command that lacks its one argument says which, and how it looks.
func TestEveryArgumentIsAskedForInWords(t *testing.T) {
	t.Parallel()
	eachCommand(rootCommand("dev"), func(c *cobra.Command) {
		words := strings.Fields(c.Use)[1:]
		if len(words) != 1 || strings.HasPrefix(words[0], "[") || words[0] == "ID" {
			return
		}
		if nouns[words[0]].ask == "" {
			t.Errorf("%s does not say what %s is", c.CommandPath(), words[0])
		}
	})
}

// inEmptyFolder runs the program in a folder of its own and returns what lies there afterwards.
func inEmptyFolder(t *testing.T, file string, arguments []string, environment ...string) (code int, said string, left []string) {
	t.Helper()
	dir := t.TempDir()
	given := []string{filepath.Join(dir, "events.ndjson"), filepath.Join(dir, "templates")} // for commands that read some
	if err := errors.Join(os.WriteFile(given[0], []byte(`{"user":"anna"}`), 0o600), os.MkdirAll(filepath.Join(given[1], "hello"), 0o700),
		os.WriteFile(filepath.Join(given[1], "hello", "subject.hbs"), []byte("Hello"), 0o600),
		os.WriteFile(filepath.Join(given[1], "hello", "text.hbs"), []byte("Hello"), 0o600)); err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), file, arguments...)
	c.Dir, c.Env = dir, append(environment, "HOME="+dir, "PATH="+os.Getenv("PATH"), "TMPDIR="+dir)
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	if err := c.Run(); err != nil {
		exit, is := errors.AsType[*exec.ExitError](err)
		if !is {
			t.Fatal(err)
		}
		code = exit.ExitCode()
	}
	all, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	all = slices.DeleteFunc(all, func(name string) bool { return slices.Contains(given, name) })
	return code, out.String(), all
}
