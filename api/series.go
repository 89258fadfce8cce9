package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"notifier/fault"
	"notifier/message/search"
	"notifier/series"
)

// Series keeps what was counted.
type Series interface {
	Series(ctx context.Context, site string, q series.Query) ([]series.Count, error)
}

type seriesIn struct {
	Metric string `query:"metric" doc:"What is counted: sent messages by kind; errors by category; the queue by status; waits from when a message was due until a relay took it; digests by how many messages they are made of." enum:"sent,errors,queue,waits,digests" default:"sent"`
	Kind   string `query:"kind" doc:"Of waits, only those of this kind of event, or of digest, deadline or direct." example:"case_changed" maxLength:"200"`
	Since  string `query:"since" doc:"From when on: how long ago, as in 24h or 7d, a date, or a time; a day before until if absent. Minutes are kept for two days, hours for 90." example:"24h"`
	Until  string `query:"until" doc:"Until when; now if absent."`
	Step   string `query:"step" doc:"How long a point is; as short as makes few points if absent. At most 1500 points are given." enum:"1m,5m,15m,1h,6h,24h"`
}

type seriesOut struct{ Body series.Series }

func (h *handler) seriesRoutes(api huma.API) {
	register(h, api, huma.Operation{
		OperationID: "get-timeseries", Method: http.MethodGet, Path: "/stats/timeseries", Tags: []string{"service"},
		Summary:     "What happened over a time, step by step",
		Description: "Steps begin at whole multiples of themselves in UTC, so the first and the last point may reach beyond since and until. Counts come from all replicas, some seconds late; a process that is killed takes its last seconds with it.",
	}, func(ctx context.Context, in *seriesIn) (*seriesOut, error) {
		q, err := in.query(now(ctx))
		if err != nil {
			return nil, err
		}
		counts, err := h.Series.Series(ctx, callerOf(ctx).Site, q)
		return &seriesOut{Body: q.Answer(counts)}, err
	})
}

// query is what the parameters ask for.
func (in *seriesIn) query(at time.Time) (series.Query, error) {
	q := series.Query{Metric: series.Metric(in.Metric), Kind: in.Kind, Step: series.Step(in.Step)}
	var bad fault.Invalid
	for _, p := range []struct {
		name, value string
		into        *time.Time
	}{{"since", in.Since, &q.Since}, {"until", in.Until, &q.Until}} {
		if p.value != "" {
			t, err := search.Time(p.value, at)
			bad.Check("query."+p.name, "bad_parameter", err)
			*p.into = t
		}
	}
	if err := bad.Err(); err != nil {
		return q, err
	}
	return q.Complete(at)
}
