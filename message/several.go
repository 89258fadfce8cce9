package message

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"notifier/fault"
)

// Recipients are one recipient or a list of them.
type Recipients []Recipient

// UnmarshalJSON takes a recipient, or a list of recipients.
func (r *Recipients) UnmarshalJSON(b []byte) (err error) {
	*r, err = oneOrMany[Recipient](b)
	return err
}

// MarshalJSON writes a single recipient without brackets.
func (r Recipients) MarshalJSON() ([]byte, error) { return withoutBrackets(r) }

// At is where the recipient stands in a draft's reply_to, as a JSON pointer.
func (r Recipients) At(i int) string {
	if len(r) == 1 {
		return "/reply_to"
	}
	return fmt.Sprintf("/reply_to/%d", i)
}

// Mailboxes are one address or several. A single one is written without brackets, as it was stored
// when there could be no other.
type Mailboxes []Address

// UnmarshalJSON takes an address with its name, or a list of these.
func (m *Mailboxes) UnmarshalJSON(b []byte) (err error) {
	*m, err = oneOrMany[Address](b)
	return err
}

// MarshalJSON writes a single address without brackets.
func (m Mailboxes) MarshalJSON() ([]byte, error) { return withoutBrackets(m) }

// Values are what a header is set to: a text, or several, of which each makes a field.
type Values []string

// UnmarshalJSON takes a text, a number, true or false, or a list of these.
func (v *Values) UnmarshalJSON(b []byte) error {
	all, err := oneOrMany[json.RawMessage](b)
	if err != nil {
		return err
	}
	*v = nil
	for _, raw := range all {
		var s string
		switch raw = bytes.TrimSpace(raw); {
		case json.Unmarshal(raw, &s) == nil && raw[0] == '"':
		case len(raw) > 0 && (raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9' || raw[0] == 't' || raw[0] == 'f'):
			s = string(raw)
		default:
			return errors.New("a header is a text or a number, or a list of these. Write it so")
		}
		*v = append(*v, s)
	}
	return nil
}

// MarshalJSON writes a single text without brackets.
func (v Values) MarshalJSON() ([]byte, error) { return withoutBrackets(v) }

func oneOrMany[T any](b []byte) ([]T, error) {
	b = bytes.TrimSpace(b)
	if string(b) == "null" {
		return nil, nil
	}
	if len(b) == 0 || b[0] != '[' {
		var one T
		err := json.Unmarshal(b, &one)
		return []T{one}, err
	}
	var raws []json.RawMessage
	if err := json.Unmarshal(b, &raws); err != nil {
		return nil, err
	}
	all := make([]T, len(raws))
	for i, raw := range raws {
		err := json.Unmarshal(raw, &all[i])
		if own, is := errors.AsType[*fault.Invalid](err); is {
			for j := range own.Faults {
				own.Faults[j].Pointer = fmt.Sprintf("/%d%s", i, own.Faults[j].Pointer)
			}
		}
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

func withoutBrackets[T any](all []T) ([]byte, error) {
	if len(all) == 1 {
		return json.Marshal(all[0])
	}
	return json.Marshal(all)
}
