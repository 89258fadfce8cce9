package message

import (
	"fmt"
	"time"
)

// Failure is a refusal by the world. It is data, not a surprise: couriers return it,
// and the queue decides by it.
type Failure struct {
	Category  Category
	Code      string // the reply code and the enhanced code, as in "552 5.2.2"; may be empty
	Text      string // what the server said, or what the network did
	Temporary bool   // worth another try
	// About is who has to act, Next what the queue does about it. Both are known while the
	// reply is fresh, and are found again from the text where they are shown.
	About About
	Next  Next
	// Gone is true where a server said of a recipient that there is no such mailbox.
	Gone bool
	// NotBefore is how long to wait at least before that try, as greylisting servers want it.
	NotBefore time.Duration
}

// Quota tells whether the account has used up what it may send: that is no fault of the
// message, and an attempt that ends so is not counted.
func (f *Failure) Quota() bool { return f.Next == WaitAccount && f.Category == TooFast }

func (f *Failure) Error() string {
	if f.Code == "" {
		return fmt.Sprintf("%s: %s", f.Category, f.Text)
	}
	return fmt.Sprintf("%s: %s %s", f.Category, f.Code, f.Text)
}

// The longest texts that an error leaves behind (CQ-8), in characters.
const (
	MaxErrorText      = 5000
	MaxErrorTruncated = 255
	MaxErrorCode      = 255
)

// Receipt is what a courier brings back: who took the mail, who did not, and what the
// server said (TE-5).
type Receipt struct {
	StartedAt, EndedAt time.Time
	Account            string // the name of the account that carried it
	Server             string // where it was handed over
	// Tried is false if the message never came as far as the relay; then no attempt is counted.
	Tried bool
	// Uncertain is true if the connection was lost after the last byte and before the
	// reply: the mail may have gone out.
	Uncertain bool
	Accepted  []string
	Rejected  []string // refused for good
	// Bounces are those of the rejected of which the server said that they do not exist.
	Bounces []string
	// AccountFailure is a refusal of the account and not of the message, and AccountRefused
	// the addresses that were asked about then. They are among the pending.
	AccountFailure *Failure
	AccountRefused []string
	Pending        []string // refused for now
	Code           int      // of the last reply; 0 if there was none
	Response       string   // the last reply, with its codes
	// Failure says why an address did not get it; nil if all did. A permanent one is
	// preferred: it is what a person has to act on.
	Failure *Failure
}

// Outcome is what a claim of a message came to. The store writes it only while that
// claim still holds.
type Outcome struct {
	Site  string
	ID    ID
	Claim int
	Move  Move
	At    time.Time
	// NotBefore is when the message may be claimed again; zero if it may not.
	NotBefore time.Time
	Reason    Reason
	Error     *Failure // nil on success
	// Rejected and Remaining are the message's addresses that have not got it after this claim.
	Rejected, Remaining []string
	Reached             bool
	// Spent tells that the message has been tried often or long enough.
	Spent bool
	// Bounces are addresses that are not to be written to any more.
	Bounces []string
	Attempt *Attempt // nil if nothing was tried
}

// Attempt is one try to hand a message over, as kept for ever after.
type Attempt struct {
	Claim   int
	Replica string
	// LedTo is what the attempt made of the message, or would have made if it had not come
	// after the end of its lease.
	LedTo Status
	Receipt
}
