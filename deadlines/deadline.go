// Package deadlines says when a user must be reminded of a case.
//
// It asks no preferences: nobody can turn deadlines off. It knows no clock either; whoever
// asks says what time it is, and up to when steps have been dealt with.
package deadlines

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"notifier/fault"
	"notifier/message"
	"notifier/wallclock"
)

// Deadline is a date on a case or a stage of it, with the reminders that it leads to.
// Setting the same key again replaces it.
type Deadline struct {
	Key   string       `json:"key,omitempty" doc:"Your name for the deadline; setting it again replaces the deadline." maxLength:"200" example:"OFA-1181:step-4"`
	Case  message.Case `json:"case,omitzero" doc:"What is due. A stage or owner named here ends the deadline when the case moves on."`
	Users []string     `json:"users" doc:"Ids of the users who are reminded." minItems:"1" maxItems:"10000"`
	Terms
	// Escalate tells others, by steps of their own (AMODIT-25).
	Escalate []Escalation `json:"escalate,omitempty" doc:"Others who are told, by steps of their own; at most 5." maxItems:"5"`
	// ForUsers are terms for one of the users alone (AMODIT-26).
	ForUsers map[string]Terms `json:"for_users,omitempty" doc:"Other terms for some of the users, by their ids."`

	SetAt     time.Time         `json:"-"` // steps up to here never fire
	FiredAt   time.Time         `json:"-"` // steps up to here have been dealt with
	NextAt    time.Time         `json:"-"` // when the next step is; zero if none is left
	ClearedAt time.Time         `json:"-"` // when it was met, or the case moved on; zero while it holds
	ToldOn    wallclock.Date    `json:"-"` // workdays up to here have been dealt with, whatever the calendar says by now; zero: none
	Sequence  int               `json:"-"` // counts how often the key was set
	Seen      int               `json:"-"` // Calendar.Version of the calendar by which NextAt was reckoned
	Shortened message.Shortened `json:"-"` // texts of its case that mails do not show whole
	Unknown   []string          `json:"-"` // ids that no user had when it was set; they are reminded once a user has them
}

// Terms are when something is due, and the steps that lead there and beyond.
type Terms struct {
	DueAt time.Time `json:"due_at,omitzero" doc:"When it is due; this or due_in is needed." example:"2026-11-25T15:00:00Z"`
	// DueIn is what DueAt is reckoned from when the deadline is set; nil from then on.
	DueIn        *DueIn `json:"due_in,omitempty" doc:"When it is due, reckoned from when the case reached its stage, instead of due_at."`
	RemindBefore []Span `json:"remind_before,omitempty" doc:"How long before; at most 20." maxItems:"20"`
	// OnDayAndAfter reminds at the start of the workday (AMODIT-24).
	OnDayAndAfter bool     `json:"remind_on_day_and_after,omitempty" doc:"Remind at the start of the workday on its date and on each workday that follows, 5 times unless overdue says how often."`
	Overdue       *Overdue `json:"overdue,omitempty" doc:"Reminders after it was missed; none if absent."`
}

// DueIn is how long after a case has reached its stage something is due (AMODIT-23). One
// of the three is given.
type DueIn struct {
	Hours    float64    `json:"hours,omitempty" doc:"Elapsed hours."`
	Days     float64    `json:"days,omitempty" doc:"Days, by the site's clocks; a part of one is hours."`
	Workdays int        `json:"workdays,omitempty" doc:"Workdays, by the site's calendar."`
	Since    *time.Time `json:"since,omitempty" doc:"When the case reached its stage; now if absent."`
}

// Escalation is who else is told of a deadline, and when.
type Escalation struct {
	Users  []string `json:"users" doc:"Ids of the users who are told." minItems:"1" maxItems:"10000"`
	Before []Span   `json:"before,omitempty" doc:"How long before it; at most 20." maxItems:"20"`
	OnDay  bool     `json:"on_day,omitempty" doc:"At the start of the workday on its date."`
	After  *Overdue `json:"after,omitempty" doc:"After it was missed."`
}

// Overdue says how a missed deadline is followed up.
type Overdue struct {
	EveryWorkday bool `json:"every_workday" doc:"Remind at the start of each workday that follows."`
	Max          *int `json:"max,omitempty" doc:"How many times at most: 0, which is not at all, to 60; 5 if absent." minimum:"0" maximum:"60"`
}

// Limits of what a deadline may hold.
const (
	maxEscalations = 5
	maxSpans       = 20
	maxSpan        = Span(8760 * time.Hour)
	maxLate        = 60
	usualLate      = 5
)

// Check tells all that is wrong with the deadline as a *fault.Invalid, or nil.
func (d Deadline) Check() error {
	var wrong fault.Invalid
	if d.Key == "" {
		wrong.Add("/key", "missing", "a deadline needs a key, by which it is moved and cleared. Write the id of the case, as in OFA-1181.")
	}
	wrong.Check("/key", "bad_text", fault.CheckLine(d.Key, message.MaxLine))
	d.Terms.checkDue(&wrong, "")
	checkUsers(&wrong, "/users", d.Users)
	d.Terms.checkSteps(&wrong, "")
	d.checkEscalations(&wrong)
	d.checkForUsers(&wrong)
	return fault.Join(wrong.Err(), d.Case.Check())
}

// checkDue tells what is wrong with when something is due.
func (t Terms) checkDue(wrong *fault.Invalid, below string) {
	switch {
	case t.DueIn != nil && !t.DueAt.IsZero():
		wrong.Add(below+"/due_in", "not_allowed", "due_at and due_in are both given. Leave one out.")
	case t.DueIn != nil:
		t.DueIn.check(wrong, below+"/due_in")
	case t.DueAt.IsZero():
		wrong.Add(below+"/due_at", "missing", "a deadline needs a date. Write due_at as 2026-11-25T15:00:00Z.")
	default:
		wrong.Check(below+"/due_at", "out_of_range", fault.CheckTime(t.DueAt))
	}
}

