package message

import (
	"encoding/json"
	"fmt"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Address is a mailbox: where a mail goes and how the person is called.
type Address struct {
	Email string `json:"email"`
	Name  string `json:"name,omitempty"`
}

// String is the mailbox as a header may hold it: encoded, quoted where needed (RFC 5322 §3.4).
func (a Address) String() string {
	if a.Name == "" {
		return a.Email
	}
	return (&mail.Address{Name: a.Name, Address: a.Email}).String()
}

// The longest parts of an address (RFC 5321 §4.5.3.1).
const (
	maxLocal   = 64
	maxDomain  = 253
	maxAddress = 254
	maxName    = 200
)

// CheckEmail tells what is wrong with an address, or nil. It takes what mail systems
// really use: a dot-atom before the @ and a domain name after it. Address literals and
// quoted local parts are refused: they are how addresses smuggle commands.
func CheckEmail(s string) error {
	local, domain, found := strings.Cut(s, "@")
	switch {
	case s == "":
		return fmt.Errorf("an address is missing. Write it as name@example.org")
	case len(s) > maxAddress:
		return fmt.Errorf("an address has at most %d characters, this one %d", maxAddress, len(s))
	case strings.ContainsFunc(s, unicode.IsControl):
		return fmt.Errorf("%q has a control character or line break in it. Write it as name@example.org", s)
	case !found || local == "" || domain == "" || strings.Contains(domain, "@"):
		return fmt.Errorf("%q is not an address. Write it as name@example.org", s)
	case len(local) > maxLocal:
		return fmt.Errorf("%q has more than %d characters before the @", s, maxLocal)
	}
	for atom := range strings.SplitSeq(local, ".") {
		if atom == "" {
			return fmt.Errorf("%q has a dot too many before the @", s)
		}
		for _, r := range atom {
			if !isAtext(r) {
				return fmt.Errorf("%q has the character %q before the @, which addresses may not have", s, r)
			}
		}
	}
	return checkDomain(s, domain)
}

func checkDomain(address, domain string) error {
	if len(domain) > maxDomain {
		return fmt.Errorf("%q has more than %d characters after the @", address, maxDomain)
	}
	for label := range strings.SplitSeq(domain, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return fmt.Errorf("%q has no valid domain after the @. Write it as name@example.org", address)
		}
		for _, r := range label {
			plain := r == '-' || r == '_' || r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z'
			if !plain && (r < utf8.RuneSelf || !unicode.In(r, unicode.L, unicode.M, unicode.N)) {
				return fmt.Errorf("%q has the character %q after the @, which domains may not have", address, r)
			}
		}
	}
	return nil
}

func isAtext(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' ||
		strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r)
}

// Check tells what is wrong with the mailbox, or nil.
func (a Address) Check() error {
	if err := CheckEmail(a.Email); err != nil {
		return err
	}
	return CheckLine(a.Name, maxName)
}

// Recipient is one entry of a draft's to, cc or bcc: an address with or without a name,
// or the id of a user or group.
type Recipient struct {
	Address
	// ID is a user's or group's id, if no address was given.
	ID string `json:"-"`
}

// UnmarshalJSON takes "name@example.org", "user-id" or {"email": …, "name": …}.
func (r *Recipient) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err == nil {
		*r = ParseRecipient(s)
		return nil
	}
	type plain Address
	if err := strictly(b, (*plain)(&r.Address)); err != nil {
		return fmt.Errorf(`a recipient is a user id, an address, or {"email": …, "name": …}`)
	}
	return nil
}

// MarshalJSON writes what UnmarshalJSON takes.
func (r Recipient) MarshalJSON() ([]byte, error) {
	switch {
	case r.ID != "":
		return json.Marshal(r.ID)
	case r.Name == "":
		return json.Marshal(r.Email)
	}
	return json.Marshal(r.Address)
}

// ParseRecipient reads what is written for one recipient: an address if it has an @,
// with or without a name before it in angle brackets, and otherwise an id.
func ParseRecipient(s string) Recipient {
	if !strings.Contains(s, "@") {
		return Recipient{ID: s}
	}
	if strings.HasSuffix(s, ">") {
		if a, err := mail.ParseAddress(s); err == nil {
			return Recipient{Address: Address{Email: a.Address, Name: a.Name}}
		}
	}
	return Recipient{Address: Address{Email: s}}
}
