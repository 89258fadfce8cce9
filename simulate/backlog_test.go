package simulate_test

import (
	"strings"
	"testing"
	"time"

	"notifier/simulate"
)

func TestBacklog(t *testing.T) {
	for _, row := range []struct {
		name           string
		minutes        map[int64]int
		limit          int
		above, longest int
	}{
		{"nothing", nil, 10, 0, 0},
		{"no limit", map[int64]int{0: 1000}, 0, 0, 0},
		{"within", map[int64]int{0: 10, 60: 10}, 10, 0, 0},
		{"a peak that goes in three minutes", map[int64]int{600: 40}, 10, 1, 3},
		{"two peaks, the first gone", map[int64]int{600: 40, 1200: 40}, 10, 2, 3},
		{"two peaks that meet", map[int64]int{600: 40, 660: 40}, 10, 2, 6},
		{"a peak, then less than the limit", map[int64]int{600: 25, 660: 5}, 10, 1, 2},
	} {
		if above, longest := simulate.Backlog(row.minutes, row.limit); above != row.above || longest != row.longest {
			t.Errorf("%s: %d above, %d minutes; want %d, %d", row.name, above, longest, row.above, row.longest)
		}
	}
}

// Who waits for a trial is told how far it is, and one person's mails are kept of each plan.
func TestAWatchedTrial(t *testing.T) {
	t.Parallel()
	journal := string(office(5000))
	told, last := 0, time.Time{}
	mails, err := simulate.Plan(simulate.NewJournal(strings.NewReader(journal)), options(t))
	if err != nil || len(mails) == 0 {
		t.Fatalf("Plan = %d mails, %v", len(mails), err)
	}
	to := mails[0].To
	w := simulate.Watch{To: to, Progress: func(at time.Time, _ int) {
		if at.Before(last) {
			t.Errorf("progress went back from %v to %v", last, at)
		}
		told, last = told+1, at
	}}
	got, err := simulate.TryWatched(simulate.NewJournal(strings.NewReader(journal)), w, options(t))
	if err != nil || told != 5 || got.People == 0 {
		t.Errorf("TryWatched: told %d times, %d people, %v", told, got.People, err)
	}
	want, minutes := 0, 0
	for _, m := range mails {
		if m.To == to {
			want++
		}
	}
	for _, n := range got.Minutes[0] {
		minutes += n
	}
	if len(got.Watched[0]) != min(want, 500) || minutes != len(mails) {
		t.Errorf("%d mails to %s are kept, want %d; %d in minutes, want %d", len(got.Watched[0]), to, want, minutes, len(mails))
	}
}
