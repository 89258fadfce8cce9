package preferences_test

import (
	"testing"
	"time"

	"notifier/message"
	"notifier/preferences"
	"notifier/wallclock"
)

func pausedUntil(year int, month time.Month, day int) func(*preferences.Preferences) {
	return func(p *preferences.Preferences) { p.PausedUntil = wallclock.Date{Year: year, Month: month, Day: day} }
}

// What happens during a pause waits until its end; nothing that is mandatory does.
func TestPauseDue(t *testing.T) {
	const changed = message.CaseChanged
	first := pausedUntil(2026, time.December, 1)
	for _, row := range []struct {
		name     string
		prefs    preferences.Preferences
		kind     message.Kind
		at, want string
		reason   message.Reason
	}{
		{"right away waits for the daily hour of the last date", choose("immediately", first), changed, "2026-11-22T13:48:03Z", "2026-12-01T07:00:00Z", "paused_by_user"},
		{"so does hourly", choose("hourly", first), changed, "2026-11-22T13:48:03Z", "2026-12-01T07:00:00Z", "paused_by_user"},
		{"and daily, by the person's own hour", choose("daily", first, at(17, 45)), changed, "2026-11-22T13:48:03Z", "2026-12-01T16:45:00Z", "paused_by_user"},
		{"weekly that is due later anyway keeps its time", choose("weekly", first, on("thursday")), changed, "2026-11-30T12:00:00Z", "2026-12-03T07:00:00Z", "preference_weekly"},
		{"never is not wanted, paused or not", choose("never", first), changed, "2026-11-22T13:48:03Z", "", "preference_never"},
		{"a deadline gets through", choose("immediately", first), message.Deadline, "2026-11-22T13:48:03Z", "2026-11-22T13:48:03Z", "mandatory"},
		{"at its end it is over", choose("immediately", first), changed, "2026-12-01T07:00:00Z", "2026-12-01T07:00:00Z", "preference_immediately"},
		{"a moment before it is not", choose("immediately", first), changed, "2026-12-01T06:59:59Z", "2026-12-01T07:00:00Z", "paused_by_user"},
		{"an old pause holds nothing", choose("hourly", pausedUntil(2026, time.November, 1)), changed, "2026-11-22T13:48:03Z", "2026-11-22T14:00:00Z", "preference_hourly"},
		{"a date that the zone skipped ends on the next", choose("immediately", in("Pacific/Apia"), pausedUntil(2011, time.December, 30)), changed, "2011-12-28T12:00:00Z", "2011-12-30T18:00:00Z", "paused_by_user"},
		{"an hour that the clock skips is the change", choose("daily", at(2, 30), pausedUntil(2026, time.March, 29)), changed, "2026-03-20T12:00:00Z", "2026-03-29T01:00:00Z", "paused_by_user"},
	} {
		t.Run(row.name, func(t *testing.T) {
			due, reason, wanted := row.prefs.Due(row.kind, instant(t, row.at))
			if wanted != (row.want != "") || reason != row.reason || wanted && !due.Equal(instant(t, row.want)) {
				t.Errorf("Due(%s, %s) = %s %s %t, want %s %s", row.kind, row.at, due, reason, wanted, row.want, row.reason)
			}
		})
	}
}

// A pause acts at once on what waits, and so does its end.
func TestPauseAgain(t *testing.T) {
	const occurred, now = "2026-11-22T13:48:03Z", "2026-11-22T18:00:00Z"
	first := pausedUntil(2026, time.December, 1)
	for _, row := range []struct {
		name      string
		prefs     preferences.Preferences
		due, want string
	}{
		{"daily mail waits on", choose("daily", first), "2026-11-23T07:00:00Z", "2026-12-01T07:00:00Z"},
		{"mail of a kind that is now right away, too", choose("immediately", first), "2026-11-23T07:00:00Z", "2026-12-01T07:00:00Z"},
		{"and what is sent one last time", choose("never", first), "2026-11-23T07:00:00Z", "2026-12-01T07:00:00Z"},
		{"a longer wait stays as it is", choose("never", first), "2026-12-07T07:00:00Z", "2026-12-07T07:00:00Z"},
		{"without the pause daily is as if there had been none", choose("daily"), "2026-12-01T07:00:00Z", "2026-11-23T07:00:00Z"},
		{"without it right away is now", choose("immediately"), "2026-12-01T07:00:00Z", now},
		{"a pause that is over holds nothing", choose("immediately", pausedUntil(2026, time.November, 20)), "2026-12-01T07:00:00Z", now},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := row.prefs.Again(message.CaseChanged, instant(t, occurred), instant(t, row.due), instant(t, now))
			if !got.Equal(instant(t, row.want)) {
				t.Errorf("Again = %s, want %s", got, row.want)
			}
		})
	}
	if choose("daily", first).SameRule(choose("daily"), message.CaseChanged) {
		t.Error("a pause is not another rule")
	}
	if !choose("daily", first).SameRule(choose("daily"), message.Deadline) {
		t.Error("a pause is another rule for deadlines")
	}
}
