package settings

import (
	"bytes"
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"notifier/fault"
	"notifier/schedule"
)

// Reader puts YAML and environment variables into a Config. It goes on after a problem,
// so that all of them are told at once, each with its line.
type Reader struct {
	File     string
	places   map[string]place // path → where its value stands
	given    map[string]bool  // paths of single values that say something
	problems []Problem
	Warnings []Problem // what works, but should not stay so
	broken   bool      // the file could not be read at all
}

// place is where a value of the configuration stands.
type place struct {
	source string // the file or an environment variable
	line   int    // in the file
	path   string
}

func newReader(file string) *Reader {
	return &Reader{File: file, places: map[string]place{}, given: map[string]bool{}}
}

// fault notes a problem at a path, where the path or what it is in stands. A value that
// could not be read has had its problem; what follows from that is not told.
func (r *Reader) fault(path, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !strings.HasSuffix(text, "?") && !strings.HasSuffix(text, ".") {
		text += "."
	}
	p := Problem{Source: r.File, Path: path, at: path, Text: text}
	if where, known := r.place(path); known {
		p.Source, p.Line = where.source, where.line
		if where.source != r.File && where.path == path {
			p.Path = "" // the variable's name says it
		}
	}
	told := func(other Problem) bool { return other.at == path && other.at != "" && other.Source == p.Source }
	if !slices.ContainsFunc(r.problems, told) {
		r.problems = append(r.problems, p)
	}
}

// warn notes what should be changed at a path.
func (r *Reader) warn(path, format string, args ...any) {
	p := Problem{Source: r.File, Path: path, Text: fmt.Sprintf(format, args...)}
	if where, known := r.place(path); known {
		p.Source, p.Line = where.source, where.line
	}
	r.Warnings = append(r.Warnings, p)
}

// place is where the value of the path stands, or what it is in.
func (r *Reader) place(path string) (place, bool) {
	for {
		if where, known := r.places[path]; known {
			return where, true
		}
		cut := strings.LastIndexByte(path, '.')
		if cut < 0 {
			return place{}, false
		}
		path = path[:cut]
	}
}

