package letter

import (
	"html"
	"strings"

	"notifier/language"
	"notifier/message"
)

// AddCaseID begins a subject with the case's id, unless it is in it (AMODIT-29).
func AddCaseID(subject string, c message.Case) string {
	id := Line(c.ID)
	if id == "" || strings.Contains(subject, id) {
		return subject
	}
	return id + " " + subject
}

// AddCaseLink ends a text and an HTML with a link to the case, unless it is in them
// (AMODIT-29).
func AddCaseLink(text, page string, c message.Case, lang string) (string, string) {
	url := Link(c.URL)
	if url == "" {
		return text, page
	}
	label, name := language.In(lang).T("letter.open"), Line(c.Name())
	if text != "" && !strings.Contains(text, url) {
		text = strings.TrimRight(text, "\r\n") + "\n\n" + strings.TrimSpace(name+"\n"+url) + "\n"
	}
	if page != "" && !strings.Contains(page, url) && !strings.Contains(page, html.EscapeString(url)) {
		link := `<p><a href="` + html.EscapeString(url) + `">` + html.EscapeString(strings.TrimSpace(label)) + "</a> " + html.EscapeString(name) + "</p>\n"
		end := strings.LastIndex(strings.ToLower(page), "</body")
		if end < 0 || len(strings.ToLower(page)) != len(page) {
			end = len(page)
		}
		page = page[:end] + link + page[end:]
	}
	return text, page
}
