package deadlines_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"notifier/deadlines"
	"notifier/wallclock"
)

func in(tb testing.TB, zone string) deadlines.Calendar {
	tb.Helper()
	loc, err := wallclock.Zone(zone)
	if err != nil {
		tb.Fatal(err)
	}
	return deadlines.Calendar{Zone: loc}
}

func text(s deadlines.Step) string {
	at := s.At.UTC().Format("Mon 2006-01-02T15:04:05Z")
	switch s.Kind {
	case deadlines.Before:
		return fmt.Sprintf("%s before %s", at, deadlines.Span(s.Before))
	case deadlines.Late:
		return fmt.Sprintf("%s late %d", at, s.Days)
	}
	return at + " " + string(s.Kind)
}

func TestSteps(t *testing.T) {
	late := func(n int) *deadlines.Overdue { return &deadlines.Overdue{EveryWorkday: true, Max: new(n)} }
	midnight := in(t, "Europe/Warsaw")
	midnight.Start = &wallclock.Time{}
	half := in(t, "Europe/Warsaw")
	half.Start = &wallclock.Time{Hour: 2, Minute: 30}
	israel := in(t, "Asia/Jerusalem")
	israel.Workdays = deadlines.Weekdays{time.Sunday: true, time.Monday: true, time.Tuesday: true, time.Wednesday: true, time.Thursday: true}
	sundays := in(t, "Europe/Warsaw")
	sundays.Workdays = deadlines.Weekdays{time.Sunday: true}
	sundays.Start = half.Start
	evening := in(t, "America/St_Johns")
	evening.Start = &wallclock.Time{}
	evening.Workdays = deadlines.Weekdays{true, true, true, true, true, true, true}
	for _, row := range []struct {
		name   string
		due    string
		before []deadlines.Span
		late   *deadlines.Overdue
		cal    deadlines.Calendar
		want   []string
	}{
		{"the date alone", "2011-12-06T12:41:31Z", nil, nil, deadlines.Calendar{}, []string{"Tue 2011-12-06T12:41:31Z due"}},
		{
			"RULES 3: each remind_before, and due itself", "2011-12-06T12:41:31Z", spans(72*time.Hour, 24*time.Hour), nil,
			deadlines.Calendar{},
			[]string{"Sat 2011-12-03T12:41:31Z before 72h", "Mon 2011-12-05T12:41:31Z before 24h", "Tue 2011-12-06T12:41:31Z due"},
		},
		{
			"in any order, and twice", "2011-12-06T12:41:31Z", spans(time.Hour, 72*time.Hour, time.Hour), nil,
			deadlines.Calendar{},
			[]string{"Sat 2011-12-03T12:41:31Z before 72h", "Tue 2011-12-06T11:41:31Z before 1h", "Tue 2011-12-06T12:41:31Z due"},
		},
		{
			"before is elapsed time, over a change of clocks", "2026-03-29T10:00:00Z", spans(24 * time.Hour), nil, in(t, "Europe/Warsaw"),
			[]string{"Sat 2026-03-28T10:00:00Z before 24h", "Sun 2026-03-29T10:00:00Z due"},
		},
		{
			"RULES 3: the start of each following workday, up to a maximum", "2026-11-25T15:00:00Z", nil, late(3), in(t, "Europe/Warsaw"),
			[]string{"Wed 2026-11-25T15:00:00Z due", "Thu 2026-11-26T07:00:00Z late 1", "Fri 2026-11-27T07:00:00Z late 2", "Mon 2026-11-30T07:00:00Z late 5"},
		},
		{"five if no maximum is given", "2026-11-22T15:00:00Z", nil, &deadlines.Overdue{EveryWorkday: true}, deadlines.Calendar{}, []string{
			"Sun 2026-11-22T15:00:00Z due", "Mon 2026-11-23T08:00:00Z late 1", "Tue 2026-11-24T08:00:00Z late 2",
			"Wed 2026-11-25T08:00:00Z late 3", "Thu 2026-11-26T08:00:00Z late 4", "Fri 2026-11-27T08:00:00Z late 5",
		}},
		{"no workday means no reminder", "2026-11-25T15:00:00Z", nil, &deadlines.Overdue{Max: new(5)}, deadlines.Calendar{}, []string{"Wed 2026-11-25T15:00:00Z due"}},
		{
			"the workday of the date itself does not count", "2026-11-25T05:00:00Z", nil, late(1), in(t, "Europe/Warsaw"),
			[]string{"Wed 2026-11-25T05:00:00Z due", "Thu 2026-11-26T07:00:00Z late 1"},
		},
		{
			"the date is the calendar's, not UTC's", "2026-11-25T23:30:00Z", nil, late(1), in(t, "Europe/Warsaw"),
			[]string{"Wed 2026-11-25T23:30:00Z due", "Fri 2026-11-27T07:00:00Z late 1"},
		},
		{
			"a workday that begins at midnight", "2026-11-25T22:59:59Z", nil, late(1), midnight,
			[]string{"Wed 2026-11-25T22:59:59Z due", "Wed 2026-11-25T23:00:00Z late 1"},
		},
		{
			"other workdays", "2026-11-25T15:00:00Z", nil, late(2), israel,
			[]string{"Wed 2026-11-25T15:00:00Z due", "Thu 2026-11-26T06:00:00Z late 1", "Sun 2026-11-29T06:00:00Z late 4"},
		},
		{
			"a start that clocks skip is the change", "2026-03-27T15:00:00Z", nil, late(1), sundays,
			[]string{"Fri 2026-03-27T15:00:00Z due", "Sun 2026-03-29T01:00:00Z late 2"},
		},
		{
			"a date that was skipped is no workday", "2011-12-29T20:00:00Z", nil, late(1), in(t, "Pacific/Apia"),
			[]string{"Thu 2011-12-29T20:00:00Z due", "Sun 2012-01-01T18:00:00Z late 4"},
		},
		{
			"due in an evening that is read twice: not before it", "2006-10-29T03:00:00Z", nil, late(1), evening,
			[]string{"Sun 2006-10-29T03:00:00Z due", "Mon 2006-10-30T03:30:00Z late 2"},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := deadlines.Deadline{Terms: deadlines.Terms{DueAt: instant(t, row.due), RemindBefore: row.before, Overdue: row.late}}
			var got []string
			for _, s := range d.Steps(row.cal) {
				got = append(got, text(s))
			}
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("steps (-want +got):\n%s", diff)
			}
		})
	}
}

