package message_test

import (
	"encoding/json"
	"net/mail"
	"strings"
	"testing"

	"notifier/fault"
	"notifier/message"
)

// long is so many letters.
func long(n int) string { return strings.Repeat("a", n) }

func TestCheckEmailTakes(t *testing.T) {
	for _, s := range []string{
		"anna@example.org", "a@b", "root@localhost", "ANNA@EXAMPLE.ORG", "anna.nowak+cases@sub.example.org", "!#$%&'*+-/?=^_`{|}~@example.org",
		"o'neil@example.ie", "1@2.example", "a@xn--kw-fka0b.example", "x@_dmarc.example.org", "x@a-b.example", "x@a--b.example",
		"anna@żółw.example", "anna@ŻÓŁW.example", "a@例え.jp", "a@מקום.example", "anna@żółw。example",
		long(64) + "@example.org", "a@" + long(63) + ".example",
		long(64) + "@" + long(63) + "." + long(63) + "." + long(61), // 254 in all
	} {
		if err := message.CheckEmail(s); err != nil {
			t.Errorf("CheckEmail(%q) = %v", s, err)
		}
	}
}

func TestCheckEmailRefuses(t *testing.T) {
	for _, c := range []struct{ s, says string }{
		{"", "is missing"},
		{"anna", "is not an address"},
		{"@", "is not an address"},
		{"anna@", "is not an address"},
		{"@example.org", "is not an address"},
		{"a@b@example.org", "is not an address"},
		{"anna@example.org@", "is not an address"},
		{".anna@example.org", "a dot too many"},
		{"anna.@example.org", "a dot too many"},
		{"an..na@example.org", "a dot too many"},
		{"anna@.example.org", "no valid domain"},
		{"anna@example..org", "no valid domain"},
		{"anna@example.org.", "no valid domain"},
		{"anna@-example.org", "no valid domain"},
		{"anna@example-.org", "no valid domain"},
		{"anna@" + long(64) + ".org", "no valid domain"},
		{"anna nowak@example.org", `the character ' '`},
		{"anna@exam ple.org", `the character ' '`},
		{" anna@example.org", `the character ' '`},
		{"anna@example.org ", `the character ' '`},
		{"Anna <anna@example.org>", "before the @"},
		{"<anna@example.org>", "before the @"},
		{"anna@example.org>", `the character '>'`},
		{"anna,jan@example.org", `the character ','`},
		{"anna@example.org,jan@example.org", "is not an address"},
		{"anna@example.org;jan", `the character ';'`},
		// A quoted local part, a comment, a route and an address literal.
		{`"anna"@example.org`, `the character '"'`},
		{`"a@b"@example.org`, "is not an address"},
		{`"a\ b"@example.org`, "before the @"},
		{"anna(comment)@example.org", `the character '('`},
		{"@relay.example:anna@example.org", "is not an address"},
		{"anna@[127.0.0.1]", `the character '['`},
		{"anna@[IPv6:::1]", `the character '['`},
		{"anna@example.org:25", `the character ':'`},
		{"anna%example.com@relay.example/x", `the character '/'`},
		// Line breaks and what some programs take for them.
		{"anna@example.org\r\nBcc: eve@example.net", "control character"},
		{"anna@example.org\r", "control character"},
		{"anna\n@example.org", "control character"},
		{"anna@example.org\x00", "control character"},
		{"anna\x7f@example.org", "control character"},
		{"anna\u0085@example.org", "control character"},
		{"anna\u2028@example.org", "before the @"},
		{"anna@example\u2028.org", "no valid domain"},
		{"anna@example\u2029.org", "no valid domain"},
		{"anna\u00a0@example.org", "before the @"},
		{"anna\u200b@example.org", "before the @"},
		{"anna@exam\u200bple.org\u202e", "no valid domain"},
		// Letters beyond ASCII are for the domain only.
		{"żółw@example.org", `the character 'ż'`},
		{"почта@example.org", "before the @"},
		{"anna@\u0301example.org", "no valid domain"}, // a combining mark with nothing to combine with
		{"anna@" + strings.Repeat("ż", 60) + ".example", "no valid domain"},
		{"anna@żó_łw.example", "no valid domain"},
		{"anna\xff@example.org", "not valid UTF-8"},
		{"anna@ex\xffample.org", "not valid UTF-8"},
		{"anna@ex\ufffdample.org", "no valid domain"},
		// Encoded words.
		{"=?utf-8?q?anna?=@example.org", "encoded text"},
		{"anna@=?utf-8?q?example?=.org", "after the @"},
		// Over-long.
		{long(65) + "@example.org", "more than 64 characters before the @"},
		{"a@" + strings.Repeat(long(49)+".", 5) + "example", "at most 254 characters"},
		{long(64) + "@" + long(63) + "." + long(63) + "." + long(62), "at most 254 characters"},
		{"a@" + strings.Repeat("中.", 60) + "org", "after the @"}, // short as letters, too long in ASCII
		{long(100_000) + "@example.org", "at most 254 characters"},
	} {
		err := message.CheckEmail(c.s)
		if err == nil {
			t.Errorf("CheckEmail took %q", fault.Truncate(c.s, 80))
			continue
		}
		if !strings.Contains(err.Error(), c.says) {
			t.Errorf("CheckEmail(%q) = %q, want it to say %q", fault.Truncate(c.s, 80), err, c.says)
		}
		if !strings.Contains(err.Error(), "Write ") || len(err.Error()) > 700 {
			t.Errorf("CheckEmail(%q) = %q: it does not say what to write, or is too long", fault.Truncate(c.s, 80), err)
		}
	}
}

