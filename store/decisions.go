package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"notifier/message"
	"notifier/store/sql"
)

const decisionNames = "message_id, id, at, what, actor, details"

// note writes down decisions about messages, in the transaction that carries them out.
func (s *Store) note(ctx context.Context, t *sql.Tx, site string, decisions ...message.Decided) error {
	for _, d := range decisions {
		details := ""
		if len(d.Details) > 0 {
			b, _ := json.Marshal(d.Details) // texts can always be written
			details = string(b)
		}
		_, err := s.db.Exec(ctx, t, "INSERT INTO decisions (site, "+decisionNames+") VALUES ("+sql.Marks(7)+")",
			site, d.Message, message.NewID(message.DecisionIDs), sql.Instant(d.At), d.What, d.By, details)
		if err != nil {
			return fmt.Errorf("note what was decided of %s: %w", d.Message, err)
		}
	}
	return nil
}

// rescheduled is the decision that moved a deferred message.
func rescheduled(c message.Call, before, after message.Message) message.Decided {
	return message.Decided{Message: after.ID, At: c.At, What: message.Rescheduled, By: c.By, Details: map[string]string{
		message.FromSetting: before.Setting, message.ToSetting: after.Setting,
		message.FromDue: before.DueAt.UTC().Format(time.RFC3339), message.ToDue: after.DueAt.UTC().Format(time.RFC3339),
	}}
}

// Decisions lists what was decided of a message that its row and attempts do not tell, the
// first first.
func (s *Store) Decisions(ctx context.Context, m message.Message) ([]message.Decided, error) {
	rows, err := s.db.Query(ctx, nil, "SELECT "+decisionNames+" FROM decisions WHERE site = ? AND message_id = ? ORDER BY id", m.Site, m.ID)
	all, err := sql.Collect(rows, err, func(scan func(...any) error) (d message.Decided, err error) {
		var details string
		err = scan((*string)(&d.Message), (*string)(&d.ID), (*sql.Instant)(&d.At), (*string)(&d.What), &d.By, &details)
		if err == nil && details != "" {
			err = json.Unmarshal([]byte(details), &d.Details)
		}
		return d, err
	})
	if err != nil {
		return nil, fmt.Errorf("list what was decided of %s: %w", m.ID, err)
	}
	return all, nil
}
