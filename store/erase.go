package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"notifier/message"
	"notifier/request"
	"notifier/store/sql"
)

// EraseUser forgets who a user is: the user, the memberships, the place in deadlines, what
// was set of the user, and what is known of the address. It tells how many groups and
// deadlines named the user, and whether anything was known. Messages are for EraseMessages.
func (s *Store) EraseUser(ctx context.Context, c request.Call, p message.Someone) (e message.Erased, known bool, err error) {
	id := p.ID
	e.User = id
	err = s.db.Commit(ctx, func(t *sql.Tx) error {
		n, err := s.db.Exec(ctx, t, "DELETE FROM users WHERE site = ? AND id = ?", c.Site, id)
		if err != nil {
			return err
		}
		if known = n > 0; known {
			if err := s.noteAddressID(ctx, t, c.Site, id, true); err != nil {
				return err
			}
		}
		if e.Groups, err = s.eraseFromGroups(ctx, t, c, id); err != nil {
			return err
		}
		if e.Deadlines, err = s.eraseFromDeadlines(ctx, t, c, id); err != nil {
			return err
		}
		if _, err := s.db.Exec(ctx, t, "DELETE FROM changes WHERE site = ? AND subject = ?", c.Site, message.OfUser+id); err != nil {
			return err
		}
		if err := s.eraseRecords(ctx, t, c.Site, p); err != nil {
			return err
		}
		return s.eraseOperations(ctx, t, c.Site, p)
	})
	if err != nil {
		return e, false, fmt.Errorf("erase the user %s: %w", id, err)
	}
	return e, known, nil
}

// quote writes a text as JSON lists hold it.
func quote(text string) string {
	b, _ := json.Marshal(text)
	return string(b)
}

func (s *Store) eraseFromGroups(ctx context.Context, t *sql.Tx, c request.Call, id string) (n int, err error) {
	type group struct {
		id    string
		users sql.List
	}
	rows, err := s.db.Query(ctx, t, "SELECT id, users FROM user_groups WHERE site = ? AND users LIKE ? ESCAPE '!' ORDER BY id"+s.dialect.Lock("UPDATE"), c.Site, "%"+literal(quote(id))+"%")
	found, err := sql.Collect(rows, err, func(scan func(...any) error) (g group, err error) { return g, scan(&g.id, &g.users) })
	if err != nil {
		return 0, err
	}
	for _, g := range found {
		if !slices.Contains(g.users, id) {
			continue
		}
		n++
		rest := slices.DeleteFunc(slices.Clone(g.users), func(u string) bool { return u == id })
		if _, err := s.db.Exec(ctx, t, "UPDATE user_groups SET users = ?, updated_at = ? WHERE site = ? AND id = ?", rest, sql.Instant(c.At), c.Site, g.id); err != nil {
			return n, err
		}
	}
	return n, nil
}

// eraseFromDeadlines takes a user out of all deadlines. One that is left without users ends.
func (s *Store) eraseFromDeadlines(ctx context.Context, t *sql.Tx, c request.Call, id string) (n int, err error) {
	found, err := readDeadlines(s.db.Query(ctx, t, selectDeadlines+"WHERE site = ? AND deadline LIKE ? ESCAPE '!' ORDER BY key"+s.dialect.Lock("UPDATE"), c.Site, "%"+literal(quote(id))+"%"))
	if err != nil {
		return 0, err
	}
	for _, d := range found {
		without, named := d.Without(id)
		if !named {
			continue
		}
		n++
		written, err := json.Marshal(without)
		if err == nil {
			_, err = s.db.Exec(ctx, t, "UPDATE deadlines SET deadline = ? WHERE site = ? AND key = ?", string(written), c.Site, d.Key)
		}
		if err == nil && len(without.Users) == 0 && without.ClearedAt.IsZero() {
			_, err = s.endDeadline(ctx, t, c.Site, d.Key, message.Decided{At: c.At, What: message.DeadlineMet, By: c.By})
		}
		if err == nil {
			_, err = s.db.Exec(ctx, t, "DELETE FROM changes WHERE site = ? AND subject = ?", c.Site, message.OfDeadline+d.Key)
		}
		if err == nil {
			err = s.change(ctx, t, c, message.SetDeadline, message.OfDeadline+d.Key, json.RawMessage(written))
		}
		if err != nil {
			return n, err
		}
	}
	return n, nil
}
