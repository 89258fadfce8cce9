package client

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Message is a message and what has become of it.
type Message struct {
	ID             ID                `json:"id"`
	Type           Type              `json:"type"`
	Kind           Kind              `json:"kind"`
	Status         Status            `json:"status"`
	Reason         Reason            `json:"reason"` // why it has this status
	To             string            `json:"to"`     // several addresses of one mail with commas
	Cc             []Address         `json:"cc"`
	Bcc            []Address         `json:"bcc"`
	ReplyTo        Address           `json:"reply_to"`
	ReplyToAll     []Address         `json:"reply_to_all"`
	Sender         Address           `json:"sender"`
	Account        string            `json:"account"`
	Priority       Priority          `json:"priority"`
	User           string            `json:"user"`
	Subject        string            `json:"subject"`
	Reference      string            `json:"reference"` // the caller's id, or the key of a deadline
	EventID        ID                `json:"event_id"`
	Case           Case              `json:"case"`
	Template       string            `json:"template"`
	Tags           map[string]string `json:"tags"`
	Headers        []Header          `json:"headers"`
	Attachments    []Attachment      `json:"attachments"`
	Setting        string            `json:"setting"` // what the user had chosen
	CreatedAt      time.Time         `json:"created_at"`
	UpdatedAt      time.Time         `json:"updated_at"`
	DueAt          time.Time         `json:"due_at"`
	ExpiresAt      time.Time         `json:"expires_at"`
	LeaseExpiresAt time.Time         `json:"lease_expires_at"`
	Attempts       int               `json:"attempts"`
	RetryCount     int               `json:"retry_count"`
	MessageID      string            `json:"message_id"` // the Message-ID of the mail
	DigestID       ID                `json:"digest_id"`
	Items          []ID              `json:"items"` // of a digest
	ErrorCategory  Category          `json:"error_category"`
	Error          *Failure          `json:"error"`
	Delivery       *Delivery         `json:"delivery"` // Trigger Email's record; not in lists
	AttemptRecords []Attempt         `json:"attempt_records"`
	Callbacks      []Callback        `json:"callbacks,omitempty"` // what webhooks were called with, and are to be

	ConquerStatus string        `json:"conquer_status"`
	Conquer       *ConquerView  `json:"conquer"`
	ErrorRecords  []ErrorRecord `json:"error_records,omitempty"` // the history of errors, oldest first
	ChoraStatus   string        `json:"chora_status"`

	// What the last retry wiped: the error, when the mail was handed over, and when that was answered.
	PreviousError      string    `json:"previous_error,omitempty"`
	PreviousExecutedAt time.Time `json:"previous_executed_at,omitzero"`
	PreviousServedAt   time.Time `json:"previous_served_at,omitzero"`
}

// Attachment describes a file that a mail brings along; its content is not told.
type Attachment struct {
	Filename    string `json:"filename"`
	ContentType string `json:"content_type"`
	ContentID   string `json:"content_id,omitempty"`
	Size        int    `json:"size"` // in bytes
	Hash        string `json:"sha256"`
}

// Header is a field that a caller added to a mail's head.
type Header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Delivery is Trigger Email's record of a message.
type Delivery struct {
	State           string        `json:"state"` // PENDING, PROCESSING, SUCCESS or ERROR
	StartTime       *time.Time    `json:"startTime"`
	EndTime         *time.Time    `json:"endTime"`
	Error           *string       `json:"error"`
	Attempts        int           `json:"attempts"`
	LeaseExpireTime *time.Time    `json:"leaseExpireTime"` // when PROCESSING must be taken for failed
	Info            *DeliveryInfo `json:"info,omitempty"`  // once the mail went out to at least one address
}

// DeliveryInfo says who got the mail.
type DeliveryInfo struct {
	MessageID string   `json:"messageId"`
	Accepted  []string `json:"accepted"`
	Rejected  []string `json:"rejected"`
	Pending   []string `json:"pending"` // refused for now
	Response  string   `json:"response"`
}

// ConquerView is a message as Conquer's parent record has it.
type ConquerView struct {
	ActionStatus          string    `json:"action_status"`
	ErrorMessage          string    `json:"error_message"`
	ErrorMessageTruncated string    `json:"error_message_truncated"`
	ErrorCode             string    `json:"error_code"`
	ManualRetryCount      int       `json:"manual_retry_count"`
	StatusLastUpdated     time.Time `json:"status_last_updated"`
}

// ErrorRecord is a row of the history of errors, as Conquer keeps it.
type ErrorRecord struct {
	Status    string    `json:"status"` // Rate Limited, Error or Manual Retry
	At        time.Time `json:"at"`
	Category  Category  `json:"category,omitempty"`
	Code      string    `json:"code,omitempty"`
	Message   string    `json:"message,omitempty"`
	Truncated string    `json:"truncated,omitempty"`
}

// Failure is what went wrong with the last attempt.
type Failure struct {
	Category  Category `json:"category"`
	Says      string   `json:"says"`   // what happened, for the person who waits
	Remedy    string   `json:"remedy"` // what can be done about it
	Code      string   `json:"code"`
	Message   string   `json:"message"`
	Truncated string   `json:"truncated"`
}

// Attempt is one try to hand a message over.
type Attempt struct {
	Number    int       `json:"attempt"` // from 1
	LedTo     Status    `json:"led_to"`  // what it made of the message
	StartedAt time.Time `json:"started_at"`
	EndedAt   time.Time `json:"ended_at"`
	Account   string    `json:"account"`
	Server    string    `json:"server"`
	Replica   string    `json:"replica,omitempty"`
	Uncertain bool      `json:"uncertain"` // it may have gone out although no reply came
	Accepted  []string  `json:"accepted"`
	Rejected  []string  `json:"rejected"`
	Pending   []string  `json:"pending"`
	Code      int       `json:"code"`
	Response  string    `json:"response"`
	Category  Category  `json:"error_category"`
	Failure   string    `json:"failure"` // why an address did not get it
}

