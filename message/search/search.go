// Package search reads what people type to find messages, as in "status:error since:24h".
//
// It only makes a message.Filter of the words: it looks at no messages. Console, command
// line and API read by it, so that a line that works in one works in all.
package search

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"notifier/fault"
	"notifier/message"
)

// Qualifier is a word that a search can be narrowed by.
type Qualifier struct {
	Name    string
	Says    string // what it narrows to, as an end of "only messages …"
	Example string
	set     func(f *message.Filter, value string, at time.Time) error
	// Values are all that it takes; nil if they are not a fixed set.
	Values []string
}

// Qualifiers lists them in the order in which they are offered.
func Qualifiers() []Qualifier { return all }

// maxLine is how long a search may be, in characters.
const maxLine = 1000

// Filter reads a search. What cannot be read comes back as *fault.Invalid, whose faults
// point at where the search came from.
func Filter(line, from string, at time.Time) (f message.Filter, err error) {
	var bad fault.Invalid
	if err := fault.CheckLine(line, maxLine); err != nil {
		bad.Check(from, "bad_text", err)
		return f, &bad
	}
	given := map[string]bool{}
	for _, term := range terms(line) {
		q, known := find(term.name)
		switch {
		case term.name == "":
			bad.Add(from, "unknown_filter", "%q has no name before it. Look for words with text: and a time, as in text:%s since:7d", fault.Truncate(term.value, 60), quoted(fault.Truncate(term.value, 60)))
		case !known:
			bad.Add(from, "unknown_filter", "there is no filter %q.%s", fault.Truncate(term.name, 60), fault.Suggest(term.name, names()))
		case given[q.Name]:
			bad.Add(from, "key_twice", "%s comes twice. Leave one out", q.Name)
		default:
			given[q.Name] = true
			if err := q.Set(&f, term.value, at); err != nil {
				bad.Add(from, "bad_word", "%s", err)
			}
		}
	}
	if len(bad.Faults) == 0 {
		return f, pointed(from, f.Check())
	}
	return f, &bad
}

// pointed points the faults of a filter at where it came from.
func pointed(from string, err error) error {
	bad, is := err.(*fault.Invalid)
	if !is {
		return err
	}
	for i := range bad.Faults {
		bad.Faults[i].Pointer = from
	}
	return bad
}

// Set narrows a filter by one qualifier's value.
func (q Qualifier) Set(f *message.Filter, value string, at time.Time) error {
	if value == "" {
		return fmt.Errorf("%s: has nothing behind it. Write what to look for, as in %s", q.Name, q.Example)
	}
	if err := q.set(f, value, at); err != nil {
		return fmt.Errorf("%s: %w", q.Name, err)
	}
	return nil
}

// Named finds a qualifier.
func Named(name string) (Qualifier, bool) { return find(name) }

func find(name string) (Qualifier, bool) {
	for _, q := range all {
		if strings.EqualFold(q.Name, name) {
			return q, true
		}
	}
	return Qualifier{}, false
}

func names() []string {
	list := make([]string, len(all))
	for i, q := range all {
		list[i] = q.Name
	}
	return list
}

// term is a word of a search: name:value, or a value alone.
type term struct{ name, value string }

// terms takes a search apart. Quotes hold words together; the last may be missing.
func terms(line string) (found []term) {
	rest := []rune(line)
	for {
		for len(rest) > 0 && unicode.IsSpace(rest[0]) {
			rest = rest[1:]
		}
		if len(rest) == 0 {
			return found
		}
		var t term
		var word []rune
		named, quoted := false, false
		for len(rest) > 0 && (quoted || !unicode.IsSpace(rest[0])) {
			switch r := rest[0]; {
			case r == '"':
				quoted = !quoted
			case r == ':' && !named && !quoted && len(word) > 0:
				t.name, word, named = string(word), nil, true
			default:
				word = append(word, r)
			}
			rest = rest[1:]
		}
		t.value = string(word)
		found = append(found, t)
	}
}

func quoted(value string) string {
	if strings.ContainsFunc(value, unicode.IsSpace) || strings.Contains(value, ":") {
		return `"` + value + `"`
	}
	return value
}
