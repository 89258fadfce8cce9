package digest

import (
	"testing"

	"notifier/language"
)

// A headline bends its nouns as the language does.
func TestHeadlinesBend(t *testing.T) {
	for _, c := range []struct {
		lang         string
		items, cases int
		want         string
	}{
		{"pl-PL", 14, 7, "14 powiadomień w 7 sprawach"},
		{"pl", 22, 1, "22 powiadomienia w 1 sprawie"},
		{"fr", 1, 0, "1 notification"},
		{"fr", 2, 2, "2 notifications dans 2 dossiers"},
		{"de", 2, 2, "2 notifications in 2 cases"},
	} {
		g := gathered{items: c.items, changed: make([]*group, c.cases)}
		if got := (&composer{gathered: g, words: language.In(c.lang)}).headline(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
