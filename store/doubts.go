package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"notifier/message"
	"notifier/store/sql"
)

// What account_refusals.said says.
const (
	saidUnknown = "unknown"
	saidAccount = "account"
)

// Doubt notes what servers said of an account's recipients and of the account itself, and
// returns what all replicas have heard within the last minute. Only refusals are noted:
// where all goes well nothing is.
func (s *Store) Doubt(ctx context.Context, r message.Refusals) (d message.Doubt, err error) {
	since := sql.Instant(r.At.Add(-message.DoubtWindow))
	err = s.db.Commit(ctx, func(t *sql.Tx) error {
		d = message.Doubt{}
		// Old rows go first, so that the tables hold no more than a minute each.
		for _, table := range []string{"account_refusals", "account_answers"} {
			if _, err := s.db.Exec(ctx, t, "DELETE FROM "+table+" WHERE site = ? AND account = ? AND at < ?", r.Home, r.Account, since); err != nil {
				return err
			}
		}
		_, err := s.db.Exec(ctx, t, "INSERT INTO account_answers (site, account, replica, answers, at) VALUES ("+marks(5)+") ON CONFLICT (site, account, replica) DO UPDATE SET "+
			setTo("excluded", "answers, at"), r.Home, r.Account, r.Replica, r.Answers, sql.Instant(r.At))
		if err != nil {
			return err
		}
		if err := s.keepRefusals(ctx, t, r, saidUnknown, r.Unknown); err != nil {
			return err
		}
		if err := s.keepRefusals(ctx, t, r, saidAccount, r.Blamed); err != nil {
			return err
		}
		return s.weigh(ctx, t, r, &d)
	})
	if err != nil {
		return d, fmt.Errorf("weigh the refusals of the account %s: %w", r.Account, err)
	}
	return d, nil
}

func (s *Store) weigh(ctx context.Context, t *sql.Tx, r message.Refusals, d *message.Doubt) error {
	const count = "SELECT count(*), count(DISTINCT domain) FROM account_refusals WHERE site = ? AND account = ? AND said = ?"
	blamed := 0
	if err := s.db.Row(ctx, t, []any{&d.Unknown, &d.UnknownDomains}, count, r.Home, r.Account, saidUnknown); err != nil {
		return err
	}
	if err := s.db.Row(ctx, t, []any{&blamed, &d.BlamingDomains}, count, r.Home, r.Account, saidAccount); err != nil {
		return err
	}
	return s.db.Row(ctx, t, []any{&d.Answers}, "SELECT CAST(COALESCE(sum(answers), 0) AS bigint) FROM account_answers WHERE site = ? AND account = ?", r.Home, r.Account)
}

func (s *Store) keepRefusals(ctx context.Context, t *sql.Tx, r message.Refusals, said string, all []message.Denial) error {
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b message.Denial) int {
		return strings.Compare(a.Site+"/"+string(a.Message)+"/"+a.Address, b.Site+"/"+string(b.Message)+"/"+b.Address)
	})
	for _, one := range all {
		_, err := s.db.Exec(ctx, t, "INSERT INTO account_refusals (site, account, said, message_site, message_id, address, domain, at) VALUES ("+marks(8)+
			") ON CONFLICT (site, account, said, message_site, message_id, address) DO UPDATE SET at = excluded.at",
			r.Home, r.Account, said, one.Site, string(one.Message), harmless(one.Address, message.MaxErrorCode), harmless(one.Domain, message.MaxErrorCode), sql.Instant(r.At))
		if err != nil {
			return err
		}
	}
	return nil
}

// Spare undoes what was made of the addresses that were said not to exist within the last
// minute: none of them stays suppressed for it, and their messages are pending again until
// due. It returns how many messages moved; those that moved on meanwhile are left alone.
func (s *Store) Spare(ctx context.Context, home, account string, at, due time.Time) (spared int, err error) {
	rows, err := s.db.Query(ctx, nil, "SELECT message_site, message_id, address FROM account_refusals WHERE site = ? AND account = ? AND said = ? AND at >= ? ORDER BY message_site, message_id, address",
		home, account, saidUnknown, sql.Instant(at.Add(-message.DoubtWindow)))
	found, err := sql.Collect(rows, err, func(scan func(...any) error) (r message.Denial, err error) {
		return r, scan(&r.Site, (*string)(&r.Message), &r.Address)
	})
	if err != nil {
		return 0, fmt.Errorf("list what the brake spares: %w", err)
	}
	for i := 0; i < len(found); {
		first, addresses := found[i], []string(nil)
		for ; i < len(found) && found[i].Site == first.Site && found[i].Message == first.Message; i++ {
			addresses = append(addresses, found[i].Address)
		}
		moved, err := s.spare(ctx, account, first, addresses, at, due)
		if err != nil {
			return spared, fmt.Errorf("spare a message that the brake was too late for: %w", err)
		}
		if moved {
			spared++
		}
	}
	return spared, nil
}

func (s *Store) spare(ctx context.Context, account string, r message.Denial, addresses []string, at, due time.Time) (bool, error) {
	for _, a := range addresses {
		_, err := s.db.Exec(ctx, nil, "DELETE FROM suppressions WHERE site = ? AND address = ? AND reason = ? AND account = ? AND since >= ?",
			r.Site, message.Identity(a), string(message.Bounced), account, sql.Instant(at.Add(-message.DoubtWindow)))
		if err != nil {
			return false, err
		}
	}
	m, err := s.Message(ctx, r.Site, r.Message)
	if errors.Is(err, message.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	refused := slices.DeleteFunc(addresses, func(a string) bool { return !slices.Contains(m.Rejected, a) })
	after, err := m.Spared(refused, at, due)
	if err != nil || len(refused) == 0 { // it stands elsewhere by now
		return false, nil
	}
	switch err := s.Replace(ctx, m, after); {
	case errors.Is(err, message.ErrMoved):
		return false, nil
	case err != nil:
		return false, err
	}
	return true, nil
}
