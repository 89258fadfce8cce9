package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"notifier/message"
)

// EraseUser forgets who a user is: the user, the memberships, the place in deadlines, what
// was set of the user, and what is known of the address. It tells how many groups and
// deadlines named the user, and whether anything was known. Messages are for EraseMessages.
func (s *Store) EraseUser(ctx context.Context, c message.Call, id, email string) (e message.Erased, known bool, err error) {
	e.User = id
	err = s.commit(ctx, func(t *tx) error {
		n, err := s.exec(ctx, t, "DELETE FROM users WHERE site = ? AND id = ?", c.Site, id)
		if err != nil {
			return err
		}
		known = n > 0
		if e.Groups, err = s.eraseFromGroups(ctx, t, c, id); err != nil {
			return err
		}
		if e.Deadlines, err = s.eraseFromDeadlines(ctx, t, c, id); err != nil {
			return err
		}
		if _, err := s.exec(ctx, t, "DELETE FROM changes WHERE site = ? AND subject = ?", c.Site, message.OfUser+id); err != nil {
			return err
		}
		for _, who := range []string{id, email} {
			if who == "" {
				continue
			}
			_, err := s.exec(ctx, t, "DELETE FROM refusals WHERE site = ? AND users LIKE ? ESCAPE '!'", c.Site, "%"+literal(quote(who))+"%")
			if err == nil { // what waits is taken in, or refused, first
				_, err = s.exec(ctx, t, "DELETE FROM outbox WHERE site = ? AND refused_at IS NOT NULL AND request LIKE ? ESCAPE '!'", c.Site, "%"+literal(quote(who))+"%")
			}
			if err != nil {
				return err
			}
		}
		if err := s.eraseDocuments(ctx, t, c.Site, id, email); err != nil {
			return err
		}
		if email != "" {
			_, err = s.exec(ctx, t, "DELETE FROM suppressions WHERE site = ? AND address = ?", c.Site, strings.ToLower(email))
		}
		return err
	})
	if err != nil {
		return e, false, fmt.Errorf("erase the user %s: %w", id, err)
	}
	return e, known, nil
}

// eraseDocuments deletes the documents that name the user among their users, or the address
// anywhere.
func (s *Store) eraseDocuments(ctx context.Context, t *tx, site, id, email string) error {
	names := "fields LIKE ? ESCAPE '!' AND fields LIKE ? ESCAPE '!'"
	arguments := []any{site, `%Uids"%`, "%" + literal(quote(id)) + "%"}
	if email != "" {
		names += " OR lower(fields) LIKE ? ESCAPE '!'"
		arguments = append(arguments, "%"+literal(strings.ToLower(email))+"%")
	}
	_, err := s.exec(ctx, t, "DELETE FROM documents WHERE site = ? AND ("+names+")", arguments...)
	return err
}

// quote writes a text as JSON lists hold it.
func quote(text string) string {
	b, _ := json.Marshal(text)
	return string(b)
}

func (s *Store) eraseFromGroups(ctx context.Context, t *tx, c message.Call, id string) (n int, err error) {
	type group struct {
		id    string
		users list
	}
	rows, err := s.query(ctx, t, "SELECT id, users FROM user_groups WHERE site = ? AND users LIKE ? ESCAPE '!' ORDER BY id"+s.dialect.lock("UPDATE"), c.Site, "%"+literal(quote(id))+"%")
	found, err := collect(rows, err, func(scan func(...any) error) (g group, err error) { return g, scan(&g.id, &g.users) })
	if err != nil {
		return 0, err
	}
	for _, g := range found {
		if !slices.Contains(g.users, id) {
			continue
		}
		n++
		rest := slices.DeleteFunc(slices.Clone(g.users), func(u string) bool { return u == id })
		if _, err := s.exec(ctx, t, "UPDATE user_groups SET users = ?, updated_at = ? WHERE site = ? AND id = ?", rest, instant(c.At), c.Site, g.id); err != nil {
			return n, err
		}
	}
	return n, nil
}

