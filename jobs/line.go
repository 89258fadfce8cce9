package jobs

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-co-op/gocron/v2"
	"github.com/google/uuid"
	"go.uber.org/zap"

	"notifier/message"
	"notifier/schedule"
)

type gocronID = uuid.UUID

// line is one job in the timetable.
type line struct {
	*Timetable
	plan Plan
	id   gocronID
	wake chan struct{}
	// busy is held while this replica runs the job.
	busy  sync.Mutex
	since atomic.Pointer[time.Time] // when the running run began
	told  string                    // the last error that was logged; under busy

	mu       sync.Mutex
	job      schedule.Job // as saved
	schedule schedule.Schedule
	woken    bool
	handled  time.Time // ticks up to here are nothing to us any more
}

// set takes over a saved line.
func (l *line) set(saved schedule.Job) error {
	spec := l.plan.Spec
	if saved.Spec != (schedule.Spec{}) {
		spec = saved.Spec
	}
	s, err := spec.Compile()
	if err != nil {
		return fmt.Errorf("plan %s: %w", l.plan.Name, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.job, l.schedule, l.woken = saved, s, l.plan.Wake
	if saved.Wake != nil {
		l.woken = *saved.Wake
	}
	return nil
}

func (l *line) now() (schedule.Job, schedule.Schedule) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.job, l.schedule
}

func (l *line) beginning() schedule.Job {
	return schedule.Job{Name: l.plan.Name, Planned: l.planned(), ChangedAt: time.Now().UTC().Truncate(time.Microsecond)}
}

// planned is the schedule of config.yaml on one line.
func (l *line) planned() string {
	s, _ := l.plan.Spec.Compile() // Plan has seen to it
	return s.String()
}

// open reads the saved line, or begins it: a new job has missed nothing, and neither has
// one whose schedule was changed in config.yaml while the service was down.
func (l *line) open(ctx context.Context) error {
	if l.plan.Private {
		return nil
	}
	saved, err := l.book.Job(ctx, l.beginning())
	if err != nil {
		return err
	}
	if saved.Planned != l.planned() {
		saved.Planned, saved.ChangedAt = l.planned(), time.Now().UTC().Truncate(time.Microsecond)
		if err := l.book.SaveJob(ctx, saved); err != nil && !errors.Is(err, message.ErrMoved) {
			return err
		}
	}
	if err := l.refresh(ctx); err != nil {
		return err
	}
	last, err := l.book.LastFire(ctx, l.plan.Name, l.slot())
	l.mu.Lock()
	l.handled = last
	l.mu.Unlock()
	return err
}

// slot is whose ticks the job's fire records are.
func (l *line) slot() string {
	if l.plan.Everywhere {
		return l.o.Replica
	}
	return ""
}

// refresh takes over what is saved, and lets gocron reckon anew if the schedule changed.
func (l *line) refresh(ctx context.Context) error {
	saved, err := l.book.Job(ctx, l.beginning())
	if err != nil {
		return err
	}
	before, was := l.now()
	if saved.Version == before.Version {
		return nil
	}
	if err := l.set(saved); err != nil {
		return err
	}
	if _, is := l.now(); is.String() == was.String() || l.id == (gocronID{}) {
		return nil
	}
	job, err := l.scheduler.Update(l.id, l.definition(), gocron.NewTask(l.tick), l.options()...)
	if err != nil {
		return err
	}
	l.id = job.ID()
	return nil
}

func (l *line) definition() gocron.JobDefinition { return gocron.CronJob(l.plan.Name, false) }

func (l *line) options() []gocron.JobOption {
	return []gocron.JobOption{gocron.WithName(l.plan.Name), gocron.WithCronImplementation(l)}
}

// IsValid and Next make the line gocron's cron, so that gocron, the previews and the fire
// records ask the same schedule.
func (l *line) IsValid(string, *time.Location, time.Time) error { return nil }

// Next is the next tick.
func (l *line) Next(last time.Time) time.Time {
	_, s := l.now()
	return s.Next(last)
}

// due tells whether a tick has passed that nobody has handled yet, as far as we know.
func (l *line) due(at time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.job.Paused && l.schedule.Last(at).After(later(l.handled, l.job.ChangedAt))
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// tick runs the job for the latest tick, unless another replica has taken it.
func (l *line) tick() { l.fire(schedule.Scheduled) }

// catchUp makes up what was missed while nobody ran, with one run.
func (l *line) catchUp() {
	if !l.plan.Private && l.due(time.Now()) {
		l.fire(schedule.Missed)
	}
}

func (l *line) fire(trigger schedule.Trigger) {
	ctx := l.context()
	if ctx == nil {
		return
	}
	if l.plan.Private {
		l.busy.Lock()
		defer l.busy.Unlock()
		_, _ = l.work(ctx, time.Now()) // logged there
		return
	}
	if err := l.refresh(ctx); err != nil {
		l.log.Warn("a tick passes: the timetable cannot be read", zap.String("job", l.plan.Name), zap.Error(err))
		return
	}
	now := time.Now().UTC().Truncate(time.Microsecond)
	if !l.due(now) {
		return
	}
	_, s := l.now()
	tick := s.Last(now)
	l.mu.Lock()
	l.handled = tick
	l.mu.Unlock()
	if !l.busy.TryLock() {
		return // the last run is still going: this tick passes
	}
	defer l.busy.Unlock()
	run := l.newRun(tick, now, trigger)
	if mine, err := l.book.Fire(ctx, run); err != nil || !mine {
		if err != nil {
			l.log.Warn("a tick passes: it cannot be noted", zap.String("job", l.plan.Name), zap.Error(err))
		}
		return
	}
	l.run(ctx, run)
}

func (l *line) newRun(tick, now time.Time, trigger schedule.Trigger) schedule.Run {
	return schedule.Run{ID: message.NewID(message.RunIDs), Job: l.plan.Name, Slot: l.slot(), ScheduledAt: tick, StartedAt: now, Trigger: trigger, Replica: l.o.Replica}
}

// holdFor is how long a replica that has gone silent keeps a job from the others.
const holdFor = time.Minute

// run does the work of a noted run, alone in the cluster unless the job runs everywhere.
func (l *line) run(ctx context.Context, r schedule.Run) {
	noting := context.WithoutCancel(ctx)
	if !l.plan.Everywhere {
		held, err := l.book.Hold(ctx, l.plan.Name, l.o.Replica, r.StartedAt, r.StartedAt.Add(holdFor))
		if err != nil || !held {
			r.Error = "another replica was still running it"
			if err != nil {
				r.Error = err.Error()
			}
			l.finish(noting, r)
			return
		}
		beat := l.keepHolding(noting)
		defer func() {
			beat()
			if err := l.book.LetGo(noting, l.plan.Name, l.o.Replica); err != nil {
				l.log.Warn("a job could not be let go; others wait for it a minute", zap.String("job", l.plan.Name), zap.Error(err))
			}
		}()
	}
	counts, err := l.work(ctx, r.StartedAt)
	r.Counts = counts
	if err != nil {
		r.Error = err.Error()
	}
	l.finish(noting, r)
}

// keepHolding renews the hold until the returned function is called.
func (l *line) keepHolding(ctx context.Context) (end func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		beat := time.NewTicker(holdFor / 3)
		defer beat.Stop()
		for {
			select {
			case <-done:
				return
			case now := <-beat.C:
				if _, err := l.book.Hold(ctx, l.plan.Name, l.o.Replica, now, now.Add(holdFor)); err != nil {
					l.log.Warn("a hold could not be renewed", zap.String("job", l.plan.Name), zap.Error(err))
				}
			}
		}
	}()
	return func() { close(done); <-ended }
}

func (l *line) finish(ctx context.Context, r schedule.Run) {
	r.EndedAt = time.Now().UTC().Truncate(time.Microsecond)
	if err := l.book.Finish(ctx, r); err != nil {
		l.log.Warn("the end of a run could not be noted", zap.String("job", l.plan.Name), zap.Error(err))
	}
}

// work does the work and logs it if there was any.
func (l *line) work(ctx context.Context, at time.Time) (map[string]int, error) {
	l.since.Store(&at)
	defer l.since.Store(nil)
	counts, err := l.plan.Work(ctx, at)
	fields := []zap.Field{zap.String("job", l.plan.Name), zap.Any("counts", counts), zap.Duration("took", time.Since(at))}
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

// wakes runs the job whenever it is woken, one run after the other.
func (l *line) wakes() {
	ctx := l.context()
	if ctx == nil {
		return
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.wake:
		}
		if !l.wakeful() {
			continue
		}
		l.busy.Lock()
		_, _ = l.work(ctx, time.Now()) // logged there; the next tick tries again
		l.busy.Unlock()
	}
}

func (l *line) wakeful() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.woken && !l.job.Paused
}

