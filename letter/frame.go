package letter

import (
	"slices"
	"strings"

	"notifier/message"
)

// Frame is what stands around the content of every mail.
type Frame struct {
	Lang, Title string
	Preheader   string // what inboxes show after the subject
	Button      Button // zero: none
	Reasons     []string
	Links       []Button // what one can do about mails like this one
	Headers     []message.Header
	ID          message.ID

	words *words
	brief []string // the reasons, as the text part has them
}

// Button is a link that does what its label says.
type Button struct{ Label, URL string }

// Why is a kind, and what the person had chosen for it when the mail was written; nothing
// where there is no choice.
type Why struct {
	Kind    message.Kind
	Setting string
}

// mostReasons is how many kinds a footer names.
const mostReasons = 10

// Frame is the frame of a mail, complete but for preheader and button.
func (w Writer) Frame(m message.Message, whys ...Why) Frame {
	s := speak(m.Language)
	f := Frame{Lang: s.lang, Title: m.Subject, ID: m.ID, words: s}
	var settings []string
	for i, why := range whys {
		title := w.title(s, why.Kind)
		switch {
		case i == mostReasons:
			settings = append(settings, s.moreKinds(len(whys)-i))
			f.brief = append(f.brief, s.moreKinds(len(whys)-i))
		case i > mostReasons:
		case why.Kind == message.Deadline:
			f.Reasons = append(f.Reasons, s.deadlines)
		case m.Reason == message.Mandatory:
			f.Reasons = append(f.Reasons, s.locked(title))
		case why.Setting != "":
			setting := spell(s, why.Setting)
			settings = append(settings, s.isSetTo(title, setting))
			f.brief = append(f.brief, s.briefly(title, setting))
		default:
			f.Reasons = append(f.Reasons, s.about(title))
		}
	}
	if settings != nil {
		f.Reasons = slices.Insert(f.Reasons, 0, s.because(settings))
	}
	w.link(&f, m, whys)
	return f
}

// Links are those by which a person changes what comes; empty where there is nothing to
// change.
type Links struct {
	Change string // to the page of the person's choices
	Pause  string // to the same, where a week without mails is filled in
	Stop   string // to a page that stops mails like this one
	// OneClick is what a mail program may call to stop them by itself (RFC 8058).
	OneClick string
}

// link adds what one can do about mails of these kinds, where there is a choice.
func (w Writer) link(f *Frame, m message.Message, whys []Why) {
	var kinds []message.Kind
	for _, why := range whys {
		if why.Setting != "" {
			kinds = append(kinds, why.Kind)
		}
	}
	if w.Links == nil || kinds == nil || m.UserID == "" {
		return
	}
	links := w.Links(m, kinds)
	if links.Change != "" {
		f.Links = append(f.Links, Button{f.words.change, links.Change})
	}
	if links.Pause != "" {
		f.Links = append(f.Links, Button{f.words.pause, links.Pause})
	}
	switch {
	case links.Stop == "":
	case m.Type == message.Digest:
		f.Links = append(f.Links, Button{f.words.stopDigest, links.Stop})
	default:
		f.Links = append(f.Links, Button{f.words.stop, links.Stop})
	}
	headers := []message.Header{{Name: "List-Unsubscribe", Value: "<" + links.OneClick + ">"}, {Name: "List-Unsubscribe-Post", Value: "List-Unsubscribe=One-Click"}}
	if links.OneClick != "" && headers[0].Check() == nil && !m.Has(headers[0].Name) {
		f.Headers = headers
	}
}

// title is how the person's settings call the kind.
func (w Writer) title(s *words, k message.Kind) string {
	title := w.Titles[k]
	if w.TitlesNow != nil {
		title = w.TitlesNow()[k]
	}
	if title == "" {
		title = s.titles[k]
	}
	if title == "" {
		title = strings.ReplaceAll(string(k), "_", " ")
	}
	return Cut(Line(title), longestName)
}

// spell puts a setting such as "daily 08:00" into the person's words.
func spell(s *words, setting string) string {
	frequency, rest, _ := strings.Cut(setting, " ")
	switch frequency {
	case "immediately":
		return s.immediately
	case "hourly":
		return s.hourly
	case "daily":
		if rest != "" {
			return s.dailyAt(Cut(Line(rest), longestName))
		}
		return s.daily
	case "weekly":
		day, hour, _ := strings.Cut(rest, " ")
		i := slices.Index(english.weekdays[:], capital(day))
		if i >= 0 && hour != "" {
			return s.weeklyOn(s.weekdays[i], Cut(Line(hour), longestName))
		}
		return s.weekly
	case "never":
		return s.never
	}
	return Cut(Line(setting), longestName)
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// Sign ends the text part: why the person gets the mail, what can be done about it, and its id.
func (f Frame) Sign(p *Paper) {
	p.b.WriteString("-- \n")
	label, indent := f.words.why, strings.Repeat(" ", columns(f.words.why))
	for _, reason := range f.brief {
		p.Write(label, indent, reason)
		label = indent
	}
	for i, reason := range f.Reasons {
		if i > 0 || f.brief == nil {
			p.Add(reason)
		}
	}
	for _, link := range f.Links {
		p.Write(link.Label+": ", "  ", link.URL)
	}
	if f.ID != "" {
		p.Write(f.words.id, indent, Line(string(f.ID)))
	}
}
