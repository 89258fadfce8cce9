package template

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxNesting is how deep blocks and sub-expressions may stand in each other.
const maxNesting = 50

// parser reads one template, from left to right.
type parser struct {
	source string
	at     int
	depth  int
	err    error
}

var (
	reComment  = regexp.MustCompile(`^\{\{~?!`)
	reDashes   = regexp.MustCompile(`--~?\}\}`)
	reElse     = regexp.MustCompile(`^\{\{~?\s*(?:else\s*|\^\s*)~?\}\}`)
	reElseIf   = regexp.MustCompile(`^\{\{~?\s*else[\s~]`)
	reClosing  = regexp.MustCompile(`^\{\{~?/`)
	reOpen     = regexp.MustCompile(`^\{\{~?([{&#^>/]?)`)
	reNumber   = regexp.MustCompile(`^-?[0-9]+(?:\.[0-9]+)?`)
	reID       = regexp.MustCompile("^[^\\s!\"#%&'()*+,./;<=>@\\[\\\\\\]^`{|}~]+")
	reAsParams = regexp.MustCompile(`^as\s+\|`)
)

// parse reads a template in the language of Handlebars.
func parse(source string) (*program, error) {
	p := &parser{source: source}
	root := p.program()
	if p.err == nil && p.at < len(source) {
		p.fail("there is no block open that this could end or divide: %s", p.tag())
	}
	if p.err != nil {
		return nil, p.err
	}
	tidy(root, true)
	return root, nil
}

// fail keeps the first thing that is wrong, with its line and column.
func (p *parser) fail(format string, args ...any) {
	if p.err == nil {
		before := p.source[:min(p.at, len(p.source))]
		line := strings.Count(before, "\n") + 1
		column := utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
		p.err = fmt.Errorf("line %d, column %d: %s", line, column, fmt.Sprintf(format, args...))
	}
}

// tag is what stands here, for people.
func (p *parser) tag() string {
	rest := p.rest()
	if end := strings.Index(rest, "}}"); end >= 0 {
		rest = rest[:end+2]
	}
	if len(rest) > 60 {
		rest = strings.ToValidUTF8(rest[:60], "") + "…"
	}
	return rest
}

// rest is what is not read yet.
func (p *parser) rest() string { return p.source[min(p.at, len(p.source)):] }

// program reads up to a tag that ends or divides the block, or to the end.
func (p *parser) program() *program {
	all := &program{}
	if p.depth++; p.depth > maxNesting {
		p.fail("blocks stand in each other more than %d deep", maxNesting)
	}
	defer func() { p.depth-- }()
	for p.err == nil && p.at < len(p.source) {
		if found := p.text(); found != nil {
			all.body = append(all.body, found)
			continue
		}
		rest := p.rest()
		if reClosing.MatchString(rest) || reElse.MatchString(rest) || reElseIf.MatchString(rest) {
			break
		}
		if found := p.statement(); found != nil {
			all.body = append(all.body, found)
			if one, is := found.(*inline); is {
				all.inlines = append(all.inlines, one)
			}
		}
	}
	return all
}

