package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Metric is what is counted.
type Metric string

// The metrics.
const (
	MetricSent    Metric = "sent"    // messages that a mail server took, by kind
	MetricErrors  Metric = "errors"  // messages that were given up, by category
	MetricQueue   Metric = "queue"   // the most messages that were queued, by status
	MetricWaits   Metric = "waits"   // seconds from when messages were due until a mail server took them, of one kind or all
	MetricDigests Metric = "digests" // mails of UserNotifications, by how many messages they were made of
)

// SeriesQuery asks for one metric over a time.
type SeriesQuery struct {
	Metric       Metric
	Kind         string        // of waits alone; empty: all kinds together
	Since, Until time.Time     // zero: the last day
	Step         time.Duration // 1, 5 or 15 minutes, 1, 6 or 24 hours; 0: the shortest that makes few points
}

// Series is a metric over a time, a point for each step.
type Series struct {
	Metric  Metric    `json:"metric"`
	Kind    string    `json:"kind,omitempty"`
	Unit    string    `json:"unit"` // messages, seconds or mails
	Since   time.Time `json:"since"`
	Until   time.Time `json:"until"`
	Step    string    `json:"step"`
	Columns []string  `json:"columns"` // the names that values can have, in their order
	Data    []Point   `json:"data"`    // the first first
}

// Point is one step of a series.
type Point struct {
	At     time.Time          `json:"at"`     // when the step begins
	Values map[string]float64 `json:"values"` // by column; empty where nobody looked
}

// Series is a metric over a time, a point for each step. What is missing in the query is
// left to the service: the last day, and the shortest step that makes few points.
func (c *Client) Series(ctx context.Context, q SeriesQuery) (Series, error) {
	query := url.Values{"metric": {string(q.Metric)}}
	if q.Kind != "" {
		query.Set("kind", q.Kind)
	}
	if q.Step != 0 {
		query.Set("step", Span(q.Step).String())
	}
	for name, t := range map[string]time.Time{"since": q.Since, "until": q.Until} {
		if !t.IsZero() {
			query.Set(name, t.UTC().Format(time.RFC3339Nano))
		}
	}
	var s Series
	err := c.do(ctx, request{method: http.MethodGet, path: "/stats/timeseries", query: query}, &s)
	return s, err
}
