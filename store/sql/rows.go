package sql

import (
	"context"
	"database/sql"
)

// ErrNoRows is that of database/sql: there is no such row.
var ErrNoRows = sql.ErrNoRows

// Rows are those of database/sql, and so is a text that may be NULL.
type (
	Rows       = sql.Rows
	NullString = sql.NullString
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

// Texts reads rows of a single text column.
func Texts(rows *sql.Rows, err error) ([]string, error) {
	return Collect(rows, err, func(scan func(...any) error) (s string, err error) {
		return s, scan(&s)
	})
}
