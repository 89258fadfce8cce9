package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"notifier/message"
)

// insertEach writes the messages one by one, with statements that are prepared once.
func insertEach(ctx context.Context, t *tx, rows []*messageRow, marks func(int) string) error {
	for _, part := range []struct {
		table   string
		columns func(*messageRow) []column
	}{{"messages", (*messageRow).content}, {"queue", (*messageRow).queue}} {
		columns := part.columns(rows[0])
		statement, err := t.sql.PrepareContext(ctx, fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)",
			part.table, names("", columns), marks(len(columns))))
		if err != nil {
			return err
		}
		defer statement.Close()
		for _, r := range rows {
			if _, err := statement.ExecContext(ctx, values(part.columns(r))...); err != nil {
				return err
			}
		}
	}
	return nil
}

// Message reads one message.
func (s *Store) Message(ctx context.Context, site string, id message.ID) (message.Message, error) {
	return s.message(ctx, nil, site, id)
}

func (s *Store) message(ctx context.Context, t *tx, site string, id message.ID) (message.Message, error) {
	found, err := s.messages(ctx, t, site, []string{string(id)})
	if err != nil {
		return message.Message{}, fmt.Errorf("read %s: %w", id, err)
	}
	if len(found) == 0 {
		return message.Message{}, message.ErrNotFound
	}
	return found[0], nil
}

// Attempts lists the tries to hand a message over, oldest first.
func (s *Store) Attempts(ctx context.Context, m message.Message) ([]message.Attempt, error) {
	rows, err := s.query(ctx, nil, "SELECT "+attemptNames+" FROM attempts WHERE site = ? AND message_id = ? ORDER BY claim", m.Site, m.ID)
	if err != nil {
		return nil, fmt.Errorf("read the attempts of %s: %w", m.ID, err)
	}
	defer rows.Close()
	var all []message.Attempt
	for rows.Next() {
		var a message.Attempt
		var site, id, category string
		err := rows.Scan(&site, &id, &a.Claim, (*instant)(&a.StartedAt), (*instant)(&a.EndedAt), &a.Replica, &a.Account, &a.Server,
			&a.Uncertain, (*list)(&a.Accepted), (*list)(&a.Rejected), (*list)(&a.Pending), &a.Code, &a.Response, &category)
		if err != nil {
			return nil, fmt.Errorf("read the attempts of %s: %w", m.ID, err)
		}
		a.Tried = true
		if category == "" && a.Accepted == nil {
			a.Accepted = m.Everyone()
		}
		if category != "" {
			a.Failure = &message.Failure{Category: message.Category(category), Text: a.Response}
		}
		all = append(all, a)
	}
	return all, rows.Err()
}

// Messages lists messages, newest first.
func (s *Store) Messages(ctx context.Context, site string, f message.Filter) ([]message.Message, error) {
	where, arguments := []string{"m.site = ?"}, []any{site}
	add := func(condition string, argument any) {
		where, arguments = append(where, condition), append(arguments, argument)
	}
	if f.User != "" {
		add("m.user_id = ? AND m.user_id <> ''", f.User)
	}
	if f.Case != "" {
		add("m.case_id = ? AND m.case_id <> ''", f.Case)
	}
	if f.Reference != "" {
		add("m.reference = ? AND m.reference <> ''", f.Reference)
	}
	if f.Before != "" {
		add("m.id < ?", f.Before)
	}
	switch f.Status {
	case "":
	case message.Deferred:
		add("q.status = ? AND w.closed_at IS NULL", message.Deferred)
	case message.Merged:
		add("q.status = ? AND w.digest_id <> ''", message.Deferred)
	default:
		add("q.status = ?", f.Status)
	}
	ms, err := readMessages(s.query(ctx, nil, selectMessages+"WHERE "+strings.Join(where, " AND ")+" ORDER BY m.id DESC LIMIT ?",
		append(arguments, f.Limit)...))
	if err != nil {
		return nil, fmt.Errorf("list messages: %w", err)
	}
	return ms, nil
}

// Items lists the messages that a digest was made of, in its order of events.
func (s *Store) Items(ctx context.Context, site string, digest message.ID) ([]message.Message, error) {
	ms, err := readMessages(s.query(ctx, nil, selectMessages+fmt.Sprintf(
		"WHERE w.site = ? AND w.digest_id = ? AND w.digest_id <> '' AND q.status = '%s' ORDER BY m.occurred_at, m.reference, m.id", message.Deferred),
		site, digest))
	if err != nil {
		return nil, fmt.Errorf("list the items of %s: %w", digest, err)
	}
	return ms, nil
}

// Replace writes a message's new state if it still stands as it was read, and fails with
// message.ErrMoved if not. What the message says stays as it is.
func (s *Store) Replace(ctx context.Context, before, after message.Message) error {
	return s.commit(ctx, func(t *tx) error { return s.replace(ctx, t, before, after) })
}

func (s *Store) replace(ctx context.Context, t *tx, before, after message.Message) error {
	if before.Status == message.Deferred {
		if err := s.keepOpen(ctx, t, before); err != nil {
			return err
		}
	}
	columns := toRow(after).state()
	set := strings.ReplaceAll(names("", columns)+",", ",", " = ?,")
	n, err := s.exec(ctx, t, "UPDATE queue SET "+strings.TrimSuffix(set, ",")+" WHERE site = ? AND id = ? AND status = ? AND claim = ?",
		append(values(columns), before.Site, before.ID, before.Status, before.Claim)...)
	if err != nil {
		return fmt.Errorf("replace %s: %w", before.ID, err)
	}
	if n != 1 {
		return message.ErrMoved
	}
	return nil
}

// keepOpen makes sure that the window of a deferred message is not closed meanwhile.
func (s *Store) keepOpen(ctx context.Context, t *tx, m message.Message) error {
	open, err := texts(s.query(ctx, t, "SELECT id FROM windows WHERE site = ? AND id = ? AND closed_at IS NULL"+s.dialect.lock("UPDATE"),
		m.Site, m.Window))
	if err != nil {
		return err
	}
	if len(open) == 0 {
		return message.ErrMoved
	}
	return nil
}

// Failed lists at most n messages of the site in error, oldest first, after the given id.
func (s *Store) Failed(ctx context.Context, site string, after message.ID, n int) ([]message.Message, error) {
	ms, err := readMessages(s.query(ctx, nil, selectMessages+fmt.Sprintf(
		"WHERE q.site = ? AND q.status = '%s' AND q.id > ? ORDER BY q.id LIMIT ?", message.Error), site, after, n))
	if err != nil {
		return nil, fmt.Errorf("list errors: %w", err)
	}
	return ms, nil
}

// Counts says how many messages of the site wait, and since when the oldest does.
func (s *Store) Counts(ctx context.Context, site string, at time.Time) (due, errors int, oldest time.Time, err error) {
	var since instant
	err = s.sql.QueryRowContext(ctx, s.bind(fmt.Sprintf(
		"SELECT (SELECT count(*) FROM queue WHERE site = ? AND due_at <= ?), (SELECT count(*) FROM queue WHERE site = ? AND status = '%s'), "+
			"(SELECT min(due_at) FROM queue WHERE site = ? AND due_at IS NOT NULL)", message.Error)),
		site, instant(at), site, site).Scan(&due, &errors, &since)
	if err != nil {
		return 0, 0, time.Time{}, fmt.Errorf("count messages: %w", err)
	}
	return due, errors, time.Time(since), nil
}
