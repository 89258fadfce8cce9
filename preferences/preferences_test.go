package preferences_test

import (
	"testing"
	"time"

	"notifier/message"
	"notifier/preferences"
	"notifier/wallclock"
)

var catalog = preferences.DefaultCatalog()

func instant(tb testing.TB, s string) time.Time {
	tb.Helper()
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		tb.Fatal(err)
	}
	return at
}

func clock(h, m int) *wallclock.Time { return &wallclock.Time{Hour: h, Minute: m} }

// choose is what a user in Warsaw chose for changed cases, completed.
func choose(f preferences.Frequency, changes ...func(*preferences.Preferences)) preferences.Preferences {
	p := preferences.Preferences{Frequencies: map[message.Kind]preferences.Frequency{message.CaseChanged: f}}
	for _, change := range changes {
		change(&p)
	}
	return catalog.Complete(p, "Europe/Warsaw")
}

func in(zone string) func(*preferences.Preferences) {
	return func(p *preferences.Preferences) { p.Timezone = zone }
}

func at(h, m int) func(*preferences.Preferences) {
	return func(p *preferences.Preferences) { p.DailyAt = clock(h, m) }
}

func on(d preferences.Weekday) func(*preferences.Preferences) {
	return func(p *preferences.Preferences) { p.WeeklyOn = d }
}

func TestDue(t *testing.T) {
	const changed, received, deadline = message.CaseChanged, message.CaseReceived, message.Deadline
	for _, row := range []struct {
		name     string
		prefs    preferences.Preferences
		kind     message.Kind
		at, want string // want is empty if no mail is wanted
		reason   message.Reason
	}{
		{"AMODIT-4: immediately is at once", choose("immediately"), changed, "2026-11-22T13:48:03Z", "2026-11-22T13:48:03Z", "preference_immediately"},
		{"RULES 2: the default is immediately", choose("daily"), received, "2026-11-22T13:48:03Z", "2026-11-22T13:48:03Z", "preference_immediately"},
		{"AMODIT-15: deadline mail cannot be delayed", choose("weekly"), deadline, "2026-03-29T01:30:00Z", "2026-03-29T01:30:00Z", "mandatory"},
		{"never is none, and says why", choose("never"), changed, "2026-11-22T13:48:03Z", "", "preference_never"},

		{"hourly: the next full hour", choose("hourly"), changed, "2026-11-22T13:48:03Z", "2026-11-22T14:00:00Z", "preference_hourly"},
		{"hourly: an event at 15:00:00.000 waits for 16:00", choose("hourly"), changed, "2026-11-22T14:00:00.000Z", "2026-11-22T15:00:00Z", "preference_hourly"},
		{"hourly: the user's wall, not UTC's", choose("hourly", in("Asia/Kathmandu")), changed, "2011-10-11T11:45:40.276Z", "2011-10-11T12:15:00Z", "preference_hourly"},
		{"hourly: both of two hours", choose("hourly"), changed, "2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z", "preference_hourly"},

		{"daily: the user's hour", choose("daily"), changed, "2026-11-22T13:48:03Z", "2026-11-23T07:00:00Z", "preference_daily"},
		{"daily: later the same day", choose("daily", at(17, 45)), changed, "2026-11-22T13:48:03Z", "2026-11-22T16:45:00Z", "preference_daily"},
		{"daily: strictly after", choose("daily"), changed, "2026-11-22T07:00:00Z", "2026-11-23T07:00:00Z", "preference_daily"},
		{"daily: midnight is an hour to choose", choose("daily", at(0, 0)), changed, "2026-11-22T13:48:03Z", "2026-11-22T23:00:00Z", "preference_daily"},
		{"daily: a 23-hour day", choose("daily"), changed, "2026-03-28T12:00:00Z", "2026-03-29T06:00:00Z", "preference_daily"},
		{"daily: a 25-hour day", choose("daily"), changed, "2026-10-24T12:00:00Z", "2026-10-25T07:00:00Z", "preference_daily"},
		{"daily: a time that the clock skips is the change", choose("daily", at(2, 30)), changed, "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z", "preference_daily"},
		{"daily: a time that comes twice is the first", choose("daily", at(2, 30)), changed, "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z", "preference_daily"},
		{"daily: and not the second", choose("daily", at(2, 30)), changed, "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z", "preference_daily"},
		{"daily: Apia had no 2011-12-30", choose("daily", in("Pacific/Apia")), changed, "2011-12-29T20:00:00Z", "2011-12-30T18:00:00Z", "preference_daily"},
		{"daily: Nuuk: the change reads the next date", choose("daily", in("America/Nuuk"), at(23, 30)), changed, "2024-03-30T12:00:00Z", "2024-03-31T01:00:00Z", "preference_daily"},

		{"weekly: the user's weekday and hour", choose("weekly"), changed, "2026-11-25T12:00:00Z", "2026-11-30T07:00:00Z", "preference_weekly"},
		{"weekly: sunday is a day to choose", choose("weekly", on("sunday")), changed, "2026-11-25T12:00:00Z", "2026-11-29T07:00:00Z", "preference_weekly"},
		{"weekly: the weekday of the user's wall", choose("weekly", in("Pacific/Kiritimati"), on("sunday"), at(0, 0)), changed, "2026-11-25T12:00:00Z", "2026-11-28T10:00:00Z", "preference_weekly"},
		{"weekly: a sunday on which clocks change", choose("weekly", on("sunday"), at(2, 30)), changed, "2026-03-25T12:00:00Z", "2026-03-29T01:00:00Z", "preference_weekly"},

		{"the zero Preferences sends at once", preferences.Preferences{}, changed, "2026-11-22T13:48:03Z", "2026-11-22T13:48:03Z", "preference_immediately"},
	} {
		t.Run(row.name, func(t *testing.T) {
			due, reason, wanted := row.prefs.Due(row.kind, instant(t, row.at))
			if reason != row.reason || wanted != (row.want != "") {
				t.Errorf("Due(%s, %s) = %v, %s, %v; want %q, %s", row.kind, row.at, due, reason, wanted, row.want, row.reason)
			}
			if wanted && !due.Equal(instant(t, row.want)) || !wanted && !due.IsZero() {
				t.Errorf("Due(%s, %s) = %v, want %q", row.kind, row.at, due, row.want)
			}
		})
	}
}

