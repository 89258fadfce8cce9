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
	"notifier/webhook"
)

// What is due is asked once, on all sites: a site that has nothing that waits costs no look.
// An index begins with the site and what else its rows are served by, and the database jumps
// in it from one of these to the next: a site's million is one look, as another's ten are.

// heap is a part of a table that is served by the keys of an index in the order of a time.
type heap struct {
	table, keys, time, where string
	row                      string // what tells one row from another where SQLite has no rowid
}

var (
	ofLanes      = heap{table: "queue", keys: "site, account, priority", time: "due_at", where: "status IN " + in(claimable)}
	ofLeases     = heap{table: "queue", keys: "site", time: "due_at", where: fmt.Sprintf("status = '%s'", message.Sending)}
	ofExpiring   = heap{table: "queue", keys: "site", time: "expires_at", where: "expires_at IS NOT NULL AND status IN " + in(message.From(message.Expire))}
	ofPeople     = heap{table: "queue", keys: "site", time: "status", where: fmt.Sprintf("status IN ('%s','%s')", message.Error, message.PendingManual)}
	ofWindows    = heap{table: "windows", keys: "site", time: "due_at", where: "closed_at IS NULL"}
	ofSteps      = heap{table: "deadlines", keys: "site", time: "next_at", where: "next_at IS NOT NULL", row: "site, key"}
	ofPosted     = heap{table: "outbox", keys: "site", time: "held_until", where: "refused_at IS NULL"}
	ofOperations = heap{table: "operations", keys: "site", time: "held_until", where: fmt.Sprintf("status = '%s'", request.Running)}
	ofCallbacks  = heap{table: "callbacks", keys: "site, webhook_id", time: "due_at", where: "due_at IS NOT NULL", row: "site, webhook_id, id"}
	// What is forgotten is found by its age, or by ids that sort by time.
	ofKeys      = heap{table: "idempotency_keys", keys: "site", time: "created_at", where: "true", row: "site, key"}
	ofDocuments = heap{table: "documents", keys: "site", time: "updated_at", where: "true", row: "site, collection, id"}
	ofChanges   = heap{table: "changes", keys: "site", time: "id", where: "true"}
	ofRefusals  = heap{table: "refusals", keys: "site", time: "id", where: "true"}
	ofMessages  = heap{table: "messages", keys: "site", time: "id", where: "true"}
	ofKept      = heap{table: "kept_mails", keys: "site", time: "id", where: "true"}
	ofCalls     = heap{table: "callbacks", keys: "site, webhook_id", time: "id", where: "true", row: "site, webhook_id, id"}
	ofSeries    = heap{table: "series", keys: "site, step, metric", time: "at", where: "true", row: "site, step, metric, at, label, bucket"}
)

// lastID sorts behind all ids and all words.
const lastID = "~"

// firsts is a SELECT of the first row of each key that is not later than the argument.
func (h heap) firsts(d dialect) string {
	columns := h.keys + ", " + h.time
	of := func(row, columns string) string { return row + "." + strings.ReplaceAll(columns, ", ", ", "+row+".") }
	return fmt.Sprintf("WITH RECURSIVE f AS (SELECT * FROM (SELECT %[1]s FROM %[2]s WHERE %[3]s ORDER BY %[1]s LIMIT 1) AS one UNION ALL SELECT %[4]s FROM f%[5]s)"+
		" SELECT %[1]s FROM f WHERE %[6]s <= ?",
		columns, h.table, h.where, of("n", columns), d.next(h, "("+h.keys+") > ("+of("f", h.keys)+")"), h.time)
}

// due lists the sites with a row that is due.
func (s *Store) due(ctx context.Context, h heap, until any) ([]string, error) {
	rows, err := s.db.Query(ctx, nil, h.firsts(s.dialect), until)
	all, err := sql.Collect(rows, err, func(scan func(...any) error) (site string, err error) {
		return site, scan(&site, new(any))
	})
	if err != nil {
		return nil, fmt.Errorf("ask what is due in %s: %w", h.table, err)
	}
	return all, nil
}

// DueLanes lists the lanes of all sites in which a message is due, each with the time of
// the first of them.
func (s *Store) DueLanes(ctx context.Context, at time.Time) ([]message.Lane, error) {
	rows, err := s.db.Query(ctx, nil, ofLanes.firsts(s.dialect), sql.Instant(at))
	all, err := sql.Collect(rows, err, func(scan func(...any) error) (l message.Lane, err error) {
		rank := 0
		err = scan(&l.Site, &l.Account, &rank, (*sql.Instant)(&l.DueAt))
		l.Priority = message.Ranked(rank)
		return l, err
	})
	if err != nil {
		return nil, fmt.Errorf("list the lanes: %w", err)
	}
	return all, nil
}

// LapsedSites lists the sites with a lease that is over.
func (s *Store) LapsedSites(ctx context.Context, at time.Time) ([]string, error) {
	return s.due(ctx, ofLeases, sql.Instant(at))
}

// ExpiringSites lists the sites with a message that was not sent in time.
func (s *Store) ExpiringSites(ctx context.Context, at time.Time) ([]string, error) {
	return s.due(ctx, ofExpiring, sql.Instant(at))
}

// WindowSites lists the sites with a digest window that is due.
func (s *Store) WindowSites(ctx context.Context, at time.Time) ([]string, error) {
	return s.due(ctx, ofWindows, sql.Instant(at))
}

// DeadlineSites lists the sites with a deadline of which a step has come.
func (s *Store) DeadlineSites(ctx context.Context, at time.Time) ([]string, error) {
	return s.due(ctx, ofSteps, sql.Instant(at))
}

