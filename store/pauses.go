package store

import (
	"context"
	"fmt"
	"time"

	"notifier/message"
	"notifier/store/sql"
)

const pauseNames = "account, since, until, failures, category, code, text, probed_until, kind, message_site, message_id"

// Pauses lists the accounts that do not work, in the order of their names.
func (s *Store) Pauses(ctx context.Context, site string) ([]message.Pause, error) {
	rows, err := s.db.Query(ctx, nil, "SELECT "+pauseNames+" FROM account_pauses WHERE site = ? ORDER BY account", site)
	all, err := sql.Collect(rows, err, func(scan func(...any) error) (p message.Pause, err error) {
		return p, scan(&p.Account, (*sql.Instant)(&p.Since), (*sql.Instant)(&p.Until), &p.Failures,
			(*string)(&p.Failure.Category), &p.Failure.Code, &p.Failure.Text, (*sql.Instant)(&p.ProbedUntil),
			(*string)(&p.Kind), &p.Site, (*string)(&p.Message))
	})
	if err != nil {
		return nil, fmt.Errorf("list the paused accounts: %w", err)
	}
	return all, nil
}

// Pause writes the pause of an account. Of two replicas that saw it fail at once the one
// that leaves it alone for longer is heard.
func (s *Store) Pause(ctx context.Context, site string, p message.Pause) error {
	f := toFailure(&p.Failure)
	_, err := s.db.Exec(ctx, nil, "INSERT INTO account_pauses (site, "+pauseNames+") VALUES ("+sql.Marks(12)+") ON CONFLICT (site, account) DO UPDATE SET "+
		sql.SetTo("excluded", "until, failures, category, code, text, probed_until, kind, message_site, message_id")+" WHERE account_pauses.until <= excluded.until",
		site, p.Account, sql.Instant(p.Since), sql.Instant(p.Until), p.Failures, f.Category, f.Code, f.Text, sql.Instant(p.ProbedUntil), string(p.Kind), p.Site, string(p.Message))
	if err != nil {
		return fmt.Errorf("pause the account %s: %w", p.Account, err)
	}
	return nil
}

// Probe takes the right to ask a paused account again until that time. It is false if
// another replica has it, or the account works again.
func (s *Store) Probe(ctx context.Context, site string, p message.Pause, until time.Time) (bool, error) {
	n, err := s.db.Exec(ctx, nil, "UPDATE account_pauses SET probed_until = ? WHERE site = ? AND account = ? AND "+sql.Same("until", p.Until)+" AND probed_until IS NULL",
		sql.Instant(until), site, p.Account, sql.Instant(p.Until))
	if n == 0 && err == nil && !p.ProbedUntil.IsZero() { // whoever asked before did not live to tell
		n, err = s.db.Exec(ctx, nil, "UPDATE account_pauses SET probed_until = ? WHERE site = ? AND account = ? AND "+sql.Same("until", p.Until)+" AND "+sql.Same("probed_until", p.ProbedUntil),
			sql.Instant(until), site, p.Account, sql.Instant(p.Until), sql.Instant(p.ProbedUntil))
	}
	if err != nil {
		return false, fmt.Errorf("ask the account %s again: %w", p.Account, err)
	}
	return n == 1, nil
}

// Resume ends the pause of an account that works again.
func (s *Store) Resume(ctx context.Context, site, account string) error {
	if _, err := s.db.Exec(ctx, nil, "DELETE FROM account_pauses WHERE site = ? AND account = ?", site, account); err != nil {
		return fmt.Errorf("resume the account %s: %w", account, err)
	}
	return nil
}

// AskAgain ends the wait, not the pause, of all accounts that do not work: somebody may
// have mended them.
func (s *Store) AskAgain(ctx context.Context, site string, at time.Time) error {
	_, err := s.db.Exec(ctx, nil, "UPDATE account_pauses SET until = ?, probed_until = NULL WHERE site = ? AND until > ?", sql.Instant(at), site, sql.Instant(at))
	if err != nil {
		return fmt.Errorf("ask paused accounts again: %w", err)
	}
	return nil
}
