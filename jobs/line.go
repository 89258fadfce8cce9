package jobs

import (
	"context"
	"errors"
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

// clock is the time as it is kept: UTC, to the microsecond.
func (t *Timetable) clock() time.Time { return t.o.Now().UTC().Truncate(time.Microsecond) }

// line is one job in the timetable.
type line struct {
	*Timetable
	plan    Plan
	planned schedule.Schedule // of config.yaml
	wake    chan struct{}
	alarm   alarm
	rested  alarm // when a pause ends by itself
	// busy holds something while this replica runs the job.
	busy  chan struct{}
	since atomic.Pointer[time.Time] // when the running run began
	told  string                    // the last error that was logged; of who is busy
	pulse atomic.Pointer[pulse]     // of the running run; nil if none runs
	stuck atomic.Pointer[pulse]     // of the last run that was abandoned, until one ends otherwise

	reading sync.Mutex // one look at the saved line at a time
	id      gocronID   // zero before Start; under reading

	mu       sync.Mutex
	job      schedule.Job // as saved
	schedule schedule.Schedule
	woken    bool
	handled  time.Time // ticks up to here are nothing to us any more
}

// set takes over a saved line.
func (l *line) set(saved schedule.Job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.planned
	if saved.Spec != (schedule.Spec{}) {
		set, err := saved.Spec.Compile()
		if err != nil { // by another version of this program, or with other time zones
			l.log.Error("the saved schedule is not understood: the one of config.yaml counts", zap.String("job", l.plan.Name), zap.Error(err))
		} else {
			s = set
		}
	}
	l.job, l.schedule, l.woken = saved, s, l.plan.Wake
	if saved.Wake != nil {
		l.woken = *saved.Wake
	}
	l.handled = later(l.handled, saved.ChangedAt)
	l.rested.stop()
	if saved.Paused && !saved.PausedUntil.IsZero() { // what waited meanwhile leaves when the pause ends
		l.rested.set(saved.PausedUntil, func() { l.Wake(l.plan.Name) })
	}
}

// hold takes over who runs the job, which counts as no change.
func (l *line) hold(saved schedule.Job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.job.Holder, l.job.HeldUntil = saved.Holder, saved.HeldUntil
}

func (l *line) now() (schedule.Job, schedule.Schedule) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.job, l.schedule
}

// configured is what config.yaml says.
func (l *line) configured() (planned schedule.Schedule, spec schedule.Spec, wake bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.planned, l.plan.Spec, l.plan.Wake
}

func (l *line) beginning() schedule.Job {
	planned, _, _ := l.configured()
	return schedule.Job{Name: l.plan.Name, Planned: planned.String(), ChangedAt: l.clock()}
}

