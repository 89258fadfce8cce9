package main

import (
	"context"
	"time"

	"go.uber.org/zap"

	"notifier/jobs"
	"notifier/schedule"
)

// ahead sets the timers after a run: whatever waits for a time leaves when it has come, and
// not at the next tick, which may be hours away. As each run asks anew, and so does a job of
// its own for what other replicas were told, one timer for each job is enough.
func (h *house) ahead(work jobs.Work) jobs.Work {
	return func(ctx context.Context, at time.Time) (map[string]int, error) {
		counts, err := work(ctx, at)
		if ctx.Err() == nil {
			h.setTimer(ctx, schedule.Notifications, h.store.NextLeaving)
		}
		return counts, err
	}
}

// timers is the work of a job that only sets timers. Expiry is left to it: what leaves is
// looked at again before it does.
func (h *house) timers(ctx context.Context, _ time.Time) (map[string]int, error) {
	h.setTimer(ctx, sweepJob, h.store.NextExpiring)
	return nil, nil
}

// setTimer sets the timer of a job to the next time that something of it waits for.
func (h *house) setTimer(ctx context.Context, job string, next func(ctx context.Context, after time.Time) (time.Time, error)) {
	at, err := next(ctx, h.now())
	switch {
	case err != nil:
		h.log.Debug("a timer is not set; the next look sets it", zap.String("job", job), zap.Error(err))
	case !at.IsZero():
		h.timetable.WakeAt(job, at)
	}
}
