package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"go.uber.org/zap"
	gormpostgres "gorm.io/driver/postgres"
	"gorm.io/gorm"

	"notifier/message"
)

type postgres struct{}

func openPostgres(ctx context.Context, s Settings, log *zap.Logger) (*Store, error) {
	config, err := pgxpool.ParseConfig(s.URL)
	if err != nil {
		return nil, fmt.Errorf("read database.url: %w", err)
	}
	config.MaxConns = 20
	if s.Connections > 0 {
		config.MaxConns = int32(s.Connections)
	}
	// A plan made for one batch size is wrong for the next: a join of a few hundred
	// outcomes would read the whole queue.
	config.ConnConfig.RuntimeParams["plan_cache_mode"] = "force_generic_plan"
	if config.ConnConfig.RuntimeParams["application_name"] == "" {
		config.ConnConfig.RuntimeParams["application_name"] = "notifier"
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	db := stdlib.OpenDBFromPool(pool)
	g, err := gorm.Open(gormpostgres.New(gormpostgres.Config{Conn: db}), gormConfig())
	if err != nil {
		pool.Close()
		return nil, fmt.Errorf("open the database: %w", err)
	}
	return &Store{db: g, sql: db, dialect: postgres{}, log: log, close: func() error {
		err := db.Close()
		pool.Close()
		return err
	}}, nil
}

func (postgres) name() string                { return "postgres" }
func (postgres) lock(strength string) string { return " FOR " + strength }

func (postgres) anyOf(column string, list []string) (string, any) {
	return column + " = ANY(?)", list
}

func (postgres) anyTime(column string, list []time.Time) (string, any) {
	return column + " = ANY(?::timestamptz[])", list
}

func (postgres) mergeWindows(ctx context.Context, t *tx, site string, at time.Time, windows, digests []string) error {
	_, err := t.sql.ExecContext(ctx, `UPDATE windows SET closed_at = $1, digest_id = m.digest
		FROM unnest($3::text[], $4::text[]) AS m(id, digest) WHERE site = $2 AND windows.id = m.id`,
		instant(at), site, windows, digests)
	return err
}

// copied is how many rows make COPY cheaper than one INSERT after the other.
const copied = 8

func (p postgres) insertMessages(ctx context.Context, t *tx, rows []*messageRow) error {
	if len(rows) < copied {
		return insertEach(ctx, t, rows, dollars)
	}
	return t.conn.Raw(func(c any) error {
		conn := c.(*stdlib.Conn).Conn()
		if err := copyRows(ctx, conn, "messages", rows, (*messageRow).content); err != nil {
			return err
		}
		return copyRows(ctx, conn, "queue", rows, (*messageRow).queue)
	})
}

func copyRows(ctx context.Context, conn *pgx.Conn, table string, rows []*messageRow, columns func(*messageRow) []column) error {
	var header []string
	for _, c := range columns(rows[0]) {
		header = append(header, c.name)
	}
	_, err := conn.CopyFrom(ctx, pgx.Identifier{table}, header, pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) {
		return values(columns(rows[i])), nil
	}))
	return err
}

var postgresClaim = fmt.Sprintf(`UPDATE queue SET %s
	WHERE site = $1 AND id = ANY(ARRAY(
		SELECT id FROM queue WHERE site = $1 AND due_at <= $2 AND status IN %s
		ORDER BY due_at, id LIMIT $4 FOR UPDATE SKIP LOCKED))
	RETURNING id`,
	fmt.Sprintf(claimed, "$3", "$2"), in(message.From(message.Claim)))

func (postgres) claim(ctx context.Context, s *Store, c claim) ([]string, error) {
	return texts(s.sql.QueryContext(ctx, postgresClaim, c.site, instant(c.at), instant(c.leaseUntil), c.n))
}

// postgresSettle writes many outcomes in one statement. Each counts only while its own
// claim still holds; the attempt is logged in any case.
var postgresSettle = fmt.Sprintf(`WITH o AS (
		SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[],
			$8::int[], $9::boolean[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[])
			AS o(site, id, claim, status, reason, due_at, changed_at, counted, reached, rejected, remaining,
				error_category, error_code, error_text)
	), logged AS (
		INSERT INTO attempts (%s)
		SELECT * FROM unnest($15::text[], $16::text[], $17::int[], $18::timestamptz[], $19::timestamptz[], $20::text[], $21::text[],
			$22::text[], $23::boolean[], $24::text[], $25::text[], $26::text[], $27::int[], $28::text[], $29::text[])
		ON CONFLICT (site, message_id, claim) DO UPDATE SET %s
	)
	UPDATE queue SET %s FROM o
	WHERE queue.site = o.site AND queue.id = o.id AND queue.claim = o.claim AND queue.status = '%s'`,
	attemptNames, attemptUpdate, settled, message.Sending)

func (postgres) settle(ctx context.Context, t *tx, rows []settlement) (int, error) {
	var o outcomeColumns
	var a attemptColumns
	for _, r := range rows {
		o.add(r)
		if r.Attempt != nil {
			a.add(r)
		}
	}
	result, err := t.sql.ExecContext(ctx, postgresSettle, append(o.arrays(), a.arrays()...)...)
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	return int(n), err
}

type outcomeColumns struct {
	site, id, status, reason, rejected, remaining, category, code, text []string
	claim, counted                                                      []int32
	due, changed                                                        []*time.Time
	reached                                                             []bool
}

func (c *outcomeColumns) add(r settlement) {
	c.site, c.id, c.claim = append(c.site, r.Site), append(c.id, string(r.ID)), append(c.claim, int32(r.Claim))
	c.status, c.reason = append(c.status, string(r.status)), append(c.reason, string(r.Reason))
	c.due, c.changed = append(c.due, orNull(r.NotBefore)), append(c.changed, orNull(r.At))
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
	site, id, replica, account, server, accepted, rejected, pending, response, category []string
	claim, code                                                                         []int32
	started, ended                                                                      []*time.Time
	uncertain                                                                           []bool
}

func (c *attemptColumns) add(r settlement) {
	a := r.attempt
	c.site, c.id, c.claim = append(c.site, r.Site), append(c.id, string(r.ID)), append(c.claim, int32(r.Claim))
	c.started, c.ended = append(c.started, orNull(a.StartedAt)), append(c.ended, orNull(a.EndedAt))
	c.replica, c.account, c.server = append(c.replica, a.Replica), append(c.account, a.Account), append(c.server, a.Server)
	c.uncertain, c.code, c.response = append(c.uncertain, a.Uncertain), append(c.code, int32(a.Code)), append(c.response, a.Response)
	c.accepted, c.rejected, c.pending = append(c.accepted, a.accepted), append(c.rejected, a.rejected), append(c.pending, a.pending)
	c.category = append(c.category, a.category)
}

func (c *attemptColumns) arrays() []any {
	return []any{
		c.site, c.id, c.claim, c.started, c.ended, c.replica, c.account, c.server, c.uncertain,
		c.accepted, c.rejected, c.pending, c.code, c.response, c.category,
	}
}

func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func dollars(n int) string {
	s := ""
	for i := 1; i <= n; i++ {
		s += fmt.Sprintf("$%d, ", i)
	}
	return s[:len(s)-2]
}
