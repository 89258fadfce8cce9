package message

import (
	"bytes"
	"encoding"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
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

// strict refuses unknown keys. Keys that come twice or in other capitals, and bytes that
// are not UTF-8, are refused as they are by default.
var strict = jsonv2.RejectUnknownMembers(true)

// Decode reads JSON strictly. Unknown keys, wrong types and values that cannot be read
// come back as *Invalid, which says where each is and what to write instead.
func Decode(b []byte, v any) error {
	err := jsonv2.Unmarshal(b, v, strict)
	if err == nil {
		return nil
	}
	var bad Invalid
	if syntax := json.Unmarshal(b, new(json.RawMessage)); syntax != nil {
		bad.Add("", "bad_json", "%s", notJSON(b, syntax))
		return &bad
	}
	var where *jsontext.SyntacticError // of the sort that the lenient package json lets pass
	switch {
	case !utf8.Valid(b):
		bad.Add("", "bad_encoding", "this is not UTF-8. Write it in UTF-8")
		return &bad
	case errors.Is(err, jsontext.ErrDuplicateName) && errors.As(err, &where):
		bad.Add(string(where.JSONPointer), "key_twice", "the key comes twice. Leave one out")
		return &bad
	}
	compare(&bad, "", generic(b), reflect.TypeOf(v).Elem())
	if len(bad.Faults) == 0 {
		bad.Add("", "bad_value", "%s", plainly(err))
	}
	return &bad
}

// generic is valid JSON as maps, lists and scalars, with numbers as they are written.
func generic(b []byte) (v any) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	_ = d.Decode(&v)
	return v
}

func notJSON(b []byte, err error) string {
	if len(bytes.TrimSpace(b)) == 0 {
		return "there is nothing here. Write a JSON object"
	}
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return "this is not JSON: " + err.Error()
	}
	before := b[:min(int(syntax.Offset), len(b))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := len(before) - bytes.LastIndexByte(before, '\n') - 1
	what := syntax.Error()
	switch {
	case strings.HasSuffix(what, "after top-level value"):
		return fmt.Sprintf("there is more than one JSON value (line %d, column %d). Write only one", line, column)
	case strings.HasSuffix(what, "exceeded max depth"):
		what = "it is nested too deeply"
	}
	return fmt.Sprintf("this is not JSON: %s (line %d, column %d)", what, line, column)
}

// plainly is an error of encoding/json without Go's words for types.
func plainly(err error) string {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return fmt.Sprintf("a value of another type is expected here, not %s", wrong.Value)
	}
	return strings.TrimPrefix(strings.TrimPrefix(err.Error(), "json: "), "jsontext: ")
}

// compare notes where a decoded value does not fit a type. null fits wherever a key may
// be left out.
func compare(bad *Invalid, at string, v any, t reflect.Type) {
	if reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()) {
		compareOwn(bad, at, v, t)
		return
	}
	if v == nil {
		return
	}
	switch kind := t.Kind(); {
	case kind == reflect.Pointer:
		compare(bad, at, v, t.Elem())
	case kind == reflect.String, reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		compareText(bad, at, v, t)
	case kind == reflect.Struct, kind == reflect.Map:
		compareObject(bad, at, v, t)
	case t == reflect.TypeFor[[]byte]():
		text, ok := v.(string)
		if !ok {
			bad.Add(at, "bad_type", "a text in base64 is expected here, not %s", described(v))
		} else if _, err := base64.StdEncoding.Strict().DecodeString(text); err != nil || strings.ContainsAny(text, "\r\n") {
			bad.Add(at, "bad_value", "this is not base64 (RFC 4648 §4). Write it with + and /, filled up with =, on one line")
		}
	case kind == reflect.Slice:
		list, ok := v.([]any)
		if !ok {
			bad.Add(at, "bad_type", "a list is expected here, not %s. Write it in square brackets", described(v))
		}
		for i, item := range list {
			compare(bad, at+"/"+strconv.Itoa(i), item, t.Elem())
		}
	case kind == reflect.Bool:
		if _, ok := v.(bool); !ok {
			bad.Add(at, "bad_type", "true or false is expected here, not %s", described(v))
		}
	case kind >= reflect.Int && kind <= reflect.Float64:
		compareNumber(bad, at, v, t)
	}
}

