package schedule_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"notifier/fault"
	"notifier/schedule"
)

// faults lists what is wrong as "pointer code detail".
func faults(tb testing.TB, err error) []string {
	tb.Helper()
	if err == nil {
		return nil
	}
	var wrong *fault.Invalid
	if !errors.As(err, &wrong) {
		tb.Fatalf("%v is a %T, want a *message.Invalid", err, err)
	}
	var lines []string
	for _, f := range wrong.Faults {
		lines = append(lines, f.Pointer+" "+f.Code+" "+f.Detail)
	}
	return lines
}

func compile(tb testing.TB, spec schedule.Spec) schedule.Schedule {
	tb.Helper()
	s, err := spec.Compile()
	if err != nil {
		tb.Fatalf("%+v: %v", spec, err)
	}
	return s
}

func TestCompileSaysWhatIsWrong(t *testing.T) {
	for _, row := range []struct {
		name string
		spec schedule.Spec
		want []string
	}{
		{"neither", schedule.Spec{}, []string{`/every missing a schedule is missing. Write every, as in "3m", or cron, as in "0 * * * *".`}},
		{"a zone alone", schedule.Spec{Timezone: "UTC"}, []string{`/every missing a schedule is missing. Write every, as in "3m", or cron, as in "0 * * * *".`}},
		{"both", schedule.Spec{Every: "3m", Cron: "0 * * * *"}, []string{`/cron conflict every and cron are both given. Leave one of them out.`}},

		{"no unit", schedule.Spec{Every: "3"}, []string{`/every bad_duration "3" has no unit. Write "3m" for three minutes.`}},
		{"no unit: one", schedule.Spec{Every: "1"}, []string{`/every bad_duration "1" has no unit. Write "1m" for one minute.`}},
		{"no unit: many", schedule.Spec{Every: "30"}, []string{`/every bad_duration "30" has no unit. Write "30m" for 30 minutes.`}},
		{"no unit in between", schedule.Spec{Every: "1h30"}, []string{`/every bad_duration "1h30" is not a duration. Write a number and h, m or s, as in "3m" or "1h30m".`}},
		{"a word", schedule.Spec{Every: "hour"}, []string{`/every bad_duration "hour" is not a duration. Write a number and h, m or s, as in "3m" or "1h30m".`}},
		{"days", schedule.Spec{Every: "2d"}, []string{`/every bad_duration "2d" has a unit that is not taken. Write hours, minutes or seconds, as in "48h".`}},
		{"a week", schedule.Spec{Every: "1 week"}, []string{`/every bad_duration "1 week" has a unit that is not taken. Write hours, minutes or seconds, as in "168h".`}},
		{"nothing", schedule.Spec{Every: "0"}, []string{`/every bad_duration "0" is out of range. Use "1s" to "168h".`}},
		{"backwards", schedule.Spec{Every: "-3m"}, []string{`/every bad_duration "-3m" is out of range. Use "1s" to "168h".`}},
		{"RULES 3: less than a second", schedule.Spec{Every: "999ms"}, []string{`/every bad_duration "999ms" is out of range. Use "1s" to "168h".`}},
		{"RULES 3: more than a week", schedule.Spec{Every: "168h1s"}, []string{`/every bad_duration "168h1s" is out of range. Use "1s" to "168h".`}},
		{"parts of a second", schedule.Spec{Every: "1500ms"}, []string{`/every bad_duration "1500ms" is not a whole number of seconds. Write "2s".`}},
		{"a zone with every", schedule.Spec{Every: "3m", Timezone: "Europe/Warsaw"}, []string{
			"/timezone not_allowed every is counted from 1970-01-01T00:00:00Z and reads no clock on a wall. Leave timezone out, or write cron.",
		}},

		{"a zone in the cron", schedule.Spec{Cron: "TZ=Europe/Warsaw 0 8 * * *"}, []string{
			`/cron bad_cron "TZ=Europe/Warsaw 0 8 * * *" begins with a time zone. Write it as timezone, a field of its own, or behind the five fields where all is on one line.`,
		}},
		{"a zone alone, at which the parser panics", schedule.Spec{Cron: "TZ=0"}, []string{
			`/cron bad_cron "TZ=0" begins with a time zone. Write it as timezone, a field of its own, or behind the five fields where all is on one line.`,
		}},
		{"another way to write it", schedule.Spec{Cron: "CRON_TZ=Europe/Warsaw"}, []string{
			`/cron bad_cron "CRON_TZ=Europe/Warsaw" begins with a time zone. Write it as timezone, a field of its own, or behind the five fields where all is on one line.`,
		}},
		{"@every", schedule.Spec{Cron: "@every 5m"}, []string{`/cron bad_cron "@every 5m" is not taken. Leave cron out and write every: "5m".`}},
		{"@daily", schedule.Spec{Cron: "@daily"}, []string{`/cron bad_cron "@daily" is not taken. Write "0 0 * * *".`}},
		{"@reboot", schedule.Spec{Cron: "@reboot"}, []string{`/cron bad_cron "@reboot" is not taken. Write five fields, as in "0 * * * *".`}},
		{"six fields", schedule.Spec{Cron: "0 0 8 * * 1"}, []string{`/cron bad_cron "0 0 8 * * 1" has six fields. Leave out the seconds, and write "0 8 * * 1".`}},
		{"four fields", schedule.Spec{Cron: "0 8 * *"}, []string{
			`/cron bad_cron "0 8 * *" has 4 of the five fields. Write minute, hour, day of the month, month and day of the week, as in "0 * * * *".`,
		}},
		{"a minute that is none", schedule.Spec{Cron: "60 * * * *"}, []string{
			`/cron bad_cron the minute "60" is not understood. It takes 0 to 59, *, lists, ranges and steps, as in 1,2 or 1-5 or */2.`,
		}},
		{"an hour that is none", schedule.Spec{Cron: "0 24 * * *"}, []string{
			`/cron bad_cron the hour "24" is not understood. It takes 0 to 23, *, lists, ranges and steps, as in 1,2 or 1-5 or */2.`,
		}},
		{"Sunday is 0", schedule.Spec{Cron: "0 8 * * 7"}, []string{
			`/cron bad_cron the day of the week "7" is not understood. It takes 0 (Sunday) to 6 or sun to sat, *, lists, ranges and steps, as in 1,2 or 1-5 or */2.`,
		}},
		{"a step that the field cannot hold", schedule.Spec{Cron: "*/90 * * * *"}, []string{
			`/cron bad_cron the minute "*/90" is not understood. It takes 0 to 59, *, lists, ranges and steps, as in 1,2 or 1-5 or */2.`,
		}},
		{"a star in a range", schedule.Spec{Cron: "0 0 *-5 * *"}, []string{
			`/cron bad_cron the day of the month "*-5" is not understood. It takes 1 to 31, *, lists, ranges and steps, as in 1,2 or 1-5 or */2.`,
		}},
		{"a comma too many", schedule.Spec{Cron: "0 0 * 1,,2 *"}, []string{
			`/cron bad_cron the month "1,,2" is not understood. It takes 1 to 12 or jan to dec, *, lists, ranges and steps, as in 1,2 or 1-5 or */2.`,
		}},
		{"a day that never comes", schedule.Spec{Cron: "0 0 31 2 *"}, []string{
			`/cron bad_cron "0 0 31 2 *" never comes: no such month has such a day. Choose another day or month.`,
		}},
		{"days that never come", schedule.Spec{Cron: "0 0 31 4,6,9,11 *"}, []string{
			`/cron bad_cron "0 0 31 4,6,9,11 *" never comes: no such month has such a day. Choose another day or month.`,
		}},
		{"a long line", schedule.Spec{Cron: strings.Repeat("1,", 200) + "1 * * * *"}, []string{
			`/cron bad_cron the cron has 409 characters; at most 200 are taken. Use ranges, as in 1-15.`,
		}},
		{"no zone, and no cron either", schedule.Spec{Cron: "x * * * *", Timezone: "Europe/Warschau"}, []string{
			`/timezone bad_timezone "Europe/Warschau" is not a time zone. Did you mean "Europe/Warsaw"?`,
			`/cron bad_cron the minute "x" is not understood. It takes 0 to 59, *, lists, ranges and steps, as in 1,2 or 1-5 or */2.`,
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			s, err := row.spec.Compile()
			if diff := cmp.Diff(row.want, faults(t, err)); diff != "" {
				t.Errorf("%+v (-want +got):\n%s", row.spec, diff)
			}
			if s != (schedule.Schedule{}) {
				t.Errorf("%+v: a refused schedule is %v", row.spec, s)
			}
		})
	}
}

