package preferences

import (
	"cmp"
	"strings"
	"time"

	"notifier/message"
	"notifier/wallclock"
)

// Preferences are what one user has chosen. The zero Preferences sends everything
// immediately; Catalog.Complete fills in what a user has left open.
type Preferences struct {
	Frequencies map[message.Kind]Frequency
	// DailyAt is when daily and weekly mail is due; nil stands for no choice, as
	// midnight is one.
	DailyAt  *wallclock.Time
	WeeklyOn Weekday
	// Timezone is an IANA name and Language a tag of BCP 47. In the preferences that a person
	// sends they are what the person chooses (Back: gives back); in those of a kept user they are
	// empty, because User.Chosen has them; in completed ones they are what holds.
	Timezone, Language string
	// Back are the fields that the person gives back to the directory.
	Back GivenBack
	// PausedUntil is the date on which a pause ends, at the daily hour; the zero date
	// stands for no pause. What is mandatory is never paused.
	PausedUntil wallclock.Date
}

// dailyAt is the hour chosen, or eight in the morning.
func (p Preferences) dailyAt() wallclock.Time {
	if p.DailyAt == nil {
		return wallclock.Time{Hour: 8}
	}
	return *p.DailyAt
}

// zone is UTC if the name is of no zone; Check has refused such a name.
func (p Preferences) zone() *time.Location {
	if loc, err := wallclock.Zone(p.Timezone); err == nil {
		return loc
	}
	return time.UTC
}

// Due is when a user hears of an event that happened at that time, and why then. If the
// user does not want to hear of it at all, wanted is false and due is zero.
//
// What happens during a pause and is wanted waits until its end, or longer if it would
// have anyway.
//
// It is meant for completed preferences; on others the kinds not chosen are due at once.
func (p Preferences) Due(k message.Kind, at time.Time) (due time.Time, reason message.Reason, wanted bool) {
	due, reason, wanted = p.chosen(k, at)
	if end := p.PauseEnds(); wanted && p.pausable(k) && due.Before(end) {
		return end, message.PausedByUser, true
	}
	return due, reason, wanted
}

// chosen is Due without a pause.
func (p Preferences) chosen(k message.Kind, at time.Time) (due time.Time, reason message.Reason, wanted bool) {
	switch f := p.Frequencies[k]; f {
	case mandatory:
		return at, message.Mandatory, true
	case Never:
		return time.Time{}, message.Never, false
	default:
		if c, waits := cadences[f]; waits {
			return c.next(p, at), c.reason, true
		}
	}
	return at, message.ByPreference + message.Reason(Immediately), true
}

// Again is when a message that waits is due after its user changed the preferences to p
// at changedAt. Due is when it was due before. The result may lie in the past: then the
// message is due now.
func (p Preferences) Again(k message.Kind, occurredAt, due, changedAt time.Time) time.Time {
	f := p.Frequencies[k]
	_, waits := cadences[f]
	switch {
	case waits:
		due, _, _ = p.Due(k, occurredAt)
	case f == Never: // what already waits is sent one last time
	case changedAt.Before(due):
		due = changedAt
	}
	if end := p.PauseEnds(); p.pausable(k) && due.Before(end) {
		return end
	}
	return due
}

func (p Preferences) pausable(k message.Kind) bool { return p.Frequencies[k] != mandatory }

// PauseEnds is the instant at which a pause ends: the daily hour on its last date, or on
// the next one if the zone skips it. It is the zero time without a pause, and may lie in
// the past.
func (p Preferences) PauseEnds() time.Time {
	if p.PausedUntil == (wallclock.Date{}) {
		return time.Time{}
	}
	end, exists := wallclock.At(p.PausedUntil, p.dailyAt(), p.zone())
	if !exists {
		end, _ = wallclock.At(p.PausedUntil.AddDays(1), p.dailyAt(), p.zone())
	}
	return end
}

// SameRule tells whether both lead to the same due times for that kind. Where they do,
// nothing that waits has to be looked at again.
func (p Preferences) SameRule(other Preferences, k message.Kind) bool {
	f := p.Frequencies[k]
	_, waits := cadences[f]
	switch {
	case p.pausable(k) && !p.PauseEnds().Equal(other.PauseEnds()):
		return false
	case f != other.Frequencies[k]:
		return cmp.Or(f, Immediately) == cmp.Or(other.Frequencies[k], Immediately)
	case waits:
		return p.Setting(k) == other.Setting(k) && p.zone() == other.zone()
	}
	return true
}

// Setting is the choice for that kind in words, as kept in records: "weekly monday 08:00".
// It is empty where there is nothing to choose.
func (p Preferences) Setting(k message.Kind) string {
	f := p.Frequencies[k]
	c, waits := cadences[f]
	switch {
	case f == mandatory:
		return ""
	case waits:
		return strings.TrimSpace(string(f) + " " + c.choice(p))
	}
	return string(cmp.Or(f, Immediately))
}
