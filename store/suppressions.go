package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"notifier/message"
	"notifier/store/sql"
)

type suppressionRow struct {
	Site        string
	Suppression suppressionColumns `gorm:"embedded"`
}

type suppressionColumns struct {
	Address   string
	Reason    message.Unwanted
	Since     time.Time `gorm:"serializer:instant"`
	MessageID message.ID
	Note      string
	Account   string
}

func (suppressionRow) TableName() string         { return "suppressions" }
func (r suppressionRow) is() message.Suppression { return message.Suppression(r.Suppression) }

// Suppressed finds those of the addresses that are not written to any more, by their
// identities.
func (s *Store) Suppressed(ctx context.Context, site string, addresses []string) (map[string]message.Suppression, error) {
	if len(addresses) == 0 {
		return nil, nil
	}
	identities := make([]string, len(addresses))
	for i, a := range addresses {
		identities[i] = message.Identity(a)
	}
	slices.Sort(identities)
	found, err := find[suppressionRow]("look up suppressed addresses", s.db.Gorm(ctx, nil).Raw("SELECT s.* FROM "+s.dialect.List()+
		s.dialect.To("suppressions", "s", "s.site = ? AND s.address = i.id", ""), sql.Single{What: s.dialect.Array(slices.Compact(identities))}, site))
	if err != nil {
		return nil, err
	}
	all := make(map[string]message.Suppression, len(found))
	for _, one := range found {
		all[one.Address] = one
	}
	return all, nil
}

// Suppress adds an address, or changes why it is not written to. One that is suppressed for
// just that stays so since then.
func (s *Store) Suppress(ctx context.Context, site string, sup message.Suppression) error {
	return while("suppress an address", s.suppress(ctx, nil, site, sup, instead([]string{"site", "address"}, []string{"reason", "since", "message_id", "note", "account"},
		"suppressions.reason <> excluded.reason OR suppressions.message_id <> excluded.message_id OR suppressions.note <> excluded.note OR suppressions.account <> excluded.account")))
}

func (s *Store) suppress(ctx context.Context, t *sql.Tx, site string, sup message.Suppression, conflict clause.OnConflict) error {
	sup.Address, sup.Note = message.Identity(sup.Address), harmless(sup.Note, message.MaxErrorText)
	return s.db.Gorm(ctx, t).Clauses(conflict).Create(&suppressionRow{site, suppressionColumns(sup)}).Error
}

// keepBounces notes the addresses that do not exist. Whoever has complained, or wants no
// mail, stays on the list for that.
func (s *Store) keepBounces(ctx context.Context, t *sql.Tx, outcomes []*settlement) error {
	type bounce struct {
		site string
		message.Suppression
	}
	var all []bounce
	for _, o := range outcomes {
		for _, address := range o.Bounces {
			all = append(all, bounce{o.Site, message.Suppression{
				Address: message.Identity(address), Reason: message.Bounced, Since: o.At, MessageID: o.ID, Account: o.Attempt.Account,
				Note: strings.TrimSpace(o.Attempt.Failure.Code + " " + o.Attempt.Failure.Text),
			}})
		}
	}
	slices.SortFunc(all, func(a, b bounce) int { // in one order, as all rows
		return cmp.Or(strings.Compare(a.site, b.site), strings.Compare(a.Address, b.Address))
	})
	for _, b := range all {
		if err := s.suppress(ctx, t, b.site, b.Suppression, unlessThere); err != nil {
			return err
		}
	}
	return nil
}

// Suppression reads one; message.ErrNotFound if the address is written to.
func (s *Store) Suppression(ctx context.Context, site, address string) (message.Suppression, error) {
	found, err := s.Suppressed(ctx, site, []string{address})
	if one, is := found[message.Identity(address)]; is || err != nil {
		return one, err
	}
	return message.Suppression{}, message.ErrNotFound
}

