package mail_test

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	gomail "github.com/emersion/go-message/mail"
	"pgregory.net/rapid"

	"notifier/fault"
	"notifier/mail"
	"notifier/message"
)

func TestComposeWritesTheFieldsInOrder(t *testing.T) {
	m := note("anna@example.org", "jan@example.net")
	m.ID = "msg_06h008h001vq3d6spqz6ajb150"
	m.To[0].Name, m.To[1].Name = "Anna Zielińska", "Kowalski, Jan"
	m.Cc = []message.Address{{Email: "archive@example.org"}}
	m.Bcc = []message.Address{{Email: "hidden@example.org"}}
	m.ReplyTo = message.Mailboxes{{Email: "clerk@example.org", Name: "Ola Żak"}}
	m.Kind, m.Type, m.Setting, m.Language = message.CaseChanged, message.Single, "daily 08:00", "pl"
	m.Subject = "Umowa najmu: Łódź, ul. Piotrkowska 104 – do podpisu przed piątkiem"
	m.Text, m.HTML = "Gotowe.\n", "<p>Gotowe.</p>\n"
	m.QueuedAt = time.Date(2026, 11, 22, 8, 0, 0, 0, time.FixedZone("CET", 3600))
	got, err := mail.Compose(m, workflow)
	if err != nil {
		t.Fatal(err)
	}
	expected := strings.ReplaceAll(`Date: Sun, 22 Nov 2026 07:00:00 +0000
From: "Workflow" <workflow@example.org>
Reply-To: =?utf-8?q?Ola_=C5=BBak?= <clerk@example.org>
To: =?utf-8?q?Anna_Zieli=C5=84ska?= <anna@example.org>, "Kowalski, Jan"
 <jan@example.net>
Cc: archive@example.org
Subject: =?utf-8?q?Umowa_najmu=3A_=C5=81=C3=B3d=C5=BA=2C_ul=2E_Piotrkowska?=
 =?utf-8?q?_104_=E2=80=93_do_podpisu_przed_pi=C4=85tkiem?=
Message-ID: <06h008h001vq3d6spqz6ajb150@example.org>
Auto-Submitted: auto-generated
X-Auto-Response-Suppress: All
X-Notifier-Id: msg_06h008h001vq3d6spqz6ajb150
X-Notifier-Reason: case_changed; setting=daily 08:00
List-Id: <case_changed.example.org>
Content-Language: pl
MIME-Version: 1.0
Content-Type: multipart/alternative;
 boundary="=_msg_06h008h001vq3d6spqz6ajb150"

--=_msg_06h008h001vq3d6spqz6ajb150
Content-Transfer-Encoding: quoted-printable
Content-Type: text/plain; charset=UTF-8

Gotowe.

--=_msg_06h008h001vq3d6spqz6ajb150
Content-Transfer-Encoding: quoted-printable
Content-Type: text/html; charset=UTF-8

<p>Gotowe.</p>

--=_msg_06h008h001vq3d6spqz6ajb150--
`, "\n", "\r\n")
	if string(got) != expected {
		t.Errorf("Compose =\n%s\nwant\n%s", got, expected)
	}
}

func TestComposeGivesTheSameBytesOnEveryAttempt(t *testing.T) {
	for _, m := range corpus() {
		first, err := mail.Compose(m, workflow)
		if err != nil {
			t.Fatal(err)
		}
		m.Attempts, m.Claim, m.UpdatedAt, m.Status = 7, 9, time.Now(), message.Sending
		if again, _ := mail.Compose(m, workflow); !bytes.Equal(first, again) {
			t.Errorf("Compose gives\n%s\nthen\n%s", first, again)
		}
	}
}

