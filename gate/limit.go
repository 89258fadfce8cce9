package gate

import (
	"cmp"
	"context"
	"math"
	"time"

	"notifier/access"
	"notifier/message"
)

// Rates counts what was taken of keys, for all replicas together.
type Rates interface {
	// ShareRate adds n to what was taken of a key in the window that at lies in, and tells what all replicas have
	// taken since the window began.
	ShareRate(ctx context.Context, site string, key message.ID, n int, at time.Time) (all int, window time.Time, err error)
}

// bucket holds what a key may still ask for now (a token bucket). It fills at the key's rate, up to what
// one second brings.
type bucket struct {
	tokens float64
	at     time.Time
	shared
}

// shared is what this replica knows of what the others have taken of a key.
type shared struct {
	asked  time.Time // when it last asked
	asking bool      // somebody does
	unsaid int       // what was taken here since
	all    int       // what all had taken in that window
	window time.Time // zero: it has not asked yet
}

// A replica tells the others every second what it has taken of a key, so that several give a key its rate once, and
// one second of it more at most for each of them. One that is not answered in time goes on with what it knows.
const (
	shareEvery = time.Second
	shareTime  = time.Second
)

// share tells the other replicas what was taken of a key here, and owes what they have taken. The request that finds
// it due does that; others go on meanwhile.
func (g *Gate) share(ctx context.Context, c access.Caller, at time.Time) {
	g.mu.Lock()
	b := g.buckets[c.Key]
	if b == nil || b.asking || at.Sub(b.asked).Abs() < shareEvery {
		g.mu.Unlock()
		return
	}
	n := b.unsaid
	b.asking, b.asked = true, at
	g.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, shareTime)
	defer cancel()
	all, window, err := g.rates.ShareRate(ctx, c.Site, c.Key, n, at)
	g.mu.Lock()
	defer g.mu.Unlock()
	b.asking = false
	if err != nil {
		return // they are told the next time
	}
	theirs := all - n
	switch {
	case b.window.IsZero():
		theirs = 0 // it was taken before this replica knew the key
	case window.Equal(b.window):
		theirs -= b.all
	}
	b.tokens -= float64(max(0, theirs))
	b.unsaid, b.all, b.window = b.unsaid-n, all, window
}

// Take takes n requests out of the caller's bucket and tells what is left. One that has
// anything left gives all n, and owes the rest: a batch is not refused for its size, but
// what comes after it waits longer.
func (g *Gate) Take(ctx context.Context, c access.Caller, n int, at time.Time) access.Allowance {
	rate := cmp.Or(c.Rate, g.o.RateLimit)
	if rate <= 0 {
		return access.Allowance{OK: true}
	}
	g.share(ctx, c, at)
	most := max(1, rate)
	g.mu.Lock()
	defer g.mu.Unlock()
	b := g.buckets[c.Key]
	if b == nil {
		if len(g.buckets) >= mostKnown {
			clear(g.buckets)
		}
		b = &bucket{tokens: most, at: at}
		g.buckets[c.Key] = b
	}
	if passed := at.Sub(b.at); passed > 0 {
		b.tokens, b.at = min(most, b.tokens+passed.Seconds()*rate), at
	}
	a := access.Allowance{Limit: int(math.Ceil(most)), OK: n == 0 || b.tokens >= 1}
	if a.OK {
		b.take(n)
	}
	a.Remaining = max(0, int(b.tokens))
	a.Reset = seconds((most - b.tokens) / rate)
	if b.tokens < 1 {
		a.Wait = seconds((1 - b.tokens) / rate)
	}
	return a
}

// Owe is Take of what a request turned out to be beside itself; what is below zero is given back.
func (g *Gate) Owe(c access.Caller, n int) {
	if cmp.Or(c.Rate, g.o.RateLimit) <= 0 {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if b := g.buckets[c.Key]; b != nil {
		b.take(n)
	}
}

func (b *bucket) take(n int) {
	b.tokens -= float64(n)
	b.unsaid += n
}

func seconds(s float64) time.Duration {
	return time.Duration(math.Ceil(s)) * time.Second
}
