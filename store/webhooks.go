package store

import (
	"context"
	"fmt"
	"time"

	"notifier/message"
	"notifier/store/sql"
	"notifier/webhook"
)

type webhookRow struct {
	ID           message.ID
	Site         string
	URL          string
	Events       []string `gorm:"serializer:sparse"`
	Naming       webhook.Naming
	Note         string
	Secrets      []string   `gorm:"serializer:sparse"`
	RotatedAt    *time.Time `gorm:"serializer:instant"`
	FailingSince *time.Time `gorm:"serializer:instant"`
	DisabledAt   *time.Time `gorm:"serializer:instant"`
	DisabledFor  string
	CreatedAt    time.Time `gorm:"serializer:instant"`
	UpdatedAt    time.Time `gorm:"serializer:instant"`
}

func (webhookRow) TableName() string      { return "webhooks" }
func (r webhookRow) is() webhook.Endpoint { return webhook.Endpoint(r) }

func toWebhookRow(e webhook.Endpoint) webhookRow {
	e.DisabledFor = harmless(e.DisabledFor, message.MaxErrorTruncated)
	return webhookRow(e)
}

// Webhooks lists the webhooks of a site, the oldest first.
func (s *Store) Webhooks(ctx context.Context, site string) ([]webhook.Endpoint, error) {
	return s.webhooks(ctx, nil, site)
}

func (s *Store) webhooks(ctx context.Context, t *sql.Tx, site string) ([]webhook.Endpoint, error) {
	return find[webhookRow]("list the webhooks", s.db.Gorm(ctx, t).Where("site = ?", site).Order("id"))
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
	defer s.audiences.Delete(e.Site)
	row := toWebhookRow(e)
	return done(fmt.Sprintf("save the webhook %s", e.ID), s.db.Gorm(ctx, nil).Clauses(instead(siteID,
		[]string{"url", "events", "naming", "note", "failing_since", "disabled_at", "disabled_for", "updated_at"})).Create(&row))
}

// GiveSecrets replaces the secrets of a webhook, unless they are no longer those that the caller has read.
func (s *Store) GiveSecrets(ctx context.Context, e webhook.Endpoint, before []string) (done bool, err error) {
	defer s.audiences.Delete(e.Site)
	return met(fmt.Sprintf("give %s another secret", e.ID), s.db.Gorm(ctx, nil).Model(&webhookRow{}).
		Where("site = ? AND id = ? AND secrets = ?", e.Site, e.ID, sql.List(before)).Select("secrets", "rotated_at", "updated_at").Updates(webhookRow(e)))
}

// NoteWebhook writes how a webhook fares: since when it fails, and whether it is disabled
// for that. What admins set stays as it is.
func (s *Store) NoteWebhook(ctx context.Context, e webhook.Endpoint) error {
	defer s.audiences.Delete(e.Site)
	return done(fmt.Sprintf("note how %s fares", e.ID), s.db.Gorm(ctx, nil).Model(&webhookRow{}).
		Where("site = ? AND id = ? AND "+same("updated_at", e.UpdatedAt), e.Site, e.ID, sql.Instant(e.UpdatedAt)).
		Select("failing_since", "disabled_at", "disabled_for").Updates(toWebhookRow(e)))
}

// RemoveWebhook deletes a webhook and all that it was told; message.ErrNotFound if there is none.
func (s *Store) RemoveWebhook(ctx context.Context, site string, id message.ID) error {
	defer s.audiences.Delete(site)
	return while(fmt.Sprintf("remove the webhook %s", id), s.db.Commit(ctx, func(t *sql.Tx) error {
		err := hit(s.db.Gorm(ctx, t).Where("site = ? AND id = ?", site, id).Delete(&webhookRow{}))
		if err == nil {
			_, err = s.db.Exec(ctx, t, "DELETE FROM callbacks WHERE site = ? AND webhook_id = ?", site, string(id))
		}
		return err
	}))
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
