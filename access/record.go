package access

import (
	"encoding/json"
	"reflect"
	"time"

	"notifier/fault"
	"notifier/message"
)

// RecordIDs is what the id of a record begins with.
const RecordIDs = "aud"

// Record is a change that a person or a program made: who did what, from where, and what
// it was before and after. It is written once, and never changed.
type Record struct {
	ID      message.ID `json:"id"`
	Site    string     `json:"-"`
	At      time.Time  `json:"at"`
	By      string     `json:"by" doc:"The name of the key, the address of the person, or the user of the command line."`
	Key     message.ID `json:"key,omitempty" doc:"The key's id; absent for that of the configuration, and for people."`
	From    string     `json:"from,omitempty" doc:"The address that the request came from."`
	Request string     `json:"request_id,omitempty"`
	Action  string     `json:"action" doc:"The operation, as this document calls it." example:"retry-message"`
	Subject string     `json:"subject" doc:"What was changed, as a path below /api/v1." example:"/messages/msg_06f3n5mmmt1fq2r6s0hj0v7k9c"`
	Before  State      `json:"before,omitempty" doc:"What is different now, as it was."`
	After   State      `json:"after,omitempty" doc:"What is different now, as it is; of something new, the whole of it."`
}

// State is what something was like, as far as a record tells.
type State map[string]any

// Keys is the state without what it says.
func (s State) Keys() State {
	var keys State
	for key := range s {
		if keys == nil {
			keys = State{}
		}
		keys[key] = "…"
	}
	return keys
}

// RecordFilter narrows a list of records. Its zero value takes everything.
type RecordFilter struct {
	By, Action, Subject, Request string
	Since, Until                 time.Time
	Before                       message.ID // older than this one
	Limit                        int        // 0 means 100
}

// maxValue is how long a value in a record may be, in bytes of JSON; maxText is what stays
// of a longer one.
const (
	maxValue = 600
	maxText  = 300
)

// hidden are keys whose values are ways in; they are in no record.
var hidden = map[string]bool{"secret": true, "password": true}

// passing are keys that differ each time they are looked at, and so say nothing of a change.
var passing = map[string]bool{"updated_at": true, "next": true, "last_run": true, "holder": true, "running_since": true, "used_at": true, "attempt_records": true, "callbacks": true}

// Differences are the parts of two JSON objects that are not the same in both. What is no
// object is left as it is; what is long is cut. No secret is in them.
func Differences(before, after json.RawMessage) (was, is State) {
	a, b := object(before), object(after)
	for key := range a {
		if other, both := b[key]; both && reflect.DeepEqual(a[key], other) {
			delete(a, key)
			delete(b, key)
		}
	}
	return short(a), short(b)
}

func object(raw json.RawMessage) State {
	var v State
	if len(raw) == 0 || json.Unmarshal(raw, &v) != nil {
		return nil
	}
	for key := range v {
		if hidden[key] || passing[key] {
			delete(v, key)
		}
	}
	return v
}

func short(v State) State {
	if len(v) == 0 {
		return nil
	}
	for key, value := range v {
		if text, err := json.Marshal(value); err != nil || len(text) > maxValue {
			v[key] = fault.Truncate(string(text), maxText)
		}
	}
	return v
}
