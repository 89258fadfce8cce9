package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const there = "example.org/you/notifier"

// copied is a copy of the repository.
func copied(t *testing.T) string {
	t.Helper()
	root, dir := filepath.Join("..", ".."), t.TempDir()
	err := filepath.WalkDir(root, func(file string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && passed(root, file) {
			return filepath.SkipDir
		}
		below, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		if e.IsDir() {
			return os.MkdirAll(filepath.Join(dir, below), 0o755)
		}
		if !e.Type().IsRegular() || below == ".git" {
			return nil
		}
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, below), content, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func golang(t *testing.T, dir string, arguments ...string) string {
	t.Helper()
	c := exec.Command("go", arguments...)
	c.Dir, c.Env = dir, append(os.Environ(), "GOFLAGS=-buildvcs=false")
	var wrong strings.Builder
	c.Stderr = &wrong
	out, err := c.Output()
	if err != nil {
		t.Errorf("go %s in %s: %v\n%s", strings.Join(arguments, " "), dir, err, &wrong)
	}
	return string(out)
}

// TestTheRepositoryMoves: after make home all packages of all modules are found under the new
// path, and none under the old one. make test-home builds and runs them there.
func TestTheRepositoryMoves(t *testing.T) {
	dir := copied(t)
	m, err := moving(dir, there)
	if err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{there, "git.example.net/mail"} {
		if n, err := move(dir, to); err != nil || n < 100 {
			t.Fatalf("%d files, %v", n, err)
		}
		for _, module := range []string{".", "client", "client/conformance", "bench", "bench/chaos"} {
			packages := golang(t, filepath.Join(dir, module), "list", "-deps", "-test", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "./...")
			found := 0
			for _, name := range strings.Fields(packages) {
				if strings.HasPrefix(name+"/", m.from+"/") {
					t.Errorf("%s is still needed by %s", name, module)
				}
				if strings.HasPrefix(name+"/", to+"/") {
					found++
				}
			}
			if found == 0 {
				t.Errorf("%s has no package of %s", module, to)
			}
		}
	}
	if wrong, err := exec.Command("gofmt", "-l", dir).Output(); err != nil || len(wrong) > 0 {
		t.Errorf("gofmt: %s, %v", wrong, err)
	}
}

// TestOnlyPathsOfPackagesMove: other things that are called so keep their name.
func TestOnlyPathsOfPackagesMove(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module notifier\n\ngo 1.26.0\n")
	write("client/go.mod", "module notifier/client\n")
	write("bench/go.mod", "// for notifier\nmodule bench\n\nrequire (\n\tnotifier v0.0.0\n)\n\nreplace notifier => ../\n")
	write("main.go", "package main\n\nimport (\n\t\"fmt\"\n\n\t\"notifier\"\n\t\"notifier/client\"\n)\n\nvar name = fmt.Sprint(\"notifier\", notifier.Text, client.Name) + \"notifier/1.0\"\n")
	write("docs.md", "go get notifier/client@latest, see /opt/notifier/client and ../notifier/client; notifier client; https://x.example/notifier/client\n")
	if n, err := move(dir, there); err != nil || n != 5 {
		t.Fatalf("%d files, %v", n, err)
	}
	for name, want := range map[string]string{
		"go.mod":        "module example.org/you/notifier\n\ngo 1.26.0\n",
		"client/go.mod": "module example.org/you/notifier/client\n",
		"bench/go.mod":  "// for notifier\nmodule bench\n\nrequire (\n\texample.org/you/notifier v0.0.0\n)\n\nreplace example.org/you/notifier => ../\n",
		"main.go":       "package main\n\nimport (\n\t\"fmt\"\n\n\t\"example.org/you/notifier\"\n\t\"example.org/you/notifier/client\"\n)\n\nvar name = fmt.Sprint(\"notifier\", notifier.Text, client.Name) + \"notifier/1.0\"\n",
		"docs.md":       "go get example.org/you/notifier/client@latest, see /opt/notifier/client and ../notifier/client; notifier client; https://x.example/notifier/client\n",
	} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%s is %s, %v, want %s", name, got, err, want)
		}
	}
}
