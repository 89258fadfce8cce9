package timekeeper_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"notifier/wallclock/timekeeper"
)

// pair is a wall clock and one that nobody sets.
type pair struct {
	wall         time.Time
	elapsed      time.Duration
	asleep       time.Duration // how much of it the machine slept
	looks        int           // how often the elapsed time was read
	kernel       time.Time
	synchronised bool
}

func (p *pair) pass(d time.Duration) { p.wall, p.elapsed = p.wall.Add(d), p.elapsed+d }
func (p *pair) sleep(d time.Duration) {
	p.pass(d)
	p.asleep += d
}
func (p *pair) step(d time.Duration) { p.wall = p.wall.Add(d) }

func (p *pair) keeper() *timekeeper.Keeper {
	return timekeeper.New(timekeeper.Clocks{
		Wall:    func() time.Time { return p.wall },
		Elapsed: func() time.Duration { p.looks++; return p.elapsed },
		Running: func(time.Time) time.Duration { return p.elapsed - p.asleep },
		Kernel:  func() (time.Time, bool) { return p.kernel, p.synchronised },
	})
}

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// TestTheTimeThatIsBelieved is S7: a step forward is not believed, and all else is.
func TestTheTimeThatIsBelieved(t *testing.T) {
	for _, row := range []struct {
		name string
		do   func(p *pair, k *timekeeper.Keeper)
		want time.Duration // after noon
		step time.Duration
	}{
		{"S7 time passes", func(p *pair, k *timekeeper.Keeper) { p.pass(time.Hour) }, time.Hour, 0},
		{"S7 the machine sleeps for two days", func(p *pair, k *timekeeper.Keeper) { p.sleep(2 * day) }, 2 * day, 0},
		{"S7 it sleeps, and wakes with a wrong clock", func(p *pair, k *timekeeper.Keeper) { p.sleep(day); p.step(day) }, day, day},
		{"S7 two days forward", func(p *pair, k *timekeeper.Keeper) { p.step(2 * day); k.Now(); p.pass(time.Hour) }, time.Hour, 2 * day},
		{"S7 two steps forward", func(p *pair, k *timekeeper.Keeper) { p.step(day); k.Now(); p.step(day) }, 0, 2 * day},
		{"S7 five minutes are no step", func(p *pair, k *timekeeper.Keeper) { p.step(5 * time.Minute) }, 5 * time.Minute, 0},
		{"S7 six minutes are one", func(p *pair, k *timekeeper.Keeper) { p.step(6 * time.Minute) }, 0, 6 * time.Minute},
		{"S7 an hour back", func(p *pair, k *timekeeper.Keeper) { p.step(-time.Hour) }, -time.Hour, 0},
		{"S7 an hour back and right again", func(p *pair, k *timekeeper.Keeper) { p.step(-time.Hour); k.Now(); p.step(time.Hour) }, 0, 0},
		{"S7 an hour back, then too far", func(p *pair, k *timekeeper.Keeper) { p.step(-time.Hour); k.Now(); p.step(3 * time.Hour) }, -time.Hour, 3 * time.Hour},
		{"S7 forward and right again", func(p *pair, k *timekeeper.Keeper) { p.step(day); k.Now(); p.pass(time.Hour); p.step(-day) }, time.Hour, 0},
		{"S7 many small steps are believed one by one", func(p *pair, k *timekeeper.Keeper) {
			for range 10 {
				p.step(time.Minute)
				k.Now()
			}
		}, 10 * time.Minute, 0},
		{"S7 the program is started again after a step", func(p *pair, k *timekeeper.Keeper) {
			before := k.Believed()
			p.step(day)
			k.Confirm() // as a program does that begins
			k.Recall(before)
		}, 0, day},
		{"S7 and after an hour without one", func(p *pair, k *timekeeper.Keeper) {
			before := k.Believed()
			p.sleep(time.Hour)
			k.Recall(before)
		}, time.Hour, 0},
		{"S7 a person confirms", func(p *pair, k *timekeeper.Keeper) { p.step(day); k.Now(); k.Confirm() }, day, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := &pair{wall: noon}
			k := p.keeper()
			k.Now()
			row.do(p, k)
			if got := k.Now(); !got.Equal(noon.Add(row.want)) {
				t.Errorf("it is %v, want %v", got, noon.Add(row.want))
			}
			if got := k.Step(); got != row.step {
				t.Errorf("the step is %v, want %v", got, row.step)
			}
		})
	}
}

// TestWhoVouchesForAStep is S7: the kernel, or the database's host.
func TestWhoVouchesForAStep(t *testing.T) {
	is := func(at time.Time, err error) func(context.Context) (time.Time, error) {
		return func(context.Context) (time.Time, error) { return at, err }
	}
	right := noon.Add(2 * day)
	for _, row := range []struct {
		name         string
		synchronised bool
		kernel       time.Time
		other        func(context.Context) (time.Time, error)
		believed     bool
	}{
		{"S7 nobody", false, right, nil, false},
		{"S7 the kernel", true, right, nil, true},
		{"S7 a kernel that has another time", true, noon, nil, false},
		{"S7 the database", false, right, is(right.Add(-2*time.Second), nil), true},
		{"S7 a database that has another time", false, right, is(noon, nil), false},
		{"S7 a database that does not answer", false, right, is(right, errors.New("away")), false},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := &pair{wall: noon, synchronised: row.synchronised, kernel: row.kernel}
			k := p.keeper()
			p.step(2 * day)
			step, _ := k.Check(t.Context(), row.other)
			if believed := step == 0 && k.Now().Equal(right); believed != row.believed {
				t.Errorf("the step of %v is believed: %v, want %v", step, believed, row.believed)
			}
		})
	}
}

// A machine's clocks agree with each other: nothing steps between two looks.
func TestTheClocksOfThisMachine(t *testing.T) {
	k := timekeeper.System()
	if step, err := k.Check(t.Context(), nil); step != 0 || err != nil {
		t.Errorf("S7: a step of %v (%v) that nobody made", step, err)
	}
}

// TestNowCostsNothing holds what the hot paths pay: nothing but the wall clock is read as long as
// nobody sets it.
func TestNowCostsNothing(t *testing.T) {
	p := &pair{wall: noon}
	k := p.keeper()
	k.Now()
	for before := p.looks; p.elapsed < day; p.pass(time.Minute) {
		if k.Now(); p.looks != before {
			t.Fatalf("S7: after %v all clocks were read", p.elapsed)
		}
	}
	system := timekeeper.System()
	system.Now()
	if n := testing.AllocsPerRun(100, func() { system.Now() }); n != 0 {
		t.Errorf("S7: Now allocates %v times", n)
	}
}

func BenchmarkNow(b *testing.B) {
	k := timekeeper.System()
	for b.Loop() {
		k.Now()
	}
}
