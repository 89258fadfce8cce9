package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"notifier/message"
	"notifier/store/sql"
)

// postgres talks to the pool itself where that is worth it.
type postgres struct {
	sql.Postgres
	pool *pgxpool.Pool
}

func (postgres) writers() int { return writers }

func (postgres) waits(ids []message.ID, waits []wait) (string, []any) {
	users, dues, windows := make([]string, len(waits)), make([]time.Time, len(waits)), make([]string, len(ids))
	for i, w := range waits {
		users[i], dues[i] = w.user, w.at()
	}
	for i, id := range ids {
		windows[i] = string(id)
	}
	return "unnest(?::text[], ?::text[], ?::timestamptz[]) AS i(id, user_id, due_at)", []any{windows, users, dues}
}

func (postgres) next(h heap, behind string) string {
	return fmt.Sprintf(" CROSS JOIN LATERAL (SELECT %[1]s FROM %[2]s WHERE %[3]s AND %[4]s ORDER BY %[1]s LIMIT 1) AS n", h.keys+", "+h.time, h.table, h.where, behind)
}

func (postgres) migrated() string { return "SELECT to_regclass('goose_db_version') IS NOT NULL" }

func (postgres) references() string {
	return "SELECT m.site, a.value ->> 'sha256' AS hash, count(*) AS n FROM messages m" +
		" CROSS JOIN LATERAL jsonb_array_elements(m.extra::jsonb -> 'attachments') AS a(value)" +
		" WHERE m.extra LIKE '%\"attachments\":[%' GROUP BY 1, 2"
}

func (p postgres) tag() string {
	return "(CASE WHEN m.extra <> '' THEN (m.extra::jsonb -> 'tags') ->> " + p.Text() + " END)"
}

// change is an upsert that never inserts, as postgresSettle is: whatever the planner
// believes, each row is found by its key and by nothing else.
func (p postgres) change(r rowsOf) (statement string, arguments []any) {
	return fmt.Sprintf("INSERT INTO queue (site, id, status, changed_at) SELECT r.site, r.id, r.status, r.changed_at FROM %s CROSS JOIN LATERAL"+
		" (SELECT r.* FROM queue r WHERE r.site = ? AND r.id = i.id AND %s OFFSET 0 FOR UPDATE) AS r"+
		" ON CONFLICT (site, id) DO UPDATE SET %s", p.List(), r.and, r.set), slices.Concat([]any{r.ids, r.site}, r.andArguments, r.setArguments)
}

func (postgres) mergeWindows(ctx context.Context, t *sql.Tx, site string, at time.Time, windows, digests []string) error {
	_, err := t.ExecContext(ctx, `INSERT INTO windows (site, id, user_id, due_at, closed_at, digest_id)
		SELECT w.site, w.id, w.user_id, w.due_at, $1, i.digest_id FROM unnest($3::text[], $4::text[]) AS i(id, digest_id) CROSS JOIN LATERAL
			(SELECT w.* FROM windows w WHERE w.site = $2 AND w.id = i.id OFFSET 0) AS w
		ON CONFLICT (site, id) DO UPDATE SET closed_at = excluded.closed_at, digest_id = excluded.digest_id`,
		sql.Instant(at), site, windows, digests)
	return err
}

func (p postgres) read(ctx context.Context, s *Store, t *sql.Tx, statement string, arguments ...any) (all []message.Message, err error) {
	err = t.Conn.Raw(func(c any) error {
		rows, err := c.(*stdlib.Conn).Conn().Query(ctx, s.db.Ready(statement), arguments...)
		if err != nil {
			return sql.Told(err)
		}
		all, err = readBinaryRows(rows)
		return err
	})
	return all, err
}

