package preferences_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"notifier/fault"
	"notifier/message"
	"notifier/preferences"
	"notifier/wallclock"
)

type frequencies = map[message.Kind]preferences.Frequency

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

func expect(tb testing.TB, err error, want ...string) {
	tb.Helper()
	if diff := cmp.Diff(want, faults(tb, err)); diff != "" {
		tb.Errorf("faults (-want +got):\n%s", diff)
	}
}

func TestDefaultCatalog(t *testing.T) {
	if err := catalog.Validate(); err != nil {
		t.Error(err)
	}
	if got := catalog.Kinds(); !slices.Equal(got, []message.Kind{"case_received", "case_changed", "deadline"}) {
		t.Errorf("Kinds() = %v", got)
	}
	if slices.Contains(catalog[message.CaseReceived].Frequencies, preferences.Weekly) {
		t.Error("AMODIT-14: case_received offers weekly")
	}
	for k, title := range map[message.Kind]string{
		"case_received": "A case reaches me", "case_changed": "Anything else changes", "deadline": "Deadlines and reminders",
	} {
		if catalog[k].Title != title {
			t.Errorf("%s is called %q, want %q", k, catalog[k].Title, title)
		}
	}
}

func TestCatalogWith(t *testing.T) {
	got := catalog.With(preferences.Catalog{
		"case_received": {Frequencies: []preferences.Frequency{"daily"}, Default: "daily"},
		"case_closed":   {Frequencies: []preferences.Frequency{"daily", "never"}, Default: "never"},
		"approval":      {Frequencies: []preferences.Frequency{"hourly"}, Default: "hourly", Title: "Approvals"},
	})
	if want := []message.Kind{"case_received", "case_changed", "approval", "case_closed", "deadline"}; !slices.Equal(got.Kinds(), want) {
		t.Errorf("Kinds() = %v, want %v", got.Kinds(), want)
	}
	if k := got["case_received"]; k.Title != "A case reaches me" || k.Default != "daily" {
		t.Errorf("the replaced kind is %+v", k)
	}
	if got["case_closed"].Title != "case closed" || got["approval"].Title != "Approvals" {
		t.Errorf("the new kinds are called %q and %q", got["case_closed"].Title, got["approval"].Title)
	}
	if len(catalog) != 3 || catalog["case_received"].Default != "immediately" {
		t.Error("With changed the catalog that it was called on")
	}
}

func TestValidate(t *testing.T) {
	daily := preferences.Kind{Frequencies: []preferences.Frequency{"daily"}, Default: "daily"}
	for _, row := range []struct {
		name string
		kind message.Kind
		is   preferences.Kind
		want []string
	}{
		{"a good kind", "case_closed", daily, nil},
		{"a mandatory kind", "alarm", preferences.Kind{Mandatory: true}, nil},
		{
			"an unknown frequency", "a",
			preferences.Kind{Frequencies: []preferences.Frequency{"daily", "yearly"}, Default: "daily"},
			[]string{`/a/frequencies/1 unknown_frequency "yearly" is not a frequency. Use immediately, hourly, daily, weekly or never.`},
		},
		{
			"a frequency twice", "a",
			preferences.Kind{Frequencies: []preferences.Frequency{"daily", "daily"}, Default: "daily"},
			[]string{`/a/frequencies/1 duplicate a lists daily twice. Leave one out.`},
		},
		{
			"a default that is not offered", "a",
			preferences.Kind{Frequencies: []preferences.Frequency{"daily", "never"}, Default: "weekly"},
			[]string{`/a/default not_allowed the default of a is "weekly", which it does not offer. Use daily or never.`},
		},
		{
			"no default", "a",
			preferences.Kind{Frequencies: []preferences.Frequency{"daily"}},
			[]string{`/a/default not_allowed the default of a is "", which it does not offer. Use daily.`},
		},
		{
			"nothing to choose", "a",
			preferences.Kind{Default: "daily"},
			[]string{`/a/frequencies missing a offers nothing to choose. List at least one of immediately, hourly, daily, weekly or never, or write mandatory: true.`},
		},
		{
			"mandatory with a choice", "a",
			preferences.Kind{Mandatory: true, Default: "daily"},
			[]string{`/a mandatory a is mandatory: there is nothing to choose. Leave out frequencies and default, or mandatory.`},
		},
		{
			"AMODIT-15: a choice of deadlines", "deadline", daily,
			[]string{`/deadline mandatory deadline mails cannot be turned off or delayed; leave the key "deadline" out.`},
		},
		{
			"a title of two lines", "a",
			preferences.Kind{Frequencies: daily.Frequencies, Default: "daily", Title: "a\nb"},
			[]string{`/a/title bad_text the text has a line break or control character (U+000A) in it. Write it on one line.`},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			expect(t, preferences.Catalog{row.kind: row.is}.Validate(), row.want...)
		})
	}
	for _, name := range []message.Kind{"", "Case", "1st", "_x", "a-b", "a b", "a/b", "ą", message.Kind(strings.Repeat("a", 51))} {
		if got := faults(t, preferences.Catalog{name: daily}.Validate()); len(got) != 1 || !strings.Contains(got[0], "bad_name") {
			t.Errorf("a kind called %q: %q, want bad_name", name, got)
		}
	}
	for _, name := range []message.Kind{"daily_at", "weekly_on", "timezone", "paused_until", "at", "do", "user"} {
		if got := faults(t, preferences.Catalog{name: daily}.Validate()); len(got) != 1 || !strings.Contains(got[0], "already means something else") {
			t.Errorf("a kind called %q: %q, want bad_name", name, got)
		}
	}
}

