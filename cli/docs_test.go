package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"notifier/service"
	"notifier/settings"
)

// printed is the address that the docs name.
const printed = "127.0.0.1:8025"

// TestTheDocsRun runs every console of the README and the docs as it is printed, against a
// demo of its own for each page, and holds what it prints against what is shown.
func TestTheDocsRun(t *testing.T) {
	t.Parallel()
	all := fences(t)
	for _, page := range slices.Sorted(maps.Keys(all)) {
		consoles := slices.DeleteFunc(all[page], func(f fence) bool { return f.language != "console" || f.notRun != "" })
		if len(consoles) == 0 {
			continue
		}
		t.Run(page, func(t *testing.T) {
			d := startDemo(t)
			for _, f := range consoles {
				d.follow(t, f)
			}
		})
	}
}

// TestLittleIsNotRun: the reasons for leaving a block out are few, and each is given.
func TestLittleIsNotRun(t *testing.T) {
	left, known := 0, []string{"console", "go", "json", "yaml", ""}
	for _, page := range fences(t) {
		for _, f := range page {
			if f.notRun != "" {
				left++
			}
			if !slices.Contains(known, f.language) {
				t.Errorf("%s:%d: nobody looks at blocks of %q", f.page, f.line, f.language)
			}
		}
	}
	if left > 6 {
		t.Errorf("%d blocks are not run", left)
	}
}

// demo is a page's notifier dev, and the folder in which its commands are typed.
type demo struct {
	dir, address string
	environment  []string
	ids          map[string]string // the last one seen of each kind
}

