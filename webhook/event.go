package webhook

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"notifier/fault"
	"notifier/message"
)

// Events are what an endpoint can be told of.
var Events = []string{
	"message.scheduled", "message.deferred", "message.pending_manual", "message.pending", "message.retry_requested",
	"message.rate_limited", "message.sent", "message.delivered", "message.error", "message.cancelled", "message.skipped", "message.expired",
	"digest.sent", "deadline.reminded",
}

// Callback is one thing that an endpoint is told: how a message stood at a time.
type Callback struct {
	ID       message.ID
	Site     string
	Endpoint message.ID
	Message  message.ID
	// Sequence counts the callbacks to the endpoint about the message, from 1.
	Sequence int
	At       time.Time
	Status   message.Status
	Reason   message.Reason
	// Attempts and RetryCount are the message's at that time.
	Attempts, RetryCount int
	Error                *message.Failure

	DueAt   time.Time // zero when it is over
	Tries   int       // calls so far
	EndedAt time.Time // zero while it waits
	// Code and Answer are of the last call: the status of HTTP, 0 if there was none, and the
	// beginning of what was said, or why nothing was.
	Code   int
	Answer string
}

// Delivered tells whether the endpoint took it.
func (c Callback) Delivered() bool { return !c.EndedAt.IsZero() && c.Code/100 == 2 }

// Tells tells whether callers are told of a message that comes to that status for that
// reason. What goes back to the queue by itself is not worth a word.
func Tells(s message.Status) bool { return s != message.Sending && s != message.Merged }

// Event is how the event is called: message.sent, digest.sent, deadline.reminded …
func (c Callback) Event(t message.Type) string {
	switch {
	case c.Status == message.Pending && c.Reason == message.AskedAgain:
		return "message.retry_requested"
	case c.Status == message.Sent && t == message.Digest:
		return "digest.sent"
	case c.Status == message.Sent && t == message.Reminder:
		return "deadline.reminded"
	}
	return "message." + string(c.Status)
}

// Wants tells whether the endpoint is told of messages that come to that status. Whether
// it is a digest's or a deadline's may be known later only.
func (e Endpoint) Wants(s message.Status, r message.Reason) bool {
	if len(e.Events) == 0 {
		return true
	}
	c := Callback{Status: s, Reason: r}
	return slices.ContainsFunc([]message.Type{message.Direct, message.Digest, message.Reminder}, func(t message.Type) bool {
		return slices.Contains(e.Events, c.Event(t))
	})
}

// told is how a callback's message is described.
type told struct {
	ID            message.ID        `json:"id"`
	Sequence      int               `json:"sequence"`
	Reference     string            `json:"reference,omitempty"`
	Site          string            `json:"site"`
	Type          message.Type      `json:"type"`
	Kind          message.Kind      `json:"kind,omitempty"`
	Status        message.Status    `json:"status"`
	Reason        message.Reason    `json:"reason,omitempty"`
	To            string            `json:"to"`
	User          string            `json:"user,omitempty"`
	Subject       string            `json:"subject,omitempty"`
	Case          *message.Case     `json:"case,omitempty"`
	Tags          map[string]string `json:"tags,omitempty"`
	MessageID     string            `json:"message_id"`
	Attempts      int               `json:"attempts"`
	RetryCount    int               `json:"retry_count"`
	At            time.Time         `json:"at"`
	ConquerStatus string            `json:"conquer_status"`
	Error         *toldError        `json:"error,omitempty"`
	Items         []message.ID      `json:"items,omitempty"` // of a digest
}

type toldError struct {
	Category  message.Category `json:"category"`
	Says      string           `json:"says"`
	Remedy    string           `json:"remedy"`
	Code      string           `json:"code,omitempty"`
	Message   string           `json:"message"`
	Truncated string           `json:"truncated"`
}

// standard is the body of an event (Standard Webhooks, "Payload structure").
type standard struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      told      `json:"data"`
}

// conquer is the body of an event in Conquer's words: the fields of its parent record
// (CQ-8), which are blank where it wipes them (CQ-11).
type conquer struct {
	Event     string       `json:"event"`
	Timestamp time.Time    `json:"timestamp"`
	Data      conquerEvent `json:"data"`
}

type conquerEvent struct {
	ID            message.ID       `json:"id"`
	Reference     string           `json:"reference,omitempty"`
	Sequence      int              `json:"sequence"`
	Status        string           `json:"status"`
	ErrorCategory message.Category `json:"error_category"`
	message.ConquerView
}

// maxItems bounds a digest's list, and with it a body, which has less than 20 kB.
const maxItems = 100

// maxText is the longest text of an error in a body, in bytes: 5,000 characters of nearly
// any language.
const maxText = 15_000

// within is a text of at most n bytes.
func within(s string, n int) string {
	for len(s) > n {
		s = fault.Truncate(s, max(0, utf8.RuneCountInString(s)-(len(s)-n+3)/4))
	}
	return s
}

// Body is what the endpoint is sent. It is the same on every call. items are a digest's.
func (c Callback) Body(n Naming, m message.Message, items []message.ID) ([]byte, error) {
	then := m // as it stood
	then.Status, then.Reason, then.RetryCount, then.Error, then.UpdatedAt = c.Status, c.Reason, c.RetryCount, c.Error, c.At
	if n == Conquer {
		e := conquerEvent{ID: c.Message, Reference: m.Reference, Sequence: c.Sequence, ConquerView: then.Conquer()}
		e.ErrorMessage = within(e.ErrorMessage, maxText)
		if e.Status = e.ActionStatus; e.ErrorMessage != "" && c.Error != nil {
			e.ErrorCategory = c.Error.Category
		}
		return encode(conquer{Event: "email_" + e.Status, Timestamp: c.At, Data: e})
	}
	d := told{
		ID: c.Message, Sequence: c.Sequence, Reference: m.Reference, Site: c.Site, Type: m.Type, Kind: m.Kind, Status: c.Status, Reason: c.Reason,
		To: fault.Truncate(m.Recipients(), 1000), User: m.UserID, Subject: m.Subject, Tags: m.Tags, MessageID: m.MessageID(),
		Attempts: c.Attempts, RetryCount: c.RetryCount, At: c.At, ConquerStatus: then.ConquerStatus(), Items: items[:min(len(items), maxItems)],
	}
	if m.Case != (message.Case{}) {
		d.Case = &m.Case
	}
	if f := c.Error; f != nil {
		says, remedy := f.Words("en", message.Outlook{Final: then.Status.Final()})
		d.Error = &toldError{
			Category: f.Category, Says: says, Remedy: remedy, Code: f.Code,
			Message: within(f.Text, 2000), Truncated: fault.Truncate(f.Text, message.MaxErrorTruncated),
		}
	}
	return encode(standard{Type: c.Event(m.Type), Timestamp: c.At, Data: d})
}

func encode(v any) ([]byte, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return []byte(strings.TrimSuffix(b.String(), "\n")), err
}
