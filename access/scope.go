// Package access says who may do what.
//
// It knows no database and no HTTP: keys and people come down to a Caller, which the API
// and the pages ask the same question.
package access

import (
	"slices"
	"time"

	"notifier/fault"
	"notifier/message"
)

// Scope is a right that a key or a role has.
type Scope string

// The scopes. Admin is all of them.
const (
	Send             Scope = "send"
	Events           Scope = "events"
	ReadPreferences  Scope = "prefs:read"
	WritePreferences Scope = "prefs:write"
	ReadQueue        Scope = "queue:read"
	Queue            Scope = "queue"
	ReadJobs         Scope = "jobs:read"
	Jobs             Scope = "jobs"
	Admin            Scope = "admin"
)

// Scopes are all there are, the least first.
var Scopes = []Scope{Send, Events, ReadPreferences, WritePreferences, ReadQueue, Queue, ReadJobs, Jobs, Admin}

// holds says which other scopes one brings along; Admin brings all.
var holds = map[Scope]Scope{WritePreferences: ReadPreferences, Queue: ReadQueue, Jobs: ReadJobs}

// Check tells what is wrong with the scope, or nil.
func (s Scope) Check() error {
	if slices.Contains(Scopes, s) {
		return nil
	}
	var names []string
	for _, known := range Scopes {
		names = append(names, string(known))
	}
	var bad fault.Invalid
	bad.Add("/scopes", "unknown", "there is no scope %q.%s", fault.Truncate(string(s), 60), fault.Suggest(string(s), names))
	return &bad
}

// Role is what a person of the console may do.
type Role string

// The roles: a viewer sees everything but what mails say, support also that and may retry
// and set preferences, an admin may do everything.
const (
	Viewer  Role = "viewer"
	Support Role = "support"
	Manager Role = "admin"
)

// roles says what each may do.
var roles = map[Role][]Scope{
	Viewer:  {ReadPreferences, ReadQueue, ReadJobs},
	Support: {WritePreferences, Queue, ReadJobs},
	Manager: {Admin},
}

// Scopes are what the role may do; none of one that is not known.
func (r Role) Scopes() []Scope { return slices.Clone(roles[r]) }

// Check tells what is wrong with the role, or nil.
func (r Role) Check() error {
	if _, known := roles[r]; known {
		return nil
	}
	var bad fault.Invalid
	bad.Add("/role", "unknown", "there is no role %q. Write viewer, support or admin", fault.Truncate(string(r), 60))
	return &bad
}

// Caller is who asks for something: a key, or a person who has signed in.
type Caller struct {
	Site   string
	Name   string
	Key    message.ID // of a key that was created; empty for the one of the configuration, and for people
	Scopes []Scope
	Role   Role // of a person; empty for a key
	// Test means that mail of the caller goes to the test mailbox alone.
	Test bool
	// Home means that the caller is of the site that the installation itself belongs to:
	// only such a one may touch what all sites share, as the timetable.
	Home bool
	// Rate is how many requests a second are taken; 0: any number.
	Rate float64
}

// Allowance is what a caller may still ask for.
type Allowance struct {
	OK        bool
	Limit     int           // requests that may come at once; 0: any number
	Remaining int           // of these
	Reset     time.Duration // until all are there again
	Wait      time.Duration // until one is there; 0: it is
}

// May tells whether the caller has the scope.
func (c Caller) May(s Scope) bool {
	return slices.ContainsFunc(c.Scopes, func(has Scope) bool { return has == s || has == Admin || holds[has] == s })
}
