package letter

import (
	"regexp"
	"strings"

	parse "golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// reMayHide finds HTML in which something may be hidden, so that most is read only once.
var reMayHide = regexp.MustCompile(`(?i)hidden|display|mso-hide|max-height|font-size|opacity`)

// reHides finds a style that hides what stands in its element, as preheaders are hidden: words that an
// inbox shows behind the subject, and nobody is to read in the mail.
var reHides = regexp.MustCompile(`(?i)(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|mso-hide\s*:\s*all|(?:max-height|font-size|opacity)\s*:\s*0(?:\.0+)?(?:px|pt|em|rem|%)?\s*(?:!\s*important\s*)?(?:;|$))`)

// visible is HTML without what is hidden in it. Where it cannot be read it stays as it is.
func visible(source string) string {
	if !reMayHide.MatchString(source) {
		return source
	}
	root, err := parse.ParseWithOptions(strings.NewReader(source), parse.ParseOptionEnableScripting(false))
	if err != nil {
		return source // for one, elements stand in each other too deep
	}
	var all []*parse.Node
	for n := range root.Descendants() {
		if n.Type == parse.ElementNode && hides(n) {
			all = append(all, n)
		}
	}
	if len(all) == 0 {
		return source
	}
	for _, n := range all {
		if n.Parent != nil {
			n.Parent.RemoveChild(n)
		}
	}
	var b strings.Builder
	if parse.Render(&b, root) != nil {
		return source
	}
	return b.String()
}

// hides tells whether an element and all in it is not shown. The page itself is not taken at its
// word: a mail that is all hidden has its text somewhere.
func hides(n *parse.Node) bool {
	if n.DataAtom == atom.Html || n.DataAtom == atom.Body {
		return false
	}
	for _, a := range n.Attr {
		switch a.Key {
		case "hidden":
			return true
		case "style":
			if reHides.MatchString(a.Val) {
				return true
			}
		}
	}
	return false
}
