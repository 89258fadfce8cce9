package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"notifier/message"
	"notifier/store/sql"
)

const suppressionNames = "address, reason, since, message_id, note, account"

func readSuppression(scan func(into ...any) error) (s message.Suppression, err error) {
	return s, scan(&s.Address, (*string)(&s.Reason), (*sql.Instant)(&s.Since), (*string)(&s.MessageID), &s.Note, &s.Account)
}

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
	rows, err := s.db.Query(ctx, nil, "SELECT s.address, s.reason, s.since, s.message_id, s.note, s.account FROM "+s.dialect.List()+
		s.dialect.To("suppressions", "s", "s.site = ? AND s.address = i.id", ""), s.dialect.Array(slices.Compact(identities)), site)
	found, err := sql.Collect(rows, err, readSuppression)
	if err != nil {
		return nil, fmt.Errorf("look up suppressed addresses: %w", err)
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
	if err := s.suppress(ctx, nil, site, sup, "DO UPDATE SET "+sql.SetTo("excluded", "reason, since, message_id, note, account")+
		" WHERE suppressions.reason <> excluded.reason OR suppressions.message_id <> excluded.message_id OR suppressions.note <> excluded.note OR suppressions.account <> excluded.account"); err != nil {
		return fmt.Errorf("suppress an address: %w", err)
	}
	return nil
}

func (s *Store) suppress(ctx context.Context, t *sql.Tx, site string, sup message.Suppression, conflict string) error {
	_, err := s.db.Exec(ctx, t, "INSERT INTO suppressions (site, "+suppressionNames+") VALUES ("+sql.Marks(7)+") ON CONFLICT (site, address) "+conflict,
		site, message.Identity(sup.Address), string(sup.Reason), sql.Instant(sup.Since), string(sup.MessageID), harmless(sup.Note, message.MaxErrorText), sup.Account)
	return err
}

// keepBounces notes the addresses that do not exist. Whoever has complained, or wants no
// mail, stays on the list for that.
func (s *Store) keepBounces(ctx context.Context, t *sql.Tx, outcomes []settlement) error {
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
		if err := s.suppress(ctx, t, b.site, b.Suppression, "DO NOTHING"); err != nil {
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
	where, values := matchSuppressions(site, f)
	rows, err := s.db.Query(ctx, nil, "SELECT "+suppressionNames+" FROM suppressions WHERE "+where+" AND address > ? ORDER BY address LIMIT ?",
		append(values, message.Identity(after), n)...)
	all, err := sql.Collect(rows, err, readSuppression)
	if err != nil {
		return nil, fmt.Errorf("list suppressed addresses: %w", err)
	}
	return all, nil
}

// Unsuppress writes to an address again; message.ErrNotFound if it was not suppressed.
func (s *Store) Unsuppress(ctx context.Context, site, address string) error {
	n, err := s.db.Exec(ctx, nil, "DELETE FROM suppressions WHERE site = ? AND address = ?", site, message.Identity(address))
	if err != nil {
		return fmt.Errorf("end a suppression: %w", err)
	}
	if n == 0 {
		return message.ErrNotFound
	}
	return nil
}

// CountSuppressions counts those that match the filter.
func (s *Store) CountSuppressions(ctx context.Context, site string, f message.SuppressionFilter) (n int, err error) {
	where, values := matchSuppressions(site, f)
	if err := s.db.Row(ctx, nil, []any{&n}, "SELECT count(*) FROM suppressions WHERE "+where, values...); err != nil {
		return 0, fmt.Errorf("count suppressed addresses: %w", err)
	}
	return n, nil
}

// UnsuppressAll ends all suppressions that match the filter, in one statement: all or none.
func (s *Store) UnsuppressAll(ctx context.Context, site string, f message.SuppressionFilter) (int, error) {
	where, values := matchSuppressions(site, f)
	n, err := s.db.Exec(ctx, nil, "DELETE FROM suppressions WHERE "+where, values...)
	if err != nil {
		return 0, fmt.Errorf("end suppressions: %w", err)
	}
	return n, nil
}

func matchSuppressions(site string, f message.SuppressionFilter) (where string, values []any) {
	where, values = "site = ?", []any{site}
	add := func(condition string, value any) { where, values = where+" AND "+condition, append(values, value) }
	if !f.Since.IsZero() {
		add("since >= ?", sql.Instant(f.Since))
	}
	if !f.Until.IsZero() {
		add("since < ?", sql.Instant(f.Until))
	}
	if f.Reason != "" {
		add("reason = ?", string(f.Reason))
	}
	if f.Account != "" {
		add("account = ?", f.Account)
	}
	return where, values
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