func (in DueIn) check(wrong *fault.Invalid, at string) {
	given := 0
	for _, n := range []struct {
		name string
		n    float64
		most float64
	}{{"hours", in.Hours, 87600}, {"days", in.Days, 3650}, {"workdays", float64(in.Workdays), 2600}} {
		if n.n == 0 {
			continue
		}
		given++
		if n.n < 0 || n.n > n.most {
			wrong.Add(at+"/"+n.name, "out_of_range", "%g is out of range. Use more than 0 and at most %g.", n.n, n.most)
		}
	}
	if given != 1 {
		wrong.Add(at, "missing", `due_in needs hours, days or workdays, and only one of them, as in {"workdays": 3}.`)
	}
	if in.Since != nil {
		err := fault.CheckTime(*in.Since)
		if err == nil { // workdays are fewer than days
			err = fault.CheckTime(in.Since.Add(hours(in.Hours)).Add(hours(24*in.Days)).AddDate(0, 0, 2*in.Workdays))
		}
		wrong.Check(at+"/since", "out_of_range", err)
	}
}

func (d Deadline) checkEscalations(wrong *fault.Invalid) {
	if len(d.Escalate) > maxEscalations {
		wrong.Add("/escalate", "too_many", "%d escalations are asked for; at most %d are taken. Put people together.", len(d.Escalate), maxEscalations)
		return
	}
	for i, e := range d.Escalate {
		at := "/escalate/" + strconv.Itoa(i)
		checkUsers(wrong, at+"/users", e.Users)
		checkSpans(wrong, at+"/before", e.Before)
		e.After.check(wrong, at+"/after")
		if len(e.Before) == 0 && !e.OnDay && e.After == nil {
			wrong.Add(at, "missing", `this escalation has no step. Write before, on_day or after, as in "before": ["24h"].`)
		}
	}
}

func (d Deadline) checkForUsers(wrong *fault.Invalid) {
	if len(d.ForUsers) > fault.MaxList {
		wrong.Add("/for_users", "too_many", "%d users have terms of their own; at most %d are taken. Set one deadline for each group of them.", len(d.ForUsers), fault.MaxList)
		return
	}
	named := make(map[string]bool, len(d.Users))
	for _, id := range d.Users {
		named[id] = true
	}
	for _, id := range slices.Sorted(maps.Keys(d.ForUsers)) {
		at := "/for_users/" + pointer.Replace(id)
		if !named[id] {
			wrong.Add(at, "not_a_user", "%q is not among users. Add the id there, too.", fault.Truncate(id, 60))
		}
		d.ForUsers[id].checkDue(wrong, at)
		d.ForUsers[id].checkSteps(wrong, at)
	}
}

// pointer writes a key as a part of a JSON pointer (RFC 6901 §3).
var pointer = strings.NewReplacer("~", "~0", "/", "~1")

func checkUsers(wrong *fault.Invalid, below string, users []string) {
	switch {
	case len(users) == 0:
		wrong.Add(below, "missing", `a deadline needs somebody to remind. Write users as a list of user ids, as in ["anna"].`)
	case len(users) > fault.MaxList:
		wrong.Add(below, "too_many", "%d users are named; at most %d are taken. Set one deadline for each group of them.", len(users), fault.MaxList)
		return
	}
	for i, id := range users {
		at := below + "/" + strconv.Itoa(i)
		if id == "" {
			wrong.Add(at, "missing", "a user id is empty. Leave it out, or write the id.")
			continue
		}
		wrong.Check(at, "bad_text", message.CheckUserID(id))
	}
}

func (t Terms) checkSteps(wrong *fault.Invalid, below string) {
	checkSpans(wrong, below+"/remind_before", t.RemindBefore)
	t.Overdue.check(wrong, below+"/overdue")
}

func checkSpans(wrong *fault.Invalid, below string, spans []Span) {
	if len(spans) > maxSpans {
		wrong.Add(below, "too_many", "%d reminders are asked for; at most %d are sent. Leave some out.", len(spans), maxSpans)
	}
	for i, s := range spans[:min(len(spans), maxSpans)] {
		at := below + "/" + strconv.Itoa(i)
		if s <= 0 || s > maxSpan {
			wrong.Add(at, "out_of_range", "%q is out of range. Use more than 0 and at most %q, a year, before the deadline.", s, maxSpan)
		}
	}
}

func (o *Overdue) check(wrong *fault.Invalid, below string) {
	if o == nil {
		return
	}
	if !o.EveryWorkday {
		wrong.Add(below+"/every_workday", "missing", `overdue without every_workday sends nothing. Write "every_workday": true, or leave overdue out.`)
	}
	if o.Max != nil && (*o.Max < 0 || *o.Max > maxLate) {
		wrong.Add(below+"/max", "out_of_range", "%d is out of range. Use 0 to %d, or leave max out for %d.", *o.Max, maxLate, usualLate)
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
		return fmt.Errorf(`%s is not a duration. Write a number and h or m in quotes, as in "72h" for three days`, fault.Truncate(string(b), 60))
	}
	return s.UnmarshalText([]byte(text))
}

// UnmarshalText reads "72h".
func (s *Span) UnmarshalText(b []byte) error {
	d, err := time.ParseDuration(string(b))
	if err != nil {
		return fmt.Errorf(`%q is not a duration. Write a number and h or m, as in "72h" for three days`, fault.Truncate(string(b), 60))
	}
	*s = Span(d)
	return nil
}
