package store

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"notifier/message"
)

// keepBlobs stores the content of the tray's attachments, each once, and counts who has it.
func (s *Store) keepBlobs(ctx context.Context, t *tx, tray message.Tray) error {
	uses, content := map[string]int{}, map[string][]byte{}
	for _, m := range tray.Messages {
		for _, a := range m.Attachments {
			uses[a.Hash]++
			content[a.Hash] = a.Content
		}
	}
	for _, hash := range slices.Sorted(maps.Keys(uses)) { // in one order, as all rows
		n, err := s.exec(ctx, t, "UPDATE blobs SET uses = uses + ? WHERE site = ? AND hash = ?", uses[hash], tray.Site, hash)
		if err == nil && n == 0 {
			_, err = s.exec(ctx, t, "INSERT INTO blobs (site, hash, content, uses) VALUES (?, ?, ?, ?)"+
				" ON CONFLICT (site, hash) DO UPDATE SET uses = blobs.uses + excluded.uses", tray.Site, hash, content[hash], uses[hash])
		}
		if err != nil {
			return fmt.Errorf("store an attachment: %w", err)
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
		rows, err := s.query(ctx, nil, "SELECT content FROM blobs WHERE site = ? AND hash = ?", m.Site, a.Hash)
		found, err := collect(rows, err, func(scan func(...any) error) (b []byte, err error) { return b, scan(&b) })
		if err != nil {
			return m, fmt.Errorf("read the attachments of %s: %w", m.ID, err)
		}
		if len(found) == 1 {
			a.Content = found[0]
		}
	}
	return m, nil
}
