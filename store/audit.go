package store

import (
	"cmp"
	"context"
	"time"

	"notifier/access"
	"notifier/message"
	"notifier/store/sql"
)

type recordRow struct {
	ID      message.ID
	Site    string
	At      time.Time  `gorm:"serializer:instant"`
	By      string     `gorm:"column:actor"`
	Key     message.ID `gorm:"column:key_id"`
	From    string     `gorm:"column:address"`
	Request string     `gorm:"column:request_id"`
	Action  string
	Subject string
	Before  access.State `gorm:"column:was;serializer:sparse"`
	After   access.State `gorm:"column:became;serializer:sparse"`
}

func (recordRow) TableName() string   { return "audit" }
func (r recordRow) is() access.Record { return access.Record(r) }

// Note adds a record to the audit.
func (s *Store) Note(ctx context.Context, r access.Record) error {
	row := recordRow(r)
	return done("note a change", s.db.Gorm(ctx, nil).Create(&row))
}

// Audit lists the changes that fit, the newest first.
func (s *Store) Audit(ctx context.Context, site string, f access.RecordFilter) ([]access.Record, error) {
	q := s.db.Gorm(ctx, nil).Where("site = ?", site)
	for _, is := range []struct{ what, value string }{
		{"actor = ?", f.By}, {"action = ?", f.Action}, {"subject = ?", f.Subject}, {"request_id = ?", f.Request}, {"id < ?", string(f.Before)},
	} {
		if is.value != "" {
			q = q.Where(is.what, is.value)
		}
	}
	if !f.Since.IsZero() {
		q = q.Where("at >= ?", sql.Instant(f.Since))
	}
	if !f.Until.IsZero() {
		q = q.Where("at < ?", sql.Instant(f.Until))
	}
	return find[recordRow]("list the audit", q.Order("id DESC").Limit(cmp.Or(f.Limit, 100)))
}
