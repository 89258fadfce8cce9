package cli

import (
	"encoding/json"
	"strings"
	"testing"
)

// Whatever stands in a file of choices, it is choices of users or a line that is wrong.
func FuzzChoices(f *testing.F) {
	f.Add("user,case_changed\nanna,daily\n")
	f.Add("user,a,a\n\"x\ny\",1,2\n")
	f.Add(`{"user":"anna","case_changed":"daily"}` + "\n{}")
	f.Add("\uFEFFuser\n\n")
	f.Fuzz(func(t *testing.T, content string) {
		for _, read := range []func(string) ([]choices, int, error){choicesOfCSV, choicesOfJSON} {
			all, line, err := read(content)
			if err != nil && (line < 1 || line > strings.Count(content, "\n")+strings.Count(content, "\r")+1) {
				t.Errorf("line %d of %q: %v", line, content, err)
			}
			for _, one := range all {
				if one.n < 1 || one.chosen == nil {
					t.Errorf("%+v of %q", one, content)
				}
			}
		}
	})
}

// Whatever stands on a line of events, it is a request, somebody else's line, or wrong.
func FuzzEventLine(f *testing.F) {
	f.Add(`{"kind":"case_changed","users":["anna"]}`)
	f.Add(`{"at":"2026-01-01T00:00:00Z","do":"notify","id":"e1","kind":"case_changed"}`)
	f.Add(`{"do":1}`)
	f.Add(`{"do":"set_user"}`)
	f.Fuzz(func(t *testing.T, line string) {
		one, wanted, err := readEvent([]byte(line))
		if err != nil || !wanted {
			return
		}
		var fields map[string]json.RawMessage
		if json.Unmarshal(one.raw, &fields) != nil || fields["do"] != nil || fields["at"] != nil {
			t.Errorf("%q becomes %s", line, one.raw)
		}
	})
}
