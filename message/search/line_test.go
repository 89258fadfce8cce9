package search

import (
	"strings"
	"time"

	"notifier/message"
)

// Line writes a filter as a search that leads to it.
func Line(f message.Filter) string {
	var words []string
	add := func(name, value string) {
		if value != "" {
			words = append(words, name+":"+quoted(value))
		}
	}
	add("status", string(f.Status))
	add("to", f.To)
	add("user", f.User)
	add("case", f.Case)
	add("kind", string(f.Kind))
	add("type", string(f.Type))
	add("code", f.Code)
	add("category", string(f.Category))
	add("account", f.Account)
	add("site", f.Site)
	add("reference", f.Reference)
	add("event", string(f.Event))
	add("operation", string(f.Operation))
	add("id", string(f.ID))
	add("tag", f.Tag)
	for _, t := range []struct {
		name string
		at   time.Time
	}{{"since", f.Since}, {"until", f.Until}} {
		if !t.at.IsZero() {
			add(t.name, t.at.UTC().Format(time.RFC3339Nano))
		}
	}
	add("text", f.Text)
	return strings.Join(words, " ")
}
