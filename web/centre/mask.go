package centre

import (
	"strings"
	"unicode/utf8"
)

// mask is an address that its owner knows and others do not: a•••@example.org.
func mask(address string) string {
	name, domain, found := strings.Cut(address, "@")
	if !found {
		return ""
	}
	first, _ := utf8.DecodeRuneInString(name)
	return string(first) + "•••@" + domain
}
