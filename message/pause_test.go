package message

import (
	"testing"
	"time"
)

func TestAPauseGrowsAndIsForgotten(t *testing.T) {
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	first := at
	var p Pause
	if !p.Over(at) {
		t.Error("a pause that has not begun is not over")
	}
	for _, want := range []int{1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300} {
		p = p.Lengthened(at, RelayDown, Failure{Category: ConnectFailed})
		end := at.Add(time.Duration(want) * time.Second)
		if !p.Until.Equal(end) || p.Over(end.Add(-1)) || !p.Over(end) || !p.Since.Equal(first) {
			t.Errorf("it ends at %v, want %v; over before %t, over then %t, since %v", p.Until, end, p.Over(end.Add(-1)), p.Over(end), p.Since)
		}
		if !p.Over(at.Add(-time.Hour)) {
			t.Error("the clock was set back by an hour, and mail waits for it")
		}
		at = end
	}
	p.ProbedUntil = at.Add(time.Minute)
	if p.Over(at) || !p.Over(at.Add(time.Minute)) {
		t.Errorf("while another replica asks the account: over %t, afterwards %t", p.Over(at), p.Over(at.Add(time.Minute)))
	}
}
