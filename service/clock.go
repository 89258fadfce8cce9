package service

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"notifier/health"
	"notifier/language"
)

// now is the time that the service goes by.
func (h *Service) now() time.Time {
	if h.keeper == nil {
		return time.Now()
	}
	return h.keeper.Now()
}

// keptClock is what this replica last wrote down of its machine's clock.
type keptClock struct {
	mu    sync.Mutex
	ahead time.Duration
	at    time.Time
}

// clockKeeps is how long what is written down of a clock is fresh, and clockMoves by how much
// a clock may move in small steps before it is written down anew: much less than a step.
const (
	clockKeeps = 24 * time.Hour
	clockMoves = time.Minute
)

// clockIsTrusted tells of a clock that was set forward. When somebody vouches for it, whatever
// has become due leaves at once.
func (h *Service) clockIsTrusted(ctx context.Context) ([]health.Condition, error) {
	if h.keeper == nil {
		return nil, nil
	}
	before := h.keeper.Step()
	if before == 0 {
		return nil, h.keepClock(ctx)
	}
	err := h.recallClock(ctx) // somebody may have confirmed it to another replica on this machine
	var other func(context.Context) (time.Time, error)
	if h.store.HasClock() {
		other = h.store.Clock
	}
	step, asked := h.keeper.Check(ctx, other)
	if step == 0 {
		h.log.Info("a clock that was set forward is believed: the kernel, the database's host or a person agrees", zap.Duration("step", before))
		h.timetable.WakeAll()
		return nil, h.keepClock(ctx)
	}
	if err = errors.Join(err, asked); err != nil {
		h.log.Debug("nobody could be asked about a step of the clock", zap.Error(err))
	}
	return []health.Condition{clockStepped(step)}, nil
}

// recallClock goes on with what was believed of this machine's clock before: a step is none the
// less one because the program was started again.
func (h *Service) recallClock(ctx context.Context) error {
	if h.keeper == nil || h.boot == "" {
		return nil
	}
	ahead, known, err := h.store.BelievedClock(ctx, h.boot)
	if err == nil && known {
		h.keeper.Recall(ahead)
	}
	return err
}

// keepClock writes down what is believed of this machine's clock, if it is not so yet.
func (h *Service) keepClock(ctx context.Context) error {
	if h.boot == "" {
		return nil
	}
	k, at, ahead := &h.kept, h.now(), h.keeper.Believed()
	k.mu.Lock()
	defer k.mu.Unlock()
	if at.Sub(k.at).Abs() < clockKeeps && (ahead-k.ahead).Abs() < clockMoves {
		return nil
	}
	err := h.store.BelieveClock(ctx, h.boot, ahead, at)
	if err == nil {
		k.at, k.ahead = at, ahead
	}
	return err
}

func clockStepped(step time.Duration) health.Condition {
	step = step.Round(time.Second)
	return health.Condition{
		Name: health.ClockStepped, For: step,
		Says: fmt.Sprintf("The clock of this machine has jumped forward by %s; what is due only because of that waits.", language.In("en").Span(step)),
		Do:   "Set the clock right, by NTP; if it is right, notifier clock confirm says so.",
	}
}

// confirmClock believes the clock because a person does.
func (h *Service) confirmClock(ctx context.Context, by string) time.Duration {
	if h.keeper == nil {
		return 0
	}
	step := h.keeper.Step()
	h.keeper.Confirm()
	if step != 0 {
		h.log.Warn("a clock that was set forward is believed: somebody confirmed it", zap.Duration("step", step), zap.String("by", by))
		h.timetable.WakeAll()
	}
	if err := h.keepClock(ctx); err != nil {
		h.log.Warn("that a clock was confirmed could not be written down; a restart asks again", zap.Error(err))
	}
	return step
}