func TestWordsAndPlainForm(t *testing.T) {
	for _, row := range []struct {
		spec              schedule.Spec
		plain, text, word string
	}{
		{schedule.Spec{Every: "3m"}, `{"every":"3m"}`, "3m", "every 3 minutes"},
		{schedule.Spec{Every: " 180s "}, `{"every":"3m"}`, "3m", "every 3 minutes"},
		{schedule.Spec{Every: "1s"}, `{"every":"1s"}`, "1s", "every second"},
		{schedule.Spec{Every: "90s"}, `{"every":"1m30s"}`, "1m30s", "every 90 seconds"},
		{schedule.Spec{Every: "60s"}, `{"every":"1m"}`, "1m", "every minute"},
		{schedule.Spec{Every: "1.5h"}, `{"every":"1h30m"}`, "1h30m", "every 90 minutes"},
		{schedule.Spec{Every: "1h"}, `{"every":"1h"}`, "1h", "every hour"},
		{schedule.Spec{Every: "168h"}, `{"every":"168h"}`, "168h", "every 168 hours"},
		{schedule.Spec{Every: "10h10m10s"}, `{"every":"10h10m10s"}`, "10h10m10s", "every 36610 seconds"},
		{schedule.Spec{Cron: "0 * * * *"}, `{"cron":"0 * * * *","timezone":"UTC"}`, "0 * * * * (UTC)", "every hour at :00 (UTC)"},
		{schedule.Spec{Cron: "5 */1 * * *"}, `{"cron":"5 */1 * * *","timezone":"UTC"}`, "5 */1 * * * (UTC)", "every hour at :05 (UTC)"},
		{
			schedule.Spec{Cron: " 0  8 * *\t* ", Timezone: "Europe/Warsaw"},
			`{"cron":"0 8 * * *","timezone":"Europe/Warsaw"}`, "0 8 * * * (Europe/Warsaw)", "daily at 08:00 (Europe/Warsaw)",
		},
		{
			schedule.Spec{Cron: "0 8 * * MON", Timezone: "Europe/Warsaw"},
			`{"cron":"0 8 * * MON","timezone":"Europe/Warsaw"}`, "0 8 * * MON (Europe/Warsaw)", "Mondays at 08:00 (Europe/Warsaw)",
		},
		{schedule.Spec{Cron: "45 17 * * 0"}, `{"cron":"45 17 * * 0","timezone":"UTC"}`, "45 17 * * 0 (UTC)", "Sundays at 17:45 (UTC)"},
		{schedule.Spec{Cron: "* * * * *"}, `{"cron":"* * * * *","timezone":"UTC"}`, "* * * * * (UTC)", `cron "* * * * *" (UTC)`},
		{schedule.Spec{Cron: "0 0-23 * * *"}, `{"cron":"0 0-23 * * *","timezone":"UTC"}`, "0 0-23 * * * (UTC)", `cron "0 0-23 * * *" (UTC)`},
		{schedule.Spec{Cron: "0 8 1 * *"}, `{"cron":"0 8 1 * *","timezone":"UTC"}`, "0 8 1 * * (UTC)", `cron "0 8 1 * *" (UTC)`},
		{schedule.Spec{Cron: "0 8 * 5 *"}, `{"cron":"0 8 * 5 *","timezone":"UTC"}`, "0 8 * 5 * (UTC)", `cron "0 8 * 5 *" (UTC)`},
		{schedule.Spec{Cron: "0 * * * 1"}, `{"cron":"0 * * * 1","timezone":"UTC"}`, "0 * * * 1 (UTC)", `cron "0 * * * 1" (UTC)`},
		{schedule.Spec{Cron: "0 8 * * 1-5"}, `{"cron":"0 8 * * 1-5","timezone":"UTC"}`, "0 8 * * 1-5 (UTC)", `cron "0 8 * * 1-5" (UTC)`},
	} {
		s := compile(t, row.spec)
		plain, err := json.Marshal(s.Spec())
		if err != nil || string(plain) != row.plain || s.String() != row.text || s.Words() != row.word {
			t.Errorf("%+v: %s (%v), %q, %q; want %s, %q, %q", row.spec, plain, err, s, s.Words(), row.plain, row.text, row.word)
		}
		if again := compile(t, s.Spec()); again.String() != s.String() {
			t.Errorf("%+v: compiled again it is %q, want %q", row.spec, again, s)
		}
	}
	var never schedule.Schedule
	if never.String() != "never" || never.Words() != "never" || never.Spec() != (schedule.Spec{}) {
		t.Errorf("the zero Schedule is %q, %q", never, never.Words())
	}
}

