package schedule_test

import (
	"strings"
	"testing"

	"notifier/schedule"
)

// P1: wake stands behind a schedule, also behind one with commas of its own.
func TestP1ParseSet(t *testing.T) {
	t.Parallel()
	was := schedule.Spec{Every: "5m"}
	for _, c := range []struct{ job, text, want, wake, fault string }{
		{schedule.Notifications, "3m", "3m", "", ""},
		{schedule.Notifications, "3m,wake=true", "3m", "true", ""},
		{schedule.Notifications, " 3m , wake=false ", "3m", "false", ""},
		{schedule.Notifications, "wake=true", "5m", "true", ""},
		{schedule.Notifications, "0,30 * * * * Europe/Warsaw,wake=true", "0,30 * * * * (Europe/Warsaw)", "true", ""},
		{schedule.Notifications, "3m,wake=yes", "", "", "Write wake=true or wake=false"},
		{schedule.Reminders, "3m,wake=true", "", "", "wake is for notifications alone"},
	} {
		patch, wake, err := schedule.ParseSet(c.job, c.text)
		if c.fault != "" {
			if err == nil || !strings.Contains(err.Error(), c.fault) {
				t.Errorf("%q: %v, want %q", c.text, err, c.fault)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		s, err := patch.Apply(was).Compile()
		said := map[bool]string{true: "true", false: "false"}
		if got := ""; err != nil || s.String() != c.want || wake != nil && said[*wake] != c.wake || wake == nil && c.wake != got {
			t.Errorf("%q is %s, %v, %v", c.text, s, wake, err)
		}
	}
}
