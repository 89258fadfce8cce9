package fault_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"notifier/fault"
	"notifier/message"
)

// embedded and form have a field of each sort that requests are made of.
type embedded struct {
	Every string `json:"every,omitempty"`
}

// hour reads itself from a text, color from any JSON.
type hour int

func (h *hour) UnmarshalText(b []byte) error {
	_, err := fmt.Sscanf(string(b), "%d:00", (*int)(h))
	if err != nil {
		return fmt.Errorf("%q is not an hour. Write it as 8:00", b)
	}
	return nil
}

type color string

func (c *color) UnmarshalJSON(b []byte) error {
	if err := json.Unmarshal(b, (*string)(c)); err != nil || *c != "red" && *c != "" {
		return &fault.Invalid{Faults: []fault.Fault{{Pointer: "/color", Code: "bad_color", Detail: "There is only red."}}}
	}
	return nil
}

type form struct {
	embedded
	Name    string              `json:"name"`
	On      bool                `json:"on"`
	Count   int                 `json:"count"`
	Small   int8                `json:"small"`
	Ratio   float64             `json:"ratio"`
	Time    time.Time           `json:"time"`
	Maybe   *time.Time          `json:"maybe"`
	Case    message.Case        `json:"case"`
	Other   *message.Case       `json:"other"`
	Names   []string            `json:"names"`
	Cases   []message.Case      `json:"cases"`
	Hour    hour                `json:"hour"`
	Hours   []hour              `json:"hours"`
	Color   color               `json:"color"`
	Counts  map[string]int      `json:"counts"`
	To      []message.Recipient `json:"to"`
	Text    message.Text        `json:"text"`
	Private string              `json:"-"`
	Plain   string
}

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func TestDecodeTakes(t *testing.T) {
	var got form
	err := fault.Decode([]byte(` {"every":"1h","name":"n","on":true,"count":-3,"ratio":1.5,"time":"2026-03-02T12:00:00Z","maybe":null,
		"case":{"id":"C-1"},"other":{"title":"T"},"names":["a",null],"hour":"8:00","hours":["1:00"],"color":"red","counts":{"a":1},
		"to":["anna",{"email":"a@x.test"}],"text":{"en":"e"},"Plain":"p"} `), &got)
	if err != nil {
		t.Fatal(err)
	}
	want := form{
		embedded: embedded{Every: "1h"}, Name: "n", On: true, Count: -3, Ratio: 1.5, Time: noon, Case: message.Case{ID: "C-1"}, Other: &message.Case{Title: "T"},
		Names: []string{"a", ""}, Hour: 8, Hours: []hour{1}, Color: "red", Counts: map[string]int{"a": 1},
		To: []message.Recipient{{ID: "anna"}, {Address: message.Address{Email: "a@x.test"}}}, Plain: "p",
	}
	if err := json.Unmarshal([]byte(`{"en":"e"}`), &want.Text); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(form{}, message.Text{})); diff != "" {
		t.Error(diff)
	}
}

