package search

import (
	"slices"
	"strings"

	"notifier/fault"
)

// Words are the words of a search, each as it is typed.
func Words(line string) []string {
	var all []string
	for _, t := range terms(line) {
		all = append(all, t.String())
	}
	return all
}

// Without is a search without its word at that place.
func Without(line string, i int) string {
	return strings.Join(slices.Delete(Words(line), i, i+1), " ")
}

// Corrected is a search with each mistyped name and value as it was meant, as far as one
// is near enough; the same where nothing is.
func Corrected(line string) string {
	var all []string
	for _, t := range terms(line) {
		q, known := find(t.name)
		if !known && t.name != "" {
			if near := fault.Nearest(t.name, names()); near != "" {
				t.name = near
				q, known = find(near)
			}
		}
		if known && q.Values != nil && oneOf(t.value, q.Values) != nil {
			if near := fault.Nearest(t.value, q.Values); near != "" {
				t.value = near
			}
		}
		all = append(all, t.String())
	}
	return strings.Join(all, " ")
}

func (t term) String() string {
	switch {
	case t.name != "":
		return quoted(t.name) + ":" + quoted(t.value)
	case t.value == "":
		return `""`
	}
	return quoted(t.value)
}
