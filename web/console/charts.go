package console

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"notifier/message"
	"notifier/series"
	"notifier/web/look"
)

// Series keeps what was counted.
type Series interface {
	Series(ctx context.Context, site string, q series.Query) ([]series.Count, error)
}

// charts are those of a page, and where a page that stays open gets them again.
type charts struct {
	Source string
	All    []chart
	Clock  look.Clock
	Lang   string
	Units  string // of seconds, minutes and hours, for axes
}

// chart is a picture of numbers, a sentence about it, and the numbers themselves: scripts
// draw what the table says.
type chart struct {
	ID, Title string
	Says      string // what there is to see, for those who do not see it
	Bars      bool   // one for each row; else lines over time
	Seconds   bool   // values are times
	First     string // the head of the first column
	Lines     []chartLine
	Rows      []chartRow
	Empty     bool
	Choices   []choice // other addresses of the page, by what they show
}

// chartLine is one of the numbers of each row.
type chartLine struct {
	Name string
	Look int // how it is drawn, from 1
}

type chartRow struct {
	Name  string
	At    int64 // in seconds since 1970; 0 for bars
	Cells []chartCell
}

// chartCell is a number as people and as scripts read it; empty where it is not known.
type chartCell struct{ Text, Value string }

// counted keeps what was counted for a moment: many pages ask at once.
type counted struct {
	mu    sync.Mutex
	known map[countedOf]countedNow
}

type countedOf struct {
	site       string
	metric     series.Metric
	span, step time.Duration
}

type countedNow struct {
	q      series.Query
	counts []series.Count
	at     time.Time
}

// How old what was counted may be, and of how many questions it is kept.
const (
	countedFresh = 4 * time.Second
	countedMost  = 1000
)

// series is what was counted in the last while.
func (c *console) series(ctx context.Context, of countedOf, now time.Time) (series.Query, []series.Count, error) {
	c.counted.mu.Lock()
	defer c.counted.mu.Unlock()
	if known := c.counted.known[of]; now.Sub(known.at) < countedFresh {
		return known.q, known.counts, nil
	}
	q, err := series.Query{Metric: of.metric, Since: now.Add(-of.span), Until: now, Step: of.step}.Complete(now)
	if err != nil {
		return q, nil, err
	}
	counts, err := c.Series.Series(ctx, of.site, q)
	if err != nil {
		return q, nil, err
	}
	if len(c.counted.known) >= countedMost {
		c.counted.known = nil
	}
	if c.counted.known == nil {
		c.counted.known = map[countedOf]countedNow{}
	}
	c.counted.known[of] = countedNow{q, counts, now}
	return q, counts, nil
}

// chartsOf answers with the charts of a page alone, for pages that stay open.
func (c *console) chartsOf(w http.ResponseWriter, r *http.Request) error {
	b := c.base(r, "", "")
	made := map[string]func(*http.Request, base) (charts, error){"overview": c.overviewCharts, "errors": c.errorCharts}[r.PathValue("page")]
	if made == nil {
		return message.ErrNotFound
	}
	all, err := made(r, b)
	if err != nil {
		return err
	}
	return c.show(w, r, b.Lang, "charts", all)
}

// source is where the charts of a page are got again, as they were.
func (b base) source(page string, query url.Values) string {
	all := url.Values{"lang": {b.Lang}}
	maps.Copy(all, query)
	return "/charts/" + page + "?" + all.Encode()
}

// overviewCharts are those of the first page.
func (c *console) overviewCharts(r *http.Request, b base) (charts, error) {
	kind := r.URL.Query().Get("kind")
	query := url.Values{}
	if kind != "" {
		query.Set("kind", kind)
	}
	all := charts{Source: b.source("overview", query), Clock: b.Clock, Lang: b.Lang, Units: b.units()}
	for _, make := range []func(*http.Request, base) (chart, error){
		c.queueChart, c.flowChart, func(r *http.Request, b base) (chart, error) { return c.waitsChart(r, b, kind) }, c.digestsChart,
	} {
		one, err := make(r, b)
		if err != nil {
			return all, err
		}
		slices.Reverse(one.newestFirst())
		all.All = append(all.All, one)
	}
	return all, nil
}

