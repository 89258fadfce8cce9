package sql

import (
	"encoding/json"
	"fmt"
)

// Dialect is how a database wants its statements spelled.
//
// Postgres plans a statement when a connection first runs it and keeps that plan, made
// perhaps when all tables were empty and any plan would do. So the statements leave it no
// choice: each begins at one table or at a list and goes from row to row by whole keys.
// On SQLite the same is said by CROSS JOIN.
type Dialect interface {
	Name() string
	// Lock ends a SELECT that keeps others from its rows until the transaction ends; it is
	// nothing where a transaction has the whole database to itself.
	Lock(strength string) string
	// Array makes texts a single argument.
	Array(texts []string) any
	// List begins a FROM with an array, as i.id.
	List() string
	// Pairs begins a FROM with i.id and i.other, from two lists of one length.
	Pairs(ids, others []string) (from string, arguments []any)
	// Text is a mark that stands for a text where the database cannot know.
	Text() string
	// To goes on to the rows of a table that fit; lock is as above.
	To(table, as, on, lock string) string
	// Perhaps is To where there may be no such row.
	Perhaps(table, as, on string) string
	// Any ends a condition on a column that is to be among those of a subselect, which is run once.
	Any(subselect string) string
	// By names the index of a table in a FROM, for a planner that would take another.
	By(index string) string
	// Like compares a text with a pattern, capitals or not as far as the database can.
	Like() string
}

// SQLite is the dialect of SQLite.
type SQLite struct{}

// Name is of the dialect.
func (SQLite) Name() string { return "sqlite" }

// Lock writes nothing: a transaction has the whole database to itself.
func (SQLite) Lock(string) string { return "" }

// Array is a list in JSON.
func (SQLite) Array(texts []string) any {
	b, _ := json.Marshal(texts)
	return string(b)
}

// List takes such a list apart.
func (SQLite) List() string { return "(SELECT value AS id FROM json_each(?)) AS i" }

// Text needs no type.
func (SQLite) Text() string { return "?" }

// Pairs takes a list of pairs apart.
func (SQLite) Pairs(ids, others []string) (string, []any) {
	rows := make([][2]string, len(ids))
	for i := range ids {
		rows[i] = [2]string{ids[i], others[i]}
	}
	b, _ := json.Marshal(rows)
	return "(SELECT value ->> 0 AS id, value ->> 1 AS other FROM json_each(?)) AS i", []any{string(b)}
}

// To says by CROSS JOIN that there is no other way.
func (SQLite) To(table, as, on, _ string) string {
	return fmt.Sprintf(" CROSS JOIN %s AS %s ON %s", table, as, on)
}

// Perhaps is To where there may be no such row.
func (SQLite) Perhaps(table, as, on string) string {
	return fmt.Sprintf(" LEFT JOIN %s AS %s ON %s", table, as, on)
}

// By names the index.
func (SQLite) By(index string) string { return " INDEXED BY " + index }

// Like is blind to capitals of ASCII.
func (SQLite) Like() string { return "LIKE" }

// Any is a subselect.
func (SQLite) Any(subselect string) string { return "IN (" + subselect + ")" }

// Postgres is the dialect of Postgres.
type Postgres struct{}

// Name is of the dialect.
func (Postgres) Name() string { return "postgres" }

// Lock ends a SELECT.
func (Postgres) Lock(strength string) string { return " FOR " + strength }

// Array is a list as it is.
func (Postgres) Array(texts []string) any { return texts }

// List takes a list apart.
func (Postgres) List() string { return "unnest(?::text[]) AS i(id)" }

// Text says its type.
func (Postgres) Text() string { return "?::text" }

// Pairs takes two lists.
func (Postgres) Pairs(ids, others []string) (string, []any) {
	return "unnest(?::text[], ?::text[]) AS i(id, other)", []any{ids, others}
}

// To is fenced off by OFFSET 0: what is inside is looked up for each row, and never joined
// in another way.
func (Postgres) To(table, as, on, lock string) string {
	return fmt.Sprintf(" CROSS JOIN LATERAL (SELECT %[2]s.* FROM %[1]s %[2]s WHERE %[3]s OFFSET 0%[4]s) AS %[2]s", table, as, on, lock)
}

// Perhaps is To where there may be no such row.
func (Postgres) Perhaps(table, as, on string) string {
	return fmt.Sprintf(" LEFT JOIN LATERAL (SELECT %[2]s.* FROM %[1]s %[2]s WHERE %[3]s OFFSET 0) AS %[2]s ON true", table, as, on)
}

// By is nothing: the planner knows.
func (Postgres) By(string) string { return "" }

// Like is blind to capitals.
func (Postgres) Like() string { return "ILIKE" }

// Any has the subselect run once.
func (Postgres) Any(subselect string) string { return "= ANY(ARRAY(" + subselect + "))" }
