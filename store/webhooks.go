package store

import (
	"context"
	"fmt"
	"time"

	"notifier/message"
	"notifier/store/sql"
	"notifier/webhook"
)

const webhookNames = "id, url, events, naming, note, secrets, rotated_at, failing_since, disabled_at, disabled_for, created_at, updated_at"

// Webhooks lists the webhooks of a site, the oldest first.
func (s *Store) Webhooks(ctx context.Context, site string) ([]webhook.Endpoint, error) {
	all, err := s.webhooks(ctx, nil, site)
	if err != nil {
		return nil, fmt.Errorf("list the webhooks: %w", err)
	}
	return all, nil
}

func (s *Store) webhooks(ctx context.Context, t *sql.Tx, site string) ([]webhook.Endpoint, error) {
	rows, err := s.db.Query(ctx, t, "SELECT "+webhookNames+" FROM webhooks WHERE site = ? ORDER BY id", site)
	return sql.Collect(rows, err, func(scan func(...any) error) (e webhook.Endpoint, err error) {
		var rotated, failing, disabled sql.Instant
		err = scan((*string)(&e.ID), &e.URL, (*sql.List)(&e.Events), (*string)(&e.Naming), &e.Note, (*sql.List)(&e.Secrets), &rotated, &failing,
			&disabled, &e.DisabledFor, (*sql.Instant)(&e.CreatedAt), (*sql.Instant)(&e.UpdatedAt))
		e.Site, e.RotatedAt, e.FailingSince, e.DisabledAt = site, sql.OrNull(time.Time(rotated)), sql.OrNull(time.Time(failing)), sql.OrNull(time.Time(disabled))
		return e, err
	})
}

// Webhook reads one; message.ErrNotFound if there is none.
func (s *Store) Webhook(ctx context.Context, site string, id message.ID) (webhook.Endpoint, error) {
	all, err := s.Webhooks(ctx, site)
	for _, e := range all {
		if e.ID == id {
			return e, nil
		}
	}
	if err == nil {
		err = message.ErrNotFound
	}
	return webhook.Endpoint{}, err
}

// SaveWebhook adds a webhook, or changes it. The secrets of one that is there stay as they are: somebody may have
// replaced them since it was read.
func (s *Store) SaveWebhook(ctx context.Context, e webhook.Endpoint) error {
	_, err := s.db.Exec(ctx, nil, "INSERT INTO webhooks (site, "+webhookNames+") VALUES ("+sql.Marks(13)+") ON CONFLICT (site, id) DO UPDATE SET "+
		sql.SetTo("excluded", "url, events, naming, note, failing_since, disabled_at, disabled_for, updated_at"),
		e.Site, string(e.ID), e.URL, sql.List(e.Events), string(e.Naming), e.Note, sql.List(e.Secrets), sql.OrNone(e.RotatedAt), sql.OrNone(e.FailingSince), sql.OrNone(e.DisabledAt),
		harmless(e.DisabledFor, message.MaxErrorTruncated), sql.Instant(e.CreatedAt), sql.Instant(e.UpdatedAt))
	if err != nil {
		return fmt.Errorf("save the webhook %s: %w", e.ID, err)
	}
	s.audiences.Delete(e.Site)
	return nil
}

// GiveSecrets replaces the secrets of a webhook, unless they are no longer those that the caller has read.
func (s *Store) GiveSecrets(ctx context.Context, e webhook.Endpoint, before []string) (done bool, err error) {
	n, err := s.db.Exec(ctx, nil, "UPDATE webhooks SET secrets = ?, rotated_at = ?, updated_at = ? WHERE site = ? AND id = ? AND secrets = ?",
		sql.List(e.Secrets), sql.OrNone(e.RotatedAt), sql.Instant(e.UpdatedAt), e.Site, string(e.ID), sql.List(before))
	if err != nil {
		return false, fmt.Errorf("give %s another secret: %w", e.ID, err)
	}
	s.audiences.Delete(e.Site)
	return n == 1, nil
}

// NoteWebhook writes how a webhook fares: since when it fails, and whether it is disabled
// for that. What admins set stays as it is.
func (s *Store) NoteWebhook(ctx context.Context, e webhook.Endpoint) error {
	_, err := s.db.Exec(ctx, nil, "UPDATE webhooks SET failing_since = ?, disabled_at = ?, disabled_for = ? WHERE site = ? AND id = ? AND "+sql.Same("updated_at", e.UpdatedAt),
		sql.OrNone(e.FailingSince), sql.OrNone(e.DisabledAt), harmless(e.DisabledFor, message.MaxErrorTruncated), e.Site, string(e.ID), sql.Instant(e.UpdatedAt))
	if err != nil {
		return fmt.Errorf("note how %s fares: %w", e.ID, err)
	}
	s.audiences.Delete(e.Site)
	return nil
}

// RemoveWebhook deletes a webhook and all that it was told; message.ErrNotFound if there is none.
func (s *Store) RemoveWebhook(ctx context.Context, site string, id message.ID) error {
	err := s.db.Commit(ctx, func(t *sql.Tx) error {
		n, err := s.db.Exec(ctx, t, "DELETE FROM webhooks WHERE site = ? AND id = ?", site, string(id))
		if err == nil && n == 0 {
			err = message.ErrNotFound
		}
		if err == nil {
			_, err = s.db.Exec(ctx, t, "DELETE FROM callbacks WHERE site = ? AND webhook_id = ?", site, string(id))
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("remove the webhook %s: %w", id, err)
	}
	s.audiences.Delete(site)
	return nil
}

// audience is who is to be told of what happens on a site, as it was a moment ago.
type audience struct {
	endpoints []webhook.Endpoint
	until     time.Time
}

// fresh is how long an audience is not asked for again: a new webhook hears of nothing
// that other replicas do before it is over.
const fresh = time.Second

// audience are the webhooks that are told of what happens. One that is disabled is told,
// too, once it is enabled again.
func (s *Store) audience(ctx context.Context, t *sql.Tx, site string) ([]webhook.Endpoint, error) {
	if known, found := s.audiences.Load(site); found && time.Now().Before(known.(audience).until) {
		return known.(audience).endpoints, nil
	}
	all, err := s.webhooks(ctx, t, site)
	if err == nil {
		s.audiences.Store(site, audience{all, time.Now().Add(fresh)})
	}
	return all, err
}
