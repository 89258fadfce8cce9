// Package outbox takes in what callers wrote into the outbox inside transactions of their
// own: each request becomes the call that the API would have had.
//
// A request leaves the outbox in the transaction that stores what it leads to, so that it
// is taken in exactly once, whoever dies when. One that cannot be taken in stays there
// with the reason.
package outbox

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"notifier/fault"
	"notifier/message"
	"notifier/request"
)

// Queue is what the job needs of the store.
type Queue interface {
	// PostedSites lists the sites with requests that no replica holds.
	PostedSites(ctx context.Context, at time.Time) ([]string, error)
	TakePosted(ctx context.Context, site string, n int, at, until time.Time) ([]request.Posted, error)
	RefusePosted(ctx context.Context, p request.Posted, why string, at time.Time) error
}

// Desk takes requests.
type Desk interface {
	SendMessage(ctx context.Context, c request.Call, d message.Draft) (taken request.Taken, replayed bool, err error)
	Notify(ctx context.Context, c request.Call, e message.Event) (noted request.Noted, replayed bool, err error)
}

// Job takes requests in.
type Job struct {
	queue Queue
	desk  Desk
	lease time.Duration
	log   *zap.Logger
}

// New makes the job. The lease is how long a page of requests may take before another
// replica takes over; a minute if it is zero.
func New(queue Queue, desk Desk, lease time.Duration, log *zap.Logger) *Job {
	if lease <= 0 {
		lease = time.Minute
	}
	return &Job{queue: queue, desk: desk, lease: lease, log: log.Named("outbox")}
}

const (
	page = 100
	// maxTries is how often a request is taken up that fails for a reason nobody foresaw.
	maxTries = 20
	// by is who the requests are noted as made by.
	by = "outbox"
)

// Run takes in all that no other replica holds.
func (j *Job) Run(ctx context.Context, at time.Time) (map[string]int, error) {
	sites, err := j.queue.PostedSites(ctx, at)
	if err != nil {
		return nil, err
	}
	counts := map[string]int{}
	began := time.Now()
	now := func() time.Time { return at.Add(time.Since(began)).UTC().Truncate(time.Microsecond) }
	for _, site := range sites {
		for full := true; full && ctx.Err() == nil; {
			all, err := j.queue.TakePosted(ctx, site, page, now(), now().Add(j.lease))
			if err != nil {
				return counts, err
			}
			for _, p := range all {
				if err := j.take(ctx, p, now(), counts); err != nil {
					return counts, err // what is left of the page is taken up when its lease is over
				}
			}
			full = len(all) == page
		}
	}
	return counts, nil
}

func (j *Job) take(ctx context.Context, p request.Posted, at time.Time, counts map[string]int) error {
	err := j.call(ctx, p, at)
	switch {
	case err == nil:
		counts["taken"]++
		return nil
	case errors.Is(err, request.ErrTaken): // by another replica, after a lease
		return nil
	case errors.Is(err, message.ErrUnavailable), ctx.Err() != nil:
		return err
	}
	why, told := sentence(err)
	if !told {
		j.log.Error("a request in the outbox failed", zap.String("id", string(p.ID)), zap.String("site", p.Site), zap.Int("tries", p.Tries), zap.Error(err))
		if p.Tries < maxTries {
			return nil // again, when its lease is over
		}
	}
	counts["refused"]++
	j.log.Warn("a request in the outbox is refused", zap.String("id", string(p.ID)), zap.String("site", p.Site), zap.String("key", p.Key))
	return j.queue.RefusePosted(ctx, p, why, at)
}

// sentence is what a person is told; told is false if nobody foresaw the error.
func sentence(err error) (why string, told bool) {
	var invalid *fault.Invalid
	switch {
	case errors.As(err, &invalid):
		return invalid.Error(), true
	case errors.Is(err, request.ErrKeyReused):
		return "This Idempotency-Key was used for another request. Use a new key for a new request.", true
	}
	return "Something went wrong here; the log says what, under the id of this request.", false
}

// call makes the call that a request asks for.
func (j *Job) call(ctx context.Context, p request.Posted, at time.Time) error {
	c := request.Call{Site: p.Site, At: at, By: by, Key: p.Key, Posted: p.ID}
	switch p.What {
	case request.PostedMessage:
		var d message.Draft
		if err := fault.Decode(p.Request, &d); err != nil {
			return err
		}
		_, _, err := j.desk.SendMessage(ctx, c, d)
		return err
	case request.PostedEvent:
		var e message.Event
		if err := fault.Decode(p.Request, &e); err != nil {
			return err
		}
		_, _, err := j.desk.Notify(ctx, c, e)
		return err
	}
	var bad fault.Invalid
	bad.Add("/what", "bad_word", "%q cannot be asked for in the outbox. Write send_message or notify", fault.Truncate(p.What, 60))
	return &bad
}
