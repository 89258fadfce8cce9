package template

import (
	"errors"
	"fmt"
	"strings"
)

// What writing one mail may take: tags are looked at, and bytes written, no more often than
// that. It is reached within a tenth of a second; no mail that people read comes near it.
const (
	maxSteps    = 500_000
	maxIncludes = 30   // partials in partials
	maxKey      = 1000 // bytes of what is looked up
)

var errTooMuch = errors.New("it writes too much, or loops too often. Give it less data, or leave loops inside loops out")

// writer writes one part of a mail: the subject, the text or the HTML.
type writer struct {
	partials func(name string) (*program, error)
	escape   bool // & < > in what the data says
	strict   bool
	root     any
	steps    *int // of the whole mail
	left     int  // bytes
	depth    int
	out      *strings.Builder
}

var errNoPartial = errors.New("there is no such partial")

func (w *writer) step() error {
	if *w.steps++; *w.steps > maxSteps {
		return errTooMuch
	}
	return nil
}

func (w *writer) print(s string) error {
	if w.left -= len(s); w.left < 0 {
		return errTooMuch
	}
	w.out.WriteString(s)
	return nil
}

func (w *writer) program(p *program, s scope) error { return w.within(p, s, s) }

// within writes a program that looks at one thing and stands where another is looked at: its inline
// partials, which hold from its beginning to its end, see that one.
func (w *writer) within(p *program, around, s scope) error {
	if p == nil {
		return nil
	}
	if len(p.inlines) > 0 {
		before := s.unit.inlines
		around.named = s.named // block parameters are known to them
		s.unit.inlines = p.inlined(before, around)
		defer func() { s.unit.inlines = before }()
	}
	for _, statement := range p.body {
		if err := w.step(); err != nil {
			return err
		}
		var err error
		switch one := statement.(type) {
		case *text:
			err = w.print(one.value)
		case *output:
			err = w.output(one, s)
		case *block:
			err = w.block(one, s)
		case *include:
			err = w.include(one, nil, s)
		case *layout:
			err = w.include(&one.include, one.program, s)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// escapes are those of Handlebars.
var escapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#x27;", "`", "&#x60;", "=", "&#x3D;")

func (w *writer) output(o *output, s scope) error {
	value, err := w.named(o.of, s)
	if err != nil {
		return err
	}
	switch v := value.(type) {
	case *object:
		return fmt.Errorf("%s is an object. Name one of its keys", said(o.of))
	case *list:
		if err := w.weigh(v); err != nil {
			return err
		}
	}
	shown := printed(value)
	if w.escape && !o.raw {
		shown = escapes.Replace(shown)
	}
	return w.print(shown)
}

// weigh counts the items of a list that is printed.
func (w *writer) weigh(l *list) error {
	for _, item := range l.items {
		if err := w.step(); err != nil {
			return err
		}
		if inner, is := item.(*list); is {
			if err := w.weigh(inner); err != nil {
				return err
			}
		}
	}
	return nil
}

func said(of expression) string {
	if p, is := of.(path); is {
		return p.said
	}
	return "what lookup found"
}

func (w *writer) block(b *block, s scope) error {
	look := w.value
	if b.helper == "" {
		look = w.named
	}
	value, err := look(b.of, s)
	if err != nil {
		return err
	}
	switch b.helper {
	case "if", "unless":
		zero, err := w.value(b.hash["includeZero"], s)
		if err != nil {
			return err
		}
		if empty(value, !empty(zero, false)) == (b.helper == "unless") {
			return w.program(b.program, s)
		}
	case "with":
		if !empty(value, true) {
			return w.within(b.program, s, s.look(value).with(params(b.program), value))
		}
	case "each":
		return w.each(b, value, s)
	default:
		switch v := value.(type) {
		case *list:
			return w.each(b, value, s)
		case bool:
			if v {
				return w.program(b.program, s)
			}
		case nil, absent:
		default:
			return w.within(b.program, s, s.look(value))
		}
	}
	return w.program(b.inverse, s)
}

func params(p *program) []string {
	if p == nil {
		return nil
	}
	return p.params
}

func (w *writer) each(b *block, value any, s scope) error {
	var keys, items []any
	switch v := value.(type) {
	case *list:
		items = v.items
	case *object:
		for _, key := range v.keys {
			keys, items = append(keys, key), append(items, v.of[key])
		}
	}
	if len(items) == 0 {
		return w.program(b.inverse, s)
	}
	for i, item := range items {
		if err := w.step(); err != nil {
			return err
		}
		index := any(numberOf(fmt.Sprint(i)))
		key := index
		if keys != nil {
			key = keys[i]
		}
		in := s
		in.turn = &turn{key, index, i == 0, i == len(items)-1, s.turn}
		if err := w.within(b.program, s, in.look(item).with(params(b.program), item, key)); err != nil {
			return err
		}
	}
	return nil
}

// include writes a partial. content, if there is any, is the block that the partial is handed.
func (w *writer) include(i *include, content *program, s scope) error {
	name, err := w.value(i.name, s)
	if err != nil {
		return err
	}
	called := printed(name)
	if w.depth++; w.depth > maxIncludes {
		return fmt.Errorf("the partial %q stands in itself, or partials in each other more than %d deep", called, maxIncludes)
	}
	defer func() { w.depth-- }()
	p, around, in, err := w.partial(called, content, s)
	if err != nil {
		return err
	}
	value := s.value
	if i.of != nil {
		if value, err = w.value(i.of, s); err != nil {
			return err
		}
	}
	if len(i.hash) > 0 {
		if value, err = w.extend(value, i.hash, s); err != nil {
			return err
		}
	}
	return w.indented(i.indent, p, around, in.look(value))
}

// partial finds one, and the scope that it is written in: the block that is handed on, an inline
// partial, or one of the site. Inline partials that stand in the block hold in the latter, too.
func (w *writer) partial(called string, content *program, s scope) (p *program, around, in scope, err error) {
	found := s.unit.inlines.find(called)
	if called == "@partial-block" {
		found = s.block
	}
	block := s.block
	if content != nil {
		block = &held{content, s}
	}
	if found == nil {
		if p, err = w.partials(called); err == nil {
			in = scope{turn: s.turn, block: block, unit: &unit{s.unit.inlines}}
			if content != nil {
				in.unit.inlines = content.inlined(in.unit.inlines, s)
			}
			return p, scope{unit: in.unit}, in, nil // what a partial looks at begins with what it is given
		}
		if content == nil || !errors.Is(err, errNoPartial) {
			return nil, around, in, err
		}
		found = block
	}
	in = found.at
	in.turn = s.turn
	in.block = block
	if found == s.block && called == "@partial-block" || found.program == content {
		in.block = found.at.block
	}
	return found.program, found.at, in, nil
}

// indented writes a partial, with the indent of its tag before each line.
func (w *writer) indented(indent string, p *program, around, in scope) error {
	if indent == "" {
		return w.within(p, around, in)
	}
	out := w.out
	w.out = &strings.Builder{}
	err := w.within(p, around, in)
	inner := w.out.String()
	w.out = out
	if err != nil {
		return err
	}
	w.left += len(inner) // which print counts again
	for len(inner) > 0 {
		end := strings.IndexByte(inner, '\n') + 1
		if end == 0 {
			end = len(inner)
		}
		if err := w.print(indent + inner[:end]); err != nil {
			return err
		}
		inner = inner[end:]
	}
	return nil
}

// extend is an object with more keys.
func (w *writer) extend(value any, hash map[string]expression, s scope) (any, error) {
	all := &object{of: map[string]any{}}
	if base, is := value.(*object); is {
		for _, key := range base.keys {
			if err := w.step(); err != nil {
				return nil, err
			}
			all.keys = append(all.keys, key)
			all.of[key] = base.of[key]
		}
	}
	for key, of := range hash {
		one, err := w.value(of, s)
		if err != nil {
			return nil, err
		}
		if _, is := all.of[key]; !is {
			all.keys = append(all.keys, key)
		}
		if all.of[key] = one; nothing(one) {
			all.of[key] = nil // it was given, and is there
		}
	}
	return all, nil
}
