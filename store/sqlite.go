package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"
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
	ownerOnly(file, log)
	db, err := sql.Open("sqlite", "file:"+file+"?"+sqliteOptions)
	if err != nil {
		return nil, fmt.Errorf("open the database %s: %w", file, err)
	}
	db.SetMaxOpenConns(1) // one writer; others would only wait for its lock
	if err := db.PingContext(ctx); err != nil {
		db.Close()
		return nil, fmt.Errorf("open the database %s: %w", file, err)
	}
	// From here on somebody else's lock is waited for in small steps: whoever asks may have less
	// patience than the driver, which cannot be interrupted in such a wait.
	if _, err := db.ExecContext(ctx, "PRAGMA busy_timeout = 1000"); err != nil {
		db.Close()
		return nil, fmt.Errorf("open the database %s: %w", file, err)
	}
	g, err := gorm.Open(sqliteDialector{db}, gormConfig())
	if err != nil {
		db.Close()
		return nil, fmt.Errorf("open the database %s: %w", file, err)
	}
	return &Store{db: g, sql: db, dialect: sqlite{}, log: log, close: db.Close}, nil
}

// longestBusy is how long another process may keep the database to itself.
const longestBusy = 10 * time.Second

// waits tells whether it is worth to ask again: another process has the database, and nothing
// was done.
func waits(ctx context.Context, err error, since time.Time) bool {
	lite, ok := errors.AsType[*sqlite3.Error](err)
	return ok && lite.Code()&0xff == sqlitecodes.SQLITE_BUSY && ctx.Err() == nil && time.Since(since) < longestBusy
}

// ownerOnly makes the file of the database, which holds everybody's mail, for its owner alone;
// SQLite gives the files beside it the same mode. Those that earlier versions made are mended.
func ownerOnly(file string, log *zap.Logger) {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		_ = f.Close() // nothing was written
		return
	}
	for _, name := range []string{file, file + "-wal", file + "-shm"} {
		info, err := os.Stat(name)
		if err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o077 == 0 {
			continue // what is not there, or cannot be opened, SQLite says better
		}
		if err := os.Chmod(name, 0o600); err != nil {
			log.Warn("others on this machine may read the database, and its mode cannot be changed", zap.String("file", name), zap.Error(err))
			continue
		}
		log.Warn("others on this machine could read the database: it is its owner's alone now", zap.String("file", name))
	}
}

func (sqlite) name() string       { return "sqlite" }
func (sqlite) writers() int       { return 1 }
func (sqlite) lock(string) string { return "" }

func (sqlite) array(texts []string) any {
	b, _ := json.Marshal(texts)
	return string(b)
}

func (sqlite) list() string { return "(SELECT value AS id FROM json_each(?)) AS i" }

func (sqlite) text() string { return "?" }

func (sqlite) pairs(ids, others []string) (string, []any) {
	rows := make([][2]string, len(ids))
	for i := range ids {
		rows[i] = [2]string{ids[i], others[i]}
	}
	b, _ := json.Marshal(rows)
	return "(SELECT value ->> 0 AS id, value ->> 1 AS other FROM json_each(?)) AS i", []any{string(b)}
}

func (sqlite) waits(ids []message.ID, waits []wait) (string, []any) {
	rows := make([][3]any, len(waits))
	for i, w := range waits {
		rows[i] = [3]any{nil, w.user, w.due}
		if ids != nil {
			rows[i][0] = ids[i]
		}
	}
	b, _ := json.Marshal(rows)
	return "(SELECT value ->> 0 AS id, value ->> 1 AS user_id, value ->> 2 AS due_at FROM json_each(?)) AS i", []any{string(b)}
}

func (sqlite) to(table, as, on, _ string) string {
	return fmt.Sprintf(" CROSS JOIN %s AS %s ON %s", table, as, on)
}

func (sqlite) perhaps(table, as, on string) string {
	return fmt.Sprintf(" LEFT JOIN %s AS %s ON %s", table, as, on)
}

func (sqlite) next(h heap, behind string) string {
	row := cmp.Or(h.row, "site, id")
	is := "(n." + strings.ReplaceAll(row, ", ", ", n.") + ")"
	return fmt.Sprintf(" CROSS JOIN %[2]s AS n ON %[6]s = (SELECT %[5]s FROM %[2]s WHERE %[3]s AND %[4]s ORDER BY %[1]s LIMIT 1)",
		h.keys+", "+h.time, h.table, h.where, behind, row, is)
}

func (sqlite) by(index string) string { return " INDEXED BY " + index }

func (sqlite) like() string { return "LIKE" }

func (sqlite) migrated() string {
	return "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'goose_db_version')"
}

func (sqlite) references() string {
	return "SELECT m.site, a.value ->> 'sha256' AS hash, count(*) AS n FROM messages m" +
		" CROSS JOIN json_each(CASE WHEN m.extra <> '' THEN m.extra ELSE '{}' END, '$.attachments') AS a" +
		" WHERE m.extra LIKE '%\"attachments\":[%' GROUP BY 1, 2"
}

