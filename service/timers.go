package service

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"

	"notifier/jobs"
	"notifier/message"
	"notifier/schedule"
)

// ahead sets the timers after a run: whatever waits for a time leaves when it has come, and
// not at the next tick, which may be hours away. As runs ask anew, and so does a job of
// its own for what other replicas were told, one timer for each job is enough.
func (h *Service) ahead(work jobs.Work) jobs.Work {
	return func(ctx context.Context, at time.Time) (map[string]int, error) {
		counts, err := work(ctx, at)
		if ctx.Err() == nil && (err != nil || postponed(counts) || !h.leaving.known(h.now())) {
			h.setTimer(ctx, schedule.Notifications, h.nextLeaving)
		}
		return counts, err
	}
}

// postponed tells whether a run left something to a later time.
func postponed(counts map[string]int) bool {
	for move := range counts {
		switch message.Move(move) {
		case message.Accept, message.Fail, message.Skip, message.Expire:
		default:
			return true
		}
	}
	return false
}

// nextMail is what was last heard of the next time at which something leaves.
type nextMail struct {
	mu       sync.Mutex
	at, next time.Time
}

// hearsay is how long that is good for: runs that follow each other closely, as each is woken
// by a message that leaves at once, do not ask each time.
const hearsay = time.Second

func (l *nextMail) known(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	age := now.Sub(l.at)
	return age >= 0 && age < hearsay && (l.next.IsZero() || l.next.After(now))
}

func (h *Service) nextLeaving(ctx context.Context, after time.Time) (time.Time, error) {
	next, err := h.store.NextLeaving(ctx, after)
	if err == nil {
		h.leaving.mu.Lock()
		h.leaving.at, h.leaving.next = after, next
		h.leaving.mu.Unlock()
	}
	return next, err
}

// timers is the work of a job that only sets timers. Expiry is left to it: what leaves is
// looked at again before it does.
func (h *Service) timers(ctx context.Context, _ time.Time) (map[string]int, error) {
	h.setTimer(ctx, schedule.Notifications, h.nextLeaving)
	h.setTimer(ctx, sweepJob, h.store.NextExpiring)
	return nil, nil
}

// setTimer sets the timer of a job to the next time that something of it waits for.
func (h *Service) setTimer(ctx context.Context, job string, next func(ctx context.Context, after time.Time) (time.Time, error)) {
	at, err := next(ctx, h.now())
	switch {
	case err != nil:
		h.log.Debug("a timer is not set; the next look sets it", zap.String("job", job), zap.Error(err))
	case !at.IsZero():
		h.timetable.WakeAt(job, at)
	}
}
