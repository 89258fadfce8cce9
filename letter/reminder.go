package letter

import (
	"slices"
	"time"

	"notifier/language"
	"notifier/message"
)

// Due is when something is due, and the moments around it.
type Due struct {
	At time.Time
	// Now is when the reminder is written.
	Now time.Time
	// Next is when the next reminder is due; zero if this is the last.
	Next time.Time
	// Leaves is when that one leaves, with the first run of the jobs; zero where nobody knows.
	Leaves time.Time
	// Rests tells that a job is paused without an end: then it leaves at Next at the earliest.
	Rests bool
}

// Remind fills in the subject, text and HTML of a reminder for one user and one deadline.
// The message has its id, case, zone and language already.
func (w Writer) Remind(m message.Message, d Due) message.Message {
	s, wall := language.In(m.Language), WallOf(m)
	name := Line(m.Case.Name())
	if name == "" {
		name = Line(m.Reference)
	}
	lead := d.lead(s, wall)
	m.Subject = SubjectLine(lead)
	if name != "" {
		m.Subject = SubjectLine(lead + ": " + Cut(name, longestName))
	}
	n := note{
		Frame:   w.Frame(m, Why{Kind: message.Deadline}),
		Tag:     lead,
		Tone:    soon,
		Heading: Cut(name, longestHeading),
		Body:    d.sentence(s, wall, Line(m.Case.Stage)),
		URL:     Link(m.Case.URL),
		Facts:   d.facts(s, wall, Cut(Line(m.Actor), longestName)),
	}
	if wall.Days(d.Now, d.At) < 0 {
		n.Tone = overdue
	}
	if n.Heading == "" {
		n.Heading, n.Body = n.Body, ""
	}
	if n.URL != "" {
		n.Frame.Button = Button{Label: s.T("letter.open"), URL: n.URL}
	}
	n.Frame.Preheader = n.Facts[0]
	if m.Summary != "" {
		n.Facts = slices.Insert(n.Facts, 0, Cut(Line(m.Summary), message.MaxSummary))
	}
	m.Text, m.HTML = n.write()
	m.Language = n.Frame.Lang // as in Write
	return m
}

// lead is how the subject begins.
func (d Due) lead(s *language.Words, wall Wall) string {
	switch days := wall.Days(d.Now, d.At); {
	case days < 0:
		return s.N("letter.due.late", -days)
	case days == 0:
		return s.T("letter.due.today", "Hour", wall.Hour(d.At))
	case days == 1:
		return s.T("letter.due.tomorrow", "Hour", wall.Hour(d.At))
	}
	return s.T("letter.due.on", "Day", wall.Day(d.At, d.Now), "Hour", wall.Hour(d.At))
}

// sentence says the same in full, of the step if one is named.
func (d Due) sentence(s *language.Words, wall Wall, step string) string {
	of := "letter.due.step."
	if step == "" {
		of = "letter.due.case."
	}
	when := s.T("letter.due.when_on", "Day", wall.Day(d.At, d.Now))
	switch days := wall.Days(d.Now, d.At); {
	case days < 0:
		return s.N(of+"late", -days, "Step", step)
	case days == 0:
		when = s.T("letter.due.when_today")
	case days == 1:
		when = s.T("letter.due.when_tomorrow")
	}
	form := "is"
	if d.At.Before(d.Now) {
		form = "was"
	}
	return s.T(of+form, "Step", step, "When", when)
}

// facts are the moment with its zone, how far off it is, who set it, and the next reminder.
func (d Due) facts(s *language.Words, wall Wall, actor string) []string {
	moment := wall.Stamp(d.At, d.Now) + " (" + wall.Zone + ")"
	facts := []string{s.T("letter.due.at", "Moment", moment)}
	switch left := d.At.Sub(d.Now); {
	case left >= time.Minute:
		facts[0] += " · " + s.T("letter.due.left", "Span", lasting(s, left))
	case wall.Days(d.Now, d.At) < 0: // the sentence has said how long ago
		facts[0] = s.T("letter.due.was_at", "Moment", moment)
	case left <= -time.Minute:
		facts[0] = s.T("letter.due.was_at", "Moment", moment) + " · " + s.T("letter.due.over", "Span", lasting(s, -left))
	}
	if actor != "" {
		facts = append(facts, s.T("letter.due.set_by", "Actor", actor))
	}
	if d.Next.IsZero() {
		return append(facts, s.T("letter.due.last"))
	}
	return append(facts, s.T("letter.due.next", "Moment", d.promise(s, wall)))
}

// promise is when the next reminder leaves; where that is not when it is due, both are said.
func (d Due) promise(s *language.Words, wall Wall) string {
	due := wall.Stamp(d.Next, d.Now)
	if d.Rests {
		return s.T("letter.due.earliest", "Due", due)
	}
	leaves := wall.Stamp(d.Leaves, d.Now)
	if d.Leaves.IsZero() || leaves == due {
		return due
	}
	return s.T("letter.due.leaves", "Leaves", leaves, "Due", due)
}

// lasting is how long d is; nobody needs the seconds of a deadline.
func lasting(s *language.Words, d time.Duration) string {
	return s.Span(d.Round(time.Minute))
}
