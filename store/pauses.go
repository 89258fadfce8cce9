package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"notifier/message"
	"notifier/store/sql"
)

// pauseRow is of the site that has the account; a pause has the site of the message.
type pauseRow struct {
	Site        string
	Account     string
	Kind        message.PauseKind
	Since       time.Time `gorm:"serializer:instant"`
	Until       time.Time `gorm:"serializer:instant"`
	Failures    int
	Category    message.Category
	Code        string
	Text        string
	MessageSite string
	MessageID   message.ID
	ProbedUntil time.Time `gorm:"serializer:instant"`
}

func (pauseRow) TableName() string { return "account_pauses" }

func (r pauseRow) is() message.Pause {
	return message.Pause{
		Account: r.Account, Kind: r.Kind, Since: r.Since, Until: r.Until, Failures: r.Failures,
		Failure: message.Failure{Category: r.Category, Code: r.Code, Text: r.Text}, Site: r.MessageSite, Message: r.MessageID, ProbedUntil: r.ProbedUntil,
	}
}

// Pauses lists the accounts that do not work, in the order of their names.
func (s *Store) Pauses(ctx context.Context, site string) ([]message.Pause, error) {
	return find[pauseRow]("list the paused accounts", s.db.Gorm(ctx, nil).Where("site = ?", site).Order("account"))
}

// Pause writes the pause of an account. Of two replicas that saw it fail at once the one
// that leaves it alone for longer is heard.
func (s *Store) Pause(ctx context.Context, site string, p message.Pause) error {
	f := toFailure(&p.Failure)
	row := pauseRow{site, p.Account, p.Kind, p.Since, p.Until, p.Failures, f.Category, f.Code, f.Text, p.Site, p.Message, p.ProbedUntil}
	return done(fmt.Sprintf("pause the account %s", p.Account), s.db.Gorm(ctx, nil).Clauses(instead([]string{"site", "account"},
		[]string{"until", "failures", "category", "code", "text", "probed_until", "kind", "message_site", "message_id"}, "account_pauses.until <= excluded.until")).Create(&row))
}

// Probe takes the right to ask a paused account again until that time. It is false if
// another replica has it, or the account works again.
func (s *Store) Probe(ctx context.Context, site string, p message.Pause, until time.Time) (bool, error) {
	probe := func(where string, arguments ...any) *gorm.DB {
		return s.db.Gorm(ctx, nil).Model(&pauseRow{}).Where("site = ? AND account = ? AND "+same("until", p.Until), site, p.Account, sql.Instant(p.Until)).
			Where(where, arguments...).Update("probed_until", sql.Instant(until))
	}
	q := probe("probed_until IS NULL")
	if q.Error == nil && q.RowsAffected == 0 && !p.ProbedUntil.IsZero() { // whoever asked before did not live to tell
		q = probe(same("probed_until", p.ProbedUntil), sql.Instant(p.ProbedUntil))
	}
	return met(fmt.Sprintf("ask the account %s again", p.Account), q)
}

// Resume ends the pause of an account that works again.
func (s *Store) Resume(ctx context.Context, site, account string) error {
	return done(fmt.Sprintf("resume the account %s", account), s.db.Gorm(ctx, nil).Where("site = ? AND account = ?", site, account).Delete(&pauseRow{}))
}

// AskAgain ends the wait, not the pause, of all accounts that do not work: somebody may
// have mended them.
func (s *Store) AskAgain(ctx context.Context, site string, at time.Time) error {
	return done("ask paused accounts again", s.db.Gorm(ctx, nil).Model(&pauseRow{}).Where("site = ? AND until > ?", site, sql.Instant(at)).
		Updates(map[string]any{"until": sql.Instant(at), "probed_until": nil}))
}
