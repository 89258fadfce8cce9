package message

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Decode reads JSON strictly. Unknown keys, wrong types and values that cannot be read
// come back as *Invalid, which says where each is and what to write instead.
func Decode(b []byte, v any) error {
	err := strictly(b, v)
	if err == nil {
		return nil
	}
	var generic any
	if syntax := json.Unmarshal(b, &generic); syntax != nil {
		return &Invalid{Faults: []Fault{{Code: "bad_json", Detail: notJSON(b, syntax)}}}
	}
	var bad Invalid
	compare(&bad, "", generic, reflect.TypeOf(v).Elem())
	if len(bad.Faults) == 0 {
		bad.Add("", "bad_value", "%s", err.Error())
	}
	return &bad
}

// strictly decodes one JSON value and refuses keys that v does not have.
func strictly(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more than one JSON value")
	}
	return nil
}

func notJSON(b []byte, err error) string {
	if len(bytes.TrimSpace(b)) == 0 {
		return "there is nothing here; a JSON object is expected"
	}
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return "this is not JSON: " + err.Error()
	}
	before := b[:min(int(syntax.Offset), len(b))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := len(before) - bytes.LastIndexByte(before, '\n') - 1
	return fmt.Sprintf("this is not JSON: %s (line %d, column %d)", syntax.Error(), line, column)
}

// compare notes where a decoded value does not fit a type.
func compare(bad *Invalid, at string, v any, t reflect.Type) {
	if t.Kind() == reflect.Pointer {
		if v != nil {
			compare(bad, at, v, t.Elem())
		}
		return
	}
	if reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()) {
		compareOwn(bad, at, v, t)
		return
	}
	switch t.Kind() {
	case reflect.Struct:
		compareStruct(bad, at, v, t)
	case reflect.Slice:
		list, ok := v.([]any)
		if !ok && v != nil {
			bad.Add(at, "bad_type", "a list is expected here, not %s. Write it in square brackets", described(v))
		}
		for i, item := range list {
			compare(bad, at+"/"+strconv.Itoa(i), item, t.Elem())
		}
	case reflect.String:
		if _, ok := v.(string); !ok && v != nil {
			bad.Add(at, "bad_type", "a text is expected here, not %s. Write it in quotes", described(v))
		}
	case reflect.Bool:
		if _, ok := v.(bool); !ok && v != nil {
			bad.Add(at, "bad_type", "true or false is expected here, not %s", described(v))
		}
	default:
		compareOwn(bad, at, v, t)
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
		bad.Add(at, "bad_time", "%s is not a time. Write it as 2026-11-25T15:00:00Z", b)
	case isNumber(t):
		bad.Add(at, "bad_type", "a number is expected here, not %s", described(v))
	default:
		bad.Add(at, "bad_value", "%s", err.Error())
	}
}

func isNumber(t reflect.Type) bool { return t.Kind() >= reflect.Int && t.Kind() <= reflect.Float64 }

func compareStruct(bad *Invalid, at string, v any, t reflect.Type) {
	object, ok := v.(map[string]any)
	if !ok {
		bad.Add(at, "bad_type", "an object is expected here, not %s. Write it in braces", described(v))
		return
	}
	fields := map[string]reflect.Type{}
	keysOf(t, fields)
	for _, key := range slices.Sorted(func(yield func(string) bool) {
		for k := range object {
			if !yield(k) {
				return
			}
		}
	}) {
		field, known := fields[strings.ToLower(key)]
		if known {
			compare(bad, at+"/"+escape(key), object[key], field)
			continue
		}
		var names []string
		for name := range fields {
			names = append(names, name)
		}
		slices.Sort(names)
		bad.Add(at+"/"+escape(key), "unknown_key", "there is no key %q.%s", key, Suggest(key, names))
	}
}

// keysOf finds the JSON keys of a struct, with those of the structs embedded in it.
func keysOf(t reflect.Type, fields map[string]reflect.Type) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-" || !f.IsExported():
		case f.Anonymous && name == "":
			keysOf(f.Type, fields)
		case name == "":
			fields[strings.ToLower(f.Name)] = f.Type
		default:
			fields[strings.ToLower(name)] = f.Type
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
		return "true or false"
	case float64:
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
	best, distance := "", 3
	for _, k := range known {
		if len(word) > 60 {
			break // no slip of a finger
		}
		if d := editDistance(strings.ToLower(word), strings.ToLower(k)); d < distance && d < len(word) {
			best, distance = k, d
		}
	}
	switch {
	case best != "":
		return fmt.Sprintf(" Did you mean %q?", best)
	case len(known) == 0 || len(known) > 30:
		return ""
	}
	return " There are " + strings.Join(known, ", ")
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
