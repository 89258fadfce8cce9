package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"notifier/api"
	"notifier/health"
	"notifier/listing"
	"notifier/wallclock"
)

// now is the time that the service goes by.
func (h *house) now() time.Time {
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
func (h *house) clockIsTrusted(ctx context.Context) ([]health.Condition, error) {
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
func (h *house) recallClock(ctx context.Context) error {
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
func (h *house) keepClock(ctx context.Context) error {
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
		Says: fmt.Sprintf("The clock of this machine has jumped forward by %s; what is due only because of that waits.", wallclock.Span("en", step)),
		Do:   "Set the clock right, by NTP; if it is right, notifier clock confirm says so.",
	}
}

// confirmClock believes the clock because a person does.
func (h *house) confirmClock(ctx context.Context, by string) time.Duration {
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

func clockCommand(s *shared) *cobra.Command {
	c := &cobra.Command{Use: "clock", Short: "Say that a clock that was set forward is right", RunE: showHelp}
	confirm := &cobra.Command{
		Use: "confirm", Short: "Have the running service believe the clock of its machine",
		Long: "After the clock of a machine was set forward by more than five minutes, what is due only by that waits until the\n" +
			"clock goes back, the kernel says that it is synchronised, the database's host agrees, or somebody confirms it.\n" +
			"Of several replicas one is asked, and those on the same machine follow.",
		Example: "  notifier clock confirm\n  notifier clock confirm --server https://notify.example.org --key-file admin.key",
		RunE: func(c *cobra.Command, _ []string) error {
			d, err := s.running(c, "confirm it in the console")
			if err != nil {
				return err
			}
			done, raw, err := ask[api.ClockConfirmed](c.Context(), d, request{method: http.MethodPost, path: "/clock/confirm"})
			if err != nil {
				return err
			}
			return listing.One(s.printer(c), raw, func(out io.Writer) error {
				_, err := fmt.Fprintf(out, "%s goes by its clock; the time has moved by %s\n", done.Replica, done.Moved)
				return err
			})
		},
	}
	c.AddCommand(s.reaches(confirm))
	return c
}
