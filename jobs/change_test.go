package jobs_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"notifier/fault"
	"notifier/jobs"
	"notifier/schedule"
	"notifier/store"
)

// change changes user_notifications.
// sameState leaves out when it was asked for.
var sameState = cmpopts.IgnoreUnexported(jobs.State{})

func change(t *testing.T, r replica, c jobs.Change) jobs.State {
	t.Helper()
	state, err := r.Change(t.Context(), schedule.UserNotifications, c, "ola")
	if err != nil {
		t.Fatal(err)
	}
	return state
}

func to(spec schedule.Spec) jobs.Change { return jobs.Change{Spec: &spec} }

func line(t *testing.T, r replica) jobs.State {
	t.Helper()
	state, err := r.Line(t.Context(), schedule.UserNotifications)
	if err != nil {
		t.Fatal(err)
	}
	return state
}

func TestAChangeNeverFiresByItself(t *testing.T) {
	for _, row := range []struct {
		name string
		to   jobs.Change
		want []string // from 00:35 on
	}{
		{"more often", to(every("10m")), []string{"00:40:00", "00:50:00", "01:00:00"}},
		{"to a cron whose time has just passed", to(schedule.Spec{Cron: "34,59 * * * *"}), []string{"00:59:00"}},
		{"less often", to(every("168h")), nil},
		{"to the same", to(schedule.Spec{Cron: "0 * * * *", Timezone: "UTC"}), []string{"01:00:00"}},
		{"to what config.yaml says", jobs.Change{Reset: true}, []string{"01:00:00"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			bubble(t, "sqlite", func(t *testing.T, s *store.Store) {
				var d diary
				r := start(t, s, "a", time.Minute, promotions(&d))
				until(t, "00:35:00")
				change(t, r, row.to)
				until(t, "01:01:00")
				d.want(t, row.name, row.want...)
			})
		})
	}
}

func TestAChangeReachesTheOthersWithinSecondsAndSurvives(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		var d diary
		a := start(t, s, "a", 0, promotions(&d))
		b := start(t, s, "b", 0, promotions(&d))
		until(t, "00:10:01")
		asleep := false
		changed := change(t, a, jobs.Change{Spec: &schedule.Spec{Cron: "*/15 * * * *", Timezone: "Europe/Warsaw"}, Wake: &asleep})
		clock := func(s string) time.Time {
			at, _ := time.Parse(time.DateTime, "2000-01-01 "+s)
			return at
		}
		want := jobs.State{
			Name: schedule.UserNotifications, Spec: schedule.Spec{Cron: "*/15 * * * *", Timezone: "Europe/Warsaw"},
			Words: `cron "*/15 * * * *" (Europe/Warsaw)`, Overridden: true, Configured: schedule.Spec{Cron: "0 * * * *"},
			Next:      []time.Time{clock("00:15:00"), clock("00:30:00"), clock("00:45:00"), clock("01:00:00"), clock("01:15:00")},
			ChangedAt: clock("00:10:01"), ChangedBy: "ola", Version: 2,
		}
		if diff := cmp.Diff(want, changed, sameState); diff != "" {
			t.Errorf("Change (-want +got):\n%s", diff)
		}
		until(t, "00:10:04")
		if diff := cmp.Diff(want, line(t, b), sameState); diff != "" {
			t.Errorf("three seconds later on the other replica (-want +got):\n%s", diff)
		}
		stop(t, a)
		until(t, "00:20:00")
		d.want(t, "the other replica runs it", "00:15:00")
		stop(t, b)
		c := start(t, s, "c", time.Minute, promotions(&d))
		if got := line(t, c); got.Spec != want.Spec || got.Wake || !got.Overridden || got.ChangedBy != "ola" || got.Last.Replica != "b" {
			t.Errorf("after a restart: %+v", got)
		}
		until(t, "00:31:00")
		d.want(t, "after a restart", "00:15:00", "00:30:00")
	})
}

func TestAChangeOfConfigDoesNotFireAndDoesNotOverride(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		var d diary
		configured := func(spec string) jobs.Plan {
			return jobs.Plan{Name: schedule.UserNotifications, Spec: every(spec), Work: d.work}
		}
		r := start(t, s, "a", time.Minute, configured("1h"))
		until(t, "00:35:00")
		stop(t, r)
		r = start(t, s, "a", time.Minute, configured("10m")) // 00:30 was no tick when it passed
		until(t, "00:41:00")
		d.want(t, "config.yaml was changed to 10m", "00:40:00")
		change(t, r, to(every("20m")))
		stop(t, r)
		until(t, "00:55:00")
		r = start(t, s, "a", time.Minute, configured("1m"))
		until(t, "00:59:00")
		d.want(t, "config.yaml was changed to 1m, but an admin had set 20m", "00:40:00")
		stop(t, r)
		until(t, "01:05:00")
		r = start(t, s, "a", time.Minute, configured("2m")) // the tick of 01:00 was missed, whatever config.yaml says
		until(t, "01:19:00")
		d.want(t, "what the admin set was missed once", "00:40:00", "01:05:00")
		change(t, r, jobs.Change{Reset: true})
		until(t, "01:23:00")
		d.want(t, "after a reset", "00:40:00", "01:05:00", "01:20:00", "01:22:00")
		if got := line(t, r); got.Spec != every("2m") || got.Overridden {
			t.Errorf("after a reset: %+v", got)
		}
	})
}