// reminder is what a user of the deadline is told.
func reminder(d deadlines.Deadline, since, at time.Time, cal deadlines.Calendar) (deadlines.Step, bool) {
	d.Users = []string{"anna"}
	all := d.Reminders(since, at, cal)
	if len(all) == 0 {
		return deadlines.Step{}, false
	}
	return all[0].Step, true
}

func TestReminder(t *testing.T) {
	const set, first, second, due, after = "2011-12-01T00:00:00Z", "2011-12-03T12:00:00Z", "2011-12-05T12:00:00Z", "2011-12-06T12:00:00Z", "2011-12-07T08:00:00Z"
	for _, row := range []struct{ name, set, since, at, want string }{
		{"nothing has passed", set, set, "2011-12-03T11:59:59Z", ""},
		{"at the instant of a step", set, set, first, "before 72h"},
		{"a step has passed", set, set, "2011-12-03T12:15:00Z", "before 72h"},
		{"it was dealt with", set, "2011-12-03T12:15:00Z", "2011-12-03T12:30:00Z", ""},
		{"it was dealt with at its very instant", set, first, "2011-12-03T12:30:00Z", ""},
		{"RULES 3: one reminder, for the latest of two", set, set, second, "before 24h"},
		{"RULES 3: one reminder, for the latest of all", set, set, "2012-01-01T00:00:00Z", "late 3"},
		{"the date itself", set, second, due, "due"},
		{"the day after", set, due, after, "late 1"},
		{"RULES 3: steps in the past when it was set never fire", "2011-12-05T13:00:00Z", "2011-12-05T13:00:00Z", "2011-12-05T14:00:00Z", ""},
		{"not even if nobody remembers", "2011-12-05T13:00:00Z", "0001-01-01T00:00:00Z", "2011-12-05T14:00:00Z", ""},
		{"a step at the instant of setting lies in the past", second, second, "2011-12-05T14:00:00Z", ""},
		{"those to come do fire", "2011-12-05T13:00:00Z", "2011-12-05T13:00:00Z", due, "due"},
		{"asked about no time at all", set, "2011-12-07T08:00:00Z", "2011-12-05T12:00:00Z", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := deadlines.Deadline{
				SetAt: instant(t, row.set),
				Terms: deadlines.Terms{DueAt: instant(t, due), RemindBefore: spans(24*time.Hour, 72*time.Hour), Overdue: &deadlines.Overdue{EveryWorkday: true, Max: new(3)}},
			}
			step, ok := reminder(d, instant(t, row.since), instant(t, row.at), deadlines.Calendar{})
			if got := text(step); ok != (row.want != "") || ok && !strings.HasSuffix(got, row.want) {
				t.Errorf("Reminder(%s, %s) = %s, %v; want %q", row.since, row.at, got, ok, row.want)
			}
		})
	}
}

