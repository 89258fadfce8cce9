package notifications_test

import (
	"slices"
	"testing"
	"time"

	"notifier/jobs/notifications"
	"notifier/mail/mailtest"
	"notifier/message"
	"notifier/store/storetest"
)

// TestAMailCostsLittleWAL: with its attempt and budgets a mail costs Postgres at most 1.4 kB.
func TestAMailCostsLittleWAL(t *testing.T) {
	url := storetest.Alone(t) // what others write is not weighed
	s := storetest.Open(t, url)
	if err := s.AddSite(t.Context(), site, "UTC", noon); err != nil {
		t.Fatal(err)
	}
	much := message.Limits{Second: 1 << 30, Day: 1 << 30}
	j := job(t, s, relay(t, mailtest.Options{}), 4, notifications.Options{Limits: notifications.Limits{Site: much, Domain: much}})
	const n = 1000
	var costs []int64
	for range 5 { // a checkpoint may come in between
		accept(t, s, many(n, noon)...)
		before := written(t, "postgres", url)
		run(t, j, noon.Add(time.Hour), "accept=1000")
		costs = append(costs, (written(t, "postgres", url)-before)/n)
	}
	slices.Sort(costs)
	if median := costs[2]; median > 1400 {
		t.Errorf("a mail costs %d bytes of WAL (%v), want 1400 at most", median, costs)
	}
}
