// Package jobs says when each job runs; admins may change it while the service runs.
//
// It knows no job by heart: what a job does is handed in. gocron keeps the time, and
// schedule.Schedule decides which times those are.
package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/go-co-op/gocron/v2"
	"go.uber.org/zap"

	"notifier/rescue"
	"notifier/schedule"
)

// FireRecords tells who takes which run, and keeps what became of it.
type FireRecords interface {
	// Fire notes that the run takes its scheduled time. It is false if another has it.
	Fire(ctx context.Context, r schedule.Run) (bool, error)
	Finish(ctx context.Context, r schedule.Run) error
	// LastFire is the latest scheduled time that was taken; zero if none was. A slot is
	// given for a job that each replica runs for itself.
	LastFire(ctx context.Context, job, slot string) (time.Time, error)
	LastRun(ctx context.Context, job string) (schedule.Run, error)
}

// Schedules keeps the lines of jobs: schedules and pauses.
type Schedules interface {
	// Job reads the saved line of a job, and begins it if there is none.
	Job(ctx context.Context, begin schedule.Job) (schedule.Job, error)
	// Versions are those of all saved lines, by the name of the job.
	Versions(ctx context.Context) (map[string]int, error)
	// SaveJob writes the line if it is still at the version that j has.
	SaveJob(ctx context.Context, j schedule.Job) error
}

// Work is one whole pass of a job. It may be stopped by ctx at any time and returns what
// it did, counted by kind.
type Work func(ctx context.Context, at time.Time) (map[string]int, error)

// Plan is a job as the program knows it.
type Plan struct {
	Name string
	Work Work
	// Spec is the schedule of config.yaml; what an admin sets wins over it.
	Spec schedule.Spec
	// Wake lets new work start a run between two ticks.
	Wake bool
	// Everywhere runs the job on every replica at each tick; else one replica has it.
	Everywhere bool
	// Finishes means that all that a run waits for has a bound of its own: one that is
	// abandoned ends what it began, beside the next.
	Finishes bool
	// Private jobs keep no record and cannot be changed; they run on every replica.
	Private bool
}

// book is what must outlive a replica: all that one value keeps.
type book interface {
	Schedules
	FireRecords
	Leases
}

// Options tune the timetable.
type Options struct {
	Replica string
	// Poll is how often changes made on other replicas are looked for; 0 means 2s.
	Poll time.Duration
	// Now is the time that jobs go by; nil: the wall clock's.
	Now func() time.Time
}

// Errors that callers tell apart.
var (
	ErrUnknown    = errors.New("there is no job of that name")
	ErrBusy       = errors.New("the job is running already")
	ErrNotStarted = errors.New("the timetable is not running")
)

// Timetable runs jobs when their schedules say so. Each replica has one; the database, which they share,
// decides between them:
//
//	gocron's tick ─┐
//	poll (2 s)    ─┼► fire: which lines are due? ─► refresh the line ─► fires.Fire, which one replica
//	start: missed ─┘  in the order of planning                          wins for each scheduled time
//	Wake, WakeAt ──► the line's wake channel ────► a run between ticks, under the same lock
//
// Nothing depends on gocron alone: poll finds ticks that it missed, and changes that were made on
// other replicas. A run is a pass that may end at any point; what it has not done is due at the next.
type Timetable struct {
	schedules Schedules
	fires     FireRecords
	leases    Leases
	o         Options
	log       *zap.Logger
	lines     []*line
	blind     bool // the last look for changes failed; known to poll alone

	mu        sync.Mutex
	scheduler gocron.Scheduler // nil before Start
	ctx       context.Context  // of all work; nil before Start
	cancel    context.CancelFunc

	firing  sync.Mutex     // one look for due jobs at a time
	running sync.WaitGroup // what Stop waits for
	stopped sync.Once
	ended   error // how the scheduler stopped
}

