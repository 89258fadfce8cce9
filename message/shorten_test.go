package message_test

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"notifier/message"
)

var monday = time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)

// T6: a long title or a line break in a summary is no reason to notify nobody.
func TestTextsForPeopleAreShortenedNotRefused(t *testing.T) {
	family := "👩‍👩‍👧‍👦" // seven runes, one sign
	rows := []struct {
		name, title, summary string
		wantTitle, want      string
		shortened            []string
	}{
		{"fits", "Lease", "Jan commented", "Lease", "Jan commented", nil},
		{"255 characters", strings.Repeat("x", 255), "s", strings.Repeat("x", 255), "s", []string{"/case/title"}},
		{"a line break", "A\r\nB", "one\n\n  two\tthree\u2028four", "A B", "one two three four", nil},
		{"over 500", "t", strings.Repeat("ż", 501), "t", strings.Repeat("ż", 501), []string{"/summary"}},
		{"200 signs of more runes", strings.Repeat(family, 200), "s", strings.Repeat(family, 200), "s", nil},
		{"over 2,000", "t", strings.Repeat("a", 2001), "t", strings.Repeat("a", 1999) + "…", []string{"/summary"}},
		{"cut at a sign", "t", strings.Repeat("a", 1997) + family + "b", "t", strings.Repeat("a", 1997) + "…", []string{"/summary"}},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			e := message.Event{Kind: message.CaseChanged, Users: []string{"anna"}, Case: message.Case{Title: row.title}, Summary: message.Plain(row.summary)}
			got := e.Shorten()
			if e.Case.Title != row.wantTitle || e.Summary.In("en") != row.want {
				t.Errorf("kept %q and %q, want %q and %q", e.Case.Title, e.Summary.In("en"), row.wantTitle, row.want)
			}
			if !slices.Equal([]string(got), row.shortened) {
				t.Errorf("shortened %q, want %q", got, row.shortened)
			}
			if err := e.Check(monday); err != nil {
				t.Errorf("refused: %v", err)
			}
		})
	}
}

func TestDraftsAreShortened(t *testing.T) {
	long := strings.Repeat("é", 300)
	to := []message.Recipient{{Address: message.Address{Email: "a@example.org", Name: long}}}
	d := message.Draft{To: to, ReplyTo: to, Case: &message.Case{Title: "A\nB"}, Subject: long, Text: "x"}
	if got, want := d.Shorten(), []string{"/subject", "/to/0/name", "/reply_to/0/name"}; !slices.Equal([]string(got), want) {
		t.Errorf("shortened %q, want %q", got, want)
	}
	if n := utf8.RuneCountInString(d.Subject); n != message.MaxSubject || d.Case.Title != "A B" || to[0].Name != long {
		t.Errorf("the subject has %d characters, the title is %q, the caller's name has %d bytes", n, d.Case.Title, len(to[0].Name))
	}
	if err := d.Check(monday); err != nil {
		t.Errorf("refused: %v", err)
	}
	// What is refused for its length: ids and addresses. And what smells of an attack.
	for _, bad := range []message.Draft{
		{To: to, Subject: "a\r\nBcc: b", Text: "x"},
		{To: to, Subject: "a", Text: "x", Reference: strings.Repeat("x", 201)},
	} {
		if bad.Shorten(); bad.Check(monday) == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
}
