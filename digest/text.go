package digest

import (
	"strings"
	"unicode/utf8"

	"notifier/letter"
)

// text is the page as the text part shows it.
func (c *composer) text(f letter.Frame, p page) string {
	var paper letter.Paper
	paper.Add(p.Headline)
	paper.Add(c.words.T("letter.digest.period", "From", p.From, "To", p.To, "Zone", c.wall.Zone))
	paper.Add(c.words.T("letter.digest.briefly"))
	paper.Gap()
	for _, s := range p.Sections {
		s.write(&paper)
	}
	if p.Unshown != "" {
		paper.Add(p.Unshown)
		paper.Gap()
	}
	if p.Loose != nil {
		p.Loose.write(&paper)
	}
	if p.CasesURL != "" {
		paper.Write(f.Button.Label+": ", "", p.CasesURL)
		paper.Gap()
	}
	f.Sign(&paper)
	return paper.String()
}

func (s section) write(paper *letter.Paper) {
	paper.Add(strings.ToUpper(s.Title))
	paper.Gap()
	for _, e := range s.Cases {
		e.write(paper)
		paper.Gap()
	}
}

func (e entry) write(paper *letter.Paper) {
	indent := ""
	if e.Name != "" {
		paper.Write("* ", "  ", e.Name)
		indent = "    "
	}
	if e.URL != "" {
		paper.Write("  ", "  ", e.URL)
	}
	for _, l := range e.Lines {
		first := indent + l.When + "  "
		paper.Write(first, strings.Repeat(" ", utf8.RuneCountInString(first)), l.What)
	}
	if e.More != "" {
		paper.Write(indent, indent, e.More)
	}
}
