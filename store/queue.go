package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"notifier/message"
)

// Sites lists the sites that have ever had a row, for the jobs.
func (s *Store) Sites(ctx context.Context) ([]string, error) {
	sites, err := texts(s.query(ctx, nil, "SELECT site FROM sites ORDER BY site"))
	if err != nil {
		return nil, fmt.Errorf("list the sites: %w", err)
	}
	return sites, nil
}

// AddSite makes the site known, or changes its time zone.
func (s *Store) AddSite(ctx context.Context, site, timezone string, at time.Time) error {
	_, err := s.sql.ExecContext(ctx, s.bind(`INSERT INTO sites (site, timezone, created_at) VALUES (?, ?, ?)
		ON CONFLICT (site) DO UPDATE SET timezone = excluded.timezone`), site, timezone, instant(at))
	if err != nil {
		return fmt.Errorf("add the site %s: %w", site, err)
	}
	return nil
}

type claim struct {
	site           string
	at, leaseUntil time.Time
	n              int
}

// claimed is the SET of a claim: the attempt is counted and its lease committed before
// anything is said to a relay, so that a crash counts too.
var claimed = fmt.Sprintf("status = '%s', reason = '', due_at = %%[1]s, changed_at = %%[2]s, claimed_at = %%[2]s, "+
	"claim = claim + 1, attempts = attempts + 1, tries = tries + 1", message.After(message.Claim))