func (sqlite) tag() string {
	return "(SELECT value FROM json_each(m.extra, '$.tags') WHERE key = ?)"
}

func (d sqlite) change(r rowsOf) (statement string, arguments []any) {
	return fmt.Sprintf("UPDATE queue SET %s WHERE id IN (SELECT value FROM json_each(?)) AND site = ? AND %s", r.set, r.and),
		slices.Concat(r.setArguments, []any{d.array(r.ids), r.site}, r.andArguments)
}

func (sqlite) any(subselect string) string { return "IN (" + subselect + ")" }

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

func (sqlite) read(ctx context.Context, s *Store, t *tx, statement string, arguments ...any) ([]message.Message, error) {
	return readMessages(s.query(ctx, t, statement, arguments...))
}

// insertMessages writes row by row, with statements that are prepared once.
func (sqlite) insertMessages(ctx context.Context, t *tx, rows []*messageRow) error {
	for _, part := range []struct {
		table   string
		columns func(*messageRow) []column
	}{{"messages", (*messageRow).content}, {"queue", (*messageRow).queue}} {
		columns := part.columns(new(messageRow))
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

var sqliteClaim = fmt.Sprintf(`UPDATE queue SET %s
	WHERE (site, id) IN (
		SELECT site, id FROM queue WHERE site = ?1 AND account = ?5 AND priority = ?6 AND due_at <= ?2 AND status IN %s
		ORDER BY due_at, id LIMIT ?4)
	RETURNING id`,
	fmt.Sprintf(claimedOf(""), "?3", "?2"), in(claimable))

func (sqlite) claim(ctx context.Context, s *Store, c claim) (claimed []message.Message, err error) {
	err = s.commit(ctx, func(t *tx) error {
		ids, err := texts(s.query(ctx, t, sqliteClaim, c.site, instant(c.at), instant(c.leaseUntil), c.n, c.account, c.rank))
		if err != nil {
			return err
		}
		claimed, err = s.messages(ctx, t, c.site, ids)
		return err
	})
	return claimed, err
}

func (sqlite) atOnce() bool { return false }

var sqliteSettleWhole = fmt.Sprintf(`UPDATE queue SET %s, changed_at = ?, receipt = ? WHERE site = ? AND id = ? AND claim = %d AND status = '%s'`,
	settledWhole, firstClaim, message.Sending)

func (sqlite) settleWhole(ctx context.Context, s *Store, t *tx, rows []settlement) (moved []string, err error) {
	write, err := t.sql.PrepareContext(ctx, s.ready(sqliteSettleWhole))
	if err != nil {
		return nil, err
	}
	defer write.Close()
	for _, r := range rows {
		result, err := write.ExecContext(ctx, instant(r.At), r.receipt(), r.Site, r.ID)
		if err != nil {
			return nil, err
		}
		n, err := result.RowsAffected()
		if err != nil {
			return nil, err
		}
		if n == 1 {
			moved = append(moved, r.key())
		}
	}
	return moved, nil
}

var (
	sqliteSettle = fmt.Sprintf(`UPDATE queue SET %s FROM (SELECT ? AS site, ? AS id, ? AS claim, ? AS status, ? AS reason,
		? AS due_at, ? AS changed_at, ? AS attempts, ? AS reached, ? AS rejected, ? AS remaining,
		? AS error_category, ? AS error_code, ? AS error_text) AS o
		WHERE queue.site = o.site AND queue.id = o.id AND queue.claim = o.claim AND queue.status = '%s'`,
		settled("o"), message.Sending)
	sqliteLog = fmt.Sprintf(`INSERT INTO attempts (%s) VALUES (%s) ON CONFLICT (site, message_id, claim) DO UPDATE SET %s`,
		attemptNames, marks(len(strings.Split(attemptNames, ","))), attemptUpdate)
)

func (sqlite) settle(ctx context.Context, s *Store, t *tx, rows []settlement) ([]string, error) {
	write, err := t.sql.PrepareContext(ctx, s.ready(sqliteSettle))
	if err != nil {
		return nil, err
	}
	defer write.Close()
	log, err := t.sql.PrepareContext(ctx, s.ready(sqliteLog))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	var moved []string
	for _, r := range rows {
		result, err := write.ExecContext(ctx, r.Site, r.ID, r.Claim, r.status, r.Reason, instant(r.NotBefore), instant(r.At),
			r.counted, r.Reached, r.rejected, r.remaining, r.failure.Category, r.failure.Code, r.failure.Text)
		if err != nil {
			return nil, err
		}
		n, err := result.RowsAffected()
		if err != nil {
			return nil, err
		}
		if n == 1 {
			moved = append(moved, r.key())
		}
		if a := r.attempt; r.Attempt != nil {
			if _, err := log.ExecContext(ctx, r.Site, r.ID, r.Claim, instant(a.StartedAt), instant(a.EndedAt), a.Replica, a.Account,
				a.Server, a.Uncertain, a.accepted, a.rejected, a.pending, a.Code, a.Response,
				a.failure.Category, a.failure.Code, a.failure.Text, a.LedTo, a.Tried); err != nil {
				return nil, err
			}
		}
	}
	return moved, nil
}
