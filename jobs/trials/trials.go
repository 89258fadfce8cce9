// Package trials holds what-ifs while they run, and what they came to.
//
// A trial belongs to the process that began it: it outlives the page that asked for it,
// and ends with the process.
package trials

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"notifier/message"
	"notifier/rescue"
	"notifier/simulate"
)

// IDs is what the id of a trial begins with.
const IDs = "trial"

// Errors that callers tell apart.
var (
	ErrBusy = errors.New("another trial is running")
	ErrGone = errors.New("the trial is not here")
)

// How many trials are kept after their end, and how long.
const (
	kept    = 20
	keptFor = time.Hour
)

// Trial is one what-if.
type Trial struct {
	ID           message.ID
	Site, By     string
	Since, Until time.Time
	Asked        map[string]string // as the asker wrote it
	BeganAt      time.Time
	EndedAt      time.Time // zero while it runs
	Reached      time.Time // how far it has come between Since and Until
	Lines        int
	Stopped      bool // somebody did
	Err          error
	Result       simulate.Trial
}

// Percent is how far it has come, by the time that it plans.
func (t Trial) Percent() int {
	if !t.EndedAt.IsZero() {
		return 100
	}
	whole := t.Until.Sub(t.Since)
	if whole <= 0 {
		return 0
	}
	return int(min(99, max(0, t.Reached.Sub(t.Since)*100/whole)))
}

// Run does the work of a trial until ctx ends, and tells how far it is.
type Run func(ctx context.Context, progress func(at time.Time, lines int)) (simulate.Trial, error)

// Room is where trials run, one at a time.
type Room struct {
	Log *zap.Logger // of panics; nil: the trial alone tells

	mu      sync.Mutex
	all     []*Trial // the newest last
	stop    context.CancelFunc
	ended   chan struct{} // closed when the last trial is over; nil before the first
	closing bool
}

// Begin starts a trial, which goes on when the caller has gone.
func (r *Room) Begin(t Trial, run Run) (message.ID, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closing || r.running() != nil {
		return "", ErrBusy
	}
	ctx, stop := context.WithCancel(context.Background())
	t.ID, t.BeganAt = message.NewID(IDs), time.Now().UTC()
	one, ended := &t, make(chan struct{})
	r.all, r.stop, r.ended = append(r.all, one), stop, ended
	r.forget(t.BeganAt)
	rescue.Go(r.Log, "a what-if", func() {
		defer close(ended)
		defer stop()
		var result simulate.Trial
		err := rescue.Try(r.Log, "the what-if", func() (err error) {
			result, err = run(ctx, func(at time.Time, lines int) {
				r.mu.Lock()
				defer r.mu.Unlock()
				one.Reached, one.Lines = at, lines
			})
			return err
		})
		r.mu.Lock()
		defer r.mu.Unlock()
		one.EndedAt, one.Result, one.Err = time.Now().UTC(), result, err
		if one.Stopped = err != nil && ctx.Err() != nil; one.Stopped {
			one.Err = nil
		}
	})
	return t.ID, nil
}

// running is the trial that has not ended; nil if there is none. Whoever asks holds the lock.
func (r *Room) running() *Trial {
	if n := len(r.all); n > 0 && r.all[n-1].EndedAt.IsZero() {
		return r.all[n-1]
	}
	return nil
}

// forget drops trials that nobody will look at any more.
func (r *Room) forget(now time.Time) {
	r.all = slices.DeleteFunc(r.all, func(t *Trial) bool { return !t.EndedAt.IsZero() && now.Sub(t.EndedAt) > keptFor })
	r.all = r.all[max(0, len(r.all)-kept):]
}

// Find is a trial as it stands; ErrGone if this process does not have it.
func (r *Room) Find(site string, id message.ID) (Trial, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range r.all {
		if t.ID == id && t.Site == site {
			return *t, nil
		}
	}
	return Trial{}, ErrGone
}

// Running is the trial of a site that goes on; ErrGone if none does.
func (r *Room) Running(site string) (Trial, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if t := r.running(); t != nil && t.Site == site {
		return *t, nil
	}
	return Trial{}, ErrGone
}

// Stop ends a trial early, and waits for its end. One that is over stays as it is.
func (r *Room) Stop(site string, id message.ID) error {
	r.mu.Lock()
	t, stop, ended := r.running(), r.stop, r.ended
	r.mu.Unlock()
	if t == nil || t.ID != id || t.Site != site {
		_, err := r.Find(site, id)
		return err
	}
	stop()
	<-ended
	return nil
}

// Close stops what runs, and lets nothing begin any more.
func (r *Room) Close() error {
	r.mu.Lock()
	r.closing = true
	stop, ended := r.stop, r.ended
	r.mu.Unlock()
	if ended != nil {
		stop()
		<-ended
	}
	return nil
}