func TestCheck(t *testing.T) {
	for _, row := range []struct {
		name  string
		prefs preferences.Preferences
		want  []string
	}{
		{"nothing chosen", preferences.Preferences{}, nil},
		{"all chosen", preferences.Preferences{
			Frequencies: frequencies{"case_received": "hourly", "case_changed": "weekly"},
			DailyAt:     clock(0, 0), WeeklyOn: "sunday", Timezone: "Europe/Warsaw",
		}, nil},
		{
			"AMODIT-14: no weekly for received cases",
			preferences.Preferences{Frequencies: frequencies{"case_received": "weekly"}},
			[]string{`/case_received not_allowed "weekly" is not offered for case_received. Use immediately, hourly, daily or never.`},
		},
		{
			"a word that is no frequency",
			preferences.Preferences{Frequencies: frequencies{"case_changed": "dayly"}},
			[]string{`/case_changed not_allowed "dayly" is not offered for case_changed. Use immediately, hourly, daily, weekly or never.`},
		},
		{
			"AMODIT-15: deadlines cannot be chosen",
			preferences.Preferences{Frequencies: frequencies{"deadline": "never"}},
			[]string{`/deadline mandatory deadline mails cannot be turned off or delayed; leave the key "deadline" out.`},
		},
		{
			"the mark of mandatory kinds is not for users",
			preferences.Preferences{Frequencies: frequencies{"deadline": "mandatory", "case_changed": "mandatory"}},
			[]string{
				`/case_changed not_allowed "mandatory" is not offered for case_changed. Use immediately, hourly, daily, weekly or never.`,
				`/deadline mandatory deadline mails cannot be turned off or delayed; leave the key "deadline" out.`,
			},
		},
		{
			"a typing error in a kind",
			preferences.Preferences{Frequencies: frequencies{"case_recieved": "daily"}},
			[]string{`/case_recieved unknown_kind there is no kind "case_recieved". Did you mean "case_received"?`},
		},
		{
			"a typing error in another key",
			preferences.Preferences{Frequencies: frequencies{"time_zone": "Europe/Warsaw"}},
			[]string{`/time_zone unknown_kind there is no kind "time_zone". Did you mean "timezone"?`},
		},
		{
			"no such kind",
			preferences.Preferences{Frequencies: frequencies{"x/y~z": "daily"}},
			[]string{`/x~1y~0z unknown_kind there is no kind "x/y~z". There are case_received, case_changed, daily_at, weekly_on, timezone, language, paused_until.`},
		},
		{
			"a zone that is none",
			preferences.Preferences{Timezone: "Europe/Warschau"},
			[]string{`/timezone bad_timezone "Europe/Warschau" is not a time zone. Did you mean "Europe/Warsaw"?`},
		},
		{
			"an offset",
			preferences.Preferences{Timezone: "UTC+2"},
			[]string{`/timezone bad_timezone "UTC+2" is an offset, which knows no summer time. Write the name of a place, as in Europe/Warsaw.`},
		},
		{
			"an hour that is none",
			preferences.Preferences{DailyAt: &wallclock.Time{Hour: 25}},
			[]string{`/daily_at bad_time 25:00 is not a time of day. Use hours from 0 to 23 and minutes from 0 to 59.`},
		},
		{
			"a weekday in capitals",
			preferences.Preferences{WeeklyOn: "Monday"},
			[]string{`/weekly_on bad_weekday "Monday" is not a day of the week. Write monday.`},
		},
		{
			"a short weekday",
			preferences.Preferences{WeeklyOn: "th"},
			[]string{`/weekly_on bad_weekday "th" is not a day of the week. Write thursday.`},
		},
		{"everything wrong is told at once", preferences.Preferences{
			Frequencies: frequencies{"deadline": "daily", "case_received": "weekly"}, WeeklyOn: "someday", Timezone: "Local",
		}, []string{
			`/case_received not_allowed "weekly" is not offered for case_received. Use immediately, hourly, daily or never.`,
			`/deadline mandatory deadline mails cannot be turned off or delayed; leave the key "deadline" out.`,
			`/weekly_on bad_weekday "someday" is not a day of the week. Write monday, tuesday, wednesday, thursday, friday, saturday or sunday.`,
			`/timezone bad_timezone "Local" is another zone on every machine. Write the name of a place, as in Europe/Warsaw.`,
		}},
	} {
		t.Run(row.name, func(t *testing.T) { expect(t, catalog.Check(row.prefs), row.want...) })
	}
}

