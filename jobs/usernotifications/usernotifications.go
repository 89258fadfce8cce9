// Package usernotifications moves deferred mail on when its user's hour has come.
//
// One message moves on as it is; several become one digest (AMODIT-7). It never asks how
// the cases stand now (AMODIT-8).
package usernotifications

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"notifier/digest"
	"notifier/letter"
	"notifier/message"
	"notifier/request"
	"notifier/rescue"
)

// Queue is what the job needs of the store.
type Queue interface {
	// WindowSites lists the sites with windows whose time has come.
	WindowSites(ctx context.Context, at time.Time) ([]string, error)
	// Promote closes the windows of at most n users as decide says, all in one transaction.
	Promote(ctx context.Context, site string, at time.Time, n int, decide func([]message.Message) message.Closing) (int, error)
	// PromoteUser closes all windows of one user, those too whose time has not come, unless
	// the request with that key (nil: none) was answered before.
	PromoteUser(ctx context.Context, c request.Call, k *request.Key, user string, decide func([]message.Message) message.Closing) (sent message.SentNow, replayed bool, err error)
}

// Job promotes and merges deferred messages.
type Job struct {
	queue  Queue
	writer letter.Writer
	log    *zap.Logger
}

// users is how many users one transaction is about: enough to be fast, few enough to
// keep their rows only for a moment. So many transactions are made side by side: one reads
// and writes while another's digests are composed.
const (
	users      = 200
	sideBySide = 2
)

// New makes the job.
func New(queue Queue, writer letter.Writer, log *zap.Logger) *Job {
	return &Job{queue: queue, writer: writer, log: log.Named("user_notifications")}
}

// Run moves on everything that is due. It returns how many messages were promoted,
// merged and skipped, and how many digests were made. It may be stopped after any
// transaction.
func (j *Job) Run(ctx context.Context, at time.Time) (map[string]int, error) {
	counts := map[string]int{}
	sites, err := j.queue.WindowSites(ctx, at)
	if err != nil {
		return nil, err
	}
	var failed []error
	for _, site := range sites {
		err := j.promote(ctx, site, at, counts)
		if errors.Is(err, message.ErrUnavailable) { // nor will the next site fare better
			return counts, err
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("site %s: %w", site, err))
		}
	}
	return counts, errors.Join(append(failed, ctx.Err())...)
}

// promote moves on what is due on one site. The first transaction tells whether there is
// enough for more of them.
func (j *Job) promote(ctx context.Context, site string, at time.Time, counts map[string]int) error {
	n, err := j.some(ctx, site, at, counts)
	if err != nil || n < users {
		for err == nil && n > 0 { // what others held
			n, err = j.some(ctx, site, at, counts)
		}
		return err
	}
	var all sync.WaitGroup
	var errs [sideBySide]error
	var done [sideBySide]map[string]int
	for i := range errs {
		done[i] = map[string]int{}
		rescue.In(&all, j.log, "closing windows", func() {
			for n := 1; n > 0 && errs[i] == nil; {
				n, errs[i] = j.some(ctx, site, at, done[i])
			}
		}, func(err error) { errs[i] = err })
	}
	all.Wait()
	for _, d := range done {
		for what, n := range d {
			counts[what] += n
		}
	}
	return errors.Join(errs[:]...)
}

// some moves on what is due of some users, and returns of how many.
func (j *Job) some(ctx context.Context, site string, at time.Time, counts map[string]int) (int, error) {
	if ctx.Err() != nil {
		return 0, nil
	}
	closed := map[string]int{}
	n, err := j.queue.Promote(ctx, site, at, users, func(items []message.Message) message.Closing {
		return j.close(items, at, closed)
	})
	if err != nil {
		return 0, err
	}
	for what, n := range closed {
		counts[what] += n
	}
	return n, nil
}

// close decides what becomes of one user's messages. Those of whom no digest can be written
// leave one by one: they keep neither the run nor other people waiting.
func (j *Job) close(items []message.Message, at time.Time, counts map[string]int) (end message.Closing) {
	defer func() {
		if p := recover(); p != nil {
			j.log.Error("a digest panicked; its messages leave one by one", zap.String("user", items[0].UserID), zap.Any("panic", p), zap.Stack("stack"))
			counts["promoted"] += len(items)
			end = message.Closing{Move: message.Promote}
		}
	}()
	switch {
	case len(items[0].To) == 0:
		counts["skipped"] += len(items)
		return message.Closing{Move: message.Skip}
	case len(items) == 1:
		counts["promoted"]++
		return message.Closing{Move: message.Promote}
	}
	merged := digest.Merge(j.writer, items, at)
	counts["merged"] += len(items)
	counts["digests"]++
	return message.Closing{Move: message.Merge, Digest: merged}
}
