package template

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/go-json-experiment/json/jsontext"
)

// A value of the data is nil, a bool, a number, a string, a *list or an *object.
type (
	number struct {
		text string // as JavaScript prints it
		zero bool
	}
	list   struct{ items []any }
	object struct {
		keys []string // in their order
		of   map[string]any
	}
)

// absent is what stands where the data has nothing.
type absent struct{}

// maxDepth is how deep lists and objects of the data may stand in each other.
const maxDepth = 100

// read reads JSON and keeps the order of keys.
func read(b []byte) (any, error) {
	d := jsontext.NewDecoder(bytes.NewReader(b))
	return readValue(d, 0)
}

func readValue(d *jsontext.Decoder, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("lists and objects stand in each other more than %d deep", maxDepth)
	}
	token, err := d.ReadToken()
	if err != nil {
		return nil, err
	}
	switch token.Kind() {
	case 't', 'f':
		return token.Bool(), nil
	case '"':
		return token.String(), nil
	case '0':
		return numberOf(token.String()), nil
	case '[':
		all := &list{}
		for d.PeekKind() != ']' {
			one, err := readValue(d, depth+1)
			if err != nil {
				return nil, err
			}
			all.items = append(all.items, one)
		}
		_, err := d.ReadToken()
		return all, err
	case '{':
		all := &object{of: map[string]any{}}
		for d.PeekKind() != '}' {
			name, err := d.ReadToken()
			if err != nil {
				return nil, err
			}
			key := name.String()
			if all.of[key], err = readValue(d, depth+1); err != nil {
				return nil, err
			}
			all.keys = append(all.keys, key)
		}
		all.order()
		_, err := d.ReadToken()
		return all, err
	}
	return nil, nil // null
}

// order puts the keys that are numbers first, as JavaScript has them.
func (o *object) order() {
	index := func(key string) uint64 {
		n, err := strconv.ParseUint(key, 10, 32)
		if err != nil || n == math.MaxUint32 || strconv.FormatUint(n, 10) != key {
			return math.MaxUint32
		}
		return n
	}
	slices.SortStableFunc(o.keys, func(a, b string) int {
		switch x, y := index(a), index(b); {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
}

// numberOf is a number as it is written. Whole ones stay as they are, however long:
// a case's id is no sum.
func numberOf(said string) number {
	f, err := strconv.ParseFloat(said, 64)
	if err != nil { // too large for any sum: it stands as it is written
		return number{text: said}
	}
	if !strings.ContainsAny(said, ".eE") && strings.TrimLeft(said, "-0") != "" {
		return number{text: said, zero: f == 0}
	}
	text := strconv.FormatFloat(f, 'f', -1, 64)
	if size := math.Abs(f); f != 0 && (size >= 1e21 || size < 1e-6) {
		text = strconv.FormatFloat(f, 'e', -1, 64)
		text = strings.NewReplacer("e-0", "e-", "e+0", "e+").Replace(text)
	}
	if f == 0 {
		text = "0"
	}
	return number{text: text, zero: f == 0}
}

// printed is a value as it is printed: nothing for null, lists with commas.
func printed(value any) string {
	switch v := value.(type) {
	case bool:
		return strconv.FormatBool(v)
	case number:
		return v.text
	case string:
		return v
	case *list:
		parts := make([]string, len(v.items))
		for i, item := range v.items {
			parts[i] = printed(item)
		}
		return strings.Join(parts, ",")
	case *object:
		return "[object Object]"
	}
	return ""
}

// empty tells whether if takes the value for false.
func empty(value any, zeroIsTrue bool) bool {
	switch v := value.(type) {
	case bool:
		return !v
	case number:
		return v.zero && !zeroIsTrue
	case string:
		return v == ""
	case *list:
		return len(v.items) == 0
	case *object:
		return false
	}
	return true
}

// at is the value of a key, or absent.
func at(value any, key string) any {
	switch v := value.(type) {
	case *object:
		if found, is := v.of[key]; is {
			return found
		}
	case *list:
		if key == "length" {
			return numberOf(strconv.Itoa(len(v.items)))
		}
		if i, err := strconv.Atoi(key); err == nil && i >= 0 && i < len(v.items) && strconv.Itoa(i) == key {
			return v.items[i]
		}
	case string:
		if key == "length" {
			n := 0
			for _, r := range v {
				n += utf16.RuneLen(r)
			}
			return numberOf(strconv.Itoa(n))
		}
	}
	return absent{}
}

// same tells whether two contexts are one, so that ../ does not lead from one to the other.
func same(a, b any) bool {
	if _, is := a.(absent); is {
		a = nil
	}
	if _, is := b.(absent); is {
		b = nil
	}
	return a == b // lists and objects are the same if they are one
}
