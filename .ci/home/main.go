// Command home gives the repository's modules the path at which they can be fetched, as in
// home example.org/you/notifier: in go.mod, in imports, and wherever a package is named.
//
// It changes the files of the folder that it is started in, and can be run again with another path.
package main

import (
	"bytes"
	"fmt"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

func main() {
	if len(os.Args) != 2 || !path.MatchString(os.Args[1]) {
		fmt.Fprintln(os.Stderr, "Write the path at which the module can be fetched: make home MODULE=example.org/you/notifier")
		os.Exit(2)
	}
	n, err := move(".", os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "home:", err)
		os.Exit(1)
	}
	fmt.Printf("%d files name %s now\n", n, os.Args[1])
}

// path is that of a module that go get finds: its first part is a host.
var path = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)+(/[A-Za-z0-9._~-]+)+$`)

// mover knows where the modules are, and where they go.
type mover struct {
	from, to string
	named    *regexp.Regexp // a package or module of ours in a text
	inMod    *regexp.Regexp // the module itself in a line of go.mod
}

// move writes the new path into the files below a folder, and tells how many have changed.
func move(root, to string) (changed int, err error) {
	m, err := moving(root, to)
	if err != nil {
		return 0, err
	}
	return changed, filepath.WalkDir(root, func(file string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && passed(root, file):
			return filepath.SkipDir
		case !e.Type().IsRegular():
			return nil
		}
		before, err := os.ReadFile(file)
		if err != nil || bytes.IndexByte(before, 0) >= 0 {
			return err
		}
		after, err := m.rewrite(filepath.Base(file), before)
		if err != nil || bytes.Equal(before, after) {
			return err
		}
		changed++
		info, err := e.Info()
		if err != nil {
			return err
		}
		return os.WriteFile(file, after, info.Mode().Perm())
	})
}

// passed tells whether a folder is none of the repository's own.
func passed(root, folder string) bool {
	below, _ := filepath.Rel(root, folder)
	return filepath.Base(folder) == ".git" || filepath.Base(folder) == "node_modules" || slices.Contains([]string{"bin", "dev"}, below)
}

// moving looks where the module is now, and which folders its packages are in.
func moving(root, to string) (*mover, error) {
	file, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return nil, err
	}
	found := regexp.MustCompile(`(?m)^module (\S+)$`).FindSubmatch(file)
	if found == nil {
		return nil, fmt.Errorf("go.mod names no module")
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		return nil, err
	}
	var folders []string
	for _, e := range entries {
		if e.IsDir() {
			folders = append(folders, regexp.QuoteMeta(e.Name()))
		}
	}
	from := regexp.QuoteMeta(string(found[1]))
	return &mover{
		from: string(found[1]), to: to,
		// What stands behind a slash, a dot or a letter is a path of files, or of another site.
		named: regexp.MustCompile(`(^|[^A-Za-z0-9_./@-])` + from + `(/(?:` + strings.Join(folders, "|") + `)\b)`),
		inMod: regexp.MustCompile(`(?m)^((?:module |replace |require |\t)?)` + from + `( |$)`),
	}, nil
}

func (m *mover) rewrite(name string, content []byte) ([]byte, error) {
	content = m.named.ReplaceAll(content, []byte("${1}"+m.to+"${2}"))
	switch {
	case name == "go.mod" || name == "go.work":
		return m.inMod.ReplaceAll(content, []byte("${1}"+m.to+"${2}")), nil
	case strings.HasSuffix(name, ".go"):
		return m.imports(content)
	}
	return content, nil
}

// imports rewrites the import of the module's first package, whose path is the module's alone,
// and sorts what is imported.
func (m *mover) imports(content []byte) ([]byte, error) {
	file, err := parser.ParseFile(token.NewFileSet(), "", content, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	for _, one := range slices.Backward(file.Imports) {
		if one.Path.Value == strconv.Quote(m.from) {
			from, to := int(one.Path.Pos())-1, int(one.Path.End())-1
			content = slices.Concat(content[:from], []byte(strconv.Quote(m.to)), content[to:])
		}
	}
	if !bytes.Contains(content, []byte(m.to)) {
		return content, nil
	}
	return format.Source(content)
}
