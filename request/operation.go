package request

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"notifier/fault"
	"notifier/message"
)

// Operation is work on many messages that goes on by itself, and can be stopped.
type Operation struct {
	ID     message.ID      `json:"id,omitempty" doc:"Absent of a dry run."`
	Site   string          `json:"-"`
	Action Action          `json:"action" enum:"retry,cancel,hold,release"`
	Filter message.Filter  `json:"filter,omitzero"`
	IDs    []message.ID    `json:"ids,omitempty"`
	All    bool            `json:"all,omitempty" doc:"Of a retry: it was asked for every category of errors, also for addresses that do not exist."`
	Status OperationStatus `json:"status" enum:"running,done,stopped,dry_run"`
	Total  int             `json:"total" doc:"How many messages there were when it began."`
	Done   int             `json:"done"`
	// Succeeded and Refused are what became of those that are done.
	Succeeded int        `json:"succeeded"`
	Refused   int        `json:"refused" doc:"They were not in a state for it, as when somebody else was faster."`
	CreatedAt time.Time  `json:"created_at"`
	UpdatedAt time.Time  `json:"updated_at"`
	EndedAt   *time.Time `json:"ended_at,omitempty"`
	// BeginsAt is when it begins, if that is later than it was asked for: until then it can be
	// undone by stopping it.
	BeginsAt *time.Time `json:"begins_at,omitempty" doc:"When it begins, if somebody may still undo it by stopping it."`
	// Result and Became are read when it is asked for: mail goes on after an operation ended.
	Result Result  `json:"result,omitempty" enum:"open,done,partly,failed,nothing" doc:"What came of it once it ended: open while messages that it retried or released are on their way, failed if none of them was sent, nothing if none was moved."`
	Became *Became `json:"outcome,omitempty" doc:"What has become of the messages that a retry or a release moved."`
	// LeftAlone are the first of those that were refused.
	LeftAlone []message.ID `json:"left_alone,omitempty" doc:"The first hundred of those that were refused."`
	// WhyLeft counts what a retry of many left alone, by reason.
	WhyLeft map[LeftAlone]int `json:"why_left_alone,omitempty" doc:"Of a retry: how many were left alone, by reason: address_unknown, suppressed, retried_lately, manual or moved."`

	Cursor    message.ID `json:"-"` // the last message that was looked at
	HeldUntil time.Time  `json:"-"` // while a replica works on it
}

// MaxLeftAlone is how many of those that were refused are named.
const MaxLeftAlone = 100

// UndoWithin is how long after it was asked for an operation of the console that withdraws
// mail begins.
const UndoWithin = 10 * time.Second

// longestDelay is how long an operation may wait before it begins.
const longestDelay = time.Hour

// Delayed is when an operation begins that is asked for at that time with a delay, as in 10s;
// *fault.Invalid if that is none.
func Delayed(at time.Time, delay string) (*time.Time, error) {
	d, err := time.ParseDuration(delay)
	if err != nil || d < 0 || d > longestDelay {
		var bad fault.Invalid
		bad.Add("query.delay", "bad_duration", "%q is no delay. Write a duration up to an hour, for example 10s", fault.Truncate(delay, 60))
		return nil, &bad
	}
	begins := at.Add(d)
	return &begins, nil
}

// Waits tells whether the operation has not begun at that time, and can be undone.
func (o Operation) Waits(at time.Time) bool {
	return o.Status == Running && o.Done == 0 && o.BeginsAt != nil && at.Before(*o.BeginsAt)
}

// Undone tells whether it was stopped before it began.
func (o Operation) Undone() bool {
	return o.Status == Stopped && o.Done == 0 && o.BeginsAt != nil && o.EndedAt != nil && o.EndedAt.Before(*o.BeginsAt)
}

// Many says which messages in error a retry is for; false if it is a person's retry of one,
// which is for that one whatever its error.
func (o Operation) Many() (k Many, many bool) {
	return Many{Category: o.Filter.Category, All: o.All}, o.Action == ActRetry && len(o.IDs) != 1 && o.Filter.ID == ""
}

