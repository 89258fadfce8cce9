package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"notifier/message"
	"notifier/store/sql"
)

const grantNames = "account, refresh, access, scopes, expires_at, leased_until"

// Grant reads what is kept of a login under that name; its Version is 0 if nothing is.
func (s *Store) Grant(ctx context.Context, site, name string) (message.Grant, error) {
	var g message.Grant
	var expiry, leased sql.Instant
	err := s.db.Row(ctx, nil, []any{&g.Account, &g.Refresh, &g.Access, &g.Scopes, &expiry, &leased, &g.Version},
		"SELECT "+grantNames+", version FROM token_grants WHERE site = ? AND name = ?", site, name)
	if errors.Is(err, sql.ErrNoRows) {
		return message.Grant{}, nil
	}
	if err != nil {
		return message.Grant{}, fmt.Errorf("read the tokens of an account: %w", err)
	}
	g.Expiry, g.Leased = time.Time(expiry), time.Time(leased)
	return g, nil
}

// SaveGrant writes it, with the next Version, unless somebody has written since it was read:
// then it is false.
func (s *Store) SaveGrant(ctx context.Context, site, name string, g message.Grant) (bool, error) {
	values := []any{g.Account, g.Refresh, g.Access, g.Scopes, sql.Instant(g.Expiry), sql.Instant(g.Leased), g.Version + 1, site, name}
	statement := "UPDATE token_grants SET account = ?, refresh = ?, access = ?, scopes = ?, expires_at = ?, leased_until = ?, version = ?" +
		" WHERE site = ? AND name = ? AND version = ?"
	if g.Version > 0 {
		values = append(values, g.Version)
	} else {
		statement = "INSERT INTO token_grants (" + grantNames + ", version, site, name) VALUES (" + sql.Marks(9) + ") ON CONFLICT (site, name) DO NOTHING"
	}
	n, err := s.db.Exec(ctx, nil, statement, values...)
	if err != nil {
		return false, fmt.Errorf("keep the tokens of the account %s: %w", g.Account, err)
	}
	return n == 1, nil
}

// SealedGrant is what is kept sealed of a login.
type SealedGrant struct{ Site, Name, Refresh, Access string }

// SealedGrants lists what is kept of all sites, after the given one, n at a time.
func (s *Store) SealedGrants(ctx context.Context, after SealedGrant, n int) ([]SealedGrant, error) {
	rows, err := s.db.Query(ctx, nil, "SELECT site, name, refresh, access FROM token_grants WHERE (site, name) > (?, ?) ORDER BY site, name LIMIT ?", after.Site, after.Name, n)
	all, err := sql.Collect(rows, err, func(scan func(...any) error) (g SealedGrant, err error) {
		err = scan(&g.Site, &g.Name, &g.Refresh, &g.Access)
		return g, err
	})
	if err != nil {
		return nil, fmt.Errorf("list the tokens of accounts: %w", err)
	}
	return all, nil
}

// ResealGrant replaces what is kept sealed, if it still is what the caller has read. The version stays as it
// is: a replica that asks the token server meanwhile writes what it got.
func (s *Store) ResealGrant(ctx context.Context, before, after SealedGrant) (done bool, err error) {
	n, err := s.db.Exec(ctx, nil, "UPDATE token_grants SET refresh = ?, access = ? WHERE site = ? AND name = ? AND refresh = ? AND access = ?",
		after.Refresh, after.Access, before.Site, before.Name, before.Refresh, before.Access)
	if err != nil {
		return false, fmt.Errorf("seal the tokens of an account anew: %w", err)
	}
	return n == 1, nil
}

// DropGrant forgets the tokens of a login, if they still are what the caller has read: the configured ones
// hold from then on.
func (s *Store) DropGrant(ctx context.Context, g SealedGrant) (done bool, err error) {
	n, err := s.db.Exec(ctx, nil, "DELETE FROM token_grants WHERE site = ? AND name = ? AND refresh = ? AND access = ?", g.Site, g.Name, g.Refresh, g.Access)
	if err != nil {
		return false, fmt.Errorf("forget the tokens of an account: %w", err)
	}
	return n == 1, nil
}
