package store

import (
	"context"
	"fmt"
	"time"

	"notifier/message"
	"notifier/store/sql"
)

const keptNames = "site, id, message_id, sender, recipients, subject, at"

// Keep puts a mail into the test mailbox.
func (s *Store) Keep(ctx context.Context, k message.Kept) error {
	_, err := s.db.Exec(ctx, nil, "INSERT INTO kept_mails ("+keptNames+", body_text, body_html, raw) VALUES ("+sql.Marks(10)+")",
		k.Site, string(k.ID), string(k.Message), k.From, sql.List(k.To), k.Subject, sql.Instant(k.At), k.Text, k.HTML, []byte(k.Raw))
	if err != nil {
		return fmt.Errorf("keep a mail: %w", err)
	}
	return nil
}

// KeptMails lists at most n mails of the test mailbox, the newest first, without what they say.
func (s *Store) KeptMails(ctx context.Context, site string, before message.ID, n int) ([]message.Kept, error) {
	statement, arguments := "SELECT "+keptNames+" FROM kept_mails WHERE site = ?", []any{site}
	if before != "" {
		statement, arguments = statement+" AND id < ?", append(arguments, string(before))
	}
	rows, err := s.db.Query(ctx, nil, statement+" ORDER BY id DESC LIMIT ?", append(arguments, n)...)
	all, err := sql.Collect(rows, err, func(scan func(...any) error) (k message.Kept, err error) {
		err = scan(keptColumns(&k)...)
		return k, err
	})
	if err != nil {
		return nil, fmt.Errorf("list the test mailbox: %w", err)
	}
	return all, nil
}

func keptColumns(k *message.Kept) []any {
	return []any{&k.Site, (*string)(&k.ID), (*string)(&k.Message), &k.From, (*sql.List)(&k.To), &k.Subject, (*sql.Instant)(&k.At)}
}

// KeptMail reads one; message.ErrNotFound if there is none.
func (s *Store) KeptMail(ctx context.Context, site string, id message.ID) (message.Kept, error) {
	rows, err := s.db.Query(ctx, nil, "SELECT "+keptNames+", body_text, body_html, raw FROM kept_mails WHERE site = ? AND id = ?", site, string(id))
	found, err := sql.Collect(rows, err, func(scan func(...any) error) (k message.Kept, err error) {
		var raw []byte
		err = scan(append(keptColumns(&k), &k.Text, &k.HTML, &raw)...)
		k.Raw = string(raw)
		return k, err
	})
	if err != nil {
		return message.Kept{}, fmt.Errorf("read the test mailbox: %w", err)
	}
	if len(found) == 0 {
		return message.Kept{}, message.ErrNotFound
	}
	return found[0], nil
}

// EmptyMailbox deletes all mails of the test mailbox and returns how many there were.
func (s *Store) EmptyMailbox(ctx context.Context, site string) (int, error) {
	n, err := s.db.Exec(ctx, nil, "DELETE FROM kept_mails WHERE site = ?", site)
	if err != nil {
		return 0, fmt.Errorf("empty the test mailbox: %w", err)
	}
	return n, nil
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
