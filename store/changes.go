package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"notifier/message"
	"notifier/store/sql"
)

const changeNames = "id, subject, at, what, actor, content"

// change notes what a caller set, in the transaction that stores it.
func (s *Store) change(ctx context.Context, t *sql.Tx, c message.Call, what message.Setting, subject string, content any) error {
	written, err := json.Marshal(content)
	if err == nil {
		_, err = s.db.Exec(ctx, t, "INSERT INTO changes (site, "+changeNames+") VALUES ("+sql.Marks(7)+")",
			c.Site, message.NewID(message.ChangeIDs), subject, sql.Instant(c.At), what, c.By, string(written))
	}
	if err != nil {
		return fmt.Errorf("note a change of %s: %w", subject, err)
	}
	return nil
}

func readChanges(rows *sql.Rows, err error) ([]message.Change, error) {
	return sql.Collect(rows, err, func(scan func(...any) error) (c message.Change, err error) {
		var content string
		err = scan((*string)(&c.ID), &c.Subject, (*sql.Instant)(&c.At), (*string)(&c.What), &c.By, &content)
		c.Content = json.RawMessage(content)
		return c, err
	})
}

// Changes lists at most n changes of the site, in their order, after the given id.
func (s *Store) Changes(ctx context.Context, site string, after message.ID, n int) ([]message.Change, error) {
	all, err := readChanges(s.db.Query(ctx, nil, "SELECT "+changeNames+" FROM changes WHERE site = ? AND id > ? ORDER BY id LIMIT ?", site, after, n))
	if err != nil {
		return nil, fmt.Errorf("list changes: %w", err)
	}
	return all, nil
}

// ChangesOf lists the last n changes of one subject, the newest first.
func (s *Store) ChangesOf(ctx context.Context, site, subject string, n int) ([]message.Change, error) {
	all, err := readChanges(s.db.Query(ctx, nil, "SELECT "+changeNames+" FROM changes WHERE site = ? AND subject = ? ORDER BY id DESC LIMIT ?", site, subject, n))
	if err != nil {
		return nil, fmt.Errorf("list the changes of %s: %w", subject, err)
	}
	return all, nil
}

// ForgetChanges deletes at most n changes that are older than that, except the last one of
// each subject before it: that is how things stood then.
func (s *Store) ForgetChanges(ctx context.Context, site string, n int, before time.Time) (int, error) {
	forgotten, err := s.db.Exec(ctx, nil, "DELETE FROM changes WHERE site = ? AND id IN (SELECT c.id FROM changes c WHERE c.site = ? AND c.id < ?"+
		" AND EXISTS (SELECT 1 FROM changes l WHERE l.site = c.site AND l.subject = c.subject AND l.id > c.id AND l.id < ?) ORDER BY c.id LIMIT ?)",
		site, site, message.Earliest(message.ChangeIDs, before), message.Earliest(message.ChangeIDs, before), n)
	if err != nil {
		return 0, fmt.Errorf("forget old changes: %w", err)
	}
	return forgotten, nil
}
