package letter

// note is a mail about one thing.
type note struct {
	Frame   Frame
	Tag     string // what it is about, in a word or two
	Tone    tone
	Heading string
	Body    string
	Facts   []string
	URL     string // of the case
}

// tone is how much a note presses; its Tag says the same in words.
type tone int

const (
	calm tone = iota
	soon
	overdue
)

// Soon and Overdue are for the template.
func (t tone) Soon() bool { return t == soon }

// Overdue tells whether the time has passed.
func (t tone) Overdue() bool { return t == overdue }

var notes = NewPage(`
<p style="margin:0 0 8px"><span {{if .Tone.Overdue}}[[red]]{{else if .Tone.Soon}}[[amber]]{{else}}[[blue]]{{end}}>{{.Tag}}</span></p>
<h1 [[h1]]>{{.Heading}}</h1>
{{with .Body}}<p [[body]]>{{.}}</p>
{{end}}{{range .Facts}}<p [[fact]]>{{.}}</p>
{{end}}`)

// write is the text and the HTML of the note.
func (n note) write() (text, html string) {
	var p Paper
	p.Add(n.Tag)
	p.Gap()
	p.Add(n.Heading)
	if n.URL != "" {
		p.Add(n.URL)
	}
	p.Gap()
	if n.Body != "" {
		p.Add(n.Body)
	}
	for _, fact := range n.Facts {
		p.Add(fact)
	}
	p.Gap()
	n.Frame.Sign(&p)
	return p.String(), notes.HTML(n.Frame, n)
}
