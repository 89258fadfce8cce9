package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"notifier/message"
)

type grantRow struct {
	Site, Name string
	Grant      grantColumns `gorm:"embedded"`
}

type grantColumns struct {
	Account        string
	Refresh        string
	Access, Scopes string
	Expiry         time.Time `gorm:"column:expires_at;serializer:instant"`
	Leased         time.Time `gorm:"column:leased_until;serializer:instant"`
	Version        int64
}

func (grantRow) TableName() string   { return "token_grants" }
func (r grantRow) is() message.Grant { return message.Grant(r.Grant) }

// Grant reads what is kept of a login under that name; its Version is 0 if nothing is.
func (s *Store) Grant(ctx context.Context, site, name string) (message.Grant, error) {
	g, err := one[grantRow]("read the tokens of an account", s.db.Gorm(ctx, nil).Where("site = ? AND name = ?", site, name))
	if errors.Is(err, message.ErrNotFound) {
		return message.Grant{}, nil
	}
	return g, err
}

// SaveGrant writes it, with the next Version, unless somebody has written since it was read:
// then it is false.
func (s *Store) SaveGrant(ctx context.Context, site, name string, g message.Grant) (bool, error) {
	row, q := grantRow{site, name, grantColumns(g)}, s.db.Gorm(ctx, nil)
	row.Grant.Version++
	if g.Version == 0 {
		q = q.Clauses(unlessThere).Create(&row)
	} else {
		q = q.Model(&grantRow{}).Where("site = ? AND name = ? AND version = ?", site, name, g.Version).Select("*").Omit("site", "name").Updates(row)
	}
	return met(fmt.Sprintf("keep the tokens of the account %s", g.Account), q)
}

// SealedGrant is what is kept sealed of a login.
type SealedGrant struct{ Site, Name, Refresh, Access string }

type sealedRow SealedGrant

func (sealedRow) TableName() string { return "token_grants" }
func (r sealedRow) is() SealedGrant { return SealedGrant(r) }

// SealedGrants lists what is kept of all sites, after the given one, n at a time.
func (s *Store) SealedGrants(ctx context.Context, after SealedGrant, n int) ([]SealedGrant, error) {
	return find[sealedRow]("list the tokens of accounts", s.db.Gorm(ctx, nil).Where("(site, name) > (?, ?)", after.Site, after.Name).Order("site, name").Limit(n))
}

// sealed are the grants that still are what the caller has read.
const sealed = "site = ? AND name = ? AND refresh = ? AND access = ?"

// ResealGrant replaces what is kept sealed, if it still is what the caller has read. The version stays as it
// is: a replica that asks the token server meanwhile writes what it got.
func (s *Store) ResealGrant(ctx context.Context, before, after SealedGrant) (done bool, err error) {
	return met("seal the tokens of an account anew", s.db.Gorm(ctx, nil).Model(&sealedRow{}).
		Where(sealed, before.Site, before.Name, before.Refresh, before.Access).Select("refresh", "access").Updates(sealedRow(after)))
}

// DropGrant forgets the tokens of a login, if they still are what the caller has read: the configured ones
// hold from then on.
func (s *Store) DropGrant(ctx context.Context, g SealedGrant) (done bool, err error) {
	return met("forget the tokens of an account", s.db.Gorm(ctx, nil).Where(sealed, g.Site, g.Name, g.Refresh, g.Access).Delete(&sealedRow{}))
}
