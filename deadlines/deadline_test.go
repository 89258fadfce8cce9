package deadlines_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"notifier/deadlines"
	"notifier/fault"
	"notifier/message"
)

func instant(tb testing.TB, s string) time.Time {
	tb.Helper()
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		tb.Fatal(err)
	}
	return at
}

// faults lists what is wrong as "pointer code detail".
func faults(tb testing.TB, err error) []string {
	tb.Helper()
	if err == nil {
		return nil
	}
	var wrong *fault.Invalid
	if !errors.As(err, &wrong) {
		tb.Fatalf("%v is a %T, want a *message.Invalid", err, err)
	}
	var lines []string
	for _, f := range wrong.Faults {
		lines = append(lines, f.Pointer+" "+f.Code+" "+f.Detail)
	}
	return lines
}

func TestJSONIsThatOfTheJournal(t *testing.T) {
	text := `{"key":"C-1","case":{"id":"C-1","title":"Lease"},"users":["anna"],"due_at":"2011-12-06T12:41:31Z",` +
		`"remind_before":["72h","24h","1h30m","45m"],"overdue":{"every_workday":true,"max":5}}`
	var d deadlines.Deadline
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatal(err)
	}
	want := deadlines.Deadline{
		Key:   "C-1",
		Case:  message.Case{ID: "C-1", Title: "Lease"},
		Users: []string{"anna"},
		Terms: deadlines.Terms{DueAt: instant(t, "2011-12-06T12:41:31Z"), RemindBefore: spans(72*time.Hour, 24*time.Hour, 90*time.Minute, 45*time.Minute), Overdue: &deadlines.Overdue{EveryWorkday: true, Max: new(5)}},
	}
	if diff := cmp.Diff(want, d); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}
	if err := d.Check(); err != nil {
		t.Error(err)
	}
	d.SetAt, d.NextAt, d.Sequence = d.DueAt, d.DueAt, 7
	if got, err := json.Marshal(d); err != nil || string(got) != text {
		t.Errorf("written %s (%v), want %s", got, err, text)
	}
}

func spans(all ...time.Duration) []deadlines.Span {
	var list []deadlines.Span
	for _, d := range all {
		list = append(list, deadlines.Span(d))
	}
	return list
}

func TestSpanSaysWhatToWrite(t *testing.T) {
	for text, says := range map[string]string{
		`"3d"`:   `"3d" is not a duration. Write a number and h or m, as in "72h" for three days`,
		`"72"`:   `"72" is not a duration. Write a number and h or m, as in "72h" for three days`,
		`""`:     `"" is not a duration`,
		`72`:     `72 is not a duration. Write a number and h or m in quotes, as in "72h" for three days`,
		`{"h":}`: `invalid character`,
	} {
		var s deadlines.Span
		err := json.Unmarshal([]byte(text), &s)
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", text, err, says)
		}
	}
	for d, want := range map[time.Duration]string{
		72 * time.Hour: "72h", 90 * time.Minute: "1h30m", time.Minute: "1m", 30 * time.Second: "30s", time.Hour + time.Second: "1h0m1s", 0: "0s", 10 * time.Minute: "10m",
	} {
		if got := deadlines.Span(d).String(); got != want {
			t.Errorf("%v is written %q, want %q", d, got, want)
		}
	}
}

