package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"notifier/message"
	"notifier/store/sql"
	"notifier/template"
)

const templateNames = "name, content, updated_at"

func readTemplate(scan func(into ...any) error) (t template.Template, err error) {
	var name, content string
	if err := scan(&name, &content, (*sql.Instant)(&t.UpdatedAt)); err != nil {
		return t, err
	}
	at := t.UpdatedAt
	err = json.Unmarshal([]byte(content), &t)
	t.Name, t.UpdatedAt = name, at
	return t, err
}

// Template reads one; message.ErrNotFound if there is none.
func (s *Store) Template(ctx context.Context, site, name string) (template.Template, error) {
	rows, err := s.db.Query(ctx, nil, "SELECT "+templateNames+" FROM templates WHERE site = ? AND name = ?", site, name)
	found, err := sql.Collect(rows, err, readTemplate)
	if err != nil {
		return template.Template{}, fmt.Errorf("read a template: %w", err)
	}
	if len(found) == 0 {
		return template.Template{}, message.ErrNotFound
	}
	return found[0], nil
}

// Partials reads those of a site, by name.
func (s *Store) Partials(ctx context.Context, site string) (map[string]template.Template, error) {
	rows, err := s.db.Query(ctx, nil, "SELECT "+templateNames+" FROM templates WHERE site = ? AND partial ORDER BY name", site)
	found, err := sql.Collect(rows, err, readTemplate)
	if err != nil {
		return nil, fmt.Errorf("read the partials: %w", err)
	}
	all := make(map[string]template.Template, len(found))
	for _, t := range found {
		all[t.Name] = t
	}
	return all, nil
}

// Templates lists at most n, by name, after the given one.
func (s *Store) Templates(ctx context.Context, site, after string, n int) ([]template.Template, error) {
	rows, err := s.db.Query(ctx, nil, "SELECT "+templateNames+" FROM templates WHERE site = ? AND name > ? ORDER BY name LIMIT ?", site, after, n)
	all, err := sql.Collect(rows, err, readTemplate)
	if err != nil {
		return nil, fmt.Errorf("list the templates: %w", err)
	}
	return all, nil
}

// SaveTemplates adds templates, or changes them: all or none.
//
// It fails with a *message.ChangedError if the call is for another version of one of them:
// the microsecond of its last change.
//
// What is kept just so is not written, and UpdatedAt says since when.
func (s *Store) SaveTemplates(ctx context.Context, c message.Call, all ...template.Template) error {
	err := s.db.Commit(ctx, func(t *sql.Tx) error {
		for i := range all {
			one := &all[i]
			if err := s.matches(ctx, t, c, one.Name); err != nil {
				return err
			}
			content, same, err := s.kept(ctx, t, c.Site, one)
			if err != nil {
				return err
			}
			if same {
				continue
			}
			_, err = s.db.Exec(ctx, t, "INSERT INTO templates (site, name, partial, content, updated_at) VALUES ("+sql.Marks(5)+") ON CONFLICT (site, name) DO UPDATE SET "+
				sql.SetTo("excluded", "partial, content, updated_at"), c.Site, one.Name, one.Partial, string(content), sql.Instant(one.UpdatedAt))
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("save templates: %w", err)
	}
	return nil
}

// kept tells whether a template is kept just so: then it is as old as that. Content is
// what is to be kept of it.
func (s *Store) kept(ctx context.Context, t *sql.Tx, site string, one *template.Template) (content []byte, same bool, err error) {
	var kept string
	var at sql.Instant
	err = s.db.Row(ctx, t, []any{&kept, &at}, "SELECT content, updated_at FROM templates WHERE site = ? AND name = ?"+s.dialect.Lock("UPDATE"), site, one.Name)
	switch {
	case err == nil:
		before := *one
		before.UpdatedAt = time.Time(at)
		if content, err = json.Marshal(before); err == nil && string(content) == kept {
			*one = before
			return nil, true, nil
		}
	case !errors.Is(err, sql.ErrNoRows):
		return nil, false, err
	}
	content, err = json.Marshal(one)
	return content, false, err
}

// matches makes sure that a template is as the call wants it, and stays so.
func (s *Store) matches(ctx context.Context, t *sql.Tx, c message.Call, name string) error {
	if c.Match == "" {
		return nil
	}
	var at sql.Instant
	err := s.db.Row(ctx, t, []any{&at}, "SELECT updated_at FROM templates WHERE site = ? AND name = ?"+s.dialect.Lock("UPDATE"), c.Site, name)
	version := time.Time(at).UnixMicro()
	if errors.Is(err, sql.ErrNoRows) {
		version, err = 0, nil
	}
	if err == nil && !c.Matches(version) {
		err = &message.ChangedError{At: time.Time(at)}
	}
	return err
}

// RemoveTemplate deletes one; message.ErrNotFound if there is none.
func (s *Store) RemoveTemplate(ctx context.Context, site, name string) error {
	n, err := s.db.Exec(ctx, nil, "DELETE FROM templates WHERE site = ? AND name = ?", site, name)
	if err != nil {
		return fmt.Errorf("remove a template: %w", err)
	}
	if n == 0 {
		return message.ErrNotFound
	}
	return nil
}
