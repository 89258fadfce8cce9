package store

import (
	"context"
	"slices"
	"time"

	"notifier/store/sql"
)

// forget deletes the oldest n of some rows that are older than that, and those of the same
// age as the last of them. It finds them by a range of their age: two replicas that forget
// at once take the same rows in the same order, and the second finds them gone.
func (s *Store) forget(ctx context.Context, rows, age string, n int, before time.Time, arguments ...any) (int, error) {
	these := slices.Concat(arguments, []any{sql.Instant(before)})
	return s.db.Exec(ctx, nil, "DELETE FROM "+rows+" AND "+age+" < ? AND "+age+" <= COALESCE((SELECT "+age+" FROM "+rows+" AND "+age+" < ? ORDER BY "+age+
		" LIMIT 1 OFFSET ?), ?)", slices.Concat(these, these, []any{n - 1, sql.Instant(before)})...)
}

// forgetFirst is forget for rows whose ids sort by time: it looks at the first n by id.
func (s *Store) forgetFirst(ctx context.Context, rows, age string, n int, before time.Time, arguments ...any) (int, error) {
	return s.db.Exec(ctx, nil, "DELETE FROM "+rows+" AND "+age+" < ? AND id <= COALESCE((SELECT id FROM "+rows+" ORDER BY id LIMIT 1 OFFSET ?), ?)",
		slices.Concat(arguments, []any{sql.Instant(before)}, arguments, []any{n - 1, lastID})...)
}
