package client

import (
	"fmt"
	"strings"
	"time"
)

// Deadline is a date on a case or a stage of it, with the reminders that it leads to. The
// second half is the service's: SetDeadline does not send it.
type Deadline struct {
	Key   string   `json:"key,omitempty"` // your name for it; setting it again replaces the deadline
	Case  Case     `json:"case,omitzero"`
	Users []string `json:"users"` // who is reminded, by id
	Terms
	Escalate []Escalation     `json:"escalate,omitempty"`  // who else is notified, by steps of their own
	ForUsers map[string]Terms `json:"for_users,omitempty"` // other terms for some of the users, by their ids

	NextReminder time.Time `json:"next_reminder,omitzero"` // when it is due; zero if there is none
	LeavesAt     time.Time `json:"leaves_at,omitzero"`     // when that reminder leaves; zero if there is none, or nobody knows
	WaitsFor     string    `json:"waits_for,omitempty"`    // the job that is paused without an end: why nobody knows
	SetAt        time.Time `json:"set_at,omitzero"`
	ClearedAt    time.Time `json:"cleared_at,omitzero"` // zero while it holds
	Sequence     int       `json:"sequence,omitempty"`  // how often it was set
	// Skipped are its users who were unknown, and Shortened the places of texts that mails do
	// not show whole; both are in the answer to setting it alone.
	Skipped   []Decision `json:"skipped,omitempty"`
	Shortened []string   `json:"shortened,omitempty"`
}

// Terms are when something is due, and the steps that lead there and beyond.
type Terms struct {
	DueAt         time.Time `json:"due_at,omitzero"` // this or DueIn is needed
	DueIn         *DueIn    `json:"due_in,omitempty"`
	RemindBefore  []Span    `json:"remind_before,omitempty"`           // how long before
	OnDayAndAfter bool      `json:"remind_on_day_and_after,omitempty"` // at the start of its workday, and of those that follow
	Overdue       *Overdue  `json:"overdue,omitempty"`                 // after it was missed; not at all if nil
}

// DueIn is how long after a case has reached its stage something is due. One of the first
// three is given.
type DueIn struct {
	Hours    float64    `json:"hours,omitempty"`
	Days     float64    `json:"days,omitempty"`     // by the site's clocks
	Workdays int        `json:"workdays,omitempty"` // by the site's calendar
	Since    *time.Time `json:"since,omitempty"`    // when the case reached its stage; now if nil
}

// Escalation is who else is notified of a deadline, and when.
type Escalation struct {
	Users  []string `json:"users"`
	Before []Span   `json:"before,omitempty"` // how long before it
	OnDay  bool     `json:"on_day,omitempty"` // at the start of its workday
	After  *Overdue `json:"after,omitempty"`  // after it was missed
}

// Overdue says how a missed deadline is followed up.
type Overdue struct {
	EveryWorkday bool `json:"every_workday"`
	Max          *int `json:"max,omitempty"` // how many times at most; 5 if nil
}

// Span is how long before a deadline a reminder is sent. Its text is that of a duration,
// without the zeros: "72h", "1h30m".
type Span time.Duration

// String is the text of the span.
func (s Span) String() string {
	text := time.Duration(s).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// MarshalText writes what UnmarshalText takes.
func (s Span) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads "72h".
func (s *Span) UnmarshalText(b []byte) error {
	d, err := time.ParseDuration(string(b))
	if err != nil {
		return fmt.Errorf(`%q is not a duration. Write a number and h or m, as in "72h" for three days`, b)
	}
	*s = Span(d)
	return nil
}
