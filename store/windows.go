package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"notifier/message"
)

// wait is what a deferred message waits for: its user's instant, in microseconds.
type wait struct {
	user string
	due  int64
}

func waitOf(m message.Message) wait { return wait{user: m.UserID, due: m.DueAt.UnixMicro()} }

// openWindows finds or opens a window for each wait and keeps it open until the
// transaction ends.
func (s *Store) openWindows(ctx context.Context, t *tx, site string, waits []wait) (map[wait]message.ID, error) {
	slices.SortFunc(waits, func(a, b wait) int {
		if c := strings.Compare(a.user, b.user); c != 0 {
			return c
		}
		return int(a.due - b.due)
	})
	waits = slices.Compact(waits)
	for {
		open, err := s.findWindows(ctx, t, site, waits)
		if err != nil {
			return nil, err
		}
		missing := slices.DeleteFunc(slices.Clone(waits), func(w wait) bool { return open[w] != "" })
		if len(missing) == 0 {
			return open, nil
		}
		// Another transaction may open the same window, or close one that was just found;
		// then it is looked up, or opened, again.
		for _, w := range missing {
			_, err := s.exec(ctx, t, `INSERT INTO windows (site, id, user_id, due_at) VALUES (?, ?, ?, ?)
				ON CONFLICT (site, user_id, due_at) WHERE closed_at IS NULL DO NOTHING`,
				site, message.NewID(message.WindowIDs), w.user, instant(time.UnixMicro(w.due)))
			if err != nil {
				return nil, fmt.Errorf("open a window: %w", err)
			}
		}
	}
}

