package jobs_test

import (
	"database/sql"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"notifier/jobs"
	"notifier/schedule"
	"notifier/store/storetest"
)

// outage makes the Postgres database of that address unreachable until mend is called.
func outage(t *testing.T, url string) (mend func()) {
	t.Helper()
	i := strings.LastIndex(url, "/")
	server, err := sql.Open("pgx", url[:i]+"/postgres")
	if err != nil {
		t.Fatal(err)
	}
	do := func(statement string) {
		t.Helper()
		if _, err := server.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	name := url[i+1:]
	do("ALTER DATABASE " + name + " WITH ALLOW_CONNECTIONS false")
	do("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '" + name + "'")
	return func() {
		t.Helper()
		do("ALTER DATABASE " + name + " WITH ALLOW_CONNECTIONS true")
		server.Close()
	}
}

func TestTicksPassWhileTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	url := storetest.URL(t, "postgres")
	synctest.Test(t, func(t *testing.T) {
		s := storetest.Open(t, url)
		var d diary
		r := start(t, s, "a", time.Minute, flushes(&d))
		until(t, "00:04:30")
		mend := outage(t, url)
		until(t, "00:10:30")
		d.want(t, "without a database", "00:03:00")
		if _, err := r.RunNow(schedule.Notifications); err == nil {
			t.Error("RunNow = nil without a database")
		}
		if _, err := r.Pause(t.Context(), schedule.Notifications, jobs.Rest{Note: ""}, "ola"); err == nil {
			t.Error("Pause = nil without a database")
		}
		r.Wake(schedule.Notifications) // the job itself may find out
		synctest.Wait()
		mend()
		until(t, "00:15:30")
		d.want(t, "and after it", "00:03:00", "00:10:30", "00:11:00", "00:12:00", "00:15:00") // the poll of 00:11 makes up for 00:09
		wantRecords(t, s, schedule.Notifications, "00:03:00 schedule a", "00:09:00 schedule a", "00:12:00 schedule a", "00:15:00 schedule a")
		if n := r.log.FilterMessageSnippet("a tick passes").Len(); n != 2 {
			t.Errorf("%d warnings of ticks that passed, want 2", n)
		}
		if n := r.log.FilterMessageSnippet("cannot be read; jobs go on").Len(); n != 1 {
			t.Errorf("%d warnings of the timetable, want 1", n)
		}
	})
}

func TestARunOutlivesAnOutage(t *testing.T) {
	t.Parallel()
	url := storetest.URL(t, "postgres")
	synctest.Test(t, func(t *testing.T) {
		s := storetest.Open(t, url)
		d := diary{do: takes(5*time.Minute + 30*time.Second)}
		work := jobs.Plan{Name: schedule.Reminders, Spec: every("10m"), Work: d.work}
		r := start(t, s, "a", time.Minute, work)
		until(t, "00:11:30")
		mend := outage(t, url)
		until(t, "00:14:30")
		mend()
		until(t, "00:22:30")
		mend = outage(t, url) // this time the end cannot be noted
		until(t, "00:26:30")
		mend()
		until(t, "00:36:00")
		d.want(t, "the job goes on", "00:10:00", "00:20:00", "00:30:00")
		wantRecords(t, s, schedule.Reminders, "00:10:00 schedule a", "00:20:00 schedule a goes on", "00:30:00 schedule a")
		for what, n := range map[string]int{"a hold could not be renewed": 18, "the end of a run could not be noted": 1, "a job could not be let go": 1} {
			if got := r.log.FilterMessageSnippet(what).Len(); got < 1 || got > n {
				t.Errorf("%q was logged %d times, want 1 to %d", what, got, n)
			}
		}
		mend = outage(t, url)
		stop(t, r) // does not wait for the database
		mend()
	})
}
