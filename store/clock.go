package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"notifier/message"
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

type clockRow struct {
	Site    string
	Boot    string
	AheadUS int64     `gorm:"column:ahead_us"`
	KeptAt  time.Time `gorm:"serializer:instant"`
}

func (clockRow) TableName() string   { return "machine_clocks" }
func (r clockRow) is() time.Duration { return time.Duration(r.AheadUS) * time.Microsecond }

// BelievedClock is how far the wall clock of a machine was ahead of the time since that start of
// it, when a program there last believed it; known is false if none has told yet.
func (s *Store) BelievedClock(ctx context.Context, boot string) (ahead time.Duration, known bool, err error) {
	ahead, err = one[clockRow]("read what was believed of the clock", s.db.Gorm(ctx, nil).Where("site = ? AND boot = ?", serviceSite, boot))
	if errors.Is(err, message.ErrNotFound) {
		return 0, false, nil
	}
	return ahead, err == nil, err
}

// BelieveClock keeps that for the next program on the machine, and forgets machines that were
// not heard of for a quarter of a year.
func (s *Store) BelieveClock(ctx context.Context, boot string, ahead time.Duration, at time.Time) error {
	err := s.db.Gorm(ctx, nil).Clauses(instead([]string{"site", "boot"}, []string{"ahead_us", "kept_at"})).Create(&clockRow{serviceSite, boot, ahead.Microseconds(), at}).Error
	if err == nil {
		err = s.db.Gorm(ctx, nil).Where("site = ? AND kept_at < ?", serviceSite, sql.Instant(at.Add(-keepClocks))).Delete(&clockRow{}).Error
	}
	return while("keep what is believed of the clock", err)
}
