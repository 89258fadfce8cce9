package letter_test

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"notifier/letter"
	"notifier/message"
)

// attacks is what somebody may write into a case, hoping that a mail program runs it.
var attacks = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onmouseover='alert(1)`, `</title><script>alert(1)</script>`,
	`</style><script>alert(1)</script>`, `<!--`, `--><b>`, `]]>`, `{{.}}`, `[[red]]`, `&lt;b&gt;`, `<a href="https://evil.test">x</a>`,
	`</td></tr></table><h1>`, `javascript:alert(1)`, `JaVaScRiPt:alert(1)`, " javascript:alert(1)", "java\tscript:alert(1)",
	`data:text/html;base64,PHNjcmlwdD4=`, `https://x.test/"onclick="alert(1)`, `https://x.test/'><script>`, `//evil.test`, "a\r\nBcc: x@y.test",
	"\x00\x1b[2J", "\u202egnp.exe", `<svg/onload=alert(1)>`, "\xff\xfe", `<style>*{display:none}</style>`, `%3Cscript%3E`, `https://x.test/<script>`,
}

// shape is the tags and attributes of a page, its links, and all of its text.
func shape(t *testing.T, page string) (tags, links []string, text string) {
	t.Helper()
	z := html.NewTokenizer(strings.NewReader(page))
	var b strings.Builder
	for {
		switch z.Next() {
		case html.ErrorToken:
			return tags, links, b.String()
		case html.TextToken:
			b.Write(z.Text())
		case html.CommentToken:
			t.Errorf("a comment: %q", z.Raw())
		case html.StartTagToken, html.SelfClosingTagToken:
			tok := z.Token()
			tag := tok.Data
			for _, a := range tok.Attr {
				tag += " " + a.Key
				if a.Key == "href" {
					links = append(links, a.Val)
				} else {
					tag += "=" + a.Val
				}
			}
			tags = append(tags, tag)
		case html.EndTagToken:
			tags = append(tags, "/"+z.Token().Data)
		}
	}
}

func TestNothingIsInjected(t *testing.T) {
	due := letter.Due{At: utc("2026-11-23 15:00"), Now: utc("2026-11-22 07:00")}
	for name, set := range map[string]func(*message.Message, string){
		"id":      func(m *message.Message, s string) { m.Case.ID = s },
		"title":   func(m *message.Message, s string) { m.Case.Title = s },
		"stage":   func(m *message.Message, s string) { m.Case.Stage = s },
		"summary": func(m *message.Message, s string) { m.Summary = s },
		"actor":   func(m *message.Message, s string) { m.Actor = s },
		"kind":    func(m *message.Message, s string) { m.Kind = message.Kind(s) },
		"setting": func(m *message.Message, s string) { m.Setting = s },
		"zone":    func(m *message.Message, s string) { m.Timezone = s },
		"id of m": func(m *message.Message, s string) { m.ID = message.ID(s) },
		"address": func(m *message.Message, s string) { m.Case.URL = s },
	} {
		for _, attack := range attacks {
			good, bad := single(), single()
			set(&good, "https://x.test/harmless")
			set(&bad, attack)
			w := letter.Writer{Titles: map[message.Kind]string{message.CaseChanged: attack}}
			if name == "kind" {
				good.Kind, w.Titles = "harmless", nil
			}
			for _, write := range []func(message.Message) message.Message{
				w.Write, func(m message.Message) message.Message { return w.Remind(m, due) },
			} {
				want, _, _ := shape(t, write(good).HTML)
				written := write(bad)
				got, links, _ := shape(t, written.HTML)
				for _, link := range links {
					if !strings.HasPrefix(link, "https://") {
						t.Errorf("%s %q: a link to %q", name, attack, link)
					}
				}
				if name == "address" && len(links) == 0 {
					continue // no link and no button, which is another shape
				}
				if !slices.Equal(got, want) {
					t.Errorf("%s %q changes the page to\n%s", name, attack, written.HTML)
				}
				if strings.ContainsAny(written.Subject, "\r\n\x00\x1b") || strings.ContainsAny(written.Text, "\r\x00\x1b") {
					t.Errorf("%s %q reaches the subject %q or the text\n%s", name, attack, written.Subject, written.Text)
				}
			}
		}
	}
}

// Mail programs load nothing for our mails, and screen readers find their way.
func TestPageIsSelfContained(t *testing.T) {
	tags, links, _ := shape(t, letter.Writer{}.Write(single()).HTML)
	for _, tag := range tags {
		name, _, _ := strings.Cut(tag, " ")
		if slices.Contains([]string{"img", "link", "script", "iframe", "object", "form"}, name) ||
			strings.Contains(tag, "url(") || strings.Contains(tag, " src") || strings.Contains(tag, " background=") {
			t.Errorf("the page has <%s>", tag)
		}
		if name == "table" && !strings.Contains(tag, "role=presentation") {
			t.Errorf("a table is not marked as layout: <%s>", tag)
		}
	}
	if !slices.Contains(tags, "html lang=en") {
		t.Errorf("the page does not say its language: %v", tags[:2])
	}
	if len(links) != 1 || links[0] != "https://bpm.example.com/c/1181" {
		t.Errorf("links = %v, want the case's alone", links)
	}
}

func BenchmarkWrite(b *testing.B) {
	m := single()
	b.ReportAllocs()
	for b.Loop() {
		letter.Writer{}.Write(m)
	}
}

func BenchmarkRemind(b *testing.B) {
	m, due := reminder(), letter.Due{At: utc("2026-11-23 15:00"), Now: utc("2026-11-22 07:00")}
	b.ReportAllocs()
	for b.Loop() {
		letter.Writer{}.Remind(m, due)
	}
}
