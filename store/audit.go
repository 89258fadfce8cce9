package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"notifier/access"
	"notifier/store/sql"
)

const recordNames = "site, id, at, actor, key_id, address, request_id, action, subject, was, became"

// Note adds a record to the audit.
func (s *Store) Note(ctx context.Context, r access.Record) error {
	was, err := state(r.Before)
	if err != nil {
		return fmt.Errorf("note a change: %w", err)
	}
	became, err := state(r.After)
	if err != nil {
		return fmt.Errorf("note a change: %w", err)
	}
	_, err = s.db.Exec(ctx, nil, "INSERT INTO audit ("+recordNames+") VALUES ("+sql.Marks(11)+")",
		r.Site, string(r.ID), sql.Instant(r.At), r.By, string(r.Key), r.From, r.Request, r.Action, r.Subject, was, became)
	if err != nil {
		return fmt.Errorf("note a change: %w", err)
	}
	return nil
}

// Audit lists the changes that fit, the newest first.
func (s *Store) Audit(ctx context.Context, site string, f access.RecordFilter) ([]access.Record, error) {
	where, arguments := "site = ?", []any{site}
	and := func(condition string, argument any) {
		where += " AND " + condition
		arguments = append(arguments, argument)
	}
	for _, one := range []struct{ column, value string }{{"actor", f.By}, {"action", f.Action}, {"subject", f.Subject}, {"request_id", f.Request}} {
		if one.value != "" {
			and(one.column+" = ?", one.value)
		}
	}
	if !f.Since.IsZero() {
		and("at >= ?", sql.Instant(f.Since))
	}
	if !f.Until.IsZero() {
		and("at < ?", sql.Instant(f.Until))
	}
	if f.Before != "" {
		and("id < ?", string(f.Before))
	}
	if f.Limit == 0 {
		f.Limit = 100
	}
	rows, err := s.db.Query(ctx, nil, "SELECT "+recordNames+" FROM audit WHERE "+where+" ORDER BY id DESC LIMIT ?", append(arguments, f.Limit)...)
	all, err := sql.Collect(rows, err, func(scan func(...any) error) (r access.Record, err error) {
		var was, became string
		err = scan(&r.Site, (*string)(&r.ID), (*sql.Instant)(&r.At), &r.By, (*string)(&r.Key), &r.From, &r.Request, &r.Action, &r.Subject, &was, &became)
		if err == nil {
			err = errors.Join(read(was, &r.Before), read(became, &r.After))
		}
		return r, err
	})
	if err != nil {
		return nil, fmt.Errorf("list the audit: %w", err)
	}
	return all, nil
}

func state(v access.State) (string, error) {
	if len(v) == 0 {
		return "", nil
	}
	b, err := json.Marshal(v)
	return string(b), err
}

func read(text string, into *access.State) error {
	if text == "" {
		return nil
	}
	return json.Unmarshal([]byte(text), into)
}
