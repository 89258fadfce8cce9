package simulate_test

import (
	"io"
	"testing"
	"time"

	"pgregory.net/rapid"

	"notifier/message"
	"notifier/preferences"
	"notifier/schedule"
	"notifier/simulate"
	"notifier/wallclock"
)

type lines []simulate.Line

func (l *lines) Next() (simulate.Line, error) {
	if len(*l) == 0 {
		return simulate.Line{}, io.EOF
	}
	first := (*l)[0]
	*l = (*l)[1:]
	return first, nil
}

// T3: what is promised, by the one function that knows it, is the instant at which simulate hands
// the mail over, whatever the schedules, the zone and the hour.
func TestPromisesAreKept(t *testing.T) {
	compile := func(t *rapid.T, name string, texts ...string) schedule.Schedule {
		s, err := rapid.Custom(func(t *rapid.T) schedule.Spec {
			spec, err := schedule.ParseSpec(rapid.SampledFrom(texts).Draw(t, name))
			if err != nil {
				t.Fatal(err)
			}
			if spec.Cron != "" {
				spec.Timezone = rapid.SampledFrom([]string{"UTC", "Asia/Kolkata", "Europe/Warsaw"}).Draw(t, name+" zone")
			}
			return spec
		}).Draw(t, name+" spec").Compile()
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2026, 3, 20, 0, 0, rapid.IntRange(0, 20*24*3600).Draw(t, "now"), 0, time.UTC)
		o := simulate.Options{
			Catalog: preferences.DefaultCatalog(), Zone: "UTC", Until: now.AddDate(0, 1, 0),
			Notifications:     compile(t, "notifications", "3m", "10m", "7m", "5 8-18 * * *"),
			UserNotifications: compile(t, "user_notifications", "0 * * * *", "30m", "15 6 * * 1", "0 12 1-31 * 1", "45 */5 * * *"),
			Reminders:         compile(t, "reminders", "15m"),
		}
		at := wallclock.Time{Hour: rapid.IntRange(0, 23).Draw(t, "hour"), Minute: rapid.SampledFrom([]int{0, 5, 30, 59}).Draw(t, "minute")}
		chosen := preferences.Preferences{
			Frequencies: map[message.Kind]preferences.Frequency{message.CaseChanged: rapid.SampledFrom([]preferences.Frequency{preferences.Hourly, preferences.Daily, preferences.Weekly}).Draw(t, "frequency")},
			DailyAt:     &at, Timezone: rapid.SampledFrom([]string{"Asia/Kolkata", "Europe/Warsaw", "Australia/Lord_Howe", "UTC"}).Draw(t, "zone"),
		}
		mails, err := simulate.Plan(&lines{
			{At: now, User: &preferences.User{ID: "anna", Email: "anna@example.org"}},
			{At: now, Preferences: &simulate.Chosen{User: "anna", Preferences: chosen}},
			{At: now, Event: &message.Event{Reference: "e1", Kind: message.CaseChanged, Users: []string{"anna"}}},
		}, o)
		if err != nil {
			t.Fatal(err)
		}
		due, _, _ := o.Catalog.Complete(chosen, "UTC").Due(message.CaseChanged, now)
		d := schedule.Departures{
			Notifications: schedule.Standing{Schedule: o.Notifications}, UserNotifications: schedule.Standing{Schedule: o.UserNotifications},
		}
		leaves := d.OfDigest(due, now)
		if len(mails) != 1 || !mails[0].At.Equal(leaves.At) {
			t.Fatalf("due %s: promised %s, handed over %+v", due, leaves.At, mails)
		}
	})
}

// T3: a pause moves the promise to its end; one without an end is waited for.
func TestPromisesDuringAPause(t *testing.T) {
	hourly, err := schedule.Spec{Cron: "0 * * * *"}.Compile()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 20, 7, 0, 0, 0, time.UTC)
	due, end := now.Add(90*time.Minute), now.Add(5*time.Hour)
	job := schedule.Standing{Schedule: hourly, Wake: true}
	paused, until := job, job
	paused.Paused, until.Paused, until.PausedUntil = true, true, end
	for _, row := range []struct {
		name string
		d    schedule.Departures
		want schedule.Leaving
	}{
		{"both run", schedule.Departures{Notifications: job, UserNotifications: job}, schedule.Leaving{At: now.Add(2 * time.Hour)}},
		{"digests rest until an hour", schedule.Departures{Notifications: job, UserNotifications: until}, schedule.Leaving{At: end}},
		{"the flush does", schedule.Departures{Notifications: until, UserNotifications: job}, schedule.Leaving{At: end}},
		{"digests rest", schedule.Departures{Notifications: job, UserNotifications: paused}, schedule.Leaving{WaitsFor: schedule.UserNotifications}},
		{"the flush rests", schedule.Departures{Notifications: paused, UserNotifications: job}, schedule.Leaving{WaitsFor: schedule.Notifications}},
	} {
		if got := row.d.OfDigest(due, now); got != row.want {
			t.Errorf("%s: %+v, want %+v", row.name, got, row.want)
		}
	}
}
