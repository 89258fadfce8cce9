package notifications

import (
	"testing"
	"time"

	"notifier/message"
)

func TestTheLongestWaitDoubles(t *testing.T) {
	const (
		s = time.Second
		m = time.Minute
		h = time.Hour
	)
	for _, row := range []struct {
		retry Retry
		want  []time.Duration
	}{
		{Retry{}, []time.Duration{m, 2 * m, 4 * m, 8 * m, 16 * m, 32 * m, 64 * m, 2 * h, 2 * h, 2 * h, 2 * h, 2 * h}},
		{Retry{Base: 5 * s, Cap: 30 * s}, []time.Duration{5 * s, 10 * s, 20 * s, 30 * s, 30 * s}},
		{Retry{Base: h, Cap: m}, []time.Duration{m, m}},
	} {
		r := row.retry.withDefaults()
		for i, want := range row.want {
			if got := r.ceiling(i + 1); got != want {
				t.Errorf("%+v: after %d attempts it waits %v at most, want %v", row.retry, i+1, got, want)
			}
		}
		if last := row.want[len(row.want)-1]; r.ceiling(1000) != last || r.ceiling(0) != row.want[0] {
			t.Errorf("%+v: after 1000 attempts %v, want %v", row.retry, r.ceiling(1000), last)
		}
	}
}

func TestTheWaitIsAnyPartOfTheLongest(t *testing.T) {
	r := Retry{}.withDefaults()
	for attempts := 1; attempts <= 25; attempts++ {
		var tenths [10]int
		for range 1000 {
			wait := r.wait(attempts, &message.Failure{})
			if wait < time.Second || wait >= r.ceiling(attempts) {
				t.Fatalf("after %d attempts it waits %v, want 1s to %v", attempts, wait, r.ceiling(attempts))
			}
			tenths[10*wait/r.ceiling(attempts)]++
		}
		for i, n := range tenths { // 100 each; six standard deviations are 57
			if n < 43 || n > 157 {
				t.Errorf("after %d attempts the %dth tenth was drawn %d times of 1000", attempts, i+1, n)
			}
		}
		if wait := r.wait(attempts, &message.Failure{NotBefore: 3 * time.Hour}); wait != 3*time.Hour {
			t.Errorf("the server wants 3h, it waits %v", wait)
		}
	}
	if wait := (Retry{Base: 1, Cap: 1}).wait(1, &message.Failure{}); wait != time.Second {
		t.Errorf("it waits %v, want a second at least", wait)
	}
}
