package mail

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"notifier/message"
)

// foldAt is the length that a line has at most where it can be folded. Lines with encoded
// words are to be two shorter than others (RFC 2047 §2).
const foldAt = 76

// header is a header block under construction.
type header struct{ b []byte }

// words writes a field; it may be folded before each word but the first.
func (h *header) words(name string, words []string) {
	h.b = append(h.b, name...)
	h.b = append(h.b, ':')
	column := len(name) + 1
	for i, w := range words {
		if i > 0 && column+1+len(w) > foldAt {
			h.b = append(h.b, '\r', '\n')
			column = 0
		}
		h.b = append(h.b, ' ')
		h.b = append(h.b, w...)
		column += 1 + len(w)
	}
	h.b = append(h.b, '\r', '\n')
}

// text writes a field without structure. Encoded is only what cannot go as it is: what would
// not come out of a parser as it went in, and what cannot be folded to the length of a line.
func (h *header) text(name, s string) {
	if readable(s) {
		if s != "" && len(name)+len(": ")+len(s) <= foldAt { // most fields: they need no words
			h.line(name, s)
			return
		}
		if words := message.Words(s); fits(name, words) {
			h.words(name, words)
			return
		}
	}
	h.words(name, encodedWords(s, longestWord(name)))
}

// line writes a field that fits on one line.
func (h *header) line(name, s string) {
	h.b = append(append(append(append(h.b, name...), ": "...), s...), "\r\n"...)
}

// fits tells whether each of the words fits on a line; the first stands behind the field's name.
func fits(name string, words []string) bool {
	room := maxLine - len(name) - len(": ")
	for _, w := range words {
		if len(w) > room {
			return false
		}
		room = maxLine - 1
	}
	return true
}

// longestWord is what fits on the line of a field's name where it is to be short.
func longestWord(name string) int { return foldAt - len(name) - len(": ") }

// addresses writes a list of mailboxes, which were checked.
func (h *header) addresses(name string, list []message.Address) error {
	var words []string
	for i, a := range list {
		email, err := onTheWire(a.Email)
		if err != nil {
			return err
		}
		if a.Name != "" {
			words = append(words, displayName(a.Name, longestWord(name))...)
			email = "<" + email + ">"
		}
		if i < len(list)-1 {
			email += ","
		}
		words = append(words, email)
	}
	h.words(name, words)
	return nil
}

// displayName is a person's name as the words of a header: quoted if that does, encoded
// if not.
func displayName(s string, longest int) []string {
	if !readable(s) || s == "" {
		return encodedWords(s, longest)
	}
	quoted := `"` + quoter.Replace(s) + `"`
	if len(quoted) <= longest {
		return []string{quoted}
	}
	return message.Words(quoted) // a quoted text may be folded at its blanks (RFC 5322 §3.2.4)
}

var quoter = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// readable tells whether a text comes out of a header as it went in: printable ASCII, no blank
// at its ends, and nothing that looks like an encoded word.
func readable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return !strings.HasPrefix(s, " ") && !strings.HasSuffix(s, " ") && !strings.Contains(s, "=?")
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

const qPrefix, bPrefix, suffix = "=?utf-8?q?", "=?utf-8?b?", "?="

// encodedWords writes a text as encoded words (RFC 2047): in base64 only if most of it
// would have to be escaped or if one word will do then, since people and filters read the
// other way. Decoders join adjacent words; no character is cut in two.
func encodedWords(s string, longest int) []string {
	room := longest - len(qPrefix) - len(suffix)
	quoted := 0
	for i := range len(s) {
		quoted += qLen(s[i])
	}
	inBase64 := quoted > 2*len(s) || quoted > room && base64.StdEncoding.EncodedLen(len(s)) <= room
	var words []string
	start, length := 0, 0
	for i := 0; i < len(s); {
		_, size := utf8.DecodeRuneInString(s[i:])
		more := 0
		for _, c := range []byte(s[i : i+size]) {
			more += qLen(c)
		}
		full := length+more > room
		if inBase64 {
			full = base64.StdEncoding.EncodedLen(i+size-start) > room
		}
		if full {
			words = append(words, encodedWord(s[start:i], inBase64))
			start, length = i, 0
		}
		length += more
		i += size
	}
	return append(words, encodedWord(s[start:], inBase64))
}

func encodedWord(s string, inBase64 bool) string {
	if inBase64 {
		return bPrefix + base64.StdEncoding.EncodeToString([]byte(s)) + suffix
	}
	const digits = "0123456789ABCDEF"
	b := []byte(qPrefix)
	for _, c := range []byte(s) {
		switch {
		case c == ' ':
			b = append(b, '_')
		case qLen(c) == 1:
			b = append(b, c)
		default:
			b = append(b, '=', digits[c>>4], digits[c&15])
		}
	}
	return string(append(b, suffix...))
}

// qLen is the length of a byte in the Q encoding, as it may stand in a name (RFC 2047 §5).
func qLen(c byte) int {
	switch {
	case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == ' ', c == '!', c == '*', c == '+', c == '-', c == '/':
		return 1
	}
	return 3
}
