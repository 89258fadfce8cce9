package jobs

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"notifier/schedule"
	"notifier/store/storetest"
)

// A clock that is set back leaves gocron with timers for the time that the clock had
// before: for hours, nothing comes of them. A bubble's clock cannot be set back, so gocron
// is made to forget its jobs.
func TestThePollRunsTicksThatGocronMisses(t *testing.T) {
	url := storetest.URL(t, "sqlite")
	synctest.Test(t, func(t *testing.T) {
		tt, err := New(storetest.Open(t, url), Options{Replica: "a"}, zap.NewNop())
		if err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		ran := map[string][]string{}
		for _, p := range []Plan{
			{Name: schedule.Reminders},
			{Name: schedule.Notifications, Everywhere: true},
			{Name: "housekeeping", Private: true},
		} {
			p.Spec = schedule.Spec{Every: "3m"}
			p.Work = func(context.Context, time.Time) (map[string]int, error) {
				mu.Lock()
				defer mu.Unlock()
				ran[p.Name] = append(ran[p.Name], time.Now().UTC().Format(time.TimeOnly))
				return nil, nil
			}
			if err := tt.Plan(p); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Second) // the poll is at odd seconds
		if err := tt.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, l := range tt.lines {
			if err := tt.scheduler.RemoveJob(l.id); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(7 * time.Minute)
		for _, l := range tt.lines {
			if got := ran[l.plan.Name]; !slices.Equal(got, []string{"00:03:01", "00:06:01"}) {
				t.Errorf("%s ran at %v, want a second after each tick", l.plan.Name, got)
			}
		}
		if err := tt.Stop(); err != nil {
			t.Error(err)
		}
	})
}