func TestComposeTakesTheTimeOfWritingIfItWasNeverQueued(t *testing.T) {
	m := note("anna@example.org")
	m.QueuedAt, m.CreatedAt = time.Time{}, noon
	raw, err := mail.Compose(m, workflow)
	if err != nil || !bytes.Contains(raw, []byte("Date: Sun, 22 Nov 2026 12:00:00 +0000\r\n")) {
		t.Errorf("Compose = %s, %v", raw, err)
	}
}

func TestComposeEncodesOnlyWhatMustBe(t *testing.T) {
	for _, c := range []struct{ text, html, mediaType, encoding string }{
		{"Hello.\n", "", "text/plain", "7bit"},
		{strings.Repeat("x", 998) + "\n", "", "text/plain", "7bit"},
		{strings.Repeat("x", 999) + "\n", "", "text/plain", "quoted-printable"},
		{"Cześć.\n", "", "text/plain", "quoted-printable"},
		{"bell\a\n", "", "text/plain", "quoted-printable"},
		{"", "<p>Hello.</p>\n", "text/html", "quoted-printable"},
	} {
		m := note("anna@example.org")
		m.Text, m.HTML = c.text, c.html
		raw, err := mail.Compose(m, workflow)
		if err != nil {
			t.Fatal(err)
		}
		r, err := gomail.CreateReader(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		mediaType, _, _ := r.Header.ContentType()
		if got := r.Header.Get("Content-Transfer-Encoding"); mediaType != c.mediaType || got != c.encoding {
			t.Errorf("%.20q goes out as %s, %s; want %s, %s", c.text+c.html, mediaType, got, c.mediaType, c.encoding)
		}
	}
}

func TestComposeSaysWhyThePersonGetsIt(t *testing.T) {
	for _, c := range []struct {
		change func(*message.Message)
		reason string
	}{
		{func(m *message.Message) { m.Kind, m.Setting = message.CaseReceived, "immediately" }, "case_received; setting=immediately"},
		{func(m *message.Message) { m.Type, m.Reason = message.Digest, "preference_daily" }, "digest"},
		{func(m *message.Message) { m.Type, m.Reason = message.Reminder, message.ByDeadline }, "deadline"},
		{func(m *message.Message) { m.Type, m.Reason = message.Direct, "" }, "direct"},
		{func(m *message.Message) { m.Type, m.Reason = "", "" }, "message"},
	} {
		m := note("anna@example.org")
		c.change(&m)
		raw, err := mail.Compose(m, workflow)
		if err != nil || !bytes.Contains(raw, []byte("\r\nX-Notifier-Reason: "+c.reason+"\r\n")) {
			t.Errorf("Compose = %s, %v; want the reason %q", raw, err, c.reason)
		}
	}
}

// breaks is how a line is broken, by some parser or other.
var breaks = []string{"\r\nBcc: evil@example.net", "\nX-Evil: 1", "\rX-Evil: 1", "\r\n\r\nbody", "\x00", "\u0085", "\u2028", "\x0b", "\xff"}

func TestComposeRefusesToInjectHeaders(t *testing.T) {
	for _, b := range breaks {
		for name, change := range map[string]func(*message.Message, *message.Address){
			"id":      func(m *message.Message, _ *message.Address) { m.ID += message.ID(b) },
			"subject": func(m *message.Message, _ *message.Address) { m.Subject += b },
			"to":      func(m *message.Message, _ *message.Address) { m.To[0].Email += b },
			"to name": func(m *message.Message, _ *message.Address) { m.To[0].Name += b },
			"cc":      func(m *message.Message, _ *message.Address) { m.Cc = []message.Address{{Email: "a@example.org" + b}} },
			"cc name": func(m *message.Message, _ *message.Address) {
				m.Cc = []message.Address{{Email: "a@example.org", Name: b}}
			},
			"reply_to": func(m *message.Message, _ *message.Address) {
				m.ReplyTo = message.Mailboxes{{Email: "a@example.org", Name: b}}
			},
			"from":      func(_ *message.Message, a *message.Address) { a.Email += b },
			"from name": func(_ *message.Message, a *message.Address) { a.Name += b },
			"domain":    func(m *message.Message, _ *message.Address) { m.Domain += b },
			"kind":      func(m *message.Message, _ *message.Address) { m.Kind = message.Kind("k" + b) },
			"type":      func(m *message.Message, _ *message.Address) { m.Type = message.Type("t" + b) },
			"setting":   func(m *message.Message, _ *message.Address) { m.Setting = "s" + b },
			"language":  func(m *message.Message, _ *message.Address) { m.Language = "pl" + b },
		} {
			m, from := note("anna@example.org"), workflow
			change(&m, &from)
			if raw, err := mail.Compose(m, from); err == nil {
				t.Errorf("%s with %q was taken:\n%s", name, b, raw)
			}
		}
	}
}

func TestComposeRefusesWhatIsNoMail(t *testing.T) {
	for name, change := range map[string]func(*message.Message){
		"no id":                func(m *message.Message) { m.ID = "" },
		"an id without a name": func(m *message.Message) { m.ID = "msg_" },
		"a blank in the id":    func(m *message.Message) { m.ID = "msg_a b" },
		"no domain":            func(m *message.Message) { m.Domain = "" },
		"no body":              func(m *message.Message) { m.Text, m.HTML = "", "" },
		"no date":              func(m *message.Message) { m.QueuedAt = time.Time{} },
		"an encoded address":   func(m *message.Message) { m.To[0].Email = "=?utf-8?q?a?=@example.org" },
		"a path":               func(m *message.Message) { m.To[0].Email = "a>@example.org" },
		"no ASCII form":        func(m *message.Message) { m.To[0].Email = "a@ł_ł.example" },
		"text that is no text": func(m *message.Message) { m.Text = "\xff" },
		"a NUL":                func(m *message.Message) { m.HTML = "\x00" },
	} {
		m := note("anna@example.org")
		change(&m)
		if raw, err := mail.Compose(m, workflow); err == nil {
			t.Errorf("%s was taken:\n%s", name, raw)
		}
	}
}

// fields are those that a mail has, no more and no less.
func fields(m message.Message) map[string]int {
	names := []string{
		"Date", "From", "Subject", "Message-Id", "Auto-Submitted", "X-Auto-Response-Suppress",
		"X-Notifier-Id", "X-Notifier-Reason", "List-Id", "Mime-Version", "Content-Type",
	}
	if len(m.To) > 0 || len(m.Cc) == 0 {
		names = append(names, "To")
	}
	if len(m.Cc) > 0 {
		names = append(names, "Cc")
	}
	if m.Text == "" || m.HTML == "" {
		names = append(names, "Content-Transfer-Encoding")
	}
	all := map[string]int{}
	for _, n := range names {
		all[n] = 1
	}
	return all
}

// parsesBack checks that go-message finds in a mail what was put in.
func parsesBack(t interface{ Errorf(string, ...any) }, raw []byte, m message.Message) {
	wellFormed(t, raw)
	r, err := gomail.CreateReader(bytes.NewReader(raw))
	if err != nil {
		t.Errorf("cannot be parsed: %v\n%s", err, raw)
		return
	}
	got := map[string]int{}
	for f := r.Header.Fields(); f.Next(); {
		got[f.Key()]++
	}
	delete(got, "Content-Language")
	if !maps.Equal(got, fields(m)) {
		t.Errorf("fields = %v, want %v in\n%s", got, fields(m), raw)
	}
	if subject, err := r.Header.Subject(); err != nil || subject != m.Subject {
		t.Errorf("subject = %q, %v, want %q", subject, err, m.Subject)
	}
	for name, sent := range map[string][]message.Address{"To": m.To, "Cc": m.Cc} {
		list, err := r.Header.AddressList(name)
		same := slices.EqualFunc(list, sent, func(a *gomail.Address, b message.Address) bool {
			return a.Name == fault.WithoutBidi(b.Name) && a.Address == b.Email
		})
		if err != nil || !same {
			t.Errorf("%s = %v, %v, want %q in\n%s", name, list, err, sent, raw)
		}
	}
	var bodies []string
	for {
		p, err := r.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Errorf("part: %v in\n%s", err, raw)
			return
		}
		b, _ := io.ReadAll(p.Body)
		bodies = append(bodies, strings.TrimSuffix(unix(string(b)), "\n"))
	}
	var sent []string
	for _, s := range []string{m.Text, m.HTML} {
		if s != "" {
			sent = append(sent, strings.TrimSuffix(unix(s), "\n"))
		}
	}
	if !slices.Equal(bodies, sent) {
		t.Errorf("bodies = %q, want %q", bodies, sent)
	}
}