// startDemo starts a demo, and puts into its folder what the docs take for granted.
func startDemo(t *testing.T) *demo {
	t.Helper()
	file, err := program()
	if err != nil {
		t.Fatal(err)
	}
	d := &demo{dir: t.TempDir(), address: freeAddress(t), ids: map[string]string{}}
	journal, err := os.ReadFile("../service/demo.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	// A service of its own, which is asked to end as soon as it serves.
	scratch := fmt.Sprintf(`#!/bin/sh
unset NOTIFIER_SERVER NOTIFIER_KEY
export NOTIFIER_DATABASE__URL=sqlite:%s NOTIFIER_HTTP__LISTEN=%s
[ "$1" = serve ] || exec %s "$@"
%[3]s "$@" & service=$!
while kill -0 $service && ! %[3]s healthcheck; do /bin/sleep 0.1; done >&- 2>&-
kill -TERM $service
wait $service
`, filepath.Join(d.dir, "real.db"), freeAddress(t), file)
	for name, content := range map[string]string{
		".curlrc":                              "silent\nshow-error\n",
		"smtp":                                 "secret\n",
		"journal.ndjson":                       string(journal),
		"anna.json":                            `{"name":"Anna","contract":{"number":17,"parts":["Lease"]}}`,
		"templates/contract_ready/subject.hbs": "Contract {{contract.number}} is ready",
		"templates/contract_ready/html.hbs":    "<p>Dear {{name}},<p>{{> regards}}",
		"templates/regards/html.hbs":           "<p>Regards, the clerks",
		"templates/regards/template.json":      `{"partial": true}`,
		"bin/notifier":                         scratch,
		"path/make":                            "#!/bin/sh\ncase $1 in run) cat " + d.dir + "/greeting;; build) ;; *) exit 2;; esac\n", // both are done
		// A machine that is busy takes longer than a person waits: until nothing of Anna's is deferred.
		"path/sleep": `#!/bin/sh
for i in $(seq 300); do
	/bin/sleep 0.2
	case $(curl "http://` + d.address + `/api/v1/messages?status=deferred&user=anna&kind=case_changed" -H "Authorization: Bearer ` + service.DevKey + `") in *'"data":[]'*) exit 0;; esac
done
exit 1
`,
	} {
		name = filepath.Join(d.dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		mode := os.FileMode(0o755)
		if filepath.Base(name) == "smtp" {
			mode = 0o600
		}
		if err := os.WriteFile(name, []byte(content), mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(file, filepath.Join(d.dir, "path", "notifier")); err != nil {
		t.Fatal(err)
	}
	// What waits for the full hour must still wait when the page asks.
	if left := time.Until(time.Now().Truncate(time.Hour).Add(time.Hour)); left < 45*time.Second {
		time.Sleep(left)
	}
	d.serve(t, file)
	d.environment = append(os.Environ(), "PATH="+filepath.Join(d.dir, "path")+":"+os.Getenv("PATH"), "CURL_HOME="+d.dir, "HOME="+d.dir,
		"NOTIFIER_SERVER=http://"+d.address, "NOTIFIER_KEY="+service.DevKey)
	d.fail(t)
	return d
}

func (d *demo) serve(t *testing.T, file string) {
	t.Helper()
	greeting, err := os.Create(filepath.Join(d.dir, "greeting"))
	if err != nil {
		t.Fatal(err)
	}
	defer greeting.Close()
	dev := exec.Command(file, "dev", "--listen", d.address, "--smtp", freeAddress(t))
	dev.Dir, dev.Stdout, dev.Stderr = d.dir, greeting, os.Stderr
	dev.SysProcAttr = endsWithUs()
	if err := dev.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = dev.Process.Signal(syscall.SIGTERM)
		if err := dev.Wait(); err != nil {
			t.Errorf("the demo ended with %v", err)
		}
	})
	patiently(t, "the demo answering", func() bool {
		answer, err := http.Get("http://" + d.address + "/readyz")
		if err == nil {
			answer.Body.Close()
		}
		return err == nil && answer.StatusCode == http.StatusOK
	})
}

// fail sends a message, so that there is one that somebody can look at, and waits for its end.
func (d *demo) fail(t *testing.T) {
	t.Helper()
	out, err := d.run(`notifier send --to wrong@example.org --subject "Contract ready" --text "It lies on your desk." --wait -o json`)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	d.remember(out)
}

func (d *demo) run(script string) (string, error) {
	c := exec.Command("bash", "-c", script)
	c.Dir, c.Env = d.dir, d.environment
	out, err := c.CombinedOutput()
	return string(out), err
}

var (
	someID  = regexp.MustCompile(`\b([a-z]{2,4})_[0-9a-hjkmnp-tv-z]{26}\b`)
	shortID = regexp.MustCompile(`\b([a-z]{2,4})_[0-9a-z]*…`)
)

func (d *demo) remember(output string) {
	for _, found := range someID.FindAllStringSubmatch(output, -1) {
		d.ids[found[1]] = found[0]
	}
}

// here is a command with the demo's own address, ids and files.
func (d *demo) here(command string) string {
	command = strings.NewReplacer(printed, d.address, "/run/secrets/", d.dir+"/").Replace(command)
	return shortID.ReplaceAllStringFunc(command, func(short string) string {
		kind, _, _ := strings.Cut(short, "_")
		return d.ids[kind]
	})
}

// follow types what stands in a console, in one shell, and looks at what comes back.
func (d *demo) follow(t *testing.T, f fence) {
	t.Helper()
	const end = "\x1e" // no command of ours prints it
	session := f.session()
	script := ""
	for _, c := range session {
		script += d.here(c.command) + "\nprintf '" + end + "%d" + end + "' $?\n"
	}
	out, err := d.run(script)
	parts := strings.Split(out, end)
	if err != nil || len(parts) != 2*len(session)+1 {
		t.Fatalf("%s:%d: %v\n%s", f.page, f.line, err, out)
	}
	for i, c := range session {
		printed := strings.ReplaceAll(parts[2*i], d.address, printed)
		d.remember(printed)
		asksForCode := i+1 < len(session) && strings.HasPrefix(session[i+1].command, "echo $?")
		switch {
		case c.command == "":
			t.Errorf("%s:%d: it begins with what nobody typed", f.page, f.line)
		case parts[2*i+1] != "0" && !asksForCode:
			t.Errorf("%s:%d: %q ends with %s:\n%s", f.page, f.line, c.command, parts[2*i+1], printed)
		case strings.Contains(printed, `"retryable":`) && !strings.Contains(c.shown, "retryable"):
			t.Errorf("%s:%d: %q is refused:\n%s", f.page, f.line, c.command, printed)
		case f.differs == "" && !c.prints(printed):
			t.Errorf("%s:%d: %q prints\n%s\nand not\n%s", f.page, f.line, c.command, printed, c.shown)
		}
	}
}

// TestTheDocsAreWellFormed: what is JSON can be read, and what is configuration is taken, but for files that are not here.
func TestTheDocsAreWellFormed(t *testing.T) {
	for _, page := range fences(t) {
		for _, f := range page {
			switch f.language {
			case "json":
				if !json.Valid([]byte(f.text)) {
					t.Errorf("%s:%d: this is not JSON", f.page, f.line)
				}
			case "yaml":
				file := filepath.Join(t.TempDir(), "config.yaml")
				secret := filepath.Join(filepath.Dir(file), "notifier")
				text := strings.ReplaceAll(f.text, "/run/secrets/notifier", secret)
				if err := errors.Join(os.WriteFile(file, []byte(text), 0o600), os.WriteFile(secret, []byte(strings.Repeat("a", 43)+"="), 0o600)); err != nil {
					t.Fatal(err)
				}
				_, err := settings.Load(file, nil)
				for line := range strings.Lines(fmt.Sprint(err)) {
					if err != nil && !strings.Contains(line, "no such file") && !strings.Contains(line, "cannot be read") {
						t.Errorf("%s:%d: %s", f.page, f.line, line)
					}
				}
			}
		}
	}
}

// TestTheDocsCompile builds every block of Go, runs its tests, and runs its programs against
// a demo.
func TestTheDocsCompile(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	replace, programs, tests, packages := map[string]string{}, []string{}, []string{}, []string{}
	d := startDemo(t)
	for _, page := range fences(t) {
		for _, f := range page {
			if f.language != "go" || f.notRun != "" {
				continue
			}
			name, folder := "block.go", fmt.Sprintf("docs/block%d", len(packages)+1)
			if strings.Contains(f.text, "\nfunc Test") {
				name = "block_test.go"
			}
			source := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(source, []byte(d.here(f.text)), 0o600); err != nil {
				t.Fatal(err)
			}
			replace[filepath.Join(root, folder, name)] = source
			packages = append(packages, "./"+folder)
			if name == "block_test.go" {
				tests = append(tests, "./"+folder)
			}
			if strings.HasPrefix(f.text, "package main\n") {
				programs = append(programs, "./"+folder)
			}
		}
	}
	overlay := filepath.Join(t.TempDir(), "overlay.json")
	content, _ := json.Marshal(map[string]any{"Replace": replace})
	if err := os.WriteFile(overlay, content, 0o600); err != nil {
		t.Fatal(err)
	}
	golang := func(verb string, arguments ...string) {
		c := exec.Command("go", append([]string{verb, "-overlay", overlay}, arguments...)...)
		c.Dir, c.Env = root, append(os.Environ(), "NOTIFIER_KEY="+service.DevKey, "CGO_ENABLED=0")
		var out bytes.Buffer
		c.Stdout, c.Stderr = &out, &out
		if err := c.Run(); err != nil {
			t.Errorf("go %s %v: %v\n%s", verb, arguments, err, &out)
		}
	}
	golang("build", append([]string{"-o", t.TempDir()}, packages...)...)
	for _, p := range programs {
		golang("run", p)
	}
	for i, p := range tests { // a test is run in its folder, which is not there
		file := filepath.Join(t.TempDir(), fmt.Sprintf("block%d.test", i))
		golang("test", "-vet=off", "-c", "-o", file, p)
		if out, err := exec.Command(file).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", p, err, out)
		}
	}
}
