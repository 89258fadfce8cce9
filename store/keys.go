package store

import (
	"context"
	"fmt"
	"time"

	"notifier/access"
	"notifier/message"
	"notifier/store/sql"
)

const keyNames = "site, id, name, test, scopes, prefix, hash, rate_limit, created_at, created_by, expires_at, revoked_at, used_at"

func readKey(scan func(into ...any) error) (k access.Key, err error) {
	var scopes sql.List
	var expires, revoked, used sql.Instant
	err = scan(&k.Site, (*string)(&k.ID), &k.Name, &k.Test, &scopes, &k.Prefix, &k.Hash, &k.RateLimit, (*sql.Instant)(&k.CreatedAt), &k.CreatedBy,
		&expires, &revoked, &used)
	for _, s := range scopes {
		k.Scopes = append(k.Scopes, access.Scope(s))
	}
	k.ExpiresAt, k.RevokedAt, k.UsedAt = sql.OrNull(time.Time(expires)), sql.OrNull(time.Time(revoked)), sql.OrNull(time.Time(used))
	return k, err
}

// Key reads one; message.ErrNotFound if there is none.
func (s *Store) Key(ctx context.Context, site string, id message.ID) (access.Key, error) {
	return s.key(ctx, "site = ? AND id = ?", site, string(id))
}

// KeyOfHash finds the key whose secret has this hash; message.ErrNotFound if there is none.
func (s *Store) KeyOfHash(ctx context.Context, hash string) (access.Key, error) {
	return s.key(ctx, "hash = ?", hash)
}

func (s *Store) key(ctx context.Context, where string, arguments ...any) (access.Key, error) {
	rows, err := s.db.Query(ctx, nil, "SELECT "+keyNames+" FROM api_keys WHERE "+where, arguments...)
	found, err := sql.Collect(rows, err, readKey)
	if err != nil {
		return access.Key{}, fmt.Errorf("read a key: %w", err)
	}
	if len(found) == 0 {
		return access.Key{}, message.ErrNotFound
	}
	return found[0], nil
}

// Keys lists the keys of a site, the oldest first.
func (s *Store) Keys(ctx context.Context, site string) ([]access.Key, error) {
	rows, err := s.db.Query(ctx, nil, "SELECT "+keyNames+" FROM api_keys WHERE site = ? ORDER BY id LIMIT 1000", site)
	all, err := sql.Collect(rows, err, readKey)
	if err != nil {
		return nil, fmt.Errorf("list the keys: %w", err)
	}
	return all, nil
}

// SaveKeys adds keys, or changes when they end: all or none.
func (s *Store) SaveKeys(ctx context.Context, all ...access.Key) error {
	err := s.db.Commit(ctx, func(t *sql.Tx) error {
		for _, k := range all {
			scopes := make(sql.List, len(k.Scopes))
			for i, scope := range k.Scopes {
				scopes[i] = string(scope)
			}
			_, err := s.db.Exec(ctx, t, "INSERT INTO api_keys ("+keyNames+") VALUES ("+sql.Marks(13)+") ON CONFLICT (site, id) DO UPDATE SET "+sql.SetTo("excluded", "expires_at, revoked_at"),
				k.Site, string(k.ID), k.Name, k.Test, scopes, k.Prefix, k.Hash, k.RateLimit, sql.Instant(k.CreatedAt), k.CreatedBy,
				sql.OrNone(k.ExpiresAt), sql.OrNone(k.RevokedAt), sql.OrNone(k.UsedAt))
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("save keys: %w", err)
	}
	return nil
}

// NoteKeyUse writes down when a key was last used.
func (s *Store) NoteKeyUse(ctx context.Context, k access.Key, at time.Time) error {
	_, err := s.db.Exec(ctx, nil, "UPDATE api_keys SET used_at = ? WHERE site = ? AND id = ? AND (used_at IS NULL OR used_at < ?)", sql.Instant(at), k.Site, string(k.ID), sql.Instant(at))
	if err != nil {
		return fmt.Errorf("note the use of a key: %w", err)
	}
	return nil
}
