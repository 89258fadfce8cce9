package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"notifier/message"
	"notifier/request"
	"notifier/store/sql"
)

type changeRow struct {
	Site   string
	Change changeColumns `gorm:"embedded"`
}

type changeColumns struct {
	ID      message.ID
	Subject string
	At      time.Time `gorm:"serializer:instant"`
	What    message.Setting
	By      string          `gorm:"column:actor"`
	Content json.RawMessage `gorm:"serializer:text"`
}

func (changeRow) TableName() string    { return "changes" }
func (r changeRow) is() message.Change { return message.Change(r.Change) }

// change notes what a caller set, in the transaction that stores it.
func (s *Store) change(ctx context.Context, t *sql.Tx, c request.Call, what message.Setting, subject string, content any) error {
	written, err := json.Marshal(content)
	if err == nil {
		row := changeRow{c.Site, changeColumns{message.NewID(message.ChangeIDs), subject, c.At, what, c.By, written}}
		err = s.db.Gorm(ctx, t).Create(&row).Error
	}
	return while("note a change of "+subject, err)
}

// Changes lists at most n changes of the site, in their order, after the given id.
func (s *Store) Changes(ctx context.Context, site string, after message.ID, n int) ([]message.Change, error) {
	return find[changeRow]("list changes", s.db.Gorm(ctx, nil).Where("site = ? AND id > ?", site, after).Order("id").Limit(n))
}

// ChangesOf lists the last n changes of one subject, the newest first.
func (s *Store) ChangesOf(ctx context.Context, site, subject string, n int) ([]message.Change, error) {
	return find[changeRow]("list the changes of "+subject, s.db.Gorm(ctx, nil).Where("site = ? AND subject = ?", site, subject).Order("id DESC").Limit(n))
}

// ForgetChanges deletes at most n changes that are older than that, except the last one of
// each subject before it: that is how things stood then.
func (s *Store) ForgetChanges(ctx context.Context, site string, n int, before time.Time) (int, error) {
	forgotten, err := s.db.Exec(ctx, nil, "DELETE FROM changes WHERE site = ? AND id IN (SELECT c.id FROM changes c WHERE c.site = ? AND c.id < ?"+
		" AND EXISTS (SELECT 1 FROM changes l WHERE l.site = c.site AND l.subject = c.subject AND l.id > c.id AND l.id < ?) ORDER BY c.id LIMIT ?)",
		site, site, message.Earliest(message.ChangeIDs, before), message.Earliest(message.ChangeIDs, before), n)
	if err != nil {
		return 0, fmt.Errorf("forget old changes: %w", err)
	}
	return forgotten, nil
}
