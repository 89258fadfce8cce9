package message_test

import (
	"encoding/json"
	"errors"
	"net/textproto"
	"slices"
	"strings"
	"testing"

	"notifier/fault"
	"notifier/message"
)

func TestWhichHeadersACallerMayAdd(t *testing.T) {
	for _, row := range []struct {
		name, value, want string // want is a part of the refusal; empty: taken
	}{
		{"X-Process", "lease – Łódź", ""},
		{"x-process", "lease", ""},
		{"List-Unsubscribe", "<https://bpm.example.org/u/1>, <mailto:u@example.org>", ""},
		{"list-unsubscribe-post", "List-Unsubscribe=One-Click", ""},
		{"References", "<1@example.org>", ""},
		{"Organization", "Urząd Miasta", ""},
		{"Bcc", "a@example.org", "may not be set"},
		{"From", "a@example.org", "may not be set"},
		{"Subject", "x", "may not be set"},
		{"Message-ID", "<1@x>", "may not be set"},
		{"Content-Type", "text/html", "may not be set"},
		{"DKIM-Signature", "v=1", "may not be set"},
		{"Received", "x", "may not be set"},
		{"Return-Path", "<>", "may not be set"},
		{"Auto-Submitted", "no", "may not be set"},
		{"X-Notifier-Id", "x", "may not be set"},
		{"x-notifier-anything", "x", "may not be set"},
		{"X-Auto-Response-Suppress", "None", "may not be set"},
		{"X-A: b\r\nBcc", "x", "no name of a header"},
		{"X-A\x00", "x", "no name of a header"},
		{"X-Ż", "x", "no name of a header"},
		{"X-" + strings.Repeat("a", 60), "x", "no name of a header"},
		{"", "x", "no name of a header"},
		{"X-A", "b\r\nBcc: c@example.org", "line break"},
		{"X-A", "b\nBcc: c@example.org", "line break"},
		{"X-A", "b\u2028c", "line break"},
		{"X-A", "b\x00", "control character"},
		{"X-A", "\xff", "not valid UTF-8"},
		{"X-A", "  ", "is empty"},
		{"X-A", strings.Repeat("x", 1001), "at most 998"},
		{"References", "<ż@example.org>", "printable ASCII"},
	} {
		err := message.Header{Name: row.name, Value: row.value}.Check()
		if row.want == "" && err != nil || row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)) {
			t.Errorf("%q: %.40q = %v, want %q", row.name, row.value, err, row.want)
		}
	}
}