func TestCheckKind(t *testing.T) {
	for _, k := range []message.Kind{"case_received", "case_changed", "deadline"} {
		if err := catalog.CheckKind(k); err != nil {
			t.Errorf("%s: %v", k, err)
		}
	}
	if err := (preferences.Catalog{}).CheckKind(message.Deadline); err != nil {
		t.Errorf("AMODIT-15: deadlines are in every catalog: %v", err)
	}
	expect(t, catalog.CheckKind("case_recieved"), `/kind unknown_kind there is no kind "case_recieved". Did you mean "case_received"?`)
	expect(t, catalog.CheckKind("approval"), `/kind unknown_kind there is no kind "approval". There are case_received, case_changed, deadline.`)
	expect(t, catalog.CheckKind(""), `/kind missing an event needs a kind. There are case_received, case_changed, deadline.`)
}

func TestComplete(t *testing.T) {
	empty := catalog.Complete(preferences.Preferences{}, "Europe/Warsaw")
	want := preferences.Preferences{
		Frequencies: frequencies{"case_received": "immediately", "case_changed": "immediately", "deadline": "mandatory"},
		DailyAt:     clock(8, 0), WeeklyOn: "monday", Timezone: "Europe/Warsaw",
	}
	if diff := cmp.Diff(want, empty); diff != "" {
		t.Errorf("nothing chosen (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(empty, catalog.Complete(empty, "UTC")); diff != "" {
		t.Errorf("completed twice (-once +twice):\n%s", diff)
	}

	chosen := preferences.Preferences{
		Frequencies: frequencies{"case_received": "weekly", "deadline": "never", "gone": "daily", "case_changed": "weekly"},
		DailyAt:     clock(0, 0), WeeklyOn: "sunday", Timezone: "Asia/Kathmandu",
	}
	want = preferences.Preferences{
		Frequencies: frequencies{"case_received": "immediately", "case_changed": "weekly", "deadline": "mandatory"},
		DailyAt:     clock(0, 0), WeeklyOn: "sunday", Timezone: "Asia/Kathmandu",
	}
	got := catalog.Complete(chosen, "Europe/Warsaw")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("chosen; what is not offered any more counts as not chosen (-want +got):\n%s", diff)
	}
	if got.DailyAt == chosen.DailyAt || len(chosen.Frequencies) != 4 {
		t.Error("Complete shares memory with what it was given")
	}
	if got := preferences.DefaultCatalog().Complete(preferences.Preferences{}, "").Timezone; got != "UTC" {
		t.Errorf("without a site's zone it is %q, want UTC", got)
	}
	if _, reason, _ := (preferences.Catalog{}).Complete(chosen, "").Due(message.Deadline, instant(t, "2026-11-22T13:48:03Z")); reason != message.Mandatory {
		t.Errorf("AMODIT-15: a deadline in an empty catalog is %s", reason)
	}
}
