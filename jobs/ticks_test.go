package jobs_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"notifier/jobs"
	"notifier/message"
	"notifier/schedule"
	"notifier/store"
	"notifier/store/storetest"
)

func TestThreeReplicasShareOneTimetable(t *testing.T) {
	bubble(t, "postgres", func(t *testing.T, s *store.Store) {
		var promoted diary
		flushed := map[string]*diary{"a": {}, "b": {}, "c": {}}
		for _, name := range []string{"a", "b", "c"} {
			start(t, s, name, 7*time.Minute, promotions(&promoted), flushes(flushed[name]))
		}
		until(t, "06:30:00")
		promoted.want(t, "in six hours", "01:00:00", "02:00:00", "03:00:00", "04:00:00", "05:00:00", "06:00:00")
		if got := len(records(t, s, schedule.UserNotifications)); got != 6 {
			t.Errorf("%d promotions were noted, want 6", got)
		}
		for name, d := range flushed {
			if d.count() != 130 {
				t.Errorf("%s flushed %d times, want 130: at %v", name, d.count(), d.times())
			}
		}
		if got := len(records(t, s, schedule.Notifications)); got != 3*130 {
			t.Errorf("%d flushes were noted, want %d", got, 3*130)
		}
	})
}

func TestTicksAreAligned(t *testing.T) {
	for _, row := range []struct {
		name  string
		spec  schedule.Spec
		times []string // after 00:07:13
	}{
		{"every 3m: the multiples since 1970", every("3m"), []string{"00:09:00", "00:12:00", "00:15:00", "00:18:00"}},
		{"every 7m, which no hour is a multiple of", every("7m"), []string{"00:11:00", "00:18:00"}},
		{"every 90s", every("90s"), []string{"00:07:30", "00:09:00", "00:10:30", "00:12:00", "00:13:30", "00:15:00", "00:16:30", "00:18:00", "00:19:30"}},
		{"cron in UTC", schedule.Spec{Cron: "10,20 * * * *"}, []string{"00:10:00", "00:20:00"}},
		{"cron in a zone: 05:42 in Kolkata is 00:12 in UTC", schedule.Spec{Cron: "42 5 * * *", Timezone: "Asia/Kolkata"}, []string{"00:12:00"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			bubble(t, "sqlite", func(t *testing.T, s *store.Store) {
				until(t, "00:07:13")
				var d diary
				start(t, s, "a", time.Hour, jobs.Plan{Name: schedule.Notifications, Spec: row.spec, Work: d.work})
				until(t, "00:20:30")
				d.want(t, row.name, row.times...)
			})
		})
	}
}

func TestATickBelongsToWhoNotedItFirst(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		taken := schedule.Run{
			ID: string(message.NewID(message.RunIDs)), Job: schedule.UserNotifications, ScheduledAt: time.Now().Add(time.Hour), StartedAt: time.Now(),
			Trigger: schedule.Scheduled, Replica: "other",
		}
		var d diary
		start(t, s, "a", time.Minute, promotions(&d))
		if mine, err := s.Fire(t.Context(), taken); err != nil || !mine {
			t.Fatalf("Fire = %t, %v", mine, err)
		}
		until(t, "02:10:00")
		d.want(t, "another replica had 01:00", "02:00:00")
		wantRecords(t, s, schedule.UserNotifications, "01:00:00 schedule other goes on", "02:00:00 schedule a")
	})
}

func TestMissedRunsAreMadeUpOnce(t *testing.T) {
	for _, row := range []struct {
		name                string
		down, up            string
		promotions, flushes []string // noted from then on, until ten minutes after
	}{
		{
			"down for five hours: one run", "01:10:00", "06:10:00",
			[]string{"06:00:00 missed new"},
			[]string{"06:09:00 missed new", "06:12:00 schedule new", "06:15:00 schedule new", "06:18:00 schedule new"},
		},
		{
			"down for a moment, in which no run was due: none", "01:10:00", "01:11:00",
			nil,
			[]string{"01:12:00 schedule new", "01:15:00 schedule new", "01:18:00 schedule new", "01:21:00 schedule new"},
		},
		{
			"up again in the very instant of a tick: that one", "01:10:00", "03:00:00",
			[]string{"03:00:00 missed new"},
			[]string{"03:00:00 missed new", "03:03:00 schedule new", "03:06:00 schedule new", "03:09:00 schedule new"},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			bubble(t, "sqlite", func(t *testing.T, s *store.Store) {
				var promoted, flushed diary
				// A process that starts again has another name.
				old := start(t, s, "old", time.Minute, promotions(&promoted), flushes(&flushed))
				until(t, row.down)
				stop(t, old)
				before := [2]int{len(records(t, s, schedule.UserNotifications)), len(records(t, s, schedule.Notifications))}
				until(t, row.up)
				start(t, s, "new", time.Minute, promotions(&promoted), flushes(&flushed))
				time.Sleep(10*time.Minute + time.Second)
				for i, want := range [][]string{row.promotions, row.flushes} {
					job := []string{schedule.UserNotifications, schedule.Notifications}[i]
					if got := records(t, s, job)[before[i]:]; strings.Join(got, "\n") != strings.Join(want, "\n") {
						t.Errorf("%s: noted %q, want %q", job, got, want)
					}
				}
			})
		})
	}
}

