package api

import (
	"bytes"
	"encoding/json"
	"io"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"notifier/access"
	"notifier/fault"
	"notifier/links"
	"notifier/message"
	"notifier/preferences"
)

// body is the JSON of a request. It is read by fault.Decode rather than checked
// against a schema, so that API, command line and journal find the same faults and say
// the same sentences.
type body[T any] struct {
	value T
	err   error
}

// UnmarshalJSON keeps what is wrong for the handler to tell.
func (b *body[T]) UnmarshalJSON(raw []byte) error {
	if isNull(raw) { // which would do for an empty object
		raw = nil
	}
	b.err = fault.Decode(raw, &b.value)
	return nil
}

func isNull(raw []byte) bool { return string(bytes.TrimSpace(raw)) == "null" }

// read is the value of a body that may be absent.
func (b *body[T]) read() (value T, err error) {
	if b == nil {
		return value, nil
	}
	return b.value, b.err
}

// Schema is that of the value.
func (body[T]) Schema(r huma.Registry) *huma.Schema {
	return r.Schema(reflect.TypeFor[T](), true, "")
}

// format reads and writes JSON.
var format = huma.Format{
	Marshal: func(w io.Writer, v any) error {
		if _, asked := v.(linkView); !asked {
			w = hiding{w}
		}
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		return e.Encode(v)
	},
	Unmarshal: func(raw []byte, v any) error {
		if optional := reflect.ValueOf(v).Elem(); optional.Kind() == reflect.Pointer {
			if isNull(raw) {
				return nil
			}
			optional.Set(reflect.New(optional.Type().Elem()))
			v = optional.Interface()
		}
		return v.(json.Unmarshaler).UnmarshalJSON(raw) // also what is not JSON at all
	},
}

// hiding writes answers without links by which people act: whatever a caller has put into a
// message, an event or a case, whoever reads it back could act as the person with it. The
// answer that was asked for a link is the only one to have one.
type hiding struct{ io.Writer }

// Write gets each answer in one piece.
func (h hiding) Write(b []byte) (int, error) {
	_, err := h.Writer.Write(links.HideInBytes(b))
	return len(b), err
}

// The schemas of ground types that read themselves.
type (
	recipient  struct{}
	recipients struct{}
	values     struct{}
	text       struct{}
	data       struct{}
	chosen     struct{}

	chosenByUser  struct{}
	chosenAndHeld struct{}
	chosenInPart  struct{}
	state         struct{}
	textOrTexts   = map[string]*huma.Schema
)

// Schema of message.Recipient.
func (recipient) Schema(huma.Registry) *huma.Schema {
	object := &huma.Schema{Type: huma.TypeObject, Required: []string{"email"}, AdditionalProperties: false, Properties: textOrTexts{
		"email": {Type: huma.TypeString, Description: "The address.", Examples: []any{"jan@example.net"}},
		"name":  {Type: huma.TypeString, Description: "How the person is called.", Examples: []any{"Jan"}},
	}}
	return &huma.Schema{
		Description: "A user's or group's id, an address, or an address with a name.",
		OneOf:       []*huma.Schema{{Type: huma.TypeString, Examples: []any{"anna"}}, object},
	}
}

// Schema of message.Recipients.
func (recipients) Schema(r huma.Registry) *huma.Schema {
	one := recipient{}.Schema(r)
	return &huma.Schema{Description: "One or a list: user ids, addresses, or addresses with names.", OneOf: append(one.OneOf, &huma.Schema{Type: huma.TypeArray, Items: one})}
}

// Schema of message.Values.
func (values) Schema(huma.Registry) *huma.Schema {
	one := []*huma.Schema{{Type: huma.TypeString, Examples: []any{"lease"}}, {Type: huma.TypeNumber}, {Type: huma.TypeBoolean}}
	return &huma.Schema{Description: "A text, a number, or a list of these.", OneOf: append(one, &huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{OneOf: one}})}
}

// Schema of message.Text.
func (text) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Description: "A text, or one text per language.",
		OneOf: []*huma.Schema{
			{Type: huma.TypeString, Examples: []any{"Anna commented"}},
			{Type: huma.TypeObject, AdditionalProperties: &huma.Schema{Type: huma.TypeString}, Examples: []any{map[string]any{"en": "Anna commented", "pl": "Anna dodała komentarz"}}},
		},
	}
}

