package letter

import "strings"

// Width is how many columns the text part of a mail has.
const Width = 72

// Paper is the text part of a mail while it is written.
type Paper struct{ b strings.Builder }

// Write adds s in lines of at most Width columns; only a word that is longer than a line
// sticks out. The first line begins with first, the others with rest.
func (p *Paper) Write(first, rest, s string) {
	if p.b.Cap() == 0 {
		p.b.Grow(1 << 10)
	}
	p.b.WriteString(first)
	at, fresh := columns(first), true
	for s != "" {
		word, after := s, ""
		if i := strings.IndexByte(s, ' '); i >= 0 {
			word, after = s[:i], s[i+1:]
		}
		s = after
		wide := columns(word)
		switch {
		case word == "":
			continue
		case !fresh && at+1+wide > Width:
			p.b.WriteByte('\n')
			p.b.WriteString(rest)
			at = columns(rest)
		case !fresh:
			p.b.WriteByte(' ')
			at++
		}
		p.b.WriteString(word)
		at, fresh = at+wide, false
	}
	p.b.WriteByte('\n')
}

// Add writes s as a paragraph of its own, without a blank line around it.
func (p *Paper) Add(s string) { p.Write("", "", s) }

// Gap leaves a line blank.
func (p *Paper) Gap() { p.b.WriteByte('\n') }

// String is what was written.
func (p *Paper) String() string { return p.b.String() }
