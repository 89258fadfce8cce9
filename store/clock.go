package store

import (
	"context"
	"fmt"
	"time"
)

// Clock is what the database takes the time for; our own where it has no clock. Nothing
// in the service goes by it: it is for whoever wants to know whether the two agree.
func (s *Store) Clock(ctx context.Context) (at time.Time, err error) {
	if s.dialect.name() != "postgres" {
		return time.Now(), nil
	}
	if err := s.row(ctx, nil, []any{&at}, "SELECT clock_timestamp()"); err != nil {
		return at, fmt.Errorf("read the clock of the database: %w", err)
	}
	return at, nil
}