func TestCheck(t *testing.T) {
	good := deadlines.Deadline{
		Key:   "OFA-1181:step-4",
		Case:  message.Case{ID: "C-1", Title: "Lease", URL: "https://bpm.example.org/c/1", Stage: "review", Owner: "anna"},
		Users: []string{"anna", "jan"},
		Terms: deadlines.Terms{DueAt: instant(t, "2026-11-25T15:00:00Z"), RemindBefore: spans(72 * time.Hour), Overdue: &deadlines.Overdue{EveryWorkday: true, Max: new(60)}},
	}
	for _, row := range []struct {
		name   string
		change func(d *deadlines.Deadline)
		want   []string
	}{
		{"all given", func(*deadlines.Deadline) {}, nil},
		{"a key, a user and a date are enough", func(d *deadlines.Deadline) {
			*d = deadlines.Deadline{Key: "k", Users: []string{"anna"}, Terms: deadlines.Terms{DueAt: d.DueAt}}
		}, nil},
		{"a reminder twice is one", func(d *deadlines.Deadline) { d.RemindBefore = spans(time.Hour, time.Hour) }, nil},
		{"nothing given", func(d *deadlines.Deadline) { *d = deadlines.Deadline{} }, []string{
			"/key missing a deadline needs a key, by which it is moved and cleared. Write the id of the case, as in OFA-1181.",
			"/due_at missing a deadline needs a date. Write due_at as 2026-11-25T15:00:00Z.",
			`/users missing a deadline needs somebody to remind. Write users as a list of user ids, as in ["anna"].`,
		}},
		{
			"a key of two lines", func(d *deadlines.Deadline) { d.Key = "a\nb" },
			[]string{"/key bad_text the text has a line break or control character (U+000A) in it. Write it on one line."},
		},
		{
			"a long key", func(d *deadlines.Deadline) { d.Key = strings.Repeat("k", 201) },
			[]string{"/key bad_text the text has 201 characters; at most 200 are taken. Shorten it."},
		},
		{
			"a year with a digit missing", func(d *deadlines.Deadline) { d.DueAt = d.DueAt.AddDate(-1824, 0, 0) },
			[]string{`/due_at out_of_range 0202-11-25T15:00:00Z is out of range. Write a time from 1970-01-01T00:00:00Z to 2199-12-31T23:59:59Z, or leave it out for "never".`},
		},
		{"a user twice is one", func(d *deadlines.Deadline) { d.Users = []string{"anna", "jan", "anna"} }, nil},
		{"an empty user, an address and a long id", func(d *deadlines.Deadline) {
			d.Users = []string{"", "anna@example.org", strings.Repeat("u", 201)}
		}, []string{
			"/users/0 missing a user id is empty. Leave it out, or write the id.",
			"/users/2 bad_text the text has 201 characters; at most 200 are taken. Shorten it.",
		}},
		{
			"too many users", func(d *deadlines.Deadline) { d.Users = make([]string, 10_001) },
			[]string{"/users too_many 10001 users are named; at most 10000 are taken. Set one deadline for each group of them."},
		},
		{"a reminder after the deadline", func(d *deadlines.Deadline) { d.RemindBefore = spans(time.Hour, -time.Hour, 0) }, []string{
			`/remind_before/1 out_of_range "-1h" is out of range. Use more than 0 and at most "8760h", a year, before the deadline.`,
			`/remind_before/2 out_of_range "0s" is out of range. Use more than 0 and at most "8760h", a year, before the deadline.`,
		}},
		{
			"a year before is the most", func(d *deadlines.Deadline) { d.RemindBefore = spans(8760*time.Hour, 8761*time.Hour) },
			[]string{`/remind_before/1 out_of_range "8761h" is out of range. Use more than 0 and at most "8760h", a year, before the deadline.`},
		},
		{
			"too many reminders", func(d *deadlines.Deadline) { d.RemindBefore = make([]deadlines.Span, 21); fill(d.RemindBefore) },
			[]string{"/remind_before too_many 21 reminders are asked for; at most 20 are sent. Leave some out."},
		},
		{
			"overdue that sends nothing", func(d *deadlines.Deadline) { d.Overdue = &deadlines.Overdue{Max: new(3)} },
			[]string{`/overdue/every_workday missing overdue without every_workday sends nothing. Write "every_workday": true, or leave overdue out.`},
		},
		{"overdue without a maximum", func(d *deadlines.Deadline) { d.Overdue = &deadlines.Overdue{EveryWorkday: true} }, nil},
		{
			"overdue for ever", func(d *deadlines.Deadline) { d.Overdue.Max = new(61) },
			[]string{"/overdue/max out_of_range 61 is out of range. Use 0 to 60, or leave max out for 5."},
		},
		{
			"overdue less than never", func(d *deadlines.Deadline) { d.Overdue.Max = new(-1) },
			[]string{"/overdue/max out_of_range -1 is out of range. Use 0 to 60, or leave max out for 5."},
		},
		{"a header in a case", func(d *deadlines.Deadline) {
			d.Case.ID, d.Case.Title, d.Case.Stage, d.Case.Owner = "a\r", "b\r", "c\r", "d\r"
		}, []string{
			"/case/id bad_text the text has a line break or control character (U+000D) in it. Write it on one line.",
			"/case/title bad_text the text has a line break or control character (U+000D) in it. Write it on one line.",
			"/case/stage bad_text the text has a line break or control character (U+000D) in it. Write it on one line.",
			"/case/owner bad_text the text has a line break or control character (U+000D) in it. Write it on one line.",
		}},
		{
			"a link that runs a script", func(d *deadlines.Deadline) { d.Case.URL = "javascript:alert(1)" },
			[]string{`/case/url bad_url "javascript:alert(1)" is not a web address. Write it as https://bpm.example.org/c/1181.`},
		},
		{
			"a link without a host", func(d *deadlines.Deadline) { d.Case.URL = "/c/1" },
			[]string{`/case/url bad_url "/c/1" is not a web address. Write it as https://bpm.example.org/c/1181.`},
		},
		{
			"a link that is none", func(d *deadlines.Deadline) { d.Case.URL = "https://%zz" },
			[]string{`/case/url bad_url "https://%zz" is not a web address. Write it as https://bpm.example.org/c/1181.`},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := good
			overdue := *good.Overdue
			d.Overdue = &overdue
			row.change(&d)
			if diff := cmp.Diff(row.want, faults(t, d.Check())); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func fill(list []deadlines.Span) {
	for i := range list {
		list[i] = deadlines.Span(i+1) * deadlines.Span(time.Hour)
	}
}

// AMODIT-21: a reminder fires only if the case has not changed stage or owner meanwhile.
func TestOver(t *testing.T) {
	d := deadlines.Deadline{Case: message.Case{ID: "C-1", Stage: "review", Owner: "anna"}}
	bare := deadlines.Deadline{Case: message.Case{ID: "C-1"}}
	for _, row := range []struct {
		name string
		d    deadlines.Deadline
		now  message.Case
		over bool
	}{
		{"nothing changed", d, message.Case{ID: "C-1", Stage: "review", Owner: "anna"}, false},
		{"AMODIT-21: another stage", d, message.Case{ID: "C-1", Stage: "archive", Owner: "anna"}, true},
		{"AMODIT-21: another owner", d, message.Case{ID: "C-1", Stage: "review", Owner: "jan"}, true},
		{"the event names neither", d, message.Case{ID: "C-1", Title: "Lease"}, false},
		{"the event names another stage and no owner", d, message.Case{ID: "C-1", Stage: "archive"}, true},
		{"the deadline names neither", bare, message.Case{ID: "C-1", Stage: "archive", Owner: "jan"}, false},
		{"another case", d, message.Case{ID: "C-2", Stage: "archive", Owner: "jan"}, false},
		{"no case at all", deadlines.Deadline{Case: message.Case{Stage: "review"}}, message.Case{Stage: "archive"}, false},
	} {
		if got := row.d.Over(row.now); got != row.over {
			t.Errorf("%s: Over = %v, want %v", row.name, got, row.over)
		}
	}
}

func FuzzDeadline(f *testing.F) {
	for _, s := range []string{
		`{"key":"C-1","case":{"id":"C-1","url":"http://x"},"users":["anna"],"due_at":"2011-12-06T12:41:31Z","remind_before":["72h","24h"],"overdue":{"every_workday":true}}`,
		`{"due_at":"9999-12-31T23:59:59Z","users":["a"],"key":"k","overdue":{"every_workday":true,"max":60}}`,
		`{"due_at":"0001-01-01T00:00:01Z","users":["a"],"key":"k","remind_before":["8760h"]}`,
		`{"remind_before":["-1h","1ns",72,null]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var d deadlines.Deadline
		if json.Unmarshal(b, &d) != nil {
			return
		}
		if err := d.Check(); err != nil {
			faults(t, err)
			return
		}
		steps := d.Steps(deadlines.Calendar{})
		if len(steps) == 0 || len(steps) > 81 {
			t.Fatalf("%s has %d steps", b, len(steps))
		}
		written, err := json.Marshal(d)
		if err != nil {
			return // package time refuses offsets of a day and more
		}
		var again deadlines.Deadline
		if err := json.Unmarshal(written, &again); err != nil {
			t.Fatalf("%s is written %s, which is refused: %v", b, written, err)
		}
		if twice, err := json.Marshal(again); err != nil || string(twice) != string(written) {
			t.Fatalf("%s is written %s, and that is written %s (%v)", b, written, twice, err)
		}
	})
}
