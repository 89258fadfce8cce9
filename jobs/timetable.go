// Package jobs says when each job runs; admins may change it while the service runs.
//
// It knows no job by heart: what a job does is handed in. gocron keeps the time, and
// schedule.Schedule decides which times those are.
package jobs

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-co-op/gocron/v2"
	"go.uber.org/zap"

	"notifier/message"
	"notifier/schedule"
)

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
	// Private jobs keep no record and cannot be changed; they run on every replica.
	Private bool
}

// Book keeps what must outlive a replica: schedules, pauses and fire records.
type Book interface {
	// Job reads the saved line of a job, and begins it if there is none.
	Job(ctx context.Context, begin schedule.Job) (schedule.Job, error)
	// SaveJob writes the line if it is still at the version that j has.
	SaveJob(ctx context.Context, j schedule.Job) error
	// Fire notes that the run takes its scheduled time. It is false if another has it.
	Fire(ctx context.Context, r schedule.Run) (bool, error)
	Finish(ctx context.Context, r schedule.Run) error
	// LastFire is the latest scheduled time that was taken; zero if none was. A slot is
	// given for a job that each replica runs for itself.
	LastFire(ctx context.Context, job, slot string) (time.Time, error)
	LastRun(ctx context.Context, job string) (schedule.Run, error)
	// Hold takes or keeps the job for a replica; it is false while another has it.
	Hold(ctx context.Context, job, replica string, at, until time.Time) (bool, error)
	LetGo(ctx context.Context, job, replica string) error
}

// Options tune the timetable.
type Options struct {
	Replica string
	// Poll is how often changes made on other replicas are looked for; 0 means 2s.
	Poll time.Duration
}

// Errors that callers tell apart.
var (
	ErrUnknown    = errors.New("there is no job of that name")
	ErrBusy       = errors.New("the job is running already")
	ErrNotStarted = errors.New("the timetable is not running")
)

// Timetable runs jobs when their schedules say so.
type Timetable struct {
	book      Book
	o         Options
	log       *zap.Logger
	scheduler gocron.Scheduler
	lines     []*line
	running   sync.WaitGroup

	mu      sync.Mutex
	ctx     context.Context // of all work; nil before Start
	stop    context.CancelFunc
	stopped bool
}

// New makes an empty timetable.
func New(book Book, o Options, log *zap.Logger) (*Timetable, error) {
	if o.Poll == 0 {
		o.Poll = 2 * time.Second
	}
	t := &Timetable{book: book, o: o, log: log.Named("timetable")}
	// A panic in a job must not end the process, and with it all others.
	panicked := gocron.AfterJobRunsWithPanic(func(_ gocronID, job string, recovered any) {
		t.log.Error("a job panicked", zap.String("job", job), zap.Any("panic", recovered))
	})
	scheduler, err := gocron.NewScheduler(
		gocron.WithLocation(time.UTC), // zones are the business of schedule
		gocron.WithStopTimeout(time.Minute),
		gocron.WithGlobalJobOptions(gocron.WithEventListeners(panicked), gocron.WithSingletonMode(gocron.LimitModeReschedule)),
	)
	if err != nil {
		return nil, fmt.Errorf("make a scheduler: %w", err)
	}
	t.scheduler = scheduler
	return t, nil
}

// Plan adds a job. All jobs are planned before Start.
func (t *Timetable) Plan(p Plan) error {
	l := &line{Timetable: t, plan: p, wake: make(chan struct{}, 1)}
	if err := l.set(schedule.Job{Name: p.Name}); err != nil {
		return err
	}
	t.lines = append(t.lines, l)
	return nil
}

// Start reads what admins have set, makes up what was missed, once, and starts the clock.
func (t *Timetable) Start(ctx context.Context) error {
	t.mu.Lock()
	t.ctx, t.stop = context.WithCancel(context.WithoutCancel(ctx))
	t.mu.Unlock()
	for _, l := range t.lines {
		if err := l.open(ctx); err != nil {
			return err
		}
		job, err := t.scheduler.NewJob(l.definition(), gocron.NewTask(l.tick), l.options()...)
		if err != nil {
			return fmt.Errorf("plan %s: %w", l.plan.Name, err)
		}
		l.id = job.ID()
		t.running.Go(l.wakes)
	}
	_, err := t.scheduler.NewJob(gocron.DurationJob(t.o.Poll), gocron.NewTask(t.poll), gocron.WithName("poll"))
	if err != nil {
		return fmt.Errorf("plan the look for changes: %w", err)
	}
	t.scheduler.Start()
	for _, l := range t.lines {
		t.running.Go(l.catchUp)
	}
	return nil
}

// Stop tells running jobs to end, waits for them and stops the clock.
func (t *Timetable) Stop() error {
	t.mu.Lock()
	stop, stopped := t.stop, t.stopped
	t.stopped = true
	t.mu.Unlock()
	if stop == nil || stopped {
		return nil
	}
	stop()
	err := t.scheduler.Shutdown()
	t.running.Wait()
	return err
}

