package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"notifier/message"
	"notifier/request"
	"notifier/store/sql"
)

// Answered is what the request with that key was told; nil if there was none. It fails with
// request.ErrKeyReused if the key came with another request.
func (s *Store) Answered(ctx context.Context, site string, k request.Key) ([]byte, error) {
	var hash, answer string
	err := s.db.Row(ctx, nil, []any{&hash, &answer}, "SELECT hash, answer FROM idempotency_keys WHERE site = ? AND key = ?", site, k.Key)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("look for an answer: %w", err)
	case hash != k.Hash:
		return nil, request.ErrKeyReused
	}
	return []byte(answer), nil
}

// AnswerOnce keeps the answer of a request with that key, unless there is one already: then
// it tells that.
func (s *Store) AnswerOnce(ctx context.Context, c request.Call, k request.Key) (answered []byte, err error) {
	return s.firstTime(ctx, c, &k, func(*sql.Tx) (any, error) { return json.RawMessage(k.Answer), nil })
}

// Change puts the changed message in the place of what it was, with what it says and to whom, and
// notes why. If the request with that key (nil: none) was answered before it changes nothing, and
// tells that answer; if somebody else was faster it fails with message.ErrMoved.
func (s *Store) Change(ctx context.Context, c request.Call, k *request.Key, before, after message.Message, why ...message.Decided) (answered []byte, err error) {
	answered, err = s.firstTime(ctx, request.Call{Site: after.Site, At: c.At}, k, func(t *sql.Tx) (any, error) {
		change := s.replace
		if !reflect.DeepEqual(said(before), said(after)) {
			change = s.rewrite
		}
		if err := change(ctx, t, before, after); err != nil {
			return nil, err
		}
		return struct{}{}, s.note(ctx, t, after.Site, why...)
	})
	if err == nil && answered == nil {
		s.announce(after)
	}
	return answered, err
}

// said is what a message says, and to whom.
func said(m message.Message) message.Message {
	return message.Message{Envelope: m.Envelope, Subject: m.Subject, Text: m.Text, HTML: m.HTML}
}

// firstTime does what a request asks for, in one transaction that keeps its answer for
// repetitions. If the request with that key (nil: none) was answered before it does nothing,
// and tells that answer.
func (s *Store) firstTime(ctx context.Context, c request.Call, k *request.Key, do func(t *sql.Tx) (answer any, err error)) (answered []byte, err error) {
	err = s.db.Commit(ctx, func(t *sql.Tx) (err error) {
		answered = nil
		if k != nil {
			if answered, err = s.remember(ctx, t, c.At, request.Tray{Site: c.Site, Key: k}); err != nil || answered != nil {
				return err
			}
		}
		answer, err := do(t)
		if err != nil || k == nil {
			return err
		}
		told, err := json.Marshal(answer)
		if err != nil || bytes.Equal(told, k.Answer) {
			return err
		}
		_, err = s.db.Exec(ctx, t, "UPDATE idempotency_keys SET answer = ? WHERE site = ? AND key = ?", string(told), c.Site, k.Key)
		return err
	})
	if err != nil {
		return nil, err
	}
	return answered, nil
}
