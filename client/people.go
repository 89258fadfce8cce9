package client

import (
	"encoding/json"
	"fmt"
	"time"
)

// User is a person whom the workflow system knows by an id. The second half is the
// service's: SetUser does not send it.
type User struct {
	ID       string `json:"id,omitempty"`
	Email    string `json:"email,omitempty"` // without one, nothing is sent
	Name     string `json:"name,omitempty"`
	Phone    string `json:"phone,omitempty"`
	Timezone string `json:"timezone,omitempty"` // an IANA name, the directory's; in an answer the one that holds
	Language string `json:"language,omitempty"` // the same of the language of mails

	TimezoneFrom Source `json:"timezone_from,omitempty"` // whose timezone holds
	LanguageFrom Source `json:"language_from,omitempty"` // whose language holds
	Directory    Own    `json:"directory,omitzero"`      // what SetUser has said
	Chosen       Own    `json:"chosen,omitzero"`         // what the person has chosen
}

// Own are the two fields that a person, the directory and the site all have a say in.
type Own struct {
	Timezone string `json:"timezone,omitempty"`
	Language string `json:"language,omitempty"`
}

// Source says whose value holds.
type Source string

// The sources, the strongest first.
const (
	FromChoice    Source = "choice"
	FromDirectory Source = "directory"
	FromSite      Source = "site"
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
)

// Weekday is a day of the week. The empty one stands for no choice.
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

// Preferences are what one user has chosen, or in an answer what applies.
type Preferences struct {
	Frequencies map[Kind]Frequency
	DailyAt     *TimeOfDay // when daily and weekly mail is due; nil for no choice
	WeeklyOn    Weekday
	Timezone    string // an IANA name; empty: as it was
	Language    string // as in pl; empty: as it was
	PausedUntil Date   // when a pause ends, at the daily hour; zero for no pause

	// TimezoneFrom and LanguageFrom say whose values hold; SetPreferences does not send them.
	TimezoneFrom, LanguageFrom Source
}

// chosen are the keys of preferences beside those of kinds.
type chosen struct {
	DailyAt      *TimeOfDay `json:"daily_at,omitempty"`
	WeeklyOn     Weekday    `json:"weekly_on,omitempty"`
	Timezone     string     `json:"timezone,omitempty"`
	Language     string     `json:"language,omitempty"`
	PausedUntil  Date       `json:"paused_until,omitzero"`
	TimezoneFrom Source     `json:"timezone_from,omitempty"`
	LanguageFrom Source     `json:"language_from,omitempty"`
}

// MarshalJSON writes one flat object: a key for each kind, and those of the other fields.
func (p Preferences) MarshalJSON() ([]byte, error) {
	all := map[string]any{}
	for kind, frequency := range p.Frequencies {
		all[string(kind)] = frequency
	}
	rest, err := json.Marshal(chosen{p.DailyAt, p.WeeklyOn, p.Timezone, p.Language, p.PausedUntil, p.TimezoneFrom, p.LanguageFrom})
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(rest, &all); err != nil {
		return nil, err
	}
	return json.Marshal(all)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (p *Preferences) UnmarshalJSON(b []byte) error {
	var c chosen
	if err := json.Unmarshal(b, &c); err != nil {
		return err
	}
	*p = Preferences{nil, c.DailyAt, c.WeeklyOn, c.Timezone, c.Language, c.PausedUntil, c.TimezoneFrom, c.LanguageFrom}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(b, &all); err != nil {
		return err
	}
	for _, key := range []string{"daily_at", "weekly_on", "timezone", "language", "paused_until", "timezone_from", "language_from"} {
		delete(all, key)
	}
	for kind, value := range all {
		var frequency Frequency
		if json.Unmarshal(value, &frequency) != nil || frequency == "" {
			continue // something that a later service has added, or no choice
		}
		if p.Frequencies == nil {
			p.Frequencies = map[Kind]Frequency{}
		}
		p.Frequencies[Kind(kind)] = frequency
	}
	return nil
}

// TimeOfDay is what a clock on the wall reads, to the minute. The zero TimeOfDay is midnight.
type TimeOfDay struct{ Hour, Minute int }

// String is the time as people write it: "08:00".
func (t TimeOfDay) String() string { return fmt.Sprintf("%02d:%02d", t.Hour, t.Minute) }

// MarshalText writes what UnmarshalText takes.
func (t TimeOfDay) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads "08:00".
func (t *TimeOfDay) UnmarshalText(b []byte) error {
	var read TimeOfDay
	if _, err := fmt.Sscanf(string(b), "%d:%d", &read.Hour, &read.Minute); err != nil || read.String() != string(b) ||
		read.Hour < 0 || read.Hour > 23 || read.Minute < 0 || read.Minute > 59 {
		return fmt.Errorf("%q is not a time of day. Write hours and minutes with two digits each, as in 08:00", b)
	}
	*t = read
	return nil
}

// Date is a day of a calendar on the wall.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// String is the date as people write it: "2026-12-01".
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

// MarshalText writes what UnmarshalText takes.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads "2026-12-01".
func (d *Date) UnmarshalText(b []byte) error {
	read, err := time.Parse(time.DateOnly, string(b))
	if err != nil {
		return fmt.Errorf("%q is not a date. Write year, month and day, as in 2026-12-01", b)
	}
	*d = Date{read.Year(), read.Month(), read.Day()}
	return nil
}

// SuppressionFilter says which suppressions are meant. Zero fields match all.
type SuppressionFilter struct {
	Since, Until time.Time // from Since on, and before Until
	Reason       Unwanted
	Account      string
}
