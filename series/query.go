package series

import (
	"slices"
	"time"

	"notifier/fault"
)

// Query asks for one metric over a time.
type Query struct {
	Metric Metric
	Kind   string // of waits alone; empty: all kinds together
	Since  time.Time
	Until  time.Time
	Step   time.Duration // 0: the shortest that makes few points
}

// MaxPoints is how many points an answer has at most.
const MaxPoints = 1500

// fewPoints is how many points an answer has whose step nobody has chosen.
const fewPoints = 300

// steps are those that can be asked for; each begins at whole multiples of itself, in UTC.
var steps = []struct {
	name string
	step time.Duration
}{{"1m", time.Minute}, {"5m", 5 * time.Minute}, {"15m", 15 * time.Minute}, {"1h", time.Hour}, {"6h", 6 * time.Hour}, {"24h", 24 * time.Hour}}

// Steps are the names of the steps that can be asked for.
func Steps() []string {
	var all []string
	for _, s := range steps {
		all = append(all, s.name)
	}
	return all
}

// Step is the step of that name; 0 if there is none.
func Step(name string) time.Duration {
	for _, s := range steps {
		if s.name == name {
			return s.step
		}
	}
	return 0
}

// StepName is what a step is called.
func StepName(step time.Duration) string {
	for _, s := range steps {
		if s.step == step {
			return s.name
		}
	}
	return step.String()
}

// Complete fills in what was left out, and tells what is wrong as *fault.Invalid: the last
// day if there is no time, ending now at the latest.
func (q Query) Complete(now time.Time) (Query, error) {
	var bad fault.Invalid
	if !slices.Contains(Metrics(), q.Metric) {
		bad.Add("query.metric", "bad_word", "there is no metric %q. Write sent, errors, queue, waits or digests", fault.Truncate(string(q.Metric), 60))
	}
	if q.Kind != "" && q.Metric != Waits {
		bad.Add("query.kind", "not_allowed", "kind is for waits alone. Leave it out: sent tells all kinds")
	}
	if q.Until.IsZero() || q.Until.After(now) {
		q.Until = now
	}
	if q.Since.IsZero() {
		q.Since = q.Until.Add(-24 * time.Hour)
	}
	if !q.Since.Before(q.Until) {
		bad.Add("query.since", "bad_range", "since is not before until. Give an earlier one")
		return q, &bad
	}
	minutes := now.Sub(q.Since) <= KeepMinutes
	if q.Step == 0 {
		q.Step = usual(q.Until.Sub(q.Since), minutes)
	}
	switch {
	case now.Sub(q.Since) > KeepHours+Hour:
		bad.Add("query.since", "too_long_ago", "counts are kept for 90 days. Give a later since")
	case q.Step < Hour && !minutes:
		bad.Add("query.step", "too_short", "minutes are kept for 48 hours. Write step=1h, or give a later since")
	case q.Until.Sub(q.Since)/q.Step >= MaxPoints:
		bad.Add("query.step", "too_short", "that would be %d points; at most %d are given. Give a longer step, as in 1h, or a shorter time", q.Until.Sub(q.Since)/q.Step+1, MaxPoints)
	}
	if len(bad.Faults) > 0 {
		return q, &bad
	}
	q.Since = q.Since.UTC().Truncate(q.Step)
	if end := q.Until.UTC().Truncate(q.Step); end.Before(q.Until) {
		q.Until = end.Add(q.Step)
	}
	return q, nil
}

// usual is the shortest step that makes few points.
func usual(span time.Duration, minutes bool) time.Duration {
	for _, s := range steps {
		if span/s.step <= fewPoints && (minutes || s.step >= Hour) {
			return s.step
		}
	}
	return steps[len(steps)-1].step
}

// Rows is the step of the rows that the answer is made of.
func (q Query) Rows() time.Duration {
	switch {
	case q.Step < Quarter:
		return Minute
	case q.Step < Hour:
		return Quarter
	}
	return Hour
}
