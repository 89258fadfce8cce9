package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"notifier/message"
)

const grantNames = "account, refresh, access, scopes, expires_at, leased_until"

// Grant reads what is kept of a login under that name; its Version is 0 if nothing is.
func (s *Store) Grant(ctx context.Context, site, name string) (message.Grant, error) {
	var g message.Grant
	var expiry, leased instant
	err := s.row(ctx, nil, []any{&g.Account, &g.Refresh, &g.Access, &g.Scopes, &expiry, &leased, &g.Version},
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
	values := []any{g.Account, g.Refresh, g.Access, g.Scopes, instant(g.Expiry), instant(g.Leased), g.Version + 1, site, name}
	statement := "UPDATE token_grants SET account = ?, refresh = ?, access = ?, scopes = ?, expires_at = ?, leased_until = ?, version = ?" +
		" WHERE site = ? AND name = ? AND version = ?"
	if g.Version > 0 {
		values = append(values, g.Version)
	} else {
		statement = "INSERT INTO token_grants (" + grantNames + ", version, site, name) VALUES (" + marks(9) + ") ON CONFLICT (site, name) DO NOTHING"
	}
	n, err := s.exec(ctx, nil, statement, values...)
	if err != nil {
		return false, fmt.Errorf("keep the tokens of the account %s: %w", g.Account, err)
	}
	return n == 1, nil
}
