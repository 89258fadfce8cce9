package look

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	bcp47 "golang.org/x/text/language"

	"notifier/language"
)

// Pseudo is a language for tests: English, longer by two fifths.
const Pseudo = "en-XA"

// Languages are those that pages are written in, the one that stands in for others first.
func Languages() []string { return []string{"en", "pl", "fr"} }

// Own is what speakers of a language call it.
func Own(lang string) string { return own[lang] }

var own = map[string]string{"en": "English", "pl": "Polski", "fr": "Français"}

// Words are the texts of one language.
type Words struct {
	Lang      string
	localizer *i18n.Localizer
}

var (
	catalogue = sync.OnceValue(readCatalogue)
	languages = language.NewMatcher(Languages()...)
	spoken    = sync.OnceValue(speakers)
)

func readCatalogue() *i18n.Bundle {
	bundle := i18n.NewBundle(bcp47.English)
	for _, lang := range Languages() {
		content, err := files.ReadFile("catalogue/" + lang + ".json")
		if err == nil {
			_, err = bundle.ParseMessageFileBytes(content, lang+".json")
		}
		if err == nil && lang == "en" {
			_, err = bundle.ParseMessageFileBytes(pseudo(content), Pseudo+".json")
		}
		if err != nil {
			panic(fmt.Sprintf("look: the catalogue %s: %s", lang, err)) // it is part of the program
		}
	}
	return bundle
}

// pseudo makes each text of a catalogue longer.
func pseudo(content []byte) []byte {
	var tree any
	if err := json.Unmarshal(content, &tree); err != nil {
		panic(err)
	}
	b, _ := json.Marshal(stretch(tree))
	return b
}

func stretch(tree any) any {
	switch t := tree.(type) {
	case map[string]any:
		for key, below := range t {
			t[key] = stretch(below)
		}
	case string:
		longer := strings.Repeat("~", max(1, len([]rune(t))*2/5))
		if strings.Contains(t, "{{") { // letters inside the braces are names
			return t + longer
		}
		return strings.NewReplacer("a", "á", "o", "ö", "e", "ę").Replace(t) + longer
	}
	return tree
}

func speakers() map[string]Words {
	all := map[string]Words{}
	for _, lang := range append(Languages(), Pseudo) {
		all[lang] = Words{lang, i18n.NewLocalizer(catalogue(), lang)}
	}
	return all
}

// In are the texts of that language, or of the one that stands in for it.
func In(lang string) Words { return spoken()[Choose(lang)] }

// Choose is the language of a page for somebody who speaks these, the preferred one
// first; each is a tag, or a list as browsers send it.
func Choose(wanted ...string) string {
	for _, list := range wanted {
		if list == Pseudo {
			return Pseudo
		}
		if found := languages.Choose(list); found != "" {
			return found
		}
	}
	return Languages()[0]
}

// T is a text; with names and values in turn where it has something to fill in. A text
// that is missing shows its key.
func (w Words) T(key string, fill ...any) string {
	return w.localize(key, &i18n.LocalizeConfig{MessageID: key, TemplateData: filling(fill)})
}

// N is a text that depends on a number, which it knows as Count.
func (w Words) N(key string, n int, fill ...any) string {
	data := filling(fill)
	data["Count"] = n
	return w.localize(key, &i18n.LocalizeConfig{MessageID: key, PluralCount: n, TemplateData: data})
}

// Form is N for that number, with # where the number would be: for scripts, which count
// while a page is open.
func (w Words) Form(key string, n int) string {
	return w.localize(key, &i18n.LocalizeConfig{MessageID: key, PluralCount: n, TemplateData: map[string]any{"Count": "#"}})
}

func (w Words) localize(key string, c *i18n.LocalizeConfig) string {
	text, err := w.localizer.Localize(c)
	if err != nil {
		return cmp.Or(text, key)
	}
	return text
}

func filling(fill []any) map[string]any {
	data := map[string]any{}
	for i := 0; i+1 < len(fill); i += 2 {
		data[fmt.Sprint(fill[i])] = fill[i+1]
	}
	return data
}

// List is "a, b and c".
func (w Words) List(parts []string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	end := len(parts) - 1
	return w.T("list.and", "First", strings.Join(parts[:end], ", "), "Last", parts[end])
}
