package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"notifier/deadlines"
	"notifier/message"
	"notifier/request"
	"notifier/store/sql"
)

const selectDeadlines = "SELECT key, deadline, set_at, fired_at, next_at, cleared_at, told_on, sequence FROM deadlines "

func readDeadlines(rows *sql.Rows, err error) ([]deadlines.Deadline, error) {
	return sql.Collect(rows, err, func(scan func(...any) error) (d deadlines.Deadline, err error) {
		var key, written, told string
		var sequence int
		var set, fired, next, cleared sql.Instant
		if err := scan(&key, &written, &set, &fired, &next, &cleared, &told, &sequence); err != nil {
			return d, err
		}
		if err := json.Unmarshal([]byte(written), &d); err != nil {
			return d, fmt.Errorf("read the deadline %s: %w", key, err)
		}
		d.Key, d.Sequence = key, sequence
		d.ToldOn = deadlines.Day(told)
		d.SetAt, d.FiredAt, d.NextAt, d.ClearedAt = time.Time(set), time.Time(fired), time.Time(next), time.Time(cleared)
		return d, nil
	})
}

// Deadline reads a deadline, also one that was cleared.
func (s *Store) Deadline(ctx context.Context, site, key string) (deadlines.Deadline, error) {
	found, err := readDeadlines(s.db.Query(ctx, nil, selectDeadlines+"WHERE site = ? AND key = ?", site, key))
	if err != nil {
		return deadlines.Deadline{}, fmt.Errorf("read the deadline %s: %w", key, err)
	}
	if len(found) == 0 {
		return deadlines.Deadline{}, message.ErrNotFound
	}
	return found[0], nil
}

// Deadlines lists at most n deadlines that still have a step to come, in the order of
// that step, after the given key at the given time; from the first one if that is zero.
func (s *Store) Deadlines(ctx context.Context, site string, n int, after time.Time, key string) ([]deadlines.Deadline, error) {
	if after.IsZero() {
		after = after.Add(time.Microsecond) // which is no step's; zero would be NULL
	}
	all, err := readDeadlines(s.db.Query(ctx, nil, selectDeadlines+"WHERE site = ? AND next_at IS NOT NULL AND (next_at, key) > (?, ?) ORDER BY next_at, key LIMIT ?",
		site, sql.Instant(after), key, n))
	if err != nil {
		return nil, fmt.Errorf("list deadlines: %w", err)
	}
	return all, nil
}

// DeadlinesOf lists at most n deadlines of a case, also those that are over.
func (s *Store) DeadlinesOf(ctx context.Context, site, caseID string, n int) ([]deadlines.Deadline, error) {
	all, err := readDeadlines(s.db.Query(ctx, nil, selectDeadlines+"WHERE site = ? AND case_id = ? AND case_id <> '' ORDER BY key LIMIT ?", site, caseID, n))
	if err != nil {
		return nil, fmt.Errorf("list the deadlines of a case: %w", err)
	}
	return all, nil
}

// setDeadline is a deadline as it was answered, with what its JSON does not tell.
type setDeadline struct {
	Deadline       deadlines.Deadline
	Set, Fired, On time.Time
	Sequence       int
	Unknown        []string          `json:",omitempty"`
	Shortened      message.Shortened `json:",omitempty"`
}