// ByRule is how many a retry of many left alone as it should: they are no failure of it.
func (o Operation) ByRule() int {
	return o.WhyLeft[LeftUnknown] + o.WhyLeft[LeftSuppressed] + o.WhyLeft[LeftRecent]
}

// Began is when the work on it could begin.
func (o Operation) Began() time.Time {
	if o.BeginsAt != nil {
		return *o.BeginsAt
	}
	return o.CreatedAt
}

// Action is what an operation does with each message.
type Action string

// The actions.
const (
	ActRetry   Action = "retry"
	ActCancel  Action = "cancel"
	ActHold    Action = "hold"
	ActRelease Action = "release"
)

// OperationStatus is where an operation stands.
type OperationStatus string

// The statuses of operations.
const (
	Running OperationStatus = "running"
	Done    OperationStatus = "done"
	Stopped OperationStatus = "stopped"
	// Tried is that of what was asked for as a dry run: only its messages were counted.
	Tried OperationStatus = "dry_run"
)

// MaxOperation is how many ids an operation may name.
const MaxOperation = 1000

// only is the status of the messages that an action is for; empty for several.
var only = map[Action]message.Status{ActRetry: message.Error, ActCancel: "", ActHold: "", ActRelease: message.PendingManual}

// several are the moves of actions that are for messages of several statuses, and what
// cannot be done to the others.
var several = map[Action]struct {
	move   message.Move
	cannot string
}{ActCancel: {message.Cancel, "withdrawn"}, ActHold: {message.Hold, "held"}}

// Check tells all that is wrong with the operation as *fault.Invalid, or nil. A retry without a
// status is of what is in error.
func (o *Operation) Check() error {
	var bad fault.Invalid
	status, known := only[o.Action]
	switch {
	case !known:
		bad.Add("/action", "bad_word", "%q is no action. Write retry, cancel, hold or release", fault.Truncate(string(o.Action), 60))
	case len(o.IDs) > 0 && o.Filter != (message.Filter{}):
		bad.Add("/ids", "not_allowed", "filter and ids are both given. Leave one out")
	case len(o.IDs) > MaxOperation:
		bad.Add("/ids", "too_many", "%d ids are given; at most %d are taken. Give a filter instead", len(o.IDs), MaxOperation)
	case o.All && o.Action != ActRetry:
		bad.Add("/all", "not_allowed", "all is for a retry. Leave it out")
	case len(o.IDs) > 0:
	case o.Filter.Status == "":
		o.Filter.Status = status
	case status != "" && o.Filter.Status != status:
		bad.Add("/filter/status", "not_allowed", "%s is for messages with the status %s. Leave status out", o.Action, status)
	case status == "" && !slices.Contains(message.From(several[o.Action].move), o.Filter.Status):
		bad.Add("/filter/status", "not_allowed", "a message that is %s cannot be %s. Write %s", fault.Truncate(string(o.Filter.Status), 60),
			several[o.Action].cannot, fault.Either(texts(message.From(several[o.Action].move))))
	}
	if known && len(o.IDs) == 0 && o.Filter == (message.Filter{}) {
		bad.Add("/filter", "missing", `which messages? Give a filter, as in {"status": "pending"}, or ids`)
	}
	for i, id := range o.IDs[:min(len(o.IDs), MaxOperation)] {
		if id.Bytes() == [16]byte{} {
			bad.Add(fmt.Sprintf("/ids/%d", i), "bad_id", "%q is not the id of a message. One begins with msg_ or dig_; leave others out", fault.Truncate(string(id), 60))
		}
	}
	if len(bad.Faults) == 0 {
		if wrong, is := errors.AsType[*fault.Invalid](o.Filter.Check()); is {
			bad.Take("/filter", wrong)
		}
	}
	return bad.Err()
}

func texts(all []message.Status) []string {
	list := make([]string, len(all))
	for i, s := range all {
		list[i] = string(s)
	}
	return list
}
