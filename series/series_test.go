package series_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"notifier/fault"
	"notifier/message"
	"notifier/series"
)

var noon = time.Date(2026, 3, 2, 12, 0, 30, 0, time.UTC)

func counted(c *series.Counter) (all []series.Count) {
	_ = c.Hand(func(b series.Batch) error {
		all = append(all, b.Counts...)
		return nil
	})
	return all
}

func lines(all []series.Count) string {
	var b strings.Builder
	for _, c := range all {
		fmt.Fprintf(&b, "%s %s %s %s %s/%d %d\n", c.Site, c.Metric, c.Step, c.At.Format("15:04"), c.Label, c.Bucket, c.N)
	}
	return b.String()
}

func TestWhatAClaimComesToIsCounted(t *testing.T) {
	var c series.Counter
	due := noon.Add(-20 * time.Second)
	m := message.Message{Site: "a", Type: message.Single, Kind: message.CaseChanged, QueuedAt: due}
	accept := message.Outcome{Move: message.Accept, At: noon}
	c.Settled(m, accept)
	c.Settled(m, accept)
	m.QueuedAt, m.RetriedAt = due.Add(-time.Hour), noon.Add(-time.Second) // asked for again a second ago
	m.Type = message.Direct
	c.Settled(m, accept)
	c.Settled(m, message.Outcome{Move: message.Fail, At: noon, Error: &message.Failure{Category: message.MailboxFull}})
	c.Settled(m, message.Outcome{Move: message.Fail, At: noon})
	c.Settled(m, message.Outcome{Move: message.Lose, At: noon.Add(time.Hour), Error: &message.Failure{Category: message.LeaseLost}})
	c.Settled(m, message.Outcome{Move: message.Postpone, At: noon, Error: &message.Failure{Category: message.MailboxFull}}) // goes on
	c.Closed("a", 4, noon)
	want := `a digests 1m0s 12:00 /2 1
a errors 1m0s 12:00 mailbox_full/0 1
a errors 1m0s 12:00 unknown/0 1
a errors 1m0s 13:00 lease_lost/0 1
a sent 1m0s 12:00 case_changed/0 2
a sent 1m0s 12:00 direct/0 1
a waits 1m0s 12:00 case_changed/7 2
a waits 1m0s 12:00 direct/3 1
a digests 15m0s 12:00 /2 1
a errors 15m0s 12:00 mailbox_full/0 1
a errors 15m0s 12:00 unknown/0 1
a errors 15m0s 13:00 lease_lost/0 1
a sent 15m0s 12:00 case_changed/0 2
a sent 15m0s 12:00 direct/0 1
a waits 15m0s 12:00 case_changed/7 2
a waits 15m0s 12:00 direct/3 1
a digests 1h0m0s 12:00 /2 1
a errors 1h0m0s 12:00 mailbox_full/0 1
a errors 1h0m0s 12:00 unknown/0 1
a errors 1h0m0s 13:00 lease_lost/0 1
a sent 1h0m0s 12:00 case_changed/0 2
a sent 1h0m0s 12:00 direct/0 1
a waits 1h0m0s 12:00 case_changed/7 2
a waits 1h0m0s 12:00 direct/3 1
`
	if got := lines(counted(&c)); got != want {
		t.Errorf("counted\n%swant\n%s", got, want)
	}
	if got := counted(&c); got != nil {
		t.Errorf("what was handed over is there again: %v", got)
	}
}

// Every move of a claim that ends in an error is counted as one.
func TestErrorsAreThoseOfTheTable(t *testing.T) {
	for _, move := range []message.Move{message.Accept, message.Fail, message.Lose, message.Lapse, message.Postpone, message.Limit, message.HandBack, message.Expire, message.Skip} {
		var c series.Counter
		c.Settled(message.Message{}, message.Outcome{Move: move, At: noon})
		got, want := lines(counted(&c)), message.After(move)
		if strings.Contains(got, "errors") != (want == message.Error) || strings.Contains(got, "sent") != (want == message.Sent) {
			t.Errorf("%s leads to %s and counts %q", move, want, got)
		}
	}
}

