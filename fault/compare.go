package fault

import (
	"bytes"
	"encoding"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// MaxList is how many items one list is taken with, and how many keys one map.
const MaxList = 10000

const (
	// countFrom is the size, in bytes, from which lists are counted before they are read: what
	// is smaller takes little memory, whatever is in it.
	countFrom = 32 << 10
	// maxMembers is how many items and keys all lists and maps of one request have together. One
	// of four bytes takes a hundred when it is read.
	maxMembers = 100_000
	// maxKeyText is the longest key that is read, in bytes as it is written.
	maxKeyText = 1000
)

// verbatim is a type that keeps its JSON as it is written, and has a limit of its own.
type verbatim interface{ Verbatim() }

// comparison walks through valid JSON beside the type that it is meant for, token by token,
// so that it takes no memory however large the JSON is.
type comparison struct {
	d       *jsontext.Decoder
	bad     *Invalid
	at      []place
	members int
	// counts means that nothing but the lengths of lists and maps is looked at.
	counts bool
	// odd means that there is a key which the type does not have.
	odd bool
}

// place is one part of a JSON pointer: a key, or a place in a list.
type place struct {
	key   string
	index int
}

func newComparison(b []byte, bad *Invalid) *comparison {
	d := jsontext.NewDecoder(bytes.NewBuffer(b), jsontext.AllowDuplicateNames(true))
	return &comparison{d: d, bad: bad}
}

// compare notes where JSON does not fit a type. null fits wherever a key may be left out.
func compare(bad *Invalid, b []byte, t reflect.Type) {
	_ = newComparison(b, bad).value(t) // whoever calls has another error where this finds none
}

// countMembers finds lists, maps and keys that are longer than any that is taken. It is asked
// before they are read, which takes many times the memory of the JSON. It tells of unknown
// keys, too: a reader that found the first would put what it found into its error.
func countMembers(b []byte, t reflect.Type) error {
	if !json.Valid(b) || !utf8.Valid(b) {
		return nil // whoever reads it says so
	}
	var bad Invalid
	c := newComparison(b, &bad)
	c.counts = true
	_ = c.value(t) // as above
	if len(bad.Faults) == 0 && c.members > maxMembers {
		bad.Add("", "too_many", "the lists of one request have at most %d items together, these are %d. Send the rest in another request", maxMembers, c.members)
	}
	if len(bad.Faults) == 0 && c.odd {
		compare(&bad, b, t)
	}
	return bad.Err()
}

func (c *comparison) add(code, format string, args ...any) {
	if len(c.bad.Faults) >= MaxFaults { // the pointer is not worth writing
		c.bad.More++
		return
	}
	c.bad.Add(c.pointer(), code, format, args...)
}

// pointer is where the value stands (RFC 6901).
func (c *comparison) pointer() string {
	var b strings.Builder
	for _, s := range c.at {
		b.WriteByte('/')
		if s.index >= 0 {
			b.WriteString(strconv.Itoa(s.index))
		} else {
			b.WriteString(Escape(s.key))
		}
	}
	return b.String()
}

// below looks at the next value as a part of this one.
func (c *comparison) below(s place, t reflect.Type) error {
	c.at = append(c.at, s)
	err := c.value(t)
	c.at = c.at[:len(c.at)-1]
	return err
}

func (c *comparison) value(t reflect.Type) error {
	pointer := reflect.PointerTo(t)
	if pointer.Implements(reflect.TypeFor[json.Unmarshaler]()) || t == reflect.TypeFor[jsontext.Value]() {
		return c.own(t)
	}
	if c.d.PeekKind() == 'n' {
		return c.d.SkipValue()
	}
	switch kind := t.Kind(); {
	case kind == reflect.Pointer:
		return c.value(t.Elem())
	case kind == reflect.String, pointer.Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		return c.scalar(t, c.text)
	case kind == reflect.Struct, kind == reflect.Map:
		return c.object(t)
	case t == reflect.TypeFor[[]byte]():
		return c.scalar(t, c.base64)
	case kind == reflect.Slice:
		return c.list(t)
	case kind == reflect.Bool, kind >= reflect.Int && kind <= reflect.Float64:
		return c.scalar(t, c.plain)
	}
	return c.d.SkipValue()
}

// scalar reads a single value, which is looked at unless all is only counted.
func (c *comparison) scalar(t reflect.Type, look func(jsontext.Value, reflect.Type)) error {
	if c.counts {
		return c.d.SkipValue()
	}
	raw, err := c.d.ReadValue()
	if err == nil {
		look(raw, t)
	}
	return err
}

func (c *comparison) plain(raw jsontext.Value, t reflect.Type) {
	isBool, isNumber := raw.Kind() == 't' || raw.Kind() == 'f', raw.Kind() == '0'
	switch {
	case t.Kind() == reflect.Bool && !isBool:
		c.add("bad_type", "true or false is expected here, not %s", described(raw))
	case t.Kind() != reflect.Bool && !isNumber:
		c.add("bad_type", "a number is expected here, not %s", described(raw))
	case t.Kind() == reflect.Int && isWhole(raw):
	case json.Unmarshal(raw, reflect.New(t).Interface()) != nil: // a number that does not fit
		c.add("bad_type", "%s does not fit here. Write a whole number, and a smaller one if it is large", Truncate(string(raw), 30))
	}
}

func isWhole(raw []byte) bool {
	_, err := whole(raw)
	return err == nil
}

func (c *comparison) text(raw jsontext.Value, t reflect.Type) {
	if raw.Kind() != '"' {
		c.add("bad_type", "a text is expected here, not %s. Write it in quotes", described(raw))
		return
	}
	if reads, ok := reflect.New(t).Interface().(encoding.TextUnmarshaler); ok {
		if err := reads.UnmarshalText(unquoted(raw)); err != nil {
			c.add("bad_value", "%s", err.Error())
		}
	}
}

func (c *comparison) base64(raw jsontext.Value, _ reflect.Type) {
	if raw.Kind() != '"' {
		c.add("bad_type", "a text in base64 is expected here, not %s", described(raw))
		return
	}
	text := unquoted(raw)
	if _, err := base64.StdEncoding.Strict().Decode(make([]byte, base64.StdEncoding.DecodedLen(len(text))), text); err != nil || bytes.ContainsAny(text, "\r\n") {
		c.add("bad_value", "this is not base64 (RFC 4648 §4). Write it with + and /, filled up with =, on one line")
	}
}

func unquoted(raw jsontext.Value) []byte {
	text, _ := jsontext.AppendUnquote(nil, raw) // it is valid, or would not have been read
	return text
}

// own asks a type that reads itself.
func (c *comparison) own(t reflect.Type) error {
	raw, err := c.d.ReadValue()
	if err != nil {
		return err
	}
	if c.counts {
		if !reflect.PointerTo(t).Implements(reflect.TypeFor[verbatim]()) {
			c.countAll(raw)
		}
		return nil
	}
	into := reflect.New(t).Interface()
	if t == timeType { // the lenient package json takes 10:00:00,5Z
		err = jsonv2.Unmarshal(raw, into)
	} else {
		err = json.Unmarshal(raw, into)
	}
	var own *Invalid
	switch {
	case err == nil && t == timeType && string(raw) != "null":
		if err := CheckTime(*into.(*time.Time)); err != nil {
			c.add("out_of_range", "%s", err)
		}
	case err == nil:
	case errors.As(err, &own):
		c.bad.Take(c.pointer(), own)
	case t == timeType:
		c.add("bad_time", "%s is not a time. Write it as 2026-11-25T15:00:00Z", Truncate(string(raw), 60))
	default:
		c.add("bad_value", "%s", plainly(err))
	}
	return nil
}

// countAll counts the items and keys within a value whose type reads itself.
func (c *comparison) countAll(raw jsontext.Value) {
	if len(raw) <= MaxList {
		return
	}
	d := jsontext.NewDecoder(bytes.NewBuffer(raw), jsontext.AllowDuplicateNames(true))
	for {
		token, err := d.ReadToken()
		if err != nil {
			return
		}
		kind, at := d.StackIndex(d.StackDepth())
		n := at
		if kind == '{' {
			n /= 2
		}
		if token.Kind() != '}' && token.Kind() != ']' {
			c.members++
		}
		if isKey := kind == '{' && token.Kind() == '"' && at%2 == 1; isKey && len(token.String()) > maxKeyText {
			c.longKey()
			return
		}
		if n > MaxList {
			c.add("too_many", "at most %d items or keys are taken here, and these are more. Send the rest in another request", MaxList)
			return
		}
	}
}

func (c *comparison) list(t reflect.Type) error {
	if c.d.PeekKind() != '[' {
		return c.scalar(t, func(raw jsontext.Value, _ reflect.Type) {
			c.add("bad_type", "a list is expected here, not %s. Write it in square brackets", described(raw))
		})
	}
	if _, err := c.d.ReadToken(); err != nil {
		return err
	}
	n := 0
	for ; c.d.PeekKind() != ']'; n++ {
		var err error
		if n < MaxList && c.members <= maxMembers {
			err = c.below(place{index: n}, t.Elem())
		} else {
			err = c.d.SkipValue() // only to know how many there are
		}
		if err != nil {
			return err
		}
		c.members++
	}
	if n > MaxList {
		c.add("too_many", "at most %d are taken at once, these are %d. Send the rest in another request", MaxList, n)
	}
	_, err := c.d.ReadToken()
	return err
}

func (c *comparison) object(t reflect.Type) error {
	if c.d.PeekKind() != '{' {
		return c.scalar(t, func(raw jsontext.Value, _ reflect.Type) {
			c.add("bad_type", "an object is expected here, not %s. Write it in braces", described(raw))
		})
	}
	if _, err := c.d.ReadToken(); err != nil {
		return err
	}
	fields := map[string]reflect.Type{}
	if t.Kind() == reflect.Struct {
		keysOf(t, fields)
	}
	n := 0
	for ; c.d.PeekKind() != '}'; n++ {
		quoted, err := c.d.ReadValue()
		if err != nil {
			return err
		}
		switch field, known := c.field(quoted, fields); {
		case t.Kind() == reflect.Map && len(quoted) > maxKeyText:
			c.longKey()
			err = c.d.SkipValue()
		case t.Kind() == reflect.Map && n >= MaxList:
			err = c.d.SkipValue()
		case t.Kind() == reflect.Map:
			c.members++
			err = c.below(place{string(unquoted(quoted)), -1}, t.Elem())
		case known:
			err = c.below(place{string(unquoted(quoted)), -1}, field)
		default:
			c.unknown(quoted, fields)
			err = c.d.SkipValue()
		}
		if err != nil {
			return err
		}
	}
	if t.Kind() == reflect.Map && n > MaxList {
		c.add("too_many", "at most %d keys are taken here, these are %d. Leave some out", MaxList, n)
	}
	_, err := c.d.ReadToken()
	return err
}

func (c *comparison) longKey() {
	c.add("too_long", "a key has at most %d bytes, and this one has more. Shorten it", maxKeyText)
}

// field is that of a key as it is written, quotes and all.
func (c *comparison) field(quoted jsontext.Value, fields map[string]reflect.Type) (reflect.Type, bool) {
	if bytes.IndexByte(quoted, '\\') >= 0 {
		quoted = jsontext.Value(`"` + string(unquoted(quoted)) + `"`)
	}
	t, known := fields[string(quoted[1:len(quoted)-1])]
	return t, known
}

func (c *comparison) unknown(quoted jsontext.Value, fields map[string]reflect.Type) {
	switch {
	case c.counts:
		c.odd = true
	case len(c.bad.Faults) >= MaxFaults:
		c.bad.More++
	default:
		key := unquoted(quoted)
		key = key[:min(len(key), 2*maxPointer)]
		c.at = append(c.at, place{string(key), -1})
		c.add("unknown_key", "there is no key %q.%s", Truncate(string(key), 60), Suggest(string(key), slices.Sorted(maps.Keys(fields))))
		c.at = c.at[:len(c.at)-1]
	}
}

func described(raw jsontext.Value) string {
	switch raw.Kind() {
	case 'n', 't', 'f':
		return string(raw)
	case '0':
		return "a number"
	case '"':
		return "a text"
	case '[':
		return "a list"
	}
	return "an object"
}
