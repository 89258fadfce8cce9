package digest

// largest is how many bytes the two parts of a digest may have in quoted-printable: 80 KB
// with room for the headers. Mail programs clip what is longer than about 100.
const largest = 78_000

// fits tells whether a body is small enough to be sent.
func fits(text, html string) bool {
	n := len(text) + len(html)
	if n*16/5 < largest { // even if every byte became three
		return true
	}
	return encoded(text)+encoded(html) <= largest
}

// encoded is how long s gets in quoted-printable (RFC 2045 §6.7), or a little more.
func encoded(s string) int {
	n := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\n':
			n += 2 // CR LF
			if i > 0 && s[i-1] == ' ' {
				n += 2
			}
		case c < ' ' || c > '~' || c == '=':
			n += 3
		default:
			n++
		}
	}
	// Lines are broken after at most 76 characters, of which at least 73 are of s.
	return n + n/73*3 + 3
}
