package message

import (
	"fmt"
	"slices"
	"time"

	"notifier/fault"
)

// Status is where a message stands in its life (RULES: the life of a message).
type Status string

// The statuses, in the order in which a message may meet them.
const (
	Scheduled     Status = "scheduled"      // has a later send_at
	Deferred      Status = "deferred"       // waits for its user's digest
	PendingManual Status = "pending_manual" // waits for a person to release it
	Pending       Status = "pending"        // in the outgoing queue
	Sending       Status = "sending"        // leased by a replica
	RateLimited   Status = "rate_limited"   // the account may not send now; retried by itself
	Sent          Status = "sent"           // accepted by the relay for at least one address
	Delivered     Status = "delivered"      // a receipt came
	Error         Status = "error"          // gave up; a person may retry
	Merged        Status = "merged"         // part of a digest
	Skipped       Status = "skipped"        // a rule said no
	Cancelled     Status = "cancelled"      // withdrawn before sending
	Expired       Status = "expired"        // not sent in time
)

// Move is a step from one status to another.
type Move string

// The moves. Each is one sentence of the rules.
const (
	Release Move = "release" // a person lets a manual message go
	Hold    Move = "hold"    // a person wants to look at it first
	// What was held goes back to what it was.
	ReleaseLater   Move = "release_later"   // it has a later send_at
	ReleaseLimited Move = "release_limited" // the account may not send now
	Promote        Move = "promote"         // its digest window closed with this message alone
	Merge          Move = "merge"           // its digest window closed with others
	Claim          Move = "claim"           // a replica takes it from the queue
	Accept         Move = "accept"          // the relay took it for at least one address
	Postpone       Move = "postpone"        // a temporary failure; tried again later
	Limit          Move = "limit"           // the relay, or a budget, said slow down
	Fail           Move = "fail"            // refused for good, or tried often enough
	HandBack       Move = "hand_back"       // claimed but never tried
	Lapse          Move = "lapse"           // the lease ran out: it may have gone out
	Lose           Move = "lose"            // the lease ran out once too often
	Confirm        Move = "confirm"         // a receipt came
	Retry          Move = "retry"           // a person, or retry-queue, asks for it again
	Cancel         Move = "cancel"          // withdrawn
	Expire         Move = "expire"          // too late to be of use
	Skip           Move = "skip"            // a rule says no after all
	SendNow        Move = "send_now"        // a person does not want to wait for its time
	Spare          Move = "spare"           // the brake: too many addresses at once were said not to exist
)

type step struct {
	from Status
	move Move
	to   Status
}

// table is the whole life of a message. Nothing else in the house decides a status.
var table = []step{
	{Scheduled, Claim, Sending},
	{Scheduled, Hold, PendingManual},
	{Scheduled, Cancel, Cancelled},
	{Scheduled, Expire, Expired},
	{Scheduled, SendNow, Pending},

	{Deferred, Promote, Pending},
	{Deferred, Merge, Merged},
	{Deferred, Cancel, Cancelled},
	{Deferred, Expire, Expired},
	{Deferred, Skip, Skipped},
	{Deferred, SendNow, Pending},

	{PendingManual, Release, Pending},
	{PendingManual, ReleaseLater, Scheduled},
	{PendingManual, ReleaseLimited, RateLimited},
	{PendingManual, Cancel, Cancelled},
	{PendingManual, Expire, Expired},
	{PendingManual, SendNow, Pending},

	{Pending, Claim, Sending},
	{Pending, Hold, PendingManual},
	{Pending, Cancel, Cancelled},
	{Pending, Expire, Expired},
	{Pending, SendNow, Pending}, // it waits for another try

	{RateLimited, Claim, Sending},
	{RateLimited, Hold, PendingManual},
	{RateLimited, Cancel, Cancelled},
	{RateLimited, Expire, Expired},

	{Sending, Accept, Sent},
	{Sending, Postpone, Pending},
	{Sending, Limit, RateLimited},
	{Sending, Fail, Error},
	{Sending, HandBack, Pending},
	{Sending, Lapse, Pending},
	{Sending, Lose, Error},
	{Sending, Expire, Expired},
	{Sending, Skip, Skipped},

	{Sent, Confirm, Delivered},
	{Sent, Retry, Pending},
	{Error, Retry, Pending},

	{Sent, Spare, Pending},
	{Error, Spare, Pending},
}

