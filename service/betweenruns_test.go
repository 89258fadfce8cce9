package service

import (
	"strings"
	"testing"

	"notifier/message"
	"notifier/preferences"
	"notifier/request"
	"notifier/service/doctor"
	"notifier/settings"
	"notifier/store/storetest"
	"notifier/wallclock"
)

// TestDoctorTellsOfHoursBetweenRuns is T3: whose hour lies between two runs gets the digest later.
func TestDoctorTellsOfHoursBetweenRuns(t *testing.T) {
	for _, database := range []string{"sqlite", "postgres"} {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			h := inForceOn(t, storetest.URL(t, database), func(*settings.Config) {})
			found := func() doctor.Finding {
				return findBetween(t.Context(), h.config, h.store, thursday)
			}
			set := func(id, zone string, hour wallclock.Time) {
				t.Helper()
				c := request.Call{Site: h.config.Site, At: thursday}
				if _, err := h.desk.SetUser(t.Context(), c, preferences.User{ID: id, Email: id + "@example.org", Timezone: zone}); err != nil {
					t.Fatal(err)
				}
				p := preferences.Preferences{DailyAt: &hour, Frequencies: map[message.Kind]preferences.Frequency{message.CaseChanged: preferences.Daily}}
				if _, err := h.desk.SetPreferences(t.Context(), c, id, p); err != nil {
					t.Fatal(err)
				}
			}
			set("ben", "Europe/Warsaw", wallclock.Time{Hour: 8})
			if f := found(); f.Verdict != doctor.Fine {
				t.Errorf("T3: where all is due on the hour doctor says %+v", f)
			}
			set("anna", "Europe/Warsaw", wallclock.Time{Hour: 8, Minute: 5})
			set("chandra", "Asia/Kolkata", wallclock.Time{Hour: 8})
			if f := found(); f.Verdict != doctor.Warning || !strings.Contains(f.Says, "2 people") || !strings.Contains(f.Says, "08:05 leaves at 09:00 Europe/Warsaw") {
				t.Errorf("T3: doctor says %+v", f)
			}
		})
	}
}
