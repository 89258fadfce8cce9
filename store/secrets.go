package store

import (
	"context"
	"fmt"

	"notifier/message"
	"notifier/store/sql"
	"notifier/webhook"
)

// WebhookSecrets lists n webhooks of all sites, after the given one, with nothing but their secrets.
func (s *Store) WebhookSecrets(ctx context.Context, after webhook.Endpoint, n int) ([]webhook.Endpoint, error) {
	rows, err := s.db.Query(ctx, nil, "SELECT site, id, secrets FROM webhooks WHERE (site, id) > (?, ?) ORDER BY site, id LIMIT ?", after.Site, string(after.ID), n)
	all, err := sql.Collect(rows, err, func(scan func(...any) error) (e webhook.Endpoint, err error) {
		err = scan(&e.Site, (*string)(&e.ID), (*sql.List)(&e.Secrets))
		return e, err
	})
	if err != nil {
		return nil, fmt.Errorf("list the secrets of webhooks: %w", err)
	}
	return all, nil
}

// ResealWebhook replaces the secrets of a webhook by the same, sealed anew, if they still are what they were.
func (s *Store) ResealWebhook(ctx context.Context, site string, id message.ID, before, after []string) (done bool, err error) {
	n, err := s.db.Exec(ctx, nil, "UPDATE webhooks SET secrets = ? WHERE site = ? AND id = ? AND secrets = ?", sql.List(after), site, string(id), sql.List(before))
	if err != nil {
		return false, fmt.Errorf("seal the secrets of %s anew: %w", id, err)
	}
	return n == 1, nil
}

// SigningKey is one of the keys of a purpose. It is the service's: it belongs to no site.
type SigningKey struct {
	Purpose string
	Number  int
	Sealed  string // empty: the key that was derived from secrets.key before keys were kept
}

// SigningKeys lists the keys of a purpose by their numbers.
func (s *Store) SigningKeys(ctx context.Context, purpose string) ([]SigningKey, error) {
	rows, err := s.db.Query(ctx, nil, "SELECT number, sealed FROM signing_keys WHERE site = ? AND purpose = ? ORDER BY number", serviceSite, purpose)
	all, err := sql.Collect(rows, err, func(scan func(...any) error) (SigningKey, error) {
		k := SigningKey{Purpose: purpose}
		err := scan(&k.Number, &k.Sealed)
		return k, err
	})
	if err != nil {
		return nil, fmt.Errorf("list the keys of %s: %w", purpose, err)
	}
	return all, nil
}

// AddSigningKey keeps a key, unless somebody has kept one of that number.
func (s *Store) AddSigningKey(ctx context.Context, k SigningKey) (done bool, err error) {
	n, err := s.db.Exec(ctx, nil, "INSERT INTO signing_keys (site, purpose, number, sealed) VALUES (?, ?, ?, ?) ON CONFLICT (site, purpose, number) DO NOTHING",
		serviceSite, k.Purpose, k.Number, k.Sealed)
	if err != nil {
		return false, fmt.Errorf("keep key %d of %s: %w", k.Number, k.Purpose, err)
	}
	return n == 1, nil
}

// ResealSigningKey replaces what is kept of a key, if it still is what the caller has read.
func (s *Store) ResealSigningKey(ctx context.Context, k SigningKey, sealed string) (done bool, err error) {
	n, err := s.db.Exec(ctx, nil, "UPDATE signing_keys SET sealed = ? WHERE site = ? AND purpose = ? AND number = ? AND sealed = ?",
		sealed, serviceSite, k.Purpose, k.Number, k.Sealed)
	if err != nil {
		return false, fmt.Errorf("seal key %d of %s anew: %w", k.Number, k.Purpose, err)
	}
	return n == 1, nil
}

// DropSigningKey forgets a key, if it still is what the caller has read.
func (s *Store) DropSigningKey(ctx context.Context, k SigningKey) (done bool, err error) {
	n, err := s.db.Exec(ctx, nil, "DELETE FROM signing_keys WHERE site = ? AND purpose = ? AND number = ? AND sealed = ?", serviceSite, k.Purpose, k.Number, k.Sealed)
	if err != nil {
		return false, fmt.Errorf("drop key %d of %s: %w", k.Number, k.Purpose, err)
	}
	return n == 1, nil
}
