package store

import (
	"context"
	"fmt"

	"notifier/message"
	"notifier/webhook"
)

// WebhookSecrets lists n webhooks of all sites, after the given one, with nothing but their secrets.
func (s *Store) WebhookSecrets(ctx context.Context, after webhook.Endpoint, n int) ([]webhook.Endpoint, error) {
	rows, err := s.query(ctx, nil, "SELECT site, id, secrets FROM webhooks WHERE (site, id) > (?, ?) ORDER BY site, id LIMIT ?", after.Site, string(after.ID), n)
	all, err := collect(rows, err, func(scan func(...any) error) (e webhook.Endpoint, err error) {
		return e, scan(&e.Site, (*string)(&e.ID), (*list)(&e.Secrets))
	})
	if err != nil {
		return nil, fmt.Errorf("list the secrets of webhooks: %w", err)
	}
	return all, nil
}

// ResealWebhook replaces the secrets of a webhook by the same, sealed anew, if they still are what they were.
func (s *Store) ResealWebhook(ctx context.Context, site string, id message.ID, before, after []string) (done bool, err error) {
	n, err := s.exec(ctx, nil, "UPDATE webhooks SET secrets = ? WHERE site = ? AND id = ? AND secrets = ?", list(after), site, string(id), list(before))
	if err != nil {
		return false, fmt.Errorf("seal the secrets of %s anew: %w", id, err)
	}
	return n == 1, nil
}