// L1: what could not be handed over comes again as the same batch, and what was counted
// meanwhile as another: whoever had taken it, and whose answer was lost, can tell.
func TestWhatCannotBeHandedOverIsKept(t *testing.T) {
	var c series.Counter
	c.Closed("a", 1, noon)
	away := errors.New("away")
	var lost series.Batch
	if err := c.Hand(func(b series.Batch) error { lost = b; c.Closed("a", 1, noon); return away }); !errors.Is(err, away) {
		t.Errorf("Hand = %v", err)
	}
	var batches []series.Batch
	if err := c.Hand(func(b series.Batch) error { batches = append(batches, b); return nil }); err != nil {
		t.Error(err)
	}
	if len(batches) != 2 || fmt.Sprint(batches[0]) != fmt.Sprint(lost) || batches[1].Source != lost.Source || batches[1].N != lost.N+1 {
		t.Errorf("%+v was lost, and then came %+v; want it again, and another", lost, batches)
	}
	for _, b := range batches {
		if len(b.Counts) != 3 || b.Counts[0].N != 1 {
			t.Errorf("a batch has %v, want one closed window in three steps", b.Counts)
		}
	}
	if again := counted(&c); again != nil {
		t.Errorf("what was handed over comes again: %v", again)
	}
	var nobody *series.Counter
	nobody.Closed("a", 1, noon)
	if err := nobody.Hand(func(series.Batch) error { return away }); err != nil {
		t.Error(err)
	}
}

func TestManyCountAtOnce(t *testing.T) {
	var c series.Counter
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 1000 {
				c.Closed("a", 3, noon)
			}
		})
	}
	all.Wait()
	if got := counted(&c); len(got) != 3 || got[0].N != 8000 {
		t.Errorf("counted %v, want 8000", got)
	}
}

func TestQuantiles(t *testing.T) {
	for _, row := range []struct {
		name     string
		buckets  map[int]int
		p50, p95 time.Duration
	}{
		{"all in the first bucket", map[int]int{0: 100}, 50 * time.Millisecond, 95 * time.Millisecond},
		{"half and half", map[int]int{3: 50, 8: 50}, time.Second, 57 * time.Second},
		{"one alone", map[int]int{10: 1}, 150 * time.Second, 177 * time.Second},
		{"longer than any bucket", map[int]int{18: 3}, 24 * time.Hour, 24 * time.Hour},
		{"a long tail", map[int]int{0: 90, 18: 10}, 55555555, 24 * time.Hour},
	} {
		buckets := make([]int, 19)
		for i, n := range row.buckets {
			buckets[i] = n
		}
		p50, _ := series.Quantile(buckets, 0.5)
		p95, known := series.Quantile(buckets, 0.95)
		if p50 != row.p50 || p95 != row.p95 || !known {
			t.Errorf("%s: p50 %v, p95 %v, want %v and %v", row.name, p50, p95, row.p50, row.p95)
		}
	}
	if _, known := series.Quantile(make([]int, 19), 0.5); known {
		t.Error("nothing has a median")
	}
}

func TestQueries(t *testing.T) {
	ago := func(d time.Duration) time.Time { return noon.Add(-d) }
	for _, row := range []struct {
		name string
		q    series.Query
		want string
	}{
		{"the last day", series.Query{Metric: series.Sent}, "2026-03-01 12:00 to 2026-03-02 12:05 by 5m of 1m"},
		{"an hour", series.Query{Metric: series.Sent, Since: ago(time.Hour)}, "2026-03-02 11:00 to 2026-03-02 12:01 by 1m of 1m"},
		{"a week", series.Query{Metric: series.Queue, Since: ago(7 * 24 * time.Hour)}, "2026-02-23 12:00 to 2026-03-02 13:00 by 1h of 1h"},
		{"a day by the hour", series.Query{Metric: series.Waits, Kind: "direct", Step: time.Hour}, "2026-03-01 12:00 to 2026-03-02 13:00 by 1h of 1h"},
		{"until is now at the latest", series.Query{Metric: series.Sent, Since: ago(time.Minute), Until: noon.Add(time.Hour)}, "2026-03-02 11:59 to 2026-03-02 12:01 by 1m of 1m"},
		{"no metric", series.Query{Metric: "snet"}, "query.metric bad_word"},
		{"a kind of errors", series.Query{Metric: series.Errors, Kind: "direct"}, "query.kind not_allowed"},
		{"backwards", series.Query{Metric: series.Sent, Since: noon, Until: ago(time.Hour)}, "query.since bad_range"},
		{"from the future", series.Query{Metric: series.Sent, Since: noon.Add(time.Hour)}, "query.since bad_range"},
		{"old minutes", series.Query{Metric: series.Sent, Since: ago(49 * time.Hour), Step: time.Minute}, "query.step too_short"},
		{"too many points", series.Query{Metric: series.Sent, Since: ago(40 * time.Hour), Step: time.Minute}, "query.step too_short"},
		{"too long ago", series.Query{Metric: series.Sent, Since: ago(92 * 24 * time.Hour)}, "query.since too_long_ago"},
	} {
		q, err := row.q.Complete(noon)
		got := fmt.Sprintf("%s to %s by %s of %s", q.Since.Format("2006-01-02 15:04"), q.Until.Format("2006-01-02 15:04"), series.StepName(q.Step), strings.TrimSuffix(strings.TrimSuffix(q.Rows().String(), "0s"), "0m"))
		if invalid, is := errors.AsType[*fault.Invalid](err); is {
			got = invalid.Faults[0].Pointer + " " + invalid.Faults[0].Code
		}
		if got != row.want {
			t.Errorf("%s: %s, want %s", row.name, got, row.want)
		}
	}
}

