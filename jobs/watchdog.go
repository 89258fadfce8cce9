package jobs

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"notifier/message"
	"notifier/rescue"
)

// stuckAfter is how long a run may write nothing and hear nothing before it is abandoned.
const stuckAfter = time.Minute

// errStuck is how an abandoned run ended, as its record says.
var errStuck = errors.New("the run made no progress for 60 s and was abandoned; the next one begins")

// pulse is when a run last made progress. It goes by the monotonic clock.
type pulse struct {
	began time.Time
	last  atomic.Int64 // nanoseconds since then
}

func (p *pulse) beat() { p.last.Store(int64(time.Since(p.began))) }

// quiet is how long there was no progress.
func (p *pulse) quiet() time.Duration { return time.Since(p.began) - time.Duration(p.last.Load()) }

// watched does the work, and leaves a run alone that makes no progress: whatever it waits
// for must not keep the next run from its work. Its context ends, which closes the
// connections that it waits on, unless all that it waits for has a bound of its own.
func (l *line) watched(ctx context.Context, at time.Time) (map[string]int, error) {
	type result struct {
		counts map[string]int
		err    error
	}
	p := &pulse{began: time.Now()}
	l.pulse.Store(p)
	working, end := context.WithCancel(message.Watched(ctx, p.beat))
	done := make(chan result, 1)
	l.running.Add(1) // whoever calls is counted, too: nobody has stopped waiting yet
	rescue.Go(l.log, "the run of "+l.plan.Name, func() {
		defer l.running.Done()
		defer end()
		counts, err := l.try(working, at)
		done <- result{counts, err}
	}, func(err error) { done <- result{nil, err} })
	patience := time.NewTimer(stuckAfter)
	defer patience.Stop()
	for {
		select {
		case r := <-done:
			l.pulse.Store(nil)
			l.stuck.Store(nil)
			return r.counts, r.err
		case <-patience.C:
		}
		left := stuckAfter - p.quiet()
		if ctx.Err() != nil { // it was told to end, and whoever stops all says how long it may take
			left = stuckAfter
		}
		if left > 0 {
			patience.Reset(left)
			continue
		}
		if !l.plan.Finishes {
			end()
		}
		l.stuck.Store(p)
		l.log.Error("a run has made no progress and is abandoned; the next one begins", zap.String("job", l.plan.Name), zap.Duration("quiet", p.quiet()))
		return nil, errStuck
	}
}

// Silence is a job that makes no progress, and for how long.
type Silence struct {
	Job string
	For time.Duration
}

// Silent lists the jobs that make no progress, or have not begun a run that was due. What
// rests, or has nothing to do, is not silent.
func (t *Timetable) Silent() (all []Silence) {
	for _, l := range t.lines {
		if d := l.silent(t.clock()); d >= stuckAfter {
			all = append(all, Silence{l.plan.Name, d})
		}
	}
	return all
}

func (l *line) silent(at time.Time) time.Duration {
	if p := l.stuck.Load(); p != nil {
		return p.quiet()
	}
	if p := l.pulse.Load(); p != nil {
		return p.quiet()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.handled.IsZero() { // it was not started
		return 0
	}
	if tick, due := l.latest(at); due {
		return at.Sub(tick)
	}
	return 0
}
