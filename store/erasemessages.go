package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"notifier/message"
	"notifier/store/sql"
)

// EraseMessages keeps messages without address and content: that there were such, when,
// and what became of them, is all that is left. Of a mail to others, the person among them
// or not, only the person's address goes.
func (s *Store) EraseMessages(ctx context.Context, site string, p message.Someone, ms []message.Message) error {
	// In the order in which all go through rows: messages by id, then attachments.
	ms = slices.SortedFunc(slices.Values(ms), func(a, b message.Message) int { return strings.Compare(string(a.ID), string(b.ID)) })
	err := s.db.Commit(ctx, func(t *sql.Tx) error {
		uses := map[string]int{}
		for _, m := range ms {
			m.Site = site
			var err error
			if m.OthersThan(p) {
				err = s.eraseAddress(ctx, t, m, p)
			} else {
				err = s.eraseMessage(ctx, t, m, uses)
			}
			if err != nil {
				return err
			}
		}
		return s.forgetBlobs(ctx, t, site, uses)
	})
	if err != nil {
		return fmt.Errorf("erase messages: %w", err)
	}
	return nil
}

// eraseMessage erases all of one, and adds to uses the attachments that it no longer has.
func (s *Store) eraseMessage(ctx context.Context, t *sql.Tx, m message.Message, uses map[string]int) error {
	if err := s.holdUses(ctx, t, m, uses); err != nil {
		return err
	}
	for _, statement := range []string{
		"UPDATE messages SET to_email = '', to_name = '', envelope = '', subject = '', body_text = '', body_html = '', summary = ''," +
			" case_title = '', case_url = '', extra = '' WHERE site = ? AND id = ?",
		"UPDATE queue SET rejected = '', remaining = '', error_text = '' WHERE site = ? AND id = ?",
		"UPDATE attempts SET accepted = '', rejected = '', pending = '', response = '', error_text = '' WHERE site = ? AND message_id = ?",
		"UPDATE retries SET error_text = '' WHERE site = ? AND message_id = ?",
		"UPDATE callbacks SET error_text = '', answer = '' WHERE site = ? AND message_id = ?",
		"UPDATE decisions SET details = '' WHERE site = ? AND message_id = ?",
	} {
		if _, err := s.db.Exec(ctx, t, statement, m.Site, m.ID); err != nil {
			return err
		}
	}
	return s.eraseReceipt(ctx, t, m, func(r *receipt) { r.Accepted, r.Response = nil, "" })
}

// eraseAddress takes the person's address out of a message to others: out of the addresses
// and out of what was answered and noted. Nobody is left to be written to by that name.
func (s *Store) eraseAddress(ctx context.Context, t *sql.Tx, m message.Message, p message.Someone) error {
	is := func(a message.Address) bool { return p.Has(a.Email) }
	for _, list := range []*[]message.Address{&m.To, &m.Cc, &m.Bcc} {
		*list = slices.DeleteFunc(slices.Clone(*list), is)
	}
	m.ReplyTo = slices.DeleteFunc(slices.Clone(m.ReplyTo), is)
	if _, err := sql.Texts(s.db.Query(ctx, t, "SELECT id FROM queue WHERE site = ? AND id = ?"+s.dialect.Lock("UPDATE"), m.Site, m.ID)); err != nil {
		return err
	}
	r := toRow(m)
	_, err := s.db.Exec(ctx, t, "UPDATE messages SET to_email = ?, to_name = ?, envelope = ? WHERE site = ? AND id = ?", r.toEmail, r.toName, r.envelope, m.Site, m.ID)
	if err != nil {
		return err
	}
	if err := s.eraseAnswers(ctx, t, m, p); err != nil {
		return err
	}
	return s.eraseReceipt(ctx, t, m, func(r *receipt) {
		r.Accepted = r.Accepted[:len(r.Accepted):len(r.Accepted)]
		for i, a := range r.Accepted {
			r.Accepted[i] = p.Erase(a)
		}
		r.Response = p.Erase(r.Response)
	})
}

// answers are the columns in which the tables of a message may have an address of it, by the
// rest of their keys.
var answers = []struct{ table, id, rest, columns string }{
	{"queue", "id", "''", "rejected, remaining, error_text"},
	{"attempts", "message_id", "claim", "accepted, rejected, pending, response, error_text"},
	{"retries", "message_id", "number", "error_text"},
	{"callbacks", "message_id", "id", "error_text, answer"},
	{"decisions", "message_id", "id", "details"},
}

func (s *Store) eraseAnswers(ctx context.Context, t *sql.Tx, m message.Message, p message.Someone) error {
	for _, place := range answers {
		columns := strings.Split(place.columns, ", ")
		rows, err := s.db.Query(ctx, t, "SELECT "+place.rest+", "+place.columns+" FROM "+place.table+" WHERE site = ? AND "+place.id+" = ?", m.Site, m.ID)
		type row struct {
			rest any
			was  []string
		}
		found, err := sql.Collect(rows, err, func(scan func(...any) error) (row, error) {
			r := row{was: make([]string, len(columns))}
			into := []any{&r.rest}
			for i := range r.was {
				into = append(into, &r.was[i])
			}
			return r, scan(into...)
		})
		if err != nil {
			return err
		}
		for _, r := range found {
			for i, was := range r.was {
				now := eraseFrom(p, place.table, columns[i], was)
				if now == was {
					continue
				}
				where, arguments := " WHERE site = ? AND "+place.id+" = ?", []any{now, m.Site, m.ID}
				if place.rest != "''" {
					where, arguments = where+" AND "+place.rest+" = ?", append(arguments, r.rest)
				}
				if _, err := s.db.Exec(ctx, t, "UPDATE "+place.table+" SET "+columns[i]+" = ?"+where, arguments...); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// eraseFrom is a text of a column without the person. Those whom the next attempt or a retry
// would be for are one fewer; in what was answered it is told that there was somebody.
func eraseFrom(p message.Someone, table, column, was string) string {
	var all sql.List
	if table != "queue" || column == "error_text" || all.Scan(was) != nil {
		return p.Erase(was)
	}
	return text(slices.DeleteFunc(all, p.Has))
}

func (s *Store) eraseReceipt(ctx context.Context, t *sql.Tx, m message.Message, edit func(*receipt)) error {
	var written string
	err := s.db.Row(ctx, t, []any{&written}, "SELECT receipt FROM queue WHERE site = ? AND id = ?", m.Site, m.ID)
	if errors.Is(err, sql.ErrNoRows) {
		return nil // it was purged meanwhile
	}
	if err != nil || written == "" {
		return err
	}
	var r receipt
	if err := json.Unmarshal([]byte(written), &r); err != nil {
		return err
	}
	edit(&r)
	b, err := json.Marshal(r)
	if err == nil {
		_, err = s.db.Exec(ctx, t, "UPDATE queue SET receipt = ? WHERE site = ? AND id = ?", string(b), m.Site, m.ID)
	}
	return err
}