// Callback is a call of a webhook about a message.
type Callback struct {
	ID       ID        `json:"id"`
	Webhook  ID        `json:"webhook"`
	Message  ID        `json:"message"`
	Sequence int       `json:"sequence"` // of those about the message, from 1
	Status   Status    `json:"status"`   // of the message, which it is about
	Reason   Reason    `json:"reason,omitempty"`
	At       time.Time `json:"at"` // when the message came to it
	Calls    int       `json:"calls"`
	DueAt    time.Time `json:"due_at,omitzero"`   // when it is called next; zero when it is over
	EndedAt  time.Time `json:"ended_at,omitzero"` // when it was taken, or given up
	Code     int       `json:"code,omitempty"`    // of the last answer
	Answer   string    `json:"answer,omitempty"`  // the beginning of the last answer, or why there was none
}

// Message is the message with that id, with all that became of it.
func (c *Client) Message(ctx context.Context, id ID) (Message, error) {
	var m Message
	err := c.do(ctx, request{method: http.MethodGet, path: "/messages/" + url.PathEscape(string(id))}, &m)
	return m, err
}

// maxPage is how many messages come at once.
const maxPage = 200

// Filter narrows a list of messages. The zero Filter takes everything.
type Filter struct {
	ID        ID
	Status    Status
	Type      Type
	Kind      Kind
	To        string // this address
	User      string
	Case      string
	Reference string // your id of it, or the key of a deadline
	Event     ID
	Category  Category
	Code      string // that an error's code begins with
	Account   string
	Tag       string // its name, or its name, = and its value
	Operation ID     // that has moved it
	Text      string // words in the subject, the summary, the case's title or the text; needs Since
	Since     time.Time
	Until     time.Time
	Site      string // another site than the key's

	Before ID  // older than this one
	Limit  int // how many in all; 0 means all
}

// Messages lists messages, newest first, and fetches further pages as it goes. It ends
// with the first error. Limit of the filter is how many come in all; 0 means all.
func (c *Client) Messages(ctx context.Context, f Filter) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		query := url.Values{}
		for name, value := range map[string]string{
			"id": string(f.ID), "status": string(f.Status), "type": string(f.Type), "kind": string(f.Kind), "to": f.To, "user": f.User, "case": f.Case,
			"reference": f.Reference, "event": string(f.Event), "category": string(f.Category), "code": f.Code, "account": f.Account, "tag": f.Tag, "operation": string(f.Operation),
			"text": f.Text, "since": written(f.Since), "until": written(f.Until), "site": f.Site, "cursor": string(f.Before),
		} {
			if value != "" {
				query.Set(name, value)
			}
		}
		for left := f.Limit; ; {
			query.Set("limit", strconv.Itoa(page(left)))
			var found struct {
				Data       []Message `json:"data"`
				NextCursor string    `json:"next_cursor"`
			}
			if err := c.do(ctx, request{method: http.MethodGet, path: "/messages", query: query}, &found); err != nil {
				yield(Message{}, err)
				return
			}
			for _, m := range found.Data {
				if !yield(m, nil) {
					return
				}
			}
			left -= len(found.Data)
			if found.NextCursor == "" || f.Limit > 0 && left <= 0 {
				return
			}
			query.Set("cursor", found.NextCursor)
		}
	}
}

// written is a time as the service reads it; empty if it is zero.
func written(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func page(left int) int {
	if left <= 0 {
		return maxPage
	}
	return min(left, maxPage)
}

// Retry tries a message in error again; with resend also one that was sent. It goes to
// the addresses that have not got it. With a key it may be called again.
func (c *Client) Retry(ctx context.Context, id ID, resend bool, key ...Key) (Message, error) {
	body := struct {
		Resend bool `json:"resend,omitempty"`
	}{resend}
	return c.act(ctx, id, "retry", body, key)
}

// Cancel withdraws a message that has not left. With a key it may be called again.
func (c *Client) Cancel(ctx context.Context, id ID, key ...Key) (Message, error) {
	return c.act(ctx, id, "cancel", nil, key)
}

// Hold keeps a message that is about to leave until somebody releases it. With a key it
// may be called again.
func (c *Client) Hold(ctx context.Context, id ID, key ...Key) (Message, error) {
	return c.act(ctx, id, "hold", nil, key)
}

// SendNow lets a message leave that waits for its time: for send_at, its digest, its release
// or its next try. With a key it may be called again.
func (c *Client) SendNow(ctx context.Context, id ID, key ...Key) (Message, error) {
	return c.act(ctx, id, "send-now", nil, key)
}

// Release lets a manual message go. With a key it may be called again.
func (c *Client) Release(ctx context.Context, id ID, key ...Key) (Message, error) {
	return c.act(ctx, id, "release", nil, key)
}

func (c *Client) act(ctx context.Context, id ID, action string, body any, key []Key) (Message, error) {
	var m Message
	err := c.do(ctx, request{method: http.MethodPost, path: "/messages/" + url.PathEscape(string(id)) + "/" + action, key: keyOf(key), body: body}, &m)
	return m, err
}

// Edit changes what a direct message says; with the command RETRY it is sent again as it is
// then. With a key it may be called again.
func (c *Client) Edit(ctx context.Context, id ID, e Edit, key ...Key) (Message, error) {
	var m Message
	err := c.do(ctx, request{method: http.MethodPatch, path: "/messages/" + url.PathEscape(string(id)), key: keyOf(key), body: e}, &m)
	return m, err
}
