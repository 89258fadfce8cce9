package letter

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// Line is s on one line: line breaks and other control characters become blanks, runs of
// blanks one, and marks that turn the direction of writing for all that follows are dropped.
func Line(s string) string {
	if tidy(s) {
		return s
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return ' '
		case turns(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
	return strings.Join(blanks(s), " ")
}

// tidy tells whether Line has nothing to do.
func tidy(s string) bool {
	before := ' '
	for i, r := range s {
		switch {
		case r == ' ' && before == ' ', r < ' ', r == 0x7f:
			return false
		case r < 0x7f: // what nearly all of it is
		case r <= 0x9f, r == '\u2028', r == '\u2029', turns(r):
			return false
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\ufffd"):
			return false
		}
		before = r
	}
	return s == "" || before != ' '
}

// turns tells whether r changes the direction of writing for all that follows.
func turns(r rune) bool {
	return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}

// blanks cuts s where a line may end; a no-break space is not such a place.
func blanks(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '\n' || r == '\t' })
}

// SubjectLine is s as a subject may be: one line that no reply begins, and not too long.
func SubjectLine(s string) string {
	s = Line(s)
	for len(s) >= 3 && strings.EqualFold(s[:3], "re:") {
		s = strings.TrimLeft(s[3:], " ")
	}
	return Cut(s, longestSubject)
}

// Cut is s if it has at most n characters; else its beginning, cut after a word where one
// ends in the second half, never inside of what is one sign to the eye, and "…".
func Cut(s string, n int) string {
	if len(s) <= n || utf8.RuneCountInString(s) <= n {
		return s
	}
	runes := []rune(s)
	end := n - 1
	for i := end; i > end/2; i-- {
		if runes[i] == ' ' {
			return strings.TrimRight(string(runes[:i]), " ,;:.–—-") + "…"
		}
	}
	for end > 0 && joined(runes, end) {
		end--
	}
	if end == 0 { // one endless heap of accents: cut it anywhere
		end = n - 1
	}
	return string(runes[:end]) + "…"
}

// joined tells whether runes[i] and the rune before it are one sign to the eye. It is the
// part of UAX 29 that matters for names and sentences: accents, emoji and flags.
func joined(runes []rune, i int) bool {
	r, before := runes[i], runes[i-1]
	switch {
	case unicode.Is(unicode.M, r), r == zwj, before == zwj:
		return true
	case r >= 0x1f3fb && r <= 0x1f3ff: // skin
		return true
	case r >= 0xe0020 && r <= 0xe007f: // tags, as in the flag of Scotland
		return true
	case r >= 0x1161 && r <= 0x11ff: // the later letters of a Hangul syllable
		return true
	case regional(r):
		n := 0
		for n < i && regional(runes[i-1-n]) {
			n++
		}
		return n%2 == 1
	}
	return false
}

const zwj = '\u200d'

func regional(r rune) bool { return r >= 0x1f1e6 && r <= 0x1f1ff }

// columns is how wide s is where every letter is as wide as another.
func columns(s string) int {
	n := 0
	for _, r := range s {
		switch {
		case r < 0x300:
			n++
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		default:
			n++
			switch width.LookupRune(r).Kind() {
			case width.EastAsianWide, width.EastAsianFullwidth:
				n++
			}
		}
	}
	return n
}
