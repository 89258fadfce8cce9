package settings

import (
	"cmp"
	"encoding"
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"notifier/listing"
)

// leaf is a single value or list of the configuration.
type leaf struct {
	path  string
	value any // a text, number, truth or list
}

// leaves lists the values of a configuration, in the order of its keys.
func leaves(at string, v reflect.Value) []leaf {
	switch {
	case v.Kind() == reflect.Map:
		var all []leaf
		for _, key := range inNameOrder(v.MapKeys()) {
			entry := reflect.New(v.Type().Elem()).Elem()
			entry.Set(v.MapIndex(key))
			all = append(all, leaves(join(at, key.String()), entry)...)
		}
		return all
	case v.Kind() == reflect.Struct && !scalar(v):
		var all []leaf
		for _, key := range orderedKeys(v.Type()) {
			all = append(all, leaves(join(at, key), fields(v)[key])...)
		}
		return all
	}
	return []leaf{{at, asWritten(v)}}
}

func inNameOrder(keys []reflect.Value) []reflect.Value {
	slices.SortFunc(keys, func(a, b reflect.Value) int { return cmp.Compare(a.String(), b.String()) })
	return keys
}

// orderedKeys are the keys of a struct as it has them.
func orderedKeys(t reflect.Type) []string {
	var all []string
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case f.Anonymous:
			all = append(all, orderedKeys(f.Type)...)
		case name != "" && name != "-":
			all = append(all, name)
		}
	}
	return all
}

// asWritten is a value as a file says it.
func asWritten(v reflect.Value) any {
	if own, ok := v.Interface().(encoding.TextMarshaler); ok {
		text, _ := own.MarshalText()
		return string(text)
	}
	switch {
	case v.Type() == reflect.TypeFor[time.Duration]():
		return shortly(time.Duration(v.Int()))
	case v.Kind() == reflect.Slice:
		all := []string{}
		for i := range v.Len() {
			all = append(all, fmt.Sprint(asWritten(v.Index(i))))
		}
		return all
	case v.Kind() == reflect.Int:
		return int(v.Int())
	case v.Kind() == reflect.Bool:
		return v.Bool()
	}
	return v.String()
}

// shortly is a duration without the zeros at its end.
func shortly(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// masked stands where a secret does.
const masked = "***"

// secretKeys end the paths of secrets.
var secretKeys = []string{"password", "client_secret", "refresh_token", "key", "previous_key"}

// hide leaves secrets out.
func (l leaf) hide() leaf {
	text, isText := l.value.(string)
	if !isText || text == "" {
		return l
	}
	_, key, _ := cutLast(l.path)
	if slices.Contains(secretKeys, key) {
		return leaf{l.path, masked}
	}
	if u, err := url.Parse(text); l.path == "database.url" && err == nil && u.User != nil {
		if _, has := u.User.Password(); has {
			return leaf{l.path, strings.Replace(u.Redacted(), "xxxxx", masked, 1)}
		}
	}
	return l
}

// Value is a value with where it comes from.
type Value struct {
	Key    string `json:"key"`
	Value  any    `json:"value"`
	Origin string `json:"origin"`
}

// Text is the value as a line of text.
func (c Value) Text() string {
	if list, isList := c.Value.([]any); isList { // as JSON brings it back
		var all []string
		for _, one := range list {
			all = append(all, fmt.Sprint(one))
		}
		return "[" + strings.Join(all, ", ") + "]"
	}
	if list, isList := c.Value.([]string); isList {
		return "[" + strings.Join(list, ", ") + "]"
	}
	if text, isText := c.Value.(string); isText {
		return strconv.Quote(text)
	}
	return fmt.Sprint(c.Value)
}

// FromDefault is where a value comes from that nobody has set.
const FromDefault = "default"

// Origins lists a configuration with where each value comes from.
func (r *Reader) Origins(c *Config) []Value {
	var all []Value
	for _, l := range leaves("", reflect.ValueOf(c).Elem()) {
		origin := FromDefault
		if where, known := r.place(l.path); known && where.path != "" {
			origin = where.String()
			if where.path != l.path && where.source == r.File && !r.within(l.path, where) {
				origin = FromDefault
			}
		}
		l = l.hide()
		all = append(all, Value{l.path, l.value, origin})
	}
	return all
}

// HoldsSecret tells whether the file itself has a secret in it.
func (r *Reader) HoldsSecret() bool {
	for path, where := range r.places {
		_, key, _ := cutLast(path)
		if where.source == r.File && slices.Contains(secretKeys, key) && r.given[path] {
			return true
		}
	}
	return false
}

// within tells whether a place says the value of a path, and not only one beside it: a list
// does of its items, a section does not of the keys that it leaves out.
func (r *Reader) within(path string, where place) bool {
	_, key, _ := cutLast(path)
	_, err := strconv.Atoi(key)
	return err == nil && strings.HasPrefix(path, where.path)
}

// String names the place, with its line.
func (p place) String() string {
	if p.line > 0 {
		return p.source + ":" + strconv.Itoa(p.line)
	}
	return p.source
}

// ordered is a JSON object that keeps the order of its keys.
type ordered struct {
	keys   []string
	values map[string]any
}

func (o *ordered) set(path []string, value any) {
	if o.values == nil {
		o.values = map[string]any{}
	}
	before, known := o.values[path[0]]
	if !known {
		o.keys = append(o.keys, path[0])
	}
	if len(path) == 1 {
		o.values[path[0]] = value
		return
	}
	below, isObject := before.(*ordered)
	if !isObject {
		below = &ordered{}
		o.values[path[0]] = below
	}
	below.set(path[1:], value)
}

// MarshalJSON writes the keys in their order.
func (o *ordered) MarshalJSON() ([]byte, error) {
	var b strings.Builder
	b.WriteByte('{')
	for i, key := range o.keys {
		if i > 0 {
			b.WriteByte(',')
		}
		value, err := json.Marshal(o.values[key])
		if err != nil {
			return nil, err
		}
		name, err := json.Marshal(key)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return []byte(b.String()), nil
}

// WriteValues writes the configuration as a file would say it.
func WriteValues(p listing.Printer, all []Value) error {
	tree := ordered{}
	for _, one := range all {
		if one.Value != "" || !strings.HasPrefix(one.Key, "jobs.") { // of every and cron one is empty
			tree.set(strings.Split(one.Key, "."), one.Value)
		}
	}
	raw, err := json.Marshal(&tree)
	if err != nil {
		return err
	}
	if !p.Format.Structured() {
		p.Format = listing.YAML
	}
	return listing.One(p, raw, nil)
}
