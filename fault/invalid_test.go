package fault_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"notifier/fault"
	"notifier/message"
)

// faults are the pointers and codes of an error, as in "/to missing".
func faults(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var bad *fault.Invalid
	if !errors.As(err, &bad) {
		t.Fatalf("%v is no *Invalid", err)
	}
	var all []string
	for _, f := range bad.Faults {
		all = append(all, f.Pointer+" "+f.Code)
		advises(t, f)
	}
	return all
}

// advises makes sure that a fault is a sentence that a person can act on.
func advises(t *testing.T, f fault.Fault) {
	t.Helper()
	last := f.Detail[len(f.Detail)-1]
	if last != '.' && last != '?' || strings.Contains(f.Detail, "..") || len(f.Detail) > 700 {
		t.Errorf("%s: %q is no sentence", f.Pointer, f.Detail)
	}
	for _, word := range []string{"Go ", "json:", "unmarshal", "reflect", "nil", "struct"} {
		if strings.Contains(f.Detail, word) {
			t.Errorf("%s: %q shows our insides", f.Pointer, f.Detail)
		}
	}
}

func long(n int) string { return strings.Repeat("a", n) }

func TestCheckLine(t *testing.T) {
	for _, c := range []struct {
		s       string
		longest int
		says    string
	}{
		{"", 0, ""},
		{"Contract ready", 14, ""},
		{"Contract ready", 13, "14 characters; at most 13 are taken. Shorten it"},
		{"Zażółć gęślą jaźń 🦉", 20, ""}, // characters, not bytes
		{strings.Repeat("🦉", 250), 250, ""},
		{strings.Repeat("🦉", 251), 250, "251 characters"},
		{"a\u00a0b", 10, ""},
		{"a\r\nBcc: eve@example.net", 100, "(U+000D)"},
		{"a\rb", 100, "(U+000D)"},
		{"a\nb", 100, "(U+000A)"},
		{"a\x00b", 100, "(U+0000)"},
		{"a\tb", 100, "(U+0009)"},
		{"a\x1b[31mb", 100, "(U+001B)"},
		{"a\x7fb", 100, "(U+007F)"},
		{"a\u0085b", 100, "(U+0085)"},
		{"a\u2028b", 100, "(U+2028)"},
		{"a\u2029b", 100, "(U+2029)"},
		{"a\xffb", 100, "not valid UTF-8"},
		{"=?utf-8?q?a=0D=0AB?=", 100, ""}, // only text: it is encoded once more when it is written
	} {
		err := fault.CheckLine(c.s, c.longest)
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("CheckLine(%q, %d) = %v, want %q", fault.Truncate(c.s, 40), c.longest, err, c.says)
		}
	}
}

func TestCheckBody(t *testing.T) {
	for _, c := range []struct {
		s       string
		longest int
		says    string
	}{
		{"", 0, ""},
		{"one\r\ntwo\nthree\rfour\u2028five\ttab", 100, ""}, // lines are what a body is for
		{"12345", 5, ""},
		{"123456", 5, "6 bytes; at most 5 are taken. Shorten it, or link to it"},
		{"żółw", 6, "7 bytes"},
		{"a\x00b", 100, "NUL character in it. Leave it out"},
		{"a\xffb", 100, "not valid UTF-8"},
		{"a\xed\xa0\x80b", 100, "not valid UTF-8"}, // half a surrogate pair
	} {
		err := fault.CheckBody(c.s, c.longest)
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("CheckBody(%q, %d) = %v, want %q", c.s, c.longest, err, c.says)
		}
	}
}

func TestInvalidReads(t *testing.T) {
	var bad fault.Invalid
	if err := bad.Err(); err != nil {
		t.Errorf("nothing was noted, and Err = %v", err)
	}
	bad.Add("/case/url", "bad_url", "%q is not a web address", "x")
	bad.Add("/to/0", "unknown", `there is no user "ana". Did you mean "anna"?`)
	bad.Add("", "bad_json", "this is not JSON.")
	bad.Check("/id", "bad_text", nil)
	bad.Check("/id", "bad_text", errors.New("the text is too long"))
	const want = `case.url: "x" is not a web address. to.0: there is no user "ana". Did you mean "anna"? this is not JSON. id: the text is too long.`
	if got := bad.Err().Error(); got != want {
		t.Errorf("it reads\n%s, want\n%s", got, want)
	}
	faults := []fault.Fault{
		{Pointer: "/case/url", Code: "bad_url", Detail: `"x" is not a web address.`},
		{Pointer: "/to/0", Code: "unknown", Detail: `there is no user "ana". Did you mean "anna"?`},
		{Code: "bad_json", Detail: "this is not JSON."},
		{Pointer: "/id", Code: "bad_text", Detail: "the text is too long."},
	}
	if diff := cmp.Diff(faults, bad.Faults); diff != "" {
		t.Error(diff)
	}
}

func TestTogether(t *testing.T) {
	one := &fault.Invalid{Faults: []fault.Fault{{Pointer: "/a"}}}
	two := &fault.Invalid{Faults: []fault.Fault{{Pointer: "/b"}, {Pointer: "/c"}}}
	other := errors.New("the disk is full")
	if err := fault.Join(); err != nil {
		t.Errorf("Together() = %v", err)
	}
	if err := fault.Join(nil, nil); err != nil {
		t.Errorf("Together(nil, nil) = %v", err)
	}
	var all *fault.Invalid
	if err := fault.Join(nil, one, fmt.Errorf("wrapped: %w", two)); !errors.As(err, &all) || len(all.Faults) != 3 {
		t.Errorf("Together(one, two) = %v, want the three faults", err)
	}
	if err := fault.Join(one, other, two); err != other {
		t.Errorf("Together with another error = %v, want that", err)
	}
	if len(one.Faults) != 1 || len(two.Faults) != 2 {
		t.Error("Together changed what it was given")
	}
}

func TestTruncate(t *testing.T) {
	for _, c := range []struct {
		s    string
		n    int
		want string
	}{
		{"", 0, ""}, {"abc", 3, "abc"}, {"abc", 2, "ab"}, {"abc", 0, ""}, {"żółw", 4, "żółw"}, {"żółw", 2, "żó"}, {"🦉🦉🦉", 1, "🦉"},
	} {
		if got := fault.Truncate(c.s, c.n); got != c.want {
			t.Errorf("Truncate(%q, %d) = %q, want %q", c.s, c.n, got, c.want)
		}
	}
	text := strings.Repeat("ż", message.MaxErrorText+1)
	if got := fault.Truncate(text, message.MaxErrorText); utf8.RuneCountInString(got) != message.MaxErrorText || !utf8.ValidString(got) {
		t.Errorf("CQ-8: an error text keeps %d characters, want %d", utf8.RuneCountInString(got), message.MaxErrorText)
	}
}
