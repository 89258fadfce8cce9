package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"notifier/jobs/callbacks"
	"notifier/store"
	"notifier/webhook"
)

func secretsCommand(s *shared) *cobra.Command {
	c := &cobra.Command{Use: "secrets", Short: "What is kept sealed", Args: refuse, RunE: showHelp}
	c.AddCommand(rotateCommand(s))
	return c
}

func rotateCommand(s *shared) *cobra.Command {
	var dry, giveUp bool
	c := &cobra.Command{
		Use: "rotate", Short: "Seal everything anew with secrets.key, after it was changed",
		Long: "Seals the secrets of webhooks and the keys that sign links with secrets.key, where secrets.previous_key has sealed\n" +
			"them, or nothing has. New links are then signed by a new key; those in mails that have left stay good. Give all\n" +
			"replicas both keys and restart them first; take secrets.previous_key away afterwards. It is safe to run twice, on\n" +
			"several machines at once, and to stop. It ends with 1 if something opens with neither key.",
		Example: "  notifier secrets rotate --dry-run\n  notifier secrets rotate",
		Args:    refuse,
		RunE: func(c *cobra.Command, _ []string) error {
			return s.withDatabase(c, func(ctx context.Context, config Config, database *store.Store) error {
				if config.Secrets.Key == "" {
					return usageError{errors.New("there is no secrets.key to seal with. Set secrets.key_file")}
				}
				r := &rotation{signing: config.signing(database), dry: dry, giveUp: giveUp}
				if err := r.run(ctx); err != nil {
					return err
				}
				return r.tell(c.OutOrStdout())
			})
		},
	}
	c.Flags().BoolVar(&dry, "dry-run", false, "only tell how much would be sealed anew")
	c.Flags().BoolVar(&giveUp, "give-up", false, "forget keys of links that neither key opens: links that they signed are refused from then on")
	return c
}

// rotation seals everything anew. Each row is replaced only if it still is what was read.
type rotation struct {
	signing
	dry, giveUp bool

	webhooks, keys, given int // sealed anew, and given up
	shutWebhooks          int // that open with neither key
	shutKeys              int
	missed                int // that somebody else changed meanwhile
}

// passes is how often rows are read again that somebody else changed meanwhile.
const passes = 5

func (r *rotation) run(ctx context.Context) error {
	for range passes {
		r.missed, r.shutWebhooks, r.shutKeys = 0, 0, 0
		if err := errors.Join(eachWebhook(ctx, r.database, func(e webhook.Endpoint) error { return r.webhook(ctx, e) }), r.links(ctx)); err != nil {
			return err
		}
		if r.missed == 0 {
			return nil
		}
	}
	return fmt.Errorf("%s changed meanwhile. Write it again", count(r.missed, "secret"))
}

func (r *rotation) webhook(ctx context.Context, e webhook.Endpoint) error {
	anew, changed := slices.Clone(e.Secrets), false
	for i, kept := range e.Secrets {
		sealed, differs, err := r.vault.Anew(kept, callbacks.Owner(e))
		if err != nil && i == 0 { // the others sign for a day only
			r.shutWebhooks++
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

func (r *rotation) note(done bool, sort *int) {
	if done {
		*sort++
	} else {
		r.missed++
	}
}

// links seals the keys of links anew. If the one that signs was sealed by another key, it is
// followed by a new one first: so a run that is stopped in between is finished by the next.
func (r *rotation) links(ctx context.Context) error {
	read := r.kept
	if r.dry {
		read = func(ctx context.Context) ([]store.SigningKey, error) { return r.database.SigningKeys(ctx, forLinks) }
	}
	all, err := read(ctx)
	if err != nil {
		return err
	}
	if n := len(all); n > 0 && !r.dry {
		if _, stale, err := r.vault.Anew(all[n-1].Sealed, ownerOf(all[n-1])); err == nil && stale {
			if _, err := r.database.AddSigningKey(ctx, r.sealedKey(all[n-1].Number+1, randomKey())); err != nil {
				return err
			}
		}
	}
	for _, k := range all {
		if err := r.link(ctx, k); err != nil {
			return err
		}
	}
	return nil
}

func (r *rotation) link(ctx context.Context, k store.SigningKey) error {
	sealed, stale, err := r.vault.Anew(k.Sealed, ownerOf(k))
	switch {
	case err != nil && r.giveUp && !r.dry:
		done, err := r.database.DropSigningKey(ctx, k)
		r.note(done, &r.given)
		return err
	case err != nil:
		r.shutKeys++
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

// tell says what was done, or would be.
func (r *rotation) tell(out io.Writer) error {
	sealed := count(r.webhooks, "webhook") + ", " + count(r.keys, "key") + " of links"
	if r.dry {
		fmt.Fprintf(out, "Would be sealed anew: %s. Nothing was done.\n", sealed)
	} else {
		fmt.Fprintf(out, "Sealed anew: %s.\n", sealed)
	}
	if r.given > 0 {
		fmt.Fprintf(out, "Given up: %s of links.\n", count(r.given, "key"))
	}
	var shut []error
	if r.shutWebhooks > 0 {
		shut = append(shut, fmt.Errorf("%s: neither key opens the secret. Set secrets.previous_key_file to the key that sealed it, or give it a new secret with notifier webhook rotate", count(r.shutWebhooks, "webhook")))
	}
	if r.shutKeys > 0 {
		shut = append(shut, fmt.Errorf("%s of links: neither key opens it. Set secrets.previous_key_file to the key that sealed it; if that is lost, notifier secrets rotate --give-up goes on without", count(r.shutKeys, "key")))
	}
	return errors.Join(shut...)
}
