package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"notifier/access"
	"notifier/store/sql"
)

// failureRow is how many wrong attempts there were with a subject.
type failureRow struct {
	Subject  string
	Failures int
	Until    time.Time `gorm:"serializer:instant"`
}

func (failureRow) TableName() string { return "sign_in_failures" }

// networkRow is from where a member has signed in.
type networkRow struct {
	Site    string
	Email   string
	Network string
	UsedAt  time.Time `gorm:"serializer:instant"`
}

func (networkRow) TableName() string { return "sign_in_networks" }

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
	return done("forget wrong attempts", s.db.Gorm(ctx, nil).Where("subject = ?", subject).Delete(&failureRow{}))
}

// ForgiveFailure takes one off the count of a subject.
func (s *Store) ForgiveFailure(ctx context.Context, subject string) error {
	return done("take back a wrong attempt", s.db.Gorm(ctx, nil).Model(&failureRow{}).
		Where("subject = ? AND failures > 0", subject).Update("failures", gorm.Expr("failures - 1")))
}

// mostNetworks is how many networks are known of a member: the last ones.
const mostNetworks = 20

func (s *Store) noteNetwork(ctx context.Context, t *sql.Tx, x access.Session) error {
	row := networkRow{x.Site, x.Email, x.Network, x.CreatedAt}
	err := s.db.Gorm(ctx, t).Clauses(instead([]string{"site", "email", "network"}, []string{"used_at"})).Create(&row).Error
	if err == nil {
		newest := s.db.Gorm(ctx, t).Model(&networkRow{}).Select("network").Where("site = ? AND email = ?", x.Site, x.Email).Order("used_at DESC, network").Limit(mostNetworks)
		err = s.db.Gorm(ctx, t).Where("site = ? AND email = ? AND network NOT IN (?)", x.Site, x.Email, newest).Delete(&networkRow{}).Error
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
	return while("unlock an account", s.db.Commit(ctx, func(t *sql.Tx) error {
		// The range decides, byte by byte: "}" follows "|".
		err := s.db.Gorm(ctx, t).Where("subject = ? OR subject >= ? AND subject < ?", subject, subject+"|", subject+"}").Delete(&failureRow{}).Error
		if err == nil {
			row := failureRow{Subject: as, Until: until}
			err = s.db.Gorm(ctx, t).Clauses(instead([]string{"subject"}, []string{"until"})).Create(&row).Error
		}
		return err
	}))
}