// postgresClaim goes to the rows that it has locked by where they lie: in which of the parts
// of a table that may be partitioned, and where in it. Their keys are looked at again, but
// hidden from the planner, which could find the rows by nothing cheaper.
var postgresClaim = fmt.Sprintf(`WITH q AS (
		UPDATE queue SET %s FROM (
			SELECT tableoid AS part, ctid AS place, site, id FROM queue WHERE site = $1 AND account = $5 AND priority = $6 AND due_at <= $2 AND status IN %s
			ORDER BY due_at, id LIMIT $4 FOR UPDATE SKIP LOCKED) AS due
		WHERE %s
		RETURNING queue.*
	) %sq`,
	fmt.Sprintf(claimedOf("queue."), "$3", "$2"), in(claimable), lies("due"), selectMessages)

// lies is the condition that a row of the queue is the one that was found before.
func lies(found string) string {
	return fmt.Sprintf("queue.ctid = %[1]s.place AND queue.tableoid = %[1]s.part AND %[2]s = %[1]s.id AND %[3]s = %[1]s.site",
		found, hidden("queue.id"), hidden("queue.site"))
}

func (p postgres) claim(ctx context.Context, s *Store, c claim) ([]message.Message, error) {
	rows, err := p.pool.Query(ctx, s.db.Ready(postgresClaim+s.withQueue()), c.site, c.at.UTC(), c.leaseUntil.UTC(), c.n, c.account, c.rank)
	if err != nil {
		return nil, sql.Told(err)
	}
	return readBinaryRows(rows)
}

func (postgres) atOnce() bool { return true }

// postgresSettleWhole goes to each row by where it lies, as postgresClaim does. A row that has
// moved there meanwhile, as when its lease was renewed, is left to postgresSettle.
var postgresSettleWhole = fmt.Sprintf(`UPDATE queue SET %s, changed_at = held.changed_at, receipt = held.receipt
	FROM (SELECT q.tableoid AS part, q.ctid AS place, q.site, q.id, i.changed_at, i.receipt
		FROM unnest($2::text[], $3::timestamptz[], $4::text[]) AS i(id, changed_at, receipt) CROSS JOIN LATERAL
			(SELECT q.tableoid, q.ctid, q.site, q.id FROM queue q WHERE q.site = $1 AND q.id = i.id OFFSET 0) AS q) AS held
	WHERE %s AND queue.claim = %d AND %s = '%s'
	RETURNING queue.id`,
	settledWhole, lies("held"), firstClaim, hidden("queue.status"), message.Sending)

func (p postgres) settleWhole(ctx context.Context, s *Store, t *sql.Tx, rows []*settlement) (moved []string, err error) {
	moved = make([]string, 0, len(rows))
	for len(rows) > 0 {
		n := slices.IndexFunc(rows, func(r *settlement) bool { return r.Site != rows[0].Site })
		if n < 0 {
			n = len(rows)
		}
		ids, changed, receipts := make([]string, n), make([]time.Time, n), make([]string, n)
		for i, r := range rows[:n] {
			ids[i], changed[i], receipts[i] = string(r.ID), r.At.UTC(), r.receipt()
		}
		found, err := sql.Texts(s.db.Query(ctx, t, postgresSettleWhole, rows[0].Site, ids, changed, receipts))
		if err != nil {
			return nil, err
		}
		for _, id := range found {
			moved = append(moved, claimKey(id, firstClaim))
		}
		rows = rows[n:]
	}
	return moved, nil
}

// postgresSettle writes many outcomes in one statement. Each counts only while its own
// claim still holds; the attempt is logged in any case. It is an upsert that never inserts:
// that finds each row by its key, waits for it and looks again at what it has become.
var postgresSettle = fmt.Sprintf(`WITH logged AS (
		INSERT INTO attempts (%s)
		SELECT * FROM unnest($15::text[], $16::text[], $17::int[], $18::timestamptz[], $19::timestamptz[], $20::text[], $21::text[],
			$22::text[], $23::boolean[], $24::text[], $25::text[], $26::text[], $27::int[], $28::text[], $29::text[], $30::text[], $31::text[], $32::text[], $33::boolean[])
		ON CONFLICT (site, message_id, claim) DO UPDATE SET %s
	)
	INSERT INTO queue (site, id, claim, status, reason, due_at, changed_at, attempts, reached, rejected, remaining,
		error_category, error_code, error_text, tries, retry_count)
	SELECT o.*, 0, 0 FROM unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[],
			$8::int[], $9::boolean[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[])
		AS o(site, id, claim, status, reason, due_at, changed_at, attempts, reached, rejected, remaining, error_category, error_code, error_text)
		CROSS JOIN LATERAL (SELECT FROM queue q WHERE q.site = o.site AND q.id = o.id AND q.claim = o.claim AND %[5]s = '%[3]s' OFFSET 0) AS held
	ON CONFLICT (site, id) DO UPDATE SET %[4]s WHERE queue.claim = excluded.claim AND queue.status = '%[3]s'
	RETURNING queue.id || '/' || queue.claim`,
	attemptNames, attemptUpdate, message.Sending, settled("excluded"), hidden("q.status"))

