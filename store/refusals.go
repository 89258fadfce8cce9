package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"notifier/message"
	"notifier/request"
	"notifier/store/sql"
)

type refusalRow struct {
	ID        message.ID
	Site      string
	At        time.Time `gorm:"serializer:instant"`
	RequestID string
	Method    string
	Path      string
	Status    int
	Code      string
	Detail    string
	By        string   `gorm:"column:actor"`
	Case      string   `gorm:"column:case_id"`
	Users     []string `gorm:"serializer:sparse"`
	First     message.ID
}

func (refusalRow) TableName() string     { return "refusals" }
func (r refusalRow) is() request.Refusal { return request.Refusal(r) }

// Refuse notes a request that led to nothing.
func (s *Store) Refuse(ctx context.Context, r request.Refusal) error {
	row := refusalRow(r)
	row.ID, row.Path, row.Case = message.NewID(message.RefusalIDs), harmless(r.Path, message.MaxLine), harmless(r.Case, message.MaxLine)
	row.Detail, row.Users = harmless(r.Detail, message.MaxErrorTruncated), slices.Clone(r.Users)
	for i, u := range r.Users {
		row.Users[i] = harmless(u, message.MaxLine)
	}
	return done("note a request that led to nothing", s.db.Gorm(ctx, nil).Create(&row))
}

// scanned is how many of the newest refusals are looked through for a person: what more
// there are was written by a caller that is out of hand.
const scanned = 20_000

// Refusals lists the last n requests since that time that led to nothing and named the case
// or one of the users, the newest first.
func (s *Store) Refusals(ctx context.Context, site, caseID string, users []string, since time.Time, n int) ([]request.Refusal, error) {
	var found []request.Refusal
	if caseID != "" {
		of, err := s.refusals(ctx, n, "site = ? AND case_id = ? AND case_id <> '' AND at >= ?", site, caseID, sql.Instant(since))
		if err != nil {
			return nil, err
		}
		found = of
	}
	if len(users) > 0 {
		all, err := s.refusals(ctx, scanned, "site = ? AND at >= ? AND users <> ''", site, sql.Instant(since))
		if err != nil {
			return nil, err
		}
		for _, r := range all {
			names := func(u string) bool { return slices.Contains(users, u) || slices.Contains(users, strings.ToLower(u)) }
			known := func(f request.Refusal) bool { return f.ID == r.ID }
			if slices.ContainsFunc(r.Users, names) && !slices.ContainsFunc(found, known) {
				found = append(found, r)
			}
		}
	}
	slices.SortFunc(found, func(a, b request.Refusal) int { return strings.Compare(string(b.ID), string(a.ID)) })
	return found[:min(n, len(found))], nil
}

func (s *Store) refusals(ctx context.Context, n int, where string, arguments ...any) ([]request.Refusal, error) {
	return find[refusalRow]("list requests that led to nothing", s.db.Gorm(ctx, nil).Where(where, arguments...).Order("id DESC").Limit(n))
}

// ForgetRefusals deletes at most n refusals that are older than that.
func (s *Store) ForgetRefusals(ctx context.Context, site string, n int, before time.Time) (int, error) {
	forgotten, err := s.db.Exec(ctx, nil, "DELETE FROM refusals WHERE site = ? AND id IN (SELECT id FROM refusals WHERE site = ? AND id < ? ORDER BY id LIMIT ?)",
		site, site, message.Earliest(message.RefusalIDs, before), n)
	if err != nil {
		return 0, fmt.Errorf("forget old refusals: %w", err)
	}
	return forgotten, nil
}
