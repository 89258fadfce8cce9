package mail_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	gomail "github.com/emersion/go-message/mail"
	"pgregory.net/rapid"

	"notifier/fault"
	"notifier/mail"
	"notifier/message"
)

func attach(m message.Message, files ...message.File) message.Message {
	for _, f := range files {
		m.Attachments = append(m.Attachments, f.Attachment())
	}
	return m
}

// partsOf lists the parts of a mail as a mail program sees them.
func partsOf(t interface{ Fatalf(string, ...any) }, raw []byte) (all []string) {
	r, err := gomail.CreateReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("cannot be parsed: %v\n%s", err, raw)
	}
	for {
		p, err := r.NextPart()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatalf("a part: %v in\n%s", err, raw)
		}
		content, err := io.ReadAll(p.Body)
		if err != nil {
			t.Fatalf("a part: %v in\n%s", err, raw)
		}
		what := ""
		switch h := p.Header.(type) {
		case *gomail.InlineHeader:
			media, _, _ := h.ContentType()
			what = media
			if id := h.Get("Content-Id"); id != "" {
				what += " " + id
			}
		case *gomail.AttachmentHeader:
			name, _ := h.Filename()
			media, _, _ := h.ContentType()
			what = "attached " + media + " " + name
		}
		all = append(all, fmt.Sprintf("%s: %q", what, strings.TrimSpace(unix(string(content)))))
	}
}

func TestAttachmentsAndImages(t *testing.T) {
	logo := message.File{Filename: "logo.png", ContentID: "logo", Content: []byte("\x89PNG\x00\xff")}
	contract := message.File{Filename: "Umowa – Łódź.pdf", Content: bytes.Repeat([]byte("pdf "), 100)}
	dot := message.File{Filename: "dots.txt", ContentType: "text/plain; charset=utf-8", Content: []byte(".\r\n..\r\n")}
	long := fmt.Sprintf("%q", strings.TrimSpace(strings.Repeat("pdf ", 100)))
	for _, row := range []struct {
		name, text, html string
		files            []message.File
		top, want        string
	}{
		{"a file", "Hello", "", []message.File{contract}, "multipart/mixed", `text/plain: "Hello"|attached application/pdf Umowa – Łódź.pdf: ` + long},
		{
			"an image", "Hello", `<img src="cid:logo">`,
			[]message.File{logo},
			"multipart/related",
			`text/plain: "Hello"|text/html: "<img src=\"cid:logo\">"|image/png <logo>: "\x89PNG\x00\xff"`,
		},
		{
			"both", "", `<img src="cid:logo">`,
			[]message.File{dot, logo},
			"multipart/mixed",
			`text/html: "<img src=\"cid:logo\">"|image/png <logo>: "\x89PNG\x00\xff"|attached text/plain dots.txt: ".\n.."`,
		},
	} {
		m := attach(note("anna@example.org"), row.files...)
		m.Text, m.HTML = row.text, row.html
		raw, err := mail.Compose(m, workflow)
		if err != nil {
			t.Fatal(err)
		}
		wellFormed(t, raw)
		if again, _ := mail.Compose(m, workflow); !bytes.Equal(raw, again) {
			t.Errorf("%s: the second attempt is another mail", row.name)
		}
		if got := strings.Join(partsOf(t, raw), "|"); got != row.want {
			t.Errorf("%s:\n%s\nwant\n%s", row.name, got, row.want)
		}
		if !bytes.Contains(raw, []byte("Content-Type: "+row.top+";")) {
			t.Errorf("%s is no %s:\n%s", row.name, row.top, raw)
		}
	}
}

// TestWhateverIsAttachedComesOut: any bytes under any name that is taken.
func TestWhateverIsAttachedComesOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := message.File{
			Filename: rapid.String().Draw(t, "filename"), Content: rapid.SliceOfN(rapid.Byte(), 1, 500).Draw(t, "content"),
			ContentType: rapid.OneOf(rapid.Just(""), rapid.SampledFrom([]string{"text/plain", `a/b; c="d e"`, "a/b; charset=x"}), rapid.String()).Draw(t, "type"),
		}
		m := attach(note("anna@example.org"), f)
		raw, err := mail.Compose(m, workflow)
		if m.Attachments[0].Filename = fault.WithoutBidi(f.Filename); f.Filename != "" && m.Attachments[0].Filename == "" {
			m.Attachments[0].Filename = "attachment"
		}
		f.Filename = m.Attachments[0].Filename
		if m.Attachments[0].Check() != nil {
			if err == nil {
				t.Fatalf("%+v was taken", f)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		wellFormed(t, raw)
		r, err := gomail.CreateReader(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			p, err := r.NextPart()
			if err != nil {
				t.Fatal(err)
			}
			h, attached := p.Header.(*gomail.AttachmentHeader)
			if !attached {
				continue
			}
			content, _ := io.ReadAll(p.Body)
			if media, _, _ := h.ContentType(); strings.HasPrefix(media, "text/") {
				continue // its charset is made UTF-8 in reading
			}
			if name, err := h.Filename(); name != f.Filename || err != nil || !bytes.Equal(content, f.Content) {
				t.Fatalf("%q came out as %q, %v, and %x as %x", f.Filename, name, err, f.Content, content)
			}
		}
	})
}

func TestWhatACallerAddsToTheHead(t *testing.T) {
	m := note("anna@example.org")
	m.Case, m.Priority = message.Case{ID: "OFA/2026/1181"}, message.High
	m.Headers = []message.Header{
		{Name: "X-Process", Value: "Najem – Łódź"},
		{Name: "List-Unsubscribe", Value: "<https://bpm.example.org/" + strings.Repeat("u", 200) + ">, <mailto:stop@example.org>"},
	}
	raw, err := mail.Compose(m, workflow)
	if err != nil {
		t.Fatal(err)
	}
	r, err := gomail.CreateReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"X-Process": "Najem – Łódź", "List-Unsubscribe": m.Headers[1].Value, "X-Priority": "1", "Importance": "high", "List-Id": "<direct.example.org>",
	} {
		if got, err := r.Header.Text(name); got != want || err != nil {
			t.Errorf("%s: %q, %v, want %q", name, got, err, want)
		}
	}
	root := r.Header.Get("References")
	if !strings.HasSuffix(root, "@example.org>") {
		t.Errorf("References: %q, want an id of the case", root)
	}
	other := note("jan@example.org")
	other.Case = m.Case
	if raw, err = mail.Compose(other, workflow); err != nil || !bytes.Contains(raw, []byte("\r\nReferences: "+root+"\r\n")) {
		t.Errorf("another mail of the case is in another thread: %v\n%s", err, raw)
	}
	m.Headers = []message.Header{{Name: "Bcc", Value: "x@example.org"}} // as a row may hold that somebody tampered with
	if raw, err := mail.Compose(m, workflow); err == nil {
		t.Errorf("a forbidden header was written:\n%s", raw)
	}
}

func TestAnAttachmentThatIsGone(t *testing.T) {
	m := attach(note("anna@example.org"), message.File{Filename: "a.txt", Content: []byte("x")})
	m.Attachments[0].Content = nil
	if raw, err := mail.Compose(m, workflow); err == nil || !strings.Contains(err.Error(), `"a.txt" is not there`) {
		t.Errorf("it was sent without: %v\n%s", err, raw)
	}
}
