package mail_test

import (
	"bytes"
	"encoding/base64"
	"mime"
	"strings"
	"testing"

	"notifier/mail"
	"notifier/message"
)

// judged is a mail of ours and what the strict parser says of it.
func judged(t *testing.T, m message.Message) (raw []byte, v verdict) {
	t.Helper()
	var raws [][]byte
	judgedAll(t, []message.Message{m}, func(_ int, raw []byte, one verdict) { raws, v = append(raws, raw), one })
	return raws[0], v
}

// judgedAll asks once about many.
func judgedAll(t *testing.T, ms []message.Message, tell func(i int, raw []byte, v verdict)) {
	t.Helper()
	var raws [][]byte
	for _, m := range ms {
		raw, err := mail.Compose(m, workflow)
		if err != nil {
			t.Fatal(err)
		}
		wellFormed(t, raw)
		raws = append(raws, raw)
	}
	for i, v := range ask(t, raws) {
		if len(v.Defects) > 0 {
			t.Errorf("defects %v in\n%s", v.Defects, raws[i])
		}
		tell(i, raws[i], v)
	}
}

// TestOnlyWhatCannotGoAsItIsIsEncoded: W1.
func TestOnlyWhatCannotGoAsItIsIsEncoded(t *testing.T) {
	long := strings.Repeat("0123456789", 80) // a JWT, a link
	cases := []struct {
		name, value string
		encoded     bool
	}{
		{"X-Smtpapi", `{"to": ["a@example.org"], "category": "` + long + `",  "sub": {"-x-": ["1"]}}`, false},
		{"X-Mailgun-Variables", `{"token":"` + long + `"}`, false},
		{"X-Token", "eyJ." + long + "." + long[:180], false},
		{"X-Link", "https://example.org/?q=" + long, false},
		{"X-Many", strings.Repeat("a word, ", 600) + "end", false},
		{"X-Blanks", strings.Repeat("two  blanks ", 40) + "end", false},
		{"Keywords", long + " " + long, false},
		{"X-Text", "Łódź", true},
		{"X-Encoded", "=?utf-8?q?x?=", true},
	}
	var ms []message.Message
	for _, c := range cases {
		m := note("anna@example.org")
		m.Headers = []message.Header{{Name: c.name, Value: c.value}}
		ms = append(ms, m)
	}
	judgedAll(t, ms, func(i int, raw []byte, v verdict) {
		c := cases[i]
		_, field, _ := bytes.Cut(raw, []byte("\r\n"+c.name+": "))
		field, _, _ = bytes.Cut(field, []byte("\r\nMIME-Version"))
		if got := bytes.Contains(field, []byte("=?utf-8?")); got != c.encoded {
			t.Errorf("%s: encoded = %t\n%s", c.name, got, field)
		}
		if !c.encoded && strings.ReplaceAll(string(field), "\r\n", "") != c.value {
			t.Errorf("%s is folded elsewhere than at blanks:\n%s", c.name, field)
		}
		if got := v.field(c.name); got != c.value {
			t.Errorf("%s = %q, want %q", c.name, got, c.value)
		}
	})
	m := note("anna@example.org")
	m.Subject = "Open https://example.org/" + long[:200]
	m.To[0].Name = `Department of "Roads" and ` + strings.Repeat("Bridges ", 20) + "West"
	raw, v := judged(t, m)
	if bytes.Contains(raw, []byte("=?")) || v.field("Subject") != m.Subject || v.To[0].Name != m.To[0].Name {
		t.Errorf("a subject or a name of plain words is encoded:\n%s", raw)
	}
}

// TestTextsBroughtAlong: W2.
func TestTextsBroughtAlong(t *testing.T) {
	var ms []message.Message
	cases := map[string]struct{ contentType, content, said, comes string }{
		"a.txt":    {"", "Łódź\nb\rc\r\n", "charset=utf-8", "Łódź\r\nb\r\nc\r\n"},
		"a.csv":    {"", "a;b\n1;2\n", "charset=utf-8", "a;b\r\n1;2\r\n"},
		"a.ics":    {"", "BEGIN:VCALENDAR\nEND:VCALENDAR\n", "charset=utf-8", "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"},
		"a.html":   {"", "<p>ż\n", "charset=utf-8", "<p>ż\r\n"},
		"said.txt": {"text/plain; charset=iso-8859-2", "\xb3\n", "charset=iso-8859-2", "\xb3\r\n"},
		"utf16":    {"text/plain; charset=utf-16", "\xff\xfea\x00\n\x00", "charset=utf-16", "\xff\xfea\x00\n\x00"},
		"other":    {"text/plain", "\xb3\n", "text/plain", "\xb3\n"},
		"jis":      {"text/plain", "\x1b$B\n", "text/plain", "\x1b$B\n"},
		"a.bin":    {"application/octet-stream", "a\nb", "octet-stream", "a\nb"},
		"binary":   {"text/plain; charset=binary", "a\nb", "text/plain", "a\nb"},
		"a.json":   {"", "{\n}", "application/json", "{\n}"},
	}
	for name, c := range cases {
		ms = append(ms, attach(note("anna@example.org"), message.File{Filename: name, ContentType: c.contentType, Content: []byte(c.content)}))
	}
	judgedAll(t, ms, func(i int, _ []byte, v verdict) {
		name := ms[i].Attachments[0].Filename
		c := cases[name]
		part := v.Parts[len(v.Parts)-1]
		content, _ := base64.StdEncoding.DecodeString(part[1])
		if !strings.Contains(part[0], c.said) || !strings.HasPrefix(c.said, "charset=") && strings.Contains(part[0], "charset=") || string(content) != c.comes {
			t.Errorf("%s: %s %q, want %s %q", name, part[0], content, c.said, c.comes)
		}
	})
}

