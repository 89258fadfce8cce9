package sql

import (
	"context"
	"database/sql"
	"strings"
)

// ErrNoRows is that of database/sql: there is no such row.
var ErrNoRows = sql.ErrNoRows

// Rows are those of database/sql, and so are the texts and truths that may be NULL.
type (
	Rows       = sql.Rows
	NullString = sql.NullString
	NullBool   = sql.NullBool
)

// Collect reads all rows and closes them.
func Collect[T any](rows *sql.Rows, err error, read func(scan func(into ...any) error) (T, error)) ([]T, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		one, err := read(rows.Scan)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, Told(rows.Err())
}

// Row reads the one row of a SELECT; ErrNoRows if there is none.
func (db *DB) Row(ctx context.Context, t *Tx, into []any, statement string, arguments ...any) error {
	rows, err := db.Query(ctx, t, statement, arguments...)
	found, err := Collect(rows, err, func(scan func(...any) error) (struct{}, error) { return struct{}{}, scan(into...) })
	if err == nil && len(found) == 0 {
		return ErrNoRows
	}
	return err
}

// Hidden is a column for the conditions of statements that find rows by their keys. By its
// bare name the planner may believe a partial index of some status to be empty, as it was
// when the table was last looked at, and read all of it for each row.
func Hidden(column string) string { return "(" + column + " || '')" }

// Texts reads rows of a single text column.
func Texts(rows *sql.Rows, err error) ([]string, error) {
	return Collect(rows, err, func(scan func(...any) error) (s string, err error) {
		return s, scan(&s)
	})
}

// Marks are n marks for arguments.
func Marks(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }

// SetTo is a SET of the named columns to those of another row.
func SetTo(row, names string) string {
	var set []string
	for name := range strings.SplitSeq(names, ", ") {
		set = append(set, name+" = "+row+"."+name)
	}
	return strings.Join(set, ", ")
}
