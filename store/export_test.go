package store

import (
	"context"
	"time"
)

// Sleep keeps the database at work for a while.
func (s *Store) Sleep(ctx context.Context, d time.Duration) error {
	_, err := s.db.Exec(ctx, nil, "SELECT pg_sleep(?)", d.Seconds())
	return err
}
