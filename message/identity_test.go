package message_test

import (
	"strings"
	"testing"

	"notifier/message"
)

// TestIdentity: L11. Spellings of one address are one, and other addresses are others.
func TestIdentity(t *testing.T) {
	for _, same := range [][]string{
		{"stop@xn--d-uga0v4h.example", "stop@łódź.example", "Stop@ŁÓDŹ.example", "stop@XN--D-UGA0V4H.example", "stop@ło\u0301dź.example", "stop@łódź。example"},
		{"a@example.org", "A@EXAMPLE.org", "a@ｅｘａｍｐｌｅ.org", "a@example。org", "a@exam\u00adple.org", "a@exam\u200bple.org", "a@ⓔxample.org", "a@example．org"},
		{"a@straße.example", "a@xn--strae-oqa.example", "a@STRAßE.example"},
		{"a@strasse.example"}, {"b@example.org"}, {"a+b@example.org", "A+B@example.org"}, {"a@sub_domain.example"},
	} {
		for _, spelling := range same {
			if got, want := message.Identity(spelling), message.Identity(same[0]); got != want || got != strings.ToLower(got) {
				t.Errorf("%q is %q, want %q", spelling, got, want)
			}
			if err := message.CheckEmail(spelling); err != nil {
				t.Errorf("%q: %v", spelling, err)
			}
		}
	}
	if message.Identity("a@straße.example") == message.Identity("a@strasse.example") {
		t.Error("ß is ss: that is the transitional mapping")
	}
	for address, want := range map[string]string{
		"a\u200bb@example.org": "invisible character U+200B", "a\u00adb@example.org": "invisible character U+00AD", "a\ufeffb@example.org": "invisible", "ą@example.org": "which addresses may not have",
		"a@xn--zzzzzz99999.example": "no form in ASCII", "a@exa mple.ł": "no form in ASCII", "a@ex\u202eample.org": "no form in ASCII",
	} {
		if err := message.CheckEmail(address); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", address, err, want)
		}
	}
	e := message.Envelope{To: []message.Address{{Email: "a@łódź.example"}, {Email: "A@xn--d-uga0v4h.example"}}, Bcc: []message.Address{{Email: "a@ŁÓDŹ.example"}}}
	if all := e.Everyone(); len(all) != 1 || all[0] != "a@łódź.example" {
		t.Errorf("one address in three spellings gets %q", all)
	}
	if n := testing.AllocsPerRun(100, func() { message.Identity("anna.zielinska@example.org") }); n > 0 {
		t.Errorf("the identity of a plain address costs %v allocations", n)
	}
}

// FuzzIdentity: L11. An identity is that of itself, and none of an address that is taken fails.
func FuzzIdentity(f *testing.F) {
	for _, s := range []string{"a@łódź.example", "A@XN--D-UGA0V4H.example", "a@b。c", "İ@x", "a", "@", "a@xn--", "ǅ@ſ.example"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := message.Identity(s)
		if again := message.Identity(once); message.CheckEmail(s) == nil && again != once {
			t.Fatalf("%q is %q, and that is %q", s, once, again)
		}
		if message.CheckEmail(s) == nil && message.CheckEmail(once) != nil {
			t.Fatalf("%q is taken, its identity %q is not: %v", s, once, message.CheckEmail(once))
		}
	})
}
