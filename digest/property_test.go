package digest_test

import (
	"bytes"
	"fmt"
	"mime/quotedprintable"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"notifier/digest"
	"notifier/letter"
	"notifier/message"
)

// count adds up what a text part shows and what it says that it does not show.
func count(t interface{ Errorf(string, ...any) }, text string) (total, told int) {
	number := func(s string) int {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Errorf("%q is no number", s)
		}
		return n
	}
	total = number(regexp.MustCompile(`^\d+`).FindString(text))
	body, _, _ := strings.Cut(text, "\n-- \n")
	// A line is an event if a time begins it; one that goes on is part of the line before.
	flat := regexp.MustCompile(`\n {6,}`).ReplaceAllString(body, " ")
	for line := range strings.Lines(flat) {
		line = strings.TrimSpace(line)
		switch {
		case regexp.MustCompile(`^(\w+ )?(\w+ )?\d\d:\d\d  `).MatchString(line):
			times := regexp.MustCompile(`×(\d+)(, last [^×]+)?$`).FindStringSubmatch(line)
			if times == nil {
				told++
			} else {
				told += number(times[1])
			}
		case regexp.MustCompile(`^and \d+ more$`).MatchString(line):
			told += number(strings.Fields(line)[1])
		case regexp.MustCompile(`^and \d+ more cases? with \d+ notif`).MatchString(line):
			told += number(strings.Fields(line)[5])
		}
	}
	return total, told
}

// size is how long the text is in quoted-printable.
func size(text string) int {
	var b bytes.Buffer
	w := quotedprintable.NewWriter(&b)
	_, _ = w.Write([]byte(strings.ReplaceAll(text, "\n", "\r\n")))
	_ = w.Close()
	return b.Len()
}

func anything(t *rapid.T) message.Message {
	word := rapid.SampledFrom([]string{
		"", "a", "Jan commented", "Żółw", "Document added", `<b>"x"</b>`, "and 4 more",
		strings.Repeat("𝔘", 500), strings.Repeat("long text ", 50), "a\r\nb", "\u202eabc",
	})
	m := changed(rapid.IntRange(0, 60).Draw(t, "case"), "07:00", word.Draw(t, "summary"))
	m.OccurredAt = m.OccurredAt.Add(time.Duration(rapid.IntRange(0, 2000).Draw(t, "minute")) * time.Minute)
	m.Reference = rapid.SampledFrom([]string{"", "e1", "e2"}).Draw(t, "reference")
	m.ID = message.ID(fmt.Sprintf("msg_%d", rapid.IntRange(0, 1<<30).Draw(t, "id")))
	m.Kind = rapid.SampledFrom([]message.Kind{message.CaseReceived, message.CaseChanged, "audit", message.Deadline}).Draw(t, "kind")
	m.Setting = rapid.SampledFrom([]string{"daily 08:00", "hourly", "weekly monday 08:00", ""}).Draw(t, "setting")
	m.Actor = rapid.SampledFrom([]string{"", "jan", "ewa", strings.Repeat("𝔘", 200)}).Draw(t, "actor")
	switch rapid.IntRange(0, 9).Draw(t, "shape") {
	case 0:
		m.Case = message.Case{}
	case 1:
		m.Case.ID = ""
	case 2:
		m.Case.Title, m.Case.URL = strings.Repeat("𝔘", 200), "https://x.test/"+strings.Repeat("&", 1900)
	}
	return m
}

// No item ever vanishes: what is shown and what is said not to be shown are all of them.
// No digest is larger than 80 KB, and no text part wider than it may be.
func TestNothingIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items := rapid.SliceOfN(rapid.Custom(anything), 1, 200).Draw(t, "items")
		w := letter.Writer{CasesURL: rapid.SampledFrom([]string{"", "https://bpm.example.com/inbox"}).Draw(t, "url")}
		at := eight.Add(time.Duration(rapid.IntRange(24, 300).Draw(t, "hours")) * time.Hour)
		d := digest.Merge(w, items, at)

		if total, told := count(t, d.Text); total != len(items) || told != len(items) {
			t.Errorf("of %d items the headline counts %d and the text tells of %d:\n%s", len(items), total, told, d.Text)
		}
		if n := size(d.Text) + size(d.HTML); n > 80_000 {
			t.Errorf("%d items become %d bytes", len(items), n)
		}
		if d.HTML == "" || strings.ContainsAny(d.Subject, "\r\n") || utf8.RuneCountInString(d.Subject) > 250 {
			t.Errorf("subject %q, %d bytes of HTML", d.Subject, len(d.HTML))
		}
		for line := range strings.SplitSeq(d.Text, "\n") {
			said := regexp.MustCompile(`^( *\* | *(\w+ )?(\w+ )?\d\d:\d\d  | +)`).ReplaceAllString(line, "")
			if wide := utf8.RuneCountInString(line); wide > letter.Width && strings.Contains(said, " ") {
				t.Errorf("a line has %d columns: %q", wide, line)
			}
		}
		if got, want := visible(d.HTML), visible(d.Text); len(got) != len(want) {
			t.Errorf("HTML tells of %q, the text of %q", got, want)
		}
	})
}