func TestAnswers(t *testing.T) {
	q, err := series.Query{Metric: series.Queue, Since: noon.Add(-2 * time.Minute)}.Complete(noon)
	if err != nil {
		t.Fatal(err)
	}
	minute := noon.Truncate(time.Minute)
	count := func(label string, bucket, n int) series.Count {
		return series.Count{At: minute, Label: label, Bucket: bucket, N: n}
	}
	show := func(q series.Query, counts ...series.Count) string {
		s := q.Answer(counts)
		all := []string{s.Unit, fmt.Sprint(s.Columns)}
		for _, p := range s.Data {
			all = append(all, p.At.Format("15:04")+" "+fmt.Sprint(p.Values))
		}
		return strings.Join(all, "; ")
	}
	got := show(q, count("pending", 0, 3), count("deferred", 0, 4))
	if want := "messages; [deferred pending]; 11:58 map[]; 11:59 map[]; 12:00 map[deferred:4 pending:3]"; got != want {
		t.Errorf("queue: %s\nwant %s", got, want)
	}
	q.Metric = series.Sent
	if got, want := show(q, count("direct", 0, 3)), "messages; [direct]; 11:58 map[direct:0]; 11:59 map[direct:0]; 12:00 map[direct:3]"; got != want {
		t.Errorf("sent: %s\nwant %s", got, want)
	}
	q.Metric, q.Kind = series.Waits, "direct"
	if got, want := show(q, count("direct", 3, 2), count("digest", 8, 9)), "seconds; [p50 p95 mails]; 11:58 map[]; 11:59 map[]; 12:00 map[mails:2 p50:0.75 p95:0.975]"; got != want {
		t.Errorf("waits: %s\nwant %s", got, want)
	}
	q.Metric, q.Kind = series.Digests, ""
	if got := show(q, count("", 2, 1), count("", 5, 2)); !strings.HasSuffix(got, "12:00 map[1:0 11–25:0 2:0 26+:2 3–5:1 6–10:0]") {
		t.Errorf("digests: %s", got)
	}
	if got := show(series.Query{Metric: series.Errors, Since: minute, Until: noon, Step: time.Minute}); got != "messages; []; 12:00 map[]" {
		t.Errorf("nothing: %s", got)
	}
}

func TestTheDepthTellsThatSomebodyLooked(t *testing.T) {
	got := lines(series.Depth("a", noon, map[message.Status]int{message.Pending: 0, message.Error: 0, message.Deferred: 2}))
	if want := "a queue 1m0s 12:00 deferred/0 2\na queue 1m0s 12:00 pending/0 0\na queue 15m0s 12:00 deferred/0 2\na queue 15m0s 12:00 pending/0 0\na queue 1h0m0s 12:00 deferred/0 2\na queue 1h0m0s 12:00 pending/0 0\n"; got != want {
		t.Errorf("%swant\n%s", got, want)
	}
	if got := series.Depth("a", noon, nil); len(got) != 3 {
		t.Errorf("an empty queue: %v", got)
	}
}

func BenchmarkSettled(b *testing.B) {
	var c series.Counter
	m := message.Message{Site: "default", Type: message.Direct, QueuedAt: noon.Add(-time.Second)}
	o := message.Outcome{Move: message.Accept, At: noon}
	b.ReportAllocs()
	for b.Loop() {
		c.Settled(m, o)
	}
}
