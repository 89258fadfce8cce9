package simulate

import (
	"time"

	"notifier/message"
	"notifier/preferences"
)

// Estimate counts the mails that a user's events of one kind would have led to by each
// choice, as if nothing else had happened.
func Estimate(events []message.Event, u preferences.User, o Options) map[preferences.Frequency]int {
	counts := map[preferences.Frequency]int{}
	if len(events) == 0 {
		return counts
	}
	kind := events[0].Kind
	for _, choice := range o.Catalog[kind].Frequencies {
		p := newPlanner(o)
		p.hand = func(Mail) { counts[choice]++ }
		counts[choice] = 0
		chosen := u
		chosen.Email = "anybody@example.org" // also one who has none yet may ask
		lines := []Line{{User: &chosen}, {Preferences: &Chosen{User: u.ID, Preferences: preferences.Preferences{
			Frequencies: map[message.Kind]preferences.Frequency{kind: choice}, DailyAt: u.Preferences.DailyAt, WeeklyOn: u.Preferences.WeeklyOn,
		}}}}
		for i := range events {
			lines = append(lines, Line{At: *events[i].OccurredAt, Event: &events[i]})
		}
		for _, l := range lines {
			if l.At.IsZero() {
				l.At = lines[2].At
			}
			_ = p.next(l) // a user whose settings are refused now is estimated by what is left
		}
		p.runUntil(o.Until, true)
	}
	return counts
}

// EstimateOver is how far back an estimate looks.
const EstimateOver = 28 * 24 * time.Hour
