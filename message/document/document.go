// Package document reads the documents that Trigger Email takes, and says what mail each
// asks for.
//
// A document is kept as its owner wrote it. What is wrong with it is a sentence in its
// record, and never a reason to forget it.
package document

import (
	"bytes"
	"encoding/json"
	"time"

	"notifier/fault"
	"notifier/message"
)

// Document is a document of a collection, and what it has led to.
type Document struct {
	Site, Collection, ID string
	// Fields are what its owner wrote, as a JSON object without delivery.
	Fields []byte
	// Message is the mail that it led to last; empty if none yet.
	Message message.ID
	// Sends counts the mails that it was to lead to, Earlier the attempts of those before
	// the last.
	Sends, Earlier int
	// Said and Rest tell whether that mail is what the fields ask for now: hashes of all of
	// it, and of what an edit of a message cannot change.
	Said, Rest string
	// Error says why it led to no mail; empty if it did, or is to.
	Error string
	// LeftOut lists what the mail goes without.
	LeftOut   []string
	Version   int
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Delivery is Trigger Email's record, with what was left out.
type Delivery struct {
	message.Delivery
	LeftOut []string `json:"leftOut,omitempty"`
}

// Failed is the record of a document that led to no mail (TE-12).
func (d Document) Failed() Delivery {
	return Delivery{LeftOut: d.LeftOut, Delivery: message.Delivery{
		State: "ERROR", StartTime: &d.UpdatedAt, EndTime: &d.UpdatedAt, Error: &d.Error, Attempts: d.Earlier,
	}}
}

// Of is the record of a document whose mail has that one.
func (d Document) Of(mail message.Delivery) Delivery {
	mail.Attempts += d.Earlier
	return Delivery{Delivery: mail, LeftOut: d.LeftOut}
}

// Waiting is the record of a document whose mail is about to be made.
func (d Document) Waiting() Delivery {
	return Delivery{Delivery: message.Delivery{State: "PENDING", Attempts: d.Earlier}}
}

// Show is the whole document: its fields, its id unless they have one, and delivery.
func (d Document) Show(delivery Delivery) ([]byte, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(d.Fields, &fields); err != nil {
		return nil, err
	}
	var err error
	if fields["delivery"], err = plain(delivery); err != nil {
		return nil, err
	}
	if _, own := fields["id"]; !own {
		if fields["id"], err = plain(d.ID); err != nil {
			return nil, err
		}
	}
	return plain(fields)
}

// plain is JSON in which <, > and & stand as they are.
func plain(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}

// Write is what somebody writes into a document.
type Write struct {
	fields map[string]json.RawMessage
	// Again tells whether the mail is asked for once more: delivery.state RETRY or PENDING.
	Again bool
}

// Did is what became of a write.
type Did struct {
	Created  bool // the document is new
	Replayed bool // the same request was answered before, and nothing was done now
}

// Asked is what the write says, by which a repetition of it is told.
func (w Write) Asked() any { return []any{w.fields, w.Again} }

// maxFields is how many fields a document has at most.
const maxFields = 1000

// ReadWrite reads what somebody writes; *fault.Invalid if it is no JSON object. Of
// delivery, which is ours, only the command in state counts; other states are what we
// wrote there ourselves.
func ReadWrite(b []byte, id string) (w Write, err error) {
	if err := fault.Decode(b, &w.fields); err != nil {
		return w, err
	}
	var bad fault.Invalid
	if w.fields == nil || len(w.fields) > maxFields {
		bad.Add("", "bad_value", "a document is a JSON object of at most %d fields. Write it so", maxFields)
		return w, bad.Err()
	}
	for _, key := range []string{"delivery", "delivery.state"} { // a part of a document is named with dots, too
		raw, given := w.fields[key]
		if !given {
			continue
		}
		delete(w.fields, key)
		var record struct {
			State string `json:"state"`
		}
		if key == "delivery.state" {
			_ = json.Unmarshal(raw, &record.State)
		} else {
			_ = json.Unmarshal(raw, &record) // what else it says is ours
		}
		w.Again = w.Again || record.State == "RETRY" || record.State == "PENDING"
	}
	var own string
	if raw, given := w.fields["id"]; given && json.Unmarshal(raw, &own) == nil && own == id {
		delete(w.fields, "id") // as we have shown it
	}
	return w, nil
}

// Into is the document's fields afterwards: replaced, or with patch changed one by one,
// where null removes a field (RFC 7396).
func (w Write) Into(fields []byte, patch bool) ([]byte, error) {
	if !patch || fields == nil {
		return plain(w.fields)
	}
	written, err := plain(w.fields)
	if err != nil {
		return nil, err
	}
	before, err := generic(fields)
	if err != nil {
		return nil, err
	}
	change, err := generic(written)
	if err != nil {
		return nil, err
	}
	return plain(merge(before, change))
}

// generic is JSON as maps, lists and scalars, with numbers as they are written.
func generic(b []byte) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	err = d.Decode(&v)
	return v, err
}

func merge(target, patch any) any {
	change, is := patch.(map[string]any)
	if !is {
		return patch
	}
	object, is := target.(map[string]any)
	if !is {
		object = map[string]any{}
	}
	for key, value := range change {
		if value == nil {
			delete(object, key)
			continue
		}
		object[key] = merge(object[key], value)
	}
	return object
}
