package listing

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// gap stands between two columns.
const gap = "  "

// table writes rows below each other. On a terminal, or where a table is asked for, there
// is a head; a line that is wider than the terminal is cut.
func (p Printer) table(head []string, rows [][]string, tints [][]Tint) error {
	if len(rows) == 0 && p.Format == Auto {
		return nil
	}
	headed := p.Width > 0 || p.Format == Table
	widths := make([]int, len(head))
	if headed {
		measure(widths, head)
	}
	for _, row := range rows {
		measure(widths, row)
	}
	out := bufio.NewWriter(p.Out)
	if headed {
		titles := make([]string, len(head))
		for i, title := range head {
			titles[i] = strings.ToUpper(title)
		}
		p.row(out, titles, widths, nil)
	}
	for i, row := range rows {
		var tint []Tint
		if tints != nil {
			tint = tints[i]
		}
		p.row(out, row, widths, tint)
	}
	return out.Flush()
}

func measure(widths []int, row []string) {
	for i, cell := range row {
		widths[i] = max(widths[i], uniseg.StringWidth(cell))
	}
}

func (p Printer) row(out *bufio.Writer, row []string, widths []int, tints []Tint) {
	last := len(row) - 1
	for last > 0 && row[last] == "" {
		last--
	}
	left := p.Width
	for i, cell := range row[:last+1] {
		padding := ""
		if n := uniseg.StringWidth(cell); i < last {
			padding = strings.Repeat(" ", widths[i]-n) + gap
		}
		if p.Width > 0 {
			cell = cut(cell, left)
			left -= uniseg.StringWidth(cell)
			padding = cut(padding, left)
			left -= len(padding)
		}
		if tints != nil && tints[i] != Plain {
			cell = "\x1b[" + string(tints[i]) + "m" + cell + "\x1b[0m"
		}
		_, _ = out.WriteString(cell + padding) // Flush tells
	}
	_ = out.WriteByte('\n')
}

// cut keeps what fits into n columns, and says where something is missing.
func cut(text string, n int) string {
	switch {
	case n <= 0:
		return ""
	case uniseg.StringWidth(text) <= n:
		return text
	case strings.TrimSpace(text) == "":
		return text[:n]
	}
	var b strings.Builder
	for signs, left := uniseg.NewGraphemes(text), n-1; signs.Next() && signs.Width() <= left; left -= signs.Width() {
		b.WriteString(signs.Str())
	}
	return b.String() + "…"
}

// oneLine keeps a cell from breaking the table, or from telling a terminal what to do.
func oneLine(text string) string {
	text = strings.TrimRight(Printable(text), " \n\t")
	return strings.NewReplacer("\r\n", " ", "\n", " ", "\t", " ").Replace(text)
}

// Printable is a text of several lines without what would tell a terminal what to do: control
// characters, C1 among them, and those that turn the direction of writing or have no width.
// What joins signs into one, as in emoji, stays.
func Printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r), r == '\u2028', r == '\u2029', r == utf8.RuneError:
			return ' '
		case unseen(r):
			return -1
		}
		return r
	}, text)
}

// unseen tells whether a sign only changes how others are shown.
func unseen(r rune) bool {
	return unicode.Is(unicode.Bidi_Control, r) || r == '\u200b' || r == '\u2060' || r == '\ufeff' || r == '\u00ad'
}

// harmless is a writer for people: what is written there is printable.
type harmless struct{ io.Writer }

// Write writes one piece, which has whole signs: fmt and tabwriter see to that.
func (h harmless) Write(b []byte) (int, error) {
	if _, err := io.WriteString(h.Writer, Printable(string(b))); err != nil {
		return 0, err
	}
	return len(b), nil
}

// escaped writes the signs of JSON that a terminal would obey as JSON escapes: it is the same
// JSON.
func escaped(b []byte) []byte {
	if !bytes.ContainsFunc(b, obeyed) {
		return b
	}
	var out bytes.Buffer
	for _, r := range string(b) {
		if obeyed(r) {
			fmt.Fprintf(&out, "\\u%04x", r)
		} else {
			out.WriteRune(r)
		}
	}
	return out.Bytes()
}

func obeyed(r rune) bool {
	return r >= 0x7f && r <= 0x9f || r == '\u2028' || r == '\u2029' || unseen(r)
}
