package message

import (
	"slices"
	"time"

	"notifier/fault"
)

// Suppression is an address that is not written to any more (CQ-17). Deadlines are, and
// what a person has asked for once more.
type Suppression struct {
	Address   string    `json:"address"`
	Reason    Unwanted  `json:"reason" enum:"bounce,complaint,opt_out"`
	Since     time.Time `json:"since"`
	MessageID ID        `json:"message,omitempty" doc:"The message that bounced."`
	Note      string    `json:"note,omitempty" doc:"What the server said, or why somebody added it."`
	Account   string    `json:"account,omitempty" doc:"The account by which the mail bounced."`
}

// Unwanted is why an address is not written to.
type Unwanted string

// The reasons for a suppression.
const (
	Bounced    Unwanted = "bounce"    // a server said that there is no such address
	Complained Unwanted = "complaint" // the person called it spam
	OptedOut   Unwanted = "opt_out"   // the person wants no mail
)

// Reason is what a message is skipped for.
func (u Unwanted) Reason() Reason {
	switch u {
	case Complained:
		return SuppressedComplaint
	case OptedOut:
		return Unsubscribed
	}
	return SuppressedBounce
}

// Check tells what is wrong with the suppression as *fault.Invalid, or nil.
func (s Suppression) Check() error {
	var bad fault.Invalid
	bad.Check("/address", "bad_address", CheckEmail(s.Address))
	bad.Check("/note", "bad_text", fault.CheckLine(s.Note, MaxLine))
	if known := []Unwanted{Bounced, Complained, OptedOut}; !slices.Contains(known, s.Reason) {
		bad.Add("/reason", "bad_word", "%q is no reason. Write bounce, complaint or opt_out", fault.Truncate(string(s.Reason), 60))
	}
	return bad.Err()
}

// SuppressionFilter says which suppressions are meant. Zero fields match all.
type SuppressionFilter struct {
	Since, Until time.Time // from Since on, and before Until
	Reason       Unwanted
	Account      string
}

// Check tells what is wrong with the filter as *fault.Invalid, or nil. Pointers are names of
// parameters of a query.
func (f SuppressionFilter) Check() error {
	var bad fault.Invalid
	if known := []Unwanted{"", Bounced, Complained, OptedOut}; !slices.Contains(known, f.Reason) {
		bad.Add("query.reason", "bad_word", "%q is no reason. Write bounce, complaint or opt_out", fault.Truncate(string(f.Reason), 60))
	}
	if !f.Since.IsZero() && !f.Until.IsZero() && !f.Since.Before(f.Until) {
		bad.Add("query.until", "bad_time", "until is not after since, so no suppression matches. Write a later time")
	}
	return bad.Err()
}

// CheckRemoval is Check for suppressions that are to be removed: the zero filter would remove
// every one of them, and is refused.
func (f SuppressionFilter) CheckRemoval() error {
	if f == (SuppressionFilter{}) {
		var bad fault.Invalid
		bad.Add("query.since", "missing", "no filter is given, which would remove every suppression. Give since, until, reason or account")
		return &bad
	}
	return f.Check()
}

// Suppressible tells whether suppressions keep the message from its recipients: deadlines
// always get through (AMODIT-15).
func (m Message) Suppressible() bool { return m.Type != Reminder && m.Kind != Deadline }

// keeps tells whether the suppression keeps the message from its address. One that a person
// saw who then asked for the message alone does not.
func (s Suppression) keeps(m Message) bool { return m.LiftedAt.IsZero() || s.Since.After(m.LiftedAt) }

// Without is the message without the addresses that are suppressed, and the first of them;
// nil if there is none. They count as refused.
func (m Message) Without(suppressed map[string]Suppression) (Message, *Suppression) {
	if len(suppressed) == 0 || !m.Suppressible() {
		return m, nil
	}
	var first *Suppression
	remaining, rejected := []string{}, slices.Clone(m.Rejected)
	for _, address := range m.Outstanding() {
		s, found := suppressed[Identity(address)]
		if !found || !s.keeps(m) {
			remaining = append(remaining, address)
			continue
		}
		rejected = append(rejected, address)
		if first == nil {
			first = &s
		}
	}
	if first != nil {
		m.Remaining, m.Rejected = remaining, rejected
	}
	return m, first
}
