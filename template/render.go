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

func (w *writer) program(p *program, s scope) error {
	if p == nil {
		return nil
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
			err = w.include(one, s)
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
	value, err := w.value(o.of, s)
	if err != nil {
		return err
	}
	switch v := value.(type) {
	case absent:
		if p, is := o.of.(path); is && w.strict {
			return fmt.Errorf("%s is missing in the data", p.said)
		}
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
	value, err := w.value(b.of, s)
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
			return w.program(b.program, s.look(value).with(params(b.program), value))
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
			return w.program(b.program, s.look(value))
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
		if err := w.program(b.program, in.look(item).with(params(b.program), item, key)); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) include(i *include, s scope) error {
	name, err := w.value(i.name, s)
	if err != nil {
		return err
	}
	called := printed(name)
	p, err := w.partials(called)
	if err != nil {
		return err
	}
	if w.depth++; w.depth > maxIncludes {
		return fmt.Errorf("the partial %q stands in itself, or partials in each other more than %d deep", called, maxIncludes)
	}
	defer func() { w.depth-- }()
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
	in := scope{turn: s.turn}.look(value) // what a partial looks at begins with that
	if i.indent == "" {
		return w.program(p, in)
	}
	around := w.out
	w.out = &strings.Builder{}
	err = w.program(p, in)
	inner := w.out.String()
	w.out = around
	if err != nil {
		return err
	}
	w.left += len(inner) // which print counts again
	for len(inner) > 0 {
		end := strings.IndexByte(inner, '\n') + 1
		if end == 0 {
			end = len(inner)
		}
		if err := w.print(i.indent + inner[:end]); err != nil {
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
		all.of[key] = one
	}
	return all, nil
}
