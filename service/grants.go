package service

import (
	"context"
	"fmt"

	"notifier/access/vault"
	"notifier/mail"
	"notifier/message"
	"notifier/settings"
	"notifier/store"
)

// sealedGrants keep what token servers gave in the database, sealed.
type sealedGrants struct {
	store *store.Store
	vault vault.Vault
	site  string
}

// GrantsOf are where tokens are kept for all replicas; nil where no key seals them: then each
// process keeps its own.
func GrantsOf(c settings.Config, s *store.Store) mail.Grants {
	if !c.Vault().Seals() {
		return nil
	}
	return sealedGrants{s, c.Vault(), c.Site}
}

func (g sealedGrants) owner(name, part string) string { return grantOwner(g.site, name, part) }

// grantOwner is whose tokens a vault seals.
func grantOwner(site, name, part string) string {
	return "token_grants " + site + " " + name + " " + part
}

// Load opens what is kept under that name.
func (g sealedGrants) Load(ctx context.Context, name string) (message.Grant, error) {
	kept, err := g.store.Grant(ctx, g.site, name)
	if err != nil || kept.Version == 0 {
		return kept, err
	}
	if kept.Refresh != "" {
		if kept.Refresh, err = g.vault.Open(kept.Refresh, g.owner(name, "refresh")); err != nil {
			return kept, fmt.Errorf("the newest refresh token of the account %s cannot be opened: another secrets.key sealed it. Set secrets.previous_key_file to that one, or give the account a new refresh_token", kept.Account)
		}
	}
	if kept.Access, err = g.vault.Open(kept.Access, g.owner(name, "access")); err != nil {
		kept.Access = "" // another one can be had
	}
	return kept, nil
}

// Save seals it.
func (g sealedGrants) Save(ctx context.Context, name string, is message.Grant) (bool, error) {
	if is.Refresh != "" {
		is.Refresh = g.vault.Seal(is.Refresh, g.owner(name, "refresh"))
	}
	if is.Access != "" {
		is.Access = g.vault.Seal(is.Access, g.owner(name, "access"))
	}
	return g.store.SaveGrant(ctx, g.site, name, is)
}
