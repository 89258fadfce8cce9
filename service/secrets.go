package service

import (
	"context"
	"fmt"
	"strings"

	"notifier/access/vault"
	"notifier/health"
	"notifier/jobs/callbacks"
	"notifier/settings"
	"notifier/store"
	"notifier/webhook"
)

// fit is how many secrets of one sort are kept, and how many of them no key opens.
type fit struct {
	sort       string
	all, unfit int
	wrong      bool // what shows that secrets.key is not the right one does not open
}

func (f fit) String() string { return fmt.Sprintf("%s %d/%d", f.sort, f.unfit, f.all) }

// secretsPage is how many rows are looked at with one statement.
const secretsPage = 1000

// eachRow visits all rows that pages list.
func eachRow[R any](ctx context.Context, pages func(ctx context.Context, after R, n int) ([]R, error), visit func(R) error) error {
	var after R
	for more := true; more; {
		page, err := pages(ctx, after, secretsPage)
		if err != nil {
			return err
		}
		for _, row := range page {
			if err := visit(row); err != nil {
				return err
			}
			after = row
		}
		more = len(page) == secretsPage
	}
	return nil
}

// webhooksFit tries to open the secret of each webhook that signs now.
func webhooksFit(ctx context.Context, database *store.Store, v vault.Vault) (fit, error) {
	found := fit{sort: "webhooks"}
	err := eachRow(ctx, database.WebhookSecrets, func(e webhook.Endpoint) error {
		if len(e.Secrets) == 0 {
			return nil
		}
		found.all++
		if _, err := v.Open(e.Secrets[0], callbacks.Owner(e)); err != nil {
			found.unfit++
		}
		return nil
	})
	return found, err
}

// grantsFit tries to open the refresh token of each account. An access token that does not open can be had again.
func grantsFit(ctx context.Context, database *store.Store, v vault.Vault) (fit, error) {
	found := fit{sort: "accounts"}
	err := eachRow(ctx, database.SealedGrants, func(g store.SealedGrant) error {
		if g.Refresh == "" {
			return nil
		}
		found.all++
		if _, err := v.Open(g.Refresh, grantOwner(g.Site, g.Name, "refresh")); err != nil {
			found.unfit++
		}
		return nil
	})
	return found, err
}

// keyFits tells of secrets that secrets.key does not open. The service is not ready if it opens
// none of a sort: then it is the wrong key. A few that were left behind, as by a key that was
// lost, keep nobody from their work.
func keyFits(ctx context.Context, database *store.Store, c settings.Config) ([]health.Condition, error) {
	v := c.Vault()
	webhooks, err := webhooksFit(ctx, database, v)
	if err != nil {
		return nil, err
	}
	accounts, err := grantsFit(ctx, database, v)
	if err != nil {
		return nil, err
	}
	signs, err := signingOf(c, database).fit(ctx)
	return unfit(webhooks, accounts, signs), err
}

func unfit(all ...fit) []health.Condition {
	var shut []string
	blocks := false
	for _, f := range all {
		if f.unfit > 0 {
			shut = append(shut, f.String())
			blocks = blocks || f.wrong || f.unfit == f.all
		}
	}
	if len(shut) == 0 {
		return nil
	}
	value := strings.Join(shut, ", ")
	return []health.Condition{{
		Name: health.KeyUnfit, Value: value, Blocks: blocks,
		Says: "secrets.key does not open what is stored sealed: " + value + ".",
		Do:   "Set secrets.previous_key_file to the key before, and write: notifier secrets rotate",
	}}
}
