package gate

import (
	"cmp"
	"math"
	"time"

	"notifier/access"
)

// bucket holds what a key may still ask for now. It fills at the key's rate, up to what
// one second brings.
type bucket struct {
	tokens float64
	at     time.Time
}

// Take takes n requests out of the caller's bucket and tells what is left. One that has
// anything left gives all n, and owes the rest: a batch is not refused for its size, but
// what comes after it waits longer.
func (g *Gate) Take(c access.Caller, n int, at time.Time) access.Allowance {
	rate := cmp.Or(c.Rate, g.o.RateLimit)
	if rate <= 0 {
		return access.Allowance{OK: true}
	}
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
		b.tokens -= float64(n)
	}
	a.Remaining = max(0, int(b.tokens))
	a.Reset = seconds((most - b.tokens) / rate)
	if b.tokens < 1 {
		a.Wait = seconds((1 - b.tokens) / rate)
	}
	return a
}

// Owe is Take of what a request turned out to be beside itself.
func (g *Gate) Owe(c access.Caller, n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if b := g.buckets[c.Key]; b != nil {
		b.tokens -= float64(n)
	}
}

func seconds(s float64) time.Duration {
	return time.Duration(math.Ceil(s)) * time.Second
}