// newestFirst are the rows that are to be turned round: what was last is read first.
func (p chart) newestFirst() []chartRow {
	if p.Bars {
		return nil
	}
	return p.Rows
}

// queueChart is how many messages waited in the last day.
func (c *console) queueChart(r *http.Request, b base) (chart, error) {
	words := b.Clock.Words
	q, counts, err := c.series(r.Context(), countedOf{site(r), series.Queue, 24 * time.Hour, 15 * time.Minute}, b.Clock.Now())
	p := chart{ID: "queue", Title: words.T("chart.queue"), First: words.T("list.when")}
	if err != nil {
		return p, err
	}
	s := q.Answer(counts)
	for i, status := range s.Columns {
		p.Lines = append(p.Lines, chartLine{words.T("status." + status), looks(message.Status(status), i)})
	}
	most, at := 0.0, time.Time{}
	for _, point := range s.Data {
		row := b.row(point.At)
		for _, status := range s.Columns {
			row.Cells = append(row.Cells, number(point.Values, status))
		}
		p.Rows = append(p.Rows, row)
		if len(point.Values) == 0 {
			continue
		}
		if n := point.Values[string(message.Pending)]; at.IsZero() || n > most {
			most, at = n, point.At
		}
	}
	p.Empty = at.IsZero()
	p.Says = words.T("chart.nothing")
	if !p.Empty {
		now, err := c.numbers(r.Context(), site(r), b.Clock.Now())
		if err != nil {
			return p, err
		}
		p.Says = words.T("chart.queue_calm", "Now", now.Due, "N", now.Deferred)
		if most > 0 {
			p.Says = words.T("chart.queue_says", "Now", now.Due, "N", now.Deferred, "Most", whole(most), "Moment", b.zoned(at))
		}
	}
	return p, nil
}

// looks is how a status is drawn.
func looks(s message.Status, i int) int {
	known := map[message.Status]int{message.Pending: 1, message.Deferred: 2, message.Error: 3, message.Sending: 4, message.Scheduled: 5, message.RateLimited: 6, message.PendingManual: 7}
	if look := known[s]; look > 0 {
		return look
	}
	return 1 + i%7
}

// flowChart is what left and what failed, by the minute.
func (c *console) flowChart(r *http.Request, b base) (chart, error) {
	words := b.Clock.Words
	p := chart{ID: "flow", Title: words.T("chart.flow"), First: words.T("list.when"), Lines: []chartLine{{words.T("chart.sent"), 4}, {words.T("chart.errors"), 3}}}
	var sums [2][]float64
	for i, metric := range []series.Metric{series.Sent, series.Errors} {
		q, counts, err := c.series(r.Context(), countedOf{site(r), metric, 3 * time.Hour, time.Minute}, b.Clock.Now())
		if err != nil {
			return p, err
		}
		for _, point := range q.Answer(counts).Data {
			if i == 0 {
				p.Rows = append(p.Rows, b.row(point.At))
			}
			sums[i] = append(sums[i], total(point.Values))
		}
	}
	most, at, sent, failed := 0.0, 0, 0.0, 0.0
	for i := range p.Rows {
		errors := 0.0
		if i < len(sums[1]) {
			errors = sums[1][i]
		}
		p.Rows[i].Cells = []chartCell{{whole(sums[0][i]), whole(sums[0][i])}, {whole(errors), whole(errors)}}
		sent, failed = sent+sums[0][i], failed+errors
		if sums[0][i] > most {
			most, at = sums[0][i], i
		}
	}
	p.Empty = sent+failed == 0
	p.Says = words.T("chart.nothing")
	if !p.Empty {
		now := sums[0][max(0, len(sums[0])-2)] // the last minute that is over
		p.Says = words.T("chart.flow_says", "Now", whole(now), "Most", whole(most), "Moment", b.zoned(time.Unix(p.Rows[at].At, 0)), "Count", whole(failed))
	}
	return p, nil
}