func TestWhatAMessageMayBringAlong(t *testing.T) {
	file := func(change func(f *message.File)) message.File {
		f := message.File{Filename: "contract.pdf", Content: []byte("x")}
		change(&f)
		return f
	}
	for _, row := range []struct {
		name   string
		change func(d *message.Draft)
		want   string // where and what; empty: taken
	}{
		{"a file", func(d *message.Draft) {}, ""},
		{"an image inside", func(d *message.Draft) { d.HTML, d.Attachments[0].ContentID = `<img src="cid:logo">`, "logo" }, ""},
		{"an image without HTML", func(d *message.Draft) { d.Attachments[0].ContentID = "logo" }, "/attachments/0/content_id not_allowed"},
		{"two images of one id", func(d *message.Draft) {
			d.HTML, d.Attachments[0].ContentID = "x", "logo"
			d.Attachments = append(d.Attachments, d.Attachments[0])
		}, "/attachments/1/content_id key_twice"},
		{"an id that ends its header", func(d *message.Draft) { d.HTML, d.Attachments[0].ContentID = "x", "a>\r\nX: y" }, "/attachments/0/content_id bad_text"},
		{"a folder", func(d *message.Draft) { d.Attachments[0].Filename = "../etc/passwd" }, "/attachments/0/filename bad_text"},
		{"a line break", func(d *message.Draft) { d.Attachments[0].Filename = "a\r\nBcc: b@example.org" }, "/attachments/0/filename bad_text"},
		{"no name", func(d *message.Draft) { d.Attachments[0].Filename = "" }, "/attachments/0/filename missing"},
		{"a long name", func(d *message.Draft) { d.Attachments[0].Filename = strings.Repeat("ż", 76) }, "/attachments/0/filename bad_text"},
		{"no media type", func(d *message.Draft) { d.Attachments[0].ContentType = "pdf" }, "/attachments/0/content_type bad_text"},
		{"a media type that ends its header", func(d *message.Draft) { d.Attachments[0].ContentType = "a/b; c=\"\r\nX: y\"" }, "/attachments/0/content_type bad_text"},
		{"a mail", func(d *message.Draft) { d.Attachments[0].ContentType = "message/rfc822" }, "/attachments/0/content_type not_allowed"},
		{"nothing", func(d *message.Draft) { d.Attachments[0].Content = nil }, "/attachments/0/content missing"},
		{"10 MB", func(d *message.Draft) { d.Attachments[0].Content = make([]byte, 10<<20) }, ""},
		{"more than 10 MB", func(d *message.Draft) {
			d.Attachments = []message.File{
				file(func(f *message.File) { f.Content = make([]byte, 10<<20) }),
				file(func(*message.File) {}),
			}
		}, "/attachments too_large"},
		{"more than 20", func(d *message.Draft) {
			for range 20 {
				d.Attachments = append(d.Attachments, d.Attachments[0])
			}
		}, "/attachments too_many"},
		{"a header twice", func(d *message.Draft) { d.Headers = map[string]message.Values{"X-A": {"1"}, "x-a": {"2"}} }, "/headers/x-a key_twice"},
		{"a forbidden header", func(d *message.Draft) { d.Headers = map[string]message.Values{"Bcc": {"b@example.org"}} }, "/headers/Bcc not_allowed"},
		{"W4: a direction in a name", func(d *message.Draft) { d.Attachments[0].Filename = "a\u202efdp.exe" }, "/attachments/0/filename bad_text"},
		{"W4: a direction in a person's name", func(d *message.Draft) {
			d.To[0] = message.Recipient{Address: message.Address{Email: "a@example.org", Name: "A\u2066"}}
		}, "/to/0 bad_address"},
		{"W4: a name that is a folder", func(d *message.Draft) { d.Attachments[0].Filename = ".." }, "/attachments/0/filename bad_text"},
		{"W4: a name that looks encoded", func(d *message.Draft) { d.Attachments[0].Filename = "=?utf-8?q?evil?=.pdf" }, ""},
		{"W4: another name in the media type", func(d *message.Draft) { d.Attachments[0].ContentType = `application/pdf; name="b.exe"` }, "/attachments/0/content_type not_allowed"},
		{"W4: encoded words in the media type", func(d *message.Draft) { d.Attachments[0].ContentType = `a/b; c="=?utf-8?q?x?="` }, "/attachments/0/content_type bad_text"},
		{"W4: a media type twice", func(d *message.Draft) { d.Attachments[0].ContentType = `a/b; c=d; c=e` }, "/attachments/0/content_type bad_text"},
		{"W3: a header of several texts", func(d *message.Draft) { d.Headers = map[string]message.Values{"X-A": {"1", "2"}} }, ""},
		{"W3: a structured header of several texts", func(d *message.Draft) {
			d.Headers = map[string]message.Values{"References": {"<a@b>", "<c@d>"}}
		}, "/headers/References not_allowed"},
		{"W3: too many headers", func(d *message.Draft) {
			d.Headers = map[string]message.Values{"X-A": slices.Repeat(message.Values{"1"}, 21)}
		}, "/headers too_many"},
		{"a priority", func(d *message.Draft) { d.Priority = "urgent" }, "/priority bad_word"},
		{"a language", func(d *message.Draft) { d.Language = "pl\r\nX: y" }, "/language bad_language"},
		{"a sender", func(d *message.Draft) {
			d.Sender = &message.Recipient{Address: message.Address{Email: "a@b@c"}}
		}, "/sender bad_address"},
		{"a tag", func(d *message.Draft) { d.Tags = map[string]string{"a": "b\nc"} }, "/tags/a bad_text"},
	} {
		d := message.Draft{To: []message.Recipient{{ID: "anna"}}, Subject: "S", Text: "T", Attachments: []message.File{file(func(*message.File) {})}}
		row.change(&d)
		var bad *fault.Invalid
		got := ""
		if errors.As(d.Check(noon), &bad) {
			got = bad.Faults[0].Pointer + " " + bad.Faults[0].Code
		}
		if got != row.want {
			t.Errorf("%s: %q, want %q", row.name, got, row.want)
		}
	}
}

func TestAnAttachmentIsReadFromBase64(t *testing.T) {
	var d message.Draft
	if err := fault.Decode([]byte(`{"attachments":[{"filename":"a.PDF","content":"aGVsbG8="}]}`), &d); err != nil {
		t.Fatal(err)
	}
	a := d.Attachments[0].Attachment()
	if string(a.Content) != "hello" || a.Size != 5 || a.ContentType != "application/pdf" || a.Hash != "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824" {
		t.Errorf("the attachment is %+v", a)
	}
	for _, content := range []string{`"a"`, `"aGVsbG8"`, `"aGVs\nbG8="`, `5`, `["a"]`} {
		err := fault.Decode([]byte(`{"attachments":[{"filename":"a","content":`+content+`}]}`), new(message.Draft))
		var bad *fault.Invalid
		if !errors.As(err, &bad) || bad.Faults[0].Pointer != "/attachments/0/content" || !strings.Contains(err.Error(), "base64") {
			t.Errorf("content %s: %v, want a fault that names base64", content, err)
		}
	}
}

