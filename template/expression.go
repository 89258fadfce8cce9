package template

import (
	"slices"
	"strings"
)

// helpers are those that Handlebars has built in, and what we take of them.
var helpers = []string{"each", "if", "unless", "with"}

// partialName is a name as it stands there, or a sub-expression that gives one.
func (p *parser) partialName() expression {
	p.space()
	if strings.HasPrefix(p.rest(), "(") {
		return p.operand()
	}
	switch name := p.operand().(type) {
	case path:
		return literal{strings.Trim(name.said, "[]")}
	case literal:
		return literal{printed(name.value)}
	}
	return literal{""}
}

// head is a path; a literal there names a key.
func (p *parser) head() expression {
	of := p.operand()
	if l, is := of.(literal); is {
		return path{keys: []string{printed(l.value)}, said: printed(l.value)}
	}
	return of
}

// value is a path, or lookup with what it takes.
func (p *parser) value() expression {
	if p.depth++; p.depth > maxNesting {
		p.fail("expressions stand in each other more than %d deep", maxNesting)
	}
	defer func() { p.depth-- }()
	of := p.head()
	args, hash := p.arguments()
	single, is := of.(path)
	name := ""
	if is && !single.at && !single.scoped && len(single.keys) == 1 {
		name = single.keys[0]
	}
	switch {
	case p.err != nil:
	case name == "lookup":
		if len(args) != 2 {
			p.fail("lookup takes two values, what to look into and a key; these are %d", len(args))
			return of
		}
		return lookup{args[0], args[1]}
	case slices.Contains(helpers, name):
		p.fail("%s opens a block: write {{#%s …}}…{{/%s}}", name, name, name)
	case len(args) > 0 || len(hash) > 0:
		p.fail("there is no helper %q. There are lookup, and the blocks if, unless, each and with", name)
	}
	return of
}

// arguments reads values, then key=value pairs.
func (p *parser) arguments() (values []expression, hash map[string]expression) {
	for p.space(); p.err == nil; p.space() {
		rest := p.rest()
		if rest == "" || strings.ContainsRune("})~|", rune(rest[0])) || reAsParams.MatchString(rest) {
			return values, hash
		}
		if id := reID.FindString(rest); id != "" && strings.HasPrefix(strings.TrimLeft(rest[len(id):], " \t\r\n"), "=") {
			p.at += len(id)
			p.space()
			p.at++
			if hash == nil {
				hash = map[string]expression{}
			}
			hash[id] = p.operand()
			continue
		}
		if hash != nil {
			p.fail("a value stands behind key=value. Write it before: %s", p.tag())
			return values, hash
		}
		values = append(values, p.operand())
	}
	return values, hash
}

// operand reads one path, literal or sub-expression.
func (p *parser) operand() expression {
	p.space()
	rest := p.rest()
	switch {
	case p.err != nil:
		return literal{}
	case rest == "" || strings.HasPrefix(rest, "}") || strings.HasPrefix(rest, "~}"):
		p.fail("a name is missing in a tag")
		return literal{}
	case rest[0] == '(':
		p.at++
		of := p.value()
		p.space()
		if !strings.HasPrefix(p.rest(), ")") {
			p.fail("a ) is missing: %s", p.tag())
			return of
		}
		p.at++
		return of
	case rest[0] == '"' || rest[0] == '\'':
		return p.quoted(rest[:1])
	}
	if n := reNumber.FindString(rest); n != "" && ends(rest[len(n):]) {
		p.at += len(n)
		return literal{numberOf(n)}
	}
	for word, value := range map[string]any{"true": true, "false": false, "null": nil, "undefined": nil} {
		if after, is := strings.CutPrefix(rest, word); is && ends(after) {
			p.at += len(word)
			return literal{value}
		}
	}
	return p.path()
}

// ends tells whether a literal may end before that.
func ends(rest string) bool {
	return rest == "" || strings.ContainsRune(" \t\r\n=~})", rune(rest[0]))
}

func (p *parser) quoted(quote string) expression {
	rest := p.source[p.at+1:]
	for i := 0; i < len(rest); i++ {
		if rest[i] != quote[0] || i > 0 && rest[i-1] == '\\' {
			continue
		}
		p.at += i + 2
		return literal{strings.ReplaceAll(rest[:i], `\`+quote, quote)}
	}
	p.fail("a text has no closing %s: %s", quote, p.tag())
	return literal{}
}

// path reads a.b, a/b, ../a, this.a, a.[b c] and @a.
func (p *parser) path() expression {
	start := p.at
	var found path
	if strings.HasPrefix(p.rest(), "@") {
		found.at = true
		p.at++
	}
	for {
		rest := p.rest()
		part, quoted := reID.FindString(rest), false
		switch {
		case strings.HasPrefix(rest, ".."):
			part = ".."
		case strings.HasPrefix(rest, "."):
			part = "."
		case strings.HasPrefix(rest, "["):
			end := strings.Index(rest, "]")
			if end < 0 {
				p.fail("a ] is missing: %s", p.tag())
				return found
			}
			part, quoted = rest[:end+1], true
		}
		if part == "" {
			p.fail("a name is expected here: %s", p.tag())
			return found
		}
		p.at += len(part)
		switch {
		case quoted:
			found.keys = append(found.keys, part[1:len(part)-1])
		case part == ".." || part == "." || part == "this":
			if len(found.keys) > 0 {
				p.fail("%q cannot stand behind a name: %s", part, p.source[start:p.at])
				return found
			}
			found.scoped = true
			if part == ".." {
				found.depth++
			}
		default:
			found.keys = append(found.keys, part)
		}
		found.said = p.source[start:p.at]
		if p.at >= len(p.source) || p.source[p.at] != '.' && p.source[p.at] != '/' {
			return found
		}
		p.at++
	}
}
