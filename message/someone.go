package message

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// Someone is whom a text may name: a user's id and address. The address is compared by what
// it is, not by how it is spelled: capitals, a name before it and the two ways to write an
// international domain make no difference. A longer address that contains it is another.
type Someone struct {
	ID    string
	Email string
}

// Has tells whether an address is the person's.
func (p Someone) Has(address string) bool {
	return p.Email != "" && spelling(address) == spelling(p.Email)
}

// spelling is the one way to write an address by which two are compared.
func spelling(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return strings.ToLower(address)
	}
	return Identity(strings.Trim(address[:at], `"`) + "@" + strings.TrimSuffix(address[at+1:], "."))
}

// Spellings are the ways in which the person's address may be stored, apart from capitals.
func (p Someone) Spellings() []string {
	if p.Email == "" {
		return nil
	}
	all := []string{p.Email}
	at := strings.LastIndexByte(p.Email, '@')
	for _, other := range []func(string) (string, error){idna.Lookup.ToASCII, idna.Display.ToUnicode} {
		domain, err := other(p.Email[at+1:])
		if err == nil && !strings.EqualFold(domain, p.Email[at+1:]) {
			all = append(all, p.Email[:at+1]+domain)
		}
	}
	return all
}

// In tells whether a text mentions the person's address.
func (p Someone) In(text string) bool {
	_, found := p.replace(text, "")
	return found
}

// ErasedAddress stands in a text where an address of a person stood who was erased.
const ErasedAddress = "erased"

// Erase takes the person's address out of a text.
func (p Someone) Erase(text string) string {
	without, _ := p.replace(text, ErasedAddress)
	return without
}

func (p Someone) replace(text, by string) (without string, found bool) {
	if p.Email == "" || !strings.Contains(text, "@") {
		return text, false
	}
	var b strings.Builder
	done := 0
	for at := range len(text) {
		if text[at] != '@' || at < done {
			continue
		}
		from, to := addressAround(text, at)
		from, to = unwrap(text, from, to)
		if from >= done && p.Has(text[from:to]) {
			b.WriteString(text[done:from])
			b.WriteString(by)
			done, found = to, true
		}
	}
	if !found {
		return text, false
	}
	b.WriteString(text[done:])
	return b.String(), true
}

// addressAround is the longest address in a text whose @ stands there: ann@… inside joann@…
// is none.
func addressAround(text string, at int) (from, to int) {
	from, to = at, at+1
	if from > 0 && text[from-1] == '"' { // "ann"@example.org
		if begin := strings.LastIndexByte(text[:from-1], '"'); begin >= 0 && !strings.ContainsAny(text[begin:from], "@ ") {
			from = begin
		}
	}
	for from > 0 && text[from] != '"' {
		r, size := utf8.DecodeLastRuneInString(text[:from])
		if !isAtext(r) && r != '.' && (r < utf8.RuneSelf || !unicode.IsLetter(r)) {
			break
		}
		from -= size
	}
	for to < len(text) {
		r, size := utf8.DecodeRuneInString(text[to:])
		if r != '-' && r != '_' && r != '.' && r != '。' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
			break
		}
		to += size
	}
	for from < at && text[from] == '.' {
		from++
	}
	for to > at+1 && (text[to-1] == '.' || text[to-1] == '-') {
		to--
	}
	return from, to
}

// wrapping are signs that may stand around an address in a text as well as in it: 'ann@…'.
var wrapping = map[byte]byte{'\'': '\'', '`': '`', '*': '*', '_': '_', '~': '~', '{': '}', '|': '|'}

// unwrap leaves out signs that stand on both sides of an address.
func unwrap(text string, from, to int) (int, int) {
	for from < to {
		end, wraps := wrapping[text[from]]
		switch {
		case !wraps:
			return from, to
		case text[to-1] == end:
			from, to = from+1, to-1
		case to < len(text) && text[to] == end:
			from++
		default:
			return from, to
		}
	}
	return from, to
}

// OthersThan tells whether the message is, or was, for somebody else than the person, too.
func (m Message) OthersThan(p Someone) bool {
	all := m.Everyone()
	if len(all) < 2 && p.ID != "" && m.UserID == p.ID {
		return false // to whatever address the person had then
	}
	return slices.ContainsFunc(all, func(address string) bool { return !p.Has(address) })
}