func TestDecodeRefuses(t *testing.T) {
	deep := strings.Repeat(`[`, 20_000) + strings.Repeat(`]`, 20_000)
	for _, c := range []struct{ in, want string }{
		// Not JSON.
		{``, " bad_json there is nothing here. Write a JSON object."},
		{" \n ", " bad_json there is nothing here. Write a JSON object."},
		{`{"name":"a"`, " bad_json this is not JSON: unexpected end of JSON input (line 1, column 11)."},
		{"{\n  \"name\": \"a\",\n  \"on\": yes\n}", " bad_json this is not JSON: invalid character 'y' looking for beginning of value (line 3, column 9)."},
		{"{\"name\": \"a\nb\"}", ` bad_json this is not JSON: invalid character '\n' in string literal (line 2, column 0).`},
		{`{'name':'a'}`, ` bad_json this is not JSON: invalid character '\'' looking for beginning of object key string (line 1, column 2).`},
		{`{"name":"a",}`, ` bad_json this is not JSON: invalid character '}' looking for beginning of object key string (line 1, column 13).`},
		{`{} {}`, " bad_json there is more than one JSON value (line 1, column 4). Write only one."},
		{"{}\n]", " bad_json there is more than one JSON value (line 2, column 1). Write only one."},
		{`{"a":` + deep + `}`, " bad_json this is not JSON: it is nested too deeply (line 1, column 10005)."},
		{"{\"name\":\"a\xff\"}", " bad_encoding this is not UTF-8. Write it in UTF-8."},
		{`{"name":"\ud800"}`, ` bad_value invalid surrogate pair`},
		// Keys.
		{`{"NAME":"a"}`, `/NAME unknown_key there is no key "NAME". Did you mean "name"?`},
		{`{"name":"a","name":"b"}`, `/name key_twice the key comes twice. Leave one out.`},
		{`{"cases":[{},{"id":"a","id":"b"}]}`, `/cases/1/id key_twice the key comes twice. Leave one out.`},
		{`{"nam":"a"}`, `/nam unknown_key there is no key "nam". Did you mean "name"?`},
		{`{"name":"a","private":"b"}`, `/private unknown_key there is no key "private". There are ` +
			`Plain, case, cases, color, count, counts, every, hour, hours, maybe, name, names, on, other, ratio, small, text, time, to.`},
		{`{"hidden":"a"}`, `/hidden unknown_key there is no key "hidden". There are Plain, case, cases,`},
		{`{"case":{"titel":"a"}}`, `/case/titel unknown_key there is no key "titel". Did you mean "title"?`},
		{`{"other":{"ids":"a"}}`, `/other/ids unknown_key there is no key "ids". Did you mean "id"?`},
		{`{"cases":[{},{"own":"a"}]}`, `/cases/1/own unknown_key there is no key "own". Did you mean "owner"?`},
		{`{"to":["a",{"mail":"a@x.test"}]}`, `/to/1/mail unknown_key there is no key "mail". Did you mean "email"?`},
		{`{"a/b~c":1}`, `/a~1b~0c unknown_key there is no key "a/b~c". There are`},
		{`{"` + long(500) + `":1}`, `/` + long(246) + `… unknown_key there is no key "` + long(60) + `". There are`},
		// Types.
		{`[]`, " bad_type an object is expected here, not a list. Write it in braces."},
		{`"a"`, " bad_type an object is expected here, not a text. Write it in braces."},
		{`{"name":1}`, "/name bad_type a text is expected here, not a number. Write it in quotes."},
		{`{"name":{}}`, "/name bad_type a text is expected here, not an object. Write it in quotes."},
		{`{"on":"true"}`, "/on bad_type true or false is expected here, not a text."},
		{`{"count":"1"}`, "/count bad_type a number is expected here, not a text."},
		{`{"count":1.5}`, "/count bad_type 1.5 does not fit here. Write a whole number, and a smaller one if it is large."},
		{`{"count":1e400}`, "/count bad_type 1e400 does not fit here."},
		{`{"small":300}`, "/small bad_type 300 does not fit here."},
		{`{"ratio":1e400}`, "/ratio bad_type 1e400 does not fit here."},
		{`{"names":"a"}`, "/names bad_type a list is expected here, not a text. Write it in square brackets."},
		{`{"names":["a",true]}`, "/names/1 bad_type a text is expected here, not true. Write it in quotes."},
		{`{"case":"C-1"}`, "/case bad_type an object is expected here, not a text. Write it in braces."},
		{`{"cases":[null,3]}`, "/cases/1 bad_type an object is expected here, not a number. Write it in braces."},
		{`{"counts":{"a/b":"x"}}`, "/counts/a~1b bad_type a number is expected here, not a text."},
		{`{"counts":[]}`, "/counts bad_type an object is expected here, not a list. Write it in braces."},
		{`{"hour":8}`, "/hour bad_type a text is expected here, not a number. Write it in quotes."},
		{`{"hours":["8:00","noon"]}`, `/hours/1 bad_value "noon" is not an hour. Write it as 8:00.`},
		{`{"color":"blue"}`, "/color/color bad_color There is only red."},
		{`{"to":[5]}`, `/to/0 bad_value a recipient is a user id, an address, or {"email": …, "name": …}.`},
		{`{"to":[{"email":5}]}`, "/to/0/email bad_type a text is expected here, not a number. Write it in quotes."},
		{`{"text":5}`, `/text bad_value a summary is a text, or one text per language as in {"en": "…", "pl": "…"}.`},
		// Times.
		{`{"time":"noon"}`, `/time bad_time "noon" is not a time. Write it as 2026-11-25T15:00:00Z.`},
		{`{"maybe":"2026-11-25 15:00"}`, `/maybe bad_time "2026-11-25 15:00" is not a time. Write it as 2026-11-25T15:00:00Z.`},
		{`{"maybe":"2026-11-25T15:00:00"}`, `/maybe bad_time "2026-11-25T15:00:00" is not a time. Write it as`},
		{`{"time":"2026-11-25T10:00:00,5Z"}`, `/time bad_time "2026-11-25T10:00:00,5Z" is not a time. Write it as 2026-11-25T15:00:00Z.`}, // T11
		{`{"time":"2026-02-30T00:00:00Z"}`, `/time bad_time "2026-02-30T00:00:00Z" is not a time.`},
		{`{"time":1764082800}`, "/time bad_time 1764082800 is not a time. Write it as 2026-11-25T15:00:00Z."},
	} {
		var bad *fault.Invalid
		if err := fault.Decode([]byte(c.in), new(form)); !errors.As(err, &bad) {
			t.Errorf("Decode(%s) = %v, want an *Invalid", fault.Truncate(c.in, 60), err)
			continue
		}
		f := bad.Faults[0]
		if got := f.Pointer + " " + f.Code + " " + f.Detail; !strings.HasPrefix(got, c.want) || len(bad.Faults) > 1 {
			t.Errorf("Decode(%s) = %d faults:\n%s, want\n%s", fault.Truncate(c.in, 60), len(bad.Faults), got, c.want)
		}
		advises(t, f)
	}
}

