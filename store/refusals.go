package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"notifier/message"
	"notifier/store/sql"
)

const refusalNames = "id, at, request_id, method, path, status, code, detail, actor, case_id, users, first"

// Refuse notes a request that led to nothing.
func (s *Store) Refuse(ctx context.Context, r message.Refusal) error {
	users := make(sql.List, len(r.Users))
	for i, u := range r.Users {
		users[i] = harmless(u, message.MaxLine)
	}
	_, err := s.db.Exec(ctx, nil, "INSERT INTO refusals (site, "+refusalNames+") VALUES ("+sql.Marks(13)+")", r.Site, message.NewID(message.RefusalIDs), sql.Instant(r.At),
		r.RequestID, r.Method, harmless(r.Path, message.MaxLine), r.Status, r.Code, harmless(r.Detail, message.MaxErrorTruncated), r.By,
		harmless(r.Case, message.MaxLine), users, r.First)
	if err != nil {
		return fmt.Errorf("note a request that led to nothing: %w", err)
	}
	return nil
}

// scanned is how many of the newest refusals are looked through for a person: what more
// there are was written by a caller that is out of hand.
const scanned = 20_000

// Refusals lists the last n requests since that time that led to nothing and named the case
// or one of the users, the newest first.
func (s *Store) Refusals(ctx context.Context, site, caseID string, users []string, since time.Time, n int) ([]message.Refusal, error) {
	var found []message.Refusal
	if caseID != "" {
		of, err := s.refusals(ctx, " WHERE site = ? AND case_id = ? AND case_id <> '' AND at >= ? ORDER BY id DESC LIMIT ?", site, caseID, sql.Instant(since), n)
		if err != nil {
			return nil, err
		}
		found = of
	}
	if len(users) > 0 {
		all, err := s.refusals(ctx, " WHERE site = ? AND at >= ? AND users <> '' ORDER BY id DESC LIMIT ?", site, sql.Instant(since), scanned)
		if err != nil {
			return nil, err
		}
		for _, r := range all {
			names := func(u string) bool { return slices.Contains(users, u) || slices.Contains(users, strings.ToLower(u)) }
			known := func(f message.Refusal) bool { return f.ID == r.ID }
			if slices.ContainsFunc(r.Users, names) && !slices.ContainsFunc(found, known) {
				found = append(found, r)
			}
		}
	}
	slices.SortFunc(found, func(a, b message.Refusal) int { return strings.Compare(string(b.ID), string(a.ID)) })
	return found[:min(n, len(found))], nil
}

func (s *Store) refusals(ctx context.Context, where string, arguments ...any) ([]message.Refusal, error) {
	rows, err := s.db.Query(ctx, nil, "SELECT "+refusalNames+" FROM refusals"+where, arguments...)
	all, err := sql.Collect(rows, err, func(scan func(...any) error) (r message.Refusal, err error) {
		return r, scan((*string)(&r.ID), (*sql.Instant)(&r.At), &r.RequestID, &r.Method, &r.Path, &r.Status, &r.Code, &r.Detail, &r.By,
			&r.Case, (*sql.List)(&r.Users), (*string)(&r.First))
	})
	if err != nil {
		return nil, fmt.Errorf("list requests that led to nothing: %w", err)
	}
	return all, nil
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
