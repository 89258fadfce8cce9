package store

import (
	"context"
	"fmt"
	"time"

	"notifier/access"
	"notifier/store/sql"
)

// NoteFailure counts a wrong attempt before it is looked at, and returns which one it is:
// many at once cannot all be the first. They are forgotten when the time given to the first is over.
func (s *Store) NoteFailure(ctx context.Context, subject string, at, until time.Time) (n int, ends time.Time, err error) {
	err = s.db.Commit(ctx, func(t *sql.Tx) error {
		_, err := s.db.Exec(ctx, t, "INSERT INTO sign_in_failures (subject, failures, until) VALUES (?, 1, ?) ON CONFLICT (subject) DO UPDATE SET"+
			" failures = CASE WHEN sign_in_failures.until <= ? THEN 1 ELSE sign_in_failures.failures + 1 END,"+
			" until = CASE WHEN sign_in_failures.until <= ? THEN excluded.until ELSE sign_in_failures.until END",
			subject, sql.Instant(until), sql.Instant(at), sql.Instant(at))
		if err != nil {
			return err
		}
		return s.db.Row(ctx, t, []any{&n, (*sql.Instant)(&ends)}, "SELECT failures, until FROM sign_in_failures WHERE subject = ?", subject)
	})
	if err != nil {
		return 0, ends, fmt.Errorf("count a wrong attempt: %w", err)
	}
	return n, ends, nil
}

// ForgetFailures ends the count of a subject.
func (s *Store) ForgetFailures(ctx context.Context, subject string) error {
	if _, err := s.db.Exec(ctx, nil, "DELETE FROM sign_in_failures WHERE subject = ?", subject); err != nil {
		return fmt.Errorf("forget wrong attempts: %w", err)
	}
	return nil
}

// ForgiveFailure takes one off the count of a subject.
func (s *Store) ForgiveFailure(ctx context.Context, subject string) error {
	if _, err := s.db.Exec(ctx, nil, "UPDATE sign_in_failures SET failures = failures - 1 WHERE subject = ? AND failures > 0", subject); err != nil {
		return fmt.Errorf("take back a wrong attempt: %w", err)
	}
	return nil
}

// mostNetworks is how many networks are known of a member: the last ones.
const mostNetworks = 20

func (s *Store) noteNetwork(ctx context.Context, t *sql.Tx, x access.Session) error {
	_, err := s.db.Exec(ctx, t, "INSERT INTO sign_in_networks (site, email, network, used_at) VALUES (?, ?, ?, ?)"+
		" ON CONFLICT (site, email, network) DO UPDATE SET used_at = excluded.used_at", x.Site, x.Email, x.Network, sql.Instant(x.CreatedAt))
	if err == nil {
		_, err = s.db.Exec(ctx, t, "DELETE FROM sign_in_networks WHERE site = ? AND email = ? AND network NOT IN"+
			" (SELECT network FROM sign_in_networks WHERE site = ? AND email = ? ORDER BY used_at DESC, network LIMIT ?)",
			x.Site, x.Email, x.Site, x.Email, mostNetworks)
	}
	return err
}

// Standing tells whether the member with the address has signed in from a network before, and whether the
// account was unlocked under that subject a moment ago.
func (s *Store) Standing(ctx context.Context, email, network, subject string, at time.Time) (known, unlocked bool, err error) {
	err = s.db.Row(ctx, nil, []any{&known, &unlocked}, "SELECT EXISTS (SELECT 1 FROM staff JOIN sign_in_networks USING (site, email) WHERE email = ? AND network = ?),"+
		" EXISTS (SELECT 1 FROM sign_in_failures WHERE subject = ? AND until > ?)", email, network, subject, sql.Instant(at))
	if err != nil {
		return false, false, fmt.Errorf("read how somebody signs in: %w", err)
	}
	return known, unlocked, nil
}

// Unlock ends the count of a subject and of all that begin with it and a "|", and notes under another one that
// it did, until that time.
func (s *Store) Unlock(ctx context.Context, subject, as string, until time.Time) error {
	err := s.db.Commit(ctx, func(t *sql.Tx) error {
		// The range decides, byte by byte: "}" follows "|".
		_, err := s.db.Exec(ctx, t, "DELETE FROM sign_in_failures WHERE subject = ? OR subject >= ? AND subject < ?", subject, subject+"|", subject+"}")
		if err == nil {
			_, err = s.db.Exec(ctx, t, "INSERT INTO sign_in_failures (subject, failures, until) VALUES (?, 0, ?) ON CONFLICT (subject) DO UPDATE SET until = excluded.until", as, sql.Instant(until))
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("unlock an account: %w", err)
	}
	return nil
}
