package message_test

import (
	"encoding/json"
	"net/mail"
	"strings"
	"testing"
	"unicode"

	"notifier/message"
)

// A recipient reads the same when it was written, and one that passes is safe for a header.
func FuzzRecipient(f *testing.F) {
	for _, s := range []string{
		`"anna"`, `"a@x.test"`, `"Anna <a@x.test>"`, `"\"A, B\" <a@x.test>"`, `{"email":"a@x.test","name":"A"}`, `{"email":"A <a@x.test>"}`, `{}`, `null`, `5`,
		`"=?utf-8?q?=0D=0A?= <a@x.test>"`, `"@"`, `"<a@x.test>"`, `{"email":"anna"}`, `{"name":"a@x"}`, `"a@x.test>"`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var r, again message.Recipient
		if json.Unmarshal([]byte(s), &r) != nil {
			return
		}
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatalf("%q cannot be written: %v", s, err)
		}
		if err := json.Unmarshal(b, &again); err != nil || again != r {
			t.Fatalf("%q is %+v, written %s, and then %+v, %v", s, r, b, again, err)
		}
		if r.ID != "" || r.Check() != nil {
			return
		}
		if back, err := mail.ParseAddress(r.String()); r.Name != "" && (err != nil || back.Address != r.Email) {
			t.Fatalf("%q is written %q, which reads %+v, %v", s, r.String(), back, err)
		}
	})
}

// An address that passes is safe in an SMTP command and in a header.
func FuzzCheckEmail(f *testing.F) {
	for _, s := range []string{
		"anna@example.org", "a@żółw.example", "a@b@c", `"a b"@x.test`, "a@[1.2.3.4]", "a\r\n@x.test", "a@x\u2028.test", "=?q?a?=@x.test", "a..b@x.test", "a@\xff", "a@中.org",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if message.CheckEmail(s) != nil {
			return
		}
		if len(s) > 254 || strings.Count(s, "@") != 1 || strings.ContainsAny(s, " <>()[],;:\\\"\u2028\u2029\u00a0") || strings.ContainsFunc(s, unicode.IsControl) {
			t.Fatalf("CheckEmail took %q", s)
		}
		if a, err := mail.ParseAddress(s); err != nil || a.Address != s {
			t.Fatalf("CheckEmail took %q, net/mail reads %+v, %v", s, a, err)
		}
		if r := message.ParseRecipient(s); r.Email != s || r.ID != "" {
			t.Fatalf("ParseRecipient(%q) = %+v", s, r)
		}
	})
}

// A text reads the same when it was written, in every language.
func FuzzText(f *testing.F) {
	for _, s := range []string{`"a"`, `{"en":"a","pl":"b"}`, `{}`, `null`, `{"en":null}`, `{"en":1}`, `[]`, `{"a":"\ud800"}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var text, again message.Text
		if json.Unmarshal([]byte(s), &text) != nil {
			return
		}
		b, err := json.Marshal(text)
		if err != nil {
			t.Fatalf("%q cannot be written: %v", s, err)
		}
		if err := json.Unmarshal(b, &again); err != nil {
			t.Fatalf("%q is written %s, which cannot be read: %v", s, b, err)
		}
		for _, l := range []string{"", "en", "pl", "pt-BR", "a"} {
			if text.In(l) != again.In(l) {
				t.Fatalf("%q in %q is %q, and %q when written and read", s, l, text.In(l), again.In(l))
			}
		}
		if text.IsZero() != again.IsZero() || (text.Check(100) == nil) != (again.Check(100) == nil) {
			t.Fatalf("%q is another text when written and read", s)
		}
	})
}

// Only an id that NewID may have made is taken.
func FuzzParseID(f *testing.F) {
	f.Add("msg_06f3n5mmmt1fq2r6s0hj0v7k9c")
	f.Add("msg_\n6f3n5mmmt1fq2r6s0hj0v7k9c")
	f.Add("msg_")
	f.Fuzz(func(t *testing.T, s string) {
		id, err := message.ParseID(message.MessageIDs, s)
		if err == nil && (string(id) != s || len(s) != 30 || message.IDOf(message.MessageIDs, id.Bytes()) != id) {
			t.Fatalf("ParseID(%q) = %q", s, id)
		}
	})
}
