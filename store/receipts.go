package store

import (
	"encoding/json"
	"fmt"
	"time"

	"notifier/message"
)

// receipt is what is kept of an attempt that handed a message over as a whole, at its first
// claim: in the row of the message, which is written then anyway. So most messages have no
// row in attempts.
type receipt struct {
	Started  int64    `json:"started"` // in microseconds since 1970
	Ended    int64    `json:"ended"`
	Replica  string   `json:"replica,omitempty"`
	Account  string   `json:"account,omitempty"`
	Server   string   `json:"server,omitempty"`
	Accepted []string `json:"accepted,omitempty"`
	Code     int      `json:"code,omitempty"`
	Response string   `json:"response,omitempty"`
}

// firstClaim is the claim that a receipt is of.
const firstClaim = 1

// whole tells whether a receipt says all that there is to be said of an outcome.
func (r *settlement) whole() bool {
	if r.Attempt == nil || r.Claim != firstClaim || r.Move != message.Accept || r.Reason != "" || r.Error != nil {
		return false
	}
	a := r.Attempt
	return a.Claim == r.Claim && a.Tried && !a.Uncertain && a.Failure == nil &&
		len(r.Rejected)+len(r.Remaining)+len(a.Rejected)+len(a.Pending)+len(r.Bounces) == 0
}

// settledWhole is the SET of such an outcome, but for the time and the receipt.
var settledWhole = fmt.Sprintf("status = '%s', reason = '', due_at = NULL, reached = true, rejected = '', remaining = '', "+
	"error_category = '', error_code = '', error_text = ''", message.After(message.Accept))

func (r *settlement) receipt() string {
	a := r.attempt
	b, _ := json.Marshal(receipt{ // texts and numbers always have a JSON form
		Started: a.StartedAt.UnixMicro(), Ended: a.EndedAt.UnixMicro(), Replica: a.Replica, Account: a.Account, Server: a.Server,
		Accepted: a.Accepted, Code: a.Code, Response: a.Response,
	})
	return string(b)
}

// readReceipt is the attempt that a receipt is of.
func readReceipt(s string) (a message.Attempt, err error) {
	var r receipt
	if err := json.Unmarshal([]byte(s), &r); err != nil {
		return a, fmt.Errorf("read a receipt: %w", err)
	}
	return message.Attempt{Claim: firstClaim, Replica: r.Replica, LedTo: message.Sent, Receipt: message.Receipt{
		StartedAt: time.UnixMicro(r.Started).UTC(), EndedAt: time.UnixMicro(r.Ended).UTC(), Account: r.Account, Server: r.Server,
		Tried: true, Accepted: r.Accepted, Code: r.Code, Response: r.Response,
	}}, nil
}
