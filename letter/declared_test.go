package letter_test

import (
	"bytes"
	netmail "net/mail"
	"strings"
	"testing"

	"notifier/letter"
	"notifier/mail"
	"notifier/message"
)

// declared is what the mail says of its language on the wire: in the header, and in the HTML.
func declared(t *testing.T, m message.Message) (header string, html bool) {
	t.Helper()
	raw, err := mail.Compose(m, message.Address{Email: "bpm@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	read, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	header = read.Header.Get("Content-Language")
	return header, strings.Contains(m.HTML, `<html lang="`+header+`">`)
}

// T7: what a mail declares is the language of the words in it.
func TestDeclaredLanguage(t *testing.T) {
	due := letter.Due{At: utc("2026-12-24 12:00"), Now: utc("2026-12-22 12:00")}
	for reader, want := range map[string]string{
		"pl": "pl", "pl-PL": "pl", "PL": "pl", "pl_PL": "pl", "fr-CA": "fr", "en-GB": "en", "de": "en", "zh-Hant-TW": "en", "": "en",
	} {
		m := single()
		m.Language = reader
		if got, html := declared(t, letter.Writer{}.Write(m)); got != want || !html {
			t.Errorf("a mail to a reader of %q declares %q (in HTML %v), want %q", reader, got, html, want)
		}
		m.Type, m.Kind = message.Reminder, message.Deadline
		if got, html := declared(t, letter.Writer{}.Remind(m, due)); got != want || !html {
			t.Errorf("a reminder to a reader of %q declares %q (in HTML %v), want %q", reader, got, html, want)
		}
	}
	for _, lang := range []string{"", "de", "pt-BR"} { // a direct message: the words are the caller's
		m := single()
		m.Type, m.Language, m.Subject, m.HTML = message.Direct, lang, "Hallo", "<p>Guten Tag</p>"
		if got, _ := declared(t, letter.Writer{}.Write(m)); got != lang {
			t.Errorf("a direct message in %q declares %q", lang, got)
		}
	}
}

// T11: an event of another year than the mail's date shows its year.
func TestYearOfAnEventBeforeTheMail(t *testing.T) {
	for lang, want := range map[string]string{"en": "31 Dec 2026 15:48", "pl": "31 gru 2026 15:48", "fr": "31 déc. 2026 15:48"} {
		m := single()
		m.Language, m.OccurredAt, m.CreatedAt = lang, utc("2026-12-31 14:48"), utc("2026-12-31 14:48")
		for _, leaves := range []struct{ due, queued string }{{"2027-01-01 07:00", "2027-01-01 07:00"}, {"2027-01-01 07:00", ""}} {
			m.DueAt = utc(leaves.due)
			if leaves.queued != "" {
				m.QueuedAt = utc(leaves.queued)
			}
			got := letter.Writer{}.Write(m)
			if !strings.Contains(got.Text, want) || !strings.Contains(got.HTML, want) {
				t.Errorf("%q is not in\n%s", want, got.Text)
			}
		}
		m.QueuedAt, m.DueAt = m.CreatedAt, m.CreatedAt
		if got := (letter.Writer{}).Write(m); strings.Contains(got.Text, " 2026 15:48") {
			t.Errorf("the year is in\n%s", got.Text)
		}
	}
}
