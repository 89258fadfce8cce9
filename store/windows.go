package store

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"notifier/message"
	"notifier/request"
	"notifier/store/sql"
)

// A window is what becomes one digest: all that one user is to hear at one instant. Deferred
// messages name it and have no due time of their own, so that changing one row moves them all.
//
//	intake     openWindows: finds the open window of (user, instant) or makes one, and holds it with
//	           KEY SHARE until the commit: nothing goes into a window that is being closed
//	promotion  Promote: takes users that nobody else has (SKIP LOCKED), locks their due windows,
//	           reads what is in them, and in the same transaction stores the digest and closes the
//	           windows with its id: mergeWindows writes a row per window, none per message
//	reading    a deferred message whose window is closed counts as merged (toMessage in rows.go)
//
// At most one window of a user and instant is open (a unique index sees to that), a closed one never
// opens again, and users are always locked before windows.

// wait is what a deferred message waits for: its user's instant, in microseconds.
type wait struct {
	user string
	due  int64
}

func waitOf(m message.Message) wait { return wait{user: m.UserID, due: m.DueAt.UnixMicro()} }

func (w wait) at() time.Time { return time.UnixMicro(w.due).UTC() }

func (w wait) compare(other wait) int {
	return cmp.Or(strings.Compare(w.user, other.user), cmp.Compare(w.due, other.due))
}

// openWindows finds or opens a window for each wait and keeps it open until the
// transaction ends.
func (s *Store) openWindows(ctx context.Context, t *sql.Tx, site string, waits []wait) (map[wait]message.ID, error) {
	// All go through them in one order, so that no two wait for each other.
	slices.SortFunc(waits, wait.compare)
	missing := slices.Compact(waits)
	open := map[wait]message.ID{}
	for len(missing) > 0 {
		if err := s.findWindows(ctx, t, site, missing, open); err != nil {
			return nil, err
		}
		missing = slices.DeleteFunc(missing, func(w wait) bool { return open[w] != "" })
		if len(missing) == 0 {
			break
		}
		ids := make([]message.ID, len(missing))
		for i := range ids {
			ids[i] = message.NewID(message.WindowIDs)
		}
		// Another transaction may open the same window, or close one that was just found;
		// then it is looked up, or opened, again.
		from, arguments := s.dialect.waits(ids, missing)
		_, err := s.db.Exec(ctx, t, "INSERT INTO windows (site, id, user_id, due_at) SELECT ?, i.id, i.user_id, i.due_at FROM "+from+
			" WHERE true ON CONFLICT (site, user_id, due_at) WHERE closed_at IS NULL DO NOTHING", append([]any{site}, arguments...)...)
		if err != nil {
			return nil, fmt.Errorf("open windows: %w", err)
		}
	}
	return open, nil
}

// findWindows adds the open windows that there are for these waits.
func (s *Store) findWindows(ctx context.Context, t *sql.Tx, site string, waits []wait, found map[wait]message.ID) error {
	from, arguments := s.dialect.waits(nil, waits)
	rows, err := s.db.Query(ctx, t, "SELECT w.id, w.user_id, w.due_at FROM "+from+
		s.dialect.To("windows", "w", "w.site = ? AND w.user_id = i.user_id AND w.due_at = i.due_at AND w.closed_at IS NULL", s.dialect.Lock("KEY SHARE")),
		append(arguments, site)...)
	_, err = sql.Collect(rows, err, func(scan func(...any) error) (id message.ID, err error) {
		var w wait
		var due sql.Instant
		err = scan(&id, &w.user, &due)
		w.due = time.Time(due).UnixMicro()
		found[w] = id
		return id, err
	})
	if err != nil {
		return fmt.Errorf("find windows: %w", err)
	}
	return nil
}

