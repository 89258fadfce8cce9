package message

import (
	"encoding/json"
	"time"
)

// What ids of decisions, changes and refusals begin with.
const (
	DecisionIDs = "dec"
	ChangeIDs   = "chg"
	RefusalIDs  = "ref"
)

// Deed is what was decided of a message.
type Deed string

// The deeds that are noted with a message, because nothing else keeps who did them, or why.
const (
	Rescheduled   Deed = "rescheduled"      // its user chose otherwise, or moved to another zone
	DidRetry      Deed = "retried"          // somebody asked for another try
	DidCancel     Deed = "cancelled"        // somebody withdrew it
	DidHold       Deed = "held"             // somebody wanted to look at it first
	DidRelease    Deed = "released"         // somebody let it go
	DidEdit       Deed = "edited"           // somebody changed what it says
	DidSendNow    Deed = "sent_now"         // somebody did not want to wait for its digest
	DeadlineMet   Deed = "deadline_cleared" // the deadline that it reminds of was met
	DeadlineMoved Deed = "deadline_moved"   // the deadline that it reminds of was set again
	CaseMovedOn   Deed = "case_moved_on"    // its case came to another stage or owner
)

// What is told of deeds beside who and when, by name.
const (
	ToSetting   = "setting"        // what the user chose
	FromSetting = "setting_before" // what the user had chosen
	ToDue       = "due"            // when it is due now
	FromDue     = "due_before"     // when it was due before
	ToDeadline  = "deadline_due"   // when its deadline is due now
)

// Decided is a decision about a message, recorded when it was made.
type Decided struct {
	ID      ID
	Message ID
	At      time.Time
	What    Deed
	By      string // who; empty if it is not known
	Details map[string]string
}

// Change is what a caller set of a user, a deadline or a process.
type Change struct {
	ID      ID
	Subject string // as in user:anna
	At      time.Time
	What    Setting
	By      string          // who; empty if it is not known
	Content json.RawMessage // as it was from then on
}

// Setting is what a change was, in the words of journals.
type Setting string

// The settings.
const (
	SetUser       Setting = "set_user" // and what the user chose
	SetDeadline   Setting = "set_deadline"
	ClearDeadline Setting = "clear_deadline"
	SetProcess    Setting = "set_process"
)

// What a subject of changes begins with; the id follows.
const (
	OfUser     = "user:"
	OfDeadline = "deadline:"
	OfProcess  = "process:"
)
