package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"notifier/message"
	"notifier/store/sql"
)

const operationNames = "id, action, filter, ids, status, total, done, succeeded, refused, next, created_at, updated_at, ended_at, held_until, begins_at, left_alone, why_left, every_category"

func (s *Store) readOperations(ctx context.Context, t *sql.Tx, site, where string, arguments ...any) ([]message.Operation, error) {
	rows, err := s.db.Query(ctx, t, "SELECT "+operationNames+" FROM operations WHERE site = ? AND "+where, append([]any{site}, arguments...)...)
	return sql.Collect(rows, err, func(scan func(...any) error) (o message.Operation, err error) {
		var filter, why string
		var ids, left sql.List
		var ended, begins sql.Instant
		err = scan((*string)(&o.ID), (*string)(&o.Action), &filter, &ids, (*string)(&o.Status), &o.Total, &o.Done, &o.Succeeded, &o.Refused,
			(*string)(&o.Cursor), (*sql.Instant)(&o.CreatedAt), (*sql.Instant)(&o.UpdatedAt), &ended, (*sql.Instant)(&o.HeldUntil), &begins, &left, &why, &o.All)
		if err == nil {
			err = json.Unmarshal([]byte(filter), &o.Filter)
		}
		if err == nil && why != "" {
			err = json.Unmarshal([]byte(why), &o.WhyLeft)
		}
		for _, id := range ids {
			o.IDs = append(o.IDs, message.ID(id))
		}
		for _, id := range left {
			o.LeftAlone = append(o.LeftAlone, message.ID(id))
		}
		o.Site, o.EndedAt, o.BeginsAt = site, sql.OrNull(time.Time(ended)), sql.OrNull(time.Time(begins))
		return o, err
	})
}

// AddOperation begins an operation: what it is for is counted, and a replica takes it up. If
// the request with that key (nil: none) was answered before, it tells the operation as it
// was begun then.
func (s *Store) AddOperation(ctx context.Context, k *message.Key, o message.Operation) (begun message.Operation, replayed bool, err error) {
	o.Total = len(o.IDs)
	begins := o.CreatedAt
	if o.BeginsAt != nil {
		begins = *o.BeginsAt
	}
	if len(o.IDs) == 0 {
		c, err := s.Count(ctx, o.Site, o.Filter, false)
		if err != nil {
			return o, false, err
		}
		o.Total = c.N
	}
	filter, err := json.Marshal(o.Filter)
	var answered []byte
	if err == nil {
		answered, err = s.firstTime(ctx, message.Call{Site: o.Site, At: o.CreatedAt}, k, func(t *sql.Tx) (any, error) {
			_, err := s.db.Exec(ctx, t, "INSERT INTO operations (site, "+operationNames+") VALUES ("+sql.Marks(19)+")", o.Site, string(o.ID), string(o.Action), string(filter), listOf(o.IDs),
				string(o.Status), o.Total, 0, 0, 0, "", sql.Instant(o.CreatedAt), sql.Instant(o.UpdatedAt), sql.Instant{}, sql.Instant(begins), sql.OrNone(o.BeginsAt), sql.List{}, "", o.All)
			return o, err
		})
	}
	if err == nil && answered != nil {
		site := o.Site
		o = message.Operation{}
		err = json.Unmarshal(answered, &o)
		o.Site = site
	}
	if err != nil {
		return o, false, fmt.Errorf("begin an operation: %w", err)
	}
	return o, answered != nil, nil
}

// Operation reads one; message.ErrNotFound if there is none.
func (s *Store) Operation(ctx context.Context, site string, id message.ID) (message.Operation, error) {
	found, err := s.readOperations(ctx, nil, site, "id = ?", string(id))
	switch {
	case err != nil:
		return message.Operation{}, fmt.Errorf("read the operation %s: %w", id, err)
	case len(found) == 0:
		return message.Operation{}, message.ErrNotFound
	}
	return s.Judged(ctx, found[0])
}

// Judged is the operation with what has become of its messages so far.
func (s *Store) Judged(ctx context.Context, o message.Operation) (message.Operation, error) {
	if o.Status == message.Running || !o.Sends() || o.Succeeded == 0 {
		return o.Judged(nil), nil
	}
	rows, err := s.db.Query(ctx, nil, "SELECT q.status, count(DISTINCT d.message_id) FROM decisions d"+s.dialect.To("queue", "q", "q.site = d.site AND q.id = d.message_id", "")+
		" WHERE d.site = ? AND d.actor = ? AND substr(d.actor, 1, 3) = 'op_' GROUP BY q.status", o.Site, string(o.ID))
	var became message.Became
	_, err = sql.Collect(rows, err, func(scan func(...any) error) (status message.Status, err error) {
		n := 0
		if err = scan((*string)(&status), &n); err == nil {
			became.Count(status, n)
		}
		return status, err
	})
	if err != nil {
		return o, fmt.Errorf("count what became of the messages of %s: %w", o.ID, err)
	}
	return o.Judged(&became), nil
}

