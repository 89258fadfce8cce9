package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"notifier/message"
	"notifier/store/sql"
)

// Purge deletes messages that came to their end before that time, with all that is kept of
// them: their attempts, errors, callbacks and, where no other message has them, their
// attachments. It looks at n messages that were made before that time, after the given id,
// and returns how many it deleted and the last id that it looked at; empty at the end.
//
// A merged message goes with its digest. Several replicas may purge at once: each takes rows
// that no other has, and counts down only what its own DELETE gave back.
func (s *Store) Purge(ctx context.Context, site string, after message.ID, n int, before time.Time) (purged int, last message.ID, err error) {
	err = s.db.Commit(ctx, func(t *sql.Tx) error {
		purged, last = 0, ""
		old, err := readMessages(s.db.Query(ctx, t, s.fromQueue()+" WHERE q.site = ? AND q.id > ? AND q.id < ? ORDER BY q.id LIMIT ?"+
			s.dialect.Lock("UPDATE OF q SKIP LOCKED"), site, string(after), string(until(after, before)), n))
		if err != nil {
			return err
		}
		var ids, windows []string
		for _, m := range old {
			last = m.ID
			if !m.Status.Final() || !m.UpdatedAt.Before(before) {
				continue
			}
			ids = append(ids, string(m.ID))
			if m.Status == message.Merged {
				windows = append(windows, string(m.Window))
			}
		}
		purged, err = s.purge(ctx, t, site, ids, windows)
		return err
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

// purge deletes messages whose rows in the queue this transaction holds.
func (s *Store) purge(ctx context.Context, t *sql.Tx, site string, ids, windows []string) (purged int, err error) {
	uses := map[string]int{}
	for _, id := range ids {
		extras, err := sql.Texts(s.db.Query(ctx, t, "DELETE FROM messages WHERE site = ? AND id = ? RETURNING extra", site, id))
		if err != nil {
			return purged, err
		}
		purged += len(extras)
		for _, extra := range extras {
			if err := countUses(extra, uses); err != nil {
				return purged, fmt.Errorf("read what else %s has: %w", id, err)
			}
		}
		for _, table := range []struct{ name, key string }{
			{"attempts", "message_id"}, {"retries", "message_id"}, {"decisions", "message_id"}, {"callbacks", "message_id"}, {"queue", "id"},
		} {
			if _, err := s.db.Exec(ctx, t, "DELETE FROM "+table.name+" WHERE site = ? AND "+table.key+" = ?", site, id); err != nil {
				return purged, err
			}
		}
	}
	if err := s.purgeWindows(ctx, t, site, windows); err != nil {
		return purged, err
	}
	return purged, s.forgetBlobs(ctx, t, site, uses)
}

// purgeWindows lets the last item of a window take it along. The row is held first: of two
// transactions that each delete one of the last two items, the second must see that the
// other is gone.
func (s *Store) purgeWindows(ctx context.Context, t *sql.Tx, site string, windows []string) error {
	slices.Sort(windows)
	for _, id := range slices.Compact(windows) {
		_, err := sql.Texts(s.db.Query(ctx, t, "SELECT id FROM windows WHERE site = ? AND id = ?"+s.dialect.Lock("UPDATE"), site, id))
		if err == nil {
			_, err = s.db.Exec(ctx, t, "DELETE FROM windows WHERE site = ? AND id = ? AND closed_at IS NOT NULL AND NOT EXISTS"+
				" (SELECT 1 FROM queue q WHERE q.site = windows.site AND q.window_id = windows.id)", site, id)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
