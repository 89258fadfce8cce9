// Package timekeeper tells the time that the service goes by: that of the wall clock, unless
// the clock was set forward and nobody vouches for it.
//
// A clock that jumps a week ahead must not let go everything that is due within the week. So
// the wall clock is held against one that nobody can set, which also runs while the machine
// sleeps. What is due only by such a step waits; all else goes on as if there had been none.
package timekeeper

import (
	"context"
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// How far the clock may be set forward without a question, and how near another clock must be
// to ours to vouch for it.
const (
	tolerance = 5 * time.Minute
	agreement = time.Minute
	// glance is how far the wall clock may move against Clocks.Running before all is read.
	glance = time.Second
)

// Clocks are what a Keeper reads.
type Clocks struct {
	// Wall is the clock that people set.
	Wall func() time.Time
	// Elapsed is the time since some instant, on a clock that is never set.
	Elapsed func() time.Duration
	// Running is the same as Elapsed at the instant of a reading of Wall, on a clock that costs
	// nothing to read and may stand still while the machine sleeps. Nil: Elapsed is always read.
	Running func(wall time.Time) time.Duration
	// Kernel is the time of the kernel, and whether it says that it is synchronised with a
	// server of time.
	Kernel func() (at time.Time, synchronised bool)
}

// Keeper tells the time that can be trusted. It is safe for concurrent use.
type Keeper struct {
	clocks Clocks
	// calm is how far the wall clock was ahead of Clocks.Running when it last was believed. As
	// long as it still is, nobody has set it, and Now takes no lock.
	calm atomic.Int64

	mu sync.Mutex
	// trusted is how far the wall clock is ahead of the elapsed time, as it last was believed;
	// highest is the most that was ever believed: a clock that was set back and then right
	// again has not been set forward.
	trusted, highest time.Duration
	ahead            time.Duration // by how much the wall clock is not believed; 0: it is
}

// New believes what the wall clock says now.
func New(c Clocks) *Keeper {
	k := &Keeper{clocks: c}
	k.calm.Store(never)
	_, k.trusted = k.read()
	k.highest = k.trusted
	return k
}

// never is a value of calm that no clocks have: all is read.
const never = math.MinInt64

// System is a Keeper of this machine's clocks.
func System() *Keeper {
	return New(Clocks{Wall: time.Now, Elapsed: elapsed, Running: running, Kernel: kernel})
}

// Believed is how far the wall clock was ahead of the elapsed time, at most, when it was
// believed. It holds until the machine is started again: see Recall.
func (k *Keeper) Believed() time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.highest
}

// Recall takes what Believed returned before a restart of the program, or in another program on
// this machine, instead of what the wall clock said when the Keeper was made.
func (k *Keeper) Recall(believed time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.trusted, k.highest = believed, believed
	k.calm.Store(never)
}

// read reads the wall first: whoever is frozen between the two sees a clock that is slow for a
// moment, and not one that was set forward.
func (k *Keeper) read() (wall time.Time, offset time.Duration) {
	wall = k.clocks.Wall()
	return wall, time.Duration(wall.UnixNano()) - k.clocks.Elapsed()
}

// Now is the time that is believed.
func (k *Keeper) Now() time.Time {
	wall := k.clocks.Wall()
	if calm := k.calm.Load(); calm != never && time.Duration(k.beside(wall)-calm).Abs() <= glance {
		return wall
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	wall, offset := k.read()
	if offset > k.highest+tolerance {
		k.ahead = offset - k.trusted
		k.calm.Store(never)
		return wall.Round(0).Add(-k.ahead)
	}
	k.believe(offset)
	k.calm.Store(k.beside(wall))
	return wall
}

// beside is how far the wall clock is ahead of the one that costs nothing.
func (k *Keeper) beside(wall time.Time) int64 {
	if k.clocks.Running == nil {
		return never
	}
	return wall.UnixNano() - int64(k.clocks.Running(wall))
}

// believe takes over where the wall clock is. Whoever calls it holds the lock.
func (k *Keeper) believe(offset time.Duration) {
	k.trusted, k.highest, k.ahead = offset, max(k.highest, offset), 0
}

// Step is by how much the wall clock is ahead of the time that is believed; 0: it is not.
func (k *Keeper) Step() time.Duration {
	k.Now()
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.ahead
}

// Confirm believes the wall clock, because a person does. It returns by how much the time that
// is believed moves.
func (k *Keeper) Confirm() time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	_, offset := k.read()
	moved := offset - k.trusted
	k.believe(offset)
	return moved
}

// Check asks the kernel, and then the other clock if there is one, whether a step was right,
// and believes it if one says so. It returns by how much the wall clock is still ahead.
func (k *Keeper) Check(ctx context.Context, other func(context.Context) (time.Time, error)) (time.Duration, error) {
	step := k.Step()
	if step == 0 {
		return 0, nil
	}
	if at, synchronised := k.clocks.Kernel(); synchronised && k.agrees(at) {
		k.Confirm()
		return 0, nil
	}
	if other == nil {
		return step, nil
	}
	at, err := other(ctx)
	if err == nil && k.agrees(at) {
		k.Confirm()
		step = 0
	}
	return step, err
}

func (k *Keeper) agrees(at time.Time) bool { return k.clocks.Wall().Sub(at).Abs() <= agreement }
