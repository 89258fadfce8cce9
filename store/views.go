package store

import (
	"context"
	"fmt"

	"notifier/access"
	"notifier/message"
	"notifier/store/sql"
)

// Views lists the searches that a member has kept, by name.
func (s *Store) Views(ctx context.Context, site, email string) ([]access.View, error) {
	rows, err := s.db.Query(ctx, nil, "SELECT name, query, created_at FROM views WHERE site = ? AND email = ? ORDER BY name LIMIT ?", site, email, access.MaxViews)
	all, err := sql.Collect(rows, err, func(scan func(...any) error) (access.View, error) {
		v := access.View{Site: site, Email: email}
		return v, scan(&v.Name, &v.Query, (*sql.Instant)(&v.CreatedAt))
	})
	if err != nil {
		return nil, fmt.Errorf("list views: %w", err)
	}
	return all, nil
}

// SaveView keeps a search, in place of one of the same name. A *message.Invalid says that
// there are too many.
func (s *Store) SaveView(ctx context.Context, v access.View) error {
	err := s.db.Commit(ctx, func(t *sql.Tx) error {
		n := 0
		if err := s.db.Row(ctx, t, []any{&n}, "SELECT count(*) FROM views WHERE site = ? AND email = ? AND name <> ?", v.Site, v.Email, v.Name); err != nil {
			return err
		}
		if n >= access.MaxViews {
			var bad message.Invalid
			bad.Add("/name", "too_many", "%d views are kept, and more are not. Remove one first", access.MaxViews)
			return &bad
		}
		_, err := s.db.Exec(ctx, t, "INSERT INTO views (site, email, name, query, created_at) VALUES ("+sql.Marks(5)+") ON CONFLICT (site, email, name) DO UPDATE SET query = excluded.query",
			v.Site, v.Email, v.Name, v.Query, sql.Instant(v.CreatedAt))
		return err
	})
	if err != nil {
		return fmt.Errorf("keep a view: %w", err)
	}
	return nil
}

// RemoveView forgets a search that was kept, if there is one.
func (s *Store) RemoveView(ctx context.Context, site, email, name string) error {
	if _, err := s.db.Exec(ctx, nil, "DELETE FROM views WHERE site = ? AND email = ? AND name = ?", site, email, name); err != nil {
		return fmt.Errorf("remove a view: %w", err)
	}
	return nil
}
