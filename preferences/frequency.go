// Package preferences says when a user wants to hear of what.
//
// It decides by the rules alone: it knows no database and no clock, and it never sees a
// message, only what kind of event happened and when.
package preferences

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"notifier/message"
	"notifier/wallclock"
)

// Frequency is how soon a user wants to hear of a kind of event.
type Frequency string

// The frequencies, from the soonest to the latest.
const (
	Immediately Frequency = "immediately"
	Hourly      Frequency = "hourly"
	Daily       Frequency = "daily"
	Weekly      Frequency = "weekly"
	Never       Frequency = "never"

	// mandatory is what Complete notes for a kind that leaves no choice. It is never
	// written and never accepted.
	mandatory Frequency = "mandatory"
)

// cadence is how a frequency of digests goes: what is deferred has a row here.
type cadence struct {
	reason message.Reason
	// next is when a digest follows on something at that time.
	next func(p Preferences, at time.Time) time.Time
	// choice is what else the user chose, as kept in records; empty for nothing.
	choice func(p Preferences) string
}

var cadences = map[Frequency]cadence{
	Hourly: {
		reason: message.ByPreference + message.Reason(Hourly),
		next:   func(p Preferences, at time.Time) time.Time { return wallclock.NextHour(at, p.zone()) },
		choice: func(Preferences) string { return "" },
	},
	Daily: {
		reason: message.ByPreference + message.Reason(Daily),
		next:   func(p Preferences, at time.Time) time.Time { return wallclock.Next(at, p.dailyAt(), p.zone(), nil) },
		choice: func(p Preferences) string { return p.dailyAt().String() },
	},
	Weekly: {
		reason: message.ByPreference + message.Reason(Weekly),
		next: func(p Preferences, at time.Time) time.Time {
			day := p.WeeklyOn.day()
			return wallclock.Next(at, p.dailyAt(), p.zone(), func(d wallclock.Date) bool { return d.Weekday() == day })
		},
		choice: func(p Preferences) string { return string(cmp.Or(p.WeeklyOn, Monday)) + " " + p.dailyAt().String() },
	},
}

// Frequencies lists every frequency, from the soonest to the latest.
func Frequencies() []Frequency { return []Frequency{Immediately, Hourly, Daily, Weekly, Never} }

// Weekday is a day of the week in words: "monday". The empty one stands for no choice.
type Weekday string

// The days of the week.
const (
	Monday    Weekday = "monday"
	Tuesday   Weekday = "tuesday"
	Wednesday Weekday = "wednesday"
	Thursday  Weekday = "thursday"
	Friday    Weekday = "friday"
	Saturday  Weekday = "saturday"
	Sunday    Weekday = "sunday"
)

// Weekdays lists the days of the week, Monday first.
func Weekdays() []Weekday {
	return []Weekday{Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday}
}

// Check tells what is wrong with the day, or nil.
func (d Weekday) Check() error {
	if slices.Contains(Weekdays(), d) {
		return nil
	}
	for _, known := range Weekdays() {
		if len(d) >= 2 && strings.HasPrefix(string(known), strings.ToLower(string(d))) {
			return fmt.Errorf("%q is not a day of the week. Write %s", d, known)
		}
	}
	return fmt.Errorf("%q is not a day of the week. Write %s", shorten(d), either(Weekdays()))
}

// day is the day as package time counts; Monday if there is no such day.
func (d Weekday) day() time.Weekday {
	i := max(slices.Index(Weekdays(), d), 0)
	return time.Weekday((i + 1) % 7)
}

// either lists words as a sentence does: "hourly, daily or never".
func either[T ~string](words []T) string {
	var b strings.Builder
	for i, w := range words {
		switch {
		case i > 0 && i == len(words)-1:
			b.WriteString(" or ")
		case i > 0:
			b.WriteString(", ")
		}
		b.WriteString(string(w))
	}
	return b.String()
}
