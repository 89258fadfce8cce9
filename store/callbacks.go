package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"notifier/message"
	"notifier/store/sql"
	"notifier/webhook"
)

// change is a message that has come to a status.
type change struct {
	site   string
	id     message.ID
	status message.Status
	reason message.Reason
}

// born are the changes that new messages are.
func born(rows []*messageRow) []change {
	all := make([]change, len(rows))
	for i, r := range rows {
		all[i] = change{r.Site, r.ID, r.Status, r.Reason}
	}
	return all
}

// insert stores new messages.
func (s *Store) insert(ctx context.Context, t *sql.Tx, rows []*messageRow) error {
	if err := s.dialect.insertMessages(ctx, t, rows); err != nil {
		return err
	}
	return s.tell(ctx, t, born(rows))
}

// tell writes what webhooks are to be told of changes, in the transaction that makes them:
// no outcome is ever told of that did not happen, and none is forgotten.
func (s *Store) tell(ctx context.Context, t *sql.Tx, changes []change) error {
	bySite := map[string][]change{}
	for _, c := range changes {
		bySite[c.site] = append(bySite[c.site], c)
	}
	for site, changes := range bySite {
		all, err := s.audience(ctx, t, site)
		if err != nil {
			return fmt.Errorf("find the webhooks: %w", err)
		}
		for _, e := range all {
			if err := s.tellOne(ctx, t, e, changes); err != nil {
				return fmt.Errorf("note what %s is to be told: %w", e.ID, err)
			}
		}
	}
	return nil
}

// tellOne counts, for each message, from what the webhook was told of it last. The rows of
// the queue are this transaction's: nobody else counts meanwhile.
func (s *Store) tellOne(ctx context.Context, t *sql.Tx, e webhook.Endpoint, changes []change) error {
	var ids, messages []string
	for _, c := range changes {
		if webhook.Tells(c.status) && e.Wants(c.status, c.reason) {
			ids, messages = append(ids, string(message.NewID(webhook.CallbackIDs))), append(messages, string(c.id))
		}
	}
	if len(ids) == 0 {
		return nil
	}
	from, arguments := s.dialect.Pairs(ids, messages)
	_, err := s.db.Exec(ctx, t, "INSERT INTO callbacks (site, id, webhook_id, message_id, sequence, at, status, reason, attempts, retry_count,"+
		" error_category, error_code, error_text, due_at, tries, ended_at, code, answer)"+
		" SELECT q.site, i.id, "+s.dialect.Text()+", q.id, COALESCE((SELECT c.sequence FROM callbacks c WHERE c.site = q.site AND c.message_id = q.id AND c.webhook_id = "+s.dialect.Text()+
		" ORDER BY c.sequence DESC LIMIT 1), 0) + 1, q.changed_at, q.status, q.reason, q.attempts, q.retry_count,"+
		" q.error_category, q.error_code, q.error_text, q.changed_at, 0, NULL, 0, '' FROM "+from+
		s.dialect.To("queue", "q", "q.site = ? AND q.id = i.other", "")+
		// It may have been removed a moment ago.
		" WHERE EXISTS (SELECT 1 FROM webhooks h WHERE h.site = ? AND h.id = ?)",
		slices.Concat([]any{string(e.ID), string(e.ID)}, arguments, []any{e.Site, e.Site, string(e.ID)})...)
	return err
}

const callbackNames = "id, webhook_id, message_id, sequence, at, status, reason, attempts, retry_count, error_category, error_code, error_text," +
	" due_at, tries, ended_at, code, answer"

func readCallback(scan func(into ...any) error) (c webhook.Callback, err error) {
	var f message.Failure
	err = scan((*string)(&c.ID), (*string)(&c.Endpoint), (*string)(&c.Message), &c.Sequence, (*sql.Instant)(&c.At), (*string)(&c.Status), (*string)(&c.Reason),
		&c.Attempts, &c.RetryCount, (*string)(&f.Category), &f.Code, &f.Text, (*sql.Instant)(&c.DueAt), &c.Tries, (*sql.Instant)(&c.EndedAt), &c.Code, &c.Answer)
	if f.Category != "" {
		c.Error = &f
	}
	return c, err
}

func (s *Store) readCallbacks(ctx context.Context, t *sql.Tx, site, where string, arguments ...any) ([]webhook.Callback, error) {
	rows, err := s.db.Query(ctx, t, "SELECT "+callbackNames+" FROM callbacks WHERE site = ? AND "+where, append([]any{site}, arguments...)...)
	all, err := sql.Collect(rows, err, readCallback)
	for i := range all {
		all[i].Site = site
	}
	return all, err
}

// ClaimCallbacks takes at most n callbacks of the webhook that are due and leases them. Of
// those about one message it takes the first alone: the others wait for it.
func (s *Store) ClaimCallbacks(ctx context.Context, site string, endpoint message.ID, n int, at, leaseUntil time.Time) (claimed []webhook.Callback, err error) {
	for found := n; found == n && len(claimed) == 0 && err == nil; { // those on a page may all wait for others
		claimed, found, err = s.claimCallbacks(ctx, site, endpoint, n, at, leaseUntil)
	}
	if err != nil {
		return nil, fmt.Errorf("claim callbacks: %w", err)
	}
	return claimed, nil
}