func (s *Store) findWindows(ctx context.Context, t *tx, site string, waits []wait) (map[wait]message.ID, error) {
	found := map[wait]message.ID{}
	if len(waits) == 0 {
		return found, nil
	}
	users, dues := map[string]bool{}, map[int64]bool{}
	for _, w := range waits {
		users[w.user], dues[w.due] = true, true
	}
	var times []time.Time
	for _, d := range slices.Sorted(maps.Keys(dues)) {
		times = append(times, time.UnixMicro(d).UTC())
	}
	ofUsers, userList := s.dialect.anyOf("user_id", slices.Sorted(maps.Keys(users)))
	atTimes, timeList := s.dialect.anyTime("due_at", times)
	rows, err := s.query(ctx, t, "SELECT id, user_id, due_at FROM windows WHERE site = ? AND closed_at IS NULL AND "+
		ofUsers+" AND "+atTimes+" ORDER BY user_id, due_at"+s.dialect.lock("KEY SHARE"), site, userList, timeList)
	if err != nil {
		return nil, fmt.Errorf("find windows: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, user string
		var due instant
		if err := rows.Scan(&id, &user, &due); err != nil {
			return nil, err
		}
		found[wait{user: user, due: time.Time(due).UnixMicro()}] = message.ID(id)
	}
	return found, rows.Err()
}

// Promote closes the digest windows of at most n users whose time has come. For each of
// them decide sees all messages that are due, as the user's address is now, and says what
// becomes of them. All of it is one transaction: after a crash either everything still
// waits, or everything has moved. It returns how many users it looked at.
func (s *Store) Promote(ctx context.Context, site string, at time.Time, n int, decide func([]message.Message) message.Closing) (int, error) {
	users := 0
	err := s.commit(ctx, func(t *tx) error {
		due, err := texts(s.query(ctx, t, "SELECT DISTINCT user_id FROM (SELECT user_id FROM windows "+
			"WHERE site = ? AND closed_at IS NULL AND due_at <= ? ORDER BY due_at, user_id LIMIT ?) AS w", site, instant(at), n))
		if err != nil || len(due) == 0 {
			return err
		}
		people, err := s.holdUsers(ctx, t, site, due)
		if err != nil {
			return err
		}
		users = len(people)
		windows, err := s.dueWindows(ctx, t, site, at, slices.Sorted(maps.Keys(people)))
		if err != nil {
			return err
		}
		return s.closeWindows(ctx, t, closing{site: site, at: at, people: people, windows: windows, stale: map[message.ID]bool{}, decide: decide})
	})
	if err != nil {
		return 0, fmt.Errorf("promote deferred messages: %w", err)
	}
	return users, nil
}

// holdUsers takes the users for this transaction: those that nobody else has, or, if
// others have them all, each of them in turn. So no two replicas close windows of the
// same user, and no preference changes meanwhile.
func (s *Store) holdUsers(ctx context.Context, t *tx, site string, ids []string) (map[string]message.Person, error) {
	for _, lock := range []string{"NO KEY UPDATE SKIP LOCKED", "NO KEY UPDATE"} {
		held, err := s.lockUsers(ctx, t, site, ids, lock)
		if err != nil || len(held) > 0 {
			return held, err
		}
	}
	orphans := map[string]message.Person{} // windows whose user is gone: nobody to write to
	for _, id := range ids {
		orphans[id] = message.Person{ID: id}
	}
	return orphans, nil
}

func (s *Store) lockUsers(ctx context.Context, t *tx, site string, ids []string, lock string) (map[string]message.Person, error) {
	condition, argument := s.dialect.anyOf("id", ids)
	return readPeople(s.query(ctx, t, selectPeople+condition+" ORDER BY id"+s.dialect.lock(lock), site, site, argument))
}

// dueWindows locks and lists the users' windows whose time has come: window → user.
func (s *Store) dueWindows(ctx context.Context, t *tx, site string, at time.Time, users []string) (map[string]string, error) {
	condition, argument := s.dialect.anyOf("user_id", users)
	rows, err := s.query(ctx, t, "SELECT id, user_id FROM windows WHERE site = ? AND closed_at IS NULL AND due_at <= ? AND "+condition+
		" ORDER BY user_id, due_at"+s.dialect.lock("UPDATE"), site, instant(at), argument)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	windows := map[string]string{}
	for rows.Next() {
		var id, user string
		if err := rows.Scan(&id, &user); err != nil {
			return nil, err
		}
		windows[id] = user
	}
	return windows, rows.Err()
}

type closing struct {
	site    string
	at      time.Time
	people  map[string]message.Person
	windows map[string]string // → user
	stale   map[message.ID]bool
	decide  func([]message.Message) message.Closing
}

// closeWindows writes what becomes of the messages in the windows.
func (s *Store) closeWindows(ctx context.Context, t *tx, c closing) error {
	byUser, err := s.waiting(ctx, t, c)
	if err != nil {
		return err
	}
	moved := map[message.Move][]string{} // the messages that are promoted or skipped
	digestOf := map[string]string{}      // user → digest
	var digests []*messageRow
	for _, user := range slices.Sorted(maps.Keys(byUser)) {
		items := byUser[user]
		end := c.decide(items)
		if end.Move == message.Merge {
			digests = append(digests, toRow(end.Digest))
			digestOf[user] = string(end.Digest.ID)
			continue
		}
		for _, m := range items {
			moved[end.Move] = append(moved[end.Move], string(m.ID))
			if end.Move == message.Promote && c.stale[m.ID] {
				if err := s.readdress(ctx, t, m); err != nil {
					return err
				}
			}
		}
	}
	if len(digests) > 0 {
		if err := s.dialect.insertMessages(ctx, t, digests); err != nil {
			return err
		}
	}
	if err := s.moveDeferred(ctx, t, c, moved); err != nil {
		return err
	}
	var ids, into []string
	for _, id := range slices.Sorted(maps.Keys(c.windows)) {
		ids, into = append(ids, id), append(into, digestOf[c.windows[id]])
	}
	return s.dialect.mergeWindows(ctx, t, c.site, c.at, ids, into)
}

// waiting reads the messages in the windows, by user, with the user's address of now.
func (s *Store) waiting(ctx context.Context, t *tx, c closing) (map[string][]message.Message, error) {
	condition, argument := s.dialect.anyOf("q.window_id", slices.Collect(maps.Keys(c.windows)))
	items, err := readMessages(s.query(ctx, t, selectMessages+fmt.Sprintf("WHERE q.site = ? AND q.status = '%s' AND ", message.Deferred)+condition,
		c.site, argument))
	if err != nil {
		return nil, err
	}
	byUser := map[string][]message.Message{}
	for _, m := range items {
		now := c.people[m.UserID].Address(m)
		if !slices.Equal(now.To, m.To) || now.Timezone != m.Timezone || now.Language != m.Language {
			c.stale[m.ID] = true
		}
		byUser[m.UserID] = append(byUser[m.UserID], now)
	}
	return byUser, nil
}

// moveDeferred promotes and skips messages, all those of one move in one statement.
func (s *Store) moveDeferred(ctx context.Context, t *tx, c closing, moved map[message.Move][]string) error {
	for move, ids := range moved {
		condition, argument := s.dialect.anyOf("id", ids)
		set, arguments := "due_at = ?, queued_at = ?", []any{instant(c.at), instant(c.at)}
		if move == message.Skip {
			set, arguments = "reason = ?", []any{message.NoAddress}
		}
		arguments = append([]any{message.After(move), instant(c.at)}, arguments...)
		_, err := s.exec(ctx, t, fmt.Sprintf("UPDATE queue SET status = ?, changed_at = ?, %s WHERE site = ? AND status IN %s AND %s",
			set, in(message.From(move)), condition), append(arguments, c.site, argument)...)
		if err != nil {
			return err
		}
	}
	return nil
}

// readdress mends the address of a message whose user has changed since.
func (s *Store) readdress(ctx context.Context, t *tx, m message.Message) error {
	_, err := s.exec(ctx, t, "UPDATE messages SET to_email = ?, to_name = ?, timezone = ?, language = ? WHERE site = ? AND id = ?",
		m.To[0].Email, m.To[0].Name, m.Timezone, m.Language, m.Site, m.ID)
	return err
}

// reschedule changes what waits for a user as again says: when it is due, and why then.
// The caller holds the user's row.
func (s *Store) reschedule(ctx context.Context, t *tx, site, user string, again func(message.Message) message.Message) error {
	windows, err := texts(s.query(ctx, t, "SELECT id FROM windows WHERE site = ? AND user_id = ? AND closed_at IS NULL ORDER BY due_at"+
		s.dialect.lock("UPDATE"), site, user))
	if err != nil || len(windows) == 0 {
		return err
	}
	condition, argument := s.dialect.anyOf("q.window_id", windows)
	items, err := readMessages(s.query(ctx, t, selectMessages+fmt.Sprintf("WHERE q.site = ? AND q.status = '%s' AND ", message.Deferred)+condition,
		site, argument))
	if err != nil {
		return err
	}
	var waits []wait
	var changed []message.Message
	for _, before := range items {
		after := again(before)
		if after.DueAt.Equal(before.DueAt) && after.Setting == before.Setting && after.Reason == before.Reason {
			continue
		}
		changed, waits = append(changed, after), append(waits, waitOf(after))
	}
	open, err := s.openWindows(ctx, t, site, waits)
	if err != nil {
		return err
	}
	for _, m := range changed {
		if _, err := s.exec(ctx, t, "UPDATE queue SET window_id = ?, reason = ? WHERE site = ? AND id = ?", open[waitOf(m)], m.Reason, site, m.ID); err != nil {
			return err
		}
		if _, err := s.exec(ctx, t, "UPDATE messages SET setting = ? WHERE site = ? AND id = ?", m.Setting, site, m.ID); err != nil {
			return err
		}
	}
	return nil
}
