package fault_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"notifier/fault"
	"notifier/message"
)

// What Decode takes can be written and read again, and what it refuses it explains.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		`{"to":["anna","a@x.test",{"email":"b@x.test","name":"B"}],"subject":"S","text":"T","case":{"id":"C-1"},"send_at":"2026-03-02T12:00:00Z"}`,
		`{"too":1}`, `{"to":5}`, `{"to":[[]]}`, `{"case":{"id":1,"x":{}}}`, `{"send_at":"x","manual":1}`, `{} {}`, `{"`, `null`, "[\n1", `{"one_mail":1e999}`,
		`{"summary":{"en":1}}`, `{"SUBJECT":"a","subject":"b"}`, `{"ſubject":1,"case":0}`, `{"":1}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, v := range []any{new(message.Draft), new(message.Event), new(message.Edit), new(form)} {
			err := fault.Decode([]byte(s), v)
			if err != nil {
				var bad *fault.Invalid
				if !errors.As(err, &bad) || len(bad.Faults) == 0 {
					t.Fatalf("Decode(%q) = %v, want an *Invalid with faults", s, err)
				}
				continue
			}
			if _, err := json.Marshal(v); err != nil {
				t.Fatalf("Decode took %q, which cannot be written: %v", s, err)
			}
		}
		var d message.Draft
		if fault.Decode([]byte(s), &d) == nil && d.Check(noon) == nil {
			for _, line := range []string{d.Subject, d.Reference} {
				if strings.ContainsAny(line, "\r\n\x00") {
					t.Fatalf("%q passes with a line break in %q", s, line)
				}
			}
		}
	})
}
