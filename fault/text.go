package fault

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// CheckLine tells what is wrong with a text that must stay on one line, or nil. Line
// breaks and other control characters are how headers are injected (RFC 5322 §2.2).
func CheckLine(s string, longest int) error {
	if !utf8.ValidString(s) {
		return fmt.Errorf("the text is not valid UTF-8")
	}
	for _, r := range s {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return fmt.Errorf("the text has a line break or control character (%U) in it. Write it on one line", r)
		}
	}
	if n := utf8.RuneCountInString(s); n > longest {
		return fmt.Errorf("the text has %d characters; at most %d are taken. Shorten it", n, longest)
	}
	return nil
}

// CheckBody tells what is wrong with the text or HTML of a mail, or nil.
func CheckBody(s string, longest int) error {
	switch {
	case !utf8.ValidString(s):
		return fmt.Errorf("the text is not valid UTF-8")
	case strings.ContainsRune(s, 0):
		return fmt.Errorf("the text has a NUL character in it. Leave it out")
	case len(s) > longest:
		return fmt.Errorf("the text has %d bytes; at most %d are taken. Shorten it, or link to it", len(s), longest)
	}
	return nil
}

// CheckName is CheckLine for the name of a person or a file. Controls of the writing direction
// (Unicode, UAX #9) are refused: with them "cod.exe" reads as "exe.doc".
func CheckName(s string, longest int) error {
	for _, r := range s {
		if isBidiControl(r) {
			return fmt.Errorf("the name has a control of the writing direction (%U) in it. Leave it out", r)
		}
	}
	return CheckLine(s, longest)
}

// WithoutBidi is a name without controls of the writing direction, as mails show what was stored
// before these were refused.
func WithoutBidi(s string) string {
	if !strings.ContainsFunc(s, isBidiControl) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if isBidiControl(r) {
			return -1
		}
		return r
	}, s)
}

func isBidiControl(r rune) bool {
	return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' || r == '\u200e' || r == '\u200f' || r == '\u061c'
}

// Truncate is the first n characters of s.
func Truncate(s string, n int) string {
	if len(s) <= n {
		return s
	}
	count := 0
	for i := range s { // no longer than it takes: s may have millions
		if count == n {
			return strings.ToValidUTF8(s[:i], "\uFFFD")
		}
		count++
	}
	return s
}

// shortened is the beginning of a text that is too long, in bytes.
func shortened(s string, longest int) string {
	if len(s) <= longest {
		return s
	}
	return s[:runeBefore(s, longest-len("…"))] + "…"
}

// KeepEnds shortens a sentence that is too long, in bytes, in the middle: its end says what to do.
func KeepEnds(s string, longest int) string {
	if len(s) <= longest {
		return s
	}
	end := longest / 3
	return s[:runeBefore(s, longest-end-len("…"))] + "…" + s[runeBefore(s, len(s)-end):]
}

// runeBefore is where the character begins that the byte is in.
func runeBefore(s string, at int) int {
	for at > 0 && !utf8.RuneStart(s[at]) {
		at--
	}
	return at
}
