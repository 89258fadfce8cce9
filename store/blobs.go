package store

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"notifier/message"
	"notifier/request"
	"notifier/store/sql"
)

// keepBlobs stores the content of the tray's attachments, each once, and counts who has it.
func (s *Store) keepBlobs(ctx context.Context, t *sql.Tx, tray request.Tray) error {
	uses, content := map[string]int{}, map[string][]byte{}
	for _, m := range tray.Messages {
		for _, a := range m.Attachments {
			uses[a.Hash]++
			content[a.Hash] = a.Content
		}
	}
	for _, hash := range slices.Sorted(maps.Keys(uses)) { // in one order, as all rows
		n, err := s.db.Exec(ctx, t, "UPDATE blobs SET uses = uses + ? WHERE site = ? AND hash = ?", uses[hash], tray.Site, hash)
		if err == nil && n == 0 {
			_, err = s.db.Exec(ctx, t, "INSERT INTO blobs (site, hash, content, uses) VALUES (?, ?, ?, ?)"+
				" ON CONFLICT (site, hash) DO UPDATE SET uses = blobs.uses + excluded.uses", tray.Site, hash, content[hash], uses[hash])
		}
		if err != nil {
			return fmt.Errorf("store an attachment: %w", err)
		}
	}
	return nil
}

// countUses adds the attachments of a message, as its column extra has them, to uses.
func countUses(extra string, uses map[string]int) error {
	if extra == "" {
		return nil
	}
	var e message.Extra
	if err := json.Unmarshal([]byte(extra), &e); err != nil {
		return err
	}
	for _, a := range e.Attachments {
		uses[a.Hash]++
	}
	return nil
}

// holdUses locks a message, in the order in which Purge does, and adds what it uses now: of
// two who erase or purge it at once, the second finds nothing to count down.
func (s *Store) holdUses(ctx context.Context, t *sql.Tx, m message.Message, uses map[string]int) error {
	if _, err := sql.Texts(s.db.Query(ctx, t, "SELECT id FROM queue WHERE site = ? AND id = ?"+s.dialect.Lock("UPDATE"), m.Site, m.ID)); err != nil {
		return err
	}
	extras, err := sql.Texts(s.db.Query(ctx, t, "SELECT extra FROM messages WHERE site = ? AND id = ?"+s.dialect.Lock("UPDATE"), m.Site, m.ID))
	for _, extra := range extras {
		if err == nil {
			err = countUses(extra, uses)
		}
	}
	return err
}

// forgetBlobs takes so many uses from blobs, and deletes those that nobody uses any more.
// Whoever begins to use one meanwhile waits for its row, and stores the content again if it
// is gone then (keepBlobs).
func (s *Store) forgetBlobs(ctx context.Context, t *sql.Tx, site string, uses map[string]int) error {
	for _, hash := range slices.Sorted(maps.Keys(uses)) { // in one order, as all rows
		_, err := s.db.Exec(ctx, t, "UPDATE blobs SET uses = uses - ? WHERE site = ? AND hash = ?", uses[hash], site, hash)
		if err == nil {
			_, err = s.db.Exec(ctx, t, "DELETE FROM blobs WHERE site = ? AND hash = ? AND uses <= 0", site, hash)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Attach gives the message the content of its attachments. What is not there any more is
// left empty.
func (s *Store) Attach(ctx context.Context, m message.Message) (message.Message, error) {
	m.Attachments = slices.Clone(m.Attachments)
	for i := range m.Attachments {
		a := &m.Attachments[i]
		rows, err := s.db.Query(ctx, nil, "SELECT content FROM blobs WHERE site = ? AND hash = ?", m.Site, a.Hash)
		found, err := sql.Collect(rows, err, func(scan func(...any) error) (b []byte, err error) { return b, scan(&b) })
		if err != nil {
			return m, fmt.Errorf("read the attachments of %s: %w", m.ID, err)
		}
		if len(found) == 1 {
			a.Content = found[0]
		}
	}
	return m, nil
}
