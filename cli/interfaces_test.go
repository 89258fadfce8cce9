package cli

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"
)

// widestInterface is how many methods an interface may have, with those that it embeds.
const widestInterface = 7

// wideInterfaces had more when the bound was set. Their figures may only fall: lower them when you
// have made one smaller. The private dialect of the store stays; it is no face to anybody.
var wideInterfaces = map[string]int{
	"sql.Dialect": 11, "store.dialect": 25,
}

// face is an interface as it is declared.
type face struct {
	own    int
	embeds []string
	used   []bool // each use as a type: whether it is the parameter of a function
}

// TestInterfacesAreSmall: an interface has 1 to 7 methods, so that somebody can write a second
// implementation and a test. One that only puts small ones together may be wider where all that is
// needed is handed over: it is private, and the parameter of a single function.
func TestInterfacesAreSmall(t *testing.T) {
	faces := map[string]*face{}
	for _, f := range sources(t) {
		declared(f, faces)
	}
	for _, f := range sources(t) {
		uses(f, faces)
	}
	if len(faces) < 40 {
		t.Fatalf("only %d interfaces were found", len(faces))
	}
	for name, f := range faces {
		_, short, _ := strings.Cut(name, ".")
		if f.own == 0 && !ast.IsExported(short) && slices.Equal(f.used, []bool{true}) {
			continue
		}
		n, most := f.methods(faces), max(widestInterface, wideInterfaces[name])
		if n == 0 || n > most {
			t.Errorf("%s has %d methods, 1 to %d are allowed: declare beside each user what it needs", name, n, most)
		}
		if n < wideInterfaces[name] {
			t.Errorf("%s has %d methods: lower its figure", name, n)
		}
	}
	for name := range wideInterfaces {
		if faces[name] == nil {
			t.Errorf("there is no %s any more: take its figure out", name)
		}
	}
}

// methods counts what somebody has to write who implements the interface.
func (f *face) methods(all map[string]*face) int {
	n := f.own
	for _, name := range f.embeds {
		if e := all[name]; e != nil {
			n += e.methods(all)
		} else {
			n++ // of another's: error, fmt.Stringer
		}
	}
	return n
}

// sources are the files of the program, without its tests.
func sources(t *testing.T) (all []*ast.File) {
	ofTheProgram(t, func(path string) error {
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		all = append(all, f)
		return err
	})
	return all
}

// declared collects the interfaces of a file.
func declared(f *ast.File, all map[string]*face) {
	ast.Inspect(f, func(n ast.Node) bool {
		spec, is := n.(*ast.TypeSpec)
		if !is {
			return true
		}
		i, is := spec.Type.(*ast.InterfaceType)
		if !is {
			return true
		}
		of := &face{}
		for _, m := range i.Methods.List {
			if len(m.Names) > 0 {
				of.own += len(m.Names)
			} else {
				of.embeds = append(of.embeds, typeName(f, m.Type))
			}
		}
		all[f.Name.Name+"."+spec.Name.Name] = of
		return true
	})
}

// uses notes where a file names an interface as a type.
func uses(f *ast.File, all map[string]*face) {
	parameters := map[ast.Expr]bool{}
	note := func(e ast.Expr) {
		if of := all[typeName(f, e)]; of != nil {
			of.used = append(of.used, parameters[e])
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			for _, p := range n.Type.Params.List {
				parameters[p.Type] = true
			}
		case *ast.Field:
			note(n.Type)
		case *ast.ValueSpec:
			note(n.Type)
		case *ast.TypeAssertExpr:
			note(n.Type)
		}
		return true
	})
}

// typeName is the name of a type with its package; empty if it has none.
func typeName(f *ast.File, e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return f.Name.Name + "." + e.Name
	case *ast.SelectorExpr:
		if of, is := e.X.(*ast.Ident); is {
			return of.Name + "." + e.Sel.Name
		}
	}
	return ""
}
