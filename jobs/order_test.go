package jobs_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"notifier/jobs"
	"notifier/schedule"
	"notifier/store"
)

// score notes when each of several jobs begins and ends.
type score struct {
	mu    sync.Mutex
	notes []string
}

func (s *score) note(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notes = append(s.notes, time.Now().UTC().Format("04:05 ")+what)
}

// plans are the three jobs, all each hour; each takes so long.
func (s *score) plans(reminders, promotions, flushes time.Duration) []jobs.Plan {
	plan := func(name, is string, d time.Duration) jobs.Plan {
		return jobs.Plan{Name: name, Spec: schedule.Spec{Cron: "0 * * * *"}, Work: func(ctx context.Context, _ time.Time) (map[string]int, error) {
			s.note(is + " begins")
			defer s.note(is + " ends")
			return takes(d)(ctx)
		}}
	}
	last := plan(schedule.Notifications, "flush", flushes)
	last.Everywhere = true
	return []jobs.Plan{plan(schedule.Reminders, "remind", reminders), plan(schedule.UserNotifications, "promote", promotions), last}
}

func (s *score) want(t *testing.T, want string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if got := strings.Join(s.notes, ", "); got != want {
		t.Errorf("the jobs ran as\n%s\nwant\n%s", got, want)
	}
}

func TestAtOneInstantWhatIsWrittenGoesBeforeTheFlush(t *testing.T) {
	for _, row := range []struct {
		name                   string
		remind, promote, flush time.Duration
		paused                 string
		want                   string
	}{
		{
			"one after the other", 2 * time.Second, 3 * time.Second, time.Second, "",
			"00:00 remind begins, 00:02 remind ends, 00:02 promote begins, 00:05 promote ends, 00:05 flush begins, 00:06 flush ends",
		},
		{
			"a paused job is not waited for", 2 * time.Second, 3 * time.Second, time.Second, schedule.UserNotifications,
			"00:00 remind begins, 00:02 remind ends, 00:02 flush begins, 00:03 flush ends",
		},
		{
			"mail does not wait for a long promotion", time.Second, time.Minute, 0, "",
			"00:00 remind begins, 00:01 remind ends, 00:01 promote begins, 00:10 flush begins, 00:10 flush ends, 01:01 promote ends",
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			bubble(t, "sqlite", func(t *testing.T, s *store.Store) {
				var score score
				r := start(t, s, "a", time.Minute, score.plans(row.remind, row.promote, row.flush)...)
				if row.paused != "" {
					if _, err := r.Pause(t.Context(), row.paused, jobs.Rest{Note: ""}, "test"); err != nil {
						t.Fatal(err)
					}
				}
				until(t, "01:30:00")
				score.want(t, row.want)
			})
		})
	}
}

func TestMissedRunsAreMadeUpInOrderToo(t *testing.T) {
	bubble(t, "sqlite", func(t *testing.T, s *store.Store) {
		var before, after score
		stop(t, start(t, s, "old", time.Minute, before.plans(0, 0, 0)...))
		until(t, "03:30:00")
		start(t, s, "new", time.Minute, after.plans(time.Second, time.Second, time.Second)...)
		until(t, "03:45:00")
		after.want(t, "30:00 remind begins, 30:01 remind ends, 30:01 promote begins, 30:02 promote ends, 30:02 flush begins, 30:03 flush ends")
	})
}

// The flush of each replica waits for what its own replica writes; what another writes
// wakes it, or waits for the next tick.
func TestAReplicaWaitsOnlyForItsOwnJobs(t *testing.T) {
	bubble(t, "postgres", func(t *testing.T, s *store.Store) {
		scores := map[string]*score{"a": {}, "b": {}}
		for _, name := range []string{"a", "b"} {
			start(t, s, name, time.Minute, scores[name].plans(time.Second, 2*time.Second, time.Second)...)
		}
		until(t, "01:30:00")
		promotions := 0
		for name, s := range scores {
			all := strings.Join(s.notes, ", ")
			begins, ends := strings.Index(all, "flush begins"), strings.Index(all, "promote ends")
			if promoted := ends >= 0; promoted {
				promotions++
			}
			if begins < 0 || begins < ends || ends < 0 && !strings.Contains(all, "00:00 flush begins") && !strings.Contains(all, "00:01 flush begins") {
				t.Errorf("%s ran as %s", name, all)
			}
		}
		if promotions != 1 {
			t.Errorf("%d replicas promoted, want 1", promotions)
		}
	})
}
