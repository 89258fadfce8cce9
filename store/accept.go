package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"notifier/message"
	"notifier/request"
	"notifier/store/sql"
)

// Accept stores all that one request leads to, or nothing. If its Idempotency-Key has
// been answered before, that answer is returned instead and nothing is stored.
//
// It fails with request.ErrKeyReused if the key came with another request, and with
// message.ErrMoved if a user whose preferences decided has changed meanwhile.
func (s *Store) Accept(ctx context.Context, at time.Time, tray request.Tray) (answered []byte, err error) {
	if free(tray) {
		answered, err = s.join(ctx, at, tray)
	} else {
		answered, err = s.alone(ctx, at, tray)
	}
	if err != nil {
		return nil, fmt.Errorf("store a request: %w", err)
	}
	if answered == nil {
		s.announce(tray.Messages...)
	}
	return answered, nil
}

// alone accepts a tray in a transaction of its own.
func (s *Store) alone(ctx context.Context, at time.Time, tray request.Tray) (answered []byte, err error) {
	err = s.db.Commit(ctx, func(t *sql.Tx) (err error) {
		if tray.Posted != "" {
			if err := s.takeOut(ctx, t, tray); err != nil {
				return err
			}
		}
		if tray.Key != nil {
			answered, err = s.remember(ctx, t, at, tray)
			if answered != nil || err != nil {
				return err
			}
		}
		if err := s.unchanged(ctx, t, tray); err != nil {
			return err
		}
		rows, err := s.placed(ctx, t, tray)
		if err != nil {
			return err
		}
		if err := s.keepBlobs(ctx, t, tray); err != nil {
			return err
		}
		if err := s.insert(ctx, t, rows); err != nil {
			return err
		}
		return s.endDeadlines(ctx, t, request.Call{Site: tray.Site, At: at, By: tray.By}, tray.Case)
	})
	if err != nil {
		return nil, err
	}
	return answered, nil
}

// remember notes the key, or finds what the same request was told before.
func (s *Store) remember(ctx context.Context, t *sql.Tx, at time.Time, tray request.Tray) ([]byte, error) {
	k := tray.Key
	n, err := s.db.Exec(ctx, t, `INSERT INTO idempotency_keys (site, key, hash, answer, created_at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (site, key) DO NOTHING`, tray.Site, k.Key, k.Hash, string(k.Answer), sql.Instant(at))
	if err != nil || n == 1 {
		return nil, err
	}
	var hash, answer string
	err = s.db.Row(ctx, t, []any{&hash, &answer}, "SELECT hash, answer FROM idempotency_keys WHERE site = ? AND key = ?", tray.Site, k.Key)
	if err != nil {
		return nil, err
	}
	if hash != k.Hash {
		return nil, request.ErrKeyReused
	}
	return []byte(answer), nil
}

// ForgetKeys deletes at most n Idempotency-Keys of the site that are older than that.
func (s *Store) ForgetKeys(ctx context.Context, site string, n int, before time.Time) (int, error) {
	forgotten, err := s.forget(ctx, "idempotency_keys WHERE site = ?", "created_at", n, before, site)
	if err != nil {
		return 0, fmt.Errorf("forget old Idempotency-Keys: %w", err)
	}
	return forgotten, nil
}

// unchanged makes sure that the users, and what they inherit, are as they were when they decided,
// and stay so until the transaction ends.
func (s *Store) unchanged(ctx context.Context, t *sql.Tx, tray request.Tray) error {
	if len(tray.Seen) == 0 {
		return nil
	}
	inherited := tray.Inherited
	rows, err := s.db.Query(ctx, t, "SELECT u.id, u.version, COALESCE((SELECT version FROM sites WHERE site = u.site), 0) FROM "+s.dialect.List()+
		s.dialect.To("users", "u", "u.site = ? AND u.id = i.id", s.dialect.Lock("SHARE")),
		s.dialect.Array(slices.Sorted(maps.Keys(tray.Seen))), tray.Site)
	same, err := sql.Collect(rows, err, func(scan func(...any) error) (bool, error) {
		var id string
		var version int
		err := scan(&id, &version, &inherited)
		return tray.Seen[id] == version, err
	})
	if err != nil {
		return err
	}
	if inherited != tray.Inherited { // the site's zone or rules have changed
		s.sites.Delete(tray.Site)
		return message.ErrMoved
	}
	if len(same) != len(tray.Seen) || slices.Contains(same, false) {
		return message.ErrMoved
	}
	return nil
}

// placed gives each deferred message of the tray a window, and makes rows of them all.
func (s *Store) placed(ctx context.Context, t *sql.Tx, tray request.Tray) ([]*messageRow, error) {
	var waits []wait
	for _, m := range tray.Messages {
		if m.Status == message.Deferred {
			waits = append(waits, waitOf(m))
		}
	}
	windows, err := s.openWindows(ctx, t, tray.Site, waits)
	if err != nil {
		return nil, err
	}
	rows := make([]*messageRow, len(tray.Messages))
	for i, m := range tray.Messages {
		if !m.Status.Born() {
			return nil, fmt.Errorf("%s cannot be born as %s", m.ID, m.Status)
		}
		if m.Status == message.Deferred {
			m.Window = windows[waitOf(m)]
		}
		rows[i] = toRow(m)
	}
	return rows, nil
}
