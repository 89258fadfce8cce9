// Package letter turns what happened into a mail: subject, HTML and text, in the person's zone.
//
// It reads nothing but the message: no clock, no settings of today, no state of a case.
package letter

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"notifier/language"
	"notifier/message"
)

// Writer knows how this installation's mails look. The zero Writer writes complete
// mails, only without a button to all cases.
type Writer struct {
	// CasesURL is where "Open my cases" leads; without it there is no such button.
	CasesURL string
	// Titles is how each kind is called in the person's settings, as in "A case reaches
	// me"; a kind that is missing has the catalogue's name, or its own.
	Titles map[message.Kind]string
	// TitlesNow are Titles where they may change; nil: Titles.
	TitlesNow func() map[message.Kind]string
	// Links are those by which a person changes mails of these kinds; nil: there are none.
	Links func(m message.Message, kinds []message.Kind) Links
}

// The longest that a subject and its parts become, in characters.
const (
	longestName    = 60 // of a case; phones show little more
	longestEvent   = 120
	longestSubject = 250
	longestHeading = 200
)

// Subject is the subject of a mail about one event: the case, then what happened.
func (w Writer) Subject(m message.Message) string {
	what := w.What(m)
	name := Line(m.Case.Name())
	if name == "" {
		return SubjectLine(Cut(what, longestEvent))
	}
	return SubjectLine(Cut(Cut(name, longestName)+": "+what, longestEvent))
}

// What says in a few words what happened; the kind speaks where the caller said nothing.
func (w Writer) What(m message.Message) string {
	s, summary := language.In(m.Language), Cut(Line(m.Summary), message.MaxSummary)
	switch {
	case summary != "":
		return summary
	case m.Kind == message.CaseReceived && m.Case.Stage != "":
		return Line(s.T("letter.step", "Step", m.Case.Stage))
	}
	if event := s.Optional("letter.event." + string(m.Kind)); event != "" {
		return event
	}
	return w.title(s, m.Kind)
}

// Actor is who did it, as far as a reader needs to be told: empty where the summary
// names the actor already, or where the id holds no letter and so means nothing to people.
func Actor(m message.Message) string {
	actor := Cut(Line(m.Actor), longestName)
	if !strings.ContainsFunc(actor, unicode.IsLetter) ||
		strings.Contains(strings.ToLower(m.Summary), strings.ToLower(m.Actor)) {
		return ""
	}
	return actor
}

// Write fills in what a mail lacks before it leaves: a single message gets its subject,
// text and HTML, a direct one with HTML alone gets a text. Any other message is returned
// as it is. The same message always becomes the same mail. Its language is that of our words,
// which is what Content-Language declares: there may be none in the language of the reader.
func (w Writer) Write(m message.Message) message.Message {
	switch {
	case m.Type == message.Direct && m.Text == "" && m.HTML != "":
		m.Text = plain(m.HTML)
	case m.Type == message.Single && m.Text == "" && m.HTML == "":
		if m.Subject == "" {
			m.Subject = w.Subject(m)
		}
		n := w.event(m)
		m.Text, m.HTML = n.write()
		m.Headers = slices.Concat(m.Headers, n.Frame.Headers)
		m.Language = n.Frame.Lang
	}
	return m
}

// event is the note about one event.
func (w Writer) event(m message.Message) note {
	s, wall := language.In(m.Language), WallOf(m)
	n := note{
		Frame:   w.Frame(m, Why{m.Kind, m.Setting}),
		Tag:     s.Optional("letter.tag." + string(m.Kind)),
		Heading: Cut(Line(m.Case.Name()), longestHeading),
		Body:    w.What(m),
		URL:     Link(m.Case.URL),
	}
	if n.Tag == "" {
		n.Tag = w.title(s, m.Kind)
	}
	if m.Kind == message.Deadline {
		n.Tone = soon
	}
	if n.Heading == "" {
		n.Heading, n.Body = n.Body, ""
	}
	when := wall.Stamp(m.OccurredAt, leaves(m)) + " (" + wall.Zone + ")"
	n.Frame.Preheader = n.Tag + " · " + when
	if actor := Actor(m); actor != "" {
		when += " · " + s.T("letter.by", "Actor", actor)
	}
	n.Facts = []string{when}
	if n.URL != "" {
		n.Frame.Button = Button{Label: s.T("letter.open"), URL: n.URL}
	}
	return n
}

// leaves is the date of the mail itself: it says the year of an event in another year than
// that, as of one on 31 December that waited for the morning.
func leaves(m message.Message) time.Time {
	for _, t := range []time.Time{m.QueuedAt, m.DueAt} {
		if !t.IsZero() {
			return t
		}
	}
	return m.CreatedAt
}
