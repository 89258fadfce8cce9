package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"notifier/message"
	"notifier/store/sql"
)

type sqlite struct{ sql.SQLite }

func (sqlite) writers() int { return 1 }

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

func (sqlite) next(h heap, behind string) string {
	row := cmp.Or(h.row, "site, id")
	is := "(n." + strings.ReplaceAll(row, ", ", ", n.") + ")"
	return fmt.Sprintf(" CROSS JOIN %[2]s AS n ON %[6]s = (SELECT %[5]s FROM %[2]s WHERE %[3]s AND %[4]s ORDER BY %[1]s LIMIT 1)",
		h.keys+", "+h.time, h.table, h.where, behind, row, is)
}

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
		slices.Concat(r.setArguments, []any{d.Array(r.ids), r.site}, r.andArguments)
}

func (sqlite) mergeWindows(ctx context.Context, t *sql.Tx, site string, at time.Time, windows, digests []string) error {
	statement, err := t.PrepareContext(ctx, "UPDATE windows SET closed_at = ?, digest_id = ? WHERE site = ? AND id = ?")
	if err != nil {
		return err
	}
	defer statement.Close()
	for i, id := range windows {
		if _, err := statement.ExecContext(ctx, sql.Instant(at), digests[i], site, id); err != nil {
			return err
		}
	}
	return nil
}

func (sqlite) read(ctx context.Context, s *Store, t *sql.Tx, statement string, arguments ...any) ([]message.Message, error) {
	return readMessages(s.db.Query(ctx, t, statement, arguments...))
}

// insertMessages writes row by row, with statements that are prepared once.
func (sqlite) insertMessages(ctx context.Context, t *sql.Tx, rows []*messageRow) error {
	for _, part := range []struct {
		table   string
		columns func(*messageRow) []column
	}{{"messages", (*messageRow).content}, {"queue", (*messageRow).queue}} {
		columns := part.columns(new(messageRow))
		statement, err := t.PrepareContext(ctx, fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)",
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
	err = s.db.Commit(ctx, func(t *sql.Tx) error {
		ids, err := sql.Texts(s.db.Query(ctx, t, sqliteClaim, c.site, sql.Instant(c.at), sql.Instant(c.leaseUntil), c.n, c.account, c.rank))
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

func (sqlite) settleWhole(ctx context.Context, s *Store, t *sql.Tx, rows []*settlement) (moved []string, err error) {
	write, err := t.PrepareContext(ctx, s.db.Ready(sqliteSettleWhole))
	if err != nil {
		return nil, err
	}
	defer write.Close()
	for _, r := range rows {
		result, err := write.ExecContext(ctx, sql.Instant(r.At), r.receipt(), r.Site, r.ID)
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

func (sqlite) settle(ctx context.Context, s *Store, t *sql.Tx, rows []*settlement) ([]string, error) {
	write, err := t.PrepareContext(ctx, s.db.Ready(sqliteSettle))
	if err != nil {
		return nil, err
	}
	defer write.Close()
	log, err := t.PrepareContext(ctx, s.db.Ready(sqliteLog))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	var moved []string
	for _, r := range rows {
		result, err := write.ExecContext(ctx, r.Site, r.ID, r.Claim, r.status, r.Reason, sql.Instant(r.NotBefore), sql.Instant(r.At),
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
			if _, err := log.ExecContext(ctx, r.Site, r.ID, r.Claim, sql.Instant(a.StartedAt), sql.Instant(a.EndedAt), a.Replica, a.Account,
				a.Server, a.Uncertain, text(a.Accepted), text(a.Rejected), text(a.Pending), a.Code, a.Response,
				a.failure.Category, a.failure.Code, a.failure.Text, a.LedTo, a.Tried); err != nil {
				return nil, err
			}
		}
	}
	return moved, nil
}
