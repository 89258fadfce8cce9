package cli

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// datedTests are the tests that make a date of the time that it is, and sleepingTests those that wait a
// fixed time outside of a bubble of testing/synctest, with how often. The numbers may only
// fall: what is new takes a bubble, a date of its own, or a loop that looks until it is so.
var (
	datedTests    = map[string]int{"api/explain_test.go": 2, "service/heldlinks_test.go": 1, "service/testkey_test.go": 1, "jobs/rest_test.go": 1, "web/centre/centre_test.go": 4}
	sleepingTests = map[string]int{"cli/crash_test.go": 3, "cli/docs_test.go": 1}
)

// TestHouseRuleOfClocks: no test reads today's date, and none waits for a fixed time: such a test is green on some
// days, and on some machines. make test-dates finds what this cannot see.
func TestHouseRuleOfClocks(t *testing.T) {
	t.Parallel()
	dates, sleeps := map[string]int{}, map[string]int{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if d != nil && d.IsDir() && slices.Contains([]string{"bench", "node_modules", ".git"}, d.Name()) {
			return fs.SkipDir
		}
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		bubbles := inBubbles(file)
		name := strings.TrimPrefix(filepath.ToSlash(path), "../")
		var polls []ast.Stmt
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ForStmt: // looks until it is so
				if polls = append(polls, n.Post); n.Post == nil {
					polls = append(polls, n.Body.List...)
				}
			case *ast.ExprStmt:
				if !bubbles && calls(n.X, "time", "Sleep") && !slices.Contains(polls, ast.Stmt(n)) {
					sleeps[name]++
				}
			case *ast.CallExpr:
				if !bubbles && datesNow(n) {
					dates[name]++
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	falls(t, "makes a date of the time that it is", dates, datedTests)
	falls(t, "waits for a fixed time", sleeps, sleepingTests)
}

// inBubbles tells whether the tests of a file have a clock of their own.
func inBubbles(file *ast.File) (is bool) {
	is = slices.ContainsFunc(file.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == `"testing/synctest"` })
	ast.Inspect(file, func(n ast.Node) bool {
		call, calls := n.(*ast.CallExpr)
		if calls {
			name, named := call.Fun.(*ast.Ident)
			is = is || named && name.Name == "bubble" // as packages call what begins one
		}
		return !is
	})
	return is
}

// falls compares what is found with what was there.
func falls(t *testing.T, what string, found, known map[string]int) {
	t.Helper()
	for _, file := range slices.Sorted(maps.Keys(found)) {
		if found[file] > known[file] {
			t.Errorf("%s %s %d times, %d are known", file, what, found[file], known[file])
		}
	}
	for file, n := range known {
		if found[file] < n {
			t.Errorf("%s %s %d times only: write that instead of %d", file, what, found[file], n)
		}
	}
}

// datesNow tells whether a call asks for the date, the weekday or the hour of time.Now().
func datesNow(c *ast.CallExpr) bool {
	asks, is := c.Fun.(*ast.SelectorExpr)
	if !is || !slices.Contains([]string{"AddDate", "Date", "Day", "Format", "Hour", "Month", "Weekday", "Year", "YearDay"}, asks.Sel.Name) {
		return false
	}
	for at := asks.X; ; { // also through In, UTC, Add and the like
		if calls(at, "time", "Now") {
			return true
		}
		call, is := at.(*ast.CallExpr)
		if !is {
			return false
		}
		of, is := call.Fun.(*ast.SelectorExpr)
		if !is {
			return false
		}
		at = of.X
	}
}

// calls tells whether an expression calls that function of a package.
func calls(e ast.Expr, of, name string) bool {
	call, is := e.(*ast.CallExpr)
	if !is {
		return false
	}
	function, is := call.Fun.(*ast.SelectorExpr)
	if !is || function.Sel.Name != name {
		return false
	}
	in, is := function.X.(*ast.Ident)
	return is && in.Name == of
}
