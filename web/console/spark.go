package console

import (
	"time"

	"notifier/schedule"
)

// spark is how long the last runs of a job took, the last one on the right.
type spark struct {
	Says  string
	Bars  []sparkBar
	Width int
}

type sparkBar struct {
	X, Y, High int
	Failed     bool
}

// sparkHigh is how high the longest run is drawn.
const sparkHigh = 24

// Spark draws runs, of which the newest comes first; nothing of fewer than two.
func (b base) Spark(runs []schedule.Run) (s spark) {
	var longest, last time.Duration
	var done []schedule.Run
	for i := len(runs) - 1; i >= 0; i-- {
		if !runs[i].EndedAt.IsZero() {
			done = append(done, runs[i])
			last = runs[i].EndedAt.Sub(runs[i].StartedAt)
			longest = max(longest, last)
		}
	}
	if len(done) < 2 {
		return s
	}
	for i, run := range done {
		took := run.EndedAt.Sub(run.StartedAt)
		high := 2
		if longest > 0 {
			high = max(2, int(int64(sparkHigh)*int64(took)/int64(longest)))
		}
		s.Bars = append(s.Bars, sparkBar{X: 7 * i, Y: sparkHigh - high, High: high, Failed: run.Error != ""})
	}
	s.Width = 7 * len(done)
	s.Says = b.Clock.Words.N("chart.spark", len(done), "Last", b.Span(last), "Most", b.Span(longest))
	return s
}
