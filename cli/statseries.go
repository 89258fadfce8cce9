package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"notifier/fault"
	"notifier/listing"
	"notifier/series"
)

// overTime says which series is asked for.
type overTime struct{ metric, kind, until, step string }

func (o *overTime) add(c *cobra.Command) {
	c.Flags().StringVar(&o.metric, "series", "", "tell step by step: `what` was sent, errors, queue, waits or digests")
	c.Flags().StringVar(&o.kind, "kind", "", "of waits, only those of this `kind` of event, or of digest, deadline or direct")
	c.Flags().StringVar(&o.until, "until", "", "until when, as --since; now if absent: a `time`")
	c.Flags().StringVar(&o.step, "step", "", "how `long` a step is: 1m, 5m, 15m, 1h, 6h or 24h")
	for flag, values := range map[string][]string{"series": metrics(), "step": series.Steps()} {
		_ = c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)) // the flag is there
	}
}

func metrics() (all []string) {
	for _, m := range series.Metrics() {
		all = append(all, string(m))
	}
	return all
}

// printSeries prints a row for each step.
func (s *shared) printSeries(ctx context.Context, c *cobra.Command, d *door, o overTime, since string) error {
	if !slices.Contains(metrics(), o.metric) {
		return usageError{fmt.Errorf("there is no series %q.%s", fault.Truncate(o.metric, 60), fault.Suggest(o.metric, metrics()))}
	}
	q := url.Values{"metric": {o.metric}}
	for name, value := range map[string]string{"since": since, "until": o.until, "step": o.step, "kind": o.kind} {
		if value != "" {
			q.Set(name, value)
		}
	}
	answer, raw, err := ask[series.Series](ctx, d, apiRequest{method: http.MethodGet, path: "/stats/timeseries", query: q})
	if err != nil {
		return err
	}
	p := s.printer(c)
	if p.Format == listing.JSON || p.Format == listing.YAML {
		return listing.One(p, raw, nil)
	}
	var page listing.Page
	for _, point := range answer.Data {
		row, err := json.Marshal(point)
		if err != nil {
			return err
		}
		page.Data = append(page.Data, row)
	}
	columns := []listing.Column[series.Point]{{Title: "At", Value: func(p series.Point) string { return p.At.Format(time.RFC3339) }}}
	for _, name := range answer.Columns {
		columns = append(columns, listing.Column[series.Point]{Title: name, Value: func(p series.Point) string {
			value, known := p.Values[name]
			if !known {
				return ""
			}
			return strconv.FormatFloat(value, 'f', -1, 64)
		}})
	}
	return listing.List(p, page, columns)
}
