package message

import (
	"bytes"
	"encoding/json"
	"errors"
)

// Filling names a template and what it is filled in with (TE-14).
type Filling struct {
	Name string `json:"name" doc:"Of the template." maxLength:"100" example:"contract_ready"`
	Data Data   `json:"data,omitempty" doc:"What it is filled in with."`
}

// Data is a JSON object, with its keys in their order.
type Data []byte

// Verbatim says to fault.Decode that the data stay as they are written: the template has a limit for them.
func (Data) Verbatim() {}

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
