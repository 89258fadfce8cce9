package jobs_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"notifier/jobs"
	"notifier/rescue"
	"notifier/schedule"
	"notifier/store"
)

const elsewhere = ": another replica was still running it"

func TestARunThatIsStillGoingIsNotStartedTwice(t *testing.T) {
	bubble(t, "postgres", func(t *testing.T, s *store.Store) {
		long := takes(150 * time.Second)
		a, b := diary{do: long}, diary{do: long}
		work := func(d *diary) jobs.Plan {
			return jobs.Plan{Name: schedule.Reminders, Spec: every("1m"), Work: d.work}
		}
		start(t, s, "a", 7*time.Second, work(&a))
		until(t, "00:01:30") // a has the job; b does not know that
		start(t, s, "b", 7*time.Second, work(&b))
		until(t, "00:03:59")
		a.want(t, "while a runs it", "00:01:00")
		b.want(t, "while a runs it")
		wantRecords(t, s, schedule.Reminders, "00:01:00 schedule a", "00:02:00 schedule b"+elsewhere, "00:03:00 schedule b"+elsewhere)
		until(t, "00:06:15") // whoever is first has the tick of 00:04, and of 00:05 and 00:06 the other notes that it passes
		if n := a.count() + b.count(); n != 2 {
			t.Errorf("a ran at %v, b at %v: want one more run, at 00:04", a.times(), b.times())
		}
		if got := records(t, s, schedule.Reminders); len(got) != 6 || !strings.HasSuffix(got[4], elsewhere) || !strings.HasSuffix(got[5], elsewhere) {
			t.Errorf("runs: %q", got)
		}
	})
}

func TestAPassedTickIsNotMadeUpByTheSameReplicaEither(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		d := diary{do: takes(150 * time.Second)}
		start(t, s, "a", 7*time.Second, jobs.Plan{Name: schedule.Notifications, Spec: every("1m"), Work: d.work, Everywhere: true})
		until(t, "00:07:30")
		d.want(t, "each run lasts two and a half ticks", "00:01:00", "00:04:00", "00:07:00")
		wantRecords(t, s, schedule.Notifications, "00:01:00 schedule a", "00:04:00 schedule a", "00:07:00 schedule a goes on")
	})
}

func TestAReplicaThatDiesLosesTheJobAfterAMinute(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		var d diary
		start(t, s, "a", time.Minute, jobs.Plan{Name: schedule.Reminders, Spec: every("20s"), Work: d.work})
		now := time.Now()
		if held, err := s.Hold(t.Context(), schedule.Reminders, "dead", now, now.Add(time.Minute)); err != nil || !held {
			t.Fatalf("Hold = %t, %v", held, err)
		}
		until(t, "00:01:30")
		d.want(t, "held by a dead replica", "00:01:00", "00:01:20")
		wantRecords(t, s, schedule.Reminders, "00:00:20 schedule a"+elsewhere, "00:00:40 schedule a"+elsewhere,
			"00:01:00 schedule a", "00:01:20 schedule a")
	})
}

func TestAReplicaThatIsThoughtDeadEndsItsRun(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		d := diary{do: takes(10 * time.Minute)}
		r := start(t, s, "a", time.Minute, jobs.Plan{Name: schedule.Reminders, Spec: every("5m"), Work: d.work})
		until(t, "00:05:10")
		// It was silent for so long that another one took the job.
		later := time.Now().Add(2 * time.Minute)
		if held, err := s.Hold(t.Context(), schedule.Reminders, "b", later, later.Add(time.Minute)); err != nil || !held {
			t.Fatalf("Hold = %t, %v", held, err)
		}
		until(t, "00:05:30")
		wantRecords(t, s, schedule.Reminders, "00:05:00 schedule a: context canceled")
		if n := r.log.FilterMessage("a hold could not be renewed").Len(); n != 1 {
			t.Errorf("%d warnings of the lost hold, want 1", n)
		}
		if held, err := s.Hold(t.Context(), schedule.Reminders, "c", time.Now(), time.Now()); err != nil || held {
			t.Errorf("Hold = %t, %v: a has let go what was b's", held, err)
		}
	})
}