func TestNext(t *testing.T) {
	d := deadlines.Deadline{SetAt: instant(t, "2011-12-04T00:00:00Z"), Terms: deadlines.Terms{DueAt: instant(t, "2011-12-06T12:00:00Z"), RemindBefore: spans(24*time.Hour, 72*time.Hour)}}
	for _, row := range []struct{ name, after, want string }{
		{"steps before it was set are none", "2011-12-01T00:00:00Z", "2011-12-05T12:00:00Z"},
		{"since it was set", "2011-12-04T00:00:00Z", "2011-12-05T12:00:00Z"},
		{"strictly after", "2011-12-05T12:00:00Z", "2011-12-06T12:00:00Z"},
		{"a moment before", "2011-12-05T11:59:59.999Z", "2011-12-05T12:00:00Z"},
		{"none is left", "2011-12-06T12:00:00Z", ""},
	} {
		got, ok := d.Next(instant(t, row.after), deadlines.Calendar{})
		if ok != (row.want != "") || ok && !got.Equal(instant(t, row.want)) || !ok && !got.IsZero() {
			t.Errorf("%s: Next(%s) = %v, %v; want %q", row.name, row.after, got, ok, row.want)
		}
	}
}

// Whatever the times of the runs, every step that passes is reminded of once, or is
// followed by a later one before the next run; and no run reminds of nothing.
func TestRunsMissNothingAndRepeatNothing(t *testing.T) {
	zones := wallclock.Names()
	rapid.Check(t, func(r *rapid.T) {
		loc, err := wallclock.Zone(rapid.SampledFrom(zones).Draw(r, "zone"))
		if err != nil {
			r.Fatal(err)
		}
		cal := deadlines.Calendar{Zone: loc, Start: &wallclock.Time{Hour: rapid.IntRange(0, 23).Draw(r, "hour"), Minute: rapid.IntRange(0, 59).Draw(r, "minute")}}
		due := time.Unix(rapid.Int64Range(0, 1<<31).Draw(r, "due"), 0).UTC()
		d := deadlines.Deadline{SetAt: due.Add(-time.Duration(rapid.IntRange(-48, 200).Draw(r, "set")) * time.Hour), Terms: deadlines.Terms{DueAt: due}}
		for range rapid.IntRange(0, 6).Draw(r, "reminders") {
			d.RemindBefore = append(d.RemindBefore, deadlines.Span(rapid.IntRange(1, 300).Draw(r, "hours"))*deadlines.Span(time.Hour))
		}
		if rapid.Bool().Draw(r, "overdue") {
			d.Overdue = &deadlines.Overdue{EveryWorkday: true, Max: new(rapid.IntRange(0, 10).Draw(r, "max"))}
		}
		steps := d.Steps(cal)
		if !slices.IsSortedFunc(steps, func(a, b deadlines.Step) int { return a.At.Compare(b.At) }) {
			r.Fatalf("not in order: %v", steps)
		}
		since, at := d.SetAt, d.SetAt
		for at.Before(due.Add(30 * 24 * time.Hour)) {
			at = at.Add(time.Duration(rapid.IntRange(1, 60).Draw(r, "pause")) * time.Hour)
			next, more := d.Next(since, cal)
			step, ok := reminder(d, since, at, cal)
			if ok != (more && !next.After(at)) {
				r.Fatalf("after %v the next step is at %v (%v), but at %v there is %s (%v)", since, next, more, at, text(step), ok)
			}
			if later, more := d.Next(step.At, cal); ok && more && !later.After(at) {
				r.Fatalf("at %v the reminder is of %s, though one at %v has passed", at, text(step), later)
			}
			if ok {
				since = at
			}
		}
		if at, more := d.Next(since, cal); more && at.Before(due.Add(15*24*time.Hour)) {
			r.Fatalf("the step at %v was missed", at)
		}
	})
}
