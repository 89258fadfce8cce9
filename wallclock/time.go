// Package wallclock says at which instant a clock on the wall of some place reads a given time.
//
// It knows nothing of users, mails or jobs, and never asks what time it is now.
package wallclock

import (
	"fmt"
	"time"
)

// Time is what a clock on the wall reads, to the minute. The zero Time is midnight.
type Time struct{ Hour, Minute int }

// ParseTime reads "08:00". Hours and minutes have two digits each, so that times sort
// as their texts do.
func ParseTime(s string) (Time, error) {
	digit := func(i int) int { return int(s[i]) - '0' }
	if len(s) == len("08:00") && s[2] == ':' {
		t := Time{10*digit(0) + digit(1), 10*digit(3) + digit(4)}
		if t.Check() == nil && t.String() == s {
			return t, nil
		}
	}
	return Time{}, fmt.Errorf("%q is not a time of day. Write hours and minutes with two digits each, from 00:00 to 23:59, as in 08:00",
		shorten(s))
}

// Check tells what is wrong with the time, or nil.
func (t Time) Check() error {
	if t.Hour < 0 || t.Hour > 23 || t.Minute < 0 || t.Minute > 59 {
		return fmt.Errorf("%s is not a time of day. Use hours from 0 to 23 and minutes from 0 to 59", t)
	}
	return nil
}

// String is the time as people write it: "08:00".
func (t Time) String() string { return fmt.Sprintf("%02d:%02d", t.Hour, t.Minute) }

// MarshalText writes what UnmarshalText takes.
func (t Time) MarshalText() ([]byte, error) {
	if err := t.Check(); err != nil {
		return nil, err
	}
	return []byte(t.String()), nil
}

// UnmarshalText reads "08:00".
func (t *Time) UnmarshalText(b []byte) error {
	parsed, err := ParseTime(string(b))
	if err != nil {
		return err
	}
	*t = parsed
	return nil
}

// seconds is how far the time lies from midnight on a day without changes.
func (t Time) seconds() int64 { return int64(t.Hour)*3600 + int64(t.Minute)*60 }

// Date is a day of a calendar on the wall.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// The years of dates that come in: those of fault.FirstTime and fault.LastTime.
const (
	firstYear = 1970
	lastYear  = 2199
)

// ParseDate reads "2026-12-01", and no date that no calendar has.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, fmt.Errorf("%q is not a date. Write year, month and day, as in 2026-12-01", shorten(s))
	}
	if t.Year() < firstYear || t.Year() > lastYear {
		return Date{}, fmt.Errorf("%s is out of range. Write a date from %d-01-01 to %d-12-31, or leave it out for \"never\"", s, firstYear, lastYear)
	}
	return Date{t.Year(), t.Month(), t.Day()}, nil
}

// DateOf is the date that the wall of loc shows at that instant.
func DateOf(at time.Time, loc *time.Location) Date {
	y, m, d := at.In(loc).Date()
	return Date{y, m, d}
}

// AddDays is the date n days later, or earlier if n is negative.
func (d Date) AddDays(n int) Date { return dateOf(d.days() + int64(n)) }

// Weekday is the day of the week.
func (d Date) Weekday() time.Weekday {
	return time.Weekday(floorMod(d.days()+int64(time.Thursday), 7)) // 1970-01-01 was a Thursday
}

// DaysSince counts the days from another date to this one.
func (d Date) DaysSince(other Date) int { return int(d.days() - other.days()) }

// String is the date as in ISO 8601: "2026-11-25".
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

// days counts from 1970-01-01.
func (d Date) days() int64 {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Unix() / day
}

func dateOf(days int64) Date {
	y, m, d := time.Unix(days*day, 0).UTC().Date()
	return Date{y, m, d}
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func floorMod(a, b int64) int64 { return a - b*floorDiv(a, b) }
