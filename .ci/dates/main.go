// Command dates runs the tests of all packages at instants that are still to come, so that
// no test is green on some days only.
//
// The tests, and the programs that they build, get a standard library whose wall clock is
// ahead; Postgres, node and strace keep the real one. What drives a browser or a workflow
// engine, what kills the program in a loop, and what tries thousands of random cases is left
// out.
package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"
)

// instant is when the tests run, and on which databases.
type instant struct {
	name     string
	at       time.Time
	postgres bool
}

// instants are the next ones after now at which something ends, begins or jumps.
func instants(now time.Time) []instant {
	next := func(hour, minute, second int, is func(time.Time) bool) time.Time {
		for day := now.UTC(); ; day = day.AddDate(0, 0, 1) {
			at := time.Date(day.Year(), day.Month(), day.Day(), hour, minute, second, 0, time.UTC)
			if is(at) && at.After(now.Add(time.Hour)) {
				return at
			}
		}
	}
	on := func(d time.Weekday) func(time.Time) bool {
		return func(t time.Time) bool { return t.Weekday() == d }
	}
	date := func(m time.Month, d int) func(time.Time) bool {
		return func(t time.Time) bool { return t.Month() == m && t.Day() == d }
	}
	lastSunday := func(m time.Month) func(time.Time) bool {
		return func(t time.Time) bool {
			return t.Month() == m && t.Weekday() == time.Sunday && t.AddDate(0, 0, 7).Month() != m
		}
	}
	return []instant{
		{"a week begins", next(0, 0, 30, on(time.Monday)), false},
		{"a Monday ends", next(23, 59, 30, on(time.Monday)), true},
		{"a leap day", next(10, 15, 0, date(time.February, 29)), false},
		{"a year ends", next(23, 30, 0, date(time.December, 31)), false},
		{"clocks go forward in Warsaw", next(0, 59, 45, lastSunday(time.March)), true},
		{"clocks go back in Warsaw", next(0, 59, 45, lastSunday(time.October)), false},
		{"the 30th of a month", next(14, 52, 0, func(t time.Time) bool { return t.Day() == 30 }), false},
		{"a Sunday noon", next(12, 0, 0, on(time.Sunday)), false},
	}
}

// leftOut are tests of minutes, in which the date is that of a server or of random cases.
const leftOut = "InABrowser$|AsPeopleSetThem$|KnowOurHTML$|SettingsPage$|NodeRED|^TestKilled|Frozen|UnderKills$|OpensNoSocket$|" +
	"Attacks$|TheDocsRun$|TheDocsCompile$|Journals|RandomRequests$|TestContract"

// loud has each package told of, and not only those that fail.
var loud = flag.Bool("v", false, "tell of each package how long it took")

func main() {
	only := flag.String("only", "", "only the instants whose name holds this")
	run := flag.String("run", "", "only the tests that match this")
	flag.Parse()
	packages := flag.Args()
	if len(packages) == 0 {
		packages = []string{"./...", "./client/...", "./client/conformance/..."}
	}
	if err := all(*only, *run, packages); err != nil {
		fmt.Fprintln(os.Stderr, "dates:", err)
		os.Exit(1)
	}
}