func TestAResetComesBeforeWhatIsSetWithIt(t *testing.T) {
	bubble(t, "sqlite", func(t *testing.T, s *store.Store) {
		awake := true
		r := start(t, s, "a", time.Minute, promotions(new(diary)))
		change(t, r, jobs.Change{Spec: &schedule.Spec{Every: "5m"}, Wake: &awake})
		if got := change(t, r, jobs.Change{Reset: true, Spec: &schedule.Spec{Every: "7m"}}); got.Spec != every("7m") || got.Wake {
			t.Errorf("Change = %+v, want every 7m and not woken, as config.yaml says", got)
		}
	})
}

func TestABadScheduleLeavesTheJobAsItWas(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		var d diary
		r := start(t, s, "a", time.Minute, promotions(&d))
		before := change(t, r, to(every("20m")))
		for _, row := range []struct {
			name, says string
			spec       schedule.Spec
		}{
			{"G2: gocron would delete the job", "five fields", schedule.Spec{Cron: "bad"}},
			{"G3: the parser would panic", "a field of its own", schedule.Spec{Cron: "TZ=0"}},
			{"G3: again", "a field of its own", schedule.Spec{Cron: "CRON_TZ=Europe/Warsaw"}},
			{"G12: a zone that is none", "not a time zone", schedule.Spec{Cron: "0 * * * *", Timezone: "Europe/Warschau"}},
			{"G13: all the time", "out of range", every("1ns")},
			{"G13: not at all", "out of range", every("0s")},
			{"never", "never comes", schedule.Spec{Cron: "0 0 31 2 *"}},
			{"nothing", "missing", schedule.Spec{}},
		} {
			_, err := r.Change(t.Context(), schedule.UserNotifications, to(row.spec), "ola")
			var bad *fault.Invalid
			if !errors.As(err, &bad) || !strings.Contains(err.Error(), row.says) {
				t.Errorf("%s: Change = %v, want a *message.Invalid with %q", row.name, err, row.says)
			}
		}
		if _, err := r.Pause(t.Context(), schedule.UserNotifications, jobs.Rest{Note: "two\nlines"}, "ola"); err == nil {
			t.Error("a note of two lines was taken")
		}
		if diff := cmp.Diff(before, line(t, r), sameState); diff != "" {
			t.Errorf("after refused changes (-want +got):\n%s", diff)
		}
		until(t, "00:41:00")
		d.want(t, "after refused changes", "00:20:00", "00:40:00")
	})
}

func TestASavedScheduleThatIsNotUnderstoodDoesNotStopTheService(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		var d, other diary
		stop(t, start(t, s, "a", time.Minute, promotions(&d)))
		saved, err := s.Job(t.Context(), schedule.Job{Name: schedule.UserNotifications})
		if err != nil {
			t.Fatal(err)
		}
		saved.Spec = schedule.Spec{Cron: "0 12 * * *", Timezone: "Moon/Tranquility"} // as another version may have known it
		if err := s.SaveJob(t.Context(), saved); err != nil {
			t.Fatal(err)
		}
		r := start(t, s, "a", time.Minute, promotions(&d), flushes(&other))
		until(t, "01:01:00")
		d.want(t, "config.yaml counts", "01:00:00")
		if other.count() != 20 {
			t.Errorf("the other job ran %d times, want 20", other.count())
		}
		if n := r.log.FilterMessageSnippet("is not understood").Len(); n != 1 {
			t.Errorf("it was logged %d times, want once", n)
		}
		change(t, r, to(every("10m")))
		until(t, "01:11:00")
		d.want(t, "after an admin has mended it", "01:00:00", "01:10:00")
	})
}

func TestWhatTwoAdminsChangeAtOnceIsNotLost(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		a := start(t, s, "a", 0, promotions(new(diary)))
		b := start(t, s, "b", 0, promotions(new(diary)))
		awake := true
		var both sync.WaitGroup
		for range 5 {
			both.Go(func() { change(t, a, to(every("10m"))) })
			both.Go(func() { change(t, b, jobs.Change{Wake: &awake}) })
			both.Go(func() {
				if _, err := b.Pause(t.Context(), schedule.UserNotifications, jobs.Rest{Note: "the relay moves"}, "jan"); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		time.Sleep(3 * time.Second)
		for _, r := range []replica{a, b} {
			if got := line(t, r); got.Spec != every("10m") || !got.Wake || !got.Paused || got.Note != "the relay moves" {
				t.Errorf("after changes at once: %+v", got)
			}
		}
	})
}

func TestAChangeDuringARunLetsItFinish(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		d := diary{do: takes(270 * time.Second)}
		r := start(t, s, "a", time.Minute, promotions(&d))
		until(t, "01:01:00")
		if got := line(t, r); got.Running.Format(time.TimeOnly) != "01:00:00" {
			t.Errorf("running since %v, want 01:00", got.Running)
		}
		change(t, r, to(every("1m"))) // G6: gocron would cancel the job's context
		until(t, "01:05:30")
		wantRecords(t, s, schedule.UserNotifications, "01:00:00 schedule a", "01:05:00 schedule a goes on")
	})
}
