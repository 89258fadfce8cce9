package simulate_test

import (
	"testing"
	"time"

	"notifier/message"
	"notifier/preferences"
	"notifier/schedule"
	"notifier/simulate"
)

// What waits longest is counted, too, on each day of the week and however rarely the jobs run.
func TestAnEstimateCountsWhatLeavesLate(t *testing.T) {
	t.Parallel()
	for _, every := range []string{"3m", "24h", "168h", "0 9 1 * *"} {
		spec, err := schedule.ParseSpec(every)
		if err != nil {
			t.Fatal(err)
		}
		often, err := spec.Compile()
		if err != nil {
			t.Fatal(err)
		}
		for hour := range 7 * 24 {
			at := time.Date(2026, 11, 30, hour, 0, 30, 0, time.UTC)
			told := []message.Message{
				{Kind: message.CaseChanged, UserID: "anna", CreatedAt: at.Add(-2 * time.Second)},
				{Kind: message.CaseChanged, UserID: "anna", CreatedAt: at.Add(-time.Second)},
			}
			o := simulate.Options{Notifications: often, UserNotifications: often, Reminders: often, Catalog: preferences.DefaultCatalog()}
			days, kinds := simulate.Weekly(told, preferences.User{ID: "anna", Timezone: "Europe/Warsaw"}, o, at)
			got := kinds[message.CaseChanged].Choices
			if days != 7 || got[preferences.Immediately] != 2 || got[preferences.Daily] != 1 || got[preferences.Weekly] != 1 || got[preferences.Never] != 0 {
				t.Errorf("jobs at %s, %s: over %d days the estimate is %v", every, at, days, got)
			}
		}
	}
}
