package message

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Text is a short text in one language or several.
type Text struct {
	plain      string
	translated map[string]string
}

// Plain is a text without translations.
func Plain(s string) Text { return Text{plain: s} }

// In is the text in that language, or in what it is a variety of, as pt-BR is of pt; else
// in English; else in whatever there is.
func (t Text) In(language string) string {
	if t.translated == nil {
		return t.plain
	}
	root, _, _ := strings.Cut(language, "-")
	for _, l := range []string{language, root, "en"} {
		if s, ok := t.translated[l]; ok {
			return s
		}
	}
	for _, l := range slices.Sorted(maps.Keys(t.translated)) {
		return t.translated[l]
	}
	return ""
}

// Check tells what is wrong with any of the texts, or nil.
func (t Text) Check(longest int) error {
	if err := CheckLine(t.plain, longest); err != nil {
		return err
	}
	for _, l := range slices.Sorted(maps.Keys(t.translated)) {
		if err := CheckLine(t.translated[l], longest); err != nil {
			return fmt.Errorf("in %q, %w", Truncate(l, 20), err)
		}
	}
	return nil
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
	return nil
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