// Operations lists at most n, the newest first, before the given one.
func (s *Store) Operations(ctx context.Context, site string, before message.ID, n int) ([]message.Operation, error) {
	where, arguments := "id <> ''", []any{}
	if before != "" {
		where, arguments = "id < ?", []any{string(before)}
	}
	all, err := s.readOperations(ctx, nil, site, where+" ORDER BY id DESC LIMIT ?", append(arguments, n)...)
	if err != nil {
		return nil, fmt.Errorf("list operations: %w", err)
	}
	return all, nil
}

// TakeOperation takes a running operation that nobody works on; false if there is none.
func (s *Store) TakeOperation(ctx context.Context, site string, at, until time.Time) (o message.Operation, taken bool, err error) {
	err = s.db.Commit(ctx, func(t *sql.Tx) error {
		found, err := s.readOperations(ctx, t, site, fmt.Sprintf("status = '%s' AND held_until <= ? ORDER BY held_until, id LIMIT 1", message.Running)+
			s.dialect.Lock("UPDATE SKIP LOCKED"), sql.Instant(at))
		if taken = err == nil && len(found) > 0; !taken {
			return err
		}
		o = found[0]
		o.HeldUntil = until.UTC().Truncate(time.Microsecond)
		_, err = s.db.Exec(ctx, t, "UPDATE operations SET held_until = ? WHERE site = ? AND id = ?", sql.Instant(o.HeldUntil), site, string(o.ID))
		return err
	})
	if err != nil {
		return o, false, fmt.Errorf("take an operation: %w", err)
	}
	return o, taken, nil
}

// Progress writes how far an operation has come, and holds it on until that time; false if
// it was stopped, or another replica has it.
func (s *Store) Progress(ctx context.Context, o message.Operation, until time.Time) (bool, error) {
	why, err := countsOf(o.WhyLeft)
	if err != nil {
		return false, err
	}
	n, err := s.db.Exec(ctx, nil, fmt.Sprintf("UPDATE operations SET status = ?, done = ?, succeeded = ?, refused = ?, next = ?, updated_at = ?, ended_at = ?, held_until = ?, left_alone = ?, why_left = ?"+
		" WHERE site = ? AND id = ? AND status = '%s' AND held_until = ?", message.Running),
		string(o.Status), o.Done, o.Succeeded, o.Refused, string(o.Cursor), sql.Instant(o.UpdatedAt), sql.OrNone(o.EndedAt), sql.Instant(until), listOf(o.LeftAlone), why, o.Site, string(o.ID), sql.Instant(o.HeldUntil))
	if err != nil {
		return false, fmt.Errorf("write the progress of %s: %w", o.ID, err)
	}
	return n == 1, nil
}

// BeginOperation lets one begin that waits to be undone. What has begun goes on.
func (s *Store) BeginOperation(ctx context.Context, site string, id message.ID, at time.Time) error {
	_, err := s.db.Exec(ctx, nil, fmt.Sprintf("UPDATE operations SET held_until = ?, begins_at = ? WHERE site = ? AND id = ? AND status = '%s' AND done = 0 AND held_until = begins_at AND begins_at > ?", message.Running),
		sql.Instant(at), sql.Instant(at), site, string(id), sql.Instant(at))
	if err != nil {
		return fmt.Errorf("begin the operation %s: %w", id, err)
	}
	return nil
}

// countsOf is how counts by reason are stored; empty for none.
func countsOf(why map[message.LeftAlone]int) (string, error) {
	if len(why) == 0 {
		return "", nil
	}
	b, err := json.Marshal(why)
	return string(b), err
}

func listOf(ids []message.ID) sql.List {
	all := make(sql.List, len(ids))
	for i, id := range ids {
		all[i] = string(id)
	}
	return all
}

// StopOperation ends an operation where it stands; one that is over stays so.
func (s *Store) StopOperation(ctx context.Context, site string, id message.ID, at time.Time) error {
	_, err := s.db.Exec(ctx, nil, fmt.Sprintf("UPDATE operations SET status = ?, updated_at = ?, ended_at = ? WHERE site = ? AND id = ? AND status = '%s'", message.Running),
		string(message.Stopped), sql.Instant(at), sql.Instant(at), site, string(id))
	if err != nil {
		return fmt.Errorf("stop the operation %s: %w", id, err)
	}
	return nil
}