// New makes an empty timetable.
func New(kept book, o Options, log *zap.Logger) (*Timetable, error) {
	if o.Poll == 0 {
		o.Poll = 2 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Timetable{schedules: kept, fires: kept, leases: kept, o: o, log: log.Named("timetable")}, nil
}

// Plan adds a job. All jobs are planned before Start.
func (t *Timetable) Plan(p Plan) error {
	l := &line{Timetable: t, plan: p, alarm: alarm{now: t.o.Now}, rested: alarm{now: t.o.Now}, wake: make(chan struct{}, 1), busy: make(chan struct{}, 1)}
	var err error
	if l.planned, err = p.Spec.Compile(); err != nil {
		return fmt.Errorf("plan %s: %w", p.Name, err)
	}
	l.alarm.log, l.rested.log = t.log, t.log
	l.set(schedule.Job{Name: p.Name})
	t.lines = append(t.lines, l)
	return nil
}

// Start reads what admins have set, makes up what was missed, once, and starts the clock.
// If it fails, nothing of it is left.
func (t *Timetable) Start(ctx context.Context) error {
	if err := t.open(ctx); err != nil {
		return err
	}
	if err := t.start(ctx); err != nil {
		return errors.Join(err, t.Stop())
	}
	return nil
}

func (t *Timetable) start(ctx context.Context) error {
	for _, l := range t.lines {
		if err := l.open(ctx); err != nil {
			return err
		}
		if err := l.plant(); err != nil {
			return err
		}
	}
	_, err := t.scheduler.NewJob(gocron.DurationJob(t.o.Poll), gocron.NewTask(t.poll), gocron.WithName("poll"),
		gocron.WithSingletonMode(gocron.LimitModeReschedule))
	if err != nil {
		return fmt.Errorf("plan the look for changes: %w", err)
	}
	t.scheduler.Start()
	for _, l := range t.lines {
		t.spawn(func(ctx context.Context) {
			rescue.Keep(ctx, t.log, "waking "+l.plan.Name, func() { l.wakes(ctx) })
		})
	}
	t.spawn(func(ctx context.Context) { t.fire(ctx, schedule.Missed) })
	return nil
}

// open makes the scheduler, and the context of all work.
func (t *Timetable) open(ctx context.Context) (err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ctx != nil {
		return errors.New("a timetable is started once")
	}
	// Jobs look after their own panics; without this, any other would end the process.
	panicked := gocron.AfterJobRunsWithPanic(func(_ gocronID, task string, recovered any) {
		_ = rescue.Report(t.log, "the timetable's "+task, recovered)
	})
	t.scheduler, err = gocron.NewScheduler(
		gocron.WithLocation(time.UTC), // zones are the business of schedule
		gocron.WithGlobalJobOptions(gocron.WithEventListeners(panicked)),
	)
	if err != nil {
		return fmt.Errorf("make a scheduler: %w", err)
	}
	t.ctx, t.cancel = context.WithCancel(context.WithoutCancel(ctx))
	return nil
}

// Stop tells running jobs to end, stops the clock and waits for them.
func (t *Timetable) Stop() error {
	t.mu.Lock()
	if t.cancel == nil {
		t.mu.Unlock()
		return nil
	}
	t.cancel() // under the lock: nothing enters from here on
	t.mu.Unlock()
	t.stopped.Do(func() {
		for _, l := range t.lines {
			l.alarm.stop()
			l.rested.stop()
		}
		t.ended = t.scheduler.Shutdown()
		t.running.Wait()
	})
	return t.ended
}

// enter lets Stop wait for the caller, until it says running.Done. It is false when the
// timetable does not run.
func (t *Timetable) enter() (ctx context.Context, runs bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ctx == nil || t.ctx.Err() != nil {
		return nil, false
	}
	t.running.Add(1)
	return t.ctx, true
}

// spawn does something beside all else, if the timetable runs.
func (t *Timetable) spawn(do func(ctx context.Context)) {
	ctx, runs := t.enter()
	if !runs {
		return
	}
	rescue.Go(t.log, "the timetable", func() {
		defer t.running.Done()
		do(ctx)
	})
}

// tick runs all jobs whose tick has come. gocron calls it once for each of them.
func (t *Timetable) tick() {
	t.spawn(func(ctx context.Context) { t.fire(ctx, schedule.Scheduled) })
}

// turn is how long a job waits for those that go before it at one instant: a long
// promotion must not keep ready mail from leaving.
const turn = 10 * time.Second

// fire runs the jobs that are due in the order in which they were planned (RULES §3): at
// one instant a reminder is written and a digest merged before the queue is flushed.
func (t *Timetable) fire(ctx context.Context, trigger schedule.Trigger) {
	t.firing.Lock()
	defer t.firing.Unlock()
	var before []<-chan struct{} // closed when a job is over
	for _, l := range t.lines {
		at := t.clock()
		if !l.due(at) {
			continue
		}
		if err := l.refresh(ctx); err != nil {
			l.warn(ctx, "a tick passes: the timetable cannot be read", err)
			continue
		}
		tick, due := l.take(at)
		if !due {
			continue
		}
		if l.plan.Private {
			t.spawn(func(ctx context.Context) { l.fire(ctx, tick, trigger) })
			continue
		}
		earlier, over := slices.Clone(before), make(chan struct{})
		before = append(before, over)
		t.spawn(func(ctx context.Context) {
			defer close(over)
			wait(ctx, earlier)
			l.fire(ctx, tick, trigger)
		})
	}
}

// wait waits for the turn of a job after these.
func wait(ctx context.Context, earlier []<-chan struct{}) {
	patience := time.NewTimer(turn)
	defer patience.Stop()
	for _, over := range earlier {
		select {
		case <-over:
		case <-patience.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// poll looks for changes that were made on other replicas, and for ticks that gocron has
// missed, as it does when the clock was set back or a change came in between.
func (t *Timetable) poll() {
	ctx, runs := t.enter()
	if !runs {
		return
	}
	defer t.running.Done()
	if err := t.lookForChanges(ctx); err != nil {
		if !t.blind && ctx.Err() == nil {
			t.log.Warn("the timetable cannot be read; jobs go on as they were", zap.Error(err))
		}
		t.blind = true
		return
	}
	t.blind = false
	t.fire(ctx, schedule.Scheduled)
}

func (t *Timetable) lookForChanges(ctx context.Context) error {
	versions, err := t.schedules.Versions(ctx)
	if err != nil {
		return err
	}
	for _, l := range t.lines {
		known, _ := l.now()
		if versions[l.plan.Name] == known.Version {
			continue
		}
		if err := l.refresh(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (t *Timetable) line(name string) (*line, error) {
	if l := t.find(name); l != nil && !l.plan.Private {
		return l, nil
	}
	return nil, fmt.Errorf("%w: %q", ErrUnknown, name)
}

func (t *Timetable) find(name string) *line {
	i := slices.IndexFunc(t.lines, func(l *line) bool { return l.plan.Name == name })
	if i < 0 {
		return nil
	}
	return t.lines[i]
}

// NextTick is the first tick of a job after that time, as this replica knows the timetable;
// zero if the job is paused without an end, or unknown. It asks nobody.
func (t *Timetable) NextTick(name string, after time.Time) time.Time {
	l := t.find(name)
	if l == nil {
		return time.Time{}
	}
	j, s := l.now()
	if j.Resting(after) {
		if j.PausedUntil.IsZero() {
			return time.Time{}
		}
		after = j.PausedUntil.Add(-1)
	}
	return s.Next(after)
}

// Wake starts a run of the job soon, if the job is to be woken at all. It never waits.
func (t *Timetable) Wake(name string) {
	l := t.find(name)
	if l == nil {
		return
	}
	select {
	case l.wake <- struct{}{}:
	default: // it is awake already
	}
}

// WakeAll wakes all jobs that are to be woken at all, as when the time has moved.
func (t *Timetable) WakeAll() {
	for _, l := range t.lines {
		t.Wake(l.plan.Name)
	}
}

// WakeAt wakes the job at that time, unless it will be woken before: then whoever runs asks
// again. It never waits.
func (t *Timetable) WakeAt(name string, at time.Time) {
	if l := t.find(name); l != nil {
		l.alarm.set(at, func() { t.Wake(name) })
	}
}

// RunNow runs the job once, now, also while it is paused. It does not wait for the end.
func (t *Timetable) RunNow(name string) (schedule.Run, error) {
	l, err := t.line(name)
	if err != nil {
		return schedule.Run{}, err
	}
	ctx, runs := t.enter()
	if !runs {
		return schedule.Run{}, ErrNotStarted
	}
	run, err := l.begin(ctx)
	if err != nil {
		t.running.Done()
		return run, err
	}
	rescue.Go(t.log, name, func() {
		defer t.running.Done()
		defer l.free()
		l.run(ctx, run)
	})
	return run, nil
}

// RunHere is RunNow for a timetable that was not started: it runs the job as part of the
// caller, and returns when the run has ended.
func (t *Timetable) RunHere(ctx context.Context, name string) (schedule.Run, error) {
	l, err := t.line(name)
	if err != nil {
		return schedule.Run{}, err
	}
	run, err := l.begin(ctx)
	if err != nil {
		return run, err
	}
	defer l.free()
	l.run(ctx, run)
	return run, ctx.Err()
}

// Read takes over what admins have set, for a timetable that is not started.
func (t *Timetable) Read(ctx context.Context) error { return t.lookForChanges(ctx) }

// Lines tells how all jobs stand.
func (t *Timetable) Lines(ctx context.Context) ([]State, error) {
	var all []State
	for _, l := range t.lines {
		if l.plan.Private {
			continue
		}
		s, err := l.state(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// Inner tells of the jobs that are nobody's to change; they keep no record.
func (t *Timetable) Inner() (all []State) {
	for _, l := range t.lines {
		if !l.plan.Private {
			continue
		}
		_, s := l.now()
		state := State{Name: l.plan.Name, Spec: s.Spec(), Words: s.Words(), Wake: l.plan.Wake, Everywhere: true, schedule: s, at: t.clock()}
		if since := l.since.Load(); since != nil {
			state.Running = *since
		}
		all = append(all, state)
	}
	return all
}

// Line tells how one job stands.
func (t *Timetable) Line(ctx context.Context, name string) (State, error) {
	l, err := t.line(name)
	if err != nil {
		return State{}, err
	}
	return l.state(ctx)
}
