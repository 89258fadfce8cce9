package letter

import (
	"bytes"
	"html/template"
	"regexp"
	"strings"
	"sync"
)

// Page is one sort of mail as HTML: what stands around every mail, and its own content.
type Page struct {
	t     *template.Template
	spare *sync.Pool // of *bytes.Buffer
}

// NewPage reads the content of a page, an html/template. In it "[[name]]" stands for the class and inline style of that name.
func NewPage(content string) Page {
	t := template.Must(template.New("mail").Parse(dress(around)))
	template.Must(t.New("content").Parse(dress(content)))
	return Page{t: t, spare: &sync.Pool{New: func() any { return new(bytes.Buffer) }}}
}

// sheet is what the template of a whole mail looks at. Frame is no embedded field:
// templates look those up slowly, and this runs for every mail.
type sheet struct {
	Frame   Frame
	Content any
}

// HTML is the page with this content.
func (p Page) HTML(f Frame, content any) string {
	b := p.spare.Get().(*bytes.Buffer)
	defer p.spare.Put(b)
	b.Reset()
	if err := p.t.Execute(b, sheet{f, content}); err != nil {
		// A mistake in a template, which tests find; the text part is complete by itself.
		return ""
	}
	return b.String()
}

// around follows what mail programs can be trusted with: tables, inline styles and one
// style block that may be lost. Nothing in it is loaded from anywhere.
const around = `<!doctype html>
<html lang="{{.Frame.Lang}}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<meta name="format-detection" content="telephone=no,date=no,address=no">
<title>{{.Frame.Title}}</title>
<style>
:root{color-scheme:light dark}
@media (prefers-color-scheme:dark){
.b{background:#14171c!important}
.c{background:#1c2129!important;border-color:#343c49!important}
.t{color:#e8ebf0!important}
.e{color:#cfd5de!important}
.m{color:#a9b3c1!important}
.l{color:#8ab4ff!important}
.r{border-color:#343c49!important}
.k{background:#8ab4ff!important;color:#10141a!important}
.y{background:#3a3008!important;color:#f2d675!important}
.x{background:#431719!important;color:#ffaeb0!important}
.n{background:#16294a!important;color:#a8c8ff!important}
}
@media (max-width:480px){.c{padding:20px 16px!important}.f{padding:16px 17px!important}}
</style>
</head>
<body class="b" style="margin:0;padding:0;background:#f4f5f7">
{{with .Frame.Preheader}}<div style="display:none;max-height:0;overflow:hidden;mso-hide:all">{{.}}</div>{{end}}
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" [[desk]]>
<tr><td align="center" style="padding:16px 8px">
<table role="presentation" width="600" cellpadding="0" cellspacing="0" border="0" style="width:100%;max-width:600px">
<tr><td align="left" [[card]]>
{{template "content" .Content}}
{{with .Frame.Button}}{{if .URL}}<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin-top:20px"><tr><td [[key]]><a href="{{.URL}}" [[press]]>{{.Label}}</a></td></tr></table>{{end}}{{end}}
</td></tr>
<tr><td align="left" [[foot]]>
{{range .Frame.Reasons}}{{.}}<br>
{{end}}{{range $i, $l := .Frame.Links}}{{if $i}} · {{end}}<a href="{{.URL}}" [[small]]>{{.Label}}</a>{{end}}{{if .Frame.Links}}<br>
{{end}}{{.Frame.ID}}
</td></tr>
</table>
</td></tr>
</table>
</body>
</html>
`

const font = `font-family:-apple-system,'Segoe UI',Roboto,Arial,sans-serif`

// styles are the looks by name. The class is for the dark palette, the style for the rest.
var styles = map[string]string{
	"desk":  `class="b" bgcolor="#f4f5f7" style="background:#f4f5f7"`,
	"card":  `class="c" style="background:#ffffff;border:1px solid #dfe3e8;border-radius:8px;padding:24px;` + font + `"`,
	"foot":  `class="m f" style="padding:16px 25px;font-size:12px;line-height:18px;color:#59636f;` + font + `"`,
	"h1":    `class="t" style="margin:0 0 4px;font-size:20px;line-height:28px;color:#1a1f27"`,
	"h2":    `class="t" style="margin:24px 0 8px;font-size:15px;line-height:22px;color:#1a1f27"`,
	"intro": `class="m" style="margin:0;font-size:13px;line-height:20px;color:#59636f"`,
	"body":  `class="t" style="margin:12px 0 0;font-size:16px;line-height:24px;color:#1a1f27"`,
	"fact":  `class="m" style="margin:8px 0 0;font-size:14px;line-height:21px;color:#59636f"`,
	"rows":  `role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"`,
	"row":   `class="r" style="border-top:1px solid #e6e9ed;padding:10px 0;` + font + `"`,
	"case":  `class="l" style="font-size:15px;line-height:24px;font-weight:600;color:#0b57d0;text-decoration:none"`,
	"name":  `class="t" style="font-size:15px;line-height:24px;font-weight:600;color:#1a1f27"`,
	"event": `class="e" style="margin-left:16px;text-indent:-16px;font-size:14px;line-height:21px;color:#3d4653"`,
	"more":  `class="m" style="font-size:14px;line-height:21px;color:#59636f"`,
	"small": `class="l" style="line-height:24px;color:#0b57d0"`,
	"key":   `class="k" bgcolor="#0b57d0" style="background:#0b57d0;border-radius:6px;mso-padding-alt:10px 18px"`,
	"press": `class="k" style="display:inline-block;padding:10px 18px;font-size:15px;line-height:22px;font-weight:600;color:#ffffff;text-decoration:none;border-radius:6px;` + font + `"`,
	"blue":  `class="n" style="` + tag + `background:#e1ecfd;color:#0b4aa8"`,
	"amber": `class="y" style="` + tag + `background:#fbf1cc;color:#5b4a00"`,
	"red":   `class="x" style="` + tag + `background:#fde6e6;color:#a4161a"`,
}

const tag = `padding:2px 8px;border-radius:4px;font-size:13px;line-height:20px;font-weight:600;`

var look = regexp.MustCompile(`\[\[\w+\]\]`)

// dress puts the looks in place of their names, once, when a template is read.
func dress(content string) string {
	return look.ReplaceAllStringFunc(content, func(name string) string {
		style, ok := styles[strings.Trim(name, "[]")]
		if !ok {
			panic("letter: no such look: " + name)
		}
		return style
	})
}
