package template

import "strings"

// include reads the name of a partial and what it is to look at.
func (p *parser) include() include {
	found := include{name: p.partialName()}
	var params []expression
	params, found.hash = p.arguments()
	if len(params) > 1 {
		p.fail("a partial takes one value to look at, these are %d", len(params))
	} else if len(params) == 1 {
		found.of = params[0]
	}
	return found
}

// layout reads the rest of one from behind its {{#> on.
func (p *parser) layout(before bool) *layout {
	found := &layout{block: &block{}}
	p.space()
	if strings.HasPrefix(p.rest(), "(") {
		p.fail("the partial of a block has a fixed name: %s", p.tag())
		return found
	}
	found.include = p.include()
	said := ""
	if name, is := found.name.(literal); is {
		said = printed(name.value)
	}
	found.open = trim{before, p.close("}}")}
	p.only(found.block, said)
	return found
}

// inline reads the rest of one from behind its {{#* on.
func (p *parser) inline(before bool) *inline {
	found := &inline{block: &block{}}
	p.space()
	if called := reID.FindString(p.rest()); called != "inline" {
		p.fail("of decorators there is #*inline alone: %s", p.tag())
		return found
	}
	p.at += len("inline")
	args, hash := p.arguments()
	name, is := literal{}, false
	if len(args) == 1 && len(hash) == 0 {
		name, is = args[0].(literal)
	}
	if p.err == nil && !is {
		p.fail("an inline partial has a fixed name in quotes, and nothing else: write {{#*inline \"name\"}}")
	}
	found.name = printed(name.value)
	found.open = trim{before, p.close("}}")}
	p.only(found.block, "inline")
	return found
}

// only reads the content of a block that cannot have an else, and its end.
func (p *parser) only(b *block, said string) {
	b.program = p.program()
	if rest := p.rest(); p.err == nil && rest != "" && !reClosing.MatchString(rest) {
		p.fail("the block %s has no else: %s", said, p.tag())
		return
	}
	b.ends = p.ending(said)
}