// Claim takes at most n messages of the site that are due, oldest first, and leases them.
// No other claim gets them before the lease is over.
func (s *Store) Claim(ctx context.Context, site string, n int, at, leaseUntil time.Time) ([]message.Message, error) {
	ids, err := s.dialect.claim(ctx, s, claim{site: site, at: at, leaseUntil: leaseUntil, n: n})
	if err != nil {
		return nil, fmt.Errorf("claim messages: %w", err)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	claimed, err := s.messages(ctx, nil, site, ids)
	if err != nil {
		return nil, fmt.Errorf("read claimed messages: %w", err)
	}
	slices.SortFunc(claimed, func(a, b message.Message) int {
		if c := a.QueuedAt.Compare(b.QueuedAt); c != 0 {
			return c
		}
		return strings.Compare(string(a.ID), string(b.ID))
	})
	return claimed, nil
}

// messages reads messages by id, in no order.
func (s *Store) messages(ctx context.Context, t *tx, site string, ids []string) ([]message.Message, error) {
	condition, argument := s.dialect.anyOf("q.id", ids)
	return readMessages(s.query(ctx, t, selectMessages+"WHERE q.site = ? AND "+condition, site, argument))
}

// Extend renews the leases of claims that are still held.
func (s *Store) Extend(ctx context.Context, held []message.Message, leaseUntil time.Time) error {
	for site, ids := range bySite(held) {
		condition, argument := s.dialect.anyOf("id", ids)
		_, err := s.sql.ExecContext(ctx, s.bind(fmt.Sprintf(
			"UPDATE queue SET due_at = ? WHERE site = ? AND status = '%s' AND %s", message.Sending, condition)),
			instant(leaseUntil), site, argument)
		if err != nil {
			return fmt.Errorf("extend leases: %w", err)
		}
	}
	return nil
}

func bySite(ms []message.Message) map[string][]string {
	ids := map[string][]string{}
	for _, m := range ms {
		ids[m.Site] = append(ids[m.Site], string(m.ID))
	}
	return ids
}

// settlement is an outcome as the tables take it.
type settlement struct {
	message.Outcome
	status              message.Status
	counted             int // 1 if the claim was an attempt
	rejected, remaining string
	failure             message.Failure
	attempt             attemptRow
}

type attemptRow struct {
	message.Attempt
	accepted, rejected, pending, category string
}

const (
	attemptNames = "site, message_id, claim, started_at, ended_at, replica, account, server, uncertain, " +
		"accepted, rejected, pending, code, response, category"
	// A late result replaces what the sweeper had to assume.
	attemptUpdate = "started_at = excluded.started_at, ended_at = excluded.ended_at, server = excluded.server, account = excluded.account, " +
		"uncertain = excluded.uncertain, accepted = excluded.accepted, rejected = excluded.rejected, pending = excluded.pending, " +
		"code = excluded.code, response = excluded.response, category = excluded.category"
	settled = "status = o.status, reason = o.reason, due_at = o.due_at, changed_at = o.changed_at, " +
		"attempts = queue.attempts - 1 + o.counted, tries = queue.tries - 1 + o.counted, " +
		"reached = queue.reached OR o.reached, rejected = o.rejected, remaining = o.remaining, " +
		"error_category = o.error_category, error_code = o.error_code, error_text = o.error_text"
)

// Settle writes what claims came to, all in one transaction. An outcome whose claim no
// longer holds changes nothing but the log of attempts. It returns how many counted.
func (s *Store) Settle(ctx context.Context, outcomes []message.Outcome) (int, error) {
	rows := make([]settlement, len(outcomes))
	for i, o := range outcomes {
		rows[i] = toSettlement(o)
	}
	// Locks are taken in one order, so that two replicas cannot wait for each other.
	slices.SortFunc(rows, func(a, b settlement) int {
		return strings.Compare(a.Site+string(a.ID), b.Site+string(b.ID))
	})
	moved := 0
	err := s.commit(ctx, func(t *tx) (err error) {
		moved, err = s.dialect.settle(ctx, t, rows)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("write outcomes: %w", err)
	}
	return moved, nil
}

func toSettlement(o message.Outcome) settlement {
	r := settlement{Outcome: o, status: message.After(o.Move)}
	r.rejected, r.remaining = text(o.Rejected), text(o.Remaining)
	if o.Error != nil {
		r.failure = *o.Error
		r.failure.Text = message.Truncate(o.Error.Text, message.MaxErrorText)
		r.failure.Code = message.Truncate(o.Error.Code, message.MaxErrorCode)
	}
	if o.Attempt == nil {
		return r
	}
	r.counted = 1
	r.attempt = attemptRow{Attempt: *o.Attempt}
	a := &r.attempt
	a.rejected, a.pending = text(a.Rejected), text(a.Pending)
	a.Response = message.Truncate(a.Response, message.MaxErrorText)
	if a.Failure != nil || len(a.Accepted) != 1 {
		a.accepted = text(a.Accepted) // one address, accepted: the message says which
	}
	if a.Failure != nil {
		a.category = string(a.Failure.Category)
	}
	return r
}

func text(l []string) string {
	v, _ := list(l).Value() // texts always have a JSON form
	return v.(string)
}

// Lapsed lists at most n messages of the site whose lease is over, oldest first.
func (s *Store) Lapsed(ctx context.Context, site string, n int, at time.Time) ([]message.Message, error) {
	ms, err := readMessages(s.query(ctx, nil, selectMessages+fmt.Sprintf(
		"WHERE q.site = ? AND q.due_at <= ? AND q.status = '%s' ORDER BY q.due_at, q.id LIMIT ?", message.Sending),
		site, instant(at), n))
	if err != nil {
		return nil, fmt.Errorf("list lapsed leases: %w", err)
	}
	return ms, nil
}

// Expire ends at most n messages of the site that were not sent in time.
func (s *Store) Expire(ctx context.Context, site string, n int, at time.Time) (int, error) {
	expired := 0
	err := s.commit(ctx, func(t *tx) error {
		late, err := readMessages(s.query(ctx, t, selectMessages+fmt.Sprintf(
			"WHERE q.site = ? AND q.expires_at <= ? AND q.status IN %s AND (q.status <> '%s' OR q.due_at <= ?) ORDER BY q.expires_at, q.id LIMIT ?",
			in(message.From(message.Expire)), message.Sending), site, instant(at), instant(at), n))
		if err != nil {
			return err
		}
		for _, m := range late {
			after, err := m.Do(message.Expire, at)
			if err != nil {
				continue // merged meanwhile: the digest says when
			}
			after.Reason, after.DueAt = message.Late, time.Time{}
			switch err := s.replace(ctx, t, m, after); err {
			case nil:
				expired++
			case message.ErrMoved:
			default:
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("expire messages: %w", err)
	}
	return expired, nil
}

// NextDue is when the queue of the site must next be looked at; zero if nothing waits.
func (s *Store) NextDue(ctx context.Context, site string) (time.Time, error) {
	return s.earliest(ctx, "SELECT min(due_at) FROM queue WHERE site = ? AND due_at IS NOT NULL", site)
}
