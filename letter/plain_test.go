package letter_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"notifier/letter"
	"notifier/message"
)

func direct(html string) message.Message {
	return message.Message{ID: "msg_1", Type: message.Direct, Subject: "s", HTML: html}
}

func TestDirectGetsAText(t *testing.T) {
	for _, c := range []struct{ name, html, want string }{
		{"paragraphs", "<p class=x>One</p><p style='y'>Two</p>", "One\n\nTwo\n"},
		{"a heading", "<h1>Receipt</h1>Thank you.", "Receipt\n\nThank you.\n"},
		{"breaks", "one<br/>two<br />three<br><br><br>four", "one\ntwo\nthree\n\nfour\n"},
		{"blocks in blocks", "<div><div>a</div></div>\n<div>b</div>", "a\nb\n"},
		{"white space", "a\n   b&nbsp;c\t<b>d</b> <i>e</i>", "a b\u00a0c d e\n"},
		{"entities", "1 &lt; 2 &amp;&amp; 3 &gt; 2 &amp;lt; &eacute;&#322;", "1 < 2 && 3 > 2 &lt; éł\n"},
		{"cells stand apart", "<table><tr><td>Name</td><td>Anna</td></tr><tr><td></td><td>alone</td></tr></table>", "Name | Anna\nalone\n"},
		{"lists", "<ul><li>one</li><li class=x><p>two</p></li></ul>after", "- one\n\n- two\n\nafter\n"},
		{"links", `<a href="https://x.test/?a=1&amp;b=2">here</a>.`, "here <https://x.test/?a=1&b=2>.\n"},
		{"a link that is its text", `<a href="https://x.test/">https://x.test/</a>`, "https://x.test/\n"},
		{"an address", `<a href="mailto:a@x.test">a@x.test</a>`, "a@x.test\n"},
		{"a link that leads nowhere good", `<a href="javascript:alert(1)">click</a>`, "click\n"},
		{"a link never closed", `<a href="https://x.test/">here`, "here <https://x.test/>\n"},
		{"head, script and style", "<head><title>T</title><style>p{}</style></head><body><script>if(a<b)c()</script>text", "text\n"},
		{"a head never closed", "<head><title>T</title><body>text", "text\n"},
		{"comments", "a<!-- b > c -->d", "ad\n"},
		{"pictures by their description", `<img src=x alt="Our logo"><p>text`, "Our logo\n\ntext\n"},
		{"preformatted", "<pre>a\nb</pre>c", "a\nb\n\nc\n"},
		{"nothing to read", "<img src=x>", ""},
		{"W6: a preheader", `<div style="display:none;max-height:0">Preview</div><p>text`, "text\n"},
		{"W6: a preheader with elements in it", `<div style="DISPLAY : NONE"><div>a</div><p>b</div><p>text`, "text\n"},
		{"W6: hidden", `<p hidden>a<p>text<span hidden="">b</span>`, "text\n"},
		{"W6: invisible", `<span style="color:red; visibility:hidden">a</span>text`, "text\n"},
		{"W6: no height", `<div style='max-height:0px;overflow:hidden'>a</div>text`, "text\n"},
		{"W6: no size", `<div style="font-size:0">a</div><div style="font-size: 0px !important">b</div>text`, "text\n"},
		{"W6: not in Outlook", `<div style="mso-hide:all">a</div>text`, "text\n"},
		{"W6: see-through", `<div style="opacity:0">a</div>text`, "text\n"},
		{"W6: small, and shown", `<div style="font-size:0.8em;max-height:0.5em;opacity:0.5;display:block">a</div>text`, "a\ntext\n"},
		{"W6: hidden in its name only", `<p class="hidden">a`, "a\n"},
		{"W6: a cell", `<table><tr><td style="display:none">a</td><td>b</td></tr></table>`, "b\n"},
		{"long lines", "<p>" + strings.Repeat("word ", 20), strings.TrimSpace(strings.Repeat("word ", 14)) + "\n" + strings.TrimSpace(strings.Repeat("word ", 6)) + "\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := letter.Writer{}.Write(direct(c.html))
			if m.Text != c.want {
				t.Errorf("%s\nbecame %q\nwant   %q", c.html, m.Text, c.want)
			}
			if m.HTML != c.html || m.Subject != "s" {
				t.Errorf("HTML or subject changed to %q, %q", m.HTML, m.Subject)
			}
		})
	}
}

// FuzzPlain looks for HTML that cannot be read, or whose text is not text.
func FuzzPlain(f *testing.F) {
	for _, seed := range []string{"<p>a", "<a href=https://x.test><a href='b'>c</a>", "<td>a<td>b<tr>", "<li><pre>\n</pre>", "&#x110000;&amp", "<!--", "<script>", "<p hidden>a<p style='display:none'>b", "<table hidden><td>a"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, html string) {
		text := letter.Writer{}.Write(direct(html)).Text
		if utf8.ValidString(html) && !utf8.ValidString(text) {
			t.Errorf("%q became %q", html, text)
		}
	})
}