func TestParseSpec(t *testing.T) {
	for text, want := range map[string]schedule.Spec{
		"3m": {Every: "3m"}, " 90s ": {Every: "1m30s"},
		"0 * * * *": {Cron: "0 * * * *", Timezone: "UTC"}, "*/5  * * * *": {Cron: "*/5 * * * *", Timezone: "UTC"},
	} {
		if got, err := schedule.ParseSpec(text); err != nil || got != want {
			t.Errorf("ParseSpec(%q) = %+v, %v; want %+v", text, got, err, want)
		}
	}
	for text, says := range map[string]string{
		"":                `every: a schedule is missing`,
		"3":               `every: "3" has no unit. Write "3m" for three minutes.`,
		"@hourly":         `cron: "@hourly" is not taken. Write "0 * * * *".`,
		"TZ=0":            `begins with a time zone`,
		"0 * * *":         `has 4 of the five fields`,
		"3 minutes":       `has 2 of the five fields`,
		"*/5":             `is not a duration`,
		"TZ=UTC 0 * * * ": `begins with a time zone`,
	} {
		got, err := schedule.ParseSpec(text)
		if err == nil || !strings.Contains(err.Error(), says) || got != (schedule.Spec{}) {
			t.Errorf("ParseSpec(%q) = %+v, %v; want %q", text, got, err, says)
		}
	}
}

