package store

import (
	"context"
	"fmt"

	"notifier/message"
	"notifier/store/sql"
)

// Arrived lists at most n messages by id, after the given one, as far as it matters for
// what came in: who they are for, about which case, and when. What they say is left out.
// Digests are not among them.
func (s *Store) Arrived(ctx context.Context, site string, after message.ID, n int) ([]message.Message, error) {
	if after == "" {
		after = message.MessageIDs + "_"
	}
	rows, err := s.db.Query(ctx, nil, "SELECT m.id, m.type, m.kind, m.event_id, m.reference, m.user_id, m.to_email, m.envelope, m.case_id, m.case_stage, m.case_owner,"+
		" m.actor, m.manual, m.occurred_at, m.created_at, m.extra, q.expires_at FROM messages m"+s.dialect.To("queue", "q", "q.site = m.site AND q.id = m.id", "")+
		" WHERE m.site = ? AND m.id > ? AND m.id < ? ORDER BY m.id LIMIT ?", site, after, message.MessageIDs+"`", n)
	all, err := sql.Collect(rows, err, func(scan func(...any) error) (message.Message, error) {
		var r messageRow
		r.Site = site
		if err := scan((*string)(&r.ID), (*string)(&r.Type), (*string)(&r.Kind), (*string)(&r.EventID), &r.Reference, &r.UserID, &r.toEmail, &r.envelope,
			&r.Case.ID, &r.Case.Stage, &r.Case.Owner, &r.Actor, &r.Manual, (*sql.Instant)(&r.OccurredAt), (*sql.Instant)(&r.CreatedAt), &r.extra, (*sql.Instant)(&r.ExpiresAt)); err != nil {
			return r.Message, err
		}
		return r.toMessage()
	})
	if err != nil {
		return nil, fmt.Errorf("list what came in: %w", err)
	}
	return all, nil
}