// PostedSites lists the sites with a request in the outbox that no replica holds.
func (s *Store) PostedSites(ctx context.Context, at time.Time) ([]string, error) {
	return s.due(ctx, ofPosted, sql.Instant(at))
}

// OperatedSites lists the sites with an operation that nobody works on.
func (s *Store) OperatedSites(ctx context.Context, at time.Time) ([]string, error) {
	return s.due(ctx, ofOperations, sql.Instant(at))
}

// DueWebhooks lists the webhooks that are due to be told something.
func (s *Store) DueWebhooks(ctx context.Context, at time.Time) (due []webhook.Endpoint, err error) {
	rows, err := s.db.Query(ctx, nil, ofCallbacks.firsts(s.dialect), sql.Instant(at))
	waiting := map[string][]message.ID{}
	_, err = sql.Collect(rows, err, func(scan func(...any) error) (site string, err error) {
		var id message.ID
		err = scan(&site, &id, new(any))
		waiting[site] = append(waiting[site], id)
		return site, err
	})
	for site, ids := range waiting {
		all, err := s.Webhooks(ctx, site)
		if err != nil {
			return nil, err
		}
		for _, e := range all {
			if e.DisabledAt == nil && slices.Contains(ids, e.ID) {
				due = append(due, e)
			}
		}
	}
	if err != nil {
		return nil, fmt.Errorf("ask which webhooks are due: %w", err)
	}
	return due, nil
}

// later is what waits in the queue for a time, and not for its turn: nearly nothing of what
// is sent ever stands in the index of it.
var later = "status IN " + in(claimable) + " AND (queued_at IS NULL OR due_at > queued_at)"

// NextLeaving is when the next message can leave that waits for a time: its send_at, its
// next attempt, room in a budget, or the end of its account's pause. It is after that time,
// and zero if there is none.
func (s *Store) NextLeaving(ctx context.Context, after time.Time) (time.Time, error) {
	return s.earliest(ctx, "SELECT at FROM (SELECT * FROM (SELECT due_at AS at FROM queue WHERE "+later+" AND due_at > ? ORDER BY due_at LIMIT 1) AS q"+
		" UNION ALL SELECT until FROM account_pauses WHERE site >= '' AND until > ? UNION ALL SELECT probed_until FROM account_pauses WHERE site >= '' AND probed_until > ?) AS next"+
		" ORDER BY at LIMIT 1", sql.Instant(after), sql.Instant(after), sql.Instant(after))
}

// NextExpiring is when the next message expires if it has not left by then; zero if none does.
func (s *Store) NextExpiring(ctx context.Context, after time.Time) (time.Time, error) {
	return s.earliest(ctx, "SELECT expires_at FROM queue WHERE status IN "+in(message.From(message.Expire))+" AND expires_at > ? ORDER BY expires_at LIMIT 1", sql.Instant(after))
}

// WaitingSites lists the sites in whose queue something waits, or is in error.
func (s *Store) WaitingSites(ctx context.Context) ([]string, error) {
	lanes, err := s.DueLanes(ctx, endOfTime)
	var all []string
	for _, l := range lanes {
		all = append(all, l.Site)
	}
	for _, h := range []heap{ofLeases, ofPeople, ofWindows} {
		var until any = sql.Instant(endOfTime)
		if h.time == ofPeople.time {
			until = lastID
		}
		if err == nil {
			var more []string
			more, err = s.due(ctx, h, until)
			all = append(all, more...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all), err
}

// endOfTime is later than all that may be due.
var endOfTime = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// OldKeys lists the sites with Idempotency-Keys that are older than that.
func (s *Store) OldKeys(ctx context.Context, before time.Time) ([]string, error) {
	return s.due(ctx, ofKeys, sql.Instant(before))
}

// OldChanges lists the sites with changes that are older than that.
func (s *Store) OldChanges(ctx context.Context, before time.Time) ([]string, error) {
	return s.due(ctx, ofChanges, string(message.Earliest(message.ChangeIDs, before)))
}

// OldRefusals lists the sites with refusals that are older than that.
func (s *Store) OldRefusals(ctx context.Context, before time.Time) ([]string, error) {
	return s.due(ctx, ofRefusals, string(message.Earliest(message.RefusalIDs, before)))
}

// FailedSites lists the sites with messages in error, or that a person is to release.
func (s *Store) FailedSites(ctx context.Context) ([]string, error) {
	return s.due(ctx, ofPeople, lastID)
}

// PurgeableSites lists the sites that have messages or documents.
func (s *Store) PurgeableSites(ctx context.Context) ([]string, error) {
	sites, err := s.due(ctx, ofMessages, lastID)
	if err != nil {
		return nil, err
	}
	more, err := s.due(ctx, ofDocuments, sql.Instant(endOfTime))
	sites = append(sites, more...)
	slices.Sort(sites)
	return slices.Compact(sites), err
}

// KeptSites lists the sites with a test mailbox.
func (s *Store) KeptSites(ctx context.Context) ([]string, error) { return s.due(ctx, ofKept, lastID) }

// OldCallbacks lists the webhooks, by site and id, with callbacks that are older than that.
func (s *Store) OldCallbacks(ctx context.Context, before time.Time) (all []webhook.Endpoint, err error) {
	rows, err := s.db.Query(ctx, nil, ofCalls.firsts(s.dialect), string(message.Earliest(webhook.CallbackIDs, before)))
	all, err = sql.Collect(rows, err, func(scan func(...any) error) (e webhook.Endpoint, err error) {
		return e, scan(&e.Site, (*string)(&e.ID), new(any))
	})
	if err != nil {
		return nil, fmt.Errorf("ask which callbacks are old: %w", err)
	}
	return all, nil
}
