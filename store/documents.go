package store

import (
	"context"
	"fmt"
	"time"

	"notifier/document"
	"notifier/message"
	"notifier/store/sql"
)

// Document reads one; message.ErrNotFound if there is none.
func (s *Store) Document(ctx context.Context, site, collection, id string) (document.Document, error) {
	d := document.Document{Site: site, Collection: collection, ID: id}
	rows, err := s.db.Query(ctx, nil, "SELECT fields, message_id, sends, said, rest, earlier, error, left_out, version, created_at, updated_at"+
		" FROM documents WHERE site = ? AND collection = ? AND id = ?", site, collection, id)
	found, err := sql.Collect(rows, err, func(scan func(...any) error) (document.Document, error) {
		var fields string
		err := scan(&fields, (*string)(&d.Message), &d.Sends, &d.Said, &d.Rest, &d.Earlier, &d.Error, (*sql.List)(&d.LeftOut), &d.Version, (*sql.Instant)(&d.CreatedAt), (*sql.Instant)(&d.UpdatedAt))
		d.Fields = []byte(fields)
		return d, err
	})
	switch {
	case err != nil:
		return d, fmt.Errorf("read a document: %w", err)
	case len(found) == 0:
		return d, message.ErrNotFound
	}
	return found[0], nil
}

// SaveDocument stores a document if it is still at the version that it has (0: new), and
// fails with message.ErrMoved otherwise.
func (s *Store) SaveDocument(ctx context.Context, d document.Document) error {
	return s.saveDocument(ctx, nil, d)
}

// SaveDocumentOnce is SaveDocument, unless the request with that key was answered before.
func (s *Store) SaveDocumentOnce(ctx context.Context, c message.Call, k message.Key, d document.Document) (replayed bool, err error) {
	answered, err := s.firstTime(ctx, c, &k, func(t *sql.Tx) (any, error) { return struct{}{}, s.saveDocument(ctx, t, d) })
	return answered != nil, err
}

func (s *Store) saveDocument(ctx context.Context, t *sql.Tx, d document.Document) error {
	statement, key := "INSERT INTO documents (fields, message_id, sends, said, rest, earlier, error, left_out, version, created_at, updated_at, site, collection, id) VALUES ("+
		sql.Marks(14)+") ON CONFLICT (site, collection, id) DO NOTHING", []any{d.Site, d.Collection, d.ID}
	if d.Version > 0 {
		statement = "UPDATE documents SET fields = ?, message_id = ?, sends = ?, said = ?, rest = ?, earlier = ?, error = ?, left_out = ?, version = ?, created_at = ?, updated_at = ?" +
			" WHERE site = ? AND collection = ? AND id = ? AND version = ?"
		key = append(key, d.Version)
	}
	n, err := s.db.Exec(ctx, t, statement, append([]any{
		string(d.Fields), string(d.Message), d.Sends, d.Said, d.Rest, d.Earlier, d.Error, sql.List(d.LeftOut), d.Version + 1, sql.Instant(d.CreatedAt), sql.Instant(d.UpdatedAt),
	}, key...)...)
	switch {
	case err != nil:
		return fmt.Errorf("store a document: %w", err)
	case n == 0:
		return message.ErrMoved
	}
	return nil
}

// ForgetDocuments deletes at most n documents of the site that nobody has written to since.
func (s *Store) ForgetDocuments(ctx context.Context, site string, n int, before time.Time) (int, error) {
	forgotten, err := s.forget(ctx, "documents WHERE site = ?", "updated_at", n, before, site)
	if err != nil {
		return 0, fmt.Errorf("forget old documents: %w", err)
	}
	return forgotten, nil
}
