package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"notifier/access"
	"notifier/fault"
	"notifier/message"
	"notifier/store/sql"
)

// Sites lists the sites that have ever had a row, for the jobs.
func (s *Store) Sites(ctx context.Context) ([]string, error) {
	sites, err := sql.Texts(s.db.Query(ctx, nil, "SELECT site FROM sites ORDER BY site"))
	if err != nil {
		return nil, fmt.Errorf("list the sites: %w", err)
	}
	return sites, nil
}

// SitesInFull lists the sites with their zones, by name.
func (s *Store) SitesInFull(ctx context.Context) ([]access.Site, error) {
	rows, err := s.db.Query(ctx, nil, "SELECT site, timezone, created_at FROM sites ORDER BY site")
	all, err := sql.Collect(rows, err, func(scan func(...any) error) (one access.Site, err error) {
		err = scan(&one.Name, &one.Timezone, (*sql.Instant)(&one.CreatedAt))
		return one, err
	})
	if err != nil {
		return nil, fmt.Errorf("list the sites: %w", err)
	}
	return all, nil
}

// A claim is a lease on messages: claim number n of a message belongs to one replica until its due
// time, which holds the end of the lease while the status is sending. Everything that is written of
// an attempt names the number and counts only while it still holds (compare-and-set):
//
//	queued ──Claim──► sending, claim n+1, due_at = end of the lease
//	                    │ Extend     the conversation takes longer
//	                    │ Settle     what the server said: sent, queued again, error …
//	                    └ the lease lapses: Notifications' sweeper puts the message back and logs
//	                      that its outcome is not known
//
// Replicas take rows that no other has locked (SKIP LOCKED), so none waits for another, and a
// replica that was stopped for an hour finds that its claims are void.

type claim struct {
	site, account  string
	rank           int
	at, leaseUntil time.Time
	n              int
}

// claimedOf is the SET of a claim: the attempt is counted and its lease committed before
// anything is said to a relay, so that a crash counts too.
func claimedOf(row string) string {
	return fmt.Sprintf("status = '%[1]s', reason = '', due_at = %%[1]s, changed_at = %%[2]s, claimed_at = %%[2]s, "+
		"claim = %[2]sclaim + 1, attempts = %[2]sattempts + 1, tries = %[2]stries + 1", message.After(message.Claim), row)
}

// rowsOf are rows of the queue by id, as far as they still stand so, and what is written
// into them.
type rowsOf struct {
	site         string
	ids          []string
	and          string // a condition on them, on r where the column could be another's
	andArguments []any
	set          string
	setArguments []any
}

// changeRows writes into rows of the queue.
func (s *Store) changeRows(ctx context.Context, t *sql.Tx, r rowsOf) error {
	statement, arguments := s.dialect.change(r)
	_, err := s.db.Exec(ctx, t, statement, arguments...)
	return err
}

// Claim takes at most n messages of the lane that are due, oldest first, and leases them.
// No other claim gets them before the lease is over.
func (s *Store) Claim(ctx context.Context, l message.Lane, n int, at, leaseUntil time.Time) ([]message.Message, error) {
	claimed, err := s.dialect.claim(ctx, s, claim{site: l.Site, account: l.Account, rank: l.Priority.Rank(), at: at, leaseUntil: leaseUntil, n: n})
	if err != nil {
		return nil, fmt.Errorf("claim messages: %w", err)
	}
	slices.SortFunc(claimed, func(a, b message.Message) int {
		if c := a.QueuedAt.Compare(b.QueuedAt); c != 0 {
			return c
		}
		return strings.Compare(string(a.ID), string(b.ID))
	})
	return claimed, nil
}

// Extend renews the leases of claims that are still held; it leaves those alone that
// another claim has taken over.
func (s *Store) Extend(ctx context.Context, held []message.Message, leaseUntil time.Time) error {
	type holding struct {
		site  string
		claim int
	}
	ids := map[holding][]string{}
	for _, m := range held {
		h := holding{m.Site, m.Claim}
		ids[h] = append(ids[h], string(m.ID))
	}
	for h, list := range ids {
		slices.Sort(list)
		err := s.changeRows(ctx, nil, rowsOf{
			site: h.site, ids: list, and: fmt.Sprintf("%s = '%s' AND claim = ?", hidden("status"), message.Sending), andArguments: []any{h.claim},
			set: "due_at = ?", setArguments: []any{sql.Instant(leaseUntil)},
		})
		if err != nil {
			return fmt.Errorf("extend leases: %w", err)
		}
	}
	return nil
}

// settlement is an outcome as the tables take it. Most say no more than that everybody got the mail
// at the first try: those are one column of the message's own row, its receipt (receipts.go), and
// need no row in attempts.
type settlement struct {
	message.Outcome
	status              message.Status
	counted             int // 1 if the claim was an attempt
	rejected, remaining string
	failure             message.Failure
	attempt             attemptRow
}