func all(only, run string, packages []string) error {
	dir, err := os.MkdirTemp("", "notifier-dates-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	overlay, err := replaceClock(dir)
	if err != nil {
		return err
	}
	tests, err := build(dir, overlay, packages)
	if err != nil {
		return err
	}
	red := 0
	for _, i := range instants(time.Now()) {
		if !strings.Contains(i.name, only) {
			continue
		}
		begun, failed := time.Now(), i.run(tests, overlay, run)
		fmt.Printf("%s, %s: %d of %d packages fail (%s)\n", i.at.Format(time.RFC3339), i.name, failed, len(tests), time.Since(begun).Round(time.Second))
		red += failed
	}
	if red > 0 {
		return fmt.Errorf("%d packages fail by the date", red)
	}
	return nil
}

//go:embed clock.go.txt
var clock []byte

// replaceClock writes an overlay for the go command: the standard library's time, whose
// wall clock is ahead by NOTIFIER_TEST_CLOCK seconds.
func replaceClock(dir string) (overlay string, err error) {
	from := filepath.Join(runtime.GOROOT(), "src", "time")
	source, err := os.ReadFile(filepath.Join(from, "time.go"))
	if err != nil {
		return "", err
	}
	const reads = "\tsec, nsec, mono := runtimeNow()\n"
	if bytes.Count(source, []byte(reads)) != 1 {
		return "", fmt.Errorf("%s has another time.Now than .ci/dates knows", runtime.Version())
	}
	source = bytes.Replace(source, []byte(reads), []byte(reads+"\tsec = wall(sec)\n"), 1)
	replace := map[string]string{}
	for name, content := range map[string][]byte{"time.go": source, "notifierclock.go": clock} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, content, 0o644); err != nil {
			return "", err
		}
		replace[filepath.Join(from, name)] = file
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	overlay = filepath.Join(dir, "overlay.json")
	return overlay, os.WriteFile(overlay, text, 0o644)
}

// test is the tests of a package, built.
type test struct{ path, dir, file string }

// build builds the tests of the packages once, for all instants.
func build(dir, overlay string, packages []string) (tests []test, err error) {
	list := exec.Command("go", append([]string{"list", "-f", "{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}} {{.Dir}}{{end}}"}, packages...)...)
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(out)) {
		if path, at, found := strings.Cut(strings.TrimSpace(line), " "); found {
			tests = append(tests, test{path, at, filepath.Join(dir, strings.ReplaceAll(path, "/", "-")+".test")})
		}
	}
	failed := each(tests, func(t test) error {
		c := exec.Command("go", "test", "-c", "-vet=off", "-overlay", overlay, "-o", t.file, t.path)
		c.Env = append(os.Environ(), "CGO_ENABLED=0")
		return quiet(c, t.path)
	})
	if failed > 0 {
		return nil, fmt.Errorf("the tests of %d packages could not be built", failed)
	}
	return tests, nil
}

// run runs all tests as if it were that instant when each package begins.
func (i instant) run(tests []test, overlay, only string) (failed int) {
	skip := leftOut
	if !i.postgres {
		skip += "|/^postgres|//^postgres"
	}
	return each(tests, func(t test) error {
		c := exec.Command(t.file, "-test.run="+only, "-test.skip="+skip, "-test.timeout=30m")
		c.Dir = t.dir
		c.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS="+os.Getenv("GOFLAGS")+" -overlay="+overlay,
			fmt.Sprintf("NOTIFIER_TEST_CLOCK=%d", int(time.Until(i.at).Seconds())))
		return quiet(c, t.path)
	})
}

// quiet runs a command, and prints what it says only if it fails.
func quiet(c *exec.Cmd, name string) error {
	begun := time.Now()
	out, err := c.CombinedOutput()
	if *loud && c.ProcessState != nil {
		cpu := c.ProcessState.UserTime() + c.ProcessState.SystemTime()
		fmt.Printf("%s: %s, %s of a processor\n", name, time.Since(begun).Round(100*time.Millisecond), cpu.Round(100*time.Millisecond))
	}
	if err != nil {
		fmt.Printf("%s: %v\n%s\n", name, err, out)
	}
	return err
}

// each does the same for all tests, as many at once as there are processors.
func each(tests []test, do func(test) error) (failed int) {
	var all sync.WaitGroup
	var mu sync.Mutex
	free := make(chan struct{}, runtime.NumCPU())
	for _, t := range tests {
		free <- struct{}{}
		all.Go(func() {
			defer func() { <-free }()
			if do(t) != nil {
				mu.Lock()
				defer mu.Unlock()
				failed++
			}
		})
	}
	all.Wait()
	return failed
}
