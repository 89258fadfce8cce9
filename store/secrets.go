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
	return find[webhookRow]("list the secrets of webhooks", s.db.Gorm(ctx, nil).Select("site", "id", "secrets").
		Where("(site, id) > (?, ?)", after.Site, after.ID).Order("site, id").Limit(n))
}

// ResealWebhook replaces the secrets of a webhook by the same, sealed anew, if they still are what they were.
func (s *Store) ResealWebhook(ctx context.Context, site string, id message.ID, before, after []string) (done bool, err error) {
	return met(fmt.Sprintf("seal the secrets of %s anew", id), s.db.Gorm(ctx, nil).Model(&webhookRow{}).
		Where("site = ? AND id = ? AND secrets = ?", site, id, sql.List(before)).UpdateColumn("secrets", sql.List(after)))
}

// SigningKey is one of the keys of a purpose. It is the service's: it belongs to no site.
type SigningKey struct {
	Purpose string
	Number  int
	Sealed  string // empty: the key that was derived from secrets.key before keys were kept
}

type signingRow struct {
	Site    string
	Purpose string
	Number  int
	Sealed  string
}

func (signingRow) TableName() string { return "signing_keys" }
func (r signingRow) is() SigningKey  { return SigningKey{r.Purpose, r.Number, r.Sealed} }

// SigningKeys lists the keys of a purpose by their numbers.
func (s *Store) SigningKeys(ctx context.Context, purpose string) ([]SigningKey, error) {
	return find[signingRow](fmt.Sprintf("list the keys of %s", purpose), s.db.Gorm(ctx, nil).Where("site = ? AND purpose = ?", serviceSite, purpose).Order("number"))
}

// AddSigningKey keeps a key, unless somebody has kept one of that number.
func (s *Store) AddSigningKey(ctx context.Context, k SigningKey) (done bool, err error) {
	row := signingRow{serviceSite, k.Purpose, k.Number, k.Sealed}
	return met(fmt.Sprintf("keep key %d of %s", k.Number, k.Purpose), s.db.Gorm(ctx, nil).Clauses(unlessThere).Create(&row))
}

// signing is the key that still is what the caller has read.
const signing = "site = ? AND purpose = ? AND number = ? AND sealed = ?"

// ResealSigningKey replaces what is kept of a key, if it still is what the caller has read.
func (s *Store) ResealSigningKey(ctx context.Context, k SigningKey, sealed string) (done bool, err error) {
	return met(fmt.Sprintf("seal key %d of %s anew", k.Number, k.Purpose), s.db.Gorm(ctx, nil).Model(&signingRow{}).
		Where(signing, serviceSite, k.Purpose, k.Number, k.Sealed).Update("sealed", sealed))
}

// DropSigningKey forgets a key, if it still is what the caller has read.
func (s *Store) DropSigningKey(ctx context.Context, k SigningKey) (done bool, err error) {
	return met(fmt.Sprintf("drop key %d of %s", k.Number, k.Purpose), s.db.Gorm(ctx, nil).Where(signing, serviceSite, k.Purpose, k.Number, k.Sealed).Delete(&signingRow{}))
}
