package template

// text is what Handlebars prints as it is.
type text struct {
	value, original             string
	leftStripped, rightStripped bool
}

// output is {{expression}}.
type output struct {
	of   expression
	raw  bool // {{{expression}}}
	trim trim
}

// block is {{#name}}…{{else}}…{{/name}}.
type block struct {
	helper          string // if, unless, each, with, or empty for {{#name}}
	of              expression
	hash            map[string]expression
	program         *program // nil: an inverted block
	inverse         *program // nil: none
	open, mid, ends trim
}

// include is {{> name}}.
type include struct {
	name   expression
	of     expression // nil: what is being looked at
	hash   map[string]expression
	indent string
	trim   trim
}

// layout is {{#> name}}…{{/name}}: a partial that is handed what stands in the block, and which writes
// it where it has {{> @partial-block}}. Without such a partial the block is written itself.
type layout struct {
	include
	*block // its program, and the tags around it
}

// inline is {{#*inline "name"}}…{{/inline}}: a partial for the block that it stands in.
type inline struct {
	name string
	*block
}

// comment is {{! … }}.
type comment struct{ trim trim }

// program is what stands between two tags.
type program struct {
	body    []any
	params  []string // as |one two|
	inlines []*inline
	chained bool // {{else if}}
}

// trim tells whether a tag takes the space before and after it away: {{~ … ~}}.
type trim struct{ before, after bool }

// expression is a path, a literal or a lookup.
type expression any

// path is where in the data something is: depth contexts up, then by its keys.
type path struct {
	depth  int
	keys   []string
	at     bool // @index and its like
	scoped bool // begins with this, . or ..: never a block's parameter
	said   string
}

// literal is a value that the template has in it.
type literal struct{ value any }

// lookup is (lookup in key).
type lookup struct{ in, key expression }