// Suppressions lists at most n, by address, after the given one.
func (s *Store) Suppressions(ctx context.Context, site, after string, n int) ([]message.Suppression, error) {
	return s.FindSuppressions(ctx, site, message.SuppressionFilter{}, after, n)
}

// FindSuppressions lists at most n that match the filter, by address, after the given one.
func (s *Store) FindSuppressions(ctx context.Context, site string, f message.SuppressionFilter, after string, n int) ([]message.Suppression, error) {
	return find[suppressionRow]("list suppressed addresses", s.suppressions(ctx, site, f).Where("address > ?", message.Identity(after)).Order("address").Limit(n))
}

// Unsuppress writes to an address again; message.ErrNotFound if it was not suppressed.
func (s *Store) Unsuppress(ctx context.Context, site, address string) error {
	return found("end a suppression", s.db.Gorm(ctx, nil).Where("site = ? AND address = ?", site, message.Identity(address)).Delete(&suppressionRow{}))
}

// CountSuppressions counts those that match the filter.
func (s *Store) CountSuppressions(ctx context.Context, site string, f message.SuppressionFilter) (int, error) {
	var n int64
	err := done("count suppressed addresses", s.suppressions(ctx, site, f).Count(&n))
	return int(n), err
}

// UnsuppressAll ends all suppressions that match the filter, in one statement: all or none.
func (s *Store) UnsuppressAll(ctx context.Context, site string, f message.SuppressionFilter) (int, error) {
	q := s.suppressions(ctx, site, f).Delete(&suppressionRow{})
	return int(q.RowsAffected), done("end suppressions", q)
}

// suppressions are those that match a filter.
func (s *Store) suppressions(ctx context.Context, site string, f message.SuppressionFilter) *gorm.DB {
	q := s.db.Gorm(ctx, nil).Model(&suppressionRow{}).Where("site = ?", site)
	if !f.Since.IsZero() {
		q = q.Where("since >= ?", sql.Instant(f.Since))
	}
	if !f.Until.IsZero() {
		q = q.Where("since < ?", sql.Instant(f.Until))
	}
	if f.Reason != "" {
		q = q.Where("reason = ?", f.Reason)
	}
	if f.Account != "" {
		q = q.Where("account = ?", f.Account)
	}
	return q
}

// SuppressionBursts finds the last burst of each site and account since that time.
func (s *Store) SuppressionBursts(ctx context.Context, since time.Time) (all []message.Burst, err error) {
	rows, err := s.db.Query(ctx, nil, fmt.Sprintf("SELECT site, account FROM suppressions WHERE reason = '%s' AND since >= ? GROUP BY site, account HAVING count(*) >= ?",
		message.Bounced), sql.Instant(since), message.BurstSize)
	many, err := sql.Collect(rows, err, func(scan func(...any) error) (b message.Burst, err error) { return b, scan(&b.Site, &b.Account) })
	slices.SortFunc(many, func(a, b message.Burst) int {
		return cmp.Or(strings.Compare(a.Site, b.Site), strings.Compare(a.Account, b.Account))
	})
	for _, m := range many {
		var times []time.Time
		if err == nil {
			rows, err = s.db.Query(ctx, nil, fmt.Sprintf("SELECT since FROM suppressions WHERE reason = '%s' AND since >= ? AND site = ? AND account = ? ORDER BY since DESC LIMIT ?",
				message.Bounced), sql.Instant(since), m.Site, m.Account, burstRows)
			times, err = sql.Collect(rows, err, func(scan func(...any) error) (at time.Time, err error) { return at, scan((*sql.Instant)(&at)) })
		}
		if b, found := message.LastBurst(times); found {
			b.Site, b.Account = m.Site, m.Account
			all = append(all, b)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("look for bursts of suppressions: %w", err)
	}
	return all, nil
}

// burstRows bounds how many suppressions of an account are looked at for bursts.
const burstRows = 10_000
