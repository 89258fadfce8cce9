package message_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/language"
	"pgregory.net/rapid"

	"notifier/fault"
	"notifier/message"
)

// T7: keys are checked and normalised when a text is taken.
func TestTextsAreKeptByTag(t *testing.T) {
	for _, c := range []struct{ in, want, fault string }{
		{`{"pl_PL":"tak","EN":"yes"}`, `{"en":"yes","pl-PL":"tak"}`, ""},
		{`{"en_us":"yes","ZH_hant_tw":"a"}`, `{"en-US":"yes","zh-Hant-TW":"a"}`, ""},
		{`{"iw":"a"}`, `{"he":"a"}`, ""},
		{`{"pl_PL":"a","pl-PL":"b"}`, `{"pl-PL":"b","pl_PL":"a"}`, `/pl_PL key_twice "pl_PL" and "pl-PL" are the same language. Leave one out.`},
		{`{"polski":"a"}`, `{"polski":"a"}`, `/polski bad_language "polski" is not a language. Write the text under a short tag, for example en, pl or pt-BR.`},
		{`{"":"a"}`, `{"":"a"}`, `/ bad_language "" is not a language. Write the text under a short tag, for example en, pl or pt-BR.`},
		{`{"a/b":"a"}`, `{"a/b":"a"}`, `/a~1b bad_language "a/b" is not a language. Write the text under a short tag, for example en, pl or pt-BR.`},
	} {
		got := text(t, c.in)
		if b, err := json.Marshal(got); err != nil || string(b) != c.want {
			t.Errorf("%s is kept as %s, %v; want %s", c.in, b, err, c.want)
		}
		err := got.Check(100)
		if c.fault == "" && err != nil {
			t.Errorf("%s: %v", c.in, err)
		}
		if c.fault != "" {
			if f := err.(*fault.Invalid).Faults; len(f) != 1 || f[0].Pointer+" "+f[0].Code+" "+f[0].Detail != c.fault {
				t.Errorf("%s: %+v, want %s", c.in, f, c.fault)
			}
		}
	}
}

// T7: whatever the tags, a text that is there for just that language is the one that is read,
// English stands in, and the order of the keys means nothing.
func TestTextInProperty(t *testing.T) {
	tags := rapid.SampledFrom([]string{"en", "en-GB", "de", "de-AT", "de-CH", "zh", "zh-Hans", "zh-Hant", "zh-TW", "zh-CN", "sr", "sr-Latn", "sr-Cyrl", "sr-Latn-RS", "pt-BR", "no", "nb"})
	rapid.Check(t, func(t *rapid.T) {
		have, wanted := rapid.SliceOfNDistinct(tags, 1, 6, rapid.ID).Draw(t, "have"), tags.Draw(t, "wanted")
		texts := map[string]string{}
		for _, tag := range have {
			texts[tag] = tag
		}
		b, err := json.Marshal(texts)
		if err != nil {
			t.Fatal(err)
		}
		var read message.Text
		if err := json.Unmarshal(b, &read); err != nil {
			t.Fatal(err)
		}
		got := read.In(wanted)
		switch other, _ := language.Make(got).Script(); {
		case slices.Contains(have, wanted) && got != wanted:
			t.Fatalf("%q of %v reads %q", wanted, have, got)
		case read.In(strings.ToUpper(strings.ReplaceAll(wanted, "-", "_"))) != got:
			t.Fatalf("%q of %v depends on how the tag is written", wanted, have)
		case strings.Contains(wanted, "Hant") && other.String() == "Hans" && (slices.Contains(have, "zh-TW") || slices.Contains(have, "zh-Hant")):
			t.Fatalf("%q of %v reads %q", wanted, have, got)
		}
	})
}

func BenchmarkTextIn(b *testing.B) {
	var several message.Text
	if err := json.Unmarshal([]byte(`{"en":"yes","pl":"tak","fr":"oui"}`), &several); err != nil {
		b.Fatal(err)
	}
	for name, c := range map[string]struct {
		text   message.Text
		wanted string
	}{"plain": {message.Plain("yes"), "pl"}, "exact": {several, "pl"}, "longer": {several, "pl-PL"}, "none": {several, "de"}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.text.In(c.wanted)
			}
		})
	}
}
