package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"notifier/store/sql"
)

// TakeTurns takes the turn at a chore for those of the sites where no other replica has it,
// until that time, and tells which they are. A turn saves work; what it is for must be safe
// without it, because a clock may be wrong.
func (s *Store) TakeTurns(ctx context.Context, chore string, sites []string, at, until time.Time) (mine []string, err error) {
	if len(sites) == 0 {
		return nil, nil
	}
	inOrder := slices.Sorted(slices.Values(sites)) // so that no two replicas wait for each other
	mine, err = sql.Texts(s.db.Query(ctx, nil, "INSERT INTO chores (site, chore, until) SELECT i.id, ?, ? FROM "+s.dialect.List()+
		" WHERE true ON CONFLICT (site, chore) DO UPDATE SET until = excluded.until WHERE chores.until <= ? RETURNING site",
		chore, sql.Instant(until), s.dialect.Array(inOrder), sql.Instant(at)))
	if err != nil {
		return nil, fmt.Errorf("take turns at the %s: %w", chore, err)
	}
	return mine, nil
}
