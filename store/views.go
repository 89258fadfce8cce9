package store

import (
	"context"
	"time"

	"notifier/access"
	"notifier/fault"
	"notifier/store/sql"
)

type viewRow struct {
	Site      string
	Email     string
	Name      string
	Query     string
	CreatedAt time.Time `gorm:"serializer:instant"`
}

func (viewRow) TableName() string { return "views" }
func (r viewRow) is() access.View { return access.View(r) }

// Views lists the searches that a member has kept, by name.
func (s *Store) Views(ctx context.Context, site, email string) ([]access.View, error) {
	return find[viewRow]("list views", s.db.Gorm(ctx, nil).Where("site = ? AND email = ?", site, email).Order("name").Limit(access.MaxViews))
}

// SaveView keeps a search, in place of one of the same name. A *fault.Invalid says that
// there are too many.
func (s *Store) SaveView(ctx context.Context, v access.View) error {
	return while("keep a view", s.db.Commit(ctx, func(t *sql.Tx) error {
		var n int64
		err := s.db.Gorm(ctx, t).Model(&viewRow{}).Where("site = ? AND email = ? AND name <> ?", v.Site, v.Email, v.Name).Count(&n).Error
		if err != nil {
			return err
		}
		if n >= access.MaxViews {
			var bad fault.Invalid
			bad.Add("/name", "too_many", "%d views are kept, and more are not. Remove one first", access.MaxViews)
			return &bad
		}
		row := viewRow(v)
		return s.db.Gorm(ctx, t).Clauses(instead([]string{"site", "email", "name"}, []string{"query"})).Create(&row).Error
	}))
}

// RemoveView forgets a search that was kept, if there is one.
func (s *Store) RemoveView(ctx context.Context, site, email, name string) error {
	return done("remove a view", s.db.Gorm(ctx, nil).Where("site = ? AND email = ? AND name = ?", site, email, name).Delete(&viewRow{}))
}
