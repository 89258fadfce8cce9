package digest

import "notifier/letter"

// page is a digest as the template shows it.
type page struct {
	Headline         string
	From, To         string
	Collected        string
	Sections         []section
	Unshown          string // the cases that found no room; empty if all did
	Loose            *section
	CasesURL, SeeAll string
}

type section struct {
	Title string
	Cases []entry
}

// entry is one case, with the lines told about it.
type entry struct {
	Name, URL string // both empty for what is about no case
	Lines     []line
	Told      []string // the lines, each in one piece
	More      string
}

// line is an event with its time, which the text part puts in a column of its own.
type line struct{ When, What string }

var digests = letter.NewPage(`
<h1 [[h1]]>{{.Headline}}</h1>
<p [[intro]]>{{.Collected}}</p>
{{range .Sections}}{{template "section" .}}{{end}}
{{with .Unshown}}<p [[fact]]>{{.}}{{if $.CasesURL}} – <a href="{{$.CasesURL}}" [[small]]>{{$.SeeAll}}</a>{{end}}</p>
{{end}}
{{with .Loose}}{{template "section" .}}{{end}}
{{define "section"}}<h2 [[h2]]>{{.Title}}</h2>
<table [[rows]]>
{{range .Cases}}<tr><td [[row]]>{{if .URL}}<a href="{{.URL}}" [[case]]>{{.Name}}</a>{{else if .Name}}<span [[name]]>{{.Name}}</span>{{end}}
{{range .Told}}<div [[event]]>{{.}}</div>
{{end}}{{with .More}}<div [[more]]>{{.}}</div>
{{end}}</td></tr>
{{end}}</table>
{{end}}`)