// TestInvitations: W3. What a calendar is to act on stands beside text and HTML, and is attached.
func TestInvitations(t *testing.T) {
	ics := message.File{Filename: "invite.ics", ContentType: "text/calendar; method=REQUEST", Content: []byte("BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n")}
	logo := message.File{Filename: "logo.png", ContentID: "logo", Content: []byte("\x89PNG")}
	calendar := "text/calendar charset=utf-8 method=request"
	attached := "mixed/text/calendar attachment invite.ics charset=utf-8 method=request"
	for name, c := range map[string]struct {
		text, html string
		files      []message.File
		want       []string
	}{
		"text":     {"Hello\n", "", []message.File{ics}, []string{"multipart/mixed", "mixed/multipart/alternative", "mixed/alternative/text/plain charset=utf-8", "mixed/alternative/" + calendar, attached}},
		"both":     {"Hello\n", "<p>Hello", []message.File{ics}, []string{"multipart/mixed", "mixed/multipart/alternative", "mixed/alternative/text/plain charset=utf-8", "mixed/alternative/text/html charset=utf-8", "mixed/alternative/" + calendar, attached}},
		"HTML":     {"", "<p>Hello", []message.File{ics}, []string{"multipart/mixed", "mixed/multipart/alternative", "mixed/alternative/text/html charset=utf-8", "mixed/alternative/" + calendar, attached}},
		"an image": {"Hello\n", "<img src='cid:logo'>", []message.File{ics, logo}, []string{"multipart/mixed", "mixed/multipart/related", "mixed/related/multipart/alternative", "mixed/related/alternative/text/plain charset=utf-8", "mixed/related/alternative/text/html charset=utf-8", "mixed/related/alternative/" + calendar, "mixed/related/image/png inline logo.png <logo>", attached}},
	} {
		m := attach(note("anna@example.org"), c.files...)
		m.Text, m.HTML = c.text, c.html
		raw, v := judged(t, m)
		var got []string
		for _, p := range v.Parts {
			got = append(got, strings.Join(strings.Fields(strings.ToLower(p[0])), " "))
		}
		if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
			t.Errorf("%s:\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
		if again, _ := mail.Compose(m, workflow); !bytes.Equal(raw, again) {
			t.Errorf("%s: the second attempt is another mail", name)
		}
	}
	plain := ics
	plain.ContentType = "" // without a method there is nothing to accept
	if raw, _ := judged(t, attach(note("anna@example.org"), plain)); bytes.Contains(raw, []byte("alternative")) {
		t.Errorf("a calendar file became an invitation:\n%s", raw)
	}
}

// TestNamesThatDeceive: W4 and W6. Names come out as they went in, whatever they look like.
func TestNamesThatDeceive(t *testing.T) {
	var ms []message.Message
	wanted := map[string]string{
		"=?utf-8?q?evil?=.pdf": "=?utf-8?q?evil?=.pdf", "a=?b.pdf": "a=?b.pdf", "Umowa – Łódź.pdf": "Umowa – Łódź.pdf",
		`a"b;c.pdf`: `a"b;c.pdf`, "a\u202efdp.exe": "afdp.exe", strings.Repeat("ż", 70) + ".pdf": strings.Repeat("ż", 70) + ".pdf", "日本 =?x?=.pdf": "日本 =?x?=.pdf",
		"a*.pdf": "a*.pdf", "a'b''c.pdf": "a'b''c.pdf", "a%41*0*=b.pdf": "a%41*0*=b.pdf", // which strict readers lose in a bare word
	}
	for name := range wanted {
		ms = append(ms, attach(note("anna@example.org"), message.File{Filename: name, ContentType: "application/pdf; x=1", Content: []byte("x")}))
	}
	judgedAll(t, ms, func(i int, raw []byte, v verdict) {
		name := ms[i].Attachments[0].Filename
		want := wanted[name]
		if part := v.Parts[len(v.Parts)-1][0]; part != "mixed/application/pdf attachment "+want+" " {
			t.Errorf("%q comes as %q\n%s", name, part, raw)
		}
		if _, bare, _ := bytes.Cut(raw, []byte("filename=")); len(bare) > 0 && bare[0] != '"' {
			t.Errorf("%q is not quoted:\n%s", name, raw)
		}
		_, head, _ := bytes.Cut(raw, []byte("Content-Type: application/pdf"))
		head, _, _ = bytes.Cut(head, []byte("\r\n\r\n"))
		if _, parameters, _ := mime.ParseMediaType("application/pdf" + strings.ReplaceAll(strings.Split(string(head), "\r\nContent")[0], "\r\n", "")); parameters["name"] != "" {
			if old, err := new(mime.WordDecoder).DecodeHeader(parameters["name"]); err != nil || old != want {
				t.Errorf("old Outlook reads %q, %v, want %q", old, err, want)
			}
		} else if strings.ContainsFunc(want, func(r rune) bool { return r > '~' }) {
			t.Errorf("old Outlook reads no name:\n%s", head)
		}
	})
	m := note("anna@example.org")
	m.To[0].Name, m.Cc = "An\u202ena", []message.Address{{Name: "\u2066Jan", Email: "jan@example.org"}}
	m.Headers = []message.Header{{Name: "References", Value: "=?utf-8?q?x?="}, {Name: "List-Unsubscribe", Value: "<https://example.org/>"}}
	raw, v := judged(t, m) // as stored before such were refused
	if v.To[0].Name != "Anna" || v.Cc[0].Name != "Jan" || v.field("References") != "" || v.field("List-Unsubscribe") == "" {
		t.Errorf("what is refused today goes out:\n%s", raw)
	}
}

// TestInsideIsWhatTheHTMLShows: W6.
func TestInsideIsWhatTheHTMLShows(t *testing.T) {
	var ms []message.Message
	shown := map[string]bool{
		`<img src="cid:a.b@x">`: true, `<IMG SRC=CID:a.b@x>`: true, `<td background='cid:a.b@x'>`: true, `<img src="cid:a.b%40x">`: true, `<img src="cid:a.b&#64;x">`: true,
		`<div style="background: url('cid:a.b@x')">`: true, `<style>p { background: url(cid:a.b%40x) }</style>`: true, `<!--[if mso]><v:fill src="cid:a.b@x"/><![endif]-->`: true,
		`<img srcset="cid:a.b@x 1x, cid:c 2x">`: true, `<p>cid:a.b@x`: false, `<!-- <img src="cid:a.b@x"> -->`: false, `<a href="cid:a.b@x">`: false, `<img src="cid:a.b@xy">`: false, `<p>`: false,
	}
	for html := range shown {
		m := attach(note("anna@example.org"), message.File{Filename: "a.pdf", ContentID: "a.b@x", Content: []byte("x")})
		m.HTML = html
		ms = append(ms, m)
	}
	judgedAll(t, ms, func(i int, raw []byte, v verdict) {
		html := ms[i].HTML
		inside := shown[html]
		last := v.Parts[len(v.Parts)-1][0]
		want := "mixed/application/pdf attachment a.pdf "
		if strings.Contains(html, "href") {
			want += "<a.b@x>"
		}
		if inside {
			want = "related/application/pdf inline a.pdf <a.b@x>"
		}
		if last != want {
			t.Errorf("%s: %q, want %q\n%s", html, last, want, raw)
		}
	})
}

// TestMailsOfACaseAreAnswersToIt: W6.
func TestMailsOfACaseAreAnswersToIt(t *testing.T) {
	m := note("anna@example.org")
	m.Case.ID = "C-1"
	_, v := judged(t, m)
	if root := v.field("References"); root == "" || v.field("In-Reply-To") != root {
		t.Errorf("In-Reply-To is %q, References %q", v.field("In-Reply-To"), root)
	}
	m.Headers = []message.Header{{Name: "References", Value: "<a@b> <c@d>"}}
	if _, v = judged(t, m); v.field("In-Reply-To") != "<a@b>" {
		t.Errorf("In-Reply-To is %q, want the first of the References", v.field("In-Reply-To"))
	}
	m.Headers = append(m.Headers, message.Header{Name: "In-Reply-To", Value: "<e@f>"})
	if _, v = judged(t, m); v.field("In-Reply-To") != "<e@f>" {
		t.Errorf("In-Reply-To is %q, want the caller's", v.field("In-Reply-To"))
	}
}

// TestAnswersToTwo: W3.
func TestAnswersToTwo(t *testing.T) {
	m := note("anna@example.org")
	m.ReplyTo = message.Mailboxes{{Email: "a@example.org", Name: "A, B"}, {Email: "c@example.org"}}
	if raw, v := judged(t, m); v.field("Reply-To") != `"A, B" <a@example.org>, c@example.org` {
		t.Errorf("Reply-To is %q\n%s", v.field("Reply-To"), raw)
	}
}
