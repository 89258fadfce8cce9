package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"notifier/message"
	"notifier/store/sql"
)

// Message reads one message.
func (s *Store) Message(ctx context.Context, site string, id message.ID) (message.Message, error) {
	found, err := readMessages(s.db.Query(ctx, nil, s.fromQueue()+" WHERE q.site = ? AND q.id = ?", site, id))
	if err != nil {
		return message.Message{}, fmt.Errorf("read %s: %w", id, err)
	}
	if len(found) == 0 {
		return message.Message{}, message.ErrNotFound
	}
	return found[0], nil
}

// messages reads messages by id, in no order.
func (s *Store) messages(ctx context.Context, t *sql.Tx, site string, ids []string) ([]message.Message, error) {
	return readMessages(s.db.Query(ctx, t, selectMessages+s.dialect.List()+s.dialect.To("queue", "q", "q.site = ? AND q.id = i.id", "")+s.withQueue(),
		s.dialect.Array(ids), site))
}

// Attempts lists the tries to hand a message over, oldest first.
func (s *Store) Attempts(ctx context.Context, m message.Message) ([]message.Attempt, error) {
	rows, err := s.db.Query(ctx, nil, "SELECT "+attemptNames+" FROM attempts WHERE site = ? AND message_id = ? ORDER BY claim", m.Site, m.ID)
	all, err := sql.Collect(rows, err, func(scan func(...any) error) (a message.Attempt, err error) {
		var site, id string
		var f message.Failure
		err = scan(&site, &id, &a.Claim, (*sql.Instant)(&a.StartedAt), (*sql.Instant)(&a.EndedAt), &a.Replica, &a.Account, &a.Server,
			&a.Uncertain, (*sql.List)(&a.Accepted), (*sql.List)(&a.Rejected), (*sql.List)(&a.Pending), &a.Code, &a.Response,
			(*string)(&f.Category), &f.Code, &f.Text, (*string)(&a.LedTo), &a.Tried)
		if f.Category != "" {
			a.Failure = &f
		}
		return a, err
	})
	var first string
	if err == nil {
		err = s.db.Row(ctx, nil, []any{&first}, "SELECT receipt FROM queue WHERE site = ? AND id = ?", m.Site, m.ID)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err == nil && first != "" {
		var a message.Attempt
		a, err = readReceipt(first)
		all = slices.Insert(all, 0, a)
	}
	if err != nil {
		return nil, fmt.Errorf("read the attempts of %s: %w", m.ID, err)
	}
	return all, nil
}

// Items lists the messages that a digest was made of, in its order of events.
func (s *Store) Items(ctx context.Context, site string, digest message.ID) ([]message.Message, error) {
	ms, err := readMessages(s.db.Query(ctx, nil, s.fromWindows()+
		" WHERE w.site = ? AND w.digest_id = ? AND w.digest_id <> '' ORDER BY m.occurred_at, m.id", site, digest))
	if err != nil {
		return nil, fmt.Errorf("list the items of %s: %w", digest, err)
	}
	return ms, nil
}

// Replace writes a message's new state if it still stands as it was read, and fails with
// message.ErrMoved if not. What the message says stays as it is. Why are the decisions that
// led to it, as far as the message itself does not tell.
func (s *Store) Replace(ctx context.Context, before, after message.Message, why ...message.Decided) error {
	err := s.db.Commit(ctx, func(t *sql.Tx) error {
		if err := s.replace(ctx, t, before, after); err != nil {
			return err
		}
		return s.note(ctx, t, after.Site, why...)
	})
	if err == nil {
		s.announce(after)
	}
	return err
}

// rewrite is replace for what the message says, too: to whom, the subject and the bodies.
func (s *Store) rewrite(ctx context.Context, t *sql.Tx, before, after message.Message) error {
	if err := s.replace(ctx, t, before, after); err != nil {
		return err
	}
	r := toRow(after)
	_, err := s.db.Exec(ctx, t, "UPDATE messages SET to_email = ?, to_name = ?, envelope = ?, subject = ?, body_text = ?, body_html = ? WHERE site = ? AND id = ?",
		r.toEmail, r.toName, r.envelope, after.Subject, after.Text, after.HTML, after.Site, after.ID)
	if err != nil {
		return fmt.Errorf("rewrite %s: %w", after.ID, err)
	}
	return nil
}

func (s *Store) replace(ctx context.Context, t *sql.Tx, before, after message.Message) error {
	columns := toRow(after).state()
	where, arguments := "site = ? AND id = ? AND status = ? AND claim = ?", []any{before.Site, before.ID, before.Status, before.Claim}
	if before.Status == message.Deferred {
		if err := s.keepOpen(ctx, t, before); err != nil {
			return err
		}
		where, arguments = where+" AND window_id = ?", append(arguments, before.Window)
	}
	set := strings.TrimSuffix(strings.ReplaceAll(names("", columns)+",", ",", " = ?,"), ",")
	n, err := s.db.Exec(ctx, t, "UPDATE queue SET "+set+" WHERE "+where, append(values(columns), arguments...)...)
	if err != nil {
		return fmt.Errorf("replace %s: %w", before.ID, err)
	}
	if n != 1 {
		return message.ErrMoved
	}
	if after.RetryCount != before.RetryCount {
		if err := s.keepWiped(ctx, t, before, before.Wiped(after)); err != nil {
			return err
		}
	}
	if after.Status == before.Status {
		return nil
	}
	return s.tell(ctx, t, []change{{after.Site, after.ID, after.Status, after.Reason}})
}

// keepWiped notes what a retry took away.
func (s *Store) keepWiped(ctx context.Context, t *sql.Tx, m message.Message, r message.Retried) error {
	f := toFailure(r.Error)
	_, err := s.db.Exec(ctx, t, "INSERT INTO retries ("+retryNames+") VALUES ("+marks(9)+")",
		m.Site, m.ID, r.Number, sql.Instant(r.At), sql.Instant(r.ExecutedAt), sql.Instant(r.ServedAt), f.Category, f.Code, f.Text)
	if err != nil {
		return fmt.Errorf("note the retry of %s: %w", m.ID, err)
	}
	return nil
}

const retryNames = "site, message_id, number, retried_at, executed_at, served_at, error_category, error_code, error_text"

// Retries lists what people's retries wiped from a message, the first first.
func (s *Store) Retries(ctx context.Context, m message.Message) ([]message.Retried, error) {
	rows, err := s.db.Query(ctx, nil, "SELECT "+retryNames+" FROM retries WHERE site = ? AND message_id = ? ORDER BY number", m.Site, m.ID)
	all, err := sql.Collect(rows, err, func(scan func(...any) error) (r message.Retried, err error) {
		var site, id string
		var f message.Failure
		err = scan(&site, &id, &r.Number, (*sql.Instant)(&r.At), (*sql.Instant)(&r.ExecutedAt), (*sql.Instant)(&r.ServedAt), (*string)(&f.Category), &f.Code, &f.Text)
		if f.Category != "" {
			r.Error = &f
		}
		return r, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the retries of %s: %w", m.ID, err)
	}
	return all, nil
}

// keepOpen makes sure that the window of a deferred message is not closed meanwhile.
func (s *Store) keepOpen(ctx context.Context, t *sql.Tx, m message.Message) error {
	open, err := sql.Texts(s.db.Query(ctx, t, "SELECT id FROM windows WHERE site = ? AND id = ? AND closed_at IS NULL"+s.dialect.Lock("UPDATE"),
		m.Site, m.Window))
	if err == nil && len(open) == 0 {
		err = message.ErrMoved
	}
	return err
}

// Failed lists at most n messages of the site in error, oldest first, after the given id.
func (s *Store) Failed(ctx context.Context, site string, after message.ID, n int) ([]message.Message, error) {
	ms, err := readMessages(s.db.Query(ctx, nil, s.fromQueue()+fmt.Sprintf(
		" WHERE q.site = ? AND q.status = '%s' AND q.id > ? ORDER BY q.id LIMIT ?", message.Error), site, after, n))
	if err != nil {
		return nil, fmt.Errorf("list errors: %w", err)
	}
	return ms, nil
}
