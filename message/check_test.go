package message_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"notifier/fault"
	"notifier/message"
)

// faults are the pointers and codes of an error, as in "/to missing".
func faults(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var bad *fault.Invalid
	if !errors.As(err, &bad) {
		t.Fatalf("%v is no *Invalid", err)
	}
	var all []string
	for _, f := range bad.Faults {
		all = append(all, f.Pointer+" "+f.Code)
		advises(t, f)
	}
	return all
}

// advises makes sure that a fault is a sentence that a person can act on.
func advises(t *testing.T, f fault.Fault) {
	t.Helper()
	last := f.Detail[len(f.Detail)-1]
	if last != '.' && last != '?' || strings.Contains(f.Detail, "..") || len(f.Detail) > 700 {
		t.Errorf("%s: %q is no sentence", f.Pointer, f.Detail)
	}
	for _, word := range []string{"Go ", "json:", "unmarshal", "reflect", "nil", "struct"} {
		if strings.Contains(f.Detail, word) {
			t.Errorf("%s: %q shows our insides", f.Pointer, f.Detail)
		}
	}
}

func draft(change func(*message.Draft)) message.Draft {
	d := message.Draft{To: []message.Recipient{{ID: "anna"}, address("jan@example.net", "Jan")}, Subject: "Contract ready", Text: "It is."}
	if change != nil {
		change(&d)
	}
	return d
}

func ptr[T any](v T) *T { return &v }

func many(n int) []message.Recipient { return make([]message.Recipient, n) }

