// Package listing prints what the API answers: as a table for people, or as JSON, NDJSON,
// CSV or YAML for programs.
//
// It knows nothing of what it prints. JSON passes through as the API wrote it, so that the
// command line and the API cannot differ.
package listing

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/goccy/go-yaml"
)

// Format is how something is printed.
type Format string

// The formats.
const (
	// Auto is a table on a terminal, and the same lines without a head elsewhere.
	Auto   Format = ""
	Table  Format = "table"
	JSON   Format = "json"
	NDJSON Format = "ndjson"
	CSV    Format = "csv"
	YAML   Format = "yaml"
)

// Formats lists those that can be asked for.
func Formats() []string {
	return []string{string(Table), string(JSON), string(NDJSON), string(CSV), string(YAML)}
}

// Structured tells whether the format is for programs.
func (f Format) Structured() bool { return f != Auto && f != Table }

// Printer prints to one place in one format.
type Printer struct {
	Out    io.Writer
	Format Format
	// Width is that of the terminal, in columns; 0: it is none, and nothing is cut.
	Width int
	// Color lets words be tinted.
	Color bool
	// Headless leaves the head of CSV out, as for all pages after the first.
	Headless bool
}

// Column is a column of a table about rows of one type.
type Column[T any] struct {
	Title string
	Value func(T) string
	// Tint is the colour of a cell; nil: none.
	Tint func(T) Tint
}

// Tint is a colour, as a terminal knows it.
type Tint string

// The tints.
const (
	Plain  Tint = ""
	Red    Tint = "31"
	Green  Tint = "32"
	Yellow Tint = "33"
	Blue   Tint = "34"
	Grey   Tint = "90"
)

// Page is a list as the API answers it.
type Page struct {
	Data       []json.RawMessage `json:"data"`
	NextCursor string            `json:"next_cursor,omitempty"`
	HasMore    *bool             `json:"has_more,omitempty"` // nil: the list is whole
}

// List prints a list, a row for each item.
func List[T any](p Printer, page Page, columns []Column[T]) error {
	switch p.Format {
	case JSON, YAML:
		if page.Data == nil {
			page.Data = []json.RawMessage{}
		}
		b, err := encode(page)
		if err != nil {
			return err
		}
		return p.raw(b)
	case NDJSON:
		for _, item := range page.Data {
			if err := p.line(item); err != nil {
				return err
			}
		}
		return nil
	}
	rows := make([]T, len(page.Data))
	for i, item := range page.Data {
		if err := json.Unmarshal(item, &rows[i]); err != nil {
			return fmt.Errorf("the answer is not understood: %w", err)
		}
	}
	if p.Format == CSV {
		return p.csv(titles(columns), cells(rows, columns))
	}
	return p.table(titles(columns), cells(rows, columns), tints(p, rows, columns))
}

// One prints a single thing: as a program wants it, or as people says it to people.
func One(p Printer, answer []byte, people func(out io.Writer) error) error {
	switch p.Format {
	case JSON, YAML:
		return p.raw(answer)
	case NDJSON:
		return p.line(answer)
	case CSV:
		return fmt.Errorf("this is no list, and CSV has only lists. Write -o json or -o yaml")
	}
	return people(harmless{p.Out})
}

// Row prints a single thing as the only row of its list.
func Row[T any](p Printer, answer []byte, columns []Column[T]) error {
	if p.Format == JSON || p.Format == YAML || p.Format == NDJSON {
		return One(p, answer, nil)
	}
	return List(p, Page{Data: []json.RawMessage{answer}}, columns)
}

func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return b.Bytes(), err
}

// raw prints JSON, indented, or the YAML that says the same.
func (p Printer) raw(answer []byte) error {
	if p.Format == YAML {
		b, err := yaml.JSONToYAML(answer)
		if err != nil {
			return fmt.Errorf("write YAML: %w", err)
		}
		_, err = p.Out.Write(b)
		return err
	}
	var b bytes.Buffer
	if err := json.Indent(&b, bytes.TrimSpace(answer), "", "  "); err != nil {
		return fmt.Errorf("the answer is not JSON: %w", err)
	}
	b.WriteByte('\n')
	_, err := p.Out.Write(escaped(b.Bytes()))
	return err
}

func (p Printer) line(item []byte) error {
	var b bytes.Buffer
	if err := json.Compact(&b, item); err != nil {
		return fmt.Errorf("the answer is not JSON: %w", err)
	}
	b.WriteByte('\n')
	_, err := p.Out.Write(escaped(b.Bytes()))
	return err
}

// Harmless is a cell of CSV that no spreadsheet takes for a formula.
func Harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

// csv writes a head and rows (RFC 4180). What a spreadsheet would take for a formula is
// quoted with an apostrophe, as it is told to do against injection.
func (p Printer) csv(head []string, rows [][]string) error {
	w := csv.NewWriter(p.Out)
	for i, title := range head {
		head[i] = strings.ReplaceAll(strings.ToLower(title), " ", "_")
	}
	if !p.Headless {
		if err := w.Write(head); err != nil {
			return err
		}
	}
	for _, row := range rows {
		for i, cell := range row {
			row[i] = Harmless(cell)
		}
		if err := w.Write(row); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

func titles[T any](columns []Column[T]) []string {
	var all []string
	for _, c := range columns {
		all = append(all, c.Title)
	}
	return all
}

func cells[T any](rows []T, columns []Column[T]) [][]string {
	all := make([][]string, len(rows))
	for i, row := range rows {
		for _, c := range columns {
			all[i] = append(all[i], oneLine(c.Value(row)))
		}
	}
	return all
}

func tints[T any](p Printer, rows []T, columns []Column[T]) [][]Tint {
	if !p.Color {
		return nil
	}
	all := make([][]Tint, len(rows))
	for i, row := range rows {
		for _, c := range columns {
			tint := Plain
			if c.Tint != nil {
				tint = c.Tint(row)
			}
			all[i] = append(all[i], tint)
		}
	}
	return all
}
