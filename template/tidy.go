package template

import (
	"regexp"
	"strings"
)

// What tidy looks for: a tag that stands alone on its line takes the line with it.
var (
	reLineBefore  = regexp.MustCompile(`\r?\n[ \t\r\n\f\v]*?$`)
	reStartBefore = regexp.MustCompile(`(^|\r?\n)[ \t\r\n\f\v]*?$`)
	reLineAfter   = regexp.MustCompile(`^[ \t\r\n\f\v]*?\r?\n`)
	reEndAfter    = regexp.MustCompile(`^[ \t\r\n\f\v]*?(\r?\n|$)`)
	reRestOfLine  = regexp.MustCompile(`^[ \t]*\r?\n?`)
	reIndent      = regexp.MustCompile(`[ \t]+$`)
)

// alone tells where a statement may stand alone: an opening tag, a closing one, or the whole.
type alone struct {
	trim
	open, ends, whole bool
}

// tidy takes the space away that Handlebars takes away: where a tag has a ~, and around
// tags that stand alone on their lines.
func tidy(p *program, root bool) {
	if p == nil {
		return
	}
	for i, statement := range p.body {
		var a alone
		var b *block
		switch s := statement.(type) {
		case *output:
			a.trim = s.trim
		case *comment:
			a = alone{trim: s.trim, whole: true}
		case *include:
			a = alone{trim: s.trim, whole: true}
		case *block:
			a, b = tidyBlock(s), s
		case *layout:
			a, b = tidyBlock(s.block), s.block
		case *inline:
			a, b = tidyBlock(s.block), s.block
		default:
			continue
		}
		before, after := freeBefore(p.body, i, root), freeAfter(p.body, i, root)
		if a.after {
			cutAfter(p.body, i, true)
		}
		if a.before {
			cutBefore(p.body, i, true)
		}
		if a.whole && before && after {
			cutAfter(p.body, i, false)
			if cut := cutBefore(p.body, i, false); cut {
				if s, is := statement.(*include); is {
					s.indent = reIndent.FindString(p.body[i-1].(*text).original)
				}
			}
		}
		if a.open && before {
			cutAfter(b.first().body, -1, false)
			cutBefore(p.body, i, false)
		}
		if a.ends && after {
			cutAfter(p.body, i, false)
			last := b.inverse
			if last == nil {
				last = b.program
			}
			cutBefore(last.body, len(last.body), false)
		}
	}
}

// first is what stands behind the opening tag.
func (b *block) first() *program {
	if b.program != nil {
		return b.program
	}
	return b.inverse
}

func tidyBlock(b *block) alone {
	tidy(b.program, false)
	tidy(b.inverse, false)
	first := b.first()
	var second *program // behind the dividing tag
	if b.program != nil {
		second = b.inverse
	}
	next, last := second, second
	if second != nil && second.chained {
		next = second.body[0].(*block).program
		for last != nil && last.chained {
			inner := last.body[len(last.body)-1].(*block)
			last = inner.program
		}
	}
	ending := first
	if next != nil {
		ending = next
	}
	a := alone{
		trim: trim{b.open.before, b.ends.after},
		open: freeAfter(first.body, -1, false), ends: freeBefore(ending.body, len(ending.body), false),
	}
	if b.open.after {
		cutAfter(first.body, -1, true)
	}
	if second == nil {
		if b.ends.before {
			cutBefore(first.body, len(first.body), true)
		}
		return a
	}
	if b.mid.before {
		cutBefore(first.body, len(first.body), true)
	}
	if b.mid.after {
		cutAfter(next.body, -1, true)
	}
	if b.ends.before {
		cutBefore(last.body, len(last.body), true)
	}
	if freeBefore(first.body, len(first.body), false) && freeAfter(next.body, -1, false) {
		cutBefore(first.body, len(first.body), false)
		cutAfter(next.body, -1, false)
	}
	return a
}

// freeBefore tells whether there is only space on the line before body[i].
func freeBefore(body []any, i int, root bool) bool {
	if i == 0 {
		return root
	}
	t, is := body[i-1].(*text)
	if is && i == 1 && root {
		return reStartBefore.MatchString(t.original)
	}
	return is && reLineBefore.MatchString(t.original)
}

// freeAfter tells whether there is only space on the line behind body[i].
func freeAfter(body []any, i int, root bool) bool {
	if i+1 >= len(body) {
		return root
	}
	t, is := body[i+1].(*text)
	if is && i+2 >= len(body) && root {
		return reEndAfter.MatchString(t.original)
	}
	return is && reLineAfter.MatchString(t.original)
}

// cutAfter takes the space away that follows body[i]: all of it, or the rest of the line.
func cutAfter(body []any, i int, all bool) {
	if i+1 >= len(body) {
		return
	}
	t, is := body[i+1].(*text)
	if !is || !all && t.rightStripped {
		return
	}
	cut := t.value
	if all {
		cut = strings.TrimLeft(cut, " \t\r\n\f\v\u00a0\ufeff")
	} else {
		cut = reRestOfLine.ReplaceAllString(cut, "")
	}
	t.rightStripped = cut != t.value
	t.value = cut
}

// cutBefore takes the space away that precedes body[i]: all of it, or that on the line.
func cutBefore(body []any, i int, all bool) bool {
	if i < 1 {
		return false
	}
	t, is := body[i-1].(*text)
	if !is || !all && t.leftStripped {
		return false
	}
	cut := t.value
	if all {
		cut = strings.TrimRight(cut, " \t\r\n\f\v\u00a0\ufeff")
	} else {
		cut = strings.TrimRight(cut, " \t")
	}
	t.leftStripped = cut != t.value
	t.value = cut
	return t.leftStripped
}
