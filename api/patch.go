package api

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"notifier/fault"
)

// patch is a JSON merge patch (RFC 7396): a key that is absent leaves its field as it is, and
// null takes the value away. A key whose field has no tag nullable cannot be taken away, and
// is refused with words rather than passed over.
type patch[T any] struct {
	body  body[T]
	nulls map[string]bool
}

// UnmarshalJSON reads the patch. A field that null takes away points to its zero value.
func (p *patch[T]) UnmarshalJSON(raw []byte) error {
	*p = patch[T]{nulls: map[string]bool{}}
	if err := p.body.UnmarshalJSON(raw); err != nil || p.body.err != nil {
		return err
	}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(raw, &keys); err != nil {
		return nil // null, which was read as an empty object
	}
	fields := reflect.ValueOf(&p.body.value).Elem()
	var bad fault.Invalid
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if !bytes.Equal(bytes.TrimSpace(keys[key]), []byte("null")) {
			continue
		}
		field, ok := fieldOf(fields.Type(), key)
		if !ok || field.Tag.Get("nullable") != "true" {
			bad.Add("/"+key, "not_null", "%s cannot be taken away. Leave the key out to keep it, or give another value", key)
			continue
		}
		p.nulls[key] = true
		if into := fields.FieldByIndex(field.Index); into.Kind() == reflect.Pointer {
			into.Set(reflect.New(field.Type.Elem()))
		}
	}
	p.body.err = bad.Err()
	return nil
}

func fieldOf(t reflect.Type, key string) (reflect.StructField, bool) {
	for _, f := range reflect.VisibleFields(t) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name == key {
			return f, true
		}
	}
	return reflect.StructField{}, false
}

// read is the value of the patch.
func (p *patch[T]) read() (value T, err error) { return p.body.read() }

// Schema is that of the value.
func (p patch[T]) Schema(r huma.Registry) *huma.Schema { return p.body.Schema(r) }
