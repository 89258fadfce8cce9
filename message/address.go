package message

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"notifier/fault"
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
	maxLabel   = 63
	maxAddress = 254
	maxName    = 200
)

const asIn = "Write it as name@example.org"

// CheckEmail tells what is wrong with an address, or nil. It takes what mail systems
// really use: a dot-atom before the @ and a domain name after it. Address literals and
// quoted local parts are refused: they are how addresses smuggle commands.
func CheckEmail(s string) error {
	local, domain, found := strings.Cut(s, "@")
	switch {
	case s == "":
		return fmt.Errorf("an address is missing. %s", asIn)
	case len(s) > maxAddress:
		return fmt.Errorf("an address has at most %d characters, this one %d. Write a shorter one", maxAddress, len(s))
	case !utf8.ValidString(s):
		return fmt.Errorf("%q is not valid UTF-8. %s", s, asIn)
	case strings.ContainsFunc(s, unicode.IsControl):
		return fmt.Errorf("%q has a control character or line break in it. %s", s, asIn)
	case !found || local == "" || domain == "" || strings.Contains(domain, "@"):
		return fmt.Errorf("%q is not an address. %s", s, asIn)
	case len(local) > maxLocal:
		return fmt.Errorf("%q has more than %d characters before the @. Write a shorter address", s, maxLocal)
	case strings.Contains(local, "=?"):
		return fmt.Errorf("%q has =? before the @, which mail programs take for encoded text. %s", s, asIn)
	}
	for atom := range strings.SplitSeq(local, ".") {
		if atom == "" {
			return fmt.Errorf("%q has a dot too many before the @. %s", s, asIn)
		}
		for _, r := range atom {
			if r >= utf8.RuneSelf && unicode.Is(unicode.Cf, r) {
				return fmt.Errorf("%q has the invisible character %U before the @. %s", s, r, asIn)
			}
			if !isAtext(r) {
				return fmt.Errorf("%q has the character %q before the @, which addresses may not have. %s", s, r, asIn)
			}
		}
	}
	return checkDomain(s, domain)
}

func checkDomain(address, domain string) error {
	ascii, err := asciiDomain(domain)
	if err != nil {
		return fmt.Errorf("%q has no valid domain after the @: %q has no form in ASCII. %s", address, domain, asIn)
	}
	if len(ascii) > maxDomain || len(address)-len(domain)+len(ascii) > maxAddress {
		return fmt.Errorf("%q has more than %d characters after the @. Write a shorter address", address, maxDomain)
	}
	for label := range strings.SplitSeq(ascii, ".") {
		if label == "" || len(label) > maxLabel || label[0] == '-' || label[len(label)-1] == '-' {
			return fmt.Errorf("%q has no valid domain after the @. %s", address, asIn)
		}
		for _, r := range label {
			if r != '-' && r != '_' && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z') {
				return fmt.Errorf("%q has the character %q after the @, which domains may not have. %s", address, r, asIn)
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
	return fault.CheckName(a.Name, maxName)
}

// Recipient is one entry of a draft's to, cc or bcc: an address with or without a name,
// or the id of a user or group.
type Recipient struct {
	Address
	// ID is a user's or group's id, if no address was given.
	ID string `json:"-"`
	// Bare tells that the address came as a text alone: if it is exactly the id of a user, it means
	// that user.
	Bare bool `json:"-"`
}

// UnmarshalJSON takes "name@example.org", "user-id" or {"email": …, "name": …}.
func (r *Recipient) UnmarshalJSON(b []byte) error {
	*r = Recipient{}
	var s string
	if err := json.Unmarshal(b, &s); err == nil {
		*r = ParseRecipient(s)
		return nil
	}
	if len(b) == 0 || b[0] != '{' {
		return errors.New(`a recipient is a user id, an address, or {"email": …, "name": …}`)
	}
	return fault.Decode(b, &r.Address)
}

// MarshalJSON writes what UnmarshalJSON takes.
func (r Recipient) MarshalJSON() ([]byte, error) {
	if r.ID != "" {
		return json.Marshal(r.ID)
	}
	if ParseRecipient(r.Email) == r {
		return json.Marshal(r.Email)
	}
	return json.Marshal(r.Address)
}

// ParseRecipient reads what is written for one recipient: an address if it has an @,
// with or without a name before it in angle brackets, and otherwise an id. Whether a text with an @ is
// the id of a user is for the store to say.
func ParseRecipient(s string) Recipient {
	if !strings.Contains(s, "@") {
		return Recipient{ID: s}
	}
	if strings.HasSuffix(s, ">") {
		if a, err := mail.ParseAddress(s); err == nil && utf8.ValidString(a.Name) {
			return Recipient{Address: Address{Email: a.Address, Name: a.Name}}
		}
	}
	return Recipient{Address: Address{Email: s}, Bare: true}
}