// context is the context of all work, or nil when the timetable does not run.
func (t *Timetable) context() context.Context {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ctx == nil || t.ctx.Err() != nil {
		return nil
	}
	return t.ctx
}

// poll looks for changes that were made on other replicas, and for ticks that a clock
// which was set back made gocron miss.
func (t *Timetable) poll() {
	ctx := t.context()
	if ctx == nil {
		return
	}
	for _, l := range t.lines {
		if l.plan.Private {
			continue
		}
		if err := l.refresh(ctx); err != nil {
			t.log.Warn("the timetable cannot be read; jobs go on as they were", zap.Error(err))
			return
		}
		if l.due(time.Now()) {
			t.running.Go(l.tick)
		}
	}
}

func (t *Timetable) line(name string) (*line, error) {
	for _, l := range t.lines {
		if l.plan.Name == name && !l.plan.Private {
			return l, nil
		}
	}
	return nil, fmt.Errorf("%w: %q", ErrUnknown, name)
}

// Wake starts a run of the job soon, if the job is to be woken at all. It never waits.
func (t *Timetable) Wake(name string) {
	l, err := t.line(name)
	if err != nil {
		return
	}
	select {
	case l.wake <- struct{}{}:
	default: // it is awake already
	}
}

// RunNow runs the job once, now, also while it is paused. It does not wait for the end.
func (t *Timetable) RunNow(name string) (schedule.Run, error) {
	l, err := t.line(name)
	if err != nil {
		return schedule.Run{}, err
	}
	ctx := t.context()
	if ctx == nil {
		return schedule.Run{}, ErrNotStarted
	}
	if !l.busy.TryLock() {
		return schedule.Run{}, ErrBusy
	}
	now := time.Now().UTC().Truncate(time.Microsecond)
	run := l.newRun(now, now, schedule.Manual)
	if _, err := t.book.Fire(ctx, run); err != nil {
		l.busy.Unlock()
		return run, err
	}
	t.running.Go(func() {
		defer l.busy.Unlock()
		l.run(ctx, run)
	})
	return run, nil
}

// Change is what an admin may set. What is nil stays.
type Change struct {
	Reset bool // first back to what config.yaml says
	Spec  *schedule.Spec
	Wake  *bool
}

// Change sets another schedule. It never makes the job run by itself: ticks of the new
// schedule that lie in the past are not made up.
func (t *Timetable) Change(ctx context.Context, name string, c Change, by string) (State, error) {
	return t.edit(ctx, name, by, func(j *schedule.Job) error {
		if c.Spec != nil {
			s, err := c.Spec.Compile()
			if err != nil {
				return err
			}
			j.Spec = s.Spec()
		}
		if c.Reset {
			j.Spec, j.Wake = schedule.Spec{}, nil
		}
		if c.Wake != nil {
			j.Wake = c.Wake
		}
		return nil
	})
}

// Pause keeps the job from running until Resume; the note says why. Ticks that pass
// meanwhile are not made up.
func (t *Timetable) Pause(ctx context.Context, name, note, by string) (State, error) {
	if err := message.CheckLine(note, 200); err != nil {
		return State{}, &message.Invalid{Faults: []message.Fault{{Pointer: "/note", Code: "bad_text", Detail: err.Error()}}}
	}
	return t.edit(ctx, name, by, func(j *schedule.Job) error {
		j.Paused, j.Note = true, note
		return nil
	})
}

// Resume ends a pause.
func (t *Timetable) Resume(ctx context.Context, name, by string) (State, error) {
	return t.edit(ctx, name, by, func(j *schedule.Job) error {
		j.Paused, j.Note = false, ""
		return nil
	})
}

// edit changes a job's saved line, and what this replica does by it.
func (t *Timetable) edit(ctx context.Context, name, by string, change func(*schedule.Job) error) (State, error) {
	l, err := t.line(name)
	if err != nil {
		return State{}, err
	}
	for {
		j, err := t.book.Job(ctx, l.beginning())
		if err != nil {
			return State{}, err
		}
		if err := change(&j); err != nil {
			return State{}, err
		}
		j.ChangedAt, j.ChangedBy = time.Now().UTC().Truncate(time.Microsecond), by
		if err := t.book.SaveJob(ctx, j); errors.Is(err, message.ErrMoved) {
			continue
		} else if err != nil {
			return State{}, err
		}
		if err := l.refresh(ctx); err != nil {
			return State{}, err
		}
		t.log.Info("job changed", zap.String("job", name), zap.Bool("paused", j.Paused), zap.String("by", by))
		return l.state(ctx)
	}
}

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

// Line tells how one job stands.
func (t *Timetable) Line(ctx context.Context, name string) (State, error) {
	l, err := t.line(name)
	if err != nil {
		return State{}, err
	}
	return l.state(ctx)
}
