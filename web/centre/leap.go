package centre

import (
	"time"

	"notifier/wallclock"
)

// ahead is how far a page looks for a change of the clocks: a weekly mail may come then.
const ahead = 7 * 24 * time.Hour

// leap says that the clocks of the person's zone change within a week, and what that means
// for mails; empty if they do not.
func leap(v visit) string {
	zone, err := wallclock.Zone(v.clock.Zone)
	if err != nil {
		return ""
	}
	_, end := v.at.In(zone).ZoneBounds()
	if end.IsZero() || end.Sub(v.at) > ahead {
		return ""
	}
	_, before := end.Add(-time.Second).In(zone).Zone()
	_, after := end.In(zone).Zone()
	words, day := v.clock.Words, v.clock.Weekday(end)+" "+v.clock.Date(end)
	switch hour := v.clock.Hour(end); {
	case after > before:
		return words.T("prefs.forward", "Date", day, "Hour", hour, "Zone", v.clock.Zone)
	case after < before:
		return words.T("prefs.backward", "Date", day, "Hour", hour, "Zone", v.clock.Zone)
	}
	return "" // only its name changes
}
