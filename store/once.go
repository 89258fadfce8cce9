package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"notifier/message"
)

// Answered is what the request with that key was told; nil if there was none. It fails with
// message.ErrKeyReused if the key came with another request.
func (s *Store) Answered(ctx context.Context, site string, k message.Key) ([]byte, error) {
	var hash, answer string
	err := s.row(ctx, nil, []any{&hash, &answer}, "SELECT hash, answer FROM idempotency_keys WHERE site = ? AND key = ?", site, k.Key)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("look for an answer: %w", err)
	case hash != k.Hash:
		return nil, message.ErrKeyReused
	}
	return []byte(answer), nil
}

// ReplaceOnce is Replace, unless the request with that key was answered before: then it
// changes nothing, and tells that answer.
func (s *Store) ReplaceOnce(ctx context.Context, at time.Time, k message.Key, before, after message.Message, why ...message.Decided) (answered []byte, err error) {
	return s.changeOnce(ctx, at, k, after, why, func(t *tx) error { return s.replace(ctx, t, before, after) })
}

// RewriteOnce is ReplaceOnce for what the message says, too.
func (s *Store) RewriteOnce(ctx context.Context, at time.Time, k message.Key, before, after message.Message, why ...message.Decided) (answered []byte, err error) {
	return s.changeOnce(ctx, at, k, after, why, func(t *tx) error { return s.rewrite(ctx, t, before, after) })
}

func (s *Store) changeOnce(ctx context.Context, at time.Time, k message.Key, after message.Message, why []message.Decided, change func(t *tx) error) (answered []byte, err error) {
	err = s.commit(ctx, func(t *tx) (err error) {
		if answered, err = s.remember(ctx, t, at, message.Tray{Site: after.Site, Key: &k}); err != nil || answered != nil {
			return err
		}
		if err := change(t); err != nil {
			return err
		}
		return s.note(ctx, t, after.Site, why...)
	})
	if err != nil {
		return nil, err
	}
	if answered == nil {
		s.announce(after)
	}
	return answered, nil
}
