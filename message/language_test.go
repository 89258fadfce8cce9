package message_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/language"
	"pgregory.net/rapid"

	"notifier/message"
)

// T7: a reader of a longer tag gets the right text.
func TestLookup(t *testing.T) {
	for _, c := range []struct{ wanted, have, want string }{
		{"de-AT", "de en", "de"},
		{"de-AT", "de de-AT en", "de-AT"},
		{"de-AT", "de-CH en", "de-CH"},
		{"de-AT", "de-CH de-DE en", "de-DE"},
		{"de-CH-1996", "de-CH de", "de-CH"},
		{"de", "de-1996 en", "de-1996"},
		{"de-AT-u-co-phonebk", "de en", "de"},
		{"DE_at", "de en", "de"},
		{"pl-PL", "en pl", "pl"},
		{"pt-BR", "pt pt-PT", "pt"},
		{"pt", "pt-PT pt-BR", "pt-BR"},
		{"en-GB", "de en", "en"},
		{"zh-Hant-TW", "zh-Hans zh-Hant", "zh-Hant"},
		{"zh-Hant-TW", "zh zh-Hant", "zh-Hant"},
		{"zh-Hant-TW", "zh-Hant zh-TW", "zh-TW"},
		{"zh-Hant-HK", "zh-TW zh", "zh-TW"},
		{"zh-Hant", "zh zh-TW", "zh-TW"},
		{"zh-Hant", "zh-CN zh-TW", "zh-TW"},
		{"zh-TW", "zh zh-Hant", "zh-Hant"},
		{"zh-HK", "zh-Hans zh-Hant", "zh-Hant"},
		{"zh-CN", "zh-Hant zh-Hans", "zh-Hans"},
		{"zh-SG", "zh-TW zh", "zh"},
		{"zh-Hant", "zh-Hans en", ""},
		{"zh-Hant", "zh en", "zh"}, // which does not say its script
		{"cmn-Hant", "zh-Hant en", "zh-Hant"},
		{"sr-Latn-RS", "sr-Cyrl sr-Latn", "sr-Latn"},
		{"sr-Latn-RS", "sr sr-Latn", "sr-Latn"},
		{"sr-Latn-RS", "sr-Cyrl en", ""},
		{"sr-RS", "sr-Latn sr", "sr"},
		{"sr", "sr-Latn en", "sr-Latn"},
		{"sh", "sr-Cyrl sr-Latn", "sr-Latn"},
		{"nb-NO", "en no", "no"},
		{"nn", "no nn", "nn"},
		{"iw", "en he", "he"},
		{"fil", "en tl", "tl"},
		{"en-XA", "en pl", "en"},
		{"uk", "en pl", ""},
		{"p", "pl", ""},
		{"plx", "pl", ""},
		{"", "en", ""},
		{"nonsense of a tag", "en", ""},
	} {
		if got := message.NewLanguages(strings.Fields(c.have)...).Lookup(c.wanted); got != c.want {
			t.Errorf("%q of %s is %q, want %q", c.wanted, c.have, got, c.want)
		}
	}
}

func TestAcceptLanguage(t *testing.T) {
	have := message.NewLanguages("en", "pl", "fr")
	for list, want := range map[string]string{
		"pl": "pl", "de, pl;q=0.5": "pl", "fr;q=0.1, PL-pl;q=0.9": "pl", "pl;q=0, fr": "fr", "en-GB,en;q=0.9,pl;q=0.8": "en",
		"wellformedbutlong, fr": "fr", "de": "", "*": "", "": "", ";;,,": "", "pl_PL": "pl",
	} {
		if got := have.Choose(list); got != want {
			t.Errorf("%q reads %q, want %q", list, got, want)
		}
	}
	if got := have.Choose("de", "fr-CA"); got != "fr" {
		t.Errorf("the second choice reads %q, want fr", got)
	}
}

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
			if f := err.(*message.Invalid).Faults; len(f) != 1 || f[0].Pointer+" "+f[0].Code+" "+f[0].Detail != c.fault {
				t.Errorf("%s: %+v, want %s", c.in, f, c.fault)
			}
		}
	}
	for _, tag := range []string{"xx", "en-USA", "pl-POL", "x-klingon", "und", "root", "C", "en-", "-en", "pl\n", "en US", "pl-PL.UTF-8", strings.Repeat("de-", 20) + "AT"} {
		if got, err := message.Language(tag); err == nil {
			t.Errorf("%q is taken as %q", tag, got)
		}
	}
	for tag, want := range map[string]string{"": "", "pl_PL": "pl-PL", "zh-yue": "yue", "ca-valencia": "ca-valencia", "es-419": "es-419", "PT-br": "pt-BR"} {
		if got, err := message.Language(tag); err != nil || got != want {
			t.Errorf("%q is taken as %q, %v; want %q", tag, got, err, want)
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

// A tag that is taken is one of BCP 47, and stays as it is when it is taken again.
func FuzzLanguage(f *testing.F) {
	for _, s := range []string{"pl_PL", "zh-Hant-TW", "i-klingon", "en-USA", "de-u-co-phonebk", "zh-min-nan", "x-a", "sr_Latn", "sgn-BE-FR"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		tag, err := message.Language(s)
		if err != nil {
			return
		}
		if _, err := language.Parse(tag); s != "" && err != nil {
			t.Fatalf("%q is taken as %q, which is none: %v", s, tag, err)
		}
		if again, err := message.Language(tag); err != nil || again != tag {
			t.Fatalf("%q is taken as %q, and that as %q, %v", s, tag, again, err)
		}
		if s != "" && message.NewLanguages(tag).Lookup(s) != tag {
			t.Fatalf("who wants %q does not get %q", s, tag)
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

// What is found quickly is what reading the tags finds.
func TestLookupQuickly(t *testing.T) {
	tags := rapid.SampledFrom([]string{"en", "en-GB", "de", "de-AT", "zh", "zh-Hant", "sr", "sr-Latn", "iw", "he", "no", "nb", "cmn", "fr", "pl"})
	rapid.Check(t, func(t *rapid.T) {
		have, wanted := rapid.SliceOfNDistinct(tags, 1, 4, rapid.ID).Draw(t, "have"), tags.Draw(t, "wanted")
		got := message.NewLanguages(have...).Lookup(wanted)
		// "nah" makes it read the tags: three letters are never common.
		if slow := message.NewLanguages(append(have, "nah")...).Lookup(wanted); slow != got {
			t.Fatalf("%q of %v is %q quickly, and %q slowly", wanted, have, got, slow)
		}
	})
}
