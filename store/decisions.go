package store

import (
	"context"
	"fmt"
	"time"

	"notifier/message"
	"notifier/request"
	"notifier/store/sql"
)

type decisionRow struct {
	Site     string
	Decision decisionColumns `gorm:"embedded"`
}

type decisionColumns struct {
	ID      message.ID
	Message message.ID `gorm:"column:message_id"`
	At      time.Time  `gorm:"serializer:instant"`
	What    message.Deed
	By      string            `gorm:"column:actor"`
	Details map[string]string `gorm:"serializer:sparse"`
}

func (decisionRow) TableName() string     { return "decisions" }
func (r decisionRow) is() message.Decided { return message.Decided(r.Decision) }

// note writes down decisions about messages, in the transaction that carries them out.
func (s *Store) note(ctx context.Context, t *sql.Tx, site string, decisions ...message.Decided) error {
	for _, d := range decisions {
		d.ID = message.NewID(message.DecisionIDs)
		if err := s.db.Gorm(ctx, t).Create(&decisionRow{site, decisionColumns(d)}).Error; err != nil {
			return fmt.Errorf("note what was decided of %s: %w", d.Message, err)
		}
	}
	return nil
}

// rescheduled is the decision that moved a deferred message.
func rescheduled(c request.Call, before, after message.Message) message.Decided {
	return message.Decided{Message: after.ID, At: c.At, What: message.Rescheduled, By: c.By, Details: map[string]string{
		message.FromSetting: before.Setting, message.ToSetting: after.Setting,
		message.FromDue: before.DueAt.UTC().Format(time.RFC3339), message.ToDue: after.DueAt.UTC().Format(time.RFC3339),
	}}
}

// Decisions lists what was decided of a message that its row and attempts do not tell, the
// first first.
func (s *Store) Decisions(ctx context.Context, m message.Message) ([]message.Decided, error) {
	return find[decisionRow](fmt.Sprintf("list what was decided of %s", m.ID), s.db.Gorm(ctx, nil).Where("site = ? AND message_id = ?", m.Site, m.ID).Order("id"))
}
