package look

import (
	"strconv"
	"strings"
	"time"

	"notifier/language"
	"notifier/wallclock"
)

// Clock writes times as the wall of one place shows them. Whoever shows one of its times
// shows Zone near it.
type Clock struct {
	Words *language.Words
	Zone  string // an IANA name
	Sharp bool   // whether seconds are shown
	place *time.Location
	now   time.Time
}

// NewClock makes a clock for a place, in UTC if there is no such place.
func NewClock(w *language.Words, zone string, now time.Time) Clock {
	place, err := wallclock.Zone(zone)
	if err != nil {
		zone, place = "UTC", time.UTC
	}
	return Clock{Words: w, Zone: zone, place: place, now: now}
}

// Now is the time that it is.
func (c Clock) Now() time.Time { return c.now }

// Hour is the time of day, as in "08:00"; with the seconds where the clock is Sharp and
// there are any.
func (c Clock) Hour(t time.Time) string {
	if c.Sharp && t.Second() != 0 {
		return t.In(c.place).Format("15:04:05")
	}
	return t.In(c.place).Format("15:04")
}

// Sharply is the time of day to the second.
func (c Clock) Sharply(t time.Time) string { return t.In(c.place).Format("15:04:05") }

// Date is as in "1 Dec", with the year where it is not this one.
func (c Clock) Date(t time.Time) string {
	year, month, day := t.In(c.place).Date()
	text := strconv.Itoa(day) + " " + c.Words.T("month."+strconv.Itoa(int(month)))
	if year != c.now.In(c.place).Year() {
		text += " " + strconv.Itoa(year)
	}
	return text
}

// Weekday is as in "Mon".
func (c Clock) Weekday(t time.Time) string {
	return c.Words.T("weekday." + strconv.Itoa(int(t.In(c.place).Weekday())))
}

// Moment is as in "tomorrow at 08:00".
func (c Clock) Moment(t time.Time) string {
	switch wallclock.DateOf(t, c.place).DaysSince(wallclock.DateOf(c.now, c.place)) {
	case -1:
		return c.Words.T("time.yesterday", "Hour", c.Hour(t))
	case 0:
		return c.Words.T("time.today", "Hour", c.Hour(t))
	case 1:
		return c.Words.T("time.tomorrow", "Hour", c.Hour(t))
	}
	return c.Words.T("time.on", "Weekday", c.Weekday(t), "Date", c.Date(t), "Hour", c.Hour(t))
}

// Leaving is when mail leaves that is due at that time. Where the two differ, both are said; rests
// tells that a job is paused without an end, so that nobody knows (RULES 2, a promised time).
func (c Clock) Leaving(due, leaves time.Time, rests bool) string {
	said := c.Moment(due)
	switch {
	case rests:
		return c.Words.T("time.rests", "Due", said)
	case leaves.IsZero() || c.Moment(leaves) == said:
		return said
	case wallclock.DateOf(due, c.place) == wallclock.DateOf(leaves, c.place):
		said = c.Hour(due)
	}
	return c.Words.T("time.leaves", "Leaves", c.Moment(leaves), "Due", said)
}

// Near tells whether a time is less than a day away: then people count the hours.
func (c Clock) Near(t time.Time) bool { return c.now.Sub(t).Abs() < 24*time.Hour }

// Ago is how long ago a time was, or how soon it comes, as in "2 min ago".
func (c Clock) Ago(t time.Time) string {
	texts, away := Spans(c.Words), c.now.Sub(t)
	if away.Abs() < 5*time.Second {
		return texts[0]
	}
	i := 1
	if away < 0 {
		i, away = 4, -away
	}
	n, unit := int(away/time.Second), 0
	for unit < 2 && n >= 60 {
		n, unit = n/60, unit+1
	}
	return strings.Replace(texts[i+unit], "#", strconv.Itoa(n), 1)
}

// Spans are the words of Ago, where # is a number: now; so many seconds, minutes and hours
// ago; in so many seconds, minutes and hours.
func Spans(w *language.Words) []string {
	all := []string{w.T("span.now")}
	for _, unit := range language.In(w.Lang).Symbols() {
		all = append(all, w.T("span.ago", "Span", "# "+unit))
	}
	for _, unit := range language.In(w.Lang).Symbols() {
		all = append(all, w.T("span.in", "Span", "# "+unit))
	}
	return all
}

// Full is the time to the second with its zone, for whoever looks twice.
func (c Clock) Full(t time.Time) string {
	return t.In(c.place).Format("2006-01-02 15:04:05 ") + c.Zone
}

// Wall is a time with the wall's hours and date.
func (c Clock) Wall(t time.Time) time.Time { return t.In(c.place) }

// Tomorrow is the next date on the wall.
func (c Clock) Tomorrow() wallclock.Date { return wallclock.DateOf(c.now, c.place).AddDays(1) }
