package jobs

import (
	"context"
	"errors"

	"go.uber.org/zap"

	"notifier/message"
	"notifier/schedule"
)

// Change is what an admin may set. What is nil stays.
type Change struct {
	Reset bool // first back to what config.yaml says
	Spec  *schedule.Spec
	Wake  *bool
	// Match is the version that it is made on, as message.Call has it; empty if any will do.
	Match string
}

// Change sets another schedule. It never makes the job run by itself: ticks of the new
// schedule that lie in the past are not made up.
func (t *Timetable) Change(ctx context.Context, name string, c Change, by string) (State, error) {
	return t.edit(ctx, name, by, func(j *schedule.Job) error {
		if !(message.Call{Match: c.Match}).Matches(int64(j.Version)) {
			return &message.ChangedError{By: j.ChangedBy, At: j.ChangedAt}
		}
		if c.Reset {
			j.Spec, j.Wake = schedule.Spec{}, nil
		}
		if c.Spec != nil {
			s, err := c.Spec.Compile()
			if err != nil {
				return err
			}
			j.Spec = s.Spec()
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
		j.ChangedAt, j.ChangedBy = now(), by
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
