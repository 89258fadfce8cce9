package request

import (
	"slices"
	"time"

	"notifier/fault"
	"notifier/message"
)

// LeftAlone is why a retry of many messages leaves one alone (RULES 5). As an error it is about
// one message, and leaves the others as they are.
type LeftAlone string

// The reasons why a retry of many leaves a message alone.
const (
	LeftUnknown    LeftAlone = "address_unknown" // the address does not exist, and nobody asked for such by name
	LeftSuppressed LeftAlone = "suppressed"      // only a person's retry of one message lifts a suppression
	LeftRecent     LeftAlone = "retried_lately"  // it was retried less than 1, 2, 4 … hours ago
	LeftManual     LeftAlone = "manual"          // a person released it: it is written again instead
	LeftMoved      LeftAlone = "moved"           // it was not in error any more
)

// WhyLeftAlone lists the reasons, in the order in which they are shown.
var WhyLeftAlone = []LeftAlone{LeftUnknown, LeftSuppressed, LeftRecent, LeftManual, LeftMoved}

// Error says why, in English.
func (l LeftAlone) Error() string {
	switch l {
	case LeftUnknown:
		return "the address does not exist. Ask for the category address_unknown to retry it all the same"
	case LeftSuppressed:
		return "the address is suppressed. Remove the suppression, or retry the message alone"
	case LeftRecent:
		return "it was retried lately: a retry of many takes a message once an hour at most, then after 2, 4 … 24 hours"
	case LeftManual:
		return "a person released it. Write it again"
	}
	return "it was not in error any more"
}

// Many says which messages in error a retry of many is for. The zero Many leaves alone those
// to addresses that do not exist.
type Many struct {
	Category message.Category // only this one, which is asked for by name; empty: any
	All      bool             // every category, as chora does
}

// Check tells what is wrong with it as *fault.Invalid, or nil.
func (k Many) Check() error {
	var bad fault.Invalid
	if k.Category != "" && !slices.Contains(message.Categories(), k.Category) {
		bad.Add("query.category", "bad_word", "%q is no category of errors. Write one of them, for example mailbox_full", fault.Truncate(string(k.Category), 60))
	}
	return bad.Err()
}

// ManyRetried is what became of a retry of many messages.
type ManyRetried struct {
	Retried   int               `json:"retried"`
	LeftAlone map[LeftAlone]int `json:"left_alone,omitempty"` // how many, by reason
}

// Leave counts a message that is left alone.
func (r *ManyRetried) Leave(why LeftAlone) {
	if r.LeftAlone == nil {
		r.LeftAlone = map[LeftAlone]int{}
	}
	r.LeftAlone[why]++
}

// Leaves tells why a retry of many at that time leaves the message alone, given which
// addresses are suppressed; empty if it is retried. A suppression and the hour hold for
// whatever is asked for by name, too.
func (k Many) Leaves(m message.Message, suppressed map[string]message.Suppression, at time.Time) LeftAlone {
	named := k.All || m.Error != nil && m.Error.Category == k.Category
	switch {
	case m.Manual:
		return LeftManual
	case m.Error != nil && m.Error.Category == message.AddressUnknown && !named:
		return LeftUnknown
	case forNobody(m, suppressed):
		return LeftSuppressed
	case m.RetryCount > 0 && at.Before(m.RetriedAt.Add(retryPause(m.RetryCount))):
		return LeftRecent
	}
	return ""
}

// retryPause is how long a message that was retried n times is left alone by retries of many:
// 1, 2, 4 … hours, and a day at most.
func retryPause(n int) time.Duration {
	return min(time.Hour<<min(n-1, 10), 24*time.Hour)
}

// forNobody tells whether a retry of many would go to suppressed addresses alone.
func forNobody(m message.Message, suppressed map[string]message.Suppression) bool {
	again, err := m.AgainWithMany(m.UpdatedAt)
	if err != nil {
		return false
	}
	again, first := again.Without(suppressed)
	return first != nil && len(again.Remaining) == 0
}
