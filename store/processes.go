package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"notifier/message"
	"notifier/preferences"
	"notifier/request"
	"notifier/store/sql"
)

type processRow struct {
	Site      string
	Process   string
	Kinds     []message.Kind `gorm:"serializer:sparse"`
	UpdatedAt time.Time      `gorm:"serializer:instant"`
}

func (processRow) TableName() string { return "mutes" }
func (r processRow) is() preferences.Process {
	return preferences.Process{ID: r.Process, Muted: r.Kinds}
}

// Process reads what is muted in a process: nothing in one that nobody has set.
func (s *Store) Process(ctx context.Context, site, id string) (preferences.Process, error) {
	p, err := one[processRow](fmt.Sprintf("read the process %s", id), s.db.Gorm(ctx, nil).Where("site = ? AND process = ?", site, id))
	if errors.Is(err, message.ErrNotFound) {
		return preferences.Process{ID: id}, nil
	}
	return p, err
}

// SaveProcess sets what is muted in a process.
func (s *Store) SaveProcess(ctx context.Context, c request.Call, p preferences.Process) error {
	row := processRow{c.Site, p.ID, p.Muted, c.At}
	return while(fmt.Sprintf("save the process %s", p.ID), s.db.Commit(ctx, func(t *sql.Tx) error {
		q := s.db.Gorm(ctx, t).Clauses(instead([]string{"site", "process"}, []string{"kinds", "updated_at"}, "mutes.kinds <> excluded.kinds")).Create(&row)
		if q.Error != nil || q.RowsAffected == 0 { // it stands so already
			return q.Error
		}
		return s.change(ctx, t, c, message.SetProcess, message.OfProcess+p.ID, p)
	}))
}
