package cli

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// How large a room may be, in lines without tests and without those that are a comment or an import
// alone, which nobody is to save; and how long a function and a file.
const (
	largestRoom     = 1400
	longestFunction = 66
	longestFile     = 480
)

// Rooms that were larger when the bounds were set. Their figures may only fall: lower them when you
// have made one smaller.
var largeRooms = map[string]int{
	"api": 6330, "client": 1720, "cli": 6150, "intake": 2063, "jobs/notifications": 1482, "mail": 2940,
	"message": 3540, "service": 3190, "settings": 1780, "simulate": 1870, "store": 6990, "template": 1740, "web/console": 5445,
}

// uncounted are lines that are a comment or an import alone.
var uncounted = regexp.MustCompile(`(?m)^\s*//|^\t([\w.]+ )?"[^"\n]+"$`)

// TestHouseRuleOfSizes: a room fits into a head, and a function is read without
// scrolling. Every exported name says what it is.
func TestHouseRuleOfSizes(t *testing.T) {
	rooms := map[string]int{}
	ofTheProgram(t, func(path string) error {
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		lines := strings.Count(string(source), "\n")
		rooms[strings.TrimPrefix(filepath.ToSlash(filepath.Dir(path)), "../")] += lines - len(uncounted.FindAll(source, -1))
		if lines > longestFile {
			t.Errorf("%s has %d lines, %d are allowed: what of it is a file of its own?", path, lines, longestFile)
		}
		return measureFile(t, path, source)
	})
	for room, lines := range rooms {
		if most := max(largestRoom, largeRooms[room]); lines > most {
			t.Errorf("%s has %d lines, %d are allowed: what of it is a room of its own?", room, lines, most)
		}
	}
}

// ofTheProgram visits the files of the program and the client, without their tests.
func ofTheProgram(t *testing.T, visit func(path string) error) {
	t.Helper()
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		folder := strings.TrimPrefix(filepath.ToSlash(path), "../")
		switch {
		case err != nil:
			return err
		case d.IsDir() && (slices.Contains([]string{"bench", "bin", "dev", "client/conformance"}, folder) || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && d.Name() != ".."):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		return visit(path)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func measureFile(t *testing.T, path string, source []byte) error {
	files := token.NewFileSet()
	f, err := parser.ParseFile(files, path, source, parser.ParseComments)
	if err != nil {
		return err
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if lines := files.Position(n.End()).Line - files.Position(n.Pos()).Line; lines > longestFunction {
				t.Errorf("%s: %s has %d lines, %d are allowed", path, n.Name.Name, lines, longestFunction)
			}
			if n.Doc == nil && n.Name.IsExported() && !speaksForItself(n) {
				t.Errorf("%s: %s is exported and says nothing of itself", path, n.Name.Name)
			}
			return false
		}
		return true
	})
	return nil
}

// speaksForItself tells whether a function is what a well-known interface asks for, or belongs to
// what nobody outside sees.
func speaksForItself(f *ast.FuncDecl) bool {
	if f.Recv == nil {
		return false
	}
	of := f.Recv.List[0].Type
	if s, is := of.(*ast.StarExpr); is {
		of = s.X
	}
	if i, is := of.(*ast.IndexExpr); is {
		of = i.X
	}
	id, is := of.(*ast.Ident)
	return is && !id.IsExported() || slices.Contains([]string{"Error", "Unwrap", "String"}, f.Name.Name)
}
