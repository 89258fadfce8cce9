package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"notifier/store/sql"
)

// HasClock tells whether the database has a clock of its own.
func (s *Store) HasClock() bool { return s.dialect.Name() == "postgres" }

// Clock is what the database takes the time for; our own where it has no clock. Nothing
// in the service goes by it: it is for whoever wants to know whether the two agree.
func (s *Store) Clock(ctx context.Context) (at time.Time, err error) {
	if !s.HasClock() {
		return time.Now(), nil
	}
	if err := s.db.Row(ctx, nil, []any{&at}, "SELECT clock_timestamp()"); err != nil {
		return at, fmt.Errorf("read the clock of the database: %w", err)
	}
	return at, nil
}

// keepClocks is how long a machine's clock is remembered after the last program on it.
const keepClocks = 90 * 24 * time.Hour

// BelievedClock is how far the wall clock of a machine was ahead of the time since that start of
// it, when a program there last believed it; known is false if none has told yet.
func (s *Store) BelievedClock(ctx context.Context, boot string) (ahead time.Duration, known bool, err error) {
	var us int64
	err = s.db.Row(ctx, nil, []any{&us}, `SELECT ahead_us FROM machine_clocks WHERE site = ? AND boot = ?`, serviceSite, boot)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("read what was believed of the clock: %w", err)
	}
	return time.Duration(us) * time.Microsecond, true, nil
}

// BelieveClock keeps that for the next program on the machine, and forgets machines that were
// not heard of for a quarter of a year.
func (s *Store) BelieveClock(ctx context.Context, boot string, ahead time.Duration, at time.Time) error {
	_, err := s.db.Exec(ctx, nil, `INSERT INTO machine_clocks (site, boot, ahead_us, kept_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (site, boot) DO UPDATE SET ahead_us = excluded.ahead_us, kept_at = excluded.kept_at`, serviceSite, boot, ahead.Microseconds(), sql.Instant(at))
	if err == nil {
		_, err = s.db.Exec(ctx, nil, `DELETE FROM machine_clocks WHERE site = ? AND kept_at < ?`, serviceSite, sql.Instant(at.Add(-keepClocks)))
	}
	if err != nil {
		return fmt.Errorf("keep what is believed of the clock: %w", err)
	}
	return nil
}
