package jobs_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"notifier/jobs"
	"notifier/message"
	"notifier/schedule"
	"notifier/store"
	"notifier/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// bubble runs the test in a bubble whose clock stands at the midnight that began the
// year 2000, with a new store. At its end nothing may be left running.
func bubble(t *testing.T, database string, test func(t *testing.T, s *store.Store)) {
	t.Helper()
	t.Parallel()
	url := storetest.URL(t, database)
	synctest.Test(t, func(t *testing.T) { test(t, storetest.Open(t, url)) })
}

// both does so on each database.
func both(t *testing.T, test func(t *testing.T, s *store.Store)) {
	t.Parallel()
	for _, database := range []string{"sqlite", "postgres"} {
		t.Run(database, func(t *testing.T) { bubble(t, database, test) })
	}
}

// diary notes when a job ran; do is what it does then.
type diary struct {
	mu   sync.Mutex
	runs []time.Time
	do   func(ctx context.Context) (map[string]int, error)
}

func (d *diary) work(ctx context.Context, _ time.Time) (map[string]int, error) {
	d.mu.Lock()
	d.runs = append(d.runs, time.Now())
	do := d.do
	d.mu.Unlock()
	if do == nil {
		return map[string]int{"things": 1}, nil
	}
	return do(ctx)
}

// does changes what the job does.
func (d *diary) does(do func(ctx context.Context) (map[string]int, error)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.do = do
}

func (d *diary) count() int { return len(d.times()) }

// times are when the runs began, as "15:04:05".
func (d *diary) times() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []string
	for _, at := range d.runs {
		all = append(all, at.UTC().Format(time.TimeOnly))
	}
	return all
}

func (d *diary) want(t *testing.T, when string, times ...string) {
	t.Helper()
	if got := d.times(); !slices.Equal(got, times) {
		t.Errorf("%s: the job ran at %v, want %v", when, got, times)
	}
}

// takes is work that lasts so long and makes progress, or until it is told to end.
func takes(d time.Duration) func(context.Context) (map[string]int, error) {
	return func(ctx context.Context) (map[string]int, error) {
		over := time.After(d)
		beat := time.NewTicker(20 * time.Second)
		defer beat.Stop()
		for {
			select {
			case <-over:
				return map[string]int{"things": 1}, nil
			case <-beat.C:
				message.Heard(ctx)
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
	}
}

// replica is a timetable with what it logged.
type replica struct {
	*jobs.Timetable
	log *observer.ObservedLogs
}

// plan makes a timetable that looks for changes every poll.
// Book is all that a timetable keeps.
type Book interface {
	jobs.Schedules
	jobs.FireRecords
	jobs.Leases
}

func plan(t *testing.T, book Book, name string, poll time.Duration, plans ...jobs.Plan) replica {
	t.Helper()
	core, log := observer.New(zapcore.DebugLevel)
	tt, err := jobs.New(book, jobs.Options{Replica: name, Poll: poll}, zap.New(core))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range plans {
		if err := tt.Plan(p); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { stop(t, tt) })
	return replica{tt, log}
}

func start(t *testing.T, book Book, name string, poll time.Duration, plans ...jobs.Plan) replica {
	t.Helper()
	r := plan(t, book, name, poll, plans...)
	if err := r.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return r
}

func stop(t *testing.T, tt interface{ Stop() error }) {
	t.Helper()
	if err := tt.Stop(); err != nil {
		t.Errorf("Stop = %v", err)
	}
}

func every(spec string) schedule.Spec { return schedule.Spec{Every: spec} }

// promotions is UserNotifications: it runs once in the cluster.
func promotions(d *diary) jobs.Plan {
	return jobs.Plan{Name: schedule.UserNotifications, Spec: schedule.Spec{Cron: "0 * * * *"}, Work: d.work}
}

// flushes is Notifications: it runs on each replica.
func flushes(d *diary) jobs.Plan {
	return jobs.Plan{Name: schedule.Notifications, Spec: every("3m"), Work: d.work, Wake: true, Everywhere: true}
}

// until sleeps until the clock reads that, on the first day.
func until(t *testing.T, clock string) {
	t.Helper()
	at, err := time.Parse(time.DateTime, "2000-01-01 "+clock)
	if err != nil {
		t.Fatal(err)
	}
	if time.Now().After(at) {
		t.Fatalf("it is %s already, not yet %s", time.Now().UTC().Format(time.TimeOnly), clock)
	}
	time.Sleep(time.Until(at))
	synctest.Wait()
}

// records lists the runs of a job that were noted, oldest first, as
// "15:04:05 trigger replica" and how they ended.
func records(t *testing.T, s *store.Store, job string) []string {
	t.Helper()
	runs, err := s.Runs(t.Context(), job, 10000)
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(runs)
	var all []string
	for _, r := range runs {
		line := fmt.Sprintf("%s %s %s", r.ScheduledAt.Format(time.TimeOnly), r.Trigger, r.Replica)
		switch {
		case r.EndedAt.IsZero():
			line += " goes on"
		case r.Error != "":
			line += ": " + r.Error
		}
		all = append(all, line)
	}
	return all
}

func wantRecords(t *testing.T, s *store.Store, job string, want ...string) {
	t.Helper()
	if got := records(t, s, job); !slices.Equal(got, want) {
		t.Errorf("runs of %s:\n%s\nwant:\n%s", job, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
