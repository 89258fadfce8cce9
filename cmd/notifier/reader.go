package main

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"notifier/message"
	"notifier/schedule"
)

// reader puts YAML and environment variables into a Config. It goes on after a problem,
// so that all of them are told at once, each with its line.
type reader struct {
	source   string
	lines    map[string]int // path → line in the file
	problems []problem
}

func newReader(source string) *reader { return &reader{source: source, lines: map[string]int{}} }

// fault notes a problem at a path, on the line where the path or what it is in stands.
func (r *reader) fault(path, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !strings.HasSuffix(text, "?") && !strings.HasSuffix(text, ".") {
		text += "."
	}
	r.problems = append(r.problems, problem{Source: r.source, Line: r.line(path), Path: path, Text: text})
}

// wrong notes an error; the faults of a *message.Invalid each at their own place.
func (r *reader) wrong(path string, err error) {
	var invalid *message.Invalid
	switch {
	case err == nil:
	case errors.As(err, &invalid):
		for _, f := range invalid.Faults {
			r.fault(strings.TrimSuffix(path+strings.ReplaceAll(f.Pointer, "/", "."), "."), "%s", f.Detail)
		}
	default:
		r.fault(path, "%s", err)
	}
}

func (r *reader) line(path string) int {
	for {
		if line, known := r.lines[path]; known {
			return line
		}
		cut := strings.LastIndexByte(path, '.')
		if cut < 0 {
			return 0
		}
		path = path[:cut]
	}
}

func (r *reader) readFile(content []byte, c *Config) {
	file, err := parser.ParseBytes(content, 0)
	if err != nil {
		r.syntax(err)
		return
	}
	for _, doc := range file.Docs {
		if doc.Body != nil {
			r.read("", doc.Body, reflect.ValueOf(c).Elem())
		}
	}
}

// syntax tells what is wrong without the lines around it, which may hold a password.
func (r *reader) syntax(err error) {
	p := problem{Source: r.source, Text: "this is not YAML: " + strings.TrimSpace(yaml.FormatError(err, false, false))}
	var where yaml.Error
	if errors.As(err, &where) {
		p.Text = "this is not YAML: " + where.GetMessage() + "."
		if t := where.GetToken(); t != nil && t.Position != nil {
			p.Line = t.Position.Line
		}
	}
	r.problems = append(r.problems, p)
}

// read puts a node into a value of the configuration.
func (r *reader) read(path string, node ast.Node, into reflect.Value) {
	if t := node.GetToken(); t != nil && t.Position != nil && r.lines[path] == 0 {
		r.lines[path] = t.Position.Line
	}
	pairs, isMapping := mapping(node)
	switch {
	case node.Type() == ast.NullType:
	case node.Type() == ast.AliasType || node.Type() == ast.AnchorType || node.Type() == ast.TagType:
		r.fault(path, "anchors, aliases and tags are not taken here. Write the value out")
	case into.Kind() == reflect.Struct && !scalar(into):
		if !isMapping {
			r.fault(path, "keys with values are expected here, as in %s", example(into.Type()))
			return
		}
		r.readStruct(path, pairs, into)
	case into.Kind() == reflect.Map:
		if !isMapping {
			r.fault(path, "names with values are expected here")
			return
		}
		r.readMap(path, pairs, into)
	case into.Kind() == reflect.Slice:
		list, ok := node.(*ast.SequenceNode)
		if !ok {
			r.fault(path, "a list is expected here, as in [a, b]")
			return
		}
		into.Set(reflect.MakeSlice(into.Type(), len(list.Values), len(list.Values)))
		for i, item := range list.Values {
			r.read(path+"."+strconv.Itoa(i), item, into.Index(i))
		}
	case isMapping || node.Type() == ast.SequenceType:
		r.fault(path, "a single value is expected here")
	default:
		r.set(path, node.GetToken().Value, into)
	}
}

// mapping lists the pairs of a mapping, which the parser writes in two ways.
func mapping(node ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := node.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, false
}

func (r *reader) readStruct(path string, pairs []*ast.MappingValueNode, into reflect.Value) {
	if into.Type() == reflect.TypeFor[jobSettings]() {
		forgetSchedule(pairs, into)
	}
	for _, pair := range pairs {
		key := pair.Key.GetToken().Value
		at := join(path, key)
		r.lines[at] = pair.Key.GetToken().Position.Line
		field, known := fields(into)[key]
		if !known {
			r.fault(at, "there is no such key.%s", message.Suggest(key, keys(into)))
			continue
		}
		r.read(at, pair.Value, field)
	}
}

// forgetSchedule drops the default schedule of a job that is given another one: every and
// cron exclude each other.
func forgetSchedule(pairs []*ast.MappingValueNode, into reflect.Value) {
	for _, pair := range pairs {
		if key := pair.Key.GetToken().Value; key == "every" || key == "cron" {
			into.FieldByName("Spec").Set(reflect.ValueOf(schedule.Spec{}))
		}
	}
}