// key names a claim.
func (r *settlement) key() string { return claimKey(string(r.ID), r.Claim) }

func claimKey(id string, claim int) string { return id + "/" + strconv.Itoa(claim) }

type attemptRow struct {
	message.Attempt
	failure message.Failure
}

const attemptNames = "site, message_id, claim, started_at, ended_at, replica, account, server, uncertain, " +
	"accepted, rejected, pending, code, response, category, error_code, error_text, led_to, tried"

// attemptUpdate lets a result that comes late replace what the sweeper had to assume, and
// nothing else.
var attemptUpdate = setTo("excluded", attemptNames) + fmt.Sprintf(" WHERE attempts.category = '%s'", message.LeaseLost)

// settled is the SET of an outcome, which stands in a row of that name.
func settled(row string) string {
	return setTo(row, "status, reason, due_at, changed_at, rejected, remaining, error_category, error_code, error_text") +
		strings.ReplaceAll(", attempts = queue.attempts - 1 + o.attempts, tries = queue.tries - 1 + o.attempts, reached = queue.reached OR o.reached",
			" o.", " "+row+".")
}

// Settle writes what claims came to, all in one transaction. An outcome whose claim no
// longer holds changes nothing but the log of attempts. It returns how many counted.
func (s *Store) Settle(ctx context.Context, outcomes []message.Outcome) (int, error) {
	moved, err := s.settleAll(ctx, outcomes)
	return len(moved), err
}

// SettleEach is Settle, and tells of each outcome whether its message moved.
func (s *Store) SettleEach(ctx context.Context, outcomes []message.Outcome) ([]bool, error) {
	moved, err := s.settleAll(ctx, outcomes)
	each := make([]bool, len(outcomes))
	for i, o := range outcomes {
		each[i] = slices.Contains(moved, (&settlement{Outcome: o}).key())
	}
	return each, err
}

func (s *Store) settleAll(ctx context.Context, outcomes []message.Outcome) (moved []string, err error) {
	all := make([]settlement, len(outcomes))
	rows := make([]*settlement, len(outcomes)) // they are large, and change places
	for i, o := range outcomes {
		all[i] = toSettlement(o)
		rows[i] = &all[i]
	}
	// Locks are taken in one order, so that two replicas cannot wait for each other.
	slices.SortFunc(rows, func(a, b *settlement) int {
		return cmp.Or(strings.Compare(a.Site, b.Site), strings.Compare(string(a.ID), string(b.ID)))
	})
	moved, err = s.settle(ctx, rows)
	if err != nil {
		return nil, fmt.Errorf("write outcomes: %w", err)
	}
	return moved, nil
}

// settle writes most outcomes as receipts, and returns the keys of what moved. Where nobody
// is to be told, and the database does it in one statement, that is the whole transaction.
func (s *Store) settle(ctx context.Context, rows []*settlement) (moved []string, err error) {
	whole, rest := partition(rows, (*settlement).whole)
	if len(rest) == 0 && s.dialect.atOnce() && s.unheard(ctx, sitesOf(whole)) {
		if moved, err = s.dialect.settleWhole(ctx, s, nil, whole); err != nil || len(moved) == len(whole) {
			return moved, err
		}
		whole, rest = nil, without(whole, moved)
	}
	var before []string
	before, moved = moved, nil
	err = s.db.Commit(ctx, func(t *sql.Tx) (err error) {
		moved = nil
		if len(whole) > 0 {
			if moved, err = s.dialect.settleWhole(ctx, s, t, whole); err != nil {
				return err
			}
		}
		// What did not move is looked at again: it may be no longer ours, and is logged then.
		more, err := s.dialect.settle(ctx, s, t, slices.Concat(rest, without(whole, moved)))
		if err != nil {
			return err
		}
		moved = append(moved, more...)
		if err := s.keepBounces(ctx, t, rest); err != nil {
			return err
		}
		return s.tell(ctx, t, changesOf(rows, moved))
	})
	return append(before, moved...), err
}

// unheard tells whether no webhook is to be told of what happens on these sites, as far as
// is known.
func (s *Store) unheard(ctx context.Context, sites []string) bool {
	for _, site := range slices.Compact(sites) {
		if all, err := s.audience(ctx, nil, site); err != nil || len(all) > 0 {
			return false
		}
	}
	return true
}

func sitesOf(rows []*settlement) []string {
	all := make([]string, len(rows))
	for i, r := range rows {
		all[i] = r.Site
	}
	return all
}

// partition divides rows into those that are so and the others.
func partition(rows []*settlement, so func(*settlement) bool) (are, others []*settlement) {
	for _, r := range rows {
		if so(r) {
			are = append(are, r)
		} else {
			others = append(others, r)
		}
	}
	return are, others
}

