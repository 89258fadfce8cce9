package message_test

import (
	"testing"
	"time"

	"notifier/message"
)

// L3: many suppressions at once are a burst; the same number over a day is not.
func TestLastBurst(t *testing.T) {
	every := func(n int, d time.Duration, last time.Time) (times []time.Time) {
		for i := range n {
			times = append(times, last.Add(-time.Duration(i)*d))
		}
		return times
	}
	hour := noon.Add(-time.Hour)
	for _, c := range []struct {
		name  string
		times []time.Time
		n     int
		to    time.Time
	}{
		{"none", nil, 0, noon},
		{"one too few", every(message.BurstSize-1, time.Second, noon), 0, noon},
		{"enough", every(message.BurstSize, time.Second, noon), message.BurstSize, noon},
		{"enough, at one instant", every(message.BurstSize, 0, noon), message.BurstSize, noon},
		{"as many over a day", every(20, time.Hour, noon), 0, noon},
		{"many, for a while", every(100, 30*time.Second, noon), 100, noon},
		{"a burst an hour ago, and some since", append(every(3, 5*time.Minute, noon), every(12, time.Second, hour)...), 12, hour},
		{"two bursts: the last", append(every(11, time.Second, noon), every(12, time.Second, hour)...), 11, noon},
	} {
		b, found := message.LastBurst(c.times)
		if found != (c.n > 0) || b.N != c.n || found && !b.To.Equal(c.to) {
			t.Errorf("%s: %+v, %t; want %d until %s", c.name, b, found, c.n, c.to)
		}
	}
}
