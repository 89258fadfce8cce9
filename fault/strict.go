package fault

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// strict refuses unknown keys. Keys that come twice or in other capitals, and bytes that
// are not UTF-8, are refused as they are by default.
// Times out of range are refused, too.
var strict = jsonv2.JoinOptions(jsonv2.RejectUnknownMembers(true), jsonv2.WithUnmarshalers(jsonv2.JoinUnmarshalers(times, jsonv2.UnmarshalFromFunc(wholeNumber))))

// wholeNumber takes whole numbers however they are written: 5.0 and 1e1 are as whole as 5 and
// 10 (JSON Schema, 6.3), and some languages write all their numbers so.
func wholeNumber(d *jsontext.Decoder, into *int) error {
	if d.PeekKind() != '0' {
		return errors.ErrUnsupported
	}
	raw, err := d.ReadValue()
	if err != nil {
		return err
	}
	n, err := whole(raw)
	if err == nil {
		*into = n
	}
	return err
}

// largestWhole is how large a number may be that is written with a point or an exponent: beyond
// it not all whole numbers can be told apart.
const largestWhole = 1 << 53

func whole(raw []byte) (int, error) {
	if !bytes.ContainsAny(raw, ".eE") {
		return strconv.Atoi(string(raw))
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	if err == nil && (f != math.Trunc(f) || math.Abs(f) > largestWhole) {
		err = strconv.ErrRange
	}
	return int(f), err
}

var byteOrderMark = []byte("\uFEFF")

// Decode reads JSON strictly. Unknown keys, wrong types and values that cannot be read
// come back as *Invalid, which says where each is and what to write instead.
//
// A byte order mark, which some editors write, is skipped.
func Decode(b []byte, v any) error {
	b = bytes.TrimPrefix(b, byteOrderMark)
	if len(b) > countFrom {
		if err := countMembers(b, reflect.TypeOf(v).Elem()); err != nil {
			return err
		}
	}
	err := jsonv2.Unmarshal(b, v, strict)
	if err == nil {
		return nil
	}
	var bad Invalid
	if !json.Valid(b) {
		bad.Add("", "bad_json", "%s", notJSON(b, json.Unmarshal(b, new(struct{}))))
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
	compare(&bad, b, reflect.TypeOf(v).Elem())
	if len(bad.Faults) == 0 {
		bad.Add("", "bad_value", "%s", plainly(err))
	}
	return &bad
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

// Escape writes a key as a part of a JSON pointer (RFC 6901 §3).
func Escape(key string) string {
	return strings.ReplaceAll(strings.ReplaceAll(key, "~", "~0"), "/", "~1")
}