// claimCallbacks looks at n that are due, and returns how many there were, too.
func (s *Store) claimCallbacks(ctx context.Context, site string, endpoint message.ID, n int, at, leaseUntil time.Time) (claimed []webhook.Callback, found int, err error) {
	err = s.db.Commit(ctx, func(t *sql.Tx) error {
		claimed = nil
		due, err := s.readCallbacks(ctx, t, site, "webhook_id = ? AND due_at <= ? ORDER BY due_at, id LIMIT ?"+s.dialect.Lock("UPDATE SKIP LOCKED"),
			endpoint, sql.Instant(at), n)
		if err != nil {
			return err
		}
		found = len(due)
		for _, c := range due {
			first := c
			if c.Sequence > 1 {
				waiting, err := s.readCallbacks(ctx, t, site, "message_id = ? AND webhook_id = ? AND sequence < ? AND due_at IS NOT NULL ORDER BY sequence LIMIT 1",
					c.Message, endpoint, c.Sequence)
				if err != nil {
					return err
				}
				if len(waiting) > 0 {
					first = waiting[0]
				}
			}
			next := leaseUntil
			if first.ID != c.ID {
				if next = first.DueAt; !next.After(at) { // it is being taken, or comes with the next batch
					next = at.Add(100 * time.Millisecond)
				}
			} else {
				c.Tries++
				c.DueAt = leaseUntil
				claimed = append(claimed, c)
			}
			if _, err := s.db.Exec(ctx, t, "UPDATE callbacks SET due_at = ?, tries = ? WHERE site = ? AND webhook_id = ? AND id = ?", sql.Instant(next), c.Tries, site, endpoint, c.ID); err != nil {
				return err
			}
		}
		return nil
	})
	return claimed, found, err
}

// FinishCallback writes what a call came to, while its lease still holds. When it is over,
// it is the next one's turn.
func (s *Store) FinishCallback(ctx context.Context, c webhook.Callback, leased time.Time) error {
	err := s.db.Commit(ctx, func(t *sql.Tx) error {
		n, err := s.db.Exec(ctx, t, "UPDATE callbacks SET due_at = ?, tries = ?, ended_at = ?, code = ?, answer = ? WHERE site = ? AND webhook_id = ? AND id = ? AND due_at = ?",
			sql.Instant(c.DueAt), c.Tries, sql.Instant(c.EndedAt), c.Code, harmless(c.Answer, 1000), c.Site, c.Endpoint, c.ID, sql.Instant(leased))
		if err != nil || n == 0 || c.EndedAt.IsZero() {
			return err
		}
		_, err = s.db.Exec(ctx, t, "UPDATE callbacks SET due_at = ? WHERE site = ? AND message_id = ? AND webhook_id = ? AND sequence > ? AND due_at > ?",
			sql.Instant(c.EndedAt), c.Site, c.Message, c.Endpoint, c.Sequence, sql.Instant(c.EndedAt))
		return err
	})
	if err != nil {
		return fmt.Errorf("write what became of %s: %w", c.ID, err)
	}
	return nil
}

// Callbacks lists what webhooks are told of a message, in order.
func (s *Store) Callbacks(ctx context.Context, m message.Message) ([]webhook.Callback, error) {
	all, err := s.readCallbacks(ctx, nil, m.Site, "message_id = ? ORDER BY webhook_id, sequence", m.ID)
	if err != nil {
		return nil, fmt.Errorf("read the callbacks of %s: %w", m.ID, err)
	}
	return all, nil
}

// CallbacksOf lists at most n callbacks of a webhook, the newest first, before the given one.
func (s *Store) CallbacksOf(ctx context.Context, site string, endpoint, before message.ID, n int) ([]webhook.Callback, error) {
	where, arguments := "webhook_id = ?", []any{string(endpoint)}
	if before != "" {
		where, arguments = where+" AND id < ?", append(arguments, string(before))
	}
	all, err := s.readCallbacks(ctx, nil, site, where+" ORDER BY id DESC LIMIT ?", append(arguments, n)...)
	if err != nil {
		return nil, fmt.Errorf("list the callbacks of %s: %w", endpoint, err)
	}
	return all, nil
}

// Replay tells a webhook once more; message.ErrNotFound if there is no such callback.
func (s *Store) Replay(ctx context.Context, site string, endpoint, callback message.ID, at time.Time) error {
	n, err := s.db.Exec(ctx, nil, "UPDATE callbacks SET due_at = ?, tries = 0, ended_at = NULL WHERE site = ? AND webhook_id = ? AND id = ?",
		sql.Instant(at), site, string(endpoint), string(callback))
	if err != nil {
		return fmt.Errorf("replay %s: %w", callback, err)
	}
	if n == 0 {
		return message.ErrNotFound
	}
	return nil
}

// ForgetCallbacks deletes at most n callbacks of a webhook that are older than that, the
// oldest first. One that still waits is given up with them.
func (s *Store) ForgetCallbacks(ctx context.Context, site string, endpoint message.ID, n int, before time.Time) (int, error) {
	forgotten, err := s.forgetFirst(ctx, "callbacks WHERE site = ? AND webhook_id = ?", "at", n, before, site, string(endpoint))
	if err != nil {
		return 0, fmt.Errorf("forget old callbacks: %w", err)
	}
	return forgotten, nil
}

// changesOf are the changes that outcomes led to and that callers are told of: not that a
// message went back to wait.
func changesOf(outcomes []*settlement, moved []string) []change {
	counted := make(map[string]bool, len(moved))
	for _, key := range moved {
		counted[key] = true
	}
	var all []change
	for _, o := range outcomes {
		if o.status != message.Pending && counted[o.key()] {
			all = append(all, change{o.Site, o.ID, o.status, o.Reason})
		}
	}
	return all
}

func statusesOf(site string, ids []string, status message.Status, reason message.Reason) []change {
	all := make([]change, len(ids))
	for i, id := range ids {
		all[i] = change{site, message.ID(id), status, reason}
	}
	return all
}
