package look_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"notifier/web/look"
)

// cldr are the forms of a number in each language.
var cldr = map[string][]string{"en": {"one", "other"}, "pl": {"few", "many", "one", "other"}, "fr": {"many", "one", "other"}}

// texts are those of a catalogue by key, with the form behind it where there are several.
func texts(t *testing.T, lang string) (all map[string]string, forms map[string][]string) {
	t.Helper()
	content, err := os.ReadFile("catalogue/" + lang + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var tree map[string]any
	if err := json.Unmarshal(content, &tree); err != nil {
		t.Fatal(err)
	}
	all, forms = map[string]string{}, map[string][]string{}
	var walk func(at string, tree map[string]any)
	walk = func(at string, tree map[string]any) {
		_, counted := tree["other"].(string)
		for key, below := range tree {
			switch below := below.(type) {
			case map[string]any:
				walk(strings.TrimPrefix(at+"."+key, "."), below)
			case string:
				all[strings.TrimPrefix(at+"."+key, ".")] = below
				if counted && slices.Contains([]string{"zero", "one", "two", "few", "many", "other"}, key) {
					forms[at] = append(forms[at], key)
				}
			}
		}
	}
	walk("", tree)
	return all, forms
}

var holes = regexp.MustCompile(`\{\{\.(\w+)\}\}`)

func filled(text string) []string {
	var names []string
	for _, found := range holes.FindAllStringSubmatch(text, -1) {
		names = append(names, found[1])
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Each text is filled in with the same facts in every language, also in each form of a
// number, where Count may stand in some only.
func TestTextsHaveTheSameHoles(t *testing.T) {
	english, forms := texts(t, "en")
	for _, lang := range look.Languages() {
		ours, _ := texts(t, lang)
		for key, text := range ours {
			want, known := english[key]
			if at := key[:max(0, strings.LastIndex(key, "."))]; forms[at] != nil {
				want, known = english[at+".other"], true
			}
			got, all := filled(text), filled(want)
			same := slices.Equal(got, all)
			if strings.HasSuffix(key, ".one") { // of one, some things go without saying
				same = !slices.ContainsFunc(got, func(name string) bool { return !slices.Contains(all, name) })
			}
			if known && !same {
				t.Errorf("%s: %s is filled in with %v, in English with %v", lang, key, got, all)
			}
			if strings.Count(text, "{{") != len(holes.FindAllString(text, -1)) {
				t.Errorf("%s: %s has a brace too many: %q", lang, key, text)
			}
		}
	}
}

// A text that depends on a number has all forms of its language, and no other.
func TestPluralFormsAreComplete(t *testing.T) {
	_, want := texts(t, "en")
	for _, lang := range look.Languages() {
		_, got := texts(t, lang)
		if len(got) != len(want) {
			t.Errorf("%s has %d texts that depend on a number, English %d", lang, len(got), len(want))
		}
		for key, forms := range got {
			if slices.Sort(forms); !slices.Equal(forms, cldr[lang]) {
				t.Errorf("%s: %s has the forms %v, want %v", lang, key, forms, cldr[lang])
			}
		}
	}
}

// A translation that was forgotten is English.
func TestTranslationsAreNoEnglish(t *testing.T) {
	english, _ := texts(t, "en")
	for _, lang := range []string{"pl", "fr"} {
		ours, _ := texts(t, lang)
		for key, text := range ours {
			if text == english[key] && strings.Count(text, " ") >= 3 {
				t.Errorf("%s: %s is %q", lang, key, text)
			}
		}
	}
}