// births are the statuses that a new message may have.
var births = []Status{Scheduled, Deferred, PendingManual, Pending, Skipped}

// Statuses lists every status.
func Statuses() []Status {
	return []Status{
		Scheduled, Deferred, PendingManual, Pending, Sending, RateLimited, Sent,
		Delivered, Error, Merged, Skipped, Cancelled, Expired,
	}
}

// From lists the statuses that the move leads away from: what the store writes into
// WHERE status IN (…).
func From(v Move) []Status {
	var from []Status
	for _, s := range table {
		if s.move == v {
			from = append(from, s.from)
		}
	}
	return from
}

// After is the status that the move leads to; every move has just one.
func After(v Move) Status {
	for _, s := range table {
		if s.move == v {
			return s.to
		}
	}
	panic("message: no such move: " + string(v))
}

// Born tells whether a new message may have this status.
func (s Status) Born() bool { return slices.Contains(births, s) }

// Final tells whether the message has come to an end: nothing but a receipt or a person
// moves it on from here.
func (s Status) Final() bool {
	switch s {
	case Sent, Delivered, Error, Merged, Skipped, Cancelled, Expired:
		return true
	}
	return false
}

// MoveError says that a message cannot make a move from where it stands.
type MoveError struct {
	ID   ID
	From Status
	Move Move
}

func (e *MoveError) Error() string {
	var from []string
	for _, s := range From(e.Move) {
		from = append(from, string(s))
	}
	return fmt.Sprintf("%s is %s; %s takes only a message that is %s", e.ID, e.From, e.Move, fault.Either(from))
}

// Do is the moved message, or a *MoveError if the table has no such step.
func (m Message) Do(v Move, at time.Time) (Message, error) {
	for _, s := range table {
		if s.from == m.Status && s.move == v {
			m.Status, m.UpdatedAt = s.to, at
			return m, nil
		}
	}
	return m, &MoveError{ID: m.ID, From: m.Status, Move: v}
}

// Again is the message as a person's retry of it alone leaves it: pending for the addresses
// that have not got it, or for all if all have (CQ-12, TE-7). What was suppressed until then
// is written to this once.
func (m Message) Again(at time.Time) (Message, error) {
	failed := m.UpdatedAt
	m, err := m.AgainWithMany(at)
	if err != nil {
		return m, err
	}
	m.LiftedAt = at
	if failed.After(at) { // the clock of the replica that it failed at is ahead
		m.LiftedAt = failed
	}
	return m, nil
}

// AgainWithMany is Again as part of a retry of many, which lifts no suppression (RULES 5).
func (m Message) AgainWithMany(at time.Time) (Message, error) {
	m, err := m.Do(Retry, at)
	if err != nil {
		return m, err
	}
	if m.Reached {
		m.Remaining = append(append([]string(nil), m.Rejected...), m.Remaining...)
	} else {
		m.Remaining = nil
	}
	m.Rejected, m.Error, m.Tries = nil, nil, 0
	m.RetryCount++
	m.RetriedAt, m.DueAt, m.Reason, m.LiftedAt = at, at, AskedAgain, time.Time{}
	return m, nil
}

// RetryGoesTo lists the addresses that a retry of the message would go to.
func (m Message) RetryGoesTo() []string {
	if again, err := m.AgainWithMany(m.UpdatedAt); err == nil {
		return again.Outstanding()
	}
	return nil
}
