package listing_test

import (
	"encoding/json"
	"io"
	"strings"
	"testing"
	"unicode"

	"github.com/rivo/uniseg"

	"notifier/listing"
)

// foul are names as people, mail servers and attackers write them.
var foul = []string{
	"Anna", "日本語テスト", "👩‍👩‍👧 Family", "Żółć\u0301", "one\ntwo\r\nthree\tfour", "red\x1b[31m\x1b]0;title\x07", "c1\u009b2J", "del\x7f",
	"\u202eevil\u202c", "zero\u200bwidth", "lines\u2028and\u2029more", strings.Repeat("宽", 60),
}

// T8: a table keeps its columns whatever is in it, and tells a terminal nothing.
func TestATableOfAnything(t *testing.T) {
	type row struct{ Name string }
	var page listing.Page
	for _, name := range foul {
		raw, err := json.Marshal(row{name})
		if err != nil {
			t.Fatal(err)
		}
		page.Data = append(page.Data, raw)
	}
	columns := []listing.Column[row]{
		{Title: "Name", Value: func(r row) string { return r.Name }},
		{Title: "End", Value: func(row) string { return "|" }},
	}
	for _, width := range []int{0, 20, 80, 200} {
		var out strings.Builder
		if err := listing.List(listing.Printer{Out: &out, Format: listing.Table, Width: width}, page, columns); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
		if len(lines) != len(foul)+1 {
			t.Errorf("T8: %d lines of %d names at %d columns", len(lines)-1, len(foul), width)
		}
		for _, line := range lines {
			if strings.ContainsFunc(line, obeyed) {
				t.Errorf("T8: a terminal would obey %q", line)
			}
			if width > 0 && uniseg.StringWidth(line) > width {
				t.Errorf("T8: %q is wider than %d columns", line, width)
			}
			if at, end := strings.LastIndex(line, "|"), uniseg.StringWidth(lines[1]); width != 20 && width != 80 && at > 0 && uniseg.StringWidth(line) != end {
				t.Errorf("T8: the last column of %q is out of line", line)
			}
		}
	}
}

// T8: neither does JSON, nor what is said of a single thing; the JSON says the same.
func TestNothingTellsATerminal(t *testing.T) {
	for _, name := range foul {
		raw, err := json.Marshal(map[string]string{"name": name})
		if err != nil {
			t.Fatal(err)
		}
		for _, format := range []listing.Format{listing.JSON, listing.NDJSON, listing.Table} {
			var out strings.Builder
			err := listing.One(listing.Printer{Out: &out, Format: format}, raw, func(out io.Writer) error {
				_, err := io.WriteString(out, name)
				return err
			})
			if err != nil || strings.ContainsFunc(strings.NewReplacer("\n", "", "\t", "").Replace(out.String()), obeyed) {
				t.Errorf("T8: a terminal would obey %q, %v", out.String(), err)
			}
			var back map[string]string
			if format != listing.Table && (json.Unmarshal([]byte(out.String()), &back) != nil || back["name"] != name) {
				t.Errorf("T8: %q became %q", name, back["name"])
			}
		}
	}
}

func obeyed(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' || r == '\u200b'
}