func TestAddressString(t *testing.T) {
	for _, c := range []struct {
		a    message.Address
		want string
	}{
		{message.Address{Email: "anna@example.org"}, "anna@example.org"},
		{message.Address{Email: "anna@example.org", Name: "Anna"}, `"Anna" <anna@example.org>`},
		{message.Address{Email: "anna@example.org", Name: `Nowak, Anna "A"`}, `"Nowak, Anna \"A\"" <anna@example.org>`},
		{message.Address{Email: "anna@example.org", Name: "Żółw"}, `=?utf-8?q?=C5=BB=C3=B3=C5=82w?= <anna@example.org>`},
		{message.Address{Email: "anna@example.org", Name: "a\r\nBcc: eve@example.net"}, ""},
	} {
		got := c.a.String()
		if c.want != "" && got != c.want {
			t.Errorf("%+v is written %s, want %s", c.a, got, c.want)
		}
		if strings.ContainsAny(got, "\r\n") {
			t.Errorf("%+v is written with a line break: %q", c.a, got)
		}
		if back, err := mail.ParseAddress(got); err != nil || back.Name != c.a.Name || back.Address != c.a.Email {
			t.Errorf("%s reads as %+v, %v", got, back, err)
		}
	}
}

func TestAddressCheck(t *testing.T) {
	for _, c := range []struct {
		a    message.Address
		says string
	}{
		{message.Address{Email: "anna@example.org", Name: "Anna Żółkiewska"}, ""},
		{message.Address{Email: "anna@example.org", Name: strings.Repeat("ż", 200)}, ""},
		{message.Address{Email: "anna@example.org", Name: strings.Repeat("ż", 201)}, "201 characters; at most 200"},
		{message.Address{Email: "anna@example.org", Name: "Anna\r\nBcc: eve@example.net"}, "(U+000D)"},
		{message.Address{Email: "anna", Name: "Anna"}, "is not an address"},
	} {
		err := c.a.Check()
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("Check of %+v = %v, want %q", c.a, err, c.says)
		}
	}
}

func address(email, name string) message.Recipient {
	return message.Recipient{Address: message.Address{Email: email, Name: name}}
}

func TestRecipientJSON(t *testing.T) {
	for _, c := range []struct {
		in   string
		want message.Recipient
		out  string // if it is written otherwise
	}{
		{`"anna"`, message.Recipient{ID: "anna"}, ""},
		{`"anna nowak"`, message.Recipient{ID: "anna nowak"}, ""},
		{`"anna@example.org"`, message.ParseRecipient("anna@example.org"), ""},
		{`"Anna <anna@example.org>"`, address("anna@example.org", "Anna"), `{"email":"anna@example.org","name":"Anna"}`},
		{`"\"Nowak, Anna\" <anna@example.org>"`, address("anna@example.org", "Nowak, Anna"), `{"email":"anna@example.org","name":"Nowak, Anna"}`},
		{`"=?utf-8?q?=C5=BBaba?= <a@example.org>"`, address("a@example.org", "Żaba"), `{"email":"a@example.org","name":"Żaba"}`},
		{`{"email":"anna@example.org","name":"Anna"}`, address("anna@example.org", "Anna"), ""},
		{`{"email":"anna@example.org"}`, address("anna@example.org", ""), ""},
		{`""`, message.Recipient{}, ""},
		{`null`, message.Recipient{}, `""`},
		// What is no address stays what it is, so that Check can say so.
		{`{"email":"anna"}`, address("anna", ""), ""},
		{`{"name":"Anna"}`, address("", "Anna"), `{"email":"","name":"Anna"}`},
		{`{"email":"Anna <anna@example.org>"}`, address("Anna <anna@example.org>", ""), `{"email":"Anna \u003canna@example.org\u003e"}`},
		{`"Anna <anna@example.org"`, message.ParseRecipient("Anna <anna@example.org"), `"Anna \u003canna@example.org"`},
		{`"a@x.test, b@x.test"`, message.ParseRecipient("a@x.test, b@x.test"), ""},
	} {
		var got message.Recipient
		if err := json.Unmarshal([]byte(c.in), &got); err != nil || got != c.want {
			t.Errorf("%s = %+v, %v; want %+v", c.in, got, err, c.want)
			continue
		}
		want := c.out
		if want == "" {
			want = c.in
		}
		b, err := json.Marshal(got)
		if err != nil || string(b) != want {
			t.Errorf("%+v is written %s, %v; want %s", got, b, err, want)
		}
		var again message.Recipient
		if err := json.Unmarshal(b, &again); err != nil || again != got {
			t.Errorf("%s = %+v, %v; want %+v again", b, again, err, got)
		}
	}
}

// A list is often decoded into one that was used before.
func TestRecipientForgetsWhatItWas(t *testing.T) {
	r := address("anna@example.org", "Anna")
	if err := json.Unmarshal([]byte(`{"email":"jan@example.net"}`), &r); err != nil || r != address("jan@example.net", "") {
		t.Errorf("decoded into another it is %+v, %v", r, err)
	}
	r.ID = "anna"
	if err := json.Unmarshal([]byte(`{"email":"jan@example.net"}`), &r); err != nil || r != address("jan@example.net", "") {
		t.Errorf("decoded into a user's it is %+v, %v", r, err)
	}
}

// A display name may bring line breaks in an encoded word; they are found.
func TestEncodedLineBreaksAreFound(t *testing.T) {
	r := message.ParseRecipient("=?utf-8?q?Anna=0D=0ABcc:_eve=40example.net?= <anna@example.org>")
	if r.Check() == nil {
		t.Errorf("%+v passes", r)
	}
}
