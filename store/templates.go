package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"time"

	"notifier/message"
	"notifier/request"
	"notifier/store/sql"
	"notifier/template"
)

type templateRow struct {
	Site      string
	Name      string
	Partial   bool
	Content   template.Template `gorm:"serializer:json"`
	UpdatedAt time.Time         `gorm:"serializer:instant"`
}

func (templateRow) TableName() string { return "templates" }

func (r templateRow) is() template.Template {
	t := r.Content
	t.Name, t.UpdatedAt = r.Name, r.UpdatedAt
	return t
}

// Template reads one; message.ErrNotFound if there is none.
func (s *Store) Template(ctx context.Context, site, name string) (template.Template, error) {
	return one[templateRow]("read a template", s.db.Gorm(ctx, nil).Where("site = ? AND name = ?", site, name))
}

// Partials reads those of a site, by name.
func (s *Store) Partials(ctx context.Context, site string) (map[string]template.Template, error) {
	all := map[string]template.Template{}
	found, err := find[templateRow]("read the partials", s.db.Gorm(ctx, nil).Where("site = ? AND partial", site).Order("name"))
	for _, t := range found {
		all[t.Name] = t
	}
	return all, err
}

// Templates lists at most n, by name, after the given one.
func (s *Store) Templates(ctx context.Context, site, after string, n int) ([]template.Template, error) {
	return find[templateRow]("list the templates", s.db.Gorm(ctx, nil).Where("site = ? AND name > ?", site, after).Order("name").Limit(n))
}

// SaveTemplates adds templates, or changes them: all or none.
//
// It fails with a *request.ChangedError if the call is for another version of one of them:
// the microsecond of its last change.
//
// What is kept just so is not written, and UpdatedAt says since when.
func (s *Store) SaveTemplates(ctx context.Context, c request.Call, all ...template.Template) error {
	return while("save templates", s.db.Commit(ctx, func(t *sql.Tx) error {
		for i := range all {
			if err := s.saveTemplate(ctx, t, c, &all[i]); err != nil {
				return err
			}
		}
		return nil
	}))
}

func (s *Store) saveTemplate(ctx context.Context, t *sql.Tx, c request.Call, kept *template.Template) error {
	before, err := one[templateRow]("look for it", s.db.Gorm(ctx, t).Clauses(held).Where("site = ? AND name = ?", c.Site, kept.Name))
	version, is := before.UpdatedAt.UnixMicro(), err == nil
	if errors.Is(err, message.ErrNotFound) {
		version, err = 0, nil
	}
	if err == nil && c.Match != "" && !c.Matches(version) {
		err = &request.ChangedError{At: before.UpdatedAt}
	}
	if err != nil {
		return err
	}
	if same := *kept; is {
		same.UpdatedAt = before.UpdatedAt
		if sameJSON(same, before) { // then it is as old as that
			*kept = same
			return nil
		}
	}
	row := templateRow{c.Site, kept.Name, kept.Partial, *kept, kept.UpdatedAt}
	return s.db.Gorm(ctx, t).Clauses(instead([]string{"site", "name"}, []string{"partial", "content", "updated_at"})).Create(&row).Error
}

func sameJSON(a, b template.Template) bool {
	one, err := json.Marshal(a)
	other, bad := json.Marshal(b)
	return err == nil && bad == nil && bytes.Equal(one, other)
}

// RemoveTemplate deletes one; message.ErrNotFound if there is none.
func (s *Store) RemoveTemplate(ctx context.Context, site, name string) error {
	return found("remove a template", s.db.Gorm(ctx, nil).Where("site = ? AND name = ?", site, name).Delete(&templateRow{}))
}
