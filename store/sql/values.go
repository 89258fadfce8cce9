package sql

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"notifier/fault"
)

// Instant is a time in a column: UTC, to the microsecond, NULL when zero. Both databases
// keep the same instants, so that due_at <= ? means the same on both.
type Instant time.Time

// Value is how it is written.
func (i Instant) Value() (driver.Value, error) {
	t := time.Time(i)
	if t.IsZero() {
		return nil, nil
	}
	return t.UTC().Truncate(time.Microsecond), nil
}

// Scan reads it.
func (i *Instant) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*i = Instant{}
	case time.Time:
		*i = Instant(fault.Clamp(v.UTC()))
	case string: // how Postgres says that there is no bound
		if *i = Instant(fault.Clamp(time.Time{}.AddDate(9999, 0, 0))); strings.HasPrefix(v, "-") {
			*i = Instant(fault.Clamp(time.Time{}.AddDate(-1, 0, 0)))
		}
	case int64: // SQLite, where the type of a column is lost in an expression
		*i = Instant(fault.Clamp(time.UnixMicro(v).UTC()))
	default:
		return fmt.Errorf("a time cannot be read from %T", v)
	}
	return nil
}

// List is a list of texts in a column: JSON, empty when there are none.
type List []string

// Value is how it is written.
func (l List) Value() (driver.Value, error) {
	if len(l) == 0 {
		return "", nil
	}
	b, err := json.Marshal([]string(l))
	return string(b), err
}

// Scan reads it.
func (l *List) Scan(v any) error {
	*l = nil
	s, ok := v.(string)
	if !ok {
		return fmt.Errorf("a list cannot be read from %T", v)
	}
	if s == "" {
		return nil
	}
	return json.Unmarshal([]byte(s), l)
}

// OrNull is a time as one that may be missing: nil if zero.
func OrNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// OrNone is OrNull the other way round.
func OrNone(t *time.Time) Instant {
	if t == nil {
		return Instant{}
	}
	return Instant(*t)
}