// Schema of message.Data.
func (data) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Type: huma.TypeObject, AdditionalProperties: true, Description: "What a template is filled in with.",
		Examples: []any{map[string]any{"name": "Anna", "contract": map[string]any{"number": "C-1"}}},
	}
}

// Schema of access.State.
func (state) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true, Examples: []any{map[string]any{"status": "error"}}}
}

// Schema of preferences.Preferences.
func (chosen) Schema(huma.Registry) *huma.Schema {
	frequency := func(choices ...any) *huma.Schema { return &huma.Schema{Type: huma.TypeString, Enum: choices} }
	return &huma.Schema{
		Type:        huma.TypeObject,
		Description: "What a user has chosen: a frequency for each kind of event, and when daily and weekly mail is due. A kind of config.yaml has a key of its own. What is left out has its default.",
		Properties: map[string]*huma.Schema{
			"case_received": frequency("immediately", "hourly", "daily", "never"),
			"case_changed":  frequency("immediately", "hourly", "daily", "weekly", "never"),
			"daily_at":      {Type: huma.TypeString, Description: "When daily and weekly mail is due, in the user's zone.", Examples: []any{"08:00"}},
			"weekly_on":     frequency("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
			"timezone":      {Type: huma.TypeString, Description: "An IANA name. It holds over the directory's.", Examples: []any{"Europe/Warsaw"}},
			"language":      {Type: huma.TypeString, Description: "The language of mails. It holds over the directory's.", Examples: []any{"pl"}},
			"paused_until":  {Type: huma.TypeString, Format: "date", Description: "What happens before this date waits until its daily hour; deadlines and other mandatory kinds do not.", Examples: []any{"2026-12-01"}},
		},
		AdditionalProperties: frequency("immediately", "hourly", "daily", "weekly", "never"),
	}
}

// addOwners adds the keys that tell whose zone and language hold; in a request they are read
// so that an answer can be sent back.
func addOwners(s *huma.Schema) {
	for _, key := range []string{"timezone", "language"} {
		s.Properties[key+"_from"] = &huma.Schema{
			Type: huma.TypeString, Enum: []any{"choice", "directory", "site"},
			Description: "Whose " + key + " holds: the person's choice, the directory's, or the site's.",
		}
	}
}

// Schema of preferencesView.
func (chosenAndHeld) Schema(r huma.Registry) *huma.Schema {
	s := chosen{}.Schema(r)
	addOwners(s)
	return s
}

// Schema of choice.
func (chosenByUser) Schema(r huma.Registry) *huma.Schema {
	s := chosen{}.Schema(r)
	addOwners(s)
	s.Properties["user"] = &huma.Schema{Type: huma.TypeString, Description: "The same as in the path, if it is given.", Examples: []any{"anna"}}
	return s
}

// Schema of someChoice.
func (chosenInPart) Schema(r huma.Registry) *huma.Schema {
	s := chosenByUser{}.Schema(r)
	s.Description = "What is to be changed of what a user has chosen: null takes a choice back, and what is left out stays."
	for name, property := range s.Properties {
		if name != "user" {
			s.Properties[name] = orNull(property)
		}
	}
	s.AdditionalProperties = orNull(s.AdditionalProperties.(*huma.Schema))
	return s
}

func orNull(s *huma.Schema) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{s, {Type: "null"}}}
}

// describe tells huma the schemas of ground types, which know nothing of it.
func describe(r huma.Registry) {
	r.RegisterTypeAlias(reflect.TypeFor[message.Recipient](), reflect.TypeFor[recipient]())
	r.RegisterTypeAlias(reflect.TypeFor[message.Recipients](), reflect.TypeFor[recipients]())
	r.RegisterTypeAlias(reflect.TypeFor[message.Values](), reflect.TypeFor[values]())
	r.RegisterTypeAlias(reflect.TypeFor[message.Text](), reflect.TypeFor[text]())
	r.RegisterTypeAlias(reflect.TypeFor[access.State](), reflect.TypeFor[state]())
	r.RegisterTypeAlias(reflect.TypeFor[message.Data](), reflect.TypeFor[data]())
	r.RegisterTypeAlias(reflect.TypeFor[preferences.Preferences](), reflect.TypeFor[chosen]())
	r.RegisterTypeAlias(reflect.TypeFor[preferencesView](), reflect.TypeFor[chosenAndHeld]())
	r.RegisterTypeAlias(reflect.TypeFor[choice](), reflect.TypeFor[chosenByUser]())
	r.RegisterTypeAlias(reflect.TypeFor[someChoice](), reflect.TypeFor[chosenInPart]())
}
