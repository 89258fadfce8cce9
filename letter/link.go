package letter

import (
	"net/url"
	"strings"
)

// longestLink is the longest address that is made a link; mail programs cut longer ones.
const longestLink = 2000

// Link is the address as a mail may show it: http or https, in plain ASCII; empty if it
// is anything else.
func Link(address string) string {
	if address == "" || len(address) > longestLink {
		return ""
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	link := u.String()
	if strings.IndexFunc(link, unfit) >= 0 {
		link = escape(link)
	}
	if len(link) > longestLink {
		return ""
	}
	return link
}

// unfit tells which characters would end a link early where a mail program looks for links in text.
func unfit(r rune) bool {
	return r <= ' ' || r >= 0x7f || strings.ContainsRune("\"<>\\^`{|}", r)
}

func escape(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; unfit(rune(c)) {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