// visible is every sentence of a part that counts something.
func visible(part string) []string {
	text := part
	if strings.HasPrefix(part, "<!doctype") {
		var b strings.Builder
		z := html.NewTokenizer(strings.NewReader(part))
		for tt := z.Next(); tt != html.ErrorToken; tt = z.Next() {
			if tt == html.TextToken {
				b.WriteString("\n" + string(z.Text()))
			}
		}
		_, text, _ = strings.Cut(b.String(), "Collected")
	}
	text, _, _ = strings.Cut(text, "\n-- \n")
	return regexp.MustCompile(`(?m)^ *and \d+ more( cases? with .*)?$`).FindAllString(text, -1)
}

func TestTheLongestTextsFit(t *testing.T) {
	for name, letters := range map[string]string{"four bytes": "𝔘", "escaped": `"`, "plain": "x", "words": "Łódź "} {
		var items []message.Message
		for i := range 25 {
			for j := range 7 {
				m := changed(i, fmt.Sprintf("08:%02d", j), fmt.Sprint(j)+strings.Repeat(letters, 500/len([]rune(letters))-1))
				m.Case.ID = fmt.Sprintf("%02d", i) + strings.Repeat(letters, 198/len([]rune(letters)))
				m.Case.Title, m.Actor = strings.Repeat(letters, 200/len([]rune(letters))), strings.Repeat(letters, 200/len([]rune(letters)))
				m.Case.URL = "https://bpm.example.com/" + strings.Repeat("c", 100)
				items = append(items, m)
			}
		}
		d := digest.Merge(bpm, items, eight)
		n := size(d.Text) + size(d.HTML)
		if n > 80_000 || n < 30_000 {
			t.Errorf("%s: 25 cases of the longest texts become %d bytes", name, n)
		}
		if total, told := count(t, d.Text); total != len(items) || told != len(items) {
			t.Errorf("%s: of %d items the headline counts %d and the text tells of %d", name, len(items), total, told)
		}
		t.Logf("%s: %d cases shown in %d bytes", name, strings.Count(d.Text, "\n* "), n)
	}
}

// One thing that happened often is one line.
func TestRepeats(t *testing.T) {
	var items []message.Message
	for range 1000 {
		items = append(items, changed(1, "08:00", "Jan commented"))
	}
	text := digest.Merge(bpm, items, eight).Text
	if !strings.Contains(text, "    09:00  Jan commented ×1000\n") {
		t.Errorf("the text does not count to 1000:\n%s", text)
	}
}

func TestNothingIsInjected(t *testing.T) {
	tags := func(page string) (tags []string) {
		z := html.NewTokenizer(strings.NewReader(page))
		for tt := z.Next(); tt != html.ErrorToken; tt = z.Next() {
			if tt == html.TextToken {
				continue
			}
			tok := z.Token()
			for i := range tok.Attr {
				if tok.Attr[i].Key == "href" {
					if !strings.HasPrefix(tok.Attr[i].Val, "https://") {
						t.Errorf("a link to %q", tok.Attr[i].Val)
					}
					tok.Attr[i].Val = ""
				}
			}
			tags = append(tags, tok.String())
		}
		return tags
	}
	want := tags(digest.Merge(bpm, []message.Message{changed(1, "08:00", "a"), reached(2, "08:00")}, eight).HTML)
	for _, attack := range []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onclick='alert(1)`, `</title><script>`, `</style><script>`,
		`<!--`, `--><b>`, `{{.}}`, `[[red]]`, `</td></tr></table>`, "a\r\nBcc: x@y.test", "\x00\x1b[2J", "\xff\xfe", `&lt;b&gt;`,
	} {
		m := changed(1, "08:00", attack)
		m.Case.ID, m.Case.Title, m.Actor, m.Kind, m.Setting, m.Timezone = attack, attack, attack, message.Kind(attack), attack, attack
		m.Case.URL = "https://x.test/" + strings.NewReplacer("\r", "", "\n", "", "\x00", "", "\x1b", "").Replace(attack)
		if _, err := html.Parse(strings.NewReader(attack)); err != nil {
			t.Fatal(err)
		}
		d := digest.Merge(bpm, []message.Message{m, reached(2, "08:00")}, eight)
		if got := tags(d.HTML); letter.Link(m.Case.URL) != "" && !slices.Equal(got, want) {
			t.Errorf("%q changes the page to\n%s", attack, d.HTML)
		}
		if strings.ContainsAny(d.Subject+d.Text, "\r\x00\x1b") || strings.Contains(d.Text, "\nBcc") {
			t.Errorf("%q reaches the subject %q or the text\n%s", attack, d.Subject, d.Text)
		}
	}
	for _, url := range []string{"javascript:alert(1)", " javascript:alert(1)", "JAVASCRIPT:x", "data:text/html,x", "//x.test", "https://x.test/\r\nx"} {
		m := changed(1, "08:00", "a")
		m.Case.URL = url
		d := digest.Merge(letter.Writer{CasesURL: url}, []message.Message{m, m}, eight)
		if len(d.HTML) == 0 || strings.Contains(d.HTML, "href") || strings.Contains(d.Text, url) {
			t.Errorf("%q became a link:\n%s\n%s", url, d.HTML, d.Text)
		}
	}
}

func BenchmarkMerge(b *testing.B) {
	for _, n := range []int{2, 10, 100, 1000} {
		var items []message.Message
		for i := range n {
			items = append(items, changed(1180+i/2, fmt.Sprintf("%02d:%02d", i/60%24, i%60), fmt.Sprintf("Document %d added by Żółw", i)))
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				digest.Merge(bpm, items, eight)
			}
		})
	}
}
