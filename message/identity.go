package message

import (
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// domains maps domains as UTS #46 does for looking them up, without the exceptions for old software:
// full-width letters, ideographic full stops, capitals and soft hyphens are mapped, what no domain may
// have is refused. It gives the form in ASCII.
var domains = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.Transitional(false))

// Identity is what two spellings of one address have in common: suppressions, limits and duplicates
// compare it. The domain is in its ASCII form; the local part is folded, though mail systems may tell
// its capitals apart, since none that people use does. An address is written as it was given.
func Identity(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return foldCase(address)
	}
	local, domain := foldCase(address[:at]), DomainIdentity(address[at+1:])
	if local == address[:at] && domain == address[at+1:] {
		return address // most are, so that nothing is allocated for them
	}
	return local + "@" + domain
}

// DomainIdentity is the same of a domain.
func DomainIdentity(domain string) string {
	if ascii, err := asciiDomain(domain); err == nil {
		return strings.ToLower(ascii)
	}
	return foldCase(domain)
}

// foldCase is a text without the difference of capitals and of composed characters.
func foldCase(s string) string {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return norm.NFC.String(cases.Fold().String(norm.NFC.String(s)))
		}
	}
	return strings.ToLower(s)
}

// asciiDomain is the domain as mail servers know it (RFC 5891). One in ASCII stays as it is, also with
// an underscore, unless a label says that it stands for other letters.
func asciiDomain(domain string) (string, error) {
	encoded := false
	for i := range len(domain) {
		if domain[i] >= utf8.RuneSelf {
			return domains.ToASCII(domain)
		}
		encoded = encoded || (domain[i]|0x20) == 'x' && (i == 0 || domain[i-1] == '.') && len(domain) >= i+4 && strings.EqualFold(domain[i:i+4], "xn--")
	}
	if encoded && !strings.Contains(domain, "_") {
		return domains.ToASCII(domain)
	}
	return domain, nil
}

// Identified is the draft as a repetition of it is told: with the identities of its addresses.
func (d Draft) Identified() Draft {
	for _, list := range []*[]Recipient{&d.To, &d.Cc, &d.Bcc, (*[]Recipient)(&d.ReplyTo)} {
		cloned := false
		for i, r := range *list {
			same := Identity(r.Email)
			if same == r.Email {
				continue
			}
			if !cloned {
				*list, cloned = slices.Clone(*list), true
			}
			(*list)[i].Email = same
		}
	}
	return d
}
