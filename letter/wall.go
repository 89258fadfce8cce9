package letter

import (
	"strconv"
	"sync"
	"time"

	"notifier/language"
	"notifier/message"
)

// Wall is a person's wall clock and calendar. Whoever shows one of its times shows Zone
// near it.
type Wall struct {
	Zone  string // the IANA name; UTC where the person's is missing or unknown
	place *time.Location
	words *language.Words
}

// WallOf is the wall clock of the person who gets the message.
func WallOf(m message.Message) Wall {
	place := location(m.Timezone)
	return Wall{Zone: place.String(), place: place, words: language.In(m.Language)}
}

// zones remembers what time.LoadLocation said, which reads a file each time. Only zones
// that exist are kept, so it stays small.
var zones sync.Map

func location(name string) *time.Location {
	if place, ok := zones.Load(name); ok {
		return place.(*time.Location)
	}
	place, err := time.LoadLocation(name)
	if err != nil || place == time.Local { // "Local" would be the server's zone
		return time.UTC
	}
	zones.Store(name, place)
	return place
}

// Hour is the time of day, as in "08:00".
func (w Wall) Hour(t time.Time) string {
	return t.In(w.place).Format("15:04")
}

// Weekday is as in "Fri".
func (w Wall) Weekday(t time.Time) string {
	return w.words.T("weekday." + strconv.Itoa(int(t.In(w.place).Weekday())))
}

// Date is as in "22 Nov"; with the year where it is not the year of ref.
func (w Wall) Date(t, ref time.Time) string {
	year, month, day := t.In(w.place).Date()
	date := strconv.Itoa(day) + " " + w.words.T("month."+strconv.Itoa(int(month)))
	if !ref.IsZero() && year != ref.In(w.place).Year() {
		date += " " + strconv.Itoa(year)
	}
	return date
}

// Day is as in "Sat 22 Nov"; with the year where it is not the year of ref.
func (w Wall) Day(t, ref time.Time) string { return w.Weekday(t) + " " + w.Date(t, ref) }

// Stamp is as in "Sat 22 Nov 08:00"; with the year where it is not the year of ref.
func (w Wall) Stamp(t, ref time.Time) string {
	return w.Day(t, ref) + " " + w.Hour(t)
}

// Days is how many midnights lie between the two: 1 if "to" is tomorrow, -1 if it was yesterday.
func (w Wall) Days(from, to time.Time) int {
	return int(w.noon(to).Sub(w.noon(from)) / (24 * time.Hour))
}

// Span is how far the hands went from one to the other: further than time did where the
// clocks went forward in between.
func (w Wall) Span(from, to time.Time) time.Duration {
	_, before := from.In(w.place).Zone()
	_, after := to.In(w.place).Zone()
	return to.Sub(from) + time.Duration(after-before)*time.Second
}

// noon is the noon of t's date in UTC, where all days are of one length.
func (w Wall) noon(t time.Time) time.Time {
	y, m, d := t.In(w.place).Date()
	return time.Date(y, m, d, 12, 0, 0, 0, time.UTC)
}
