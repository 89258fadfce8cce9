package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"notifier/message"
	"notifier/request"
	"notifier/store/sql"
)

// ever is later than anything is due.
var ever = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// PromoteUser closes all windows of one user, those too whose time has not come, as Promote
// does with those that are due. It returns what left. If the request with that key (nil:
// none) was answered before it moves nothing, and tells that answer.
func (s *Store) PromoteUser(ctx context.Context, c request.Call, k *request.Key, user string, decide func([]message.Message) message.Closing) (sent message.SentNow, replayed bool, err error) {
	var items []message.Message
	var end message.Closing
	answered, err := s.firstTime(ctx, c, k, func(t *sql.Tx) (any, error) {
		items, end, sent = nil, message.Closing{}, message.SentNow{}
		people, err := s.lockUsers(ctx, t, c.Site, []string{user}, "NO KEY UPDATE")
		if err != nil {
			return nil, err
		}
		if len(people) == 0 {
			return nil, message.ErrNotFound
		}
		windows, err := s.dueWindows(ctx, t, c.Site, ever, []string{user})
		if err != nil || len(windows) == 0 {
			return sent, err
		}
		err = s.closeWindows(ctx, t, closing{
			site: c.Site, at: c.At, people: people, windows: windows, stale: map[message.ID]bool{},
			decide: func(waiting []message.Message) message.Closing {
				items, end = waiting, decide(waiting)
				return end
			},
		})
		if err != nil {
			return nil, err
		}
		for _, m := range items {
			why := message.Decided{Message: m.ID, At: c.At, What: message.DidSendNow, By: c.By}
			if err := s.note(ctx, t, c.Site, why); err != nil {
				return nil, err
			}
		}
		leaves := end.Leaves(items, c.At)
		sent = message.SentNow{Messages: len(items), Message: leaves.ID, Status: leaves.Status}
		return sent, nil
	})
	if err == nil && answered != nil {
		err = json.Unmarshal(answered, &sent)
		return sent, true, err
	}
	if err != nil {
		return sent, false, fmt.Errorf("send what waits for %s: %w", user, err)
	}
	for _, m := range items {
		if m.Status = message.After(message.Promote); end.Move != message.Skip {
			s.announce(m)
			break
		}
	}
	return sent, false, nil
}

// Waiting lists what waits for a user's digests, by when it is due; at most n messages.
func (s *Store) Waiting(ctx context.Context, site, user string, n int) ([]message.Message, error) {
	all, err := readMessages(s.db.Query(ctx, nil, s.fromWindows()+" WHERE w.site = ? AND w.user_id = ? AND w.closed_at IS NULL ORDER BY w.due_at, m.occurred_at, m.id LIMIT ?",
		site, user, n))
	if err != nil {
		return nil, fmt.Errorf("list what waits for %s: %w", user, err)
	}
	return all, nil
}

// WaitingUsers lists at most n users for whom something waits, by id after the given one.
func (s *Store) WaitingUsers(ctx context.Context, site, after string, n int) ([]message.Waits, error) {
	rows, err := s.db.Query(ctx, nil, "SELECT w.user_id, min(w.due_at), count(*) FROM "+s.windowsOn()+
		" WHERE w.site = ? AND w.user_id > ? AND w.closed_at IS NULL GROUP BY w.user_id ORDER BY w.user_id LIMIT ?", site, after, n)
	all, err := sql.Collect(rows, err, func(scan func(...any) error) (w message.Waits, err error) {
		return w, scan(&w.User, (*sql.Instant)(&w.DueAt), &w.Messages)
	})
	if err != nil {
		return nil, fmt.Errorf("list for whom something waits: %w", err)
	}
	return all, nil
}

// Told lists the messages of a user about events since that time, the first first; at most n.
func (s *Store) Told(ctx context.Context, site, user string, since time.Time, n int) ([]message.Message, error) {
	all, err := readMessages(s.db.Query(ctx, nil, selectMessages+s.messagesOn()+
		" WHERE m.site = ? AND m.user_id = ? AND m.user_id <> '' AND m.id > ? AND m.type = ? ORDER BY m.id LIMIT ?",
		site, user, message.Earliest(message.MessageIDs, since), message.Single, n))
	if err != nil {
		return nil, fmt.Errorf("list what %s was told: %w", user, err)
	}
	return all, nil
}
