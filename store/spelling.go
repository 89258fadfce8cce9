package store

import (
	"strings"
	"time"

	"notifier/fault"
)

// hidden is a column for the conditions of statements that find rows by their keys. By its
// bare name the planner may believe a partial index of some status to be empty, as it was
// when the table was last looked at, and read all of it for each row.
func hidden(column string) string { return "(" + column + " || '')" }

// marks are n marks for arguments.
func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }

// setTo is a SET of the named columns to those of another row.
func setTo(row, names string) string {
	var set []string
	for name := range strings.SplitSeq(names, ", ") {
		set = append(set, name+" = "+row+"."+name)
	}
	return strings.Join(set, ", ")
}

// same is the condition that a column still is as it was read. A time that cannot be shown was
// read as the nearest that can, and must be found again by that.
func same(column string, read time.Time) string {
	switch {
	case read.Equal(fault.Clamp(time.Time{}.AddDate(-1, 0, 0))):
		return column + " <= ?"
	case read.Equal(fault.Clamp(time.Time{}.AddDate(9999, 0, 0))):
		return column + " >= ?"
	}
	return column + " = ?"
}
