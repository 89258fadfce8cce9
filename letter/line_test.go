package letter_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"notifier/letter"
)

func TestLine(t *testing.T) {
	for in, want := range map[string]string{
		"":                           "",
		"plain":                      "plain",
		"Zażółć – gęślą":             "Zażółć – gęślą",
		" a  b ":                     "a b",
		"a\r\nb":                     "a b",
		"a\tb\x00c\x7fd\u0085e":      "a b c d e",
		"a\u2028b\u2029c":            "a b c",
		"fdp.\u202eexe\u2066":        "fdp.exe",
		"bad \xff byte":              "bad \ufffd byte",
		"a\u00a0b":                   "a\u00a0b",
		"kept \ufffd as it is":       "kept \ufffd as it is",
		"👩\u200d💻 at work \u200d ok": "👩\u200d💻 at work \u200d ok",
	} {
		if got := letter.Line(in); got != want {
			t.Errorf("Line(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		in   string
		n    int
		want string
	}{
		{"short", 10, "short"},
		{"exactly ten", 11, "exactly ten"},
		{"exactly eleven", 11, "exactly…"},
		{"a comma, and more", 10, "a comma…"},
		{"Zażółć gęślą jaźń", 10, "Zażółć…"},
		{"Donaudampfschifffahrt", 10, "Donaudamp…"},
		{"a Donaudampfschifffahrt", 10, "a Donauda…"},
		{"12345678e\u0301 and", 10, "12345678…"},
		{"1234567👩\u200d💻👩\u200d💻", 10, "1234567…"},
		{"12345678👍🏽 and", 10, "12345678…"},
		{"1234567🇵🇱🇫🇷", 9, "1234567…"},
		{"1234567🇵🇱🇫🇷", 10, "1234567🇵🇱…"},
		{"1234🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f and", 9, "1234…"},
		{"12345678\u1112\u1161\u11ab", 10, "12345678…"},
		{"e" + strings.Repeat("\u0301", 99), 5, "e\u0301\u0301\u0301…"},
	} {
		if got := letter.Cut(c.in, c.n); got != c.want {
			t.Errorf("Cut(%q, %d) = %q, want %q", c.in, c.n, got, c.want)
		}
	}
}

func TestCutIsShortEnough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := letter.Line(rapid.String().Draw(t, "s"))
		n := rapid.IntRange(2, 300).Draw(t, "n")
		got := letter.Cut(s, n)
		if utf8.RuneCountInString(got) > n || !utf8.ValidString(got) {
			t.Errorf("Cut(%q, %d) = %q", s, n, got)
		}
		if got != s && !strings.HasPrefix(s, strings.TrimSuffix(got, "…")) {
			t.Errorf("Cut(%q, %d) = %q, which is not its beginning", s, n, got)
		}
		if again := letter.Line(s); again != s {
			t.Errorf("Line(%q) = %q", s, again)
		}
	})
}

func TestLink(t *testing.T) {
	for in, want := range map[string]string{
		"":                           "",
		"https://x.test/c/1?a=b&c=d": "https://x.test/c/1?a=b&c=d",
		"HTTP://x.test/":             "http://x.test/",
		"https://x.test/a b":         "https://x.test/a%20b",
		"https://x.test/?q=a b\"<>":  "https://x.test/?q=a%20b%22%3C%3E",
		"https://x.test/ł":           "https://x.test/%C5%82",
		"https://ł.test/?ł":          "https://%C5%82.test/?%C5%82",
		"javascript:alert(1)":        "",
		"JaVaScRiPt://x.test/%0aa()": "",
		"java\nscript:alert(1)":      "",
		"data:text/html,x":           "",
		"vbscript:x":                 "",
		"file:///etc/passwd":         "",
		"ftp://x.test/":              "",
		"//x.test/":                  "",
		"/c/1":                       "",
		"https:x.test":               "",
		"https://":                   "",
		"https://x.test/\r\nBcc: y":  "",
		" https://x.test/":           "",
		"https://x.test/" + strings.Repeat("a", 2000): "",
		"https://x.test/" + strings.Repeat("ł", 500):  "",
	} {
		if got := letter.Link(in); got != want {
			t.Errorf("Link(%q) = %q, want %q", in, got, want)
		}
	}
}
