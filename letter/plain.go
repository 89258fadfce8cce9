package letter

import (
	"html"
	"strings"

	"github.com/k3a/html2text"
	parse "golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// plain is a text part for somebody else's HTML. html2text glues table cells and knows no
// tag that has attributes, so it is handed the same content in the few tags that it knows.
func plain(source string) string {
	r := reading{z: parse.NewTokenizer(strings.NewReader(visible(source)))}
	r.all()
	text := html2text.HTML2TextWithOptions(r.out.String(), html2text.WithUnixLineBreaks(), html2text.WithLinksInnerText())
	var p Paper
	for line := range strings.SplitSeq(text, "\n") {
		p.Add(strings.TrimSpace(line))
	}
	if text = strings.TrimSpace(p.String()); text == "" {
		return "" // pictures alone: an empty part would hide them from who reads text
	}
	return text + "\n"
}

// reading goes through HTML once, tag by tag.
type reading struct {
	z      *parse.Tokenizer
	out    strings.Builder
	breaks int       // line breaks owed before the next text
	bullet bool      // whether the next text is the item of a list
	cell   cell      // where in a row of a table
	hidden atom.Atom // inside of this nothing is shown
	pre    int       // how many pre are open
	href   string    // of the link that is open
	label  int       // where its text begins in out
}

type cell int

const (
	first cell = iota // nothing in the row yet
	used              // the row has text
	next              // the row has text, and a new cell has begun
)

func (r *reading) all() {
	for {
		switch r.z.Next() {
		case parse.ErrorToken: // the end: a string has no other errors
			r.close()
			return
		case parse.TextToken:
			r.text(string(r.z.Text()))
		case parse.StartTagToken, parse.SelfClosingTagToken:
			r.open(r.z.Token())
		case parse.EndTagToken:
			name, _ := r.z.TagName()
			r.end(atom.Lookup(name))
		}
	}
}

func (r *reading) text(s string) {
	if r.hidden != 0 || strings.TrimSpace(s) == "" && (r.pre == 0 || s == "") {
		r.blank(s)
		return
	}
	if r.breaks > 0 && r.out.Len() > 0 {
		r.out.WriteString(strings.Repeat("<br>", r.breaks))
	} else if r.cell == next {
		r.out.WriteString(" | ")
	}
	if r.bullet {
		r.out.WriteString("- ")
	}
	r.breaks, r.cell, r.bullet = 0, used, false
	s = html.EscapeString(s)
	if r.pre > 0 {
		s = strings.ReplaceAll(s, "\n", "<br>")
	}
	r.out.WriteString(s)
}

// blank keeps words apart that only white space keeps apart.
func (r *reading) blank(s string) {
	if r.hidden == 0 && s != "" && r.breaks == 0 {
		r.out.WriteByte(' ')
	}
}

func (r *reading) open(t parse.Token) {
	switch t.DataAtom {
	case atom.Head, atom.Script, atom.Style, atom.Title, atom.Template:
		if r.hidden == 0 && t.Type == parse.StartTagToken {
			r.hidden = t.DataAtom
		}
	case atom.Body:
		r.hidden = 0 // a head ends here at the latest
	case atom.Br:
		r.breaks = min(r.breaks+1, 2)
	case atom.Td, atom.Th:
		if r.cell == used {
			r.cell = next
		}
	case atom.Li:
		r.owe(1)
		r.bullet = true
	case atom.Img:
		r.text(attribute(t, "alt"))
	case atom.A:
		r.close()
		r.link(attribute(t, "href"))
	case atom.Pre:
		r.pre++
		r.owe(2)
	default:
		r.block(t.DataAtom)
	}
}

func (r *reading) end(a atom.Atom) {
	switch {
	case a == r.hidden:
		r.hidden = 0
	case a == atom.A:
		r.close()
	case a == atom.Pre:
		r.pre = max(r.pre-1, 0)
		r.owe(2)
	default:
		r.block(a)
	}
}

// block owes the line breaks that stand around such a tag.
func (r *reading) block(a atom.Atom) {
	switch a {
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Blockquote, atom.Hr, atom.Ul, atom.Ol, atom.Dl:
		r.owe(2)
	case atom.Tr, atom.Table:
		r.owe(1)
		r.cell = first
	case atom.Div, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Main, atom.Center, atom.Address, atom.Dt, atom.Dd, atom.Li:
		r.owe(1)
	}
}

func (r *reading) owe(breaks int) { r.breaks = max(r.breaks, breaks) }

// link opens a link, unless it leads where a reader of text cannot follow.
func (r *reading) link(href string) {
	if r.hidden == 0 && (Link(href) != "" || strings.HasPrefix(href, "mailto:")) {
		r.href, r.label = href, r.out.Len()
	}
}

// close ends the open link. The address follows the text, unless it is the text.
func (r *reading) close() {
	if r.href == "" {
		return
	}
	href := html.EscapeString(strings.TrimSpace(r.href))
	r.href = ""
	label := strings.TrimSpace(r.out.String()[r.label:])
	if label != "" && !strings.HasSuffix(label, strings.TrimPrefix(href, "mailto:")) {
		r.out.WriteString(" &lt;" + href + "&gt;")
	}
}

func attribute(t parse.Token, key string) string {
	for _, a := range t.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}
