package letter

import (
	"reflect"
	"testing"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// Every language says everything.
func TestLanguagesAreComplete(t *testing.T) {
	for name, w := range map[string]words{"pl": polish, "fr": french} {
		for i := range reflect.TypeFor[words]().NumField() {
			field, ours, theirs := reflect.TypeFor[words]().Field(i).Name, reflect.ValueOf(w).Field(i), reflect.ValueOf(english).Field(i)
			switch {
			case ours.IsZero():
				t.Errorf("%s has nothing for %s", name, field)
			case ours.Kind() == reflect.Map && ours.Len() != theirs.Len():
				t.Errorf("%s has %d %s, English has %d", name, ours.Len(), field, theirs.Len())
			case ours.Kind() == reflect.Array:
				for j := range ours.Len() {
					if ours.Index(j).IsZero() {
						t.Errorf("%s has nothing for %s %d", name, field, j)
					}
				}
			}
		}
		if columns(w.why) != columns(w.id) {
			t.Errorf("%s: %q and %q do not stand in one column", name, w.why, w.id)
		}
	}
	for tag, want := range map[string]*words{"pl": &polish, "pl-PL": &polish, "fr-CA": &french, "en": &english, "de": &english, "": &english} {
		if speak(tag) != want {
			t.Errorf("%q speaks %s", tag, speak(tag).lang)
		}
	}
}

// The forms are those of CLDR.
func TestPlurals(t *testing.T) {
	form := func(lang language.Tag, n int) plural.Form {
		return plural.Cardinal.MatchPlural(lang, n, 0, 0, 0, 0)
	}
	names := map[plural.Form]string{plural.One: "one", plural.Few: "few", plural.Many: "many", plural.Other: "many"}
	for n := range 1000 {
		if got, want := Polish(n, "one", "few", "many"), names[form(language.Polish, n)]; got != want {
			t.Errorf("Polish %d: %s, want %s", n, got, want)
		}
		if got, want := French(n, "one", "many"), names[form(language.French, n)]; got != want {
			t.Errorf("French %d: %s, want %s", n, got, want)
		}
	}
}
