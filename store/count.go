package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"notifier/message"
	"notifier/store/sql"
)

// sampled is from how many of the newest messages a count is reckoned.
const sampled = 2_500

// Count says how many messages a filter takes. Where no index tells it, and guess is
// wanted, it is reckoned from the newest.
func (s *Store) Count(ctx context.Context, site string, f message.Filter, guess bool) (c message.Counted, err error) {
	f.Before = ""
	windows := true
	if guess {
		if windows, err = s.byWindows(ctx, site, f); err == nil && !windows && f == (message.Filter{Status: message.Deferred}) {
			c.Guessed = true
			c.N, err = s.inOpenWindows(ctx, site)
		}
		if err != nil || c.Guessed {
			return c, err
		}
		guess = f.Status != message.Deferred || !windows || f.User+f.Case+f.Reference != "" // a few windows are counted
	}
	for _, prefix := range prefixes(f) {
		q := s.filteredBy(site, f, windows)
		since, until := within(prefix, f)
		of := 1.0
		if guess {
			floor, err := s.floor(ctx, q, since, until, lookedAt)
			if err == nil && floor != "" {
				var n int
				if n, err = s.planned(ctx, q, since, until); err == nil {
					of, c.Guessed = float64(max(n, lookedAt))/sampled, true
					since, err = s.floor(ctx, q, since, until, sampled)
				}
			}
			if err != nil {
				return c, fmt.Errorf("count messages: %w", err)
			}
		}
		var n int
		err := s.db.Row(ctx, nil, []any{&n}, "SELECT count(*) FROM "+q.counted()+" WHERE "+q.conditions()+" AND "+q.id+" >= ? AND "+q.id+" < ?",
			append(q.arguments, since, until)...)
		if err != nil {
			return c, fmt.Errorf("count messages: %w", err)
		}
		c.N += int(float64(n) * of)
	}
	return c, nil
}

// counted is where a count looks: at no table that its conditions say nothing of. Each
// message has one row in both.
func (q *filtering) counted() string {
	conditions := q.conditions()
	speaksOf := func(table string) bool { return strings.Contains(conditions, table+".") }
	switch {
	case q.id == "m.id" && !speaksOf("q") && !speaksOf("w"):
		return "messages m"
	case q.id == "q.id" && !speaksOf("m") && !speaksOf("w"):
		return "queue q"
	case q.begin == "w" && !speaksOf("m"):
		return q.waiting
	}
	return q.from
}

// planned is how many rows the database expects where a query starts.
func (s *Store) planned(ctx context.Context, q *filtering, since, until message.ID) (n int, err error) {
	return s.expected(ctx, q.start+" AND id >= ? AND id < ?", append(slices.Clone(q.startArguments), since, until)...)
}

// expected is how many rows the database expects of a FROM and WHERE.
func (s *Store) expected(ctx context.Context, rows string, arguments ...any) (n int, err error) {
	if s.dialect.Name() != "postgres" { // which knows it without looking
		return n, s.db.Row(ctx, nil, []any{&n}, "SELECT count(*) FROM "+rows, arguments...)
	}
	plan, err := sql.Texts(s.db.Query(ctx, nil, "EXPLAIN SELECT 1 FROM "+rows, arguments...))
	if err != nil || len(plan) == 0 {
		return 0, err
	}
	_, reckoned, _ := strings.Cut(plan[0], "rows=")
	_, _ = fmt.Sscan(reckoned, &n)
	return n, nil
}

// about counts the rows of a FROM and WHERE; a great many are only reckoned.
func (s *Store) about(ctx context.Context, rows string, arguments ...any) (int, error) {
	n, err := s.limited(ctx, lookedAt, rows, arguments...)
	if err != nil || n <= lookedAt {
		return n, err
	}
	reckoned, err := s.expected(ctx, rows, arguments...)
	return max(n, reckoned), err
}

// inOpenWindows is about how many messages wait in open windows, reckoned from those that
// are due first.
func (s *Store) inOpenWindows(ctx context.Context, site string) (int, error) {
	windows, err := s.about(ctx, "windows WHERE site = ? AND closed_at IS NULL", site)
	n := 0
	if err == nil {
		err = s.db.Row(ctx, nil, []any{&n}, "SELECT count(*) FROM (SELECT w.id FROM windows w"+s.dialect.By("windows_due")+
			" WHERE w.site = ? AND w.closed_at IS NULL ORDER BY w.due_at, w.user_id LIMIT ?) AS w"+
			s.dialect.To("queue", "q", fmt.Sprintf("q.site = ? AND q.window_id = w.id AND q.status = '%s'", message.Deferred), ""), site, fewWindows, site)
	}
	if err != nil {
		return 0, fmt.Errorf("count deferred messages: %w", err)
	}
	return n * max(windows, fewWindows) / fewWindows, nil
}

// Counts says how many messages of the site are due, how many are in error, and since when
// the oldest waits: in the future if none is due, zero if none waits. With guess a great
// many are only reckoned.
func (s *Store) Counts(ctx context.Context, site string, at time.Time, guess bool) (due, errors int, oldest time.Time, err error) {
	count := s.counts
	if guess {
		count = s.about
	}
	lanes, err := s.Lanes(ctx, site)
	for _, l := range lanes {
		n := 0
		if err == nil && !l.DueAt.After(at) {
			n, err = count(ctx, "queue WHERE site = ? AND account = ? AND priority = ? AND due_at <= ? AND status IN "+in(claimable),
				site, l.Account, l.Priority.Rank(), sql.Instant(at))
		}
		due += n
		if oldest.IsZero() || l.DueAt.Before(oldest) {
			oldest = l.DueAt
		}
	}
	if err == nil {
		errors, err = count(ctx, fmt.Sprintf("queue WHERE site = ? AND status = '%s'", message.Error), site)
	}
	if err != nil {
		return 0, 0, time.Time{}, fmt.Errorf("count messages: %w", err)
	}
	return due, errors, oldest, nil
}

// counts counts the rows of a FROM and WHERE.
func (s *Store) counts(ctx context.Context, rows string, arguments ...any) (n int, err error) {
	return n, s.db.Row(ctx, nil, []any{&n}, "SELECT count(*) FROM "+rows, arguments...)
}