func compareText(bad *Invalid, at string, v any, t reflect.Type) {
	text, ok := v.(string)
	if !ok {
		bad.Add(at, "bad_type", "a text is expected here, not %s. Write it in quotes", described(v))
		return
	}
	if reads, ok := reflect.New(t).Interface().(encoding.TextUnmarshaler); ok {
		bad.Check(at, "bad_value", reads.UnmarshalText([]byte(text)))
	}
}

// compareOwn asks a type that reads itself.
func compareOwn(bad *Invalid, at string, v any, t reflect.Type) {
	b, _ := json.Marshal(v) // it came from JSON
	err := json.Unmarshal(b, reflect.New(t).Interface())
	var own *Invalid
	switch {
	case err == nil:
	case errors.As(err, &own):
		for _, f := range own.Faults {
			bad.Faults = append(bad.Faults, Fault{Pointer: at + f.Pointer, Code: f.Code, Detail: f.Detail})
		}
	case t == reflect.TypeFor[time.Time]():
		bad.Add(at, "bad_time", "%s is not a time. Write it as 2026-11-25T15:00:00Z", Truncate(string(b), 60))
	default:
		bad.Add(at, "bad_value", "%s", plainly(err))
	}
}

// compareNumber looks at a number that may not fit.
func compareNumber(bad *Invalid, at string, v any, t reflect.Type) {
	n, ok := v.(json.Number)
	switch {
	case !ok:
		bad.Add(at, "bad_type", "a number is expected here, not %s", described(v))
	case json.Unmarshal([]byte(n), reflect.New(t).Interface()) != nil:
		bad.Add(at, "bad_type", "%s does not fit here. Write a whole number, and a smaller one if it is large", Truncate(n.String(), 30))
	}
}

func compareObject(bad *Invalid, at string, v any, t reflect.Type) {
	object, ok := v.(map[string]any)
	if !ok {
		bad.Add(at, "bad_type", "an object is expected here, not %s. Write it in braces", described(v))
		return
	}
	fields := map[string]reflect.Type{}
	if t.Kind() == reflect.Struct {
		keysOf(t, fields)
	}
	names := slices.Sorted(maps.Keys(fields))
	for _, key := range slices.Sorted(maps.Keys(object)) {
		below := at + "/" + escape(key)
		field, known := fields[key]
		switch {
		case t.Kind() == reflect.Map:
			compare(bad, below, object[key], t.Elem())
		case known:
			compare(bad, below, object[key], field)
		default:
			bad.Add(below, "unknown_key", "there is no key %q.%s", Truncate(key, 60), Suggest(key, names))
		}
	}
}

// keysOf finds the JSON keys of a struct, with those of the structs embedded in it.
func keysOf(t reflect.Type, fields map[string]reflect.Type) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			keysOf(f.Type, fields)
		case name == "-" || !f.IsExported():
		case name == "":
			fields[f.Name] = f.Type
		default:
			fields[name] = f.Type
		}
	}
}

// escape writes a key as a part of a JSON pointer (RFC 6901 §3).
func escape(key string) string {
	return strings.ReplaceAll(strings.ReplaceAll(key, "~", "~0"), "/", "~1")
}

func described(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return fmt.Sprint(v)
	case json.Number:
		return "a number"
	case string:
		return "a text"
	case []any:
		return "a list"
	}
	return "an object"
}

// Suggest is the end of an error sentence about a word that is not known: which known
// word was probably meant, or which there are.
func Suggest(word string, known []string) string {
	best := Nearest(word, known)
	switch {
	case best != "":
		return fmt.Sprintf(" Did you mean %q?", best)
	case len(known) == 0 || len(known) > 30:
		return ""
	}
	return " There are " + strings.Join(known, ", ")
}

// Nearest is the known word that was meant by a mistyped one; empty if none is near.
func Nearest(word string, known []string) string {
	best, distance := "", 3
	for _, k := range known {
		if len(word) > 60 {
			break // no slip of a finger
		}
		if d := editDistance(strings.ToLower(word), strings.ToLower(k)); d < distance && d < len(word) {
			best, distance = k, d
		}
	}
	return best
}

// editDistance is how many letters must be put in, left out or changed (Levenshtein).
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
