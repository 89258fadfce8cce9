package message

import (
	"cmp"
	"slices"
	"time"
)

// words is how the three source systems call each status. A merged message is called
// as its digest is.
var words = map[Status]struct{ state, conquer, chora string }{
	Scheduled:     {"PENDING", "Scheduled", "pending"},
	Deferred:      {"PENDING", "Scheduled", "pending"},
	PendingManual: {"PENDING", "Pending Manual Send", "pending"},
	Pending:       {"PENDING", "Scheduled", "pending"},
	Sending:       {"PROCESSING", "Scheduled", "sending"},
	RateLimited:   {"PENDING", "Rate Limited", "pending"},
	Sent:          {"SUCCESS", "Sent", "sent"},
	Delivered:     {"SUCCESS", "Sent", "delivered"},
	Error:         {"ERROR", "Error", "error"},
	Skipped:       {"ERROR", "Error", "error"},
	Cancelled:     {"ERROR", "Error", "error"},
	Expired:       {"ERROR", "Error", "error"},
}

// manualRetry is what Conquer calls a message that a person asked for again.
const manualRetry = "Manual Retry"

// State is the status in Trigger Email's words (TE-2).
func (m Message) State() string { return words[m.Status].state }

// ConquerStatus is the status in Conquer's words (CQ-2 to CQ-6).
func (m Message) ConquerStatus() string {
	switch {
	case m.Status == Sending && m.Error != nil && m.Error.Category == TooFast:
		return words[RateLimited].conquer // as before this attempt
	case m.RetryCount > 0 && (m.Status == Pending || m.Status == Sending):
		return manualRetry
	}
	return words[m.Status].conquer
}

// ChoraStatus is the status in chora's words (CH-4).
func (m Message) ChoraStatus() string { return words[m.Status].chora }

// Delivery is Trigger Email's record of a message (TE-2 to TE-5).
type Delivery struct {
	State           string        `json:"state" enum:"PENDING,PROCESSING,SUCCESS,ERROR"`
	StartTime       *time.Time    `json:"startTime" doc:"When processing started."`
	EndTime         *time.Time    `json:"endTime" doc:"When SUCCESS or ERROR was reached."`
	Error           *string       `json:"error"`
	Attempts        int           `json:"attempts"`
	LeaseExpireTime *time.Time    `json:"leaseExpireTime" doc:"When PROCESSING must be taken for failed."`
	Info            *DeliveryInfo `json:"info,omitempty" doc:"Set once the mail went out to at least one address."`
}

// DeliveryInfo says who got the mail (TE-5).
type DeliveryInfo struct {
	MessageID string   `json:"messageId"`
	Accepted  []string `json:"accepted"`
	Rejected  []string `json:"rejected" doc:"Not deliverable."`
	Pending   []string `json:"pending" doc:"Refused for now by the server."`
	Response  string   `json:"response" doc:"The server's last reply."`
}

// Delivery is Trigger Email's record of the message; attempts are its own, oldest first.
// For a merged message hand in its digest's.
func (m Message) Delivery(attempts []Attempt) Delivery {
	d := Delivery{State: m.State(), Attempts: m.Attempts}
	if m.Status == Sending {
		d.LeaseExpireTime = &m.LeaseExpiresAt
	}
	if d.State == "SUCCESS" || d.State == "ERROR" {
		d.EndTime = &m.UpdatedAt
	}
	switch {
	case m.Error != nil:
		d.Error = &m.Error.Text
	case d.State == "ERROR":
		reason := string(m.Reason)
		d.Error = &reason
	}
	if !m.ClaimedAt.IsZero() {
		d.StartTime = &m.ClaimedAt
	}
	if !m.Reached {
		return d
	}
	d.Info = &DeliveryInfo{
		MessageID: m.MessageID(), Accepted: []string{},
		Rejected: append([]string{}, m.Rejected...), Pending: append([]string{}, m.Remaining...),
	}
	for _, a := range attempts {
		for _, address := range a.Accepted {
			if !slices.Contains(d.Info.Accepted, address) { // sent again on request
				d.Info.Accepted = append(d.Info.Accepted, address)
			}
		}
		d.Info.Response = cmp.Or(a.Response, d.Info.Response)
	}
	return d
}
