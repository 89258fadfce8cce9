package language

import (
	"slices"
	"testing"

	"golang.org/x/text/feature/plural"
)

// A text is filled in once: a value is never read as a text, and what nobody knows is left out.
func TestWrite(t *testing.T) {
	for _, c := range []struct {
		text, want string
		fill       []any
	}{
		{"plain", "plain", nil},
		{"{A} and {B}", "a and 2", []any{"A", "a", "B", 2}},
		{"{A}", "{B}[{C}]", []any{"A", "{B}[{C}]", "B", "b", "C", "c"}},
		{"[by {A}; ]done", "done", []any{"A", ""}},
		{"[by {A}; ]done", "by x; done", []any{"A", "x"}},
		{"[{A} of {B}]", "", []any{"A", "x"}},
		{"PUT /users/{{key}} [now]", "PUT /users/{key} now", nil},
		{"GET /users[/{A}]", "GET /users/a%2Fb", []any{"A", "a/b"}}, // T10
		{"lost {", "lost {", nil},
		{"{A}%", "1.5%", []any{"A", 1.5}},
		{"{A}", "", []any{"A"}},
	} {
		if got := write(c.text, c.fill); got != c.want {
			t.Errorf("%q with %v is %q, want %q", c.text, c.fill, got, c.want)
		}
	}
}

// A text that a language lacks is English, and one that nobody has shows its key.
func TestMissingTexts(t *testing.T) {
	w := &Words{Lang: "pl"}
	if got, want := w.T("list.go"), In("en").T("list.go"); got != want {
		t.Errorf("a missing text is %q, want the English %q", got, want)
	}
	if got := w.N("no.such_key", 2); got != "no.such_key" {
		t.Errorf("a text that nobody has is %q", got)
	}
}

// A text that depends on a number has all forms of its language (CLDR), and no other.
func TestPluralFormsAreComplete(t *testing.T) {
	for _, tag := range Tags() {
		w := In(tag)
		asked := []plural.Form{plural.Other, w.plural(1_000_000)}
		for n := range 200 {
			asked = append(asked, w.plural(n))
		}
		for key, forms := range w.forms {
			for form, text := range forms {
				if has, want := text != "", slices.Contains(asked, plural.Form(form)); has != want {
					t.Errorf("%s: %s has the form %d: %t, want %t", tag, key, form, has, want)
				}
			}
		}
		if len(w.forms) != len(In("en").forms) {
			t.Errorf("%s has %d texts that depend on a number, English %d", tag, len(w.forms), len(In("en").forms))
		}
	}
}
