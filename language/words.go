package language

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/feature/plural"
	bcp47 "golang.org/x/text/language"
)

// Words are the texts of one language by key. A text has names in braces, which are filled in;
// a part in brackets is left out where one of its names is not known. "{{" is a brace.
type Words struct {
	Lang  string // BCP 47, as in the lang attribute
	row   Row
	tag   bcp47.Tag
	texts map[string]string
	forms map[string]counted
}

// counted is a text that depends on a number, by plural.Form; a form that a language does not
// have is empty.
type counted [plural.Many + 1]string

// formNames are the forms as files name them (CLDR).
var formNames = map[string]plural.Form{"zero": plural.Zero, "one": plural.One, "two": plural.Two, "few": plural.Few, "many": plural.Many, "other": plural.Other}

// books are the words by tag. Each is read when somebody wants it: most commands say nothing.
var books = func() map[string]func() *Words {
	all := map[string]func() *Words{Pseudo: sync.OnceValue(pseudo)}
	for _, row := range rows {
		all[row.Tag] = sync.OnceValue(func() *Words { return read(row) })
	}
	return all
}()

func read(row Row) *Words {
	w := &Words{Lang: row.Tag, row: row, tag: bcp47.Make(row.Tag), texts: map[string]string{}, forms: map[string]counted{}}
	var tree map[string]any
	content, err := files.ReadFile(row.Tag + ".json")
	if err == nil {
		err = json.Unmarshal(content, &tree)
	}
	if err != nil {
		panic(fmt.Sprintf("language: %s.json: %s", row.Tag, err)) // it is part of the program
	}
	w.add("", tree)
	return w
}

// add takes the texts of a branch, whose keys begin with at.
func (w *Words) add(at string, tree map[string]any) {
	for name, below := range tree {
		key := strings.TrimPrefix(at+"."+name, ".")
		switch below := below.(type) {
		case string:
			w.texts[key] = below
		case map[string]any:
			if forms, is := formsOf(below); is {
				w.forms[key] = forms
			} else {
				w.add(key, below)
			}
		}
	}
}

// formsOf are the forms of a text that depends on a number: a branch with no other keys.
func formsOf(branch map[string]any) (all counted, is bool) {
	for name, below := range branch {
		form, known := formNames[name]
		text, leaf := below.(string)
		if !known || !leaf {
			return all, false
		}
		all[form] = text
	}
	return all, all[plural.Other] != ""
}

// Keys are those of all texts, in order.
func (w *Words) Keys() []string {
	var all []string
	for key := range w.texts {
		all = append(all, key)
	}
	for key := range w.forms {
		all = append(all, key)
	}
	slices.Sort(all)
	return all
}

// Has tells whether there is a text of that key.
func (w *Words) Has(key string) bool {
	_, single := w.texts[key]
	_, several := w.forms[key]
	return single || several
}

// T is a text; with names and values in turn where it has something to fill in. A text that is
// missing shows its key.
func (w *Words) T(key string, fill ...any) string { return write(w.text(key), fill) }

// Optional is T, or empty where there is no text of that key.
func (w *Words) Optional(key string, fill ...any) string {
	if !w.Has(key) {
		return ""
	}
	return write(w.text(key), fill)
}

// N is a text that depends on a number, which it knows as Count.
func (w *Words) N(key string, n int, fill ...any) string {
	return write(w.form(key, n), append([]any{"Count", n}, fill...))
}

// Form is N for that number, with # where the number would be: for scripts, which count while a
// page is open.
func (w *Words) Form(key string, n int) string { return write(w.form(key, n), []any{"Count", "#"}) }

// text is one of the texts. One that is missing is English, which tests find.
func (w *Words) text(key string) string {
	if text, known := w.texts[key]; known {
		return text
	}
	if forms, known := w.forms[key]; known {
		return forms[plural.Other]
	}
	if w.Lang != rows[0].Tag {
		return books[rows[0].Tag]().text(key)
	}
	return key
}

// form is the text in the form that a number asks for.
func (w *Words) form(key string, n int) string {
	forms, known := w.forms[key]
	if !known {
		return w.text(key)
	}
	if text := forms[w.plural(n)]; text != "" {
		return text
	}
	return forms[plural.Other]
}

// plural is the form that a number asks for.
func (w *Words) plural(n int) plural.Form {
	if w.row.Millions && n != 0 && n%1_000_000 == 0 {
		return plural.Many
	}
	return plural.Cardinal.MatchPlural(w.tag, n, 0, 0, 0, 0)
}

// List is "a, b and c".
func (w *Words) List(parts []string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	end := len(parts) - 1
	return w.T("list.and", "First", strings.Join(parts[:end], ", "), "Last", parts[end])
}
