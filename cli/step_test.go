package cli

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A next step is a verb that tells what to do, at the beginning of a part of a sentence, or
// what is needed, with an example; %w and %s at the end leave it to what fills them in.
var (
	orders = regexp.MustCompile(`(?i)(^|[.;:,?] |\bor |\band )(add|ask|attach|begin|change|check|choose|close|correct|create|drop|end|free|give|go|have|install|keep|leave|let|link|list|look|make|mount|move|name|open|publish|put|read|remove|rename|repeat|replace|resume|run|say|search|see|send|set|shorten|show|sign|split|start|take|try|turn|type|upload|use|wait|write)\b`)
	points = regexp.MustCompile(`did you mean|See %s|lists what there is|/api/|\bnotifier \w+|the log says|\?$|instead`)
	needs  = regexp.MustCompile(`\b(needs|must be|is expected here|are expected here)\b`)
	filled = regexp.MustCompile(`%[ws]$`)
)

// otherwise are texts that name none, and why.
var otherwise = map[string]string{
	"Expected at least 1 recipient.":      "the words of the extension whose documents these are",
	" So there is no mail of it to show.": "what stands before it says what is wrong with the template",
}

func advises(text string) bool {
	return slices.ContainsFunc([]*regexp.Regexp{orders, points, needs, filled}, func(r *regexp.Regexp) bool { return r.MatchString(text) })
}

// errorCalls are the functions whose texts people read, and which of their arguments that is.
var errorCalls = map[string]int{"problem": 2, "Add": 2, "fault": 1}

// TestEveryErrorNamesTheNextStep: what people read of an error says what to do (UX 15.3).
// Where there is none it stands in otherwise, with the reason.
func TestEveryErrorNamesTheNextStep(t *testing.T) {
	seen, lacking := 0, map[string]string{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if path = strings.TrimPrefix(filepath.ToSlash(path), "../"); d.IsDir() && slices.Contains([]string{"bench", ".git", "dev"}, path) {
			return filepath.SkipDir
		}
		if d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, filepath.Join("..", path), nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			text, is := errorText(n, strings.HasPrefix(path, "cli/"))
			if !is || text == "" {
				return true
			}
			seen++
			if otherwise[text] == "" && !advises(text) {
				lacking[text] = set.Position(n.Pos()).String()
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if t.Logf("%d texts of errors", seen); seen < 250 {
		t.Errorf("only %d texts are found", seen)
	}
	for text, where := range lacking {
		t.Errorf("%s: %q", where, text)
	}
}

// errorText is what people read where the node tells them of an error.
func errorText(n ast.Node, command bool) (string, bool) {
	switch n := n.(type) {
	case *ast.CallExpr:
		name := ""
		switch f := n.Fun.(type) {
		case *ast.Ident:
			name = f.Name
		case *ast.SelectorExpr:
			name = f.Sel.Name
		}
		at, is := errorCalls[name]
		if !is || len(n.Args) <= at || name == "Add" && len(n.Args) < 3 {
			return "", false
		}
		return literal(n.Args[at]), true
	case *ast.CompositeLit:
		if name, is := n.Type.(*ast.Ident); is && command && name.Name == "usageError" && len(n.Elts) == 1 {
			if call, is := n.Elts[0].(*ast.CallExpr); is && len(call.Args) > 0 {
				return literal(call.Args[0]), true
			}
		}
	}
	return "", false
}

// literal is the text of an expression, as far as it stands there.
func literal(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		if e.Kind == token.STRING && err == nil {
			return text
		}
	case *ast.BinaryExpr:
		left, right := literal(e.X), literal(e.Y)
		if left == "" && right == "" {
			return ""
		}
		if right == "" {
			right = "%s"
		}
		return left + right
	case *ast.CallExpr: // fmt.Sprintf
		if len(e.Args) > 0 {
			return literal(e.Args[0])
		}
	}
	return ""
}