// local is a local part that CheckEmail takes.
var local = rapid.StringMatching(`[a-z0-9!#$%&'*+/=?^_{|}~-]{1,20}(\.[a-z0-9=?]{1,9})?`)

func TestWhateverIsPutInComesOutOrIsRefused(t *testing.T) {
	person := rapid.Custom(func(t *rapid.T) message.Address {
		return message.Address{Name: rapid.OneOf(rapid.String(), rapid.SampledFrom(names)).Draw(t, "name"), Email: local.Draw(t, "local") + "@example.org"}
	})
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom(bodies), rapid.SampledFrom(subjects))
	rapid.Check(t, func(t *rapid.T) {
		m := note()
		m.To = rapid.SliceOfN(person, 1, 5).Draw(t, "to")
		m.Cc = rapid.SliceOfN(person, 0, 3).Draw(t, "cc")
		m.Subject = text.Draw(t, "subject")
		m.Text, m.HTML = text.Draw(t, "text"), text.Draw(t, "html")
		m.Setting = rapid.String().Draw(t, "setting")
		m.Language = rapid.String().Draw(t, "language")
		raw, err := mail.Compose(m, workflow)
		if err != nil {
			return
		}
		parsesBack(t, raw, m)
	})
}

func FuzzCompose(f *testing.F) {
	for i, s := range subjects {
		f.Add(s, names[i], "a@example.org", bodies[i], bodies[len(bodies)-1-i])
	}
	for _, b := range breaks {
		f.Add(b, b, "a@example.org"+b, b, b)
	}
	f.Fuzz(func(t *testing.T, subject, name, address, text, html string) {
		m := note(address)
		m.ID = "msg_fuzz"
		m.Subject, m.Text, m.HTML, m.To[0].Name = subject, text, html, name
		raw, err := mail.Compose(m, workflow)
		if err != nil {
			return
		}
		for _, c := range address {
			if c >= 0x80 { // the domain changes its form
				return
			}
		}
		parsesBack(t, raw, m)
	})
}

func ExampleCompose() {
	raw, err := mail.Compose(message.Message{
		ID: "msg_1", Type: message.Direct, Domain: "example.org", Subject: "Contract ready", Text: "Come and sign it.",
		Envelope: message.Envelope{To: []message.Address{{Name: "Anna", Email: "anna@example.org"}}}, CreatedAt: noon,
	}, workflow)
	fmt.Println(strings.ReplaceAll(string(raw), "\r\n", "\n"), err)
	// Output:
	// Date: Sun, 22 Nov 2026 12:00:00 +0000
	// From: "Workflow" <workflow@example.org>
	// To: "Anna" <anna@example.org>
	// Subject: Contract ready
	// Message-ID: <1@example.org>
	// Auto-Submitted: auto-generated
	// X-Auto-Response-Suppress: All
	// X-Notifier-Id: msg_1
	// X-Notifier-Reason: direct
	// List-Id: <direct.example.org>
	// MIME-Version: 1.0
	// Content-Type: text/plain; charset=utf-8
	// Content-Transfer-Encoding: 7bit
	//
	// Come and sign it.
	//  <nil>
}
