package jobs

import (
	"sync"
	"time"

	"go.uber.org/zap"

	"notifier/rescue"
)

// alarm is one timer, for the earliest of the times that it was set to.
type alarm struct {
	log *zap.Logger // of panics; it may be nil
	mu  sync.Mutex
	// times are those that it will ring at, the earliest last: each was set when it was
	// earlier than all before it.
	times []time.Time
	timer *time.Timer
	now   func() time.Time
}

// set rings at that time, unless it will ring before: whoever hears that asks again.
func (a *alarm) set(at time.Time, ring func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if n := len(a.times); n > 0 && !at.Before(a.times[n-1]) {
		return
	}
	a.times = append(a.times, at)
	a.wind(ring)
}

// wind starts the timer for the earliest time. Whoever calls it holds the lock.
func (a *alarm) wind(ring func()) {
	if a.timer != nil {
		a.timer.Stop()
	}
	if len(a.times) == 0 {
		return
	}
	at := a.times[len(a.times)-1]
	a.timer = rescue.After(at.Sub(a.now()), a.log, "a timer", func() {
		if a.over(at, ring) {
			ring()
		}
	})
}

// over forgets a time that has come, before anybody is woken who may set the next.
func (a *alarm) over(at time.Time, ring func()) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := len(a.times)
	if n == 0 || !a.times[n-1].Equal(at) {
		return false // it was stopped or set anew meanwhile
	}
	a.times = a.times[:n-1]
	a.wind(ring)
	return true
}

// stop forgets what was set.
func (a *alarm) stop() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.times = nil
	a.wind(nil)
}
