package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"notifier/store/sql"
)

// copied is how many rows make COPY, which asks the server four times, cheaper than one
// statement with lists.
const copied = 300

func (p postgres) insertMessages(ctx context.Context, t *sql.Tx, rows []*messageRow) error {
	content, queue := needed(rows, (*messageRow).content), needed(rows, (*messageRow).queue)
	switch {
	case len(rows) == 0:
		return nil
	case t == nil:
		_, err := p.pool.Exec(ctx, insertStatement(content, queue), append(arrays(rows, content), arrays(rows, queue)...)...)
		return sql.Told(err)
	case len(rows) < copied:
		_, err := t.ExecContext(ctx, insertStatement(content, queue), append(arrays(rows, content), arrays(rows, queue)...)...)
		return err
	}
	return t.Conn.Raw(func(c any) error {
		conn := c.(*stdlib.Conn).Conn()
		if err := copyRows(ctx, conn, "messages", rows, content); err != nil {
			return err
		}
		return copyRows(ctx, conn, "queue", rows, queue)
	})
}

// part are some columns of a table, by their place in columns.
type part struct {
	columns func(*messageRow) []column
	places  []int
}

// needed are the columns in which any of the rows has something. The others have their
// defaults, which need not be sent.
func needed(rows []*messageRow, columns func(*messageRow) []column) part {
	var has []bool
	for _, r := range rows {
		all := columns(r)
		if has == nil {
			has = make([]bool, len(all))
		}
		for i, c := range all {
			has[i] = has[i] || !empty(c)
		}
	}
	n := part{columns: columns}
	for i, is := range has {
		if is {
			n.places = append(n.places, i)
		}
	}
	return n
}

// empty tells whether a column has its default.
func empty(c column) bool {
	switch v := c.value.(type) {
	case *string:
		return *v == ""
	case *optional:
		return *v == ""
	case *bool:
		return !*v
	case *int:
		return *v == 0 && c.name != "priority"
	case *sql.Instant:
		return time.Time(*v).IsZero()
	case *sql.List:
		return len(*v) == 0
	}
	return false
}

// of are the columns of a row.
func (p part) of(r *messageRow) []column {
	all := p.columns(r)
	some := make([]column, len(p.places))
	for i, place := range p.places {
		some[i] = all[place]
	}
	return some
}

// insertStatement writes messages into their two tables at once, with a list for each column.
func insertStatement(content, queue part) string {
	c, q := content.of(new(messageRow)), queue.of(new(messageRow))
	return fmt.Sprintf("WITH m AS (INSERT INTO messages (%s) SELECT * FROM unnest(%s)) INSERT INTO queue (%s) SELECT * FROM unnest(%s)",
		names("", c), lists(1, c), names("", q), lists(len(c)+1, q))
}

// lists are marks for a list of each column.
func lists(from int, columns []column) string {
	all := make([]string, len(columns))
	for i, c := range columns {
		all[i] = fmt.Sprintf("$%d::%s[]", from+i, typeOf(c))
	}
	return strings.Join(all, ", ")
}

// typeOf is a column's type in the database.
func typeOf(c column) string {
	switch c.value.(type) {
	case *bool:
		return "boolean"
	case *int:
		return "integer"
	case *sql.Instant:
		return "timestamptz"
	}
	return "text"
}

// arrays are the rows as a list for each column.
func arrays(rows []*messageRow, columns part) []any {
	var all []any
	for i, row := range rows {
		for k, c := range columns.of(row) {
			if i == 0 {
				switch typeOf(c) {
				case "boolean":
					all = append(all, make([]bool, len(rows)))
				case "integer":
					all = append(all, make([]int32, len(rows)))
				case "timestamptz":
					all = append(all, make([]*time.Time, len(rows)))
				default:
					all = append(all, make([]*string, len(rows)))
				}
			}
			switch list := all[k].(type) {
			case []bool:
				list[i] = *c.value.(*bool)
			case []int32:
				list[i] = int32(*c.value.(*int))
			case []*time.Time:
				list[i] = sql.OrNull(time.Time(*c.value.(*sql.Instant)))
			case []*string:
				list[i] = textOf(c)
			}
		}
	}
	return all
}

// plainly is a column as the driver writes it fastest.
func plainly(c column) any {
	switch v := c.value.(type) {
	case *bool:
		return *v
	case *int:
		return *v
	case *sql.Instant:
		if at := sql.OrNull(time.Time(*v)); at != nil {
			return *at
		}
		return nil
	}
	if s := textOf(c); s != nil {
		return *s
	}
	return nil
}

// textOf is a column as a text; nil for NULL.
func textOf(c column) *string {
	switch v := c.value.(type) {
	case *optional:
		if *v == "" {
			return nil
		}
		return (*string)(v)
	case *sql.List:
		s := text(*v)
		return &s
	}
	return c.value.(*string)
}

func copyRows(ctx context.Context, conn *pgx.Conn, table string, rows []*messageRow, columns part) error {
	var header []string
	for _, c := range columns.of(rows[0]) {
		header = append(header, c.name)
	}
	row := make([]any, len(header)) // is written before the next one is asked for
	_, err := conn.CopyFrom(ctx, pgx.Identifier{table}, header, pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) {
		all := columns.columns(rows[i])
		for k, place := range columns.places {
			row[k] = plainly(all[place])
		}
		return row, nil
	}))
	return err
}