func TestAPanicEndsNeitherTheProcessNorTheJob(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		d := diary{do: func(context.Context) (map[string]int, error) {
			panic("a bug")
		}}
		until(t, "00:30:00")
		stop(t, start(t, s, "a", time.Minute, promotions(&d), flushes(&d)))
		until(t, "01:30:00")
		r := start(t, s, "a", time.Minute, promotions(&d), flushes(&d)) // makes up a run of each
		until(t, "01:31:00")
		r.Wake(schedule.Notifications)
		until(t, "01:31:30")
		for _, job := range []string{schedule.UserNotifications, schedule.Notifications} {
			if _, err := r.RunNow(job); err != nil {
				t.Errorf("RunNow(%s) = %v", job, err)
			}
			synctest.Wait()
		}
		until(t, "01:33:30") // a tick
		d.want(t, "panicking each time", "01:30:00", "01:30:00", "01:31:00", "01:31:30", "01:31:30", "01:33:00")
		d.does(nil)
		until(t, "02:01:00") // b takes what a has let go
		stop(t, r)
		start(t, s, "b", time.Minute, promotions(&d))
		until(t, "03:01:00")
		const panicked = ": the job user_notifications panicked: a bug"
		wantRecords(t, s, schedule.UserNotifications, "01:00:00 missed a"+panicked, "01:31:30 manual a"+panicked,
			"02:00:00 schedule a", "03:00:00 schedule b")
		logged := r.log.FilterMessage(rescue.Message).All()
		if len(logged) != 6 || !strings.Contains(logged[0].ContextMap()["stack"].(string), "run_test.go") {
			t.Errorf("%d panics were logged, want 6 with their stacks", len(logged))
		}
		if line, err := r.Line(t.Context(), schedule.Notifications); err != nil || !line.Running.IsZero() {
			t.Errorf("Line = %+v, %v: it does not run any more", line, err)
		}
	})
}

func TestStopWaitsForWhatRuns(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		stubborn := func(told *string) func(context.Context) (map[string]int, error) {
			return func(ctx context.Context) (map[string]int, error) {
				_, _ = takes(time.Hour)(ctx)
				*told = time.Now().UTC().Format(time.TimeOnly)
				time.Sleep(5 * time.Minute) // it hands back what it holds
				return map[string]int{"handed back": 1}, ctx.Err()
			}
		}
		var told [2]string
		d, p := diary{do: stubborn(&told[0])}, diary{do: stubborn(&told[1])}
		sweep := jobs.Plan{Name: "housekeeping", Spec: every("30s"), Work: p.work, Private: true}
		r := start(t, s, "a", time.Second, flushes(&d), sweep)
		until(t, "00:03:30")
		r.Wake(schedule.Notifications) // waits for the run that goes on
		synctest.Wait()
		stop(t, r)
		if now := time.Now().UTC().Format(time.TimeOnly); now != "00:08:30" || told != [2]string{"00:03:30", "00:03:30"} {
			t.Errorf("the jobs were told at %v and Stop returned at %s, want at once and when they had ended", told, now)
		}
		stop(t, r)
		r.Wake(schedule.Notifications)
		if _, err := r.RunNow(schedule.Notifications); !errors.Is(err, jobs.ErrNotStarted) {
			t.Errorf("RunNow after Stop = %v, want %v", err, jobs.ErrNotStarted)
		}
		until(t, "01:00:00")
		d.want(t, "after Stop", "00:03:00")
		p.want(t, "after Stop", "00:00:30")
		wantRecords(t, s, schedule.Notifications, "00:03:00 schedule a: context canceled")
	})
}

func TestAManualRunIsWaitedFor(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		d := diary{do: takes(time.Hour)}
		r := start(t, s, "a", time.Minute, promotions(&d))
		if _, err := r.RunNow(schedule.UserNotifications); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		stop(t, r)
		wantRecords(t, s, schedule.UserNotifications, "00:00:00 manual a: context canceled")
		if held, err := s.Hold(t.Context(), schedule.UserNotifications, "b", time.Now(), time.Now()); err != nil || !held {
			t.Errorf("Hold = %t, %v: the job was not let go", held, err)
		}
	})
}

func TestAJobThatFailsIsToldOfOnce(t *testing.T) {
	bubble(t, "sqlite", func(t *testing.T, s *store.Store) {
		fails := func(context.Context) (map[string]int, error) { return nil, errors.New("the relay is down") }
		d := diary{do: fails}
		r := start(t, s, "a", time.Minute, flushes(&d))
		until(t, "00:10:00")
		r.Wake(schedule.Notifications)
		until(t, "00:11:00")
		if n := r.log.FilterMessage("job failed").Len(); n != 1 {
			t.Errorf("%d warnings for four runs, want 1", n)
		}
		d.does(nil)
		until(t, "00:13:00")
		d.does(fails)
		until(t, "00:16:00")
		if n := r.log.FilterMessage("job failed").Len(); n != 2 {
			t.Errorf("%d warnings, want another when it fails again", n)
		}
		wantRecords(t, s, schedule.Notifications, "00:03:00 schedule a: the relay is down", "00:06:00 schedule a: the relay is down",
			"00:09:00 schedule a: the relay is down", "00:12:00 schedule a", "00:15:00 schedule a: the relay is down")
	})
}
