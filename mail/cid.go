package mail

import (
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"notifier/message"
)

// reCID finds what an attribute, or a style, names by cid: (RFC 2392).
var reCID = regexp.MustCompile(`(?i)\bcid:([^\s"'()<>\\,]+)`)

// shownIn tells which parts the HTML of a message shows as images or the like: true, and which it
// only links to: false. Mail programs show what stands in multipart/related nowhere else, so
// nothing may be put there that the HTML does not show.
func shownIn(m message.Message) map[string]bool {
	shown := map[string]bool{}
	for _, a := range m.Attachments {
		if a.ContentID != "" && m.HTML != "" {
			look(shown, m.HTML, true)
			break
		}
	}
	return shown
}

// look reads HTML, with the comments in it that Outlook reads if it is a whole page.
func look(shown map[string]bool, source string, whole bool) {
	note := func(text string, shows bool) {
		for _, found := range reCID.FindAllStringSubmatch(text, -1) {
			id := found[1]
			if plain, err := url.PathUnescape(id); err == nil {
				id = plain
			}
			shown[id] = shown[id] || shows
		}
	}
	z := html.NewTokenizer(strings.NewReader(source))
	style := false
	for {
		switch z.Next() {
		case html.ErrorToken:
			return
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			style = t.DataAtom == atom.Style
			for _, a := range t.Attr {
				note(a.Val, !(a.Key == "href" && (t.DataAtom == atom.A || t.DataAtom == atom.Area)))
			}
		case html.TextToken:
			if style {
				note(string(z.Text()), true)
			}
		case html.CommentToken:
			if text := string(z.Text()); whole && strings.HasPrefix(text, "[if") {
				look(shown, text, false)
			}
			style = false
		default:
			style = false
		}
	}
}
