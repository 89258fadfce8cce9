package store

import (
	"cmp"
	"context"
	stdsql "database/sql"
	"errors"
	"fmt"
	"time"

	"notifier/message"
	"notifier/store/sql"
)

// identified is a row whose key is an address or a domain, before and after it is rewritten.
type identified struct {
	site, was, is string
	rank          int // the row with the higher one stays
	since         time.Time
}

// identify is migration 68: what was keyed by an address in lower case is keyed by the identity of the
// address (message.Identity). Where two rows become one, the stricter stays. No SQL knows how
// domains are mapped, so it is done here, row by row, and only for the few that change.
func (s *Store) identify(ctx context.Context, x *stdsql.Tx) error {
	// Nothing fails if this is done twice, as another table of one name would. On SQLite, where no lock
	// is around all migrations, a second replica may have begun while this transaction waited.
	var done int
	if err := x.QueryRowContext(ctx, "SELECT count(*) FROM goose_db_version WHERE version_id = 68").Scan(&done); err != nil {
		return err
	}
	if done > 0 {
		return errors.New("another replica has run migration 68 meanwhile")
	}
	rows, err := x.QueryContext(ctx, "SELECT site, address, reason, since FROM suppressions ORDER BY site, address")
	var changed []identified
	_, err = sql.Collect(rows, err, func(scan func(...any) error) (none struct{}, err error) {
		one, err := readIdentified(scan)
		if err == nil && one.is != one.was {
			changed = append(changed, one)
		}
		return none, err
	})
	if err != nil {
		return err
	}
	for _, one := range changed {
		if err := s.rename(ctx, x, one); err != nil {
			return fmt.Errorf("suppressions of one address: %w", err)
		}
	}
	return s.identifyBudgets(ctx, x)
}

// strictness is which of two reasons stays: a complaint is a person's, and for good.
var strictness = map[message.Unwanted]int{message.Complained: 3, message.OptedOut: 2, message.Bounced: 1}

func readIdentified(scan func(...any) error) (one identified, err error) {
	var reason string
	err = scan(&one.site, &one.was, &reason, (*sql.Instant)(&one.since))
	one.is, one.rank = message.Identity(one.was), strictness[message.Unwanted(reason)]
	return one, err
}

// rename gives a row its identity. Of two rows the stricter stays, and of equals the older.
func (s *Store) rename(ctx context.Context, x *stdsql.Tx, one identified) error {
	rows, err := x.QueryContext(ctx, s.db.Ready("SELECT site, address, reason, since FROM suppressions WHERE site = ? AND address = ?"), one.site, one.is)
	others, err := sql.Collect(rows, err, readIdentified)
	if err != nil {
		return err
	}
	gone := one.is // the other's
	if len(others) > 0 && cmp.Or(others[0].rank-one.rank, one.since.Compare(others[0].since)) >= 0 {
		gone = one.was
	}
	if len(others) > 0 {
		if _, err := x.ExecContext(ctx, s.db.Ready("DELETE FROM suppressions WHERE site = ? AND address = ?"), one.site, gone); err != nil {
			return err
		}
	}
	_, err = x.ExecContext(ctx, s.db.Ready("UPDATE suppressions SET address = ? WHERE site = ? AND address = ?"), one.is, one.site, one.was)
	return err
}

// identifyBudgets renames what is spent for a domain or a sender. Where two become one, what is spent
// of both counts.
func (s *Store) identifyBudgets(ctx context.Context, x *stdsql.Tx) error {
	rows, err := x.QueryContext(ctx, "SELECT DISTINCT site, scope, name FROM budgets WHERE scope IN ('domain', 'sender')")
	type budget struct{ site, scope, name, is string }
	all, err := sql.Collect(rows, err, func(scan func(...any) error) (b budget, err error) {
		err = scan(&b.site, &b.scope, &b.name)
		if b.is = message.Identity(b.name); b.scope == string(message.PerDomain) {
			b.is = message.DomainIdentity(b.name)
		}
		return b, err
	})
	if err != nil {
		return err
	}
	for _, b := range all {
		if b.is == b.name {
			continue
		}
		_, err := x.ExecContext(ctx, s.db.Ready(`INSERT INTO budgets (site, scope, name, period, window_start, used)
			SELECT site, scope, CAST(? AS text), period, window_start, used FROM budgets AS old WHERE site = ? AND scope = ? AND name = ?
			ON CONFLICT (site, scope, name, period) DO UPDATE SET
				used = CASE WHEN budgets.window_start = excluded.window_start THEN budgets.used + excluded.used
					WHEN budgets.window_start < excluded.window_start THEN excluded.used ELSE budgets.used END,
				window_start = CASE WHEN budgets.window_start < excluded.window_start THEN excluded.window_start ELSE budgets.window_start END`),
			b.is, b.site, b.scope, b.name)
		if err == nil {
			_, err = x.ExecContext(ctx, s.db.Ready("DELETE FROM budgets WHERE site = ? AND scope = ? AND name = ?"), b.site, b.scope, b.name)
		}
		if err != nil {
			return fmt.Errorf("budgets of one domain: %w", err)
		}
	}
	return nil
}
