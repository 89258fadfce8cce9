package deadlines_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"notifier/deadlines"
	"notifier/fault"
	"notifier/wallclock"
)

// warsaw works from 8 on, not on Polish holidays.
func warsaw(t *testing.T) deadlines.Calendar {
	t.Helper()
	zone, err := wallclock.Zone("Europe/Warsaw")
	if err != nil {
		t.Fatal(err)
	}
	holiday, err := deadlines.Holidays("pl")
	if err != nil {
		t.Fatal(err)
	}
	return deadlines.Calendar{Zone: zone, Holiday: holiday}
}

// told lists who is told when, by a run at each minute that a step comes.
func told(t *testing.T, d deadlines.Deadline, cal deadlines.Calendar) string {
	t.Helper()
	var all []string
	for at, any := d.Next(d.SetAt, cal); any; at, any = d.Next(at, cal) {
		for _, r := range d.Reminders(at.Add(-1), at, cal) {
			mark := ""
			if r.Escalated {
				mark = "!"
			}
			all = append(all, fmt.Sprintf("%s %s%s %s", at.In(cal.Zone).Format("Mon 2 15:04"), r.User, mark, r.Step.Kind))
		}
	}
	return strings.Join(all, "\n")
}

// TestDeadlinesInFull: the reminders and escalations of AMODIT-23 to -26. 11 November is a
// holiday in Poland, a Wednesday in 2026.
func TestDeadlinesInFull(t *testing.T) {
	cal := warsaw(t)
	for _, row := range []struct{ name, json, want string }{
		{
			"AMODIT-24: N hours before", `{"due_at":"2026-11-12T14:00:00+01:00","remind_before":["24h"]}`,
			"Wed 11 14:00 anna before\nThu 12 14:00 anna due",
		},
		{
			"AMODIT-24: at the start of the workday, and on every following one", `{"due_at":"2026-11-10T14:00:00+01:00","remind_on_day_and_after":true,"overdue":{"every_workday":true,"max":3}}`,
			"Tue 10 08:00 anna on_day\nTue 10 14:00 anna due\nThu 12 08:00 anna late\nFri 13 08:00 anna late\nMon 16 08:00 anna late",
		},
		{
			"on a day that is none: the next workday", `{"due_at":"2026-11-11T14:00:00+01:00","remind_on_day_and_after":true}`,
			"Wed 11 14:00 anna due\nThu 12 08:00 anna on_day\nFri 13 08:00 anna late\nMon 16 08:00 anna late\nTue 17 08:00 anna late\nWed 18 08:00 anna late",
		},
		{
			"AMODIT-25: escalation before, on and after", `{"due_at":"2026-11-10T14:00:00+01:00","escalate":[{"users":["boss"],"before":["2h"]},{"users":["ceo","boss"],"on_day":true,"after":{"every_workday":true,"max":1}}]}`,
			"Tue 10 08:00 ceo! on_day\nTue 10 08:00 boss! on_day\nTue 10 12:00 boss! before\nTue 10 14:00 anna due\nThu 12 08:00 ceo! late\nThu 12 08:00 boss! late",
		},
		{
			"AMODIT-26: other terms for one user", `{"users":["anna","jan"],"due_at":"2026-11-10T14:00:00+01:00","for_users":{"jan":{"due_at":"2026-11-12T10:00:00+01:00","remind_before":["1h"]}}}`,
			"Tue 10 14:00 anna due\nThu 12 09:00 jan before\nThu 12 10:00 jan due",
		},
		{
			"AMODIT-23: hours since the case reached its stage", `{"due_in":{"hours":2.5,"since":"2026-11-09T10:00:00+01:00"}}`,
			"Mon 9 12:30 anna due",
		},
		{"AMODIT-23: days", `{"due_in":{"days":1.5,"since":"2026-11-09T10:00:00+01:00"}}`, "Tue 10 22:00 anna due"},
		{"workdays", `{"due_in":{"workdays":3,"since":"2026-11-09T10:00:00+01:00"}}`, "Fri 13 10:00 anna due"},
		{"days over the change of clocks", `{"due_in":{"days":155,"since":"2026-10-24T10:00:00+02:00"}}`, "Sun 28 10:00 anna due"},
		{"half a day without a date between", `{"due_in":{"days":0.25}}`, "Mon 9 16:00 anna due"},
	} {
		var d deadlines.Deadline
		text := row.json
		if !strings.Contains(text, `"users":["anna"`) {
			text = `{"users":["anna"],` + text[1:]
		}
		if err := fault.Decode([]byte(text), &d); err != nil {
			t.Fatalf("%s: %v", row.name, err)
		}
		d.Key = "k"
		if err := d.Check(); err != nil {
			t.Fatalf("%s: %v", row.name, err)
		}
		if got := told(t, d.Set(instant(t, "2026-11-09T09:00:00Z"), cal), cal); got != row.want {
			t.Errorf("%s:\n%s\nwant\n%s", row.name, got, row.want)
		}
	}
}