func (postgres) settle(ctx context.Context, s *Store, t *sql.Tx, rows []*settlement) ([]string, error) {
	var o outcomeColumns
	var a attemptColumns
	for _, r := range rows {
		o.add(r)
		if r.Attempt != nil {
			a.add(r)
		}
	}
	return sql.Texts(s.db.Query(ctx, t, postgresSettle, append(o.arrays(), a.arrays()...)...))
}

type outcomeColumns struct {
	site, id, status, reason, rejected, remaining, category, code, text []string
	claim, counted                                                      []int32
	due, changed                                                        []*time.Time
	reached                                                             []bool
}

func (c *outcomeColumns) add(r *settlement) {
	c.site, c.id, c.claim = append(c.site, r.Site), append(c.id, string(r.ID)), append(c.claim, int32(r.Claim))
	c.status, c.reason = append(c.status, string(r.status)), append(c.reason, string(r.Reason))
	c.due, c.changed = append(c.due, sql.OrNull(r.NotBefore)), append(c.changed, sql.OrNull(r.At))
	c.counted, c.reached = append(c.counted, int32(r.counted)), append(c.reached, r.Reached)
	c.rejected, c.remaining = append(c.rejected, r.rejected), append(c.remaining, r.remaining)
	c.category, c.code, c.text = append(c.category, string(r.failure.Category)), append(c.code, r.failure.Code), append(c.text, r.failure.Text)
}

func (c *outcomeColumns) arrays() []any {
	return []any{
		c.site, c.id, c.claim, c.status, c.reason, c.due, c.changed, c.counted, c.reached, c.rejected, c.remaining,
		c.category, c.code, c.text,
	}
}

type attemptColumns struct {
	site, id, replica, account, server, accepted, rejected, pending, response, category, errorCode, errorText, ledTo []string
	claim, code                                                                                                      []int32
	started, ended                                                                                                   []*time.Time
	uncertain, tried                                                                                                 []bool
}

func (c *attemptColumns) add(r *settlement) {
	a := r.attempt
	c.site, c.id, c.claim = append(c.site, r.Site), append(c.id, string(r.ID)), append(c.claim, int32(r.Claim))
	c.started, c.ended = append(c.started, sql.OrNull(a.StartedAt)), append(c.ended, sql.OrNull(a.EndedAt))
	c.replica, c.account, c.server = append(c.replica, a.Replica), append(c.account, a.Account), append(c.server, a.Server)
	c.uncertain, c.code, c.response = append(c.uncertain, a.Uncertain), append(c.code, int32(a.Code)), append(c.response, a.Response)
	c.accepted, c.rejected, c.pending = append(c.accepted, text(a.Accepted)), append(c.rejected, text(a.Rejected)), append(c.pending, text(a.Pending))
	c.category = append(c.category, string(a.failure.Category))
	c.errorCode, c.errorText, c.ledTo = append(c.errorCode, a.failure.Code), append(c.errorText, a.failure.Text), append(c.ledTo, string(a.LedTo))
	c.tried = append(c.tried, a.Tried)
}

func (c *attemptColumns) arrays() []any {
	return []any{
		c.site, c.id, c.claim, c.started, c.ended, c.replica, c.account, c.server, c.uncertain,
		c.accepted, c.rejected, c.pending, c.code, c.response, c.category, c.errorCode, c.errorText, c.ledTo, c.tried,
	}
}
