package console

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"notifier/message"
	"notifier/series"
)

// errorLines is how many categories have a line of their own.
const errorLines = 5

// errorCharts are those of the page of errors.
func (c *console) errorCharts(r *http.Request, b base) (charts, error) {
	all := charts{Source: b.source("errors", nil), Clock: b.Clock, Lang: b.Lang, Units: b.units()}
	one, err := c.errorsChart(r, b)
	slices.Reverse(one.newestFirst())
	all.All = []chart{one}
	return all, err
}

// errorsChart is what failed in the last two days, by the hour and by why.
func (c *console) errorsChart(r *http.Request, b base) (chart, error) {
	words := b.Clock.Words
	p := chart{ID: "errors", Title: words.T("chart.failures"), First: words.T("list.when")}
	q, counts, err := c.series(r.Context(), countedOf{site(r), series.Errors, 47 * time.Hour, time.Hour}, b.Clock.Now())
	if err != nil {
		return p, err
	}
	s := q.Answer(counts)
	sums, all := map[string]float64{}, 0.0
	for _, point := range s.Data {
		for category, n := range point.Values {
			sums[category] += n
			all += n
		}
	}
	categories := slices.SortedFunc(slices.Values(s.Columns), func(a, b string) int {
		return cmp.Or(cmp.Compare(sums[b], sums[a]), strings.Compare(a, b))
	})
	shown := categories[:min(errorLines, len(categories))]
	for i, category := range shown {
		p.Lines = append(p.Lines, chartLine{b.Says(message.Category(category)), []int{3, 1, 2, 4, 6}[i]})
	}
	others := len(categories) > len(shown)
	if others {
		p.Lines = append(p.Lines, chartLine{words.T("chart.others"), 5})
	}
	for _, point := range s.Data {
		row, rest := b.row(point.At), total(point.Values)
		for _, category := range shown {
			row.Cells = append(row.Cells, number(point.Values, category))
			rest -= point.Values[category]
		}
		if others {
			row.Cells = append(row.Cells, chartCell{whole(rest), whole(rest)})
		}
		p.Rows = append(p.Rows, row)
	}
	p.Empty, p.Says = all == 0, words.T("chart.no_errors")
	if all > 0 {
		p.Says = words.N("chart.failures_says", int(all), "Says", b.Says(message.Category(categories[0])))
	}
	return p, nil
}
