package store

import (
	"context"
	"fmt"
	"time"

	"notifier/message"
)

// Purge deletes messages that came to their end before that time, with all that is kept of
// them: their attempts, errors, callbacks and, where no other message has them, their
// attachments. It looks at n messages that were made before that time, after the given id,
// and returns how many it deleted and the last id that it looked at; empty at the end.
//
// A merged message goes with its digest.
func (s *Store) Purge(ctx context.Context, site string, after message.ID, n int, before time.Time) (purged int, last message.ID, err error) {
	err = s.commit(ctx, func(t *tx) error {
		purged, last = 0, ""
		old, err := readMessages(s.query(ctx, t, s.fromQueue()+" WHERE q.site = ? AND q.id > ? AND q.id < ? ORDER BY q.id LIMIT ?",
			site, string(after), string(until(after, before)), n))
		if err != nil {
			return err
		}
		var ids, windows []string
		blobs := map[string]int{}
		for _, m := range old {
			last = m.ID
			if !m.Status.Final() || !m.UpdatedAt.Before(before) {
				continue
			}
			ids = append(ids, string(m.ID))
			if m.Status == message.Merged {
				windows = append(windows, string(m.Window))
			}
			for _, a := range m.Attachments {
				blobs[a.Hash]++
			}
		}
		purged = len(ids)
		return s.purge(ctx, t, site, ids, windows, blobs)
	})
	if err != nil {
		return 0, "", fmt.Errorf("purge old messages: %w", err)
	}
	return purged, last, nil
}

// PurgeFrom are the ids that Purge begins with, one for each sort.
var PurgeFrom = []message.ID{message.DigestIDs + "_", message.MessageIDs + "_"}

// until is an id that is later than those that were made before the time, of the same sort
// as after: ids begin with their time.
func until(after message.ID, before time.Time) message.ID {
	prefix := message.MessageIDs
	if len(after) >= len(message.DigestIDs) && string(after[:len(message.DigestIDs)]) == message.DigestIDs {
		prefix = message.DigestIDs
	}
	return message.Earliest(prefix, before)
}

func (s *Store) purge(ctx context.Context, t *tx, site string, ids, windows []string, blobs map[string]int) error {
	if len(ids) == 0 {
		return nil
	}
	for _, table := range []struct{ name, key string }{
		{"attempts", "message_id"}, {"retries", "message_id"}, {"decisions", "message_id"}, {"callbacks", "message_id"}, {"messages", "id"}, {"queue", "id"},
	} {
		for _, id := range ids {
			if _, err := s.exec(ctx, t, "DELETE FROM "+table.name+" WHERE site = ? AND "+table.key+" = ?", site, id); err != nil {
				return err
			}
		}
	}
	for _, id := range windows { // the last item of a window takes it along
		_, err := s.exec(ctx, t, "DELETE FROM windows WHERE site = ? AND id = ? AND closed_at IS NOT NULL AND NOT EXISTS"+
			" (SELECT 1 FROM queue q WHERE q.site = windows.site AND q.window_id = windows.id)", site, id)
		if err != nil {
			return err
		}
	}
	return s.forgetBlobs(ctx, t, site, blobs)
}

// forgetBlobs takes so many uses from blobs, and deletes those that nobody uses any more.
func (s *Store) forgetBlobs(ctx context.Context, t *tx, site string, blobs map[string]int) error {
	for hash, n := range blobs {
		_, err := s.exec(ctx, t, "UPDATE blobs SET uses = uses - ? WHERE site = ? AND hash = ?", n, site, hash)
		if err == nil {
			_, err = s.exec(ctx, t, "DELETE FROM blobs WHERE site = ? AND hash = ? AND uses <= 0", site, hash)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