// All that is wrong is told at once, and null is nothing wrong where a key may be left out.
func TestDecodeTellsAll(t *testing.T) {
	err := fault.Decode([]byte(`{"x1":1,"name":2,"case":null,"cases":[{"id":3}],"names":null,"to":[{"email":"a","x2":4}],"time":null,"on":null,"count":null}`), new(form))
	want := []string{"/x1 unknown_key", "/name bad_type", "/cases/0/id bad_type", "/to/0/x2 unknown_key"} // in their order
	if diff := cmp.Diff(want, faults(t, err)); diff != "" {
		t.Error(diff)
	}
}

func TestSuggest(t *testing.T) {
	known := []string{"daily", "hourly", "immediately", "never"}
	for _, c := range []struct {
		word  string
		known []string
		want  string
	}{
		{"dayly", known, ` Did you mean "daily"?`},
		{"HOURLY", known, ` Did you mean "hourly"?`},
		{"imediatly", known, ` Did you mean "immediately"?`},
		{"weekly", known, " There are daily, hourly, immediately, never"},
		{"", known, " There are daily, hourly, immediately, never"},
		{"xy", []string{"ab"}, " There is ab"}, // two letters, both wrong, are no slip
		{long(61), []string{long(60)}, " There is " + long(60)},
		{"x", nil, ""},
		{"x", make([]string, 31), ""},
	} {
		if got := fault.Suggest(c.word, c.known); got != c.want {
			t.Errorf("Suggest(%q, %q) = %q, want %q", c.word, c.known, got, c.want)
		}
	}
}

// T11: what an editor writes in front of a file is no part of it.
func TestDecodeSkipsAByteOrderMark(t *testing.T) {
	var v struct {
		A int `json:"a"`
	}
	if err := fault.Decode([]byte("\ufeff{\"a\":1}"), &v); err != nil || v.A != 1 {
		t.Errorf("Decode with a byte order mark: %+v, %v", v, err)
	}
}
