// Package operations works through what admins asked for many messages.
//
// Its progress is kept after each page: a restart, or another replica, goes on from there.
package operations

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"notifier/message"
	"notifier/request"
)

// Queue is what the job needs of the store.
type Queue interface {
	// OperatedSites lists the sites with operations that nobody works on.
	OperatedSites(ctx context.Context, at time.Time) ([]string, error)
	TakeOperation(ctx context.Context, site string, at, until time.Time) (request.Operation, bool, error)
	Progress(ctx context.Context, o request.Operation, until time.Time) (bool, error)
	Messages(ctx context.Context, site string, f message.Filter) ([]message.Message, error)
}

// Desk makes the moves.
type Desk interface {
	Retry(ctx context.Context, c request.Call, id message.ID, resend bool) (after message.Message, replayed bool, err error)
	RetryOfMany(ctx context.Context, c request.Call, k request.Many, id message.ID) (message.Message, error)
	Cancel(ctx context.Context, c request.Call, id message.ID) (after message.Message, replayed bool, err error)
	Hold(ctx context.Context, c request.Call, id message.ID) (after message.Message, replayed bool, err error)
	Release(ctx context.Context, c request.Call, id message.ID) (after message.Message, replayed bool, err error)
}

// Job works through operations.
type Job struct {
	queue Queue
	desk  Desk
	log   *zap.Logger
}

// New makes the job.
func New(queue Queue, desk Desk, log *zap.Logger) *Job {
	return &Job{queue: queue, desk: desk, log: log.Named("operations")}
}

const (
	page = 100
	// lease is how long a page may take before another replica takes over.
	lease = time.Minute
)

// Run works on all operations that nobody works on, until they are over.
func (j *Job) Run(ctx context.Context, at time.Time) (map[string]int, error) {
	sites, err := j.queue.OperatedSites(ctx, at)
	if err != nil {
		return nil, err
	}
	counts := map[string]int{}
	began := time.Now()
	now := func() time.Time { return at.Add(time.Since(began)).UTC().Truncate(time.Microsecond) }
	for _, site := range sites {
		for ctx.Err() == nil {
			o, taken, err := j.queue.TakeOperation(ctx, site, now(), now().Add(lease))
			if err != nil {
				return counts, err
			}
			if !taken {
				break
			}
			if err := j.work(ctx, o, now, counts); err != nil {
				return counts, err
			}
		}
	}
	return counts, nil
}

func (j *Job) work(ctx context.Context, o request.Operation, now func() time.Time, counts map[string]int) error {
	for ctx.Err() == nil {
		ids, err := j.next(ctx, o)
		if err != nil {
			return err
		}
		for _, id := range ids {
			switch err := j.act(ctx, o, id, now()); {
			case err == nil:
				o.Succeeded++
				counts[string(o.Action)]++
			case refused(err):
				o.Refused++
				counts["refused"]++
				if why, is := errors.AsType[request.LeftAlone](err); is {
					left := request.ManyRetried{LeftAlone: o.WhyLeft}
					left.Leave(why)
					o.WhyLeft = left.LeftAlone
				}
				if len(o.LeftAlone) < request.MaxLeftAlone {
					o.LeftAlone = append(o.LeftAlone, id)
				}
			default: // the page is begun again; what is done already is refused then
				return err
			}
			o.Done, o.Cursor = o.Done+1, id
		}
		o.UpdatedAt = now()
		if len(ids) == 0 {
			o.Status, o.EndedAt = request.Done, &o.UpdatedAt
		}
		until := now().Add(lease)
		goes, err := j.queue.Progress(ctx, o, until)
		if err != nil || !goes || o.Status == request.Done {
			return err
		}
		o.HeldUntil = until
	}
	o.UpdatedAt = now()
	_, err := j.queue.Progress(context.WithoutCancel(ctx), o, now()) // for whoever comes next
	return err
}

// next is the next page of an operation: empty when there is none.
func (j *Job) next(ctx context.Context, o request.Operation) (ids []message.ID, err error) {
	if len(o.IDs) > 0 {
		return o.IDs[min(o.Done, len(o.IDs)):min(o.Done+page, len(o.IDs))], nil
	}
	f := o.Filter
	f.Before, f.Limit = o.Cursor, page
	found, err := j.queue.Messages(ctx, o.Site, f)
	for _, m := range found {
		ids = append(ids, m.ID)
	}
	return ids, err
}

func (j *Job) act(ctx context.Context, o request.Operation, id message.ID, at time.Time) error {
	c := request.Call{Site: o.Site, At: at, By: string(o.ID)}
	var err error
	switch o.Action {
	case request.ActCancel:
		_, _, err = j.desk.Cancel(ctx, c, id)
	case request.ActHold:
		_, _, err = j.desk.Hold(ctx, c, id)
	case request.ActRelease:
		_, _, err = j.desk.Release(ctx, c, id)
	default:
		k, many := o.Many()
		if !many {
			_, _, err = j.desk.Retry(ctx, c, id, false)
			break
		}
		_, err = j.desk.RetryOfMany(ctx, c, k, id)
	}
	return err
}

// refused tells whether it is the message that cannot make the move.
func refused(err error) bool {
	var move *message.MoveError
	var left request.LeftAlone
	return errors.As(err, &move) || errors.As(err, &left) || errors.Is(err, message.ErrManual) || errors.Is(err, message.ErrNotFound) || errors.Is(err, message.ErrMoved)
}
