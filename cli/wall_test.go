package cli

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// walls says which rooms of ours each room may import. docs/decisions/001-rooms.md says why.
var walls = map[string][]string{
	"":                       {}, // what the program brings along
	"wallclock":              {},
	"language":               {}, // what we say, in each language
	"fault":                  {}, // what is wrong with an input
	"message":                {"fault", "language"},
	"request":                {"fault", "message"}, // what a caller asks for and is answered
	"access":                 {"fault", "message"},
	"account":                {"fault", "message", "access", "mail", "jobs/notifications"},
	"schedule":               {"fault", "wallclock"},
	"preferences":            {"fault", "language", "message", "wallclock"},
	"deadlines":              {"fault", "message", "wallclock"},
	"webhook":                {"fault", "message"},
	"access/vault":           {}, // what seals secrets in the database
	"links":                  {"message"},
	"template":               {"fault", "message"},
	"service/doctor":         {},
	"network":                {}, // how connections are made
	"wallclock/timekeeper":   {}, // the time that can be trusted
	"rescue":                 {}, // what keeps a panic from ending the process
	"health":                 {}, // what keeps the service from its work
	"message/document":       {"fault", "message"},
	"letter":                 {"language", "message"},
	"listing":                {},
	"series":                 {"fault", "message"},
	"digest":                 {"language", "message", "letter"},
	"mail":                   {"fault", "message", "network", "rescue"},
	"mail/mailbox":           {"rescue"}, // the demo's mail server
	"mail/mailtest":          {"rescue"}, // those of the tests
	"message/search":         {"fault", "message", "schedule"},
	"intake":                 {"fault", "message", "request", "preferences", "deadlines", "message/document", "letter", "schedule", "template"},
	"gate":                   {"fault", "message", "request", "access", "network"},
	"jobs":                   {"fault", "message", "request", "schedule", "rescue"},
	"jobs/notifications":     {"message", "rescue"},
	"jobs/usernotifications": {"message", "request", "digest", "letter", "rescue"},
	"jobs/operations":        {"message", "request"},
	"jobs/trials":            {"message", "simulate", "rescue"},
	"jobs/outbox":            {"fault", "message", "request"},
	"jobs/retention":         {"message", "access", "webhook"},
	"jobs/callbacks":         {"fault", "message", "request", "webhook", "network", "access/vault", "rescue"},
	"jobs/reminders":         {"message", "request", "deadlines", "letter", "schedule"},
	"explain":                {"fault", "language", "message", "request", "deadlines", "schedule", "wallclock"},
	"store":                  {"fault", "message", "request", "preferences", "deadlines", "message/document", "schedule", "webhook", "template", "access", "series", "rescue", "store/sql"},
	"store/sql":              {"fault", "message", "network", "rescue"}, // runs statements on either database
	"store/storetest":        {"message", "request", "store"},
	"simulate":               {"fault", "message", "preferences", "deadlines", "schedule"},
	"settings":               {"fault", "notifier", "account", "access", "message", "deadlines", "gate", "jobs/notifications", "listing", "mail", "preferences", "schedule", "store", "access/vault", "wallclock"},
	"api":                    {"fault", "message", "request", "health", "wallclock/timekeeper", "preferences", "deadlines", "message/document", "schedule", "message/search", "jobs", "webhook", "template", "access", "links", "explain", "simulate", "series", "rescue"},
	"api/remote":             {"fault"}, // how commands call it
	"web":                    {"fault", "message", "access", "wallclock/timekeeper", "web/look"},
	"web/look":               {"language", "wallclock"},
	"web/console":            {"fault", "language", "message", "request", "health", "wallclock/timekeeper", "preferences", "deadlines", "schedule", "message/search", "jobs", "jobs/trials", "access", "explain", "simulate", "series", "webhook", "listing", "wallclock", "web", "web/look"},
	"web/centre":             {"fault", "language", "message", "request", "wallclock/timekeeper", "preferences", "schedule", "wallclock", "links", "explain", "web/look"},
	"service/servicetest":    nil, // a second roof, for the tests of callers
	"client":                 {},
	"client/outbox":          {"client"},
	"service":                nil, // puts the rooms together
	"cli":                    {"fault", "notifier", "access", "account", "api", "api/remote", "deadlines", "service/doctor", "explain", "jobs/notifications", "listing", "mail", "mail/mailbox", "message", "request", "preferences", "rescue", "schedule", "message/search", "series", "service", "settings", "simulate", "store", "template", "wallclock", "web/console", "webhook"},
	"cmd/notifier":           {"cli"},
}

// module is the path of the program's module, which make home changes, with a slash behind it.
func module(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-f", "{{.Module.Path}}", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out)) + "/"
}