// TestHeaderValues: W1 and W4. What has a structure is checked as what it is.
func TestHeaderValues(t *testing.T) {
	for _, row := range []struct {
		name, value string
		taken       bool
	}{
		{"X-SMTPAPI", strings.Repeat(`{"to": ["a"]}, `, 100) + "x", true},
		{"X-JWT", strings.Repeat("x", 900), true},
		{"X-JWT", strings.Repeat("x", 998-len("X-Jwt: ")), true},
		{"X-JWT", strings.Repeat("x", 998-len("X-Jwt: ")+1), false},
		{"X-JWT", "a " + strings.Repeat("x", 997), true},
		{"X-JWT", "a " + strings.Repeat("x", 998), false},
		{"X-Text", strings.Repeat("ż", 2000), true},
		{"X-Text", strings.Repeat("ż", 10_001), false},
		{"References", "<a@b> <c.d@e>", true},
		{"References", "=?utf-8?q?x?=", false},
		{"References", "<=?utf-8?q?x?=@b>", false},
		{"References", "a@b", false},
		{"References", "<a@b>, <c@d>", false},
		{"In-Reply-To", "<a b@c>", false},
		{"List-Unsubscribe", "<https://example.org/u?a=1>, <mailto:stop@example.org?subject=x>", true},
		{"List-Unsubscribe", "<https://example.org/u> (stop), <mailto:a@b>", true},
		{"List-Unsubscribe", "https://example.org/u", false},
		{"List-Unsubscribe", "<javascript:alert(1)>", false},
		{"List-Unsubscribe", "=?utf-8?q?=3Chttps://example.org=3E?=", false},
		{"List-Unsubscribe-Post", "List-Unsubscribe=One-Click", true},
		{"List-Unsubscribe-Post", "yes", false},
		{"List-Help", "<https://example.org/%zz>", false},
		{"Importance", "HIGH", true},
		{"Importance", "urgent", false},
		{"Precedence", "bulk", true},
		{"Precedence", "bulk, list", false},
		{"Sensitivity", "Company-Confidential", true},
		{"Feedback-Id", "a:b:c:d", true},
		{"Feedback-Id", "a b", false},
		{"Keywords", "=?utf-8?q?kept as it is?=", true},
	} {
		err := message.Header{Name: row.name, Value: row.value}.Check()
		if (err == nil) != row.taken {
			t.Errorf("%s: %.60s (%d): %v, want taken: %t", row.name, row.value, len(row.value), err, row.taken)
		}
	}
}

// FuzzHeader: W4. What is taken goes out on lines of at most 998 bytes, and a structured value has
// nothing in it that a reader would decode.
func FuzzHeader(f *testing.F) {
	f.Add("References", "<a@b> <c@d>")
	f.Add("List-Unsubscribe", "<https://example.org/u> (x), <mailto:a@b>")
	f.Add("X-A", strings.Repeat("x  ", 700))
	f.Fuzz(func(t *testing.T, name, value string) {
		h := message.Header{Name: textproto.CanonicalMIMEHeaderKey(name), Value: value}
		if h.Check() != nil {
			return
		}
		if strings.ContainsAny(value, "\r\n\x00") || h.Structured() && (strings.Contains(value, "=?") || strings.ContainsFunc(value, func(r rune) bool { return r > '~' })) {
			t.Fatalf("%s: %q was taken", h.Name, value)
		}
		if got := strings.Join(message.Words(value), " "); got != value {
			t.Fatalf("the words of %q are those of %q", value, got)
		}
	})
}

// FuzzValues: W3. One text or several read the same when they were written.
func FuzzValues(f *testing.F) {
	for _, s := range []string{`"a"`, `5`, `[1,"b",true]`, `[]`, `null`, `{"a":1}`, `[["a"]]`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var v, again message.Values
		if json.Unmarshal([]byte(s), &v) != nil {
			return
		}
		b, err := json.Marshal(v)
		if err != nil || json.Unmarshal(b, &again) != nil || !slices.Equal(v, again) {
			t.Fatalf("%q is %q, written %s and then %q: %v", s, v, b, again, err)
		}
	})
}
