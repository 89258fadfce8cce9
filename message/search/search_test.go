package search_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"notifier/fault"
	"notifier/message"
	"notifier/message/search"
)

var (
	noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	id   = message.IDOf(message.MessageIDs, [16]byte{1})
	evt  = message.IDOf(message.EventIDs, [16]byte{1})
)

func TestFilter(t *testing.T) {
	for _, row := range []struct {
		line string
		want message.Filter
	}{
		{"", message.Filter{}},
		{"  ", message.Filter{}},
		{"status:error since:24h code:552", message.Filter{Status: message.Error, Since: noon.Add(-24 * time.Hour), Code: "552"}},
		{"Status:ERROR", message.Filter{Status: message.Error}},
		{"to:anna@example.org user:anna", message.Filter{To: "anna@example.org", User: "anna"}},
		{"case:OFA/2026/1181 kind:case_changed", message.Filter{Case: "OFA/2026/1181", Kind: message.CaseChanged}},
		{`case:"OFA 1181"`, message.Filter{Case: "OFA 1181"}},
		{`"case:OFA 1181" user:x`, message.Filter{}},
		{`case:a:b`, message.Filter{Case: "a:b"}},
		{"type:digest", message.Filter{Type: message.Digest}},
		{"job:reminders", message.Filter{Type: message.Reminder}},
		{"job:user_notifications type:digest", message.Filter{Type: message.Digest}},
		{"category:mailbox_full account:backup site:acme", message.Filter{Category: message.MailboxFull, Account: "backup", Site: "acme"}},
		{"reference:r event:" + string(evt) + " id:" + string(id), message.Filter{Reference: "r", Event: evt, ID: id}},
		{"tag:process=lease", message.Filter{Tag: "process=lease"}},
		{"since:2026-11-01 until:2026-11-02T12:00:00+01:00", message.Filter{Since: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), Until: time.Date(2026, 11, 2, 11, 0, 0, 0, time.UTC)}},
		{`text:"lease agreement" since:2w`, message.Filter{Text: "lease agreement", Since: noon.AddDate(0, 0, -14)}},
		{`text:"not closed since:2w`, message.Filter{}},
	} {
		got, err := search.Filter(row.line, "query.q", noon)
		if row.want == (message.Filter{}) && strings.TrimSpace(row.line) != "" {
			if err == nil {
				t.Errorf("%s is taken as %+v", row.line, got)
			}
			continue
		}
		if err != nil || got != row.want {
			t.Errorf("%s = %+v, %v; want %+v", row.line, got, err, row.want)
			continue
		}
		if again, err := search.Filter(search.Line(got), "query.q", noon.Add(time.Hour)); err != nil || again != got {
			t.Errorf("%s is written as %s, which is %+v, %v", row.line, search.Line(got), again, err)
		}
	}
}

// UX 5.4: whoever mistypes a word is told which was meant.
func TestSaysWhatIsWrong(t *testing.T) {
	for _, row := range []struct{ line, want string }{
		{"stauts:error", `there is no filter "stauts". Did you mean "status"?`},
		{"form:anna", `there is no filter "form".`},
		{"status:eror", `status: there is no "eror". Did you mean "error"?`},
		{"lease", `"lease" has no name before it. Look for words with text: and a time, as in text:lease since:7d`},
		{`"lease agreement"`, `as in text:"lease agreement" since:7d`},
		{"text:lease", "words are looked for within a time. Add since, as in since:7d"},
		{"text:lease until:1h", "Add since"},
		{"user:", "user: has nothing behind it. Write what to look for, as in user:anna"},
		{"user:a user:b", "user comes twice. Leave one out"},
		{"job:notifications", "it sends all mail and writes none"},
		{"job:notify", `there is no "notify".`},
		{"job:reminders type:digest", "Leave one out"},
		{"since:yesterday", `"yesterday" is no time. Write how long ago, as in 30m, 24h or 7d`},
		{"since:999999999999d", "longer than anything is kept"},
		{"since:-1d", "is no time"},
		{"since:1h until:2h", "until is not after since"},
		{"id:4711", `"4711" is not the id of a message`},
		{"event:" + string(id), "is not an id of this kind"},
		{"sight:other", `there is no filter "sight".`},
		{"user:a\x00", "character"},
		{strings.Repeat("x", 1001), "at most 1000"},
	} {
		_, err := search.Filter(row.line, "query.q", noon)
		bad, is := errors.AsType[*fault.Invalid](err)
		if !is || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%q: %v, want %q", row.line, err, row.want)
			continue
		}
		if slices.ContainsFunc(bad.Faults, func(f fault.Fault) bool { return f.Pointer != "query.q" }) {
			t.Errorf("%q: faults at %+v", row.line, bad.Faults)
		}
	}
}

// The examples that console and command line offer can be typed.
func TestExamples(t *testing.T) {
	for _, q := range search.Qualifiers() {
		line := q.Example
		if q.Name == "text" {
			line += " since:7d"
		}
		f, err := search.Filter(line, "query.q", noon)
		if err != nil || f == (message.Filter{}) || q.Says == "" {
			t.Errorf("%s: %+v, %v", line, f, err)
		}
		for _, value := range q.Values {
			if err := q.Set(new(message.Filter), value, noon); err != nil {
				t.Errorf("%s:%s: %v", q.Name, value, err)
			}
		}
	}
}

// FuzzFilter: whatever is typed is a filter that can be written down, or is refused with a
// sentence.
func FuzzFilter(f *testing.F) {
	for _, line := range []string{"status:error since:24h code:552", `text:"a b" since:7d`, `"`, ":", "a:b:c", "since:1y", "tag:=", "\u00a0to:\u2003x"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		got, err := search.Filter(line, "query.q", noon)
		if err != nil {
			if bad, is := errors.AsType[*fault.Invalid](err); !is || len(bad.Faults) == 0 {
				t.Fatalf("%q: %v", line, err)
			}
			return
		}
		again, err := search.Filter(search.Line(got), "query.q", noon)
		if err != nil || again != got {
			t.Fatalf("%q is %+v, which is written %q and read as %+v, %v", line, got, search.Line(got), again, err)
		}
	})
}