// What is not completed, or was never checked, is still decided.
func TestDueIsTotal(t *testing.T) {
	event := instant(t, "2026-11-22T13:48:03Z")
	bare := preferences.Preferences{Frequencies: map[message.Kind]preferences.Frequency{"a": "daily", "b": "weekly", "c": "fortnightly"}}
	if due, _, _ := bare.Due("a", event); !due.Equal(instant(t, "2026-11-23T08:00:00Z")) {
		t.Errorf("daily without an hour and a zone is due at %v, want 08:00 UTC", due)
	}
	if due, _, _ := bare.Due("b", event); !due.Equal(instant(t, "2026-11-23T08:00:00Z")) {
		t.Errorf("weekly without a day is due at %v, want Monday", due)
	}
	if due, reason, wanted := bare.Due("c", event); !due.Equal(event) || reason != "preference_immediately" || !wanted {
		t.Errorf("an unknown frequency is due at %v, %s, %v; want at once", due, reason, wanted)
	}
	bare.Timezone = "Nowhere"
	if due, _, _ := bare.Due("a", event); !due.Equal(instant(t, "2026-11-23T08:00:00Z")) {
		t.Errorf("daily in no zone is due at %v, want 08:00 UTC", due)
	}
}

// RULES section 2: changing a preference, an hour, a weekday or a zone acts at once on what waits.
func TestAgain(t *testing.T) {
	const event, change = "2026-11-22T13:48:03Z", "2026-11-22T20:00:00Z"
	for _, row := range []struct {
		name      string
		prefs     preferences.Preferences
		due, want string
	}{
		{"to immediately: now", choose("immediately"), "2026-11-23T07:00:00Z", change},
		{"to immediately: what was due stays due", choose("immediately"), "2026-11-22T14:00:00Z", "2026-11-22T14:00:00Z"},
		{"to hourly: from the event's own time, in the past", choose("hourly"), "2026-11-23T07:00:00Z", "2026-11-22T14:00:00Z"},
		{"to daily: from the event's own time", choose("daily"), "2026-11-22T14:00:00Z", "2026-11-23T07:00:00Z"},
		{"to weekly: from the event's own time", choose("weekly"), "2026-11-22T14:00:00Z", "2026-11-23T07:00:00Z"},
		{"another hour", choose("daily", at(17, 45)), "2026-11-23T07:00:00Z", "2026-11-22T16:45:00Z"},
		{"another weekday", choose("weekly", on("sunday")), "2026-11-23T07:00:00Z", "2026-11-29T07:00:00Z"},
		{"another zone", choose("daily", in("America/New_York")), "2026-11-23T07:00:00Z", "2026-11-23T13:00:00Z"},
		{"to never: sent one last time", choose("never"), "2026-11-23T07:00:00Z", "2026-11-23T07:00:00Z"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := row.prefs.Again(message.CaseChanged, instant(t, event), instant(t, row.due), instant(t, change))
			if !got.Equal(instant(t, row.want)) {
				t.Errorf("Again(%s, due %s) = %v, want %s", row.prefs.Setting(message.CaseChanged), row.due, got, row.want)
			}
		})
	}
}

