package store

import (
	"context"
	"fmt"
	"time"

	"notifier/message"
	"notifier/store/sql"
)

type keptRow struct {
	Site    string
	ID      message.ID
	Message message.ID `gorm:"column:message_id"`
	From    string     `gorm:"column:sender"`
	To      []string   `gorm:"column:recipients;serializer:sparse"`
	Subject string
	At      time.Time `gorm:"serializer:instant"`
	Text    string    `gorm:"column:body_text"`
	HTML    string    `gorm:"column:body_html"`
	Raw     string    `gorm:"serializer:blob"`
}

func (keptRow) TableName() string  { return "kept_mails" }
func (r keptRow) is() message.Kept { return message.Kept(r) }

// Keep puts a mail into the test mailbox.
func (s *Store) Keep(ctx context.Context, k message.Kept) error {
	row := keptRow(k)
	return done("keep a mail", s.db.Gorm(ctx, nil).Create(&row))
}

// KeptMails lists at most n mails of the test mailbox, the newest first, without what they say.
func (s *Store) KeptMails(ctx context.Context, site string, before message.ID, n int) ([]message.Kept, error) {
	q := s.db.Gorm(ctx, nil).Omit("body_text", "body_html", "raw").Where("site = ?", site)
	if before != "" {
		q = q.Where("id < ?", before)
	}
	return find[keptRow]("list the test mailbox", q.Order("id DESC").Limit(n))
}

// KeptMail reads one; message.ErrNotFound if there is none.
func (s *Store) KeptMail(ctx context.Context, site string, id message.ID) (message.Kept, error) {
	return one[keptRow]("read the test mailbox", s.db.Gorm(ctx, nil).Where("site = ? AND id = ?", site, id))
}

// EmptyMailbox deletes all mails of the test mailbox and returns how many there were.
func (s *Store) EmptyMailbox(ctx context.Context, site string) (int, error) {
	q := s.db.Gorm(ctx, nil).Where("site = ?", site).Delete(&keptRow{})
	return int(q.RowsAffected), done("empty the test mailbox", q)
}

// ForgetKept deletes mails that are older than that, and all but the newest n.
func (s *Store) ForgetKept(ctx context.Context, site string, n int, before time.Time) error {
	_, err := s.db.Exec(ctx, nil, "DELETE FROM kept_mails WHERE site = ? AND (at < ? OR id <= (SELECT id FROM kept_mails WHERE site = ? ORDER BY id DESC LIMIT 1 OFFSET ?))",
		site, sql.Instant(before), site, n)
	if err != nil {
		return fmt.Errorf("forget old mails of the test mailbox: %w", err)
	}
	return nil
}
