package listing

import (
	"bufio"
	"strings"
	"unicode"
	"unicode/utf8"
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
		widths[i] = max(widths[i], utf8.RuneCountInString(cell))
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
		if n := utf8.RuneCountInString(cell); i < last {
			padding = strings.Repeat(" ", widths[i]-n) + gap
		}
		if p.Width > 0 {
			cell = cut(cell, left)
			left -= utf8.RuneCountInString(cell)
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
	case utf8.RuneCountInString(text) <= n:
		return text
	case strings.TrimSpace(text) == "":
		return text[:n]
	}
	return string([]rune(text)[:n-1]) + "…"
}

// oneLine keeps a cell from breaking the table, or from telling a terminal what to do.
func oneLine(text string) string {
	return strings.TrimRight(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text), " ")
}
