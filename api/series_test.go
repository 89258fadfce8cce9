package api_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"notifier/access"
	"notifier/message"
	"notifier/series"
)

// counted counts two mails and an error at that time, and that seven messages waited.
func (h *house) counted(at time.Time) {
	h.Helper()
	var c series.Counter
	m := message.Message{Site: site, Type: message.Direct, QueuedAt: at.Add(-20 * time.Second)}
	c.Settled(m, message.Outcome{Move: message.Accept, At: at})
	c.Settled(m, message.Outcome{Move: message.Accept, At: at})
	c.Settled(m, message.Outcome{Move: message.Fail, At: at, Error: &message.Failure{Category: message.MailboxFull}})
	if err := c.Hand(func(b series.Batch) error { return h.store.AddSeries(ctx, b) }); err != nil {
		h.Fatal(err)
	}
	if err := h.store.NoteLevels(ctx, series.Depth(site, at, map[message.Status]int{message.Pending: 7})); err != nil {
		h.Fatal(err)
	}
}

func TestSeries(t *testing.T) {
	each(t, func(h *house) {
		at := time.Now().UTC().Add(-10 * time.Minute).Truncate(time.Minute)
		h.counted(at)
		ask := func(query string, headers ...string) (s series.Series) {
			h.must(http.StatusOK, &s, "GET", "/api/v1/stats/timeseries?"+query, "", headers...)
			return s
		}
		window := "&since=" + url.QueryEscape(at.Add(-time.Minute).Format(time.RFC3339)) + "&until=" + url.QueryEscape(at.Add(2*time.Minute).Format(time.RFC3339))
		for query, want := range map[string]string{
			"metric=sent" + window:              "messages 1m [map[direct:0] map[direct:2] map[direct:0]]",
			"metric=errors" + window:            "messages 1m [map[mailbox_full:0] map[mailbox_full:1] map[mailbox_full:0]]",
			"metric=queue" + window:             "messages 1m [map[] map[pending:7] map[]]",
			"metric=waits" + window:             "seconds 1m [map[] map[mails:2 p50:20 p95:29] map[]]",
			"metric=waits&kind=digest" + window: "seconds 1m [map[] map[] map[]]",
		} {
			s := ask(query)
			var values []map[string]float64
			for _, p := range s.Data {
				values = append(values, p.Values)
			}
			if got := fmt.Sprint(s.Unit, " ", s.Step, " ", values); got != want {
				h.Errorf("%s: %s, want %s", query, got, want)
			}
		}
		if s := ask(""); s.Metric != series.Sent || s.Step != "5m" || len(s.Data) < 288 {
			h.Errorf("without a question: %s by %s, %d points", s.Metric, s.Step, len(s.Data))
		}
		if s := ask("since=" + url.QueryEscape(at.AddDate(0, 0, -60).Format(time.RFC3339))); s.Step != "6h" || len(s.Data) > 300 {
			h.Errorf("two months: by %s, %d points", s.Step, len(s.Data))
		}
		if err := h.store.AddSite(ctx, "acme", "UTC", time.Now()); err != nil {
			h.Fatal(err)
		}
		var k struct{ Secret string }
		h.must(http.StatusCreated, &k, "POST", "/api/v1/keys", `{"name":"acme","scopes":["queue:read"],"site":"acme"}`)
		if s := ask("metric=sent"+window, "Authorization", "Bearer "+k.Secret); len(s.Columns) > 0 {
			h.Errorf("another site sees %v", s.Columns)
		}
		_, secret := h.key(access.Send)
		if a := h.ask("GET", "/api/v1/stats/timeseries", "", "Authorization", "Bearer "+secret); a.StatusCode != http.StatusForbidden {
			h.Errorf("a key that may only send: %d", a.StatusCode)
		}
	})
}