// SaveDeadline sets a deadline or replaces the one with the same key. Reminders of the
// old one that have not left are withdrawn, and other deadlines of the case end if this
// one says that the case has moved on (AMODIT-21). The records of users whom the deadline cannot
// remind are stored with it. If the request with that key (nil: none) was answered before it sets
// nothing, and tells that answer.
func (s *Store) SaveDeadline(ctx context.Context, c request.Call, k *request.Key, d deadlines.Deadline, skipped ...message.Message) (saved deadlines.Deadline, replayed bool, err error) {
	d.DueAt = d.DueAt.UTC().Truncate(time.Microsecond)
	written, err := json.Marshal(d)
	if err != nil {
		return d, false, fmt.Errorf("write the deadline %s: %w", d.Key, err)
	}
	answered, err := s.firstTime(ctx, c, k, func(t *sql.Tx) (any, error) {
		if err := s.holdsSite(ctx, t, c.Site, d.Seen); err != nil {
			return nil, err
		}
		if stands, same, err := s.stands(ctx, t, c.Site, d, string(written)); err != nil || same {
			d = stands
			return setDeadline{d, d.SetAt, d.FiredAt, d.NextAt, d.Sequence, d.Unknown, d.Shortened}, err
		}
		err := s.db.Row(ctx, t, []any{&d.Sequence}, `INSERT INTO deadlines
			(site, key, case_id, deadline, due_at, set_at, fired_at, next_at, sequence) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)
			ON CONFLICT (site, key) DO UPDATE SET case_id = excluded.case_id, deadline = excluded.deadline, due_at = excluded.due_at,
				set_at = excluded.set_at, fired_at = excluded.fired_at, next_at = excluded.next_at, cleared_at = NULL, told_on = '',
				sequence = deadlines.sequence + 1
			RETURNING sequence`,
			c.Site, d.Key, d.Case.ID, string(written), sql.Instant(d.DueAt), sql.Instant(d.SetAt), sql.Instant(d.FiredAt), sql.Instant(d.NextAt))
		if err != nil {
			return nil, err
		}
		if d.Sequence > 1 {
			moved := message.Decided{At: c.At, What: message.DeadlineMoved, By: c.By, Details: map[string]string{message.ToDeadline: d.DueAt.Format(time.RFC3339)}}
			if err := s.withdraw(ctx, t, c.Site, d.Key, moved); err != nil {
				return nil, err
			}
		}
		if err := s.change(ctx, t, c, message.SetDeadline, message.OfDeadline+d.Key, json.RawMessage(written)); err != nil {
			return nil, err
		}
		if len(skipped) > 0 {
			if err := s.insert(ctx, t, asRows(skipped)); err != nil {
				return nil, err
			}
		}
		return setDeadline{d, d.SetAt, d.FiredAt, d.NextAt, d.Sequence, d.Unknown, d.Shortened}, s.endDeadlines(ctx, t, c, d.Case)
	})
	if err == nil && answered != nil {
		var told setDeadline
		err = json.Unmarshal(answered, &told)
		d = told.Deadline
		d.SetAt, d.FiredAt, d.NextAt, d.Sequence = told.Set, told.Fired, told.On, told.Sequence
		d.Unknown, d.Shortened = told.Unknown, told.Shortened
	}
	if err != nil {
		return d, false, fmt.Errorf("save the deadline %s: %w", d.Key, err)
	}
	return d, answered != nil, nil
}

// stands tells whether a deadline that is set again stands just so already: with the same steps
// to come, and no reminder that would be withdrawn. Then to set it anew would change nothing.
func (s *Store) stands(ctx context.Context, t *sql.Tx, site string, d deadlines.Deadline, written string) (stands deadlines.Deadline, same bool, err error) {
	found, err := readDeadlines(s.db.Query(ctx, t, selectDeadlines+"WHERE site = ? AND key = ?"+s.dialect.Lock("UPDATE"), site, d.Key))
	if err != nil || len(found) == 0 {
		return d, false, err
	}
	stands = found[0]
	kept, err := json.Marshal(stands)
	if err != nil || string(kept) != written || !stands.ClearedAt.IsZero() || !stands.NextAt.Equal(d.NextAt) {
		return d, false, err
	}
	waiting, err := s.unsent(ctx, t, site, d.Key)
	if err != nil || len(waiting) > 0 {
		return d, false, err
	}
	stands.Unknown, stands.Shortened = d.Unknown, d.Shortened
	return stands, true, nil
}

// ClearDeadline ends a deadline and withdraws its reminders that have not left. Where there
// is none, nothing is to be done.
func (s *Store) ClearDeadline(ctx context.Context, c request.Call, key string) error {
	err := s.db.Commit(ctx, func(t *sql.Tx) error {
		ended, err := s.endDeadline(ctx, t, c.Site, key, message.Decided{At: c.At, What: message.DeadlineMet, By: c.By})
		if err != nil || !ended {
			return err
		}
		return s.change(ctx, t, c, message.ClearDeadline, message.OfDeadline+key, struct{}{})
	})
	if err != nil {
		return fmt.Errorf("clear the deadline %s: %w", key, err)
	}
	return nil
}

// endDeadline ends a deadline, and tells whether it held until now.
func (s *Store) endDeadline(ctx context.Context, t *sql.Tx, site, key string, why message.Decided) (ended bool, err error) {
	n, err := s.db.Exec(ctx, t, "UPDATE deadlines SET next_at = NULL, cleared_at = ? WHERE site = ? AND key = ? AND cleared_at IS NULL",
		sql.Instant(why.At), site, key)
	if err != nil || n == 0 {
		return false, err
	}
	return true, s.withdraw(ctx, t, site, key, why)
}

// endDeadlines ends the deadlines of a case that has moved to another stage or owner.
func (s *Store) endDeadlines(ctx context.Context, t *sql.Tx, call request.Call, c message.Case) error {
	if c.ID == "" || c.Stage == "" && c.Owner == "" {
		return nil
	}
	open, err := readDeadlines(s.db.Query(ctx, t, selectDeadlines+"WHERE site = ? AND case_id = ? AND cleared_at IS NULL ORDER BY key"+
		s.dialect.Lock("UPDATE"), call.Site, c.ID))
	if err != nil {
		return err
	}
	why := message.Decided{At: call.At, What: message.CaseMovedOn, By: call.By}
	for _, d := range open {
		if !d.Over(c) {
			continue
		}
		if _, err := s.endDeadline(ctx, t, call.Site, d.Key, why); err != nil {
			return err
		}
		if err := s.change(ctx, t, call, message.ClearDeadline, message.OfDeadline+d.Key, map[string]message.Deed{"why": why.What}); err != nil {
			return err
		}
	}
	return nil
}

