package store

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"notifier/message"
	"notifier/store/sql"
)

// mention narrows a search for texts that may have the person's address in them: by what
// stands before the @. It decides nothing: joann@… has it, too, and every row that it finds
// is read. Signs that JSON or a database may write in other ways are left out.
func mention(email string) string {
	local, _, _ := strings.Cut(email, "@")
	plain := func(r rune) bool {
		return r == '.' || r == '-' || r == '_' || r == '+' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	}
	if i := strings.LastIndexFunc(local, func(r rune) bool { return !plain(r) }); i >= 0 {
		local = local[i+1:]
		local = strings.TrimLeftFunc(local, func(r rune) bool { return !plain(r) })
	}
	return "%" + literal(strings.ToLower(local)) + "@%"
}

// naming are the members of a request under which ids of users stand.
var naming = []string{"users", "user", "to", "cc", "bcc", "actor", "toUids", "ccUids", "bccUids"}

// mentions tells whether JSON names the person: the id where ids of users stand, the address
// in any of its texts. What is no JSON is read as a text.
func mentions(p message.Someone, written string, where []string) bool {
	var v any
	if json.Unmarshal([]byte(written), &v) != nil {
		return p.In(written)
	}
	return namedIn(p, v, false, where)
}

func namedIn(p message.Someone, v any, ids bool, where []string) bool {
	switch v := v.(type) {
	case string:
		return ids && v == p.ID || p.In(v)
	case []any:
		return slices.ContainsFunc(v, func(one any) bool { return namedIn(p, one, ids, where) })
	case map[string]any:
		for key, one := range v {
			if p.In(key) || namedIn(p, one, slices.Contains(where, key), where) {
				return true
			}
		}
	}
	return false
}

// named is a row that may name a person, and its texts.
type named struct {
	key   []any
	texts []string
}

// eraseNamed deletes those rows of a table that name the person, as decides says of their
// texts. The columns of the key and of texts are read where the condition narrows.
func (s *Store) eraseNamed(ctx context.Context, t *sql.Tx, table string, key, columns []string, site, where string, arguments []any, decides func(texts []string) bool) error {
	rows, err := s.db.Query(ctx, t, "SELECT "+strings.Join(append(slices.Clone(key), columns...), ", ")+" FROM "+table+" WHERE site = ? AND ("+where+
		") ORDER BY "+strings.Join(key, ", "), append([]any{site}, arguments...)...)
	found, err := sql.Collect(rows, err, func(scan func(...any) error) (named, error) {
		all := make([]string, len(key)+len(columns))
		into := make([]any, len(all))
		for i := range all {
			into[i] = &all[i]
		}
		err := scan(into...)
		one := named{texts: all[len(key):]}
		for _, k := range all[:len(key)] {
			one.key = append(one.key, k)
		}
		return one, err
	})
	if err != nil {
		return err
	}
	for _, one := range found {
		if !decides(one.texts) {
			continue
		}
		if _, err := s.db.Exec(ctx, t, "DELETE FROM "+table+" WHERE site = ? AND "+strings.Join(key, " = ? AND ")+" = ?", append([]any{site}, one.key...)...); err != nil {
			return err
		}
	}
	return nil
}

// eraseRecords deletes what else was kept of requests that named the person.
func (s *Store) eraseRecords(ctx context.Context, t *sql.Tx, site string, p message.Someone) error {
	anywhere := func(texts []string) bool { return mentions(p, texts[0], naming) }
	// Of the outbox, what waits is taken in, or refused, first. Callers wrote its JSON, in
	// which an address may be spelled in many ways: refused rows are few, and all are read.
	err := s.eraseNamed(ctx, t, "outbox", []string{"id"}, []string{"request"}, site, "refused_at IS NOT NULL", nil, anywhere)
	if err != nil {
		return err
	}
	if err := s.eraseRefusals(ctx, t, site, p); err != nil {
		return err
	}
	if err := s.eraseDocuments(ctx, t, site, p); err != nil || p.Email == "" {
		return err
	}
	is := func(texts []string) bool { return p.Has(texts[0]) }
	err = s.eraseNamed(ctx, t, "suppressions", []string{"address"}, []string{"address"}, site, "address LIKE ? ESCAPE '!'", []any{mention(p.Email)}, is)
	if err != nil {
		return err
	}
	return s.eraseNamed(ctx, t, "kept_mails", []string{"id"}, []string{"recipients"}, site, "lower(recipients) LIKE ? ESCAPE '!'", []any{mention(p.Email)}, anywhere)
}

