package console_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestNoPageHidesWhatEveryPageHas: a page whose struct has a field of base once more shows
// its own in the layout.
func TestNoPageHidesWhatEveryPageHas(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	pages := map[string][]string{} // the fields of each struct
	set := token.NewFileSet()
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, is := n.(*ast.TypeSpec)
			if !is {
				return true
			}
			if s, is := spec.Type.(*ast.StructType); is {
				pages[spec.Name.Name] = fieldsOf(s)
			}
			return true
		})
	}
	looked := 0
	for name, fields := range pages {
		if !slices.Contains(fields, "base") {
			continue
		}
		looked++
		for _, field := range fields {
			if slices.Contains(pages["base"], field) {
				t.Errorf("%s has a field %s, which hides that of base. Give one of them another name", name, field)
			}
		}
	}
	if looked < 10 {
		t.Errorf("only %d pages were found", looked)
	}
}

// fieldsOf are the names of a struct's fields; an embedded one has that of its type.
func fieldsOf(s *ast.StructType) (all []string) {
	for _, f := range s.Fields.List {
		for _, name := range f.Names {
			all = append(all, name.Name)
		}
		if embedded, is := f.Type.(*ast.Ident); is && len(f.Names) == 0 {
			all = append(all, embedded.Name)
		}
	}
	return all
}