// State is how a job stands.
type State struct {
	Name       string
	Spec       schedule.Spec // in force
	Words      string
	Wake       bool
	Paused     bool
	Note       string
	Overridden bool          // an admin has set something else than config.yaml
	Configured schedule.Spec // what config.yaml says
	Next       []time.Time   // the next five ticks; none while paused
	Running    time.Time     // since when this replica runs it; zero if it does not
	Last       schedule.Run  // the last run in the cluster; zero if there was none
	ChangedAt  time.Time
	ChangedBy  string
}

func (l *line) state(ctx context.Context) (State, error) {
	j, s := l.now()
	state := State{
		Name: l.plan.Name, Spec: s.Spec(), Words: s.Words(), Wake: l.plan.Wake, Paused: j.Paused, Note: j.Note,
		Overridden: j.Spec != (schedule.Spec{}) || j.Wake != nil, Configured: l.plan.Spec, ChangedAt: j.ChangedAt, ChangedBy: j.ChangedBy,
	}
	if j.Wake != nil {
		state.Wake = *j.Wake
	}
	if !j.Paused {
		state.Next = s.NextN(time.Now(), 5)
	}
	if since := l.since.Load(); since != nil {
		state.Running = *since
	}
	var err error
	state.Last, err = l.book.LastRun(ctx, l.plan.Name)
	return state, err
}
