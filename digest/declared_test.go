package digest_test

import (
	"strings"
	"testing"

	"notifier/mail"
	"notifier/message"
)

// T7: a digest declares the language of its frame, whatever its events are told in.
func TestDeclaredLanguage(t *testing.T) {
	for reader, want := range map[string]string{"pl-PL": "pl", "fr": "fr", "de-AT": "en", "": "en"} {
		speaks := func(m *message.Message) { m.Language = reader }
		d := merge(bpm, []message.Message{
			with(changed(1, "08:00", "Dokument hinzugefügt"), speaks), with(changed(2, "09:00", "Dodano dokument"), speaks),
		}, eight)
		raw, err := mail.Compose(d, message.Address{Email: "bpm@example.com"})
		if err != nil {
			t.Fatal(err)
		}
		if d.Language != want || !strings.Contains(string(raw), "\r\nContent-Language: "+want+"\r\n") || !strings.Contains(d.HTML, `<html lang="`+want+`">`) {
			t.Errorf("a reader of %q: declared is %q, want %q", reader, d.Language, want)
		}
	}
}

// T11: lines of another year than the digest's show it, in the text and in the HTML.
func TestLinesOfAnotherYear(t *testing.T) {
	for lang, want := range map[string][2]string{
		"en": {"20 Dec 2026 09:00", "2 Jan 10:00"}, "pl": {"20 gru 2026 09:00", "2 sty 10:00"}, "fr": {"20 déc. 2026 09:00", "2 janv. 10:00"},
	} {
		at := func(when string) func(*message.Message) {
			return func(m *message.Message) {
				m.Language, m.OccurredAt, m.CreatedAt = lang, utc(when), utc(when)
			}
		}
		d := merge(bpm, []message.Message{
			with(changed(1, "08:00", "one"), at("2026-12-20 08:00")), with(changed(1, "08:01", "two"), at("2027-01-02 09:00")),
		}, utc("2027-01-04 07:00"))
		for _, part := range []string{d.Text, d.HTML} {
			if !strings.Contains(part, want[0]) || !strings.Contains(part, want[1]) {
				t.Errorf("%s: %q are not both in\n%s", lang, want, part)
			}
		}
	}
}
