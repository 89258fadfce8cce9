package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.uber.org/zap"
	gormsqlite "gorm.io/driver/sqlite"
	"gorm.io/gorm"
	sqlite3 "modernc.org/sqlite"
	sqlitecodes "modernc.org/sqlite/lib"

	"notifier/message"
)

type sqlite struct{}

// sqliteOptions make what is accepted survive a power cut (synchronous FULL), take the
// write lock at BEGIN instead of failing in the middle, and keep times as whole
// microseconds, so that they compare.
const sqliteOptions = "_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=foreign_keys(1)" +
	"&_pragma=synchronous(FULL)&_txlock=immediate&_time_integer_format=unix_micro&_inttotime=1"

func openSQLite(ctx context.Context, file string, log *zap.Logger) (*Store, error) {
	if file == "" || strings.ContainsAny(file, "?#") {
		return nil, fmt.Errorf(`database.url names no file. Write "sqlite:notifier.db"`)
	}
	g, err := gorm.Open(dialector{gormsqlite.Dialector{
		DriverName: "sqlite", DSN: "file:" + file + "?" + sqliteOptions,
	}}, gormConfig())
	if err != nil {
		return nil, fmt.Errorf("open the database %s: %w", file, err)
	}
	db, err := g.DB()
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // one writer; others would only wait for its lock
	if err := db.PingContext(ctx); err != nil {
		db.Close()
		return nil, fmt.Errorf("open the database %s: %w", file, err)
	}
	return &Store{db: g, sql: db, dialect: sqlite{}, log: log, close: db.Close}, nil
}

// dialector tells gorm how this driver, which needs no C, reports a duplicate key.
type dialector struct{ gormsqlite.Dialector }

func (d dialector) Translate(err error) error {
	var e *sqlite3.Error
	if errors.As(err, &e) && (e.Code() == sqlitecodes.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlitecodes.SQLITE_CONSTRAINT_PRIMARYKEY) {
		return gorm.ErrDuplicatedKey
	}
	return err
}

func (sqlite) name() string       { return "sqlite" }
func (sqlite) lock(string) string { return "" }

func (sqlite) anyOf(column string, list []string) (string, any) {
	b, _ := json.Marshal(list)
	return column + " IN (SELECT value FROM json_each(?))", string(b)
}

func (sqlite) anyTime(column string, list []time.Time) (string, any) {
	micros := make([]int64, len(list))
	for i, t := range list {
		micros[i] = t.UnixMicro()
	}
	b, _ := json.Marshal(micros)
	return column + " IN (SELECT value FROM json_each(?))", string(b)
}

func (sqlite) mergeWindows(ctx context.Context, t *tx, site string, at time.Time, windows, digests []string) error {
	statement, err := t.sql.PrepareContext(ctx, "UPDATE windows SET closed_at = ?, digest_id = ? WHERE site = ? AND id = ?")
	if err != nil {
		return err
	}
	defer statement.Close()
	for i, id := range windows {
		if _, err := statement.ExecContext(ctx, instant(at), digests[i], site, id); err != nil {
			return err
		}
	}
	return nil
}

func (sqlite) insertMessages(ctx context.Context, t *tx, rows []*messageRow) error {
	return insertEach(ctx, t, rows, marks)
}

var sqliteClaim = fmt.Sprintf(`UPDATE queue SET %s
	WHERE (site, id) IN (
		SELECT site, id FROM queue WHERE site = ?1 AND due_at <= ?2 AND status IN %s
		ORDER BY due_at, id LIMIT ?4)
	RETURNING id`,
	fmt.Sprintf(claimed, "?3", "?2"), in(message.From(message.Claim)))

func (sqlite) claim(ctx context.Context, s *Store, c claim) ([]string, error) {
	return texts(s.sql.QueryContext(ctx, sqliteClaim, c.site, instant(c.at), instant(c.leaseUntil), c.n))
}

var (
	sqliteSettle = fmt.Sprintf(`UPDATE queue SET %s FROM (SELECT ? AS site, ? AS id, ? AS claim, ? AS status, ? AS reason,
		? AS due_at, ? AS changed_at, ? AS counted, ? AS reached, ? AS rejected, ? AS remaining,
		? AS error_category, ? AS error_code, ? AS error_text) AS o
		WHERE queue.site = o.site AND queue.id = o.id AND queue.claim = o.claim AND queue.status = '%s'`,
		settled, message.Sending)
	sqliteLog = fmt.Sprintf(`INSERT INTO attempts (%s) VALUES (%s) ON CONFLICT (site, message_id, claim) DO UPDATE SET %s`,
		attemptNames, marks(15), attemptUpdate)
)

func (sqlite) settle(ctx context.Context, t *tx, rows []settlement) (int, error) {
	write, err := t.sql.PrepareContext(ctx, sqliteSettle)
	if err != nil {
		return 0, err
	}
	defer write.Close()
	log, err := t.sql.PrepareContext(ctx, sqliteLog)
	if err != nil {
		return 0, err
	}
	defer log.Close()
	moved := 0
	for _, r := range rows {
		result, err := write.ExecContext(ctx, r.Site, r.ID, r.Claim, r.status, r.Reason, instant(r.NotBefore), instant(r.At),
			r.counted, r.Reached, r.rejected, r.remaining, r.failure.Category, r.failure.Code, r.failure.Text)
		if err != nil {
			return 0, err
		}
		n, err := result.RowsAffected()
		if err != nil {
			return 0, err
		}
		moved += int(n)
		if a := r.attempt; r.Attempt != nil {
			if _, err := log.ExecContext(ctx, r.Site, r.ID, r.Claim, instant(a.StartedAt), instant(a.EndedAt), a.Replica, a.Account,
				a.Server, a.Uncertain, a.accepted, a.rejected, a.pending, a.Code, a.Response, a.category); err != nil {
				return 0, err
			}
		}
	}
	return moved, nil
}