// withdraw cancels the reminders of a deadline that nobody has begun to send, and notes why.
func (s *Store) withdraw(ctx context.Context, t *sql.Tx, site, key string, why message.Decided) error {
	ids, err := s.unsent(ctx, t, site, key)
	if err != nil || len(ids) == 0 {
		return err
	}
	err = s.changeRows(ctx, t, rowsOf{
		site: site, ids: ids, and: hidden("status") + " IN " + in(message.From(message.Cancel)),
		set: "status = ?, reason = ?, due_at = NULL, changed_at = ?", setArguments: []any{message.After(message.Cancel), message.Superseded, sql.Instant(why.At)},
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		why.Message = message.ID(id)
		if err := s.note(ctx, t, site, why); err != nil {
			return err
		}
	}
	return s.tell(ctx, t, statusesOf(site, ids, message.After(message.Cancel), message.Superseded))
}

// unsent are the reminders of a deadline that nobody has begun to send; their rows are held.
func (s *Store) unsent(ctx context.Context, t *sql.Tx, site, key string) ([]string, error) {
	return sql.Texts(s.db.Query(ctx, t, "SELECT q.id FROM messages m"+
		s.dialect.To("queue", "q", "q.site = m.site AND q.id = m.id AND "+hidden("q.status")+" IN "+in(message.From(message.Cancel)), s.dialect.Lock("UPDATE"))+
		" WHERE m.site = ? AND m.reference = ? AND m.reference <> '' AND m.type = ?", site, key, message.Reminder))
}

// DueDeadlines lists at most n deadlines of the site with a step that has come, earliest first.
func (s *Store) DueDeadlines(ctx context.Context, site string, n int, at time.Time) ([]deadlines.Deadline, error) {
	due, err := readDeadlines(s.db.Query(ctx, nil, selectDeadlines+"WHERE site = ? AND next_at <= ? ORDER BY next_at, key LIMIT ?",
		site, sql.Instant(at), n))
	if err != nil {
		return nil, fmt.Errorf("list due deadlines: %w", err)
	}
	return due, nil
}

// Remind stores the reminders of a deadline and how it stands after them, all or nothing. If it was
// changed since before was read, or the calendar was, it fails with message.ErrMoved.
func (s *Store) Remind(ctx context.Context, site string, before, d deadlines.Deadline, reminders []message.Message) error {
	return s.db.Commit(ctx, func(t *sql.Tx) error {
		n, err := s.db.Exec(ctx, t, "UPDATE deadlines SET fired_at = ?, next_at = ?, told_on = ? WHERE site = ? AND key = ? AND sequence = ? AND "+same("next_at", before.NextAt)+
			" AND (? = 0 OR ? = (SELECT version FROM sites WHERE site = ?))",
			sql.Instant(d.FiredAt), sql.Instant(d.NextAt), d.ToldOn.String(), site, d.Key, before.Sequence, sql.Instant(before.NextAt), d.Seen, d.Seen, site)
		if err != nil {
			return fmt.Errorf("remind of %s: %w", d.Key, err)
		}
		if n != 1 {
			s.sites.Delete(site) // the calendar may be an old one
			return message.ErrMoved
		}
		if len(reminders) == 0 {
			return nil
		}
		if err := s.insert(ctx, t, asRows(reminders)); err != nil {
			return fmt.Errorf("remind of %s: %w", d.Key, err)
		}
		return nil
	})
}

func asRows(ms []message.Message) []*messageRow {
	rows := make([]*messageRow, len(ms))
	for i, m := range ms {
		rows[i] = toRow(m)
	}
	return rows
}

// NextStep is when the next step of any deadline of the site comes; zero if none does.
func (s *Store) NextStep(ctx context.Context, site string) (time.Time, error) {
	return s.earliest(ctx, "SELECT next_at FROM deadlines WHERE site = ? AND next_at IS NOT NULL ORDER BY next_at LIMIT 1", site)
}

// NextWindow is when the next digest window of the site is due; zero if none is open.
func (s *Store) NextWindow(ctx context.Context, site string) (time.Time, error) {
	return s.earliest(ctx, "SELECT due_at FROM windows WHERE site = ? AND closed_at IS NULL ORDER BY due_at LIMIT 1", site)
}

// earliest reads a single time; zero if there is none.
func (s *Store) earliest(ctx context.Context, statement string, arguments ...any) (time.Time, error) {
	var t sql.Instant
	err := s.db.Row(ctx, nil, []any{&t}, statement, arguments...)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, fmt.Errorf("look for a time: %w", err)
	}
	return time.Time(t), nil
}
