package schedule_test

import (
	"testing"

	"notifier/schedule"
)

// T4: what a change of a schedule leaves as it is, and how one line names a zone.
func TestPatch(t *testing.T) {
	warsaw := schedule.Spec{Cron: "0 8 * * *", Timezone: "Europe/Warsaw"}
	every := schedule.Spec{Every: "3m"}
	text := func(s string) *string { return &s }
	for _, row := range []struct {
		name   string
		before schedule.Spec
		patch  schedule.Patch
		want   schedule.Spec
	}{
		{"nothing", warsaw, schedule.Patch{}, warsaw},
		{"cron alone keeps the zone", warsaw, schedule.Patch{Cron: text("5 8 * * *")}, schedule.Spec{Cron: "5 8 * * *", Timezone: "Europe/Warsaw"}},
		{"a zone alone keeps the fields", warsaw, schedule.Patch{Timezone: text("Asia/Kolkata")}, schedule.Spec{Cron: "0 8 * * *", Timezone: "Asia/Kolkata"}},
		{"no zone any more", warsaw, schedule.Patch{Timezone: text("")}, schedule.Spec{Cron: "0 8 * * *"}},
		{"a period instead", warsaw, schedule.Patch{Every: text("3m")}, every},
		{"cron instead of a period", every, schedule.Patch{Cron: text("0 8 * * *")}, schedule.Spec{Cron: "0 8 * * *"}},
		{"null for the period, and cron", every, schedule.Patch{Every: text(""), Cron: text("0 8 * * *")}, schedule.Spec{Cron: "0 8 * * *"}},
		{"both, which Compile refuses", every, schedule.Patch{Every: text("5m"), Cron: text("0 8 * * *")}, schedule.Spec{Every: "5m", Cron: "0 8 * * *"}},
		{"a zone of a period, which Compile refuses", every, schedule.Patch{Timezone: text("Asia/Kolkata")}, schedule.Spec{Every: "3m", Timezone: "Asia/Kolkata"}},
		{"nothing left, which Compile refuses", warsaw, schedule.Patch{Cron: text("")}, schedule.Spec{Timezone: "Europe/Warsaw"}},
		{"on one line", warsaw, schedule.ParsePatch(" 5 8 * * * "), schedule.Spec{Cron: "5 8 * * *", Timezone: "Europe/Warsaw"}},
		{"on one line with a zone", warsaw, schedule.ParsePatch("5 8 * * MON Asia/Kolkata"), schedule.Spec{Cron: "5 8 * * MON", Timezone: "Asia/Kolkata"}},
		{"on one line with UTC", warsaw, schedule.ParsePatch("5 8 * * 1-5 UTC"), schedule.Spec{Cron: "5 8 * * 1-5", Timezone: "UTC"}},
		{"a period on one line", warsaw, schedule.ParsePatch("10m"), schedule.Spec{Every: "10m"}},
		{"steps are no zone", warsaw, schedule.ParsePatch("0 8 * * */2"), schedule.Spec{Cron: "0 8 * * */2", Timezone: "Europe/Warsaw"}},
		{"a zone that is none is named as one", warsaw, schedule.ParsePatch("0 8 * * * Mars/Olympus"), schedule.Spec{Cron: "0 8 * * *", Timezone: "Mars/Olympus"}},
	} {
		if got := row.patch.Apply(row.before); got != row.want {
			t.Errorf("%s: %+v, want %+v", row.name, got, row.want)
		}
	}
}