// eraseFromDeadlines takes a user out of all deadlines. One that is left without users ends.
func (s *Store) eraseFromDeadlines(ctx context.Context, t *tx, c message.Call, id string) (n int, err error) {
	found, err := readDeadlines(s.query(ctx, t, selectDeadlines+"WHERE site = ? AND deadline LIKE ? ESCAPE '!' ORDER BY key"+s.dialect.lock("UPDATE"), c.Site, "%"+literal(quote(id))+"%"))
	if err != nil {
		return 0, err
	}
	for _, d := range found {
		without, named := d.Without(id)
		if !named {
			continue
		}
		n++
		written, err := json.Marshal(without)
		if err == nil {
			_, err = s.exec(ctx, t, "UPDATE deadlines SET deadline = ? WHERE site = ? AND key = ?", string(written), c.Site, d.Key)
		}
		if err == nil && len(without.Users) == 0 && without.ClearedAt.IsZero() {
			_, err = s.endDeadline(ctx, t, c.Site, d.Key, message.Decided{At: c.At, What: message.DeadlineMet, By: c.By})
		}
		if err == nil {
			_, err = s.exec(ctx, t, "DELETE FROM changes WHERE site = ? AND subject = ?", c.Site, message.OfDeadline+d.Key)
		}
		if err == nil {
			err = s.change(ctx, t, c, message.SetDeadline, message.OfDeadline+d.Key, json.RawMessage(written))
		}
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// EraseMessages keeps messages without address and content: that there were such, when,
// and what became of them, is all that is left. Of a mail to several people, others than
// the user among them, only the address goes.
func (s *Store) EraseMessages(ctx context.Context, site, email string, ms []message.Message) error {
	// In the order in which all go through rows: messages by id, then attachments.
	ms = slices.SortedFunc(slices.Values(ms), func(a, b message.Message) int { return strings.Compare(string(a.ID), string(b.ID)) })
	err := s.commit(ctx, func(t *tx) error {
		uses := map[string]int{}
		for _, m := range ms {
			m.Site = site
			var err error
			if len(m.Everyone()) > 1 {
				err = s.eraseAddress(ctx, t, m, email)
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
func (s *Store) eraseMessage(ctx context.Context, t *tx, m message.Message, uses map[string]int) error {
	if err := s.holdUses(ctx, t, m, uses); err != nil {
		return err
	}
	for _, statement := range []string{
		"UPDATE messages SET to_email = '', to_name = '', envelope = '', subject = '', body_text = '', body_html = '', summary = '', extra = '' WHERE site = ? AND id = ?",
		"UPDATE queue SET rejected = '', remaining = '', error_text = '' WHERE site = ? AND id = ?",
		"UPDATE attempts SET accepted = '', rejected = '', pending = '', response = '', error_text = '' WHERE site = ? AND message_id = ?",
		"UPDATE retries SET error_text = '' WHERE site = ? AND message_id = ?",
		"UPDATE callbacks SET error_text = '' WHERE site = ? AND message_id = ?",
		"UPDATE decisions SET details = '' WHERE site = ? AND message_id = ?",
	} {
		if _, err := s.exec(ctx, t, statement, m.Site, m.ID); err != nil {
			return err
		}
	}
	return s.eraseReceipt(ctx, t, m, func(r *receipt) { r.Accepted, r.Response = nil, "" })
}

func (s *Store) eraseAddress(ctx context.Context, t *tx, m message.Message, email string) error {
	is := func(a message.Address) bool { return strings.EqualFold(a.Email, email) }
	spelled := email
	for _, list := range []*[]message.Address{&m.To, &m.Cc, &m.Bcc} {
		if i := slices.IndexFunc(*list, is); i >= 0 {
			spelled = (*list)[i].Email
		}
		*list = slices.DeleteFunc(slices.Clone(*list), is)
	}
	r := toRow(m)
	_, err := s.exec(ctx, t, "UPDATE messages SET to_email = ?, to_name = ?, envelope = ? WHERE site = ? AND id = ?", r.toEmail, r.toName, r.envelope, m.Site, m.ID)
	for _, place := range []struct{ table, key, column string }{
		{"queue", "id", "rejected"},
		{"queue", "id", "remaining"},
		{"attempts", "message_id", "accepted"},
		{"attempts", "message_id", "rejected"},
		{"attempts", "message_id", "pending"},
	} {
		if err == nil {
			_, err = s.exec(ctx, t, fmt.Sprintf("UPDATE %[1]s SET %[3]s = REPLACE(%[3]s, ?, ?) WHERE site = ? AND %[2]s = ? AND %[3]s <> ''", place.table, place.key, place.column),
				quote(spelled), quote("erased"), m.Site, m.ID)
		}
	}
	if err != nil {
		return err
	}
	return s.eraseReceipt(ctx, t, m, func(r *receipt) {
		for i, a := range r.Accepted {
			if strings.EqualFold(a, email) {
				r.Accepted[i] = "erased"
			}
		}
	})
}

func (s *Store) eraseReceipt(ctx context.Context, t *tx, m message.Message, edit func(*receipt)) error {
	var written string
	err := s.row(ctx, t, []any{&written}, "SELECT receipt FROM queue WHERE site = ? AND id = ?", m.Site, m.ID)
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
		_, err = s.exec(ctx, t, "UPDATE queue SET receipt = ? WHERE site = ? AND id = ?", string(b), m.Site, m.ID)
	}
	return err
}
