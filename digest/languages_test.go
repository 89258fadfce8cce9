package digest

import (
	"reflect"
	"testing"
)

// Every language says everything.
func TestLanguagesAreComplete(t *testing.T) {
	for name, w := range map[string]words{"pl": polish, "fr": french} {
		for i := range reflect.TypeFor[words]().NumField() {
			if reflect.ValueOf(w).Field(i).IsZero() {
				t.Errorf("%s has nothing for %s", name, reflect.TypeFor[words]().Field(i).Name)
			}
		}
	}
	for _, c := range []struct {
		got, want string
	}{
		{speak("pl-PL").headline(14, 7), "14 powiadomień w 7 sprawach"},
		{speak("pl").headline(22, 1), "22 powiadomienia w 1 sprawie"},
		{speak("pl").unshown(2, 5), "i jeszcze 2 sprawy (5 powiadomień), których tu nie widać"},
		{speak("fr").headline(1, 0), "1 notification"},
		{speak("fr").headline(2, 2), "2 notifications dans 2 dossiers"},
		{speak("de").headline(2, 2), "2 notifications in 2 cases"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}
