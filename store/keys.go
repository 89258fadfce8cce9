package store

import (
	"context"
	"time"

	"notifier/access"
	"notifier/message"
	"notifier/store/sql"
)

type keyRow struct {
	ID        message.ID
	Site      string
	Name      string
	Test      bool
	Scopes    []access.Scope `gorm:"serializer:sparse"`
	Prefix    string
	RateLimit float64
	CreatedAt time.Time `gorm:"serializer:instant"`
	CreatedBy string
	ExpiresAt *time.Time `gorm:"serializer:instant"`
	RevokedAt *time.Time `gorm:"serializer:instant"`
	UsedAt    *time.Time `gorm:"serializer:instant"`
	Hash      string
}

func (keyRow) TableName() string { return "api_keys" }
func (r keyRow) is() access.Key  { return access.Key(r) }

// Key reads one; message.ErrNotFound if there is none.
func (s *Store) Key(ctx context.Context, site string, id message.ID) (access.Key, error) {
	return one[keyRow]("read a key", s.db.Gorm(ctx, nil).Where("site = ? AND id = ?", site, id))
}

// KeyOfHash finds the key whose secret has this hash; message.ErrNotFound if there is none.
func (s *Store) KeyOfHash(ctx context.Context, hash string) (access.Key, error) {
	return one[keyRow]("read a key", s.db.Gorm(ctx, nil).Where("hash = ?", hash))
}

// Keys lists the keys of a site, the oldest first.
func (s *Store) Keys(ctx context.Context, site string) ([]access.Key, error) {
	return find[keyRow]("list the keys", s.db.Gorm(ctx, nil).Where("site = ?", site).Order("id").Limit(1000))
}

// SaveKeys adds keys, or changes when they end: all or none.
func (s *Store) SaveKeys(ctx context.Context, all ...access.Key) error {
	return while("save keys", s.db.Commit(ctx, func(t *sql.Tx) error {
		for _, k := range all {
			row := keyRow(k)
			if err := s.db.Gorm(ctx, t).Clauses(instead(siteID, []string{"expires_at", "revoked_at"})).Create(&row).Error; err != nil {
				return err
			}
		}
		return nil
	}))
}

// NoteKeyUse writes down when a key was last used.
func (s *Store) NoteKeyUse(ctx context.Context, k access.Key, at time.Time) error {
	return done("note the use of a key", s.db.Gorm(ctx, nil).Model(&keyRow{}).
		Where("site = ? AND id = ? AND (used_at IS NULL OR used_at < ?)", k.Site, k.ID, sql.Instant(at)).Update("used_at", sql.Instant(at)))
}