// eraseRefusals deletes the refused requests that named the person: among their users, by
// their path, or in the sentence of the answer.
func (s *Store) eraseRefusals(ctx context.Context, t *sql.Tx, site string, p message.Someone) error {
	where, arguments := "users LIKE ? ESCAPE '!' OR path LIKE ? ESCAPE '!'", []any{"%" + literal(quote(p.ID)) + "%", "%/" + literal(url.PathEscape(p.ID)) + "%"}
	if p.Email != "" {
		where += " OR lower(users) LIKE ? ESCAPE '!' OR lower(path) LIKE ? ESCAPE '!' OR lower(detail) LIKE ? ESCAPE '!'"
		inPath := strings.Replace(mention(p.Email), "@%", "%", 1) // where the @ may be escaped
		arguments = append(arguments, mention(p.Email), inPath, mention(p.Email))
	}
	return s.eraseNamed(ctx, t, "refusals", []string{"id"}, []string{"users", "path", "detail"}, site, where, arguments, func(texts []string) bool {
		var users sql.List
		_ = users.Scan(texts[0]) // it is ours; what cannot be read names nobody
		return slices.Contains(users, p.ID) || slices.ContainsFunc(users, p.In) || inPath(p, texts[1]) || p.In(texts[2])
	})
}

// inPath tells whether the path of a request names the person: /users/ann, /suppressions/ann@….
func inPath(p message.Someone, path string) bool {
	before := ""
	for part := range strings.SplitSeq(path, "/") {
		if whole, err := url.PathUnescape(part); err == nil {
			part = whole
		}
		if before == "users" && part == p.ID || p.In(part) {
			return true
		}
		before = part
	}
	return false
}

// eraseDocuments deletes the documents that name the user among their users, or the address
// anywhere.
func (s *Store) eraseDocuments(ctx context.Context, t *sql.Tx, site string, p message.Someone) error {
	where, arguments := "fields LIKE ? ESCAPE '!'", []any{`%Uids"%`}
	if p.Email != "" {
		where += " OR lower(fields) LIKE ? ESCAPE '!' OR lower(error) LIKE ? ESCAPE '!'"
		arguments = append(arguments, mention(p.Email), mention(p.Email))
	}
	return s.eraseNamed(ctx, t, "documents", []string{"collection", "id"}, []string{"fields", "error"}, site, where, arguments,
		func(texts []string) bool {
			return mentions(p, texts[0], []string{"toUids", "ccUids", "bccUids"}) || p.In(texts[1])
		})
}

// eraseOperations takes the person out of what ended operations were for. One that still
// runs, or may, keeps its filter: without it, it would do more than was asked for.
func (s *Store) eraseOperations(ctx context.Context, t *sql.Tx, site string, p message.Someone) error {
	all, err := find[operationRow]("look for operations", s.db.Gorm(ctx, t).
		Where("site = ? AND ended_at IS NOT NULL AND (filter LIKE ? OR filter LIKE ?)", site, `%"to":%`, `%"user":%`).Order("id"))
	if err != nil {
		return err
	}
	for _, o := range all {
		if o.Filter.User != p.ID && !p.Has(o.Filter.To) {
			continue
		}
		if o.Filter.User == p.ID {
			o.Filter.User = message.ErasedAddress
		}
		o.Filter.To = p.Erase(o.Filter.To)
		written, err := json.Marshal(o.Filter)
		if err == nil {
			_, err = s.db.Exec(ctx, t, "UPDATE operations SET filter = ? WHERE site = ? AND id = ?", string(written), site, string(o.ID))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
