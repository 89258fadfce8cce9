package cli

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// L5: a panic in a goroutine that nobody recovers ends the process. So every goroutine and
// timer of the program is begun by rescue, which does.
func TestEveryGoroutineIsRescued(t *testing.T) {
	root, files := "..", 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		room, _ := filepath.Rel(root, path)
		switch {
		case d.IsDir() && (strings.HasPrefix(d.Name(), ".") && room != "." || room == "bench" || room == "rescue" ||
			room == filepath.Join("store", "storetest") || d.Name() == "testdata"):
			return filepath.SkipDir // modules and commands of their own, and what only tests run
		case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		files++
		return bareGoroutines(t, path)
	})
	if err != nil || files < 300 {
		t.Errorf("%d files were looked at, %v", files, err)
	}
}

// bareGoroutines finds go statements, Go methods of groups and timers with a function.
func bareGoroutines(t *testing.T, path string) error {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	found := func(n ast.Node, what string) {
		t.Errorf("%s: %s. A panic in it would end the process: begin it by rescue.Go, In, After, Upon or Keep", set.Position(n.Pos()), what)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			found(n, "a go statement")
		case *ast.CallExpr:
			called, ok := n.Fun.(*ast.SelectorExpr)
			if !ok {
				break
			}
			of, _ := called.X.(*ast.Ident)
			switch {
			case called.Sel.Name == "Go" && (of == nil || of.Name != "rescue"):
				found(n, "a goroutine of a group")
			case called.Sel.Name == "AfterFunc":
				found(n, "a timer")
			}
		}
		return true
	})
	return nil
}
