package mail_test

import (
	"bytes"
	"net/textproto"
	"strings"
	"testing"

	gomail "github.com/emersion/go-message/mail"

	"notifier/mail"
	"notifier/message"
)

// FuzzExtra: whatever a caller adds, the mail has the fields that it is to have and no
// other, and its parts are those that were put in.
func FuzzExtra(f *testing.F) {
	f.Add("X-Process", "lease", "a.txt", "text/plain", "logo", "x")
	f.Add("References", "<a@b>", "a\r\nBcc: b@example.org", "text/html; charset=\"x\r\nBcc: b\"", "a>\r\nBcc: b", "--=_m")
	f.Add("X-A\r\nBcc", "b\r\n c", "ż.pdf", "multipart/mixed; boundary=x", "", "\x00")
	f.Add("List-Unsubscribe", "<https://example.org/"+strings.Repeat("x", 800)+">", strings.Repeat("a", 150), "", "", "--=_r")
	f.Fuzz(func(t *testing.T, name, value, filename, contentType, contentID, text string) {
		m := note("anna@example.org")
		m.ID, m.Text, m.HTML = "msg_fuzz", text, "<p>x"
		m.Headers = []message.Header{{Name: textproto.CanonicalMIMEHeaderKey(name), Value: value}}
		m = attach(m, message.File{Filename: filename, ContentType: contentType, ContentID: contentID, Content: []byte("content")})
		raw, err := mail.Compose(m, workflow)
		if err != nil {
			return
		}
		wellFormed(t, raw)
		r, err := gomail.CreateReader(bytes.NewReader(raw))
		if err != nil {
			t.Fatalf("cannot be parsed: %v\n%s", err, raw)
		}
		known := fields(m)
		known[m.Headers[0].Name]++
		delete(known, "Content-Transfer-Encoding")
		for f := r.Header.Fields(); f.Next(); {
			if known[f.Key()]--; known[f.Key()] < 0 {
				t.Errorf("there is a field %s too many in\n%s", f.Key(), raw)
			}
		}
		if parts := partsOf(t, raw); len(parts) < 2 || !strings.Contains(parts[len(parts)-1], "content") {
			t.Errorf("parts = %q in\n%s", parts, raw)
		}
	})
}