// waitsChart is how long messages waited in the last day, of all kinds or of one.
func (c *console) waitsChart(r *http.Request, b base, kind string) (chart, error) {
	words := b.Clock.Words
	p := chart{ID: "waits", Title: words.T("chart.waits"), First: words.T("list.when"), Seconds: true, Lines: []chartLine{{words.T("chart.half"), 1}, {words.T("chart.nearly"), 2}}}
	q, counts, err := c.series(r.Context(), countedOf{site(r), series.Waits, 24 * time.Hour, 15 * time.Minute}, b.Clock.Now())
	if err != nil {
		return p, err
	}
	q.Kind = kind
	for _, point := range q.Answer(counts).Data {
		row := b.row(point.At)
		for _, column := range []string{series.P50, series.P95} {
			value, known := point.Values[column]
			cell := chartCell{}
			if known {
				cell = chartCell{b.Span(time.Duration(value * float64(time.Second))), strconv.FormatFloat(value, 'f', -1, 64)}
			}
			row.Cells = append(row.Cells, cell)
		}
		p.Rows = append(p.Rows, row)
	}
	half, nearly, known := series.Waited(counts, kind)
	p.Empty, p.Says = !known, words.T("chart.nothing")
	if known {
		p.Says = words.T("chart.waits_says", "First", b.Span(half), "Last", b.Span(nearly))
	}
	p.Choices = b.kinds(counts, kind)
	return p, nil
}

// kinds leads to the waits of each kind that there are.
func (b base) kinds(counts []series.Count, kind string) []choice {
	var names []string
	if kind != "" {
		names = append(names, kind)
	}
	for _, c := range counts {
		if !slices.Contains(names, c.Label) {
			names = append(names, c.Label)
		}
	}
	if len(names) < 2 && kind == "" {
		return nil
	}
	slices.Sort(names)
	all := []choice{{"/", b.Clock.Words.T("chart.all"), kind == ""}}
	for _, name := range names {
		all = append(all, choice{"/?" + url.Values{"kind": {name}}.Encode() + "#chart-waits", b.counted(name), name == kind})
	}
	return all
}

// digestsChart is of how many messages the digests of a week were made.
func (c *console) digestsChart(r *http.Request, b base) (chart, error) {
	words := b.Clock.Words
	p := chart{ID: "digests", Title: words.T("chart.digests"), Bars: true, First: words.T("chart.size"), Lines: []chartLine{{words.T("chart.mails"), 1}}}
	q, counts, err := c.series(r.Context(), countedOf{site(r), series.Digests, 7 * 24 * time.Hour, 24 * time.Hour}, b.Clock.Now())
	if err != nil {
		return p, err
	}
	sums := map[string]float64{}
	for _, point := range q.Answer(counts).Data {
		for size, n := range point.Values {
			sums[size] += n
		}
	}
	often := ""
	for _, size := range series.Sizes() {
		p.Rows = append(p.Rows, chartRow{Name: size, Cells: []chartCell{{whole(sums[size]), whole(sums[size])}}})
		if sums[size] > sums[often] {
			often = size
		}
	}
	all := int(total(sums))
	p.Empty, p.Says = all == 0, words.T("chart.nothing")
	if all > 0 {
		p.Says = words.N("chart.digests_says", all, "What", often)
	}
	return p, nil
}

// row begins a row of a time.
func (b base) row(at time.Time) chartRow {
	return chartRow{Name: b.Clock.Moment(at), At: at.Unix()}
}

// zoned is a time with its zone: whoever hears it sees no axis.
func (b base) zoned(at time.Time) string { return b.Clock.Moment(at) + " " + b.Clock.Zone }

func number(values map[string]float64, column string) chartCell {
	n, known := values[column]
	if !known {
		return chartCell{}
	}
	return chartCell{whole(n), whole(n)}
}

func whole(n float64) string { return strconv.Itoa(int(n)) }

func total(values map[string]float64) (sum float64) {
	for _, n := range values {
		sum += n
	}
	return sum
}
