package store_test

import (
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"notifier/message"
	"notifier/series"
	"notifier/store"
	"notifier/store/storetest"
)

func add(t *testing.T, s *store.Store, counts ...series.Count) {
	t.Helper()
	if err := s.AddSeries(t.Context(), series.Batch{Source: rand.Text(), N: 1, Counts: counts}); err != nil {
		t.Fatal(err)
	}
}

// hits are n messages sent in a minute, as a replica hands them over.
func hits(site, label string, at time.Time, n int) []series.Count {
	return []series.Count{
		{Site: site, Metric: series.Sent, Step: series.Minute, At: at.Truncate(series.Minute), Label: label, N: n},
		{Site: site, Metric: series.Sent, Step: series.Quarter, At: at.Truncate(series.Quarter), Label: label, N: n},
		{Site: site, Metric: series.Sent, Step: series.Hour, At: at.Truncate(series.Hour), Label: label, N: n},
	}
}

// counted is what a query finds, as in "12:00 direct/0 3".
func counted(t *testing.T, s *store.Store, site string, q series.Query) string {
	t.Helper()
	found, err := s.Series(t.Context(), site, q)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, c := range found {
		all = append(all, fmt.Sprintf("%s %s/%d %d", c.At.Format("15:04"), c.Label, c.Bucket, c.N))
	}
	return strings.Join(all, ", ")
}

func TestReplicasAddToTheSameMinute(t *testing.T) {
	t.Parallel()
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		var replicas sync.WaitGroup
		for range 4 {
			replicas.Go(func() {
				for range 10 {
					counts := series.Sorted(append(hits(site, "direct", noon, 2), hits(site, "digest", noon, 1)...))
					if err := s.AddSeries(t.Context(), series.Batch{Source: rand.Text(), N: 1, Counts: counts}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		replicas.Wait()
		q := series.Query{Metric: series.Sent, Since: noon, Until: noon.Add(time.Hour), Step: time.Minute}
		if got, want := counted(t, s, site, q), "12:00 digest/0 40, 12:00 direct/0 80"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
		if got := counted(t, s, "other", q); got != "" {
			t.Errorf("another site has %s", got)
		}
	})
}

func TestSeriesAreGroupedBySteps(t *testing.T) {
	t.Parallel()
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		for i := range 120 { // two hours, a mail a minute
			at := noon.Add(time.Duration(i) * time.Minute)
			add(t, s, hits(site, "direct", at, 1)...)
			add(t, s, series.Depth(site, at, map[message.Status]int{message.Pending: i})...)
			add(t, s, series.Depth(site, at, map[message.Status]int{message.Pending: 0})...) // another replica looked later
		}
		for _, row := range []struct {
			q    series.Query
			want string
		}{
			{series.Query{Metric: series.Sent, Step: time.Hour}, "12:00 direct/0 60, 13:00 direct/0 60"},
			{series.Query{Metric: series.Sent, Step: 24 * time.Hour}, "00:00 direct/0 120"},
			{series.Query{Metric: series.Queue, Step: time.Hour}, "12:00 pending/0 59, 13:00 pending/0 119"},
			{series.Query{Metric: series.Queue, Step: 15 * time.Minute, Since: noon.Add(30 * time.Minute), Until: noon.Add(time.Hour)}, "12:30 pending/0 44, 12:45 pending/0 59"},
			{series.Query{Metric: series.Digests, Step: time.Hour}, ""},
		} {
			if row.q.Since.IsZero() {
				row.q.Since, row.q.Until = noon, noon.Add(24*time.Hour)
			}
			if got := counted(t, s, site, row.q); got != row.want {
				t.Errorf("%s by %s: %s, want %s", row.q.Metric, row.q.Step, got, row.want)
			}
		}
	})
}

func TestOldSeriesAreForgotten(t *testing.T) {
	t.Parallel()
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		for _, days := range []int{0, 1, 3, 89, 92} {
			add(t, s, hits(site, "direct", noon.AddDate(0, 0, -days), 1)...)
		}
		add(t, s, hits("other", "direct", noon.AddDate(0, 0, -92), 1)...)
		n, err := s.ForgetSeries(t.Context(), noon)
		if err != nil || n != 10 { // three minutes and quarters, and an hour; one of each on another site
			t.Errorf("%d rows were forgotten, %v; want 10", n, err)
		}
		q := series.Query{Metric: series.Sent, Since: noon.AddDate(0, 0, -100), Until: noon.Add(time.Hour), Step: time.Minute}
		if got := counted(t, s, site, q); strings.Count(got, "direct") != 2 {
			t.Errorf("minutes: %s, want two", got)
		}
		q.Step = time.Hour
		if got := counted(t, s, site, q); strings.Count(got, "direct") != 4 {
			t.Errorf("hours: %s, want four", got)
		}
		if got := counted(t, s, "other", q); got != "" {
			t.Errorf("those of another site are kept: %s", got)
		}
	})
}

func TestTheDepthOfTheQueue(t *testing.T) {
	t.Parallel()
	storetest.Everywhere(t, func(t *testing.T, s *store.Store) {
		known(t, s)
		later, manual, failed := direct(3), direct(4), direct(5)
		later.Status, later.DueAt = message.Scheduled, eight
		manual.Status, manual.Manual, manual.DueAt = message.PendingManual, true, time.Time{}
		accept(t, s, direct(1), direct(2), later, manual, failed, deferred(1), deferred(1), deferred(2))
		ms, err := s.Claim(t.Context(), message.Lane{Site: site}, 1, noon, eight)
		if err != nil || len(ms) != 1 {
			t.Fatal(ms, err)
		}
		depth, err := s.Depth(t.Context(), site)
		want := map[message.Status]int{message.Pending: 2, message.Sending: 1, message.Scheduled: 1, message.PendingManual: 1, message.Deferred: 3}
		if err != nil || fmt.Sprint(depth) != fmt.Sprint(want) {
			t.Errorf("Depth = %v, %v, want %v", depth, err, want)
		}
		if looked, err := s.Sampled(t.Context(), site, noon); err != nil || looked {
			t.Errorf("Sampled = %t, %v before anybody looked", looked, err)
		}
		add(t, s, series.Depth(site, noon, depth)...)
		if looked, err := s.Sampled(t.Context(), site, noon); err != nil || !looked {
			t.Errorf("Sampled = %t, %v", looked, err)
		}
	})
}