func TestJobsAndRunsAsJSON(t *testing.T) {
	wake := false
	for _, row := range []struct {
		name  string
		value any
		want  string
	}{
		{"as config.yaml says", schedule.Job{Name: schedule.UserNotifications}, `{"name":"user_notifications","paused":false}`},
		{"set by an admin", schedule.Job{
			Name: schedule.Notifications, Spec: schedule.Spec{Every: "10m"}, Wake: &wake, Paused: true, Note: "relay is down",
			Planned: "3m", ChangedAt: instant(t, "2026-11-22T08:00:00Z"), ChangedBy: "ola", Version: 7,
		}, `{"name":"notifications","every":"10m","wake":false,"paused":true,"note":"relay is down","changed_at":"2026-11-22T08:00:00Z","changed_by":"ola"}`},
		{
			"a run that goes on",
			schedule.Run{ID: "run_1", Job: schedule.Reminders, Trigger: schedule.Manual, StartedAt: instant(t, "2026-11-22T08:00:00Z"), Replica: "a", Slot: "a"},
			`{"id":"run_1","job":"reminders","started_at":"2026-11-22T08:00:00Z","trigger":"manual","replica":"a"}`,
		},
		{"a run that ended", schedule.Run{
			ID: "run_1", Job: schedule.Reminders, Trigger: schedule.Missed, ScheduledAt: instant(t, "2026-11-22T08:00:00Z"),
			StartedAt: instant(t, "2026-11-22T08:01:00Z"), EndedAt: instant(t, "2026-11-22T08:02:00Z"), Counts: map[string]int{"reminders": 2}, Error: "x",
		}, `{"id":"run_1","job":"reminders","scheduled_at":"2026-11-22T08:00:00Z","started_at":"2026-11-22T08:01:00Z","ended_at":"2026-11-22T08:02:00Z",` +
			`"trigger":"missed","replica":"","counts":{"reminders":2},"error":"x"}`},
	} {
		if got, err := json.Marshal(row.value); err != nil || string(got) != row.want {
			t.Errorf("%s: written %s (%v), want %s", row.name, got, err, row.want)
		}
	}
}

func FuzzCron(f *testing.F) {
	for _, s := range []string{
		"0 * * * *", "*/5 8-17 * * mon-fri", "TZ=0", "CRON_TZ=Europe/Warsaw", "TZ= * * * * *", "@every 1ns", "0 0 31 2 *", "0 0 29 2 */6",
		"1,,2 * * * *", "*/9223372036854775807 * * * *", "* * * * 0-6/3", "59 23 31 12 6", "\t0\n0 1 1 *", "0 0 ? * ?", "* *-3 * * *",
	} {
		f.Add(s, int64(0))
		f.Add(s, int64(1793000000))
	}
	f.Fuzz(func(t *testing.T, text string, sec int64) {
		s, err := schedule.Spec{Cron: text, Timezone: "Europe/Warsaw"}.Compile()
		if err != nil {
			faults(t, err)
			return
		}
		if again := compile(t, s.Spec()); again.String() != s.String() {
			t.Fatalf("%q is %q, and that is %q", text, s, again)
		}
		checkNext(t, s, sec%(1<<33))
	})
}

func FuzzEvery(f *testing.F) {
	for _, s := range []string{"3m", "3", "1h30m", "168h", "1ns", "-1s", "2d", "9999999999999999999", "1.5s", "0x1p2s", "∞"} {
		f.Add(s, int64(1793000000))
	}
	f.Fuzz(func(t *testing.T, text string, sec int64) {
		s, err := schedule.Spec{Every: text}.Compile()
		if err != nil {
			faults(t, err)
			return
		}
		if again := compile(t, s.Spec()); again.String() != s.String() {
			t.Fatalf("%q is %q, and that is %q", text, s, again)
		}
		checkNext(t, s, sec%(1<<33))
	})
}
