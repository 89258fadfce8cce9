package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"notifier/jobs/callbacks"
	"notifier/settings"
	"notifier/store"
	"notifier/webhook"
)

// rotation seals everything anew. Each row is replaced only if it still is what was read.
type rotation struct {
	signing
	dry, giveUp bool

	webhooks, accounts, keys int // sealed anew
	givenAccounts, givenKeys int // forgotten
	shut                     shut
	missed                   int // that somebody else changed meanwhile
}

// NewRotation seals everything of a database anew; dry only counts. With giveUp it forgets what no key opens.
func NewRotation(c settings.Config, database *store.Store, dry, giveUp bool) *rotation {
	return &rotation{signing: signingOf(c, database), dry: dry, giveUp: giveUp}
}

// shut counts what opens with neither key.
type shut struct{ webhooks, accounts, keys int }

// passes is how often rows are read again that somebody else changed meanwhile.
const passes = 5

// Run seals anew until nothing is left that the key before has sealed.
func (r *rotation) Run(ctx context.Context) error {
	for range passes {
		r.missed, r.shut = 0, shut{}
		if err := r.pass(ctx); err != nil {
			return err
		}
		if r.missed == 0 {
			return nil
		}
	}
	return fmt.Errorf("%s changed meanwhile. Write it again", countOf(r.missed, "secret"))
}

func (r *rotation) pass(ctx context.Context) error {
	if err := eachRow(ctx, r.database.WebhookSecrets, func(e webhook.Endpoint) error { return r.webhook(ctx, e) }); err != nil {
		return err
	}
	if err := eachRow(ctx, r.database.SealedGrants, func(g store.SealedGrant) error { return r.grant(ctx, g) }); err != nil {
		return err
	}
	return r.links(ctx)
}

func (r *rotation) webhook(ctx context.Context, e webhook.Endpoint) error {
	anew, changed := slices.Clone(e.Secrets), false
	for i, kept := range e.Secrets {
		sealed, differs, err := r.vault.Anew(kept, callbacks.Owner(e))
		if err != nil && i == 0 { // the others sign for a day only
			r.shut.webhooks++
		}
		anew[i], changed = sealed, changed || differs
	}
	if !changed {
		return nil
	}
	done := r.dry
	if !r.dry {
		var err error
		if done, err = r.database.ResealWebhook(ctx, e.Site, e.ID, e.Secrets, anew); err != nil {
			return err
		}
	}
	r.note(done, &r.webhooks)
	return nil
}

// grant seals the tokens of an account anew. An access token that does not open can be had again.
func (r *rotation) grant(ctx context.Context, g store.SealedGrant) error {
	anew := g
	refresh, staleRefresh, err := r.anew(g.Refresh, grantOwner(g.Site, g.Name, "refresh"))
	switch {
	case err != nil && r.giveUp && !r.dry:
		done, err := r.database.DropGrant(ctx, g)
		r.note(done, &r.givenAccounts)
		return err
	case err != nil:
		r.shut.accounts++
		return nil
	}
	access, staleAccess, _ := r.anew(g.Access, grantOwner(g.Site, g.Name, "access")) // is as it was if it does not open
	if !staleRefresh && !staleAccess {
		return nil
	}
	done := r.dry
	if anew.Refresh, anew.Access = refresh, access; !r.dry {
		if done, err = r.database.ResealGrant(ctx, g, anew); err != nil {
			return err
		}
	}
	r.note(done, &r.accounts)
	return nil
}

// anew seals what is kept, unless nothing is.
func (r *rotation) anew(kept, owner string) (sealed string, stale bool, err error) {
	if kept == "" {
		return kept, false, nil
	}
	return r.vault.Anew(kept, owner)
}

func (r *rotation) note(done bool, sort *int) {
	if done {
		*sort++
	} else {
		r.missed++
	}
}

// links seals the keys of links anew. If secrets.key has sealed none of them, a new one is added
// first: so a run that is stopped in between is finished by the next.
func (r *rotation) links(ctx context.Context) error {
	read := r.kept
	if r.dry {
		read = func(ctx context.Context) ([]store.SigningKey, error) { return r.database.SigningKeys(ctx, forLinks) }
	}
	all, err := read(ctx)
	if err != nil {
		return err
	}
	if !r.dry && r.onlyStale(all) {
		if _, err := r.database.AddSigningKey(ctx, r.sealedKey(all[len(all)-1].Number+1, randomKey())); err != nil {
			return err
		}
	}
	for _, k := range all {
		if err := r.link(ctx, k); err != nil {
			return err
		}
	}
	return nil
}

// onlyStale tells whether some of them open, but secrets.key has sealed none.
func (r *rotation) onlyStale(all []store.SigningKey) bool {
	opens := false
	for _, k := range all {
		if _, stale, err := r.vault.Anew(k.Sealed, ownerOf(k)); err == nil {
			if !stale {
				return false
			}
			opens = true
		}
	}
	return opens
}

func (r *rotation) link(ctx context.Context, k store.SigningKey) error {
	sealed, stale, err := r.vault.Anew(k.Sealed, ownerOf(k))
	switch {
	case err != nil && r.giveUp && !r.dry:
		done, err := r.database.DropSigningKey(ctx, k)
		r.note(done, &r.givenKeys)
		return err
	case err != nil:
		r.shut.keys++
		return nil
	case !stale:
		return nil
	case r.dry:
		r.keys++
		return nil
	}
	done, err := r.database.ResealSigningKey(ctx, k, sealed)
	r.note(done, &r.keys)
	return err
}

// Tell says what was done, or would be.
func (r *rotation) Tell(out io.Writer) error {
	sealed := sealedWords(r.webhooks, r.accounts, r.keys)
	if r.dry {
		fmt.Fprintf(out, "Would be sealed anew: %s. Nothing was done.\n", sealed)
	} else {
		fmt.Fprintf(out, "Sealed anew: %s.\n", sealed)
	}
	if r.givenAccounts+r.givenKeys > 0 {
		fmt.Fprintf(out, "Given up: tokens of %s, %s of links.\n", countOf(r.givenAccounts, "account"), countOf(r.givenKeys, "key"))
	}
	return r.shut.err()
}

func sealedWords(webhooks, accounts, keys int) string {
	return fmt.Sprintf("secrets of %s, tokens of %s, %s of links", countOf(webhooks, "webhook"), countOf(accounts, "account"), countOf(keys, "key"))
}

// err says what to do about it; nil if everything opens.
func (s shut) err() error {
	var all []error
	if s.webhooks > 0 {
		all = append(all, fmt.Errorf("%s: neither key opens the secret. Set secrets.previous_key_file to the key that sealed it, or give it a new secret with notifier webhook rotate", countOf(s.webhooks, "webhook")))
	}
	if s.accounts > 0 {
		all = append(all, fmt.Errorf("%s: neither key opens the refresh token. Set secrets.previous_key_file to the key that sealed it; if that is lost, notifier secrets rotate --give-up goes back to the configured refresh_token", countOf(s.accounts, "account")))
	}
	if s.keys > 0 {
		all = append(all, fmt.Errorf("%s of links: neither key opens it. Set secrets.previous_key_file to the key that sealed it; if that is lost, notifier secrets rotate --give-up goes on without", countOf(s.keys, "key")))
	}
	return errors.Join(all...)
}

// countOf is a number of things, in words.
func countOf(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
