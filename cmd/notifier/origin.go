package main

import (
	"cmp"
	"context"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"notifier/listing"
	"notifier/schedule"
	"notifier/store"
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

// setAs is a value with where it comes from.
type setAs struct {
	Key    string `json:"key"`
	Value  any    `json:"value"`
	Origin string `json:"origin"`
}

func (c setAs) text() string {
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

var configuredColumns = []listing.Column[setAs]{
	{Title: "Key", Value: func(c setAs) string { return c.Key }},
	{Title: "Value", Value: setAs.text},
	{Title: "Origin", Value: func(c setAs) string { return c.Origin }, Tint: func(c setAs) listing.Tint {
		if c.Origin == fromDefault {
			return listing.Grey
		}
		return listing.Plain
	}},
}

// fromDefault is where a value comes from that nobody has set.
const fromDefault = "default"

// origins lists a configuration with where each value comes from.
func (r *reader) origins(c *Config) []setAs {
	var all []setAs
	for _, l := range leaves("", reflect.ValueOf(c).Elem()) {
		origin := fromDefault
		if where, known := r.place(l.path); known && where.path != "" {
			origin = where.String()
			if where.path != l.path && where.source == r.file && !r.within(l.path, where) {
				origin = fromDefault
			}
		}
		l = l.hide()
		all = append(all, setAs{l.path, l.value, origin})
	}
	return all
}

// within tells whether a place says the value of a path, and not only one beside it: a list
// does of its items, a section does not of the keys that it leaves out.
func (r *reader) within(path string, where place) bool {
	_, key, _ := cutLast(path)
	_, err := strconv.Atoi(key)
	return err == nil && strings.HasPrefix(path, where.path)
}

func (p place) String() string {
	if p.line > 0 {
		return p.source + ":" + strconv.Itoa(p.line)
	}
	return p.source
}

func printConfig(s *shared) *cobra.Command {
	var origin bool
	c := &cobra.Command{
		Use: "print", Short: "Print the configuration that counts, without its secrets",
		Long: "Prints every value that counts: what the environment says, else the file, else the default. With --origin it\n" +
			"says where each comes from, and which schedules somebody has set in the database over it.",
		Example: "  notifier config print --origin\n  notifier config print -o json",
		RunE: func(c *cobra.Command, _ []string) error {
			config, r, err := s.read()
			if err != nil {
				return err
			}
			all := r.origins(&config)
			if !origin {
				return s.printValues(c, all)
			}
			overridden, err := overrides(c.Context(), config)
			if err != nil {
				note(c, "Whether the database overrides schedules is not known: %s", err)
			}
			return s.printOrigins(c, append(all, overridden...))
		},
	}
	c.Flags().BoolVar(&origin, "origin", false, "tell where each value comes from")
	return s.prints(c)
}

func (s *shared) printOrigins(c *cobra.Command, all []setAs) error {
	var page listing.Page
	for _, one := range all {
		raw, err := json.Marshal(one)
		if err != nil {
			return err
		}
		page.Data = append(page.Data, raw)
	}
	return listing.List(s.printer(c), page, configuredColumns)
}

// printValues prints the configuration as a file would say it.
func (s *shared) printValues(c *cobra.Command, all []setAs) error {
	return writeValues(s.printer(c), all)
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
		b.Write(quoted(key))
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return []byte(b.String()), nil
}

// overrides lists the schedules that somebody has set over the configuration.
func overrides(ctx context.Context, c Config) (all []setAs, err error) {
	if c.present() != nil {
		return nil, nil
	}
	database, err := store.Open(ctx, c.Database, zap.NewNop())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, database.Close()) }()
	return savedOver(ctx, database)
}

func overridden(j schedule.Job) (all []setAs) {
	origin := "database, set by " + cmp.Or(j.ChangedBy, "somebody")
	at := "jobs." + j.Name
	for _, set := range []struct {
		key   string
		value string
	}{{".every", j.Every}, {".cron", j.Cron}, {".timezone", j.Timezone}} {
		if set.value != "" {
			all = append(all, setAs{at + set.key, set.value, origin})
		}
	}
	if j.Wake != nil {
		all = append(all, setAs{at + ".wake", *j.Wake, origin})
	}
	if j.Resting(time.Now()) {
		all = append(all, setAs{at, "paused", origin})
	}
	return all
}

// sqliteFile is the file of the database, if it is one.
func (c Config) sqliteFile() (string, bool) {
	file, is := strings.CutPrefix(c.Database.URL, "sqlite:")
	file, _, _ = strings.Cut(file, "?")
	return strings.TrimPrefix(file, "//"), is
}
