package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"gorm.io/gorm"

	"notifier/message"
	"notifier/request"
	"notifier/store/sql"
)

// running is spelled out, so that the planner may use the index of those that run.
var running = fmt.Sprintf("status = '%s'", request.Running)

type operationRow struct {
	ID        message.ID
	Site      string
	Action    request.Action
	Filter    message.Filter `gorm:"serializer:json"`
	IDs       []message.ID   `gorm:"column:ids;serializer:sparse"`
	All       bool           `gorm:"column:every_category"`
	Status    request.OperationStatus
	Total     int
	Done      int
	Succeeded int
	Refused   int
	CreatedAt time.Time                 `gorm:"serializer:instant"`
	UpdatedAt time.Time                 `gorm:"serializer:instant"`
	EndedAt   *time.Time                `gorm:"serializer:instant"`
	BeginsAt  *time.Time                `gorm:"serializer:instant"`
	Result    request.Result            `gorm:"-"`
	Became    *request.Became           `gorm:"-"`
	LeftAlone []message.ID              `gorm:"serializer:sparse"`
	WhyLeft   map[request.LeftAlone]int `gorm:"serializer:sparse"`
	Cursor    message.ID                `gorm:"column:next"`
	HeldUntil time.Time                 `gorm:"serializer:instant"`
}

func (operationRow) TableName() string       { return "operations" }
func (r operationRow) is() request.Operation { return request.Operation(r) }

// operation are rows of operations: one of a site.
func (s *Store) operation(ctx context.Context, t *sql.Tx, site string, id message.ID) *gorm.DB {
	return s.db.Gorm(ctx, t).Model(&operationRow{}).Where("site = ? AND id = ?", site, id)
}

// AddOperation begins an operation: what it is for is counted, and a replica takes it up. If
// the request with that key (nil: none) was answered before, it tells the operation as it
// was begun then.
func (s *Store) AddOperation(ctx context.Context, k *request.Key, o request.Operation) (begun request.Operation, replayed bool, err error) {
	o.Total = len(o.IDs)
	begins := o.CreatedAt
	if o.BeginsAt != nil {
		begins = *o.BeginsAt
	}
	if len(o.IDs) == 0 {
		c, err := s.Count(ctx, o.Site, o.Filter, false)
		if err != nil {
			return o, false, err
		}
		o.Total = c.N
	}
	row := operationRow(o)
	row.HeldUntil = begins
	answered, err := s.firstTime(ctx, request.Call{Site: o.Site, At: o.CreatedAt}, k, func(t *sql.Tx) (any, error) {
		return o, s.db.Gorm(ctx, t).Create(&row).Error
	})
	if err == nil && answered != nil {
		site := o.Site
		o = request.Operation{}
		err = json.Unmarshal(answered, &o)
		o.Site = site
	}
	if err != nil {
		return o, false, fmt.Errorf("begin an operation: %w", err)
	}
	return o, answered != nil, nil
}

// Operation reads one; message.ErrNotFound if there is none.
func (s *Store) Operation(ctx context.Context, site string, id message.ID) (request.Operation, error) {
	o, err := one[operationRow](fmt.Sprintf("read the operation %s", id), s.operation(ctx, nil, site, id))
	if err != nil {
		return o, err
	}
	return s.Judged(ctx, o)
}

// Judged is the operation with what has become of its messages so far.
func (s *Store) Judged(ctx context.Context, o request.Operation) (request.Operation, error) {
	if o.Status == request.Running || !o.Sends() || o.Succeeded == 0 {
		return o.Judged(nil), nil
	}
	rows, err := s.db.Query(ctx, nil, "SELECT q.status, count(DISTINCT d.message_id) FROM decisions d"+s.dialect.To("queue", "q", "q.site = d.site AND q.id = d.message_id", "")+
		" WHERE d.site = ? AND d.actor = ? AND substr(d.actor, 1, 3) = 'op_' GROUP BY q.status", o.Site, string(o.ID))
	var became request.Became
	_, err = sql.Collect(rows, err, func(scan func(...any) error) (status message.Status, err error) {
		n := 0
		if err = scan((*string)(&status), &n); err == nil {
			became.Count(status, n)
		}
		return status, err
	})
	if err != nil {
		return o, fmt.Errorf("count what became of the messages of %s: %w", o.ID, err)
	}
	return o.Judged(&became), nil
}

// Operations lists at most n, the newest first, before the given one.
func (s *Store) Operations(ctx context.Context, site string, before message.ID, n int) ([]request.Operation, error) {
	q := s.db.Gorm(ctx, nil).Where("site = ?", site)
	if before != "" {
		q = q.Where("id < ?", before)
	}
	return find[operationRow]("list operations", q.Order("id DESC").Limit(n))
}

// TakeOperation takes a running operation that nobody works on; false if there is none.
func (s *Store) TakeOperation(ctx context.Context, site string, at, until time.Time) (o request.Operation, taken bool, err error) {
	err = s.db.Commit(ctx, func(t *sql.Tx) error {
		found, err := find[operationRow]("look for it", s.db.Gorm(ctx, t).Clauses(heldBySome).Where("site = ?", site).Where(running+" AND held_until <= ?", sql.Instant(at)).
			Order("held_until, id").Limit(1))
		if taken = err == nil && len(found) > 0; !taken {
			return err
		}
		o = found[0]
		o.HeldUntil = until.UTC().Truncate(time.Microsecond)
		return s.operation(ctx, t, site, o.ID).Update("held_until", sql.Instant(o.HeldUntil)).Error
	})
	if err != nil {
		return o, false, fmt.Errorf("take an operation: %w", err)
	}
	return o, taken, nil
}

// Progress writes how far an operation has come, and holds it on until that time; false if
// it was stopped, or another replica has it.
func (s *Store) Progress(ctx context.Context, o request.Operation, until time.Time) (bool, error) {
	row := operationRow(o)
	row.HeldUntil = until
	return met(fmt.Sprintf("write the progress of %s", o.ID), s.operation(ctx, nil, o.Site, o.ID).Where(running+" AND held_until = ?", sql.Instant(o.HeldUntil)).
		Select("status", "done", "succeeded", "refused", "next", "updated_at", "ended_at", "held_until", "left_alone", "why_left").Updates(row))
}

// BeginOperation lets one begin that waits to be undone. What has begun goes on.
func (s *Store) BeginOperation(ctx context.Context, site string, id message.ID, at time.Time) error {
	return done(fmt.Sprintf("begin the operation %s", id), s.operation(ctx, nil, site, id).Where(running+" AND done = 0 AND held_until = begins_at AND begins_at > ?", sql.Instant(at)).
		Updates(map[string]any{"held_until": sql.Instant(at), "begins_at": sql.Instant(at)}))
}

// StopOperation ends an operation where it stands; one that is over stays so.
func (s *Store) StopOperation(ctx context.Context, site string, id message.ID, at time.Time) error {
	return done(fmt.Sprintf("stop the operation %s", id), s.operation(ctx, nil, site, id).Where(running).
		Updates(map[string]any{"status": request.Stopped, "updated_at": sql.Instant(at), "ended_at": sql.Instant(at)}))
}
