package letter

import (
	"slices"
	"strings"

	"notifier/language"
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

	words *language.Words
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
	s := language.In(m.Language)
	f := Frame{Lang: s.Lang, Title: m.Subject, ID: m.ID, words: s}
	var settings []string
	for i, why := range whys {
		title := w.title(s, why.Kind)
		switch {
		case i == mostReasons:
			settings = append(settings, s.N("letter.more_kinds", len(whys)-i))
			f.brief = append(f.brief, s.N("letter.more_kinds", len(whys)-i))
		case i > mostReasons:
		case why.Kind == message.Deadline:
			f.Reasons = append(f.Reasons, s.T("letter.deadlines"))
		case m.Reason == message.Mandatory:
			f.Reasons = append(f.Reasons, s.T("letter.locked", "Title", title))
		case why.Setting != "":
			setting := spell(s, why.Setting)
			settings = append(settings, s.T("letter.is_set", "Title", title, "Setting", setting))
			f.brief = append(f.brief, s.T("letter.briefly", "Title", title, "Setting", setting))
		default:
			f.Reasons = append(f.Reasons, s.T("letter.about", "Title", title))
		}
	}
	if settings != nil {
		f.Reasons = slices.Insert(f.Reasons, 0, s.T("letter.because", "Settings", s.List(settings)))
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
		f.Links = append(f.Links, Button{f.words.T("letter.change"), links.Change})
	}
	if links.Pause != "" {
		f.Links = append(f.Links, Button{f.words.T("letter.pause"), links.Pause})
	}
	switch {
	case links.Stop == "":
	case m.Type == message.Digest:
		f.Links = append(f.Links, Button{f.words.T("letter.stop_digest"), links.Stop})
	default:
		f.Links = append(f.Links, Button{f.words.T("letter.stop"), links.Stop})
	}
	headers := []message.Header{{Name: "List-Unsubscribe", Value: "<" + links.OneClick + ">"}, {Name: "List-Unsubscribe-Post", Value: "List-Unsubscribe=One-Click"}}
	if links.OneClick != "" && headers[0].Check() == nil && !m.Has(headers[0].Name) {
		f.Headers = headers
	}
}

// title is how the person's settings call the kind.
func (w Writer) title(s *language.Words, k message.Kind) string {
	title := w.Titles[k]
	if w.TitlesNow != nil {
		title = w.TitlesNow()[k]
	}
	if title == "" {
		title = s.Optional("kind." + string(k))
	}
	if k == "" && title == "" {
		title = s.T("letter.notifications")
	}
	if title == "" {
		title = strings.ReplaceAll(string(k), "_", " ")
	}
	return Cut(Line(title), longestName)
}

// spell puts a setting such as "daily 08:00" into the person's words.
func spell(s *language.Words, setting string) string {
	frequency, rest, _ := strings.Cut(setting, " ")
	switch frequency {
	case "immediately", "hourly", "never":
		return s.T("letter.setting." + frequency)
	case "daily":
		if rest != "" {
			return s.T("letter.setting.daily_at", "Hour", Cut(Line(rest), longestName))
		}
		return s.T("letter.setting.daily")
	case "weekly":
		day, hour, _ := strings.Cut(rest, " ")
		if day = s.Optional("letter.weekday." + day); day != "" && hour != "" {
			return s.T("letter.setting.weekly_on", "Weekday", day, "Hour", Cut(Line(hour), longestName))
		}
		return s.T("letter.setting.weekly")
	}
	return Cut(Line(setting), longestName)
}

// Sign ends the text part: why the person gets the mail, what can be done about it, and its id.
func (f Frame) Sign(p *Paper) {
	p.b.WriteString("-- \n")
	label := f.words.T("letter.why")
	indent := strings.Repeat(" ", columns(label))
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
		p.Write(f.words.T("letter.id"), indent, Line(string(f.ID)))
	}
}
