package series

import (
	"slices"
	"strings"
	"time"

	"notifier/message"
)

// Series is a metric over a time, a point for each step.
type Series struct {
	Metric  Metric    `json:"metric" enum:"sent,errors,queue,waits,digests"`
	Kind    string    `json:"kind,omitempty" doc:"The only kind that waits are of."`
	Unit    string    `json:"unit" enum:"messages,seconds,mails" doc:"What the values are of."`
	Since   time.Time `json:"since" doc:"When the first point begins."`
	Until   time.Time `json:"until" doc:"When the last point ends."`
	Step    string    `json:"step" enum:"1m,5m,15m,1h,6h,24h"`
	Columns []string  `json:"columns" doc:"The names that values can have, in their order."`
	Data    []Point   `json:"data" doc:"A point for each step, the first first."`
}

// Point is one step of a series.
type Point struct {
	At     time.Time          `json:"at" doc:"When the step begins."`
	Values map[string]float64 `json:"values" doc:"By column; empty where nobody looked, or nothing could be measured."`
}

// The columns of waits.
const (
	P50   = "p50"
	P95   = "p95"
	Mails = "mails"
)

// Answer makes a series of what the rows say. Counts that are missing are 0; levels and
// waits are unknown then.
func (q Query) Answer(counts []Count) Series {
	s := Series{Metric: q.Metric, Kind: q.Kind, Unit: "messages", Since: q.Since, Until: q.Until, Step: StepName(q.Step), Columns: []string{}, Data: []Point{}}
	at := map[int64][]Count{}
	for _, c := range counts {
		at[c.At.Unix()] = append(at[c.At.Unix()], c)
	}
	var fill func(p Point, counts []Count)
	switch q.Metric {
	case Waits:
		s.Unit, s.Columns, fill = "seconds", []string{P50, P95, Mails}, q.wait
	case Digests:
		s.Unit, s.Columns, fill = "mails", Sizes(), func(p Point, counts []Count) {
			for _, c := range counts {
				p.Values[sizeNames[min(c.Bucket, len(sizeNames)-1)]] += float64(c.N)
			}
		}
	default:
		s.Columns, fill = labels(counts), func(p Point, counts []Count) {
			for _, c := range counts {
				p.Values[c.Label] += float64(c.N)
			}
		}
	}
	for t := q.Since; t.Before(q.Until); t = t.Add(q.Step) {
		p := Point{At: t, Values: map[string]float64{}}
		if found := at[t.Unix()]; q.Metric != Waits && (len(found) > 0 || !q.Metric.Level()) {
			for _, column := range s.Columns {
				p.Values[column] = 0
			}
		}
		fill(p, at[t.Unix()])
		s.Data = append(s.Data, p)
	}
	return s
}

// wait fills in how long was waited in a step.
func (q Query) wait(p Point, counts []Count) {
	buckets := make([]int, len(waits)+1)
	all := 0
	for _, c := range counts {
		if q.Kind == "" || c.Label == q.Kind {
			buckets[min(c.Bucket, len(waits))] += c.N
			all += c.N
		}
	}
	for name, part := range map[string]float64{P50: 0.5, P95: 0.95} {
		if wait, counted := Quantile(buckets, part); counted {
			p.Values[name] = wait.Round(time.Millisecond).Seconds()
		}
	}
	if all > 0 {
		p.Values[Mails] = float64(all)
	}
}

// labels are those of the counts: statuses in the order of a message's life, others by name.
func labels(counts []Count) []string {
	all := []string{}
	for _, c := range counts {
		if !slices.Contains(all, c.Label) {
			all = append(all, c.Label)
		}
	}
	slices.SortFunc(all, func(a, b string) int {
		i, j := slices.Index(message.Statuses(), message.Status(a)), slices.Index(message.Statuses(), message.Status(b))
		if i != j {
			return i - j
		}
		return strings.Compare(a, b)
	})
	return all
}
