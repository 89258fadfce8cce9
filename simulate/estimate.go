package simulate

import (
	"math"
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

// Week is how much a week brings of one kind, and would by each choice.
type Week struct {
	Events  int // in all
	AWeek   float64
	Choices map[preferences.Frequency]float64 // mails a week; nil where nothing happened
}

// Weekly reckons from what a user was told of in the last 28 days, or since the first of
// it, how many mails a week each choice would bring. The messages are in their order.
func Weekly(told []message.Message, u preferences.User, o Options, at time.Time) (days int, kinds map[message.Kind]Week) {
	o.Until = at.AddDate(1, 0, 0) // all has left by then, however rarely the jobs run
	days = 28
	if len(told) > 0 {
		days = min(28, max(7, int(math.Ceil(at.Sub(told[0].CreatedAt).Hours()/24))))
	}
	byKind := map[message.Kind][]message.Event{}
	for _, m := range told {
		if m.Reason != message.OwnAction && m.Reason != message.ProcessMuted {
			byKind[m.Kind] = append(byKind[m.Kind], message.Event{Kind: m.Kind, Users: []string{u.ID}, Reference: m.Reference, OccurredAt: &m.CreatedAt})
		}
	}
	kinds = map[message.Kind]Week{}
	for kind, k := range o.Catalog {
		if k.Mandatory {
			continue
		}
		events := byKind[kind]
		w := Week{Events: len(events)}
		if len(events) > 0 {
			aWeek := func(n int) float64 { return math.Round(float64(n)*70/float64(days)) / 10 }
			w.AWeek, w.Choices = aWeek(len(events)), map[preferences.Frequency]float64{}
			for choice, n := range Estimate(events, u, o) {
				w.Choices[choice] = aWeek(n)
			}
		}
		kinds[kind] = w
	}
	return days, kinds
}
