package language_test

import (
	"strings"
	"testing"

	bcp47 "golang.org/x/text/language"
	"pgregory.net/rapid"

	"notifier/language"
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
		if got := language.NewMatcher(strings.Fields(c.have)...).Lookup(c.wanted); got != c.want {
			t.Errorf("%q of %s is %q, want %q", c.wanted, c.have, got, c.want)
		}
	}
}

func TestAcceptLanguage(t *testing.T) {
	have := language.NewMatcher("en", "pl", "fr")
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

// T7: a tag is taken as BCP 47 writes it, and one that is none is refused.
func TestCanonical(t *testing.T) {
	for _, tag := range []string{"xx", "en-USA", "pl-POL", "x-klingon", "und", "root", "C", "en-", "-en", "pl\n", "en US", "pl-PL.UTF-8", strings.Repeat("de-", 20) + "AT"} {
		if got, err := language.Canonical(tag); err == nil {
			t.Errorf("%q is taken as %q", tag, got)
		}
	}
	for tag, want := range map[string]string{"": "", "pl_PL": "pl-PL", "zh-yue": "yue", "ca-valencia": "ca-valencia", "es-419": "es-419", "PT-br": "pt-BR"} {
		if got, err := language.Canonical(tag); err != nil || got != want {
			t.Errorf("%q is taken as %q, %v; want %q", tag, got, err, want)
		}
	}
}

// A tag that is taken is one of BCP 47, and stays as it is when it is taken again.
func FuzzLanguage(f *testing.F) {
	for _, s := range []string{"pl_PL", "zh-Hant-TW", "i-klingon", "en-USA", "de-u-co-phonebk", "zh-min-nan", "x-a", "sr_Latn", "sgn-BE-FR"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		tag, err := language.Canonical(s)
		if err != nil {
			return
		}
		if _, err := bcp47.Parse(tag); s != "" && err != nil {
			t.Fatalf("%q is taken as %q, which is none: %v", s, tag, err)
		}
		if again, err := language.Canonical(tag); err != nil || again != tag {
			t.Fatalf("%q is taken as %q, and that as %q, %v", s, tag, again, err)
		}
		if s != "" && language.NewMatcher(tag).Lookup(s) != tag {
			t.Fatalf("who wants %q does not get %q", s, tag)
		}
	})
}

// What is found quickly is what reading the tags finds.
func TestLookupQuickly(t *testing.T) {
	tags := rapid.SampledFrom([]string{"en", "en-GB", "de", "de-AT", "zh", "zh-Hant", "sr", "sr-Latn", "iw", "he", "no", "nb", "cmn", "fr", "pl"})
	rapid.Check(t, func(t *rapid.T) {
		have, wanted := rapid.SliceOfNDistinct(tags, 1, 4, rapid.ID).Draw(t, "have"), tags.Draw(t, "wanted")
		got := language.NewMatcher(have...).Lookup(wanted)
		// "nah" makes it read the tags: three letters are never common.
		if slow := language.NewMatcher(append(have, "nah")...).Lookup(wanted); slow != got {
			t.Fatalf("%q of %v is %q quickly, and %q slowly", wanted, have, got, slow)
		}
	})
}