// without are the rows whose keys are not among the moved.
func without(rows []*settlement, moved []string) []*settlement {
	if len(rows) == len(moved) {
		return nil
	}
	_, others := partition(rows, func(r *settlement) bool { return slices.Contains(moved, r.key()) })
	return others
}

func toSettlement(o message.Outcome) settlement {
	r := settlement{Outcome: o, status: message.After(o.Move), failure: toFailure(o.Error)}
	r.rejected, r.remaining = text(o.Rejected), text(o.Remaining)
	if !slices.Contains(claimable, r.status) {
		r.NotBefore = time.Time{}
	}
	if o.Attempt == nil {
		return r
	}
	if o.Attempt.Tried {
		r.counted = 1
	}
	r.attempt = attemptRow{Attempt: *o.Attempt, failure: toFailure(o.Attempt.Failure)}
	a := &r.attempt
	a.LedTo = r.status
	a.Response = harmless(a.Response, message.MaxErrorText)
	return r
}

// toFailure is what is kept of a failure; how to go on was decided when it came.
func toFailure(f *message.Failure) message.Failure {
	if f == nil {
		return message.Failure{}
	}
	return message.Failure{
		Category: f.Category, Code: harmless(f.Code, message.MaxErrorCode), Text: harmless(f.Text, message.MaxErrorText),
	}
}

// harmless is a text of somebody else's as any database takes it: one bad byte in it must
// not keep a whole batch of outcomes from being written.
func harmless(s string, longest int) string {
	return fault.Truncate(strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "\uFFFD"), longest)
}

func text(l []string) string {
	v, _ := sql.List(l).Value() // texts always have a JSON form
	return v.(string)
}

// Lapsed lists at most n messages of the site whose lease is over, oldest first.
func (s *Store) Lapsed(ctx context.Context, site string, n int, at time.Time) ([]message.Message, error) {
	ms, err := readMessages(s.db.Query(ctx, nil, s.fromQueue()+fmt.Sprintf(
		" WHERE q.site = ? AND q.due_at <= ? AND q.status = '%s' ORDER BY q.due_at, q.id LIMIT ?", message.Sending),
		site, sql.Instant(at), n))
	if err != nil {
		return nil, fmt.Errorf("list lapsed leases: %w", err)
	}
	return ms, nil
}

// Expire ends at most n messages of the site that were not sent in time. What is being
// sent, and what went into a digest, is left alone.
func (s *Store) Expire(ctx context.Context, site string, n int, at time.Time) (int, error) {
	expired := 0
	err := s.db.Commit(ctx, func(t *sql.Tx) error {
		expired = 0
		late, err := readMessages(s.db.Query(ctx, t, s.fromQueue()+fmt.Sprintf(
			" WHERE q.site = ? AND q.expires_at <= ? AND q.status IN %s AND (q.status <> '%s' OR q.due_at <= ?)"+
				" AND (q.status <> '%s' OR w.closed_at IS NULL) ORDER BY q.expires_at, q.id LIMIT ?",
			in(message.From(message.Expire)), message.Sending, message.Deferred), site, sql.Instant(at), sql.Instant(at), n))
		if err != nil {
			return err
		}
		for _, m := range late {
			after, err := m.Do(message.Expire, at)
			if err != nil {
				return err
			}
			after.Reason, after.DueAt = message.Late, time.Time{}
			switch err := s.replace(ctx, t, m, after); {
			case err == nil:
				expired++
			case !errors.Is(err, message.ErrMoved):
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

// Lanes lists the lanes of the site in which messages wait, each with the time at which
// the first of them is due. It looks once for each lane, however much waits in it.
func (s *Store) Lanes(ctx context.Context, site string) ([]message.Lane, error) {
	var lanes []message.Lane
	for last, rank := "", -1; ; {
		next := message.Lane{Site: site}
		err := s.db.Row(ctx, nil, []any{&next.Account, &rank, (*sql.Instant)(&next.DueAt)}, "SELECT account, priority, due_at FROM queue WHERE site = ?"+
			" AND (account, priority) > (?, ?) AND status IN "+in(claimable)+" ORDER BY account, priority, due_at LIMIT 1", site, last, rank)
		if errors.Is(err, sql.ErrNoRows) {
			return lanes, nil
		}
		if err != nil {
			return nil, fmt.Errorf("list the lanes of %s: %w", site, err)
		}
		next.Priority, last = message.Ranked(rank), next.Account
		lanes = append(lanes, next)
	}
}

// NextDue is when the next message of the site is due to be sent; zero if none waits.
func (s *Store) NextDue(ctx context.Context, site string) (next time.Time, err error) {
	lanes, err := s.Lanes(ctx, site)
	for _, l := range lanes {
		if next.IsZero() || l.DueAt.Before(next) {
			next = l.DueAt
		}
	}
	return next, err
}
