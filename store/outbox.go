package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"notifier/message"
	"notifier/request"
	"notifier/store/sql"
)

type postedRow struct {
	ID        message.ID
	Site      string
	What      string
	Key       string
	Request   []byte    `gorm:"serializer:text"`
	WrittenAt time.Time `gorm:"serializer:instant"`
	Tries     int
	Error     string
	RefusedAt *time.Time `gorm:"serializer:instant"`
}

func (postedRow) TableName() string    { return "outbox" }
func (r postedRow) is() request.Posted { return request.Posted(r) }

// posted is the row of a request.
func (s *Store) posted(ctx context.Context, t *sql.Tx, site string, id message.ID) *gorm.DB {
	return s.db.Gorm(ctx, t).Model(&postedRow{}).Where("site = ? AND id = ?", site, id)
}

// TakePosted takes up to n requests out of the outbox that no replica holds, the oldest
// first, and holds them until then. Accept removes them.
func (s *Store) TakePosted(ctx context.Context, site string, n int, at, until time.Time) ([]request.Posted, error) {
	waiting := s.dialect.Any("SELECT id FROM outbox WHERE site = ? AND refused_at IS NULL AND held_until <= ? ORDER BY held_until, id LIMIT ?" +
		s.dialect.Lock("UPDATE SKIP LOCKED"))
	all, err := find[postedRow]("take requests out of the outbox", s.db.Gorm(ctx, nil).Raw("UPDATE outbox SET held_until = ?, tries = tries + 1 WHERE site = ? AND id "+waiting+
		" RETURNING id, site, what, key, request, written_at, tries, error, refused_at", sql.Instant(until), site, site, sql.Instant(at), n))
	slices.SortFunc(all, func(a, b request.Posted) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return all, err
}

// RefusePosted keeps a request that cannot be taken in, with the reason, for a person. It is
// the last try that decides: one that another replica, or a person, has taken up since stays.
func (s *Store) RefusePosted(ctx context.Context, p request.Posted, why string, at time.Time) error {
	return done(fmt.Sprintf("refuse %s of the outbox", p.ID), s.posted(ctx, nil, p.Site, p.ID).Where("tries = ?", p.Tries).
		Updates(map[string]any{"error": why, "refused_at": sql.Instant(at)}))
}

// PostedOf lists at most n requests in the outbox, the oldest first, after the given one.
func (s *Store) PostedOf(ctx context.Context, site string, after message.ID, n int) ([]request.Posted, error) {
	return find[postedRow]("list the outbox", s.db.Gorm(ctx, nil).Where("site = ? AND id > ?", site, after).Order("id").Limit(n))
}

// RetryPosted lets a refused request be taken up again; message.ErrNotFound if there is none. If
// the request with that key (nil: none) was answered before there is nothing to do, whatever became
// of the refused one.
func (s *Store) RetryPosted(ctx context.Context, c request.Call, k *request.Key, id message.ID) (replayed bool, err error) {
	answered, err := s.firstTime(ctx, c, k, func(t *sql.Tx) (any, error) {
		return struct{}{}, found(fmt.Sprintf("retry %s of the outbox", id), s.posted(ctx, t, c.Site, id).
			Updates(map[string]any{"refused_at": nil, "error": "", "tries": 0, "held_until": sql.Instant(c.At)}))
	})
	return answered != nil, err
}

// RemovePosted removes a refused request, which nobody sends then; message.ErrNotFound if
// there is none that was refused.
func (s *Store) RemovePosted(ctx context.Context, site string, id message.ID) error {
	return found(fmt.Sprintf("remove %s of the outbox", id), s.posted(ctx, nil, site, id).Where("refused_at IS NOT NULL").Delete(&postedRow{}))
}

// takeOut removes the request that a tray is for from the outbox, in the transaction that
// stores what it leads to: it is taken in exactly once.
func (s *Store) takeOut(ctx context.Context, t *sql.Tx, tray request.Tray) error {
	n, err := s.db.Exec(ctx, t, "DELETE FROM outbox WHERE site = ? AND id = ?", tray.Site, string(tray.Posted))
	if err == nil && n == 0 {
		err = request.ErrTaken
	}
	return err
}
