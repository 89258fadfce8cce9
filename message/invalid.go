package message

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Fault is one thing wrong with what a caller handed in. The same sentence is shown
// by the API, the command line and the pages.
type Fault struct {
	Pointer string `json:"pointer" doc:"Where: a JSON pointer into the body." example:"/case_received"`
	Code    string `json:"code" doc:"What, for programs." example:"not_allowed"`
	Detail  string `json:"detail" doc:"What is wrong and what to write instead."`
}

// MaxFaults is how many things that are wrong with one request are told: whoever has made
// one mistake a thousand times needs no thousand sentences, and an answer that grows with
// what it refuses is a weapon.
const MaxFaults = 20

// The longest pointer and sentence of a fault, in bytes: both repeat what a caller wrote.
const (
	maxPointer = 250
	maxDetail  = 500
)

// Invalid says that a request cannot be taken, and what is wrong with it: MaxFaults things,
// and how many more there are. Nothing of such a request is stored.
type Invalid struct {
	Faults []Fault
	More   int
}

func (e *Invalid) Error() string {
	var lines []string
	for _, f := range e.Faults {
		where := strings.ReplaceAll(strings.TrimPrefix(f.Pointer, "/"), "/", ".")
		if where != "" {
			where += ": "
		}
		lines = append(lines, where+f.Detail)
	}
	if e.More > 0 {
		lines = append(lines, AndMore(e.More))
	}
	return strings.Join(lines, " ")
}

// AndMore is the sentence that stands for n faults which are not told.
func AndMore(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return "And " + digits + " more."
}

// Add notes one more fault, as a whole sentence. After MaxFaults they are only counted.
func (e *Invalid) Add(pointer, code, format string, args ...any) {
	if len(e.Faults) >= MaxFaults {
		e.More++
		return
	}
	detail := KeepEnds(fmt.Sprintf(format, args...), maxDetail)
	if !strings.HasSuffix(detail, ".") && !strings.HasSuffix(detail, "?") {
		detail += "."
	}
	e.Faults = append(e.Faults, Fault{Pointer: shortened(pointer, maxPointer), Code: code, Detail: detail})
}

// Take notes the faults of another, which stand below a place of this one.
func (e *Invalid) Take(below string, other *Invalid) {
	for _, f := range other.Faults {
		e.Add(below+f.Pointer, f.Code, "%s", f.Detail)
	}
	e.More += other.More
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

// Check notes err, if there is one, as a fault of that place.
func (e *Invalid) Check(pointer, code string, err error) {
	if err != nil {
		e.Add(pointer, code, "%s", err.Error())
	}
}

// Err is nil if nothing was noted.
func (e *Invalid) Err() error {
	if len(e.Faults) == 0 {
		return nil
	}
	return e
}

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

// Together is one *Invalid with the faults of all; an error of another sort comes first.
func Together(errs ...error) error {
	var all Invalid
	for _, err := range errs {
		var one *Invalid
		switch {
		case errors.As(err, &one):
			all.Take("", one)
		case err != nil:
			return err
		}
	}
	return all.Err()
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