// open reads the saved line, or begins it: a new job has missed nothing, and neither has
// one whose schedule was changed in config.yaml while the service was down.
func (l *line) open(ctx context.Context) error {
	if l.plan.Private {
		l.handled = l.clock()
		return nil
	}
	if err := l.replan(ctx); err != nil {
		return err
	}
	last, err := l.last(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.handled = later(l.handled, last)
	return err
}

// replan notes in the saved line what config.yaml says, and takes the line over. Ticks of
// another schedule that lie in the past were not missed.
func (l *line) replan(ctx context.Context) error {
	begin := l.beginning()
	saved, err := l.schedules.Job(ctx, begin)
	if err != nil {
		return err
	}
	if saved.Planned != begin.Planned {
		saved.Planned = begin.Planned
		if saved.Spec == (schedule.Spec{}) {
			saved.ChangedAt = l.clock()
		}
		if err := l.schedules.SaveJob(ctx, saved); err != nil && !errors.Is(err, message.ErrMoved) {
			return err
		}
	}
	return l.refresh(ctx)
}

// last is the latest tick that was not missed. Where every replica runs the job, a tick
// that one of them ran was not missed: this one may have been born a moment ago.
func (l *line) last(ctx context.Context) (time.Time, error) {
	if !l.plan.Everywhere {
		return l.fires.LastFire(ctx, l.plan.Name, l.slot())
	}
	run, err := l.fires.LastRun(ctx, l.plan.Name)
	return run.ScheduledAt, err
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
	if l.plan.Private {
		return nil
	}
	l.reading.Lock()
	defer l.reading.Unlock()
	saved, err := l.schedules.Job(ctx, l.beginning())
	if err != nil {
		return err
	}
	before, was := l.now()
	if saved.Version == before.Version {
		l.hold(saved)
		return nil
	}
	l.set(saved)
	if _, is := l.now(); is.String() == was.String() || l.id == (gocronID{}) {
		return nil
	}
	_, err = l.scheduler.Update(l.id, l.definition(), gocron.NewTask(l.Timetable.tick), l.options()...)
	return err
}

// plant gives the line to gocron, which from then on calls tick.
func (l *line) plant() error {
	l.reading.Lock()
	defer l.reading.Unlock()
	job, err := l.scheduler.NewJob(l.definition(), gocron.NewTask(l.Timetable.tick), l.options()...)
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
	_, due := l.latest(at)
	return due
}

// take is the tick that is due, for one caller only.
func (l *line) take(at time.Time) (tick time.Time, due bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if tick, due = l.latest(at); due {
		l.handled = tick
	}
	return tick, due
}

// latest is the latest tick, and whether it is due. Whoever asks holds the lock.
func (l *line) latest(at time.Time) (tick time.Time, due bool) {
	// Where our clock, or another replica's, was ahead, what was handled lies in the
	// future. The fire records know which of the ticks until then have been run.
	if l.handled.After(at) {
		l.handled = at
	}
	// Ticks of a pause that has ended by itself are not made up.
	if end := l.job.PausedUntil; l.job.Paused && !l.job.Resting(at) {
		l.handled = later(l.handled, end.Add(-1))
	}
	tick = l.schedule.Last(at)
	return tick, !l.job.Resting(at) && tick.After(l.handled)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// State is how a job stands.
type State struct {
	Name       string
	Spec       schedule.Spec // in force
	Words      string
	Wake       bool
	Paused     bool
	Note       string
	Until      time.Time     // when the pause ends by itself; zero if it does not
	Overridden bool          // what an admin has set is something else than config.yaml says
	Configured schedule.Spec // what config.yaml says
	Next       []time.Time   // the next five ticks; none while paused without an end
	Running    time.Time     // since when this replica runs it; zero if it does not
	Holder     string        // the replica that runs it now for all; empty if none does
	Everywhere bool          // each replica runs it for itself
	Last       schedule.Run  // the last run in the cluster; zero if there was none
	ChangedAt  time.Time
	ChangedBy  string
	Version    int // counts the changes

	schedule schedule.Schedule
	at       time.Time
}

// Coming are the next n ticks; none while the job is paused without an end.
func (s State) Coming(n int) []time.Time {
	after := s.at
	if s.Paused {
		if s.Until.IsZero() {
			return nil
		}
		after = s.Until.Add(-1)
	}
	return s.schedule.NextN(after, n)
}

// state is how the job stands for all replicas: what another has changed a moment ago is
// taken over first, so that nobody is told of a run that will not be.
func (l *line) state(ctx context.Context) (State, error) {
	if err := l.refresh(ctx); err != nil {
		return State{}, err
	}
	j, s := l.now()
	planned, spec, wake := l.configured()
	at := l.clock()
	state := State{
		Name: l.plan.Name, Spec: s.Spec(), Words: s.Words(), Wake: wake, Everywhere: l.plan.Everywhere,
		Overridden: !s.Alike(planned) || j.Woken(wake) != wake, Configured: spec, ChangedAt: j.ChangedAt, ChangedBy: j.ChangedBy, Version: j.Version,
		schedule: s, at: at,
	}
	if j.Resting(at) {
		state.Paused, state.Note, state.Until = true, j.Note, j.PausedUntil
	}
	if j.Wake != nil {
		state.Wake = *j.Wake
	}
	if j.HeldUntil.After(at) {
		state.Holder = j.Holder
	}
	state.Next = state.Coming(5)
	if since := l.since.Load(); since != nil {
		state.Running = *since
	}
	var err error
	state.Last, err = l.fires.LastRun(ctx, l.plan.Name)
	return state, err
}

// standing is how the job stands, as this replica knows it: other replicas' changes come with
// the next poll.
func (l *line) standing() schedule.Standing {
	l.mu.Lock()
	defer l.mu.Unlock()
	j, at := l.job, l.clock()
	return schedule.Standing{Schedule: l.schedule, Paused: j.Resting(at), PausedUntil: j.PausedUntil, Wake: l.woken}
}

// Standing is how the job stands, for what is due later.
func (s State) Standing() schedule.Standing {
	return schedule.Standing{Schedule: s.schedule, Paused: s.Paused, PausedUntil: s.Until, Wake: s.Wake}
}

// Departures is the timetable in force of the public jobs, without asking the database.
func (t *Timetable) Departures() (d schedule.Departures) {
	for _, l := range t.lines {
		if standing := d.Of(l.plan.Name); standing != nil {
			*standing = l.standing()
		}
	}
	return d
}
