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

const postedNames = "id, what, key, request, written_at, tries, error, refused_at"

func (s *Store) readPosted(site string, scan func(...any) error) (p message.Posted, err error) {
	var refused sql.Instant
	var request string
	err = scan((*string)(&p.ID), &p.What, &p.Key, &request, (*sql.Instant)(&p.WrittenAt), &p.Tries, &p.Error, &refused)
	p.Site, p.Request, p.RefusedAt = site, []byte(request), sql.OrNull(time.Time(refused))
	return p, err
}

// TakePosted takes up to n requests out of the outbox that no replica holds, the oldest
// first, and holds them until then. Accept removes them.
func (s *Store) TakePosted(ctx context.Context, site string, n int, at, until time.Time) ([]message.Posted, error) {
	waiting := s.dialect.Any("SELECT id FROM outbox WHERE site = ? AND refused_at IS NULL AND held_until <= ? ORDER BY held_until, id LIMIT ?" +
		s.dialect.Lock("UPDATE SKIP LOCKED"))
	rows, err := s.db.Query(ctx, nil, "UPDATE outbox SET held_until = ?, tries = tries + 1 WHERE site = ? AND id "+waiting+" RETURNING "+postedNames,
		sql.Instant(until), site, site, sql.Instant(at), n)
	all, err := sql.Collect(rows, err, func(scan func(...any) error) (message.Posted, error) { return s.readPosted(site, scan) })
	if err != nil {
		return nil, fmt.Errorf("take requests out of the outbox: %w", err)
	}
	slices.SortFunc(all, func(a, b message.Posted) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return all, nil
}

// RefusePosted keeps a request that cannot be taken in, with the reason, for a person. It is
// the last try that decides: one that another replica, or a person, has taken up since stays.
func (s *Store) RefusePosted(ctx context.Context, p message.Posted, why string, at time.Time) error {
	_, err := s.db.Exec(ctx, nil, "UPDATE outbox SET error = ?, refused_at = ? WHERE site = ? AND id = ? AND tries = ?", why, sql.Instant(at), p.Site, string(p.ID), p.Tries)
	if err != nil {
		return fmt.Errorf("refuse %s of the outbox: %w", p.ID, err)
	}
	return nil
}

// PostedOf lists at most n requests in the outbox, the oldest first, after the given one.
func (s *Store) PostedOf(ctx context.Context, site string, after message.ID, n int) ([]message.Posted, error) {
	rows, err := s.db.Query(ctx, nil, "SELECT "+postedNames+" FROM outbox WHERE site = ? AND id > ? ORDER BY id LIMIT ?", site, string(after), n)
	all, err := sql.Collect(rows, err, func(scan func(...any) error) (message.Posted, error) { return s.readPosted(site, scan) })
	if err != nil {
		return nil, fmt.Errorf("list the outbox: %w", err)
	}
	return all, nil
}

// RetryPosted lets a refused request be taken up again; message.ErrNotFound if there is none.
func (s *Store) RetryPosted(ctx context.Context, site string, id message.ID, at time.Time) error {
	_, err := s.RetryPostedOnce(ctx, message.Call{Site: site, At: at}, nil, id)
	return err
}

// RetryPostedOnce is RetryPosted, unless the request with that key (nil: none) was answered
// before: then there is nothing to do, whatever became of the refused one.
func (s *Store) RetryPostedOnce(ctx context.Context, c message.Call, k *message.Key, id message.ID) (replayed bool, err error) {
	answered, err := s.firstTime(ctx, c, k, func(t *sql.Tx) (any, error) {
		n, err := s.db.Exec(ctx, t, "UPDATE outbox SET refused_at = NULL, error = '', tries = 0, held_until = ? WHERE site = ? AND id = ?", sql.Instant(c.At), c.Site, string(id))
		return struct{}{}, fate(n, err, "retry", id)
	})
	return answered != nil, err
}

// RemovePosted removes a refused request, which nobody sends then; message.ErrNotFound if
// there is none that was refused.
func (s *Store) RemovePosted(ctx context.Context, site string, id message.ID) error {
	n, err := s.db.Exec(ctx, nil, "DELETE FROM outbox WHERE site = ? AND id = ? AND refused_at IS NOT NULL", site, string(id))
	return fate(n, err, "remove", id)
}

func fate(n int, err error, verb string, id message.ID) error {
	switch {
	case err != nil:
		return fmt.Errorf("%s %s of the outbox: %w", verb, id, err)
	case n == 0:
		return message.ErrNotFound
	}
	return nil
}

// takeOut removes the request that a tray is for from the outbox, in the transaction that
// stores what it leads to: it is taken in exactly once.
func (s *Store) takeOut(ctx context.Context, t *sql.Tx, tray message.Tray) error {
	n, err := s.db.Exec(ctx, t, "DELETE FROM outbox WHERE site = ? AND id = ?", tray.Site, string(tray.Posted))
	if err == nil && n == 0 {
		err = message.ErrTaken
	}
	return err
}
