package jobs

import (
	"cmp"
	"context"
	"errors"
	"reflect"
	"time"

	"go.uber.org/zap"

	"notifier/fault"
	"notifier/message"
	"notifier/request"
	"notifier/schedule"
)

// Change is what an admin may set. What is nil stays.
type Change struct {
	Reset bool // first back to what config.yaml says
	Spec  *schedule.Spec
	// Patch changes parts of the schedule that is in force.
	Patch schedule.Patch
	Wake  *bool
	// ForgetWake goes back to what config.yaml says of wake.
	ForgetWake bool
	// Match is the version that it is made on, as request.Call has it; empty if any will do.
	Match string
}

// Change sets another schedule. It never makes the job run by itself: ticks of the new
// schedule that lie in the past are not made up.
func (t *Timetable) Change(ctx context.Context, name string, c Change, by string) (State, error) {
	configured, wake, err := t.configured(name)
	if err != nil {
		return State{}, err
	}
	return t.edit(ctx, name, by, func(j *schedule.Job) error {
		if !(request.Call{Match: c.Match}).Matches(int64(j.Version)) {
			return &request.ChangedError{By: j.ChangedBy, At: j.ChangedAt}
		}
		if c.Reset {
			j.Spec, j.Wake = schedule.Spec{}, nil
		}
		spec := c.Spec
		if !c.Patch.IsZero() {
			after := c.Patch.Apply(cmp.Or(j.Spec, configured))
			spec = &after
		}
		if spec != nil {
			s, err := spec.Compile()
			if err != nil {
				return err
			}
			if stands, err := cmp.Or(j.Spec, configured).Compile(); err != nil || !s.Alike(stands) {
				j.Spec = s.Spec()
			}
		}
		if c.ForgetWake {
			j.Wake = nil
		}
		if c.Wake != nil && *c.Wake != j.Woken(wake) {
			j.Wake = c.Wake
		}
		return nil
	})
}

// configured is what config.yaml says of when the job runs, and whether it is woken.
func (t *Timetable) configured(name string) (spec schedule.Spec, wake bool, err error) {
	l, err := t.line(name)
	if err != nil {
		return schedule.Spec{}, false, err
	}
	planned, _, wake := l.configured()
	return planned.Spec(), wake, nil
}

// Rest is a pause of a job.
type Rest struct {
	Note  string    // why
	Until time.Time // when it ends by itself; zero if somebody must end it
}

// longestRest is how far ahead a pause may end by itself.
const longestRest = 366 * 24 * time.Hour

func (r Rest) check(at time.Time) error {
	var bad fault.Invalid
	bad.Check("/note", "bad_text", fault.CheckLine(r.Note, 200))
	switch {
	case r.Until.IsZero():
	case !r.Until.After(at):
		bad.Add("/until", "past", "the pause would have ended already. Give a later time, or leave it out for one that somebody ends")
	case r.Until.After(at.Add(longestRest)):
		bad.Add("/until", "too_late", "a pause ends by itself within a year. Leave the time out for one that somebody ends")
	}
	return bad.Err()
}

// Pause keeps the job from running until Resume, or until the rest is over. Ticks that
// pass meanwhile are not made up.
func (t *Timetable) Pause(ctx context.Context, name string, r Rest, by string) (State, error) {
	if err := r.check(t.clock()); err != nil {
		return State{}, err
	}
	return t.edit(ctx, name, by, func(j *schedule.Job) error {
		j.Paused, j.Note, j.PausedUntil = true, r.Note, r.Until.UTC().Truncate(time.Microsecond)
		return nil
	})
}

// Resume ends a pause.
func (t *Timetable) Resume(ctx context.Context, name, by string) (State, error) {
	return t.edit(ctx, name, by, func(j *schedule.Job) error {
		j.Paused, j.Note, j.PausedUntil = false, "", time.Time{}
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
		j, err := t.schedules.Job(ctx, l.beginning())
		if err != nil {
			return State{}, err
		}
		at := t.clock()
		if j.Paused && !j.Resting(at) {
			j.Paused, j.Note, j.PausedUntil = false, "", time.Time{}
		}
		before := j
		if err := change(&j); err != nil {
			return State{}, err
		}
		if reflect.DeepEqual(before, j) {
			return l.state(ctx) // nothing is written: neither a version nor who changed it
		}
		j.ChangedAt, j.ChangedBy = at, by
		if err := t.schedules.SaveJob(ctx, j); errors.Is(err, message.ErrMoved) {
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

// Replan takes over what a new config.yaml says of a job. As with Change, nothing runs by
// that, and what an admin has set still wins.
func (t *Timetable) Replan(ctx context.Context, name string, spec schedule.Spec, wake bool) error {
	l, err := t.line(name)
	if err != nil {
		return err
	}
	planned, err := spec.Compile()
	if err != nil {
		return err
	}
	l.mu.Lock()
	same := l.planned.String() == planned.String() && l.plan.Wake == wake
	l.planned, l.plan.Spec, l.plan.Wake = planned, spec, wake
	saved := l.job
	l.mu.Unlock()
	if same {
		return nil
	}
	l.set(saved) // another wake alone changes nothing that is saved
	return l.replan(ctx)
}
