package template

import "fmt"

// context is what is being looked at, within what was looked at before.
type context struct {
	value any
	outer *context
}

// turn is which one of a list or object it is, within the loops around it.
type turn struct {
	key, index  any
	first, last bool
	outer       *turn
}

// named are the parameters of a block.
type named struct {
	names  []string
	values []any
	outer  *named
}

// scope is where names are looked up.
type scope struct {
	*context
	turn  *turn
	named *named
	unit  *unit
	block *held // @partial-block
}

// unit is one template, or partial, while it is written: the inline partials that hold now.
type unit struct{ inlines *inlines }

// inlines are the inline partials of a block, within those of the blocks around it.
type inlines struct {
	of    map[string]*held
	outer *inlines
}

// held is a piece of a template that is written from elsewhere, and where it stands.
type held struct {
	program *program
	at      scope
}

// inlined are inline partials and those of the program, which stands there.
func (p *program) inlined(outer *inlines, at scope) *inlines {
	if len(p.inlines) == 0 {
		return outer
	}
	all := &inlines{map[string]*held{}, outer}
	for _, one := range p.inlines {
		all.of[one.name] = &held{one.program, at}
	}
	return all
}

func (i *inlines) find(name string) *held {
	for ; i != nil; i = i.outer {
		if found := i.of[name]; found != nil {
			return found
		}
	}
	return nil
}

func (s scope) look(value any) scope {
	if s.context == nil || !same(s.value, value) {
		s.context = &context{value, s.context}
	}
	return s
}

// value looks an expression up; absent{} if the data has nothing there.
func (w *writer) value(of expression, s scope) (any, error) {
	if err := w.step(); err != nil {
		return nil, err
	}
	switch e := of.(type) {
	case literal:
		return e.value, nil
	case lookup:
		in, err := w.value(e.in, s)
		if err != nil {
			return nil, err
		}
		key, err := w.value(e.key, s)
		if err != nil {
			return nil, err
		}
		switch k := key.(type) {
		case number:
			return w.at(in, k.text)
		case string:
			return w.at(in, k[:min(len(k), maxKey)])
		}
		return absent{}, nil
	case path:
		return w.follow(e, s, false)
	}
	return absent{}, nil
}

// named looks up what a tag or a section is called, which must be there if the template is strict.
func (w *writer) named(of expression, s scope) (any, error) {
	p, is := of.(path)
	if !is {
		return w.value(of, s)
	}
	if err := w.step(); err != nil {
		return nil, err
	}
	return w.follow(p, s, w.strict)
}

// follow looks a path up. A strict template wants everything on the way to its end to be there, as
// Handlebars does, and the end, too, if it is to be shown.
func (w *writer) follow(p path, s scope, shown bool) (any, error) {
	keys := p.keys
	var value any
	switch {
	case p.at && len(keys) > 0:
		value, keys = w.about(p, s), keys[1:]
		if _, is := value.(absent); is && shown && len(keys) == 0 {
			return nil, fmt.Errorf("%s is not known here", p.said)
		}
	case p.at:
		return absent{}, nil
	default:
		found := false
		if !p.scoped && len(keys) > 0 {
			if value, found = s.parameter(keys[0]); found {
				keys = keys[1:]
			}
		}
		if found {
			shown = false // as Handlebars has it
			break
		}
		c := s.context
		for range p.depth {
			if c != nil {
				c = c.outer
			}
		}
		if c == nil {
			value = absent{}
			break
		}
		value = c.value
	}
	for i, key := range keys {
		if w.strict && nothing(value) && (i > 0 || shown) {
			return nil, fmt.Errorf("%s is missing in the data", p.said)
		}
		var err error
		if value, err = w.at(value, key); err != nil {
			return nil, err
		}
		if _, is := value.(absent); is && shown && i == len(keys)-1 {
			return nil, fmt.Errorf("%s is missing in the data", p.said)
		}
	}
	return value, nil
}

// nothing tells whether a value is null, or absent: it has no keys.
func nothing(value any) bool {
	_, is := value.(absent)
	return is || value == nil
}

// at looks a key up; the length of a text is counted, so that it costs more for a long one.
func (w *writer) at(value any, key string) (any, error) {
	if t, is := value.(string); is {
		*w.steps += len(t) / 200
	}
	return at(value, key), w.step()
}

// about is @root, @key, @index, @first or @last.
func (w *writer) about(p path, s scope) any {
	if p.keys[0] == "root" {
		return w.root
	}
	if p.keys[0] == "partial-block" && s.block != nil {
		return true
	}
	t := s.turn
	for range p.depth {
		if t != nil {
			t = t.outer
		}
	}
	if t == nil {
		return absent{}
	}
	switch p.keys[0] {
	case "key":
		return t.key
	case "index":
		return t.index
	case "first":
		return t.first
	case "last":
		return t.last
	}
	return absent{}
}

func (s scope) parameter(name string) (any, bool) {
	for n := s.named; n != nil; n = n.outer {
		for i, one := range n.names {
			if one == name && i < len(n.values) {
				return n.values[i], true
			}
		}
	}
	return nil, false
}

// with names the parameters of a block.
func (s scope) with(names []string, values ...any) scope {
	if len(names) > 0 {
		s.named = &named{names, values, s.named}
	}
	return s
}
