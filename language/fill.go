package language

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// write fills a text in with names and values in turn. A value is never looked at: braces in
// it stay what they are.
func write(text string, fill []any) string {
	if !strings.ContainsAny(text, "{[") {
		return text
	}
	var b strings.Builder
	b.Grow(2 * len(text))
	for {
		plain, part, rest := next(text)
		b.WriteString(plain)
		switch {
		case part == "":
			return b.String()
		case part[0] == '[':
			if part = part[1 : len(part)-1]; allKnown(part, fill) {
				b.WriteString(write(part, fill))
			}
		case strings.HasPrefix(part, "{{"):
			b.WriteString(part[1 : len(part)-1])
		case strings.HasSuffix(plain, "/"):
			// An id in a path of the API is percent-encoded: so the path can be copied (T10).
			b.WriteString(url.PathEscape(valueOf(part[1:len(part)-1], fill)))
		default:
			b.WriteString(valueOf(part[1:len(part)-1], fill))
		}
		text = rest
	}
}

// next is what stands before the first name or optional part of a text, that part with its
// braces or brackets, and what follows. The part is empty where there is none.
func next(text string) (plain, part, rest string) {
	i := strings.IndexAny(text, "{[")
	if i < 0 {
		return text, "", ""
	}
	end := "}"
	switch {
	case text[i] == '[':
		end = "]"
	case strings.HasPrefix(text[i:], "{{"):
		end = "}}"
	}
	length := strings.Index(text[i:], end)
	if length < 0 {
		return text, "", ""
	}
	length += i + len(end)
	return text[:i], text[i:length], text[length:]
}

// allKnown tells whether each name of a text has a value that is not empty.
func allKnown(text string, fill []any) bool {
	for {
		_, part, rest := next(text)
		switch {
		case part == "":
			return true
		case !strings.HasPrefix(part, "{{") && valueOf(part[1:len(part)-1], fill) == "":
			return false
		}
		text = rest
	}
}

// valueOf is what a name stands for; empty if nobody said.
func valueOf(name string, fill []any) string {
	for i := 0; i+1 < len(fill); i += 2 {
		if fill[i] != any(name) {
			continue
		}
		switch value := fill[i+1].(type) {
		case string:
			return value
		case int:
			return strconv.Itoa(value)
		default:
			return fmt.Sprint(value)
		}
	}
	return ""
}