// wrong notes an error; the faults of a *fault.Invalid each at their own place.
func (r *Reader) wrong(path string, err error) {
	var invalid *fault.Invalid
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

func (r *Reader) readFile(content []byte, c *Config) {
	content = bytes.TrimPrefix(content, []byte("\uFEFF"))
	if !utf8.Valid(content) {
		before := content[:bytes.IndexFunc(content, func(c rune) bool { return c == utf8.RuneError })]
		r.breaks(bytes.Count(before, []byte("\n"))+1, "this is not UTF-8. Save the file as UTF-8")
		return
	}
	file, err := parser.ParseBytes(content, 0)
	if err != nil {
		r.syntax(err)
		return
	}
	read := false
	for _, doc := range file.Docs {
		switch {
		case doc.Body == nil || doc.Body.Type() == ast.DirectiveType:
		case read:
			r.breaks(doc.Body.GetToken().Position.Line, "a second document begins here. Write one, without --- between its parts")
		default:
			read = true
			r.read("", doc.Body, reflect.ValueOf(c).Elem())
		}
	}
	if !read { // the parser leaves out what follows a document of comments alone
		r.unread(content)
	}
}

// unread makes sure that a file in which the parser found nothing says nothing.
func (r *Reader) unread(content []byte) {
	n := 0
	for line := range bytes.Lines(content) {
		n++
		line = bytes.TrimSpace(line)
		if len(line) > 0 && line[0] != '#' && line[0] != '%' && string(line) != "---" && string(line) != "..." {
			r.breaks(n, "this cannot be told from a second document. Leave out the --- before it")
			return
		}
	}
}

// breaks notes that the file cannot be taken for what it says.
func (r *Reader) breaks(line int, text string) {
	r.broken = true
	r.problems = append(r.problems, Problem{Source: r.File, Line: line, Text: text + "."})
}

// syntax tells what is wrong without the lines around it, which may hold a password.
func (r *Reader) syntax(err error) {
	var where yaml.Error
	if !errors.As(err, &where) {
		r.breaks(0, "this is not YAML")
		return
	}
	line := 0
	if t := where.GetToken(); t != nil && t.Position != nil {
		line = t.Position.Line
	}
	text := where.GetMessage()
	switch {
	case strings.Contains(text, `'	'`):
		text = "this line begins with a tab. Indent with spaces"
	case strings.HasPrefix(text, "mapping key"):
		text = strings.TrimPrefix(text, "mapping ") + ". Leave one out" // key "x" already defined at [1:1]
	default:
		text = "this is not YAML: " + text
	}
	r.breaks(line, text)
}

// read puts a node into a value of the configuration.
func (r *Reader) read(path string, node ast.Node, into reflect.Value) {
	if _, known := r.places[path]; !known {
		r.placed(path, node)
	}
	pairs, isMapping := mapping(node)
	list, isList := node.(*ast.SequenceNode)
	switch {
	case node.Type() == ast.NullType:
	case node.Type() == ast.AliasType || node.Type() == ast.AnchorType || node.Type() == ast.TagType:
		r.fault(path, "anchors, aliases and tags are not taken here. Write the value out")
	case into.Kind() == reflect.Struct && !scalar(into):
		if !isMapping {
			r.fault(path, "keys with values are expected here, as in %s", example(into))
			return
		}
		r.readStruct(path, pairs, into)
	case into.Kind() == reflect.Map:
		if !isMapping {
			r.fault(path, "names with values are expected here, as in {case_closed: {frequencies: [immediately, daily], default: daily}}")
			return
		}
		r.readMap(path, pairs, into)
	case into.Kind() == reflect.Slice:
		if !isList {
			r.fault(path, "a list is expected here, as in [a, b]")
			return
		}
		items := reflect.MakeSlice(into.Type(), len(list.Values), len(list.Values))
		for i, item := range list.Values {
			r.read(path+"."+strconv.Itoa(i), item, items.Index(i))
		}
		into.Set(items)
	case isMapping || isList:
		r.fault(path, "a single value is expected here")
	default:
		r.set(path, written(node), into)
	}
}

// written is a single value as it stands in the file.
func written(node ast.Node) string {
	if block, ok := node.(*ast.LiteralNode); ok {
		return block.Value.Value
	}
	return node.GetToken().Value
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

// key is the path of a pair, and what it is called in its mapping.
func (r *Reader) key(path string, pair *ast.MappingValueNode) (at, key string) {
	key = pair.Key.GetToken().Value
	at = join(path, key)
	r.placed(at, pair.Key)
	return at, key
}

func (r *Reader) placed(path string, node ast.Node) {
	if t := node.GetToken(); t != nil && t.Position != nil {
		r.places[path] = place{source: r.File, line: t.Position.Line, path: path}
	}
}

func (r *Reader) readStruct(path string, pairs []*ast.MappingValueNode, into reflect.Value) {
	for _, pair := range pairs {
		if key := pair.Key.GetToken().Value; schedules(into, key) {
			forgetSchedule(into)
		}
	}
	for _, pair := range pairs {
		at, key := r.key(path, pair)
		field, known := fields(into)[key]
		switch {
		case pair.Key.Type() == ast.MergeKeyType:
			r.fault(at, "anchors, aliases and tags are not taken here. Write the values out")
		case !known:
			r.fault(at, "there is no such key.%s", fault.Suggest(key, keys(into)))
		default:
			r.read(at, pair.Value, field)
		}
	}
}

// schedules tells whether the key gives a job another schedule.
func schedules(into reflect.Value, key string) bool {
	job := into.Type() == reflect.TypeFor[Job]() || into.Type() == reflect.TypeFor[Flush]()
	return job && (key == "every" || key == "cron")
}

// forgetSchedule drops the schedule of a job that is given another one: every and cron
// exclude each other.
func forgetSchedule(job reflect.Value) {
	job.FieldByName("Spec").Set(reflect.ValueOf(schedule.Spec{}))
}

func (r *Reader) readMap(path string, pairs []*ast.MappingValueNode, into reflect.Value) {
	if into.IsNil() {
		into.Set(reflect.MakeMap(into.Type()))
	}
	for _, pair := range pairs {
		at, key := r.key(path, pair)
		value := reflect.New(into.Type().Elem()).Elem()
		r.read(at, pair.Value, value)
		into.SetMapIndex(reflect.ValueOf(key).Convert(into.Type().Key()), value)
	}
}

// set reads a single value. One that cannot be read changes nothing.
func (r *Reader) set(path, text string, into reflect.Value) {
	r.given[path] = text != ""
	if own, ok := into.Addr().Interface().(encoding.TextUnmarshaler); ok {
		r.wrong(path, own.UnmarshalText([]byte(text)))
		return
	}
	switch {
	case into.Type() == reflect.TypeFor[time.Duration]():
		d, err := duration(text)
		if err != nil {
			r.wrong(path, err)
			return
		}
		into.SetInt(int64(d))
	case into.Kind() == reflect.Int:
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			r.fault(path, "%q is not a whole number. Write digits alone, as in 25", text)
			return
		}
		if n < 1 && pool(path) {
			r.fault(path, "without a connection nothing could be done. Write at least 1, or leave it out for the default")
			return
		}
		into.SetInt(int64(n))
	case into.Kind() == reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			r.fault(path, "%q is neither true nor false. Write one of them", text)
			return
		}
		into.SetBool(b)
	default:
		into.SetString(text)
	}
}

// pool tells whether a key is how many connections there are to work with: none is refused,
// for it would mean the default.
func pool(path string) bool {
	return path != "http.connections" && strings.HasSuffix(path, ".connections")
}

func duration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	_, bare := strconv.Atoi(text)
	switch {
	case bare == nil && strings.Trim(text, "0") != "":
		return 0, fmt.Errorf(`%q has no unit. Write "%ss", "%sm" or "%sh"`, text, text, text, text)
	case err != nil:
		return 0, fmt.Errorf(`%q is not a duration. Write a number and h, m or s, as in "90s" or "1h30m"`, text)
	case d <= 0:
		return 0, fmt.Errorf(`%q is too short. Write more than nothing, as in "90s"`, text)
	}
	return d, nil
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

func example(v reflect.Value) string {
	return "{" + strings.Join(keys(v), ": …, ") + ": …}"
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