func TestWalls(t *testing.T) {
	module := module(t)
	list := exec.Command("go", "list", "-json=ImportPath,Imports,GoFiles", module+"...")
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(strings.NewReader(string(out)))
	seen := 0
	for {
		var p struct {
			ImportPath       string
			Imports, GoFiles []string
		}
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if len(p.GoFiles) == 0 {
			continue // tests alone, of rooms that may not know each other
		}
		seen++
		room := strings.TrimPrefix(p.ImportPath+"/", module)
		room = strings.TrimSuffix(room, "/")
		allowed, known := walls[room]
		if !known {
			t.Errorf("%s has no row in walls: which rooms may it know?", room)
		}
		for _, imported := range p.Imports {
			other, ours := strings.CutPrefix(imported, module)
			if ours && allowed != nil && !slices.Contains(allowed, other) {
				t.Errorf("%s imports %s; it may know %s", room, other, strings.Join(allowed, ", "))
			}
		}
	}
	if seen != len(walls) {
		t.Errorf("walls has %d rows for %d packages", len(walls), seen)
	}
}

// TestTheModulesStandAlone: whoever installs the program or fetches the client has no go.work.
// The program's module needs no replace and no module of ours, tests included, and the client's
// needs nothing but the standard library.
func TestTheModulesStandAlone(t *testing.T) {
	t.Parallel()
	module := module(t)
	for _, folder := range []string{"..", "../client"} {
		golang := func(arguments ...string) string {
			c := exec.Command("go", arguments...)
			c.Dir, c.Env = folder, append(os.Environ(), "GOWORK=off", "GOFLAGS=-buildvcs=false")
			var wrong strings.Builder
			c.Stderr = &wrong
			out, err := c.Output()
			if err != nil {
				t.Errorf("%s: go %s: %v\n%s", folder, strings.Join(arguments, " "), err, &wrong)
			}
			return string(out)
		}
		var file struct {
			Module           struct{ Path string }
			Require, Replace []any
		}
		if err := json.Unmarshal([]byte(golang("mod", "edit", "-json")), &file); err != nil {
			t.Fatal(err)
		}
		if len(file.Replace) > 0 {
			t.Errorf("go.mod of %s replaces modules, so that go install refuses it: %v", file.Module.Path, file.Replace)
		}
		packages := golang("list", "-deps", "-test", "-f", "{{if not (or .Standard .ForTest)}}{{.ImportPath}}{{end}}", "./...")
		for _, name := range strings.Fields(packages) {
			name = strings.TrimSuffix(name, ".test")
			ours := strings.HasPrefix(name+"/", module)
			client := strings.HasPrefix(name+"/", module+"client/")
			switch {
			case folder == ".." && client:
				t.Errorf("the program's module needs %s, which is another module", name)
			case folder != ".." && !client && ours || folder != ".." && !ours && strings.Contains(name, "."):
				t.Errorf("the client needs %s; it may need the standard library alone", name)
			}
		}
	}
}

// TestTheArchitectureNamesEveryRoom: whoever looks for a room finds it in docs/architecture.md.
func TestTheArchitectureNamesEveryRoom(t *testing.T) {
	page, err := os.ReadFile("../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	for room := range walls {
		if room != "notifier" && !strings.Contains(string(page), "`"+room+"`") {
			t.Errorf("docs/architecture.md does not say what `%s` does", room)
		}
	}
}

// TestTheRootFitsOnOneScreen: who opens the repository sees all of it at once.
func TestTheRootFitsOnOneScreen(t *testing.T) {
	const most = 38
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	entries = slices.DeleteFunc(entries, func(e os.DirEntry) bool {
		return !e.IsDir() || strings.HasPrefix(e.Name(), ".") || e.Name() == "bin" || e.Name() == "dev" // made here, not kept
	})
	if len(entries) > most || len(entries) < 10 {
		t.Errorf("the root has %d folders, %d are allowed: below which room does the new one belong?", len(entries), most)
	}
}

// TestTheProgramHoldsNoTests: what only tests use is not linked into the program. It would
// make it larger and keep it off systems that the tests do not run on: a Postfix of the
// tests once did.
func TestTheProgramHoldsNoTests(t *testing.T) {
	for _, system := range []string{"linux", "windows", "darwin"} {
		list := exec.Command("go", "list", "-deps", "../cmd/notifier")
		list.Env = append(list.Environ(), "GOOS="+system, "CGO_ENABLED=0")
		out, err := list.Output()
		if err != nil {
			t.Fatalf("go list -deps for %s: %v", system, err)
		}
		linked := strings.Fields(string(out))
		if !slices.Contains(linked, module(t)+"mail/mailbox") {
			t.Errorf("%s: the mailbox of the demo is not among %d packages", system, len(linked))
		}
		for _, name := range linked {
			if ofTests(name) {
				t.Errorf("%s: the program links %s, which is for tests; ask go list why", system, name)
			}
		}
	}
}

// ofTests tells whether a package is made for tests, by its name. The runtime has hooks for
// testing below internal/, which every program holds.
func ofTests(name string) bool {
	last := name[strings.LastIndex(name, "/")+1:]
	return !strings.HasPrefix(name, "internal/") &&
		(strings.HasPrefix(name+"/", "testing/") || last == "testutil" || last == "goleak" ||
			strings.HasSuffix(last, "test") || strings.Contains(name, "testify"))
}