func (r *reader) readMap(path string, pairs []*ast.MappingValueNode, into reflect.Value) {
	for _, pair := range pairs {
		key := pair.Key.GetToken().Value
		at := join(path, key)
		r.lines[at] = pair.Key.GetToken().Position.Line
		value := reflect.New(into.Type().Elem()).Elem()
		r.read(at, pair.Value, value)
		into.SetMapIndex(reflect.ValueOf(key).Convert(into.Type().Key()), value)
	}
}

// set reads a single value.
func (r *reader) set(path, text string, into reflect.Value) {
	if own, ok := into.Addr().Interface().(encoding.TextUnmarshaler); ok {
		r.wrong(path, own.UnmarshalText([]byte(text)))
		return
	}
	switch {
	case into.Type() == reflect.TypeFor[time.Duration]():
		d, err := time.ParseDuration(text)
		if _, bare := strconv.Atoi(text); bare == nil {
			r.fault(path, `%q has no unit. Write "%ss", "%sm" or "%sh"`, text, text, text, text)
		} else if err != nil || d <= 0 {
			r.fault(path, `%q is not a duration. Write a number and h, m or s, as in "90s" or "1h30m"`, text)
		}
		into.SetInt(int64(d))
	case into.Kind() == reflect.Int:
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			r.fault(path, "%q is not a whole number", text)
		}
		into.SetInt(int64(n))
	case into.Kind() == reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			r.fault(path, "%q is neither true nor false", text)
		}
		into.SetBool(b)
	default:
		into.SetString(text)
	}
}

// scalar tells whether a struct is written as a single value.
func scalar(v reflect.Value) bool {
	_, ok := v.Addr().Interface().(encoding.TextUnmarshaler)
	return ok
}

// fields are the keys of a struct of the configuration, with those embedded in it.
func fields(v reflect.Value) map[string]reflect.Value {
	all := map[string]reflect.Value{}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case f.Anonymous:
			for key, inner := range fields(v.Field(i)) {
				all[key] = inner
			}
		case name != "" && name != "-":
			all[name] = v.Field(i)
		}
	}
	return all
}

func keys(v reflect.Value) []string {
	var all []string
	for key := range fields(v) {
		all = append(all, key)
	}
	slices.Sort(all)
	return all
}

func example(t reflect.Type) string {
	return "{" + strings.Join(keys(reflect.New(t).Elem()), ": …, ") + ": …}"
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

const prefix = "NOTIFIER_"

// readEnvironment takes NOTIFIER_SECTION__KEY=value; lists are written with commas.
func (r *reader) readEnvironment(environment []string, c *Config) {
	file := r.source
	defer func() { r.source = file }()
	for _, entry := range environment {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, prefix) || strings.HasPrefix(name, prefix+"TEST_") {
			continue
		}
		path := strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(name, prefix)), "__", ".")
		r.source = name
		r.setPath("", path, value, reflect.ValueOf(c).Elem())
	}
}

// setPath puts a text where the path leads.
func (r *reader) setPath(at, path, text string, into reflect.Value) {
	key, rest, deeper := strings.Cut(path, ".")
	at = join(at, key)
	switch {
	case into.Kind() == reflect.Map && deeper:
		value := reflect.New(into.Type().Elem()).Elem()
		name := reflect.ValueOf(key).Convert(into.Type().Key())
		if known := into.MapIndex(name); known.IsValid() {
			value.Set(known)
		}
		r.setPath(at, rest, text, value)
		into.SetMapIndex(name, value)
	case into.Kind() != reflect.Struct || scalar(into):
		r.fault("", "nothing has the name %q", at)
	default:
		field, known := fields(into)[key]
		compound := known && (field.Kind() == reflect.Struct && !scalar(field) || field.Kind() == reflect.Map)
		switch {
		case !known:
			r.fault("", "there is no key %q.%s", at, message.Suggest(key, keys(into)))
		case deeper:
			r.setPath(at, rest, text, field)
		case compound:
			r.fault("", "%s has keys of its own. Name one of them: %s", at, strings.Join(keys(field), ", "))
		case field.Kind() == reflect.Slice:
			list := strings.Split(text, ",")
			field.Set(reflect.MakeSlice(field.Type(), len(list), len(list)))
			for i, item := range list {
				r.set("", strings.TrimSpace(item), field.Index(i))
			}
		default:
			if into.Type() == reflect.TypeFor[jobSettings]() && (key == "every" || key == "cron") {
				into.FieldByName("Spec").Set(reflect.ValueOf(schedule.Spec{}))
			}
			r.set("", text, field)
		}
	}
}
