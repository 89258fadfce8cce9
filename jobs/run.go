package jobs

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"notifier/message"
	"notifier/rescue"
	"notifier/schedule"
)

// Leases keeps which replica has a job.
type Leases interface {
	// Hold takes or keeps the job for a replica; it is false while another has it.
	Hold(ctx context.Context, job, replica string, at, until time.Time) (bool, error)
	LetGo(ctx context.Context, job, replica string) error
}

// occupy makes this replica busy with the job; false if it is.
func (l *line) occupy() bool {
	select {
	case l.busy <- struct{}{}:
		return true
	default:
		return false
	}
}

func (l *line) free() { <-l.busy }

// fire runs the job for a tick that it has taken, unless another replica was faster.
func (l *line) fire(ctx context.Context, tick time.Time, trigger schedule.Trigger) {
	if !l.occupy() {
		return // the last run is still going: this tick passes
	}
	defer l.free()
	at := l.clock()
	if l.plan.Private {
		_, _ = l.work(ctx, at) // logged there
		return
	}
	run := l.newRun(tick, at, trigger)
	mine, err := l.fires.Fire(ctx, run)
	if err != nil {
		l.warn(ctx, "a tick passes: it cannot be noted", err)
		return
	}
	if mine {
		l.run(ctx, run)
	}
}

// warn logs what went wrong, unless it did because everything ends.
func (l *line) warn(ctx context.Context, what string, err error) {
	if ctx.Err() == nil {
		l.log.Warn(what, zap.String("job", l.plan.Name), zap.Error(err))
	}
}

// begin makes this replica busy and notes a run that somebody asks for.
func (l *line) begin(ctx context.Context) (schedule.Run, error) {
	if !l.occupy() {
		return schedule.Run{}, ErrBusy
	}
	at := l.clock()
	run := l.newRun(at, at, schedule.Manual)
	for {
		free, err := l.fires.Fire(ctx, run)
		if err != nil {
			l.free()
			return run, err
		}
		if free {
			return run, nil
		}
		run.ScheduledAt = run.ScheduledAt.Add(time.Microsecond) // a tick, or another replica, has that instant
	}
}

func (l *line) newRun(tick, at time.Time, trigger schedule.Trigger) schedule.Run {
	return schedule.Run{ID: string(message.NewID(message.RunIDs)), Job: l.plan.Name, Slot: l.slot(), ScheduledAt: tick, StartedAt: at, Trigger: trigger, Replica: l.o.Replica}
}

// run does the work of a noted run, alone in the cluster unless the job runs everywhere.
func (l *line) run(ctx context.Context, r schedule.Run) {
	work := l.alone
	if l.plan.Everywhere {
		work = l.work
	}
	var err error
	if r.Counts, err = work(ctx, r.StartedAt); err != nil {
		r.Error = err.Error()
	}
	r.EndedAt = l.clock()
	l.note(ctx, "the end of a run could not be noted", func(ctx context.Context) error { return l.fires.Finish(ctx, r) })
}

// note writes down what must be written also when everything ends, but does not wait for
// a database that does not answer.
func (l *line) note(ctx context.Context, otherwise string, write func(context.Context) error) {
	noting, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := write(noting); err != nil {
		l.log.Warn(otherwise, zap.String("job", l.plan.Name), zap.Error(err))
	}
}

// holdFor is how long a replica that has gone silent keeps a job from the others.
const holdFor = time.Minute

var errHeld = errors.New("another replica was still running it")

// alone works while no other replica does.
func (l *line) alone(ctx context.Context, at time.Time) (map[string]int, error) {
	held, err := l.leases.Hold(ctx, l.plan.Name, l.o.Replica, at, at.Add(holdFor))
	if err != nil {
		return nil, err
	}
	if !held {
		return nil, errHeld
	}
	working, lose := context.WithCancel(ctx)
	end := l.keepHolding(ctx, lose)
	defer func() {
		end()
		l.note(ctx, "a job could not be let go; others wait for it a minute", func(ctx context.Context) error {
			return l.leases.LetGo(ctx, l.plan.Name, l.o.Replica)
		})
	}()
	return l.work(working, at)
}

// keepHolding renews the hold until the returned function is called. It calls lose if
// another replica has taken the job because nothing was heard from this one.
func (l *line) keepHolding(ctx context.Context, lose context.CancelFunc) (end func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	renew := func(ctx context.Context) error {
		at := l.clock()
		held, err := l.leases.Hold(ctx, l.plan.Name, l.o.Replica, at, at.Add(holdFor))
		if err == nil && !held {
			lose()
			err = errors.New("another replica has it")
		}
		return err
	}
	rescue.Go(l.log, "holding "+l.plan.Name, func() {
		defer close(ended)
		beat := time.NewTicker(holdFor / 3)
		defer beat.Stop()
		for {
			select {
			case <-done:
				return
			case <-beat.C:
				l.note(ctx, "a hold could not be renewed", renew)
			}
		}
	}, func(error) { lose() }) // nobody renews it any more
	return func() {
		close(done)
		<-ended
		lose()
	}
}

// work does the work and logs it if there was any.
func (l *line) work(ctx context.Context, at time.Time) (map[string]int, error) {
	l.since.Store(&at)
	defer l.since.Store(nil)
	began := time.Now()
	counts, err := l.watched(ctx, at)
	fields := []zap.Field{zap.String("job", l.plan.Name), zap.Any("counts", counts), zap.Duration("took", time.Since(began))}
	told := l.told
	l.told = ""
	switch {
	case err != nil && ctx.Err() == nil:
		l.told = err.Error()
		if l.told != told { // a relay that is down is told of once, not at every wake
			l.log.Warn("job failed", append(fields, zap.Error(err))...)
		}
	case len(counts) > 0:
		l.log.Info("job ran", fields...)
	}
	return counts, err
}

// try does the work. A panic in it must not end the process, and with it all other jobs.
func (l *line) try(ctx context.Context, at time.Time) (counts map[string]int, err error) {
	err = rescue.Try(l.log, "the job "+l.plan.Name, func() (err error) {
		counts, err = l.plan.Work(ctx, at)
		return err
	})
	return counts, err
}

// wakes runs the job whenever it is woken, one run after the other.
func (l *line) wakes(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.wake:
		}
		if !l.wakeful() { // it is not even busy for a moment
			continue
		}
		select {
		case <-ctx.Done():
			return
		case l.busy <- struct{}{}:
		}
		select { // whoever came while it waited is served by the same run
		case <-l.wake:
		default:
		}
		l.woke(ctx)
	}
}

func (l *line) woke(ctx context.Context) {
	defer l.free()
	if ctx.Err() == nil && l.wakeful() {
		_, _ = l.work(ctx, l.clock()) // logged there; the next tick tries again
	}
}

func (l *line) wakeful() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.woken && !l.job.Resting(l.clock())
}
