package client

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"notifier/series"
)

// Series is a metric over a time, a point for each step. What is missing in the query is
// left to the service: the last day, and the shortest step that makes few points.
func (c *Client) Series(ctx context.Context, q series.Query) (series.Series, error) {
	query := url.Values{"metric": {string(q.Metric)}}
	if q.Kind != "" {
		query.Set("kind", q.Kind)
	}
	if q.Step != 0 {
		query.Set("step", series.StepName(q.Step))
	}
	for name, t := range map[string]time.Time{"since": q.Since, "until": q.Until} {
		if !t.IsZero() {
			query.Set(name, t.UTC().Format(time.RFC3339Nano))
		}
	}
	var s series.Series
	err := c.do(ctx, request{method: http.MethodGet, path: "/stats/timeseries", query: query}, &s)
	return s, err
}
