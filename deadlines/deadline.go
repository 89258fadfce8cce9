// Package deadlines says when a user must be reminded of a case.
//
// It asks no preferences: nobody can turn deadlines off. It knows no clock either; whoever
// asks says what time it is, and up to when steps have been dealt with.
package deadlines

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"notifier/message"
)

// Deadline is a date on a case or a stage of it, with the reminders that it leads to.
// Setting the same key again replaces it.
type Deadline struct {
	Key          string       `json:"key,omitempty" doc:"Your name for the deadline; setting it again replaces the deadline." maxLength:"200" example:"OFA-1181:step-4"`
	Case         message.Case `json:"case,omitzero" doc:"What is due. A stage or owner named here ends the deadline when the case moves on."`
	Users        []string     `json:"users" doc:"Ids of the users who are reminded." minItems:"1" maxItems:"10000"`
	DueAt        time.Time    `json:"due_at" doc:"When it is due." example:"2026-11-25T15:00:00Z"`
	RemindBefore []Span       `json:"remind_before,omitempty" doc:"How long before; at most 20." maxItems:"20"`
	Overdue      *Overdue     `json:"overdue,omitempty" doc:"Reminders after it was missed; none if absent."`

	SetAt     time.Time `json:"-"` // steps up to here never fire
	FiredAt   time.Time `json:"-"` // steps up to here have been dealt with
	NextAt    time.Time `json:"-"` // when the next step is; zero if none is left
	ClearedAt time.Time `json:"-"` // when it was met, or the case moved on; zero while it holds
	Sequence  int       `json:"-"` // counts how often the key was set
}

// Overdue says how a missed deadline is followed up.
type Overdue struct {
	EveryWorkday bool `json:"every_workday" doc:"Remind at the start of each workday that follows."`
	Max          int  `json:"max,omitempty" doc:"How many times at most: 1 to 60, 5 if absent." minimum:"0" maximum:"60"`
}

// Limits of what a deadline may hold.
const (
	maxSpans  = 20
	maxSpan   = Span(8760 * time.Hour)
	maxLate   = 60
	usualLate = 5
	earliest  = 1970 // years
	latest    = 9000
)

// Check tells all that is wrong with the deadline as a *message.Invalid, or nil.
func (d Deadline) Check() error {
	var wrong message.Invalid
	if d.Key == "" {
		wrong.Add("/key", "missing", "a deadline needs a key, by which it is moved and cleared. Write the id of the case, as in OFA-1181.")
	}
	wrong.Check("/key", "bad_text", message.CheckLine(d.Key, message.MaxLine))
	switch year := d.DueAt.UTC().Year(); {
	case d.DueAt.IsZero():
		wrong.Add("/due_at", "missing", "a deadline needs a date. Write due_at as 2026-11-25T15:00:00Z.")
	case year < earliest || year > latest:
		wrong.Add("/due_at", "out_of_range", "due_at lies in the year %d. Write a year from %d to %d, as in 2026-11-25T15:00:00Z.", year, earliest, latest)
	}
	d.checkUsers(&wrong)
	d.checkSteps(&wrong)
	return message.Together(wrong.Err(), d.Case.Check())
}

func (d Deadline) checkUsers(wrong *message.Invalid) {
	switch {
	case len(d.Users) == 0:
		wrong.Add("/users", "missing", `a deadline needs somebody to remind. Write users as a list of user ids, as in ["anna"].`)
	case len(d.Users) > message.MaxList:
		wrong.Add("/users", "too_many", "%d users are named; at most %d are taken. Set one deadline for each group of them.", len(d.Users), message.MaxList)
		return
	}
	for i, id := range d.Users {
		at := "/users/" + strconv.Itoa(i)
		switch {
		case id == "":
			wrong.Add(at, "missing", "a user id is empty. Leave it out, or write the id.")
		case strings.Contains(id, "@"):
			wrong.Add(at, "bad_id", "%q is an address. Write the id of a user: deadlines are for users only.", message.Truncate(id, 60))
		default:
			wrong.Check(at, "bad_text", message.CheckLine(id, message.MaxLine))
		}
	}
}

func (d Deadline) checkSteps(wrong *message.Invalid) {
	if len(d.RemindBefore) > maxSpans {
		wrong.Add("/remind_before", "too_many", "%d reminders are asked for; at most %d are sent. Leave some out.", len(d.RemindBefore), maxSpans)
	}
	for i, s := range d.RemindBefore[:min(len(d.RemindBefore), maxSpans)] {
		at := "/remind_before/" + strconv.Itoa(i)
		if s <= 0 || s > maxSpan {
			wrong.Add(at, "out_of_range", "%q is out of range. Use more than 0 and at most %q, a year, before the deadline.", s, maxSpan)
		}
	}
	if d.Overdue == nil {
		return
	}
	if !d.Overdue.EveryWorkday {
		wrong.Add("/overdue/every_workday", "missing", `overdue without every_workday sends nothing. Write "every_workday": true, or leave overdue out.`)
	}
	if d.Overdue.Max < 0 || d.Overdue.Max > maxLate {
		wrong.Add("/overdue/max", "out_of_range", "%d is out of range. Use 1 to %d, or leave max out for %d.", d.Overdue.Max, maxLate, usualLate)
	}
}

// Over tells whether the deadline has lost its sense: the same case stands at another
// stage, or is in other hands, than the deadline says (AMODIT-21). Where one of the two
// does not say, nothing has changed.
func (d Deadline) Over(c message.Case) bool {
	moved := func(before, now string) bool { return before != "" && now != "" && before != now }
	return c.ID != "" && c.ID == d.Case.ID && (moved(d.Case.Stage, c.Stage) || moved(d.Case.Owner, c.Owner))
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

// UnmarshalJSON reads "72h", and says what to write where the quotes or the unit are missing.
func (s *Span) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return fmt.Errorf(`%s is not a duration. Write a number and h or m in quotes, as in "72h" for three days`, message.Truncate(string(b), 60))
	}
	return s.UnmarshalText([]byte(text))
}

// UnmarshalText reads "72h".
func (s *Span) UnmarshalText(b []byte) error {
	d, err := time.ParseDuration(string(b))
	if err != nil {
		return fmt.Errorf(`%q is not a duration. Write a number and h or m, as in "72h" for three days`, message.Truncate(string(b), 60))
	}
	*s = Span(d)
	return nil
}