// text reads up to the next tag; nil if one stands here. \{{ is no tag, \\{{ is one after a \.
func (p *parser) text() *text {
	rest := p.rest()
	if rest == "" {
		return nil
	}
	next := strings.Index(rest, "{{")
	value := rest
	switch {
	case next < 0:
		p.at = len(p.source)
	case strings.HasSuffix(rest[:next], `\\`):
		value = rest[:next-1]
		p.at += next
	case strings.HasSuffix(rest[:next], `\`):
		end := len(rest)
		if more := strings.Index(rest[min(next+2, len(rest)):], "{{"); more >= 0 {
			end = next + 2 + more
			for range 2 { // which say what becomes of the next tag
				if end > next+2 && rest[end-1] == '\\' {
					end--
				}
			}
		}
		value = rest[:next-1] + rest[next:end]
		p.at += end
	case next == 0:
		return nil
	default:
		value = rest[:next]
		p.at += next
	}
	return &text{value: value, original: value}
}

// statement reads one tag, and the block that it opens.
func (p *parser) statement() any {
	rest := p.rest()
	if reComment.MatchString(rest) {
		return p.comment()
	}
	if strings.HasPrefix(rest, "{{{{") {
		p.fail("raw blocks are not taken: %s", p.tag())
		return nil
	}
	open := reOpen.FindStringSubmatch(rest)
	before := strings.HasPrefix(open[0], "{{~")
	next := rest[len(open[0]):]
	p.at += len(open[0])
	switch {
	case open[1] == "#" && strings.HasPrefix(next, ">"):
		p.at++
		return p.layout(before)
	case open[1] == "#" && strings.HasPrefix(next, "*"):
		p.at++
		return p.inline(before)
	case strings.HasPrefix(next, "*"):
		p.at -= len(open[0])
		p.fail("of decorators there is #*inline alone: %s", p.tag())
		return nil
	}
	switch open[1] {
	case "#", "^":
		return p.block(before, open[1] == "^")
	case ">":
		found := p.include()
		found.trim = trim{before, p.close("}}")}
		return &found
	}
	found := &output{raw: open[1] == "{" || open[1] == "&"}
	found.of = p.value()
	end := "}}"
	if open[1] == "{" {
		end = "}}}"
	}
	found.trim = trim{before, p.close(end)}
	return found
}

func (p *parser) comment() any {
	rest := p.rest()
	head := reComment.FindString(rest)
	end := -1
	if strings.HasPrefix(rest[len(head):], "--") {
		if found := reDashes.FindStringIndex(rest[len(head):]); found != nil {
			end = len(head) + found[1]
		}
	} else if found := strings.Index(rest, "}}"); found >= 0 {
		end = found + 2
	}
	if end < 0 {
		p.fail("a comment has no end: %s", p.tag())
		return nil
	}
	p.at += end
	return &comment{trim{strings.HasPrefix(head, "{{~"), rest[end-3] == '~'}}
}

// block reads the rest of one from behind its {{# on.
func (p *parser) block(before, inverted bool) *block {
	found, said, params := p.opened(before)
	first := p.program()
	first.params = params
	rest := p.rest()
	switch {
	case p.err != nil:
		return found
	case inverted:
		found.inverse = first
		if divide := reElse.FindString(rest); divide != "" {
			p.at += len(divide)
			found.mid = trim{strings.HasPrefix(divide, "{{~"), strings.HasSuffix(divide, "~}}")}
			found.program = p.program()
		}
	default:
		found.program = first
		found.inverse, found.mid = p.chain()
	}
	found.ends = p.ending(said)
	if found.inverse != nil && found.inverse.chained { // the end is that of the whole chain
		for inner := found.inverse; inner != nil && inner.chained; {
			one := inner.body[0].(*block)
			one.ends = found.ends
			inner = one.inverse
		}
	}
	return found
}

// ending reads the closing tag of a block that is called so.
func (p *parser) ending(said string) (found trim) {
	open := reClosing.FindString(p.rest())
	if p.err == nil && open == "" {
		p.fail("the block %s has no end: write {{/%s}}", said, said)
	}
	if p.err != nil {
		return found
	}
	p.at += len(open)
	p.space()
	name := p.at
	p.operand()
	if closing := strings.TrimSpace(p.source[name:p.at]); p.err == nil && unquoted(closing) != unquoted(said) {
		p.at = name
		p.fail("{{/%s}} ends the block %s. Write {{/%s}}", closing, said, said)
	}
	return trim{strings.HasPrefix(open, "{{~"), p.close("}}")}
}

// unquoted is a name without what may stand around it.
func unquoted(name string) string { return strings.Trim(name, "\"'[]") }

// opened reads what a block is about, up to its }}, and how it is called.
func (p *parser) opened(before bool) (found *block, said string, params []string) {
	found = &block{}
	p.space()
	start := p.at
	of := p.head()
	if p.err == nil {
		said = p.source[start:p.at]
	}
	var args []expression
	args, found.hash = p.arguments()
	name := ""
	if single, is := of.(path); is && !single.at && !single.scoped && len(single.keys) == 1 {
		name = single.keys[0]
	}
	switch {
	case p.err != nil:
	case slices.Contains(helpers, name):
		found.helper = name
		if len(args) != 1 {
			p.fail("#%s takes one value, these are %d", name, len(args))
		} else {
			found.of = args[0]
		}
	case len(args) > 0 || len(found.hash) > 0:
		p.fail("there is no helper %q. Blocks are if, unless, each and with", name)
	default:
		found.of = of
	}
	if as := reAsParams.FindString(p.rest()); as != "" && p.err == nil {
		p.at += len(as)
		for p.space(); p.err == nil && !strings.HasPrefix(p.rest(), "|"); p.space() {
			id := reID.FindString(p.rest())
			if id == "" {
				p.fail("a name is expected between the bars: %s", p.tag())
			}
			params = append(params, id)
			p.at += len(id)
		}
		p.at++
	}
	found.open = trim{before, p.close("}}")}
	return found, said, params
}

// chain reads {{else}} or {{else if …}} and what follows, if it is there.
func (p *parser) chain() (*program, trim) {
	rest := p.rest()
	if divide := reElse.FindString(rest); divide != "" {
		p.at += len(divide)
		return p.program(), trim{strings.HasPrefix(divide, "{{~"), strings.HasSuffix(divide, "~}}")}
	}
	divide := reElseIf.FindString(rest)
	if divide == "" {
		return nil, trim{}
	}
	p.at += len(divide)
	if p.depth++; p.depth > maxNesting {
		p.fail("blocks stand in each other more than %d deep", maxNesting)
	}
	defer func() { p.depth-- }()
	one, _, params := p.opened(strings.HasPrefix(divide, "{{~"))
	one.program = p.program()
	one.program.params = params
	one.inverse, one.mid = p.chain()
	return &program{body: []any{one}, chained: true}, one.open
}

func (p *parser) space() {
	for p.at < len(p.source) && strings.IndexByte(" \t\r\n", p.source[p.at]) >= 0 {
		p.at++
	}
}

// close reads the end of a tag and tells whether it takes the space behind it away.
func (p *parser) close(end string) (after bool) {
	if p.err != nil {
		return false
	}
	p.space()
	rest := p.rest()
	if strings.HasPrefix(rest, "}}}}") {
		p.fail("there are braces too many: a tag ends with as many as it begins with")
		return false
	}
	tilde := "~}}"
	if end == "}}}" {
		tilde = "}~}}"
	}
	switch {
	case end == "}}" && strings.HasPrefix(rest, "}}}"):
		p.fail("there is a } too many: a tag that begins with two braces ends with two")
	case strings.HasPrefix(rest, tilde):
		p.at += len(tilde)
		return true
	case strings.HasPrefix(rest, end):
		p.at += len(end)
	default:
		p.fail("%s is expected here: %s", end, p.tag())
	}
	return false
}