// TestOneReminderEach: who is reminded and escalated to at once is told once; who missed
// several steps, too.
func TestOneReminderEach(t *testing.T) {
	cal := warsaw(t)
	d := deadlines.Deadline{
		Users: []string{"anna", "jan"}, Terms: deadlines.Terms{DueAt: instant(t, "2026-11-10T13:00:00Z"), RemindBefore: spans(time.Hour)},
		Escalate: []deadlines.Escalation{{Users: []string{"jan", "boss"}, Before: spans(time.Hour, 2*time.Hour)}},
	}
	d = d.Set(instant(t, "2026-11-09T09:00:00Z"), cal)
	var got []string
	for _, r := range d.Reminders(d.SetAt, instant(t, "2026-11-10T12:30:00Z"), cal) {
		got = append(got, fmt.Sprint(r.User, r.Escalated))
	}
	if want := "[annafalse janfalse bosstrue]"; fmt.Sprint(got) != want {
		t.Errorf("told are %v, want %s", got, want)
	}
	if got := d.People(); !slices.Equal(got, []string{"anna", "boss", "jan"}) {
		t.Errorf("it concerns %v", got)
	}
	b, err := json.Marshal(d)
	var again deadlines.Deadline
	if err == nil {
		err = json.Unmarshal(b, &again)
	}
	if err != nil || !again.DueAt.Equal(d.DueAt) || len(again.Escalate) != 1 {
		t.Errorf("%s is read as %+v, %v", b, again, err)
	}
}

func TestDeadlinesInFullRefused(t *testing.T) {
	for _, row := range []struct{ json, want string }{
		{`{}`, "/due_at missing"},
		{`{"due_at":"2026-11-10T13:00:00Z","due_in":{"hours":1}}`, "/due_in not_allowed"},
		{`{"due_in":{}}`, "/due_in missing"},
		{`{"due_in":{"hours":1,"days":1}}`, "/due_in missing"},
		{`{"due_in":{"hours":-1}}`, "/due_in/hours out_of_range"},
		{`{"due_in":{"workdays":9999}}`, "/due_in/workdays out_of_range"},
		{`{"due_in":{"workdays":1.5}}`, "/due_in/workdays bad_type"},
		{`{"due_in":{"hours":1},"escalate":[{"users":["boss"]}]}`, "/escalate/0 missing"},
		{`{"due_in":{"hours":1},"escalate":[{"users":[],"on_day":true}]}`, "/escalate/0/users missing"},
		{`{"due_in":{"hours":1},"escalate":[{"users":[".."],"before":["1h"]}]}`, "/escalate/0/users/0 bad_text"},
		{`{"due_in":{"hours":1},"escalate":[{"users":["boss"],"after":{"every_workday":true,"max":61}}]}`, "/escalate/0/after/max out_of_range"},
		{`{"due_in":{"hours":1},"for_users":{"jan":{"due_in":{"hours":1}}}}`, "/for_users/jan not_a_user"},
		{`{"due_in":{"hours":1},"for_users":{"anna":{}}}`, "/for_users/anna/due_at missing"},
		{`{"due_in":{"hours":1},"for_users":{"anna":{"due_in":{"days":1},"remind_before":["-1h"]}}}`, "/for_users/anna/remind_before/0 out_of_range"},
		{`{"due_in":{"hours":1},"escalate":[{"who":["boss"]}]}`, "/escalate/0/who unknown_key"},
	} {
		var d deadlines.Deadline
		err := fault.Decode([]byte(`{"users":["anna"],"key":"k",`+row.json[1:]), &d)
		if row.json == "{}" {
			err = fault.Decode([]byte(`{"users":["anna"],"key":"k"}`), &d)
		}
		if err == nil {
			err = d.Check()
		}
		bad, is := err.(*fault.Invalid)
		if !is || bad.Faults[0].Pointer+" "+bad.Faults[0].Code != row.want {
			t.Errorf("%s: %v, want %s", row.json, err, row.want)
		}
	}
}

func TestHolidays(t *testing.T) {
	pl, err := deadlines.Holidays("PL")
	if err != nil {
		t.Fatal(err)
	}
	for day, want := range map[wallclock.Date]bool{
		{Year: 2026, Month: 12, Day: 24}: true, // since 2025
		{Year: 2024, Month: 12, Day: 24}: false,
		{Year: 2026, Month: 4, Day: 6}:   true, // Easter Monday
		{Year: 2026, Month: 6, Day: 4}:   true, // Corpus Christi
		{Year: 2026, Month: 6, Day: 5}:   false,
	} {
		for range 2 { // reckoned, and remembered
			if got := pl(day); got != want {
				t.Errorf("%v is a holiday: %v, want %v", day, got, want)
			}
		}
	}
	if _, err := deadlines.Holidays("XX"); err == nil || !strings.Contains(err.Error(), "PL, PT") {
		t.Errorf("XX: %v", err)
	}
}
