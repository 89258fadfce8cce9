package message

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"notifier/fault"
	"notifier/language"
)

// Text is a short text in one language or several.
type Text struct {
	plain      string
	translated map[string]string
}

// Plain is a text without translations.
func Plain(s string) Text { return Text{plain: s} }

// In is the text in that language, or in the nearest that there is (language.Lookup); else
// in English; else in the first language by its tag.
func (t Text) In(wanted string) string {
	if t.translated == nil {
		return t.plain
	}
	if s, ok := t.translated[wanted]; ok {
		return s
	}
	tags := slices.Sorted(maps.Keys(t.translated))
	for _, tag := range []string{wanted, "en"} {
		if found := language.Lookup(tag, tags); found != "" {
			return t.translated[found]
		}
	}
	for _, tag := range tags {
		return t.translated[tag]
	}
	return ""
}

// Check tells what is wrong with each text, and with the language that it is said to be in, as
// *Invalid; or nil.
func (t Text) Check(longest int) error {
	var bad fault.Invalid
	bad.Check("", "bad_text", fault.CheckLine(t.plain, longest))
	for _, tag := range slices.Sorted(maps.Keys(t.translated)) {
		at := "/" + fault.Escape(tag)
		switch normal, err := language.Canonical(tag); {
		case tag == "" || err != nil:
			bad.Add(at, "bad_language", "%q is not a language. Write the text under a short tag, for example en, pl or pt-BR", fault.Truncate(tag, language.LongestTag))
		case normal != tag: // UnmarshalJSON found that the place was taken
			bad.Add(at, "key_twice", "%q and %q are the same language. Leave one out", fault.Truncate(tag, language.LongestTag), normal)
		}
		bad.Check(at, "bad_text", fault.CheckLine(t.translated[tag], longest))
	}
	return bad.Err()
}

// UnmarshalJSON takes "a text" or {"en": "a text", "pl": "tekst"}.
func (t *Text) UnmarshalJSON(b []byte) error {
	*t = Text{}
	if plain, err := jsontext.AppendUnquote(nil, b); err == nil {
		t.plain = string(plain)
		return nil
	}
	if err := json.Unmarshal(b, &t.translated); err != nil {
		return fmt.Errorf(`a summary is a text, or one text per language as in {"en": "…", "pl": "…"}`)
	}
	t.normalise()
	return nil
}

// normalise writes the tags as BCP 47 does. What is no tag, and the second of two that become
// the same, stay as they are for check to refuse them.
func (t *Text) normalise() {
	for _, tag := range slices.Sorted(maps.Keys(t.translated)) {
		normal, err := language.Canonical(tag)
		if err != nil || normal == tag {
			continue
		}
		if _, taken := t.translated[normal]; !taken {
			t.translated[normal] = t.translated[tag]
			delete(t.translated, tag)
		}
	}
}

// MarshalJSON writes what UnmarshalJSON takes.
func (t Text) MarshalJSON() ([]byte, error) {
	if t.translated == nil {
		return json.Marshal(t.plain)
	}
	return json.Marshal(t.translated)
}

// IsZero tells whether there is no text at all.
func (t Text) IsZero() bool { return t.plain == "" && len(t.translated) == 0 }
