package store

import (
	"context"
	"fmt"

	"notifier/message"
	"notifier/preferences"
	"notifier/store/sql"
)

// Process reads what is muted in a process: nothing in one that nobody has set.
func (s *Store) Process(ctx context.Context, site, id string) (preferences.Process, error) {
	p := preferences.Process{ID: id}
	rows, err := s.db.Query(ctx, nil, "SELECT kinds FROM mutes WHERE site = ? AND process = ?", site, id)
	found, err := sql.Collect(rows, err, func(scan func(...any) error) (l sql.List, err error) { return l, scan(&l) })
	if err != nil {
		return p, fmt.Errorf("read the process %s: %w", id, err)
	}
	for _, l := range found {
		for _, kind := range l {
			p.Muted = append(p.Muted, message.Kind(kind))
		}
	}
	return p, nil
}

// SaveProcess sets what is muted in a process.
func (s *Store) SaveProcess(ctx context.Context, c message.Call, p preferences.Process) error {
	var kinds sql.List
	for _, k := range p.Muted {
		kinds = append(kinds, string(k))
	}
	err := s.db.Commit(ctx, func(t *sql.Tx) error {
		n, err := s.db.Exec(ctx, t, "INSERT INTO mutes (site, process, kinds, updated_at) VALUES (?, ?, ?, ?) ON CONFLICT (site, process) DO UPDATE SET "+
			sql.SetTo("excluded", "kinds, updated_at")+" WHERE mutes.kinds <> excluded.kinds", c.Site, p.ID, kinds, sql.Instant(c.At))
		if err != nil || n == 0 { // it stands so already
			return err
		}
		return s.change(ctx, t, c, message.SetProcess, message.OfProcess+p.ID, p)
	})
	if err != nil {
		return fmt.Errorf("save the process %s: %w", p.ID, err)
	}
	return nil
}
