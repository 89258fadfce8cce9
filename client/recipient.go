package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/mail"
	"strings"
	"unicode/utf8"
)

// Address is a mailbox: where a mail goes and how the person is called.
type Address struct {
	Email string `json:"email"`
	Name  string `json:"name,omitempty"`
}

// String is the mailbox as a header may hold it: encoded, quoted where needed.
func (a Address) String() string {
	if a.Name == "" {
		return a.Email
	}
	return (&mail.Address{Name: a.Name, Address: a.Email}).String()
}

// Recipient is one entry of a draft's to, cc or bcc: an address with or without a name,
// or the id of a user or group.
type Recipient struct {
	Address
	// ID is a user's or group's id, if no address was given.
	ID string `json:"-"`
	// Bare says that the address is a text alone: if it is exactly the id of a user, it means
	// that user.
	Bare bool `json:"-"`
}

// ParseRecipient reads what is written for one recipient: an address if it has an @,
// with or without a name before it in angle brackets, and otherwise an id.
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

// UnmarshalJSON takes "name@example.org", "user-id" or {"email": …, "name": …}.
func (r *Recipient) UnmarshalJSON(b []byte) error {
	*r = Recipient{}
	var s string
	if err := json.Unmarshal(b, &s); err == nil {
		*r = ParseRecipient(s)
		return nil
	}
	return json.Unmarshal(b, &r.Address)
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

// Recipients are one recipient or a list of them.
type Recipients []Recipient

// UnmarshalJSON takes a recipient, or a list of recipients.
func (r *Recipients) UnmarshalJSON(b []byte) (err error) {
	*r, err = oneOrMany[Recipient](b)
	return err
}

// MarshalJSON writes a single recipient without brackets.
func (r Recipients) MarshalJSON() ([]byte, error) { return withoutBrackets(r) }

// Values are what a header is set to: a text, or several, of which each makes a field.
type Values []string

// UnmarshalJSON takes a text, or a list of texts.
func (v *Values) UnmarshalJSON(b []byte) (err error) {
	*v, err = oneOrMany[string](b)
	return err
}

// MarshalJSON writes a single text without brackets.
func (v Values) MarshalJSON() ([]byte, error) { return withoutBrackets(v) }

func oneOrMany[T any](b []byte) (all []T, err error) {
	if b = bytes.TrimSpace(b); len(b) > 0 && b[0] == '[' || string(b) == "null" {
		err = json.Unmarshal(b, &all)
		return all, err
	}
	var one T
	err = json.Unmarshal(b, &one)
	return []T{one}, err
}

func withoutBrackets[T any](all []T) ([]byte, error) {
	if len(all) == 1 {
		return json.Marshal(all[0])
	}
	return json.Marshal(all)
}

// Data is a JSON object, with its keys in their order.
type Data []byte

// UnmarshalJSON keeps an object without its white space.
func (d *Data) UnmarshalJSON(b []byte) error {
	*d = nil
	if string(b) == "null" {
		return nil
	}
	if len(b) == 0 || b[0] != '{' {
		return errors.New("an object is expected here, with what the template shows")
	}
	var compact bytes.Buffer
	err := json.Compact(&compact, b)
	*d = compact.Bytes()
	return err
}

// MarshalJSON writes what UnmarshalJSON takes.
func (d Data) MarshalJSON() ([]byte, error) {
	if len(d) == 0 {
		return []byte("null"), nil
	}
	return d, nil
}
