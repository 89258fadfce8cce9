package console_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"notifier/access"
	"notifier/message"
	"notifier/schedule"
	"notifier/series"
	"notifier/web/look"
)

// counted counts mails of a kind that waited so long, and errors, at that time.
func (h *house) counted(at time.Time, kind message.Kind, n int, wait time.Duration, errors int) {
	h.Helper()
	var c series.Counter
	m := message.Message{Site: site, Type: message.Single, Kind: kind, QueuedAt: at.Add(-wait)}
	for range n {
		c.Settled(m, message.Outcome{Move: message.Accept, At: at})
		c.Closed(site, 4, at)
	}
	for range errors {
		c.Settled(m, message.Outcome{Move: message.Fail, At: at, Error: &message.Failure{Category: message.MailboxFull}})
	}
	if err := c.Hand(func(b series.Batch) error { return h.store.AddSeries(h.Context(), b) }); err != nil {
		h.Fatal(err)
	}
	if err := h.store.NoteLevels(h.Context(), series.Depth(site, at, map[message.Status]int{message.Pending: 7})); err != nil {
		h.Fatal(err)
	}
}

// Each chart has a sentence, and a table that says the same.
func TestCharts(t *testing.T) {
	quiet := open(t)
	quiet.wants(quiet.ask(access.Viewer, "GET", "/", nil), http.StatusOK, "No mail in this time.")
	quiet.wants(quiet.ask(access.Viewer, "GET", "/errors", nil), http.StatusOK, "No errors in this time.")
	h := open(t)
	at := time.Now().UTC().Add(-20 * time.Minute).Truncate(time.Minute)
	h.counted(at, message.CaseChanged, 3, 20*time.Second, 2)
	h.counted(at.Add(time.Minute), message.CaseReceived, 1, 2*time.Hour, 0)
	page := h.ask(access.Viewer, "GET", "/", nil)
	h.wants(page, http.StatusOK, "highest 3", "errors in this time: 2", "the most pending were 7", "4 mails; most often made of: 3–5.", "Case assigned")
	body := page.Body.String()
	for chart, cells := range map[string]string{
		"flow":    fmt.Sprintf(`data-at="%d".*<data value="3">3</data>.*<data value="2">2</data>`, at.Unix()),
		"queue":   `<data value="7">7</data>`,
		"digests": `3–5</th><td><data value="4">4</data>`,
	} {
		_, figure, found := strings.Cut(body, `id="chart-`+chart+`"`)
		figure, _, _ = strings.Cut(figure, "</figure>")
		if !found || !regexp.MustCompile(cells).MatchString(figure) {
			t.Errorf("the table of %s does not have %s", chart, cells)
		}
		if !regexp.MustCompile(`role="img" aria-label="[^"]{30,}"`).MatchString(figure) {
			t.Errorf("%s is not put into words", chart)
		}
	}
	one := h.ask(access.Viewer, "GET", "/?kind=case_received", nil)
	h.wants(one, http.StatusOK, "Half of the mail left within 1 h 30 min of its time")
	h.wants(h.ask(access.Viewer, "GET", "/errors", nil), http.StatusOK, "2 errors; most often: The mailbox is full.")
	again := h.ask(access.Viewer, "GET", "/charts/overview?kind=case_received&lang=pl", nil)
	h.wants(again, http.StatusOK, "Połowa wiadomości wyszła w ciągu 1 godz. 30 min")
	if strings.Contains(again.Body.String(), "<html") || !strings.Contains(again.Body.String(), `data-charts="/charts/overview?kind=case_received&amp;lang=pl"`) {
		t.Error("the charts alone are a whole page, or lead elsewhere")
	}
	h.wants(h.ask(access.Viewer, "GET", "/charts/everything", nil), http.StatusNotFound)
}

