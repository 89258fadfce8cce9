package message

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/rivo/uniseg"

	"notifier/fault"
	"notifier/language"
)

// MaxKept is how much of a text for people a record keeps, in characters. Mails and pages
// show less of it. A text for people is never refused for its length or its line breaks:
// nobody would be notified because a case has a long title.
const MaxKept = 2000

// Shortened are the places of texts that mails do not show whole, as JSON pointers.
type Shortened []string

// line folds the white space of a text for people, line breaks too, and cuts what a record
// does not keep. It notes the place if mails show at most so many characters of it.
func (s *Shortened) line(pointer, text string, shown int) string {
	text = fold(text)
	if len(text) > shown && uniseg.GraphemeClusterCount(text) > shown {
		*s = append(*s, pointer)
	}
	return cut(text, MaxKept)
}

// fold makes one line of a text: a run of white space becomes one blank.
func fold(text string) string {
	if !strings.ContainsFunc(text, func(r rune) bool { return r != ' ' && unicode.IsSpace(r) || r == '\u2028' || r == '\u2029' }) {
		return text
	}
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || r == '\u2028' || r == '\u2029' }), " ")
}

// cut is the text with at most n characters, the last of them "…" if it was longer. It is
// never cut inside of what is one sign to the eye (UAX 29).
func cut(text string, n int) string {
	if fault.Truncate(text, n) == text {
		return text
	}
	end := 0
	for signs := uniseg.NewGraphemes(text); signs.Next(); {
		_, to := signs.Positions()
		if to > len(fault.Truncate(text, n-1)) {
			break
		}
		end = to
	}
	if end == 0 { // one endless heap of accents
		end = len(fault.Truncate(text, n-1))
	}
	return text[:end] + "…"
}

// Shorten makes the case's texts for people fit, and tells which mails do not show whole.
func (c *Case) Shorten() (s Shortened) {
	c.Title = s.line("/case/title", c.Title, MaxLine)
	c.Stage = s.line("/case/stage", c.Stage, MaxLine)
	c.Owner = s.line("/case/owner", c.Owner, MaxLine)
	return s
}

// Shorten makes the event's texts for people fit, and tells which mails do not show whole.
func (e *Event) Shorten() Shortened {
	s := e.Case.Shorten()
	e.Summary.plain = s.line("/summary", e.Summary.plain, MaxSummary)
	if e.Summary.translated == nil {
		return s
	}
	translated := make(map[string]string, len(e.Summary.translated))
	for tag, text := range e.Summary.translated {
		translated[tag] = s.line(fmt.Sprintf("/summary/%s", fault.Escape(tag)), text, MaxSummary)
	}
	e.Summary.translated = translated
	return s
}

// Shorten makes the draft's texts for people fit, and tells which mails do not show whole.
// A line break in a subject or a name is refused by Check: there it is more likely an
// attack (RFC 5322 §2.2). It writes the language as BCP 47 does, too.
func (d *Draft) Shorten() (s Shortened) {
	d.Language, _ = language.Canonical(d.Language) // Check says what is wrong
	if d.Case != nil {
		of := *d.Case
		s, d.Case = of.Shorten(), &of
	}
	if short := Subject(d.Subject); short != d.Subject {
		s, d.Subject = append(s, "/subject"), short
	}
	for _, list := range []struct {
		name string
		all  *[]Recipient
	}{{"to", &d.To}, {"cc", &d.Cc}, {"bcc", &d.Bcc}} {
		s = append(s, shortenNames(list.name, list.all)...)
	}
	replies := []Recipient(d.ReplyTo)
	s = append(s, shortenNames("reply_to", &replies)...)
	d.ReplyTo = replies
	if r := d.Sender; r != nil && cut(r.Name, MaxLine) != r.Name {
		short := *r
		short.Name = cut(r.Name, MaxLine)
		d.Sender, s = &short, append(s, "/sender/name")
	}
	return s
}

// Shorten makes the edit's subject and names fit.
func (e *Edit) Shorten() {
	if e.Subject != nil {
		short := Subject(*e.Subject)
		e.Subject = &short
	}
	for _, list := range []**[]Recipient{&e.To, &e.Cc, &e.Bcc} {
		if *list != nil {
			all := **list
			shortenNames("", &all)
			*list = &all
		}
	}
}

// shortenNames cuts the names in a list of recipients; the caller's list stays as it is.
func shortenNames(list string, all *[]Recipient) (s Shortened) {
	copied := false
	for i, r := range *all {
		short := cut(r.Name, MaxLine)
		if short == r.Name {
			continue
		}
		if !copied {
			*all, copied = slices.Clone(*all), true
		}
		(*all)[i].Name = short
		s = append(s, fmt.Sprintf("/%s/%d/name", list, i))
	}
	return s
}

// Subject is the subject of a mail, no longer than one may be.
func Subject(made string) string { return cut(made, MaxSubject) }

// Name is what a directory calls somebody, as long as mails show it.
func Name(called string) string { return cut(called, MaxLine) }