func TestAFirstStartMakesUpNothing(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		until(t, "00:59:59")
		var promoted, flushed diary
		start(t, s, "a", time.Second, promotions(&promoted), flushes(&flushed))
		until(t, "00:59:59")
		promoted.want(t, "on a first start")
		flushed.want(t, "on a first start")
		until(t, "01:02:59")
		promoted.want(t, "a second later", "01:00:00")
		flushed.want(t, "a second later", "01:00:00")
	})
}

func TestTwoReplicasThatStartTogetherMakeUpOneRun(t *testing.T) {
	bubble(t, "postgres", func(t *testing.T, s *store.Store) {
		var d diary
		stop(t, start(t, s, "old", time.Minute, promotions(&d)))
		until(t, "05:30:00")
		for _, name := range []string{"a", "b", "c"} {
			start(t, s, name, time.Minute, promotions(&d))
		}
		until(t, "05:59:00")
		d.want(t, "after five hours", "05:30:00")
		if got := records(t, s, schedule.UserNotifications); len(got) != 1 || !strings.HasPrefix(got[0], "05:00:00 missed ") {
			t.Errorf("noted %q, want one missed run", got)
		}
	})
}

func TestPrivateJobsRunEverywhereAndLeaveNoRecord(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		var a, b diary
		a.do = takes(45 * time.Second) // longer than to the next tick, which passes
		sweep := func(d *diary) jobs.Plan {
			return jobs.Plan{Name: "housekeeping", Spec: every("30s"), Work: d.work, Private: true}
		}
		r := start(t, s, "a", time.Minute, sweep(&a), promotions(new(diary)))
		start(t, s, "b", time.Minute, sweep(&b))
		until(t, "00:02:15")
		a.want(t, "a", "00:00:30", "00:01:30")
		b.want(t, "b", "00:00:30", "00:01:00", "00:01:30", "00:02:00")
		wantRecords(t, s, "housekeeping")
		if lines, err := r.Lines(t.Context()); err != nil || len(lines) != 1 || lines[0].Name != schedule.UserNotifications {
			t.Errorf("Lines = %v, %v; want user_notifications alone", lines, err)
		}
		if _, err := r.Pause(t.Context(), "housekeeping", jobs.Rest{Note: ""}, "ola"); err == nil {
			t.Error("a private job was paused")
		}
		if _, err := r.RunNow("housekeeping"); err == nil {
			t.Error("a private job was run by hand")
		}
	})
}

func TestAStartThatFailsLeavesNothingBehind(t *testing.T) {
	bubble(t, "sqlite", func(t *testing.T, s *store.Store) {
		gone := storetest.Open(t, storetest.URL(t, "sqlite"))
		if err := gone.Close(); err != nil {
			t.Fatal(err)
		}
		var d diary
		r := plan(t, gone, "a", time.Second, promotions(&d), flushes(&d))
		if err := r.Start(t.Context()); err == nil {
			t.Error("Start = nil without a database")
		}
		if _, err := r.RunNow(schedule.Notifications); err == nil {
			t.Error("RunNow = nil after a start that failed")
		}
		r.Wake(schedule.Notifications)
		until(t, "02:00:00")
		d.want(t, "after a start that failed")

		twice := start(t, s, "a", time.Minute, promotions(&d))
		if err := twice.Start(context.Background()); err == nil {
			t.Error("a timetable was started twice")
		}
		until(t, "03:30:00")
		d.want(t, "after it was started twice", "03:00:00")
	})
}

func TestAJobOfABadScheduleIsNotPlanned(t *testing.T) {
	r := plan(t, nil, "a", 0)
	for _, spec := range []schedule.Spec{{}, every("1ns"), {Cron: "TZ=0"}, {Cron: "0 0 31 2 *"}} {
		if err := r.Plan(jobs.Plan{Name: schedule.Reminders, Spec: spec}); err == nil {
			t.Errorf("Plan(%+v) = nil", spec)
		}
	}
}
