package service

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"notifier/digest"
	"notifier/letter"
	"notifier/mail"
	"notifier/message"
	"notifier/settings"
)

func linked(t *testing.T, publicURL string) settings.Config {
	t.Helper()
	c, err := settings.Load(os.DevNull, []string{"NOTIFIER_HTTP__PUBLIC_URL=" + publicURL, "NOTIFIER_SECRETS__KEY=" + DevSecret})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// leaving writes the mails that leave.
func leaving(c settings.Config) outgoingWriter { return outgoingWriter{WriterOf(c), doorOf(c)} }

func about(kind message.Kind, setting string) message.Message {
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	return message.Message{
		ID: message.NewID(message.MessageIDs), Site: "default", Type: message.Single, Kind: kind, UserID: "anna", Language: "en", Domain: "example.org",
		Envelope: message.Envelope{To: []message.Address{{Email: "anna@example.org"}}}, Setting: setting, OccurredAt: noon, CreatedAt: noon, QueuedAt: noon,
	}
}

// Only mails that a person may stop can be stopped from the mail, and only over https.
func TestMailsThatMayBeStoppedSayHow(t *testing.T) {
	secure, plain := leaving(linked(t, "https://notify.example.org/")), leaving(linked(t, "http://notify.example.org"))
	none, err := settings.Load(os.DevNull, nil)
	if err != nil {
		t.Fatal(err)
	}
	merged := func(w outgoingWriter, ms ...message.Message) message.Message {
		return w.Write(digest.Merge(w.Writer, ms, ms[0].CreatedAt))
	}
	for _, c := range []struct {
		name           string
		m              message.Message
		links, oneTime bool
	}{
		{"a single mail", secure.Write(about(message.CaseChanged, "immediately")), true, true},
		{"without https", plain.Write(about(message.CaseChanged, "immediately")), true, false},
		{"without an address of the service", WriterOf(none).Write(about(message.CaseChanged, "immediately")), false, false},
		{"a mandatory one", secure.Write(about(message.Deadline, "")), false, false},
		{"a reminder", secure.Remind(about(message.Deadline, ""), letter.Due{}), false, false},
		{"a digest", merged(secure, about(message.CaseChanged, "daily 08:00"), about(message.CaseReceived, "hourly")), true, true},
		{"SendMessage", secure.Write(message.Message{Type: message.Direct, UserID: "anna", Text: "x"}), false, false},
	} {
		if got := strings.Contains(c.m.Text, "notify.example.org/p/") && strings.Contains(c.m.Text, "notify.example.org/u/"); got != c.links {
			t.Errorf("%s: the text has links: %t, want %t\n%s", c.name, got, c.links, c.m.Text)
		}
		if got := strings.Contains(c.m.Text, "?pause=week#pause") && strings.Contains(c.m.HTML, "?pause=week#pause"); got != c.links {
			t.Errorf("%s: a week's pause is offered: %t, want %t", c.name, got, c.links)
		}
		if got := strings.Contains(c.m.HTML, "notify.example.org/p/") && strings.Contains(c.m.HTML, "notify.example.org/u/"); got != c.links {
			t.Errorf("%s: the HTML has links: %t, want %t", c.name, got, c.links)
		}
		if got := c.m.Has("List-Unsubscribe") && c.m.Has("List-Unsubscribe-Post"); got != c.oneTime {
			t.Errorf("%s: one click: %t, want %t", c.name, got, c.oneTime)
		}
	}
	m := about(message.CaseChanged, "immediately")
	if a, b := secure.Write(m), secure.Write(m); a.Text != b.Text || a.Headers[0] != b.Headers[0] {
		t.Error("another attempt sends another mail")
	}
}

// What mail programs act on stands in the mail as it is; package mail signs it.
func TestUnsubscribeIsInTheMail(t *testing.T) {
	m := leaving(linked(t, "https://notify.example.org")).Write(about(message.CaseChanged, "immediately"))
	raw, err := mail.Compose(m, message.Address{Email: "workflow@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{"\r\nList-Unsubscribe: <https://notify.example.org/u/", "\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"} {
		if !bytes.Contains(raw, []byte(field)) && !bytes.Contains(raw, []byte(strings.Replace(field, ": <", ":\r\n <", 1))) {
			t.Errorf("the mail has no %q:\n%s", field, raw)
		}
	}
}

func TestPublicURL(t *testing.T) {
	for _, c := range []struct{ env, want string }{
		{"NOTIFIER_HTTP__PUBLIC_URL=notify.example.org", "is not an address that people can open"},
		{"NOTIFIER_HTTP__PUBLIC_URL=ftp://notify.example.org", "is not an address that people can open"},
		{"NOTIFIER_HTTP__PUBLIC_URL=https://notify.example.org?a=b", "is not an address that people can open"},
		{"NOTIFIER_HTTP__PUBLIC_URL=https://notify.example.org", "signed with secrets.key"},
	} {
		if _, err := settings.Load(os.DevNull, []string{c.env}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.env, err, c.want)
		}
	}
}