// Promote closes the digest windows of at most n users whose time has come. For each of
// them decide sees all messages that are due, as the user's address is now, and says what
// becomes of them. All of it is one transaction: after a crash either everything still
// waits, or everything has moved. It returns how many users it looked at.
func (s *Store) Promote(ctx context.Context, site string, at time.Time, n int, decide func([]message.Message) message.Closing) (int, error) {
	users := 0
	err := s.db.Commit(ctx, func(t *sql.Tx) error {
		due, err := sql.Texts(s.db.Query(ctx, t, "SELECT DISTINCT user_id FROM (SELECT user_id FROM windows "+
			"WHERE site = ? AND closed_at IS NULL AND due_at <= ? ORDER BY due_at, user_id LIMIT ?) AS w", site, sql.Instant(at), n))
		if err != nil || len(due) == 0 {
			return err
		}
		people, err := s.holdUsers(ctx, t, site, due)
		if err != nil {
			return err
		}
		users = len(people)
		windows, err := s.dueWindows(ctx, t, site, at, slices.Sorted(maps.Keys(people)))
		if err != nil || len(windows) == 0 {
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
func (s *Store) holdUsers(ctx context.Context, t *sql.Tx, site string, ids []string) (map[string]message.Person, error) {
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

func (s *Store) lockUsers(ctx context.Context, t *sql.Tx, site string, ids []string, lock string) (map[string]message.Person, error) {
	slices.Sort(ids)
	return s.people(ctx, t, site, ids, s.dialect.Lock(lock))
}

// dueWindows locks and lists the users' windows whose time has come: window → user.
func (s *Store) dueWindows(ctx context.Context, t *sql.Tx, site string, at time.Time, users []string) (map[string]string, error) {
	rows, err := s.db.Query(ctx, t, "SELECT w.id, w.user_id FROM "+s.dialect.List()+
		s.dialect.To("windows", "w", "w.site = ? AND w.user_id = i.id AND w.closed_at IS NULL AND w.due_at <= ?", s.dialect.Lock("UPDATE")),
		s.dialect.Array(users), site, sql.Instant(at))
	windows := map[string]string{}
	_, err = sql.Collect(rows, err, func(scan func(...any) error) (user string, err error) {
		var id string
		err = scan(&id, &user)
		windows[id] = user
		return user, err
	})
	return windows, err
}

type closing struct {
	site    string
	at      time.Time
	people  map[string]message.Person
	windows map[string]string // → user
	stale   map[message.ID]bool
	decide  func([]message.Message) message.Closing
}

// closeWindows writes what becomes of the messages in the windows. What decide needs of the
// site it finds by InForceSeen.
func (s *Store) closeWindows(ctx context.Context, t *sql.Tx, c closing) error {
	in, err := s.siteNow(ctx, t, c.site)
	if err != nil {
		return err
	}
	s.sites.Store(c.site, siteSeen{in, time.Now().Add(fresh)}) // decide must not ask for it
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
		if err := s.insert(ctx, t, digests); err != nil {
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
func (s *Store) waiting(ctx context.Context, t *sql.Tx, c closing) (map[string][]message.Message, error) {
	windows := slices.SortedFunc(maps.Keys(c.windows), func(a, b string) int {
		return cmp.Or(strings.Compare(c.windows[a], c.windows[b]), strings.Compare(a, b))
	})
	items, err := s.inWindows(ctx, t, c.site, windows)
	if err != nil {
		return nil, err
	}
	byUser := make(map[string][]message.Message, len(c.people))
	for from := 0; from < len(items); {
		user, to := items[from].UserID, from
		for ; to < len(items) && items[to].UserID == user; to++ {
			m := &items[to]
			now := c.people[user].Address(*m)
			if !slices.Equal(now.To, m.To) || now.Timezone != m.Timezone || now.Language != m.Language {
				c.stale[m.ID] = true
				*m = now
			}
		}
		// As the windows are in order of users, so are most messages: they need no copy.
		if byUser[user] == nil {
			byUser[user] = items[from:to:to]
		} else {
			byUser[user] = append(byUser[user], items[from:to]...)
		}
		from = to
	}
	return byUser, nil
}

// inWindows reads the deferred messages in these windows.
func (s *Store) inWindows(ctx context.Context, t *sql.Tx, site string, windows []string) ([]message.Message, error) {
	return s.dialect.read(ctx, s, t, selectMessages+s.dialect.List()+s.dialect.To("windows", "w", "w.site = ? AND w.id = i.id", "")+s.withWindows(),
		s.dialect.Array(windows), site)
}

// moveDeferred promotes and skips messages, all those of one move in one statement.
func (s *Store) moveDeferred(ctx context.Context, t *sql.Tx, c closing, moved map[message.Move][]string) error {
	for move, ids := range moved {
		set, arguments := "due_at = ?, queued_at = ?", []any{sql.Instant(c.at), sql.Instant(c.at)}
		if move == message.Skip {
			set, arguments = "reason = ?", []any{message.NoAddress}
		}
		err := s.changeRows(ctx, t, rowsOf{
			site: c.site, ids: ids, and: hidden("status") + " = '" + string(message.Deferred) + "'",
			set: "status = ?, changed_at = ?, " + set, setArguments: append([]any{message.After(move), sql.Instant(c.at)}, arguments...),
		})
		if err == nil {
			err = s.tell(ctx, t, statusesOf(c.site, ids, message.After(move), ""))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// readdress mends the address of a message whose user has changed since.
func (s *Store) readdress(ctx context.Context, t *sql.Tx, m message.Message) error {
	_, err := s.db.Exec(ctx, t, "UPDATE messages SET to_email = ?, to_name = ?, timezone = ?, language = ? WHERE site = ? AND id = ?",
		m.To[0].Email, m.To[0].Name, m.Timezone, m.Language, m.Site, m.ID)
	return err
}

// reschedule changes what waits for a user as again says: when it is due, and why then.
// The caller holds the user's row.
func (s *Store) reschedule(ctx context.Context, t *sql.Tx, c request.Call, user string, again func(message.Message) message.Message) error {
	site := c.Site
	windows, err := sql.Texts(s.db.Query(ctx, t, "SELECT id FROM windows WHERE site = ? AND user_id = ? AND closed_at IS NULL ORDER BY due_at"+
		s.dialect.Lock("UPDATE"), site, user))
	if err != nil || len(windows) == 0 {
		return err
	}
	items, err := s.inWindows(ctx, t, site, windows)
	if err != nil {
		return err
	}
	var waits []wait
	var changed []message.Message
	var decided []message.Decided
	for _, before := range items {
		after := again(before)
		if after.DueAt.Equal(before.DueAt) && after.Setting == before.Setting && after.Reason == before.Reason {
			continue
		}
		changed, waits = append(changed, after), append(waits, waitOf(after))
		decided = append(decided, rescheduled(c, before, after))
	}
	open, err := s.openWindows(ctx, t, site, waits)
	if err != nil {
		return err
	}
	for _, m := range changed {
		if _, err := s.db.Exec(ctx, t, "UPDATE queue SET window_id = ?, reason = ? WHERE site = ? AND id = ?", open[waitOf(m)], m.Reason, site, m.ID); err != nil {
			return err
		}
		if _, err := s.db.Exec(ctx, t, "UPDATE messages SET setting = ? WHERE site = ? AND id = ?", m.Setting, site, m.ID); err != nil {
			return err
		}
	}
	return s.note(ctx, t, site, decided...)
}
