package listing_test

import (
	"encoding/json"
	"io"
	"strings"
	"testing"

	"notifier/listing"
)

type fruit struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
	Note  string `json:"note"`
}

var columns = []listing.Column[fruit]{
	{Title: "Name", Value: func(f fruit) string { return f.Name }, Tint: func(f fruit) listing.Tint {
		if f.Count == 0 {
			return listing.Red
		}
		return listing.Plain
	}},
	{Title: "How many", Value: func(f fruit) string { return strings.Repeat("*", f.Count) }},
	{Title: "Note", Value: func(f fruit) string { return f.Note }},
}

func page(t *testing.T) listing.Page {
	t.Helper()
	var p listing.Page
	if err := json.Unmarshal([]byte(`{"data":[
		{"name":"gruszki","count":3,"note":"=1+1"},
		{"name":"śliwki","count":0,"note":"two\nlines","more":1.50}
	],"next_cursor":"c","has_more":true}`), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestOneListInEachFormat(t *testing.T) {
	for _, row := range []struct {
		name    string
		printer listing.Printer
		want    string
	}{
		{"lines for a pipe", listing.Printer{}, "gruszki  ***  =1+1\nśliwki        two lines\n"},
		{"a table has a head", listing.Printer{Format: listing.Table}, "NAME     HOW MANY  NOTE\ngruszki  ***       =1+1\nśliwki             two lines\n"},
		{"a terminal has a head, a width and colours", listing.Printer{Width: 22, Color: true}, "NAME     HOW MANY  NO…\ngruszki  ***       =1…\n\x1b[31mśliwki\x1b[0m             tw…\n"},
		{"NDJSON", listing.Printer{Format: listing.NDJSON}, `{"name":"gruszki","count":3,"note":"=1+1"}` + "\n" + `{"name":"śliwki","count":0,"note":"two\nlines","more":1.50}` + "\n"},
		{"CSV starts no formula", listing.Printer{Format: listing.CSV}, "name,how_many,note\ngruszki,***,'=1+1\nśliwki,,two lines\n"},
		{"JSON as the API wrote it", listing.Printer{Format: listing.JSON}, `{
  "data": [
    {
      "name": "gruszki",
      "count": 3,
      "note": "=1+1"
    },
    {
      "name": "śliwki",
      "count": 0,
      "note": "two\nlines",
      "more": 1.50
    }
  ],
  "next_cursor": "c",
  "has_more": true
}
`},
		{"YAML", listing.Printer{Format: listing.YAML}, `data:
- name: gruszki
  count: 3
  note: =1+1
- name: śliwki
  count: 0
  note: |-
    two
    lines
  more: 1.5
next_cursor: c
has_more: true
`},
	} {
		t.Run(row.name, func(t *testing.T) {
			var out strings.Builder
			row.printer.Out = &out
			if err := listing.List(row.printer, page(t), columns); err != nil {
				t.Fatal(err)
			}
			if out.String() != row.want {
				t.Errorf("got\n%s\nwant\n%s", out.String(), row.want)
			}
		})
	}
}

func TestNothingIsAnEmptyList(t *testing.T) {
	for format, want := range map[listing.Format]string{
		listing.Auto: "", listing.JSON: "{\n  \"data\": []\n}\n", listing.NDJSON: "", listing.CSV: "name,how_many,note\n", listing.Table: "NAME  HOW MANY  NOTE\n",
	} {
		var out strings.Builder
		if err := listing.List(listing.Printer{Out: &out, Format: format}, listing.Page{}, columns); err != nil || out.String() != want {
			t.Errorf("%q: %q, %v; want %q", format, out.String(), err, want)
		}
	}
}

func TestASingleThing(t *testing.T) {
	people := func(out io.Writer) error {
		_, err := io.WriteString(out, "three pears\n")
		return err
	}
	for format, want := range map[listing.Format]string{
		listing.Auto: "three pears\n", listing.Table: "three pears\n", listing.JSON: "{\n  \"count\": 3\n}\n", listing.YAML: "count: 3\n", listing.NDJSON: "{\"count\":3}\n",
	} {
		var out strings.Builder
		if err := listing.One(listing.Printer{Out: &out, Format: format}, []byte(`{"count": 3}`), people); err != nil || out.String() != want {
			t.Errorf("%q: %q, %v; want %q", format, out.String(), err, want)
		}
	}
	err := listing.One(listing.Printer{Out: io.Discard, Format: listing.CSV}, []byte(`{}`), people)
	if err == nil || !strings.Contains(err.Error(), "-o json") {
		t.Errorf("CSV: %v", err)
	}
}