func TestDraftCheck(t *testing.T) {
	type list = []message.Recipient
	for _, c := range []struct {
		name   string
		change func(*message.Draft)
		want   []string
	}{
		{"a good one", nil, nil},
		{"everything at its longest", func(d *message.Draft) {
			d.Reference, d.Subject = long(200), strings.Repeat("ż", 250)
			d.Text, d.HTML = long(message.MaxBody), long(message.MaxBody)
			d.Case = &message.Case{ID: long(200), Title: long(200), Stage: long(200), Owner: long(200), URL: "https://x.test/" + long(1985)}
			d.SendAt, d.ExpiresAt = ptr(noon.Add(time.Hour)), ptr(noon.Add(2*time.Hour))
		}, nil},
		{"html alone", func(d *message.Draft) { d.Text, d.HTML = "", "<p>It is.</p>" }, nil},
		{"nothing at all", func(d *message.Draft) { *d = message.Draft{} }, []string{"/subject missing", "/text missing", "/to missing"}},
		{"id too long", func(d *message.Draft) { d.Reference = long(201) }, []string{"/id bad_text"}},
		{"id with NUL", func(d *message.Draft) { d.Reference = "a\x00" }, []string{"/id bad_text"}},
		{"subject of blanks", func(d *message.Draft) { d.Subject = " \u00a0" }, []string{"/subject missing"}},
		{"subject too long", func(d *message.Draft) { d.Subject = long(251) }, []string{"/subject bad_text"}},
		{"subject that adds a header", func(d *message.Draft) { d.Subject = "Hi\r\nBcc: eve@example.net" }, []string{"/subject bad_text"}},
		{"text too long", func(d *message.Draft) { d.Text = long(message.MaxBody + 1) }, []string{"/text bad_text"}},
		{"html with NUL", func(d *message.Draft) { d.HTML = "a\x00" }, []string{"/html bad_text"}},
		{"too many recipients", func(d *message.Draft) { d.To = slices.Repeat(list{{ID: "anna"}}, fault.MaxList+1) }, []string{"/to too_many"}},
		{"the most recipients", func(d *message.Draft) { d.To = slices.Repeat(list{{ID: "anna"}}, fault.MaxList) }, nil},
		{"AMODIT-28: one mail for too many", func(d *message.Draft) {
			d.To, d.Cc, d.Bcc = slices.Repeat(list{{ID: "a"}}, 50), slices.Repeat(list{{ID: "b"}}, 50), list{{ID: "c"}}
		}, []string{"/to too_many"}},
		{"one_mail for too many", func(d *message.Draft) { d.OneMail, d.To = true, slices.Repeat(list{{ID: "a"}}, 101) }, []string{"/to too_many"}},
		{"one_mail for the most", func(d *message.Draft) { d.OneMail, d.To = true, slices.Repeat(list{{ID: "a"}}, 100) }, nil},
		{"bad recipients, each where it stands", func(d *message.Draft) {
			d.To = list{address("anna@", ""), {ID: "anna"}, address("", "")}
			d.Cc = list{{ID: "a\nb"}}
			d.Bcc = list{address("a@x.test", "a\rb"), {ID: long(201)}}
		}, []string{"/to/0 bad_address", "/to/2 bad_address", "/cc/0 bad_text", "/bcc/0 bad_address", "/bcc/1 bad_text"}},
		{"where answers cannot go", func(d *message.Draft) { d.ReplyTo = message.Recipients{address("a@x.test\nBcc: eve@example.net", "")} }, []string{"/reply_to bad_address"}},
		{"answers to a user", func(d *message.Draft) { d.ReplyTo = message.Recipients{{ID: "anna"}} }, nil},
		{"a case with everything wrong", func(d *message.Draft) {
			d.Case = &message.Case{ID: "\x00", Title: long(2001), Stage: "a\nb", Owner: long(2001), URL: "javascript:alert(1)"}
		}, []string{"/case/id bad_text", "/case/title bad_text", "/case/stage bad_text", "/case/owner bad_text", "/case/url bad_url"}},
		{"manual and timed", func(d *message.Draft) { d.Manual, d.SendAt = true, ptr(noon.Add(time.Hour)) }, []string{"/send_at not_allowed"}},
		{"manual that expires", func(d *message.Draft) { d.Manual, d.ExpiresAt = true, ptr(noon.Add(time.Hour)) }, nil},
		{"expired when it came", func(d *message.Draft) { d.ExpiresAt = ptr(noon) }, []string{"/expires_at in_the_past"}},
		{"expires before it may leave", func(d *message.Draft) {
			d.SendAt, d.ExpiresAt = ptr(noon.Add(2*time.Hour)), ptr(noon.Add(2*time.Hour))
		}, []string{"/expires_at before_send_at"}},
		{"send_at in the past is now", func(d *message.Draft) { d.SendAt = ptr(noon.Add(-time.Hour)) }, nil},
	} {
		if got := faults(t, draft(c.change).Check(noon)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestForAll(t *testing.T) {
	for _, c := range []struct {
		d    message.Draft
		want bool
	}{
		{message.Draft{To: many(3)}, false},
		{message.Draft{To: many(3), OneMail: true}, true},
		{message.Draft{To: many(1), Cc: many(1)}, true},
		{message.Draft{To: many(1), Bcc: many(1)}, true},
	} {
		if got := c.d.ForAll(); got != c.want {
			t.Errorf("AMODIT-28: ForAll with one_mail %v, %d cc, %d bcc = %v, want %v", c.d.OneMail, len(c.d.Cc), len(c.d.Bcc), got, c.want)
		}
	}
}

func TestEventCheck(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*message.Event)
		want   []string
	}{
		{"a good one", func(*message.Event) {}, nil},
		{"nobody", func(e *message.Event) { e.Users = nil }, []string{"/users missing"}},
		{"the most users", func(e *message.Event) { e.Users = slices.Repeat([]string{"anna"}, fault.MaxList) }, nil},
		{"too many users", func(e *message.Event) { e.Users = slices.Repeat([]string{"anna"}, fault.MaxList+1) }, []string{"/users too_many"}},
		{
			"bad users", func(e *message.Event) { e.Users = []string{"", "anna", "a@x.test", "a\x00", long(201)} },
			[]string{"/users/0 missing", "/users/3 bad_text", "/users/4 bad_text"},
		},
		{"id", func(e *message.Event) { e.Reference = "a\nb" }, []string{"/id bad_text"}},
		{"actor", func(e *message.Event) { e.Actor = long(201) }, []string{"/actor bad_text"}},
		{"summary", func(e *message.Event) { e.Summary = message.Plain(long(2001)) }, []string{"/summary bad_text"}},
		{"summary in one language", func(e *message.Event) { e.Summary = text(t, `{"en":"ok","pl":"a\rb"}`) }, []string{"/summary/pl bad_text"}},
		{"case", func(e *message.Event) { e.Case.URL = "x" }, []string{"/case/url bad_url"}},
		{"told late", func(e *message.Event) { e.OccurredAt = ptr(noon.AddDate(-1, 0, 0)) }, nil},
		{"a clock that is a little ahead", func(e *message.Event) { e.OccurredAt = ptr(noon.Add(message.ClockSkew)) }, nil},
		{"told ahead", func(e *message.Event) { e.OccurredAt = ptr(noon.Add(message.ClockSkew + 1)) }, []string{"/occurred_at in_the_future"}},
	} {
		e := message.Event{Kind: message.CaseChanged, Users: []string{"anna"}, Case: message.Case{ID: "C-1"}}
		c.change(&e)
		if got := faults(t, e.Check(noon)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestCaseURL(t *testing.T) {
	for _, good := range []string{
		"", "http://bpm.example.org", "https://bpm.example.org:8443/c/1?a=b&c=d#e", "HTTPS://BPM.EXAMPLE.ORG", "https://[::1]/c", "https://żółw.example/ścieżka",
	} {
		if err := (message.Case{URL: good}).Check(); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{
		"bpm.example.org", "/c/1", "//bpm.example.org/c", "ftp://bpm.example.org", "javascript:alert(1)", "data:text/html,x", "https://", "https:bpm.example.org",
		"https:///c/1", "mailto:anna@example.org", "https://bpm.example.org/\r\nx", " https://bpm.example.org", "https://bpm example.org", "https://%zz", "https://x.test/" + long(2000),
	} {
		got := faults(t, message.Case{URL: bad}.Check())
		if len(got) == 0 || slices.ContainsFunc(got, func(s string) bool { return !strings.HasPrefix(s, "/case/url ") }) {
			t.Errorf("%q: %q, want faults of /case/url", fault.Truncate(bad, 50), got)
		}
	}
}