func TestSameRule(t *testing.T) {
	for _, row := range []struct {
		name string
		a, b preferences.Preferences
		same bool
	}{
		{"nothing changed", choose("daily"), choose("daily"), true},
		{"another frequency", choose("daily"), choose("hourly"), false},
		{"another hour", choose("daily"), choose("daily", at(9, 0)), false},
		{"another hour, but hourly has none", choose("hourly"), choose("hourly", at(9, 0)), true},
		{"another weekday", choose("weekly"), choose("weekly", on("friday")), false},
		{"another weekday, but daily has none", choose("daily"), choose("daily", on("friday")), true},
		{"another zone", choose("hourly"), choose("hourly", in("Asia/Kathmandu")), false},
		{"another zone, but never has none", choose("never"), choose("never", in("Asia/Kathmandu")), true},
		{"chosen or not, it is immediately", choose("immediately"), preferences.Preferences{}, true},
	} {
		if a, b := row.a.SameRule(row.b, message.CaseChanged), row.b.SameRule(row.a, message.CaseChanged); a != row.same || b != row.same {
			t.Errorf("%s: SameRule = %v and %v, want %v", row.name, a, b, row.same)
		}
	}
}

func TestSetting(t *testing.T) {
	for _, row := range []struct {
		prefs preferences.Preferences
		kind  message.Kind
		want  string
	}{
		{choose("immediately"), message.CaseChanged, "immediately"},
		{choose("hourly"), message.CaseChanged, "hourly"},
		{choose("daily"), message.CaseChanged, "daily 08:00"},
		{choose("daily", at(0, 0)), message.CaseChanged, "daily 00:00"},
		{choose("weekly"), message.CaseChanged, "weekly monday 08:00"},
		{choose("weekly", on("sunday"), at(17, 45)), message.CaseChanged, "weekly sunday 17:45"},
		{choose("never"), message.CaseChanged, "never"},
		{choose("never"), message.CaseReceived, "immediately"},
		{choose("never"), message.Deadline, ""},
		{preferences.Preferences{}, message.CaseChanged, "immediately"},
		{preferences.Preferences{Frequencies: map[message.Kind]preferences.Frequency{"a": "weekly"}}, "a", "weekly monday 08:00"},
	} {
		if got := row.prefs.Setting(row.kind); got != row.want {
			t.Errorf("Setting(%s) = %q, want %q", row.kind, got, row.want)
		}
	}
}

func BenchmarkDue(b *testing.B) {
	start := time.Date(2011, 10, 11, 11, 45, 40, 0, time.UTC)
	for _, f := range preferences.Frequencies() {
		p := choose(f)
		b.Run(string(f), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				p.Due(message.CaseChanged, start.Add(time.Duration(i%100_000)*7919*time.Second)) // 25 years
			}
		})
	}
}

func BenchmarkComplete(b *testing.B) {
	p := choose("weekly")
	for b.Loop() {
		catalog.Complete(p, "Europe/Warsaw")
	}
}
