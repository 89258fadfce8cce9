package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"notifier/message"
	"notifier/message/document"
	"notifier/request"
	"notifier/store/sql"
)

type documentRow struct {
	Site, Collection, ID string
	Fields               []byte     `gorm:"serializer:text"`
	Message              message.ID `gorm:"column:message_id"`
	Sends, Earlier       int
	Said, Rest           string
	Error                string
	LeftOut              []string `gorm:"serializer:sparse"`
	Version              int
	CreatedAt            time.Time `gorm:"serializer:instant"`
	UpdatedAt            time.Time `gorm:"serializer:instant"`
}

func (documentRow) TableName() string       { return "documents" }
func (r documentRow) is() document.Document { return document.Document(r) }

// Document reads one; message.ErrNotFound, and one that is to be, if there is none.
func (s *Store) Document(ctx context.Context, site, collection, id string) (document.Document, error) {
	d, err := one[documentRow]("read a document", s.db.Gorm(ctx, nil).Where("site = ? AND collection = ? AND id = ?", site, collection, id))
	if err != nil {
		d = document.Document{Site: site, Collection: collection, ID: id}
	}
	return d, err
}

// SaveDocument stores a document if it is still at the version that it has (0: new), and
// fails with message.ErrMoved otherwise. If the request with that key (nil: none) was answered
// before it stores nothing.
func (s *Store) SaveDocument(ctx context.Context, c request.Call, k *request.Key, d document.Document) (replayed bool, err error) {
	if k == nil {
		return false, s.saveDocument(ctx, nil, d)
	}
	answered, err := s.firstTime(ctx, c, k, func(t *sql.Tx) (any, error) { return struct{}{}, s.saveDocument(ctx, t, d) })
	return answered != nil, err
}

func (s *Store) saveDocument(ctx context.Context, t *sql.Tx, d document.Document) error {
	row, q := documentRow(d), s.db.Gorm(ctx, t)
	row.Version++
	if d.Version == 0 {
		q = q.Clauses(unlessThere).Create(&row)
	} else {
		q = q.Model(&documentRow{}).Where("site = ? AND collection = ? AND id = ? AND version = ?", d.Site, d.Collection, d.ID, d.Version).
			Select("*").Omit("site", "collection", "id").Updates(row)
	}
	if err := first(q); errors.Is(err, message.ErrMoved) {
		return err
	}
	return done("store a document", q)
}

// ForgetDocuments deletes at most n documents of the site that nobody has written to since.
func (s *Store) ForgetDocuments(ctx context.Context, site string, n int, before time.Time) (int, error) {
	forgotten, err := s.forget(ctx, "documents WHERE site = ?", "updated_at", n, before, site)
	if err != nil {
		return 0, fmt.Errorf("forget old documents: %w", err)
	}
	return forgotten, nil
}