func TestDurationsOfRuns(t *testing.T) {
	h := open(t)
	at := time.Now().UTC().Add(-time.Hour).Truncate(time.Microsecond)
	for i, took := range []time.Duration{time.Second, 3 * time.Second, 40 * time.Millisecond} {
		r := schedule.Run{ID: string(message.NewID("run")), Job: schedule.Reminders, ScheduledAt: at.Add(time.Duration(i) * time.Minute), StartedAt: at.Add(time.Duration(i) * time.Minute), Trigger: schedule.Scheduled, Replica: "test"}
		if ours, err := h.store.Fire(t.Context(), r); err != nil || !ours {
			t.Fatal(ours, err)
		}
		r.EndedAt = r.StartedAt.Add(took)
		if i == 1 {
			r.Error = "the database was away"
		}
		if err := h.store.Finish(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	page := h.ask(access.Viewer, "GET", "/jobs/reminders", nil)
	h.wants(page, http.StatusOK, "The last 3 runs: the longest took 3 s, the last 40 ms.")
	if svg := page.Body.String(); strings.Count(svg, "<rect x=") != 3 || strings.Count(svg, `class="failed"`) != 1 || !strings.Contains(svg, `y="0" width="5" height="24" class="failed"`) {
		t.Error("the picture of the runs is not as they were")
	}
	h.wants(h.ask(access.Viewer, "GET", "/jobs", nil), http.StatusOK, "The last 3 runs: the longest took 3 s, the last 40 ms.")
}

// The most that a page may weigh on its way, with all that it loads, in bytes.
const (
	light       = 60 << 10
	lightCharts = 90 << 10
)

var loads = regexp.MustCompile(`(?:src|href)="(/assets/[^"]+)"`)

// No page is heavy: compressed as it is sent, with its style sheets and scripts.
func TestWeight(t *testing.T) {
	h := open(t)
	h.send(60, false)
	h.send(3, true)
	for i := range 180 {
		h.counted(time.Now().UTC().Add(-time.Duration(i)*time.Minute), message.CaseChanged, 3+i%7, time.Duration(i)*time.Second, i%3)
	}
	for i := range 96 {
		h.counted(time.Now().UTC().Add(-time.Duration(i)*15*time.Minute), message.CaseReceived, 1234+i, time.Duration(i)*time.Minute, i)
	}
	heaviest := map[bool]int{}
	for _, path := range []string{"/", "/messages", "/deferred", "/errors", "/why", "/jobs", "/jobs/notifications", "/jobs/what-if", "/reminders", "/people", "/accounts", "/webhooks", "/keys", "/audit", "/nowhere"} {
		page := h.ask(access.Manager, "GET", path, nil)
		body := page.Body.String()
		weight, charts := h.compressed(h.pages, path), strings.Contains(body, "data-charts")
		for _, asset := range loads.FindAllStringSubmatch(body, -1) {
			weight += h.compressed(look.Assets(), asset[1])
		}
		heaviest[charts] = max(heaviest[charts], weight)
		if most := map[bool]int{false: light, true: lightCharts}[charts]; weight > most {
			t.Errorf("%s weighs %d bytes; at most %d are allowed", path, weight, most)
		}
		if strings.Contains(body, "uPlot") != charts {
			t.Errorf("%s has charts: %t, and loads what draws them: %t", path, charts, !charts)
		}
	}
	t.Logf("the heaviest page has %d bytes, with charts %d", heaviest[false], heaviest[true])
}

// compressed is how much is sent for a path.
func (h *house) compressed(from http.Handler, path string) int {
	h.Helper()
	r := httptest.NewRequest("GET", path, nil)
	r.Header.Set("Accept-Encoding", "gzip")
	r.AddCookie(&http.Cookie{Name: "notifier_session", Value: h.tokens[access.Manager]})
	w := httptest.NewRecorder()
	from.ServeHTTP(w, r)
	if w.Header().Get("Content-Encoding") != "gzip" {
		h.Errorf("%s is not compressed", path)
	}
	return w.Body.Len()
}
