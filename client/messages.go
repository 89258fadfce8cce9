package client

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"notifier/message"
)

// Message is a message and what has become of it.
type Message struct {
	ID             message.ID           `json:"id"`
	Type           message.Type         `json:"type"`
	Kind           message.Kind         `json:"kind"`
	Status         message.Status       `json:"status"`
	Reason         message.Reason       `json:"reason"` // why it has this status
	To             string               `json:"to"`     // several addresses of one mail with commas
	Cc             []message.Address    `json:"cc"`
	Bcc            []message.Address    `json:"bcc"`
	ReplyTo        message.Address      `json:"reply_to"`
	ReplyToAll     []message.Address    `json:"reply_to_all"`
	Sender         message.Address      `json:"sender"`
	Account        string               `json:"account"`
	Priority       message.Priority     `json:"priority"`
	User           string               `json:"user"`
	Subject        string               `json:"subject"`
	Reference      string               `json:"reference"` // the caller's id, or the key of a deadline
	EventID        message.ID           `json:"event_id"`
	Case           message.Case         `json:"case"`
	Template       string               `json:"template"`
	Tags           map[string]string    `json:"tags"`
	Headers        []message.Header     `json:"headers"`
	Attachments    []message.Attachment `json:"attachments"`
	Setting        string               `json:"setting"` // what the user had chosen
	CreatedAt      time.Time            `json:"created_at"`
	UpdatedAt      time.Time            `json:"updated_at"`
	DueAt          time.Time            `json:"due_at"`
	ExpiresAt      time.Time            `json:"expires_at"`
	LeaseExpiresAt time.Time            `json:"lease_expires_at"`
	Attempts       int                  `json:"attempts"`
	RetryCount     int                  `json:"retry_count"`
	MessageID      string               `json:"message_id"` // the Message-ID of the mail
	DigestID       message.ID           `json:"digest_id"`
	Items          []message.ID         `json:"items"` // of a digest
	ErrorCategory  message.Category     `json:"error_category"`
	Error          *Failure             `json:"error"`
	Delivery       *message.Delivery    `json:"delivery"` // not in lists
	AttemptRecords []Attempt            `json:"attempt_records"`

	ConquerStatus string               `json:"conquer_status"`
	Conquer       *message.ConquerView `json:"conquer"`
	ChoraStatus   string               `json:"chora_status"`
}

// Failure is what went wrong with the last attempt.
type Failure struct {
	Category  message.Category `json:"category"`
	Says      string           `json:"says"`   // what happened, for the person who waits
	Remedy    string           `json:"remedy"` // what can be done about it
	Code      string           `json:"code"`
	Message   string           `json:"message"`
	Truncated string           `json:"truncated"`
}

// Attempt is one try to hand a message over.
type Attempt struct {
	Number    int              `json:"attempt"` // from 1
	LedTo     message.Status   `json:"led_to"`  // what it made of the message
	StartedAt time.Time        `json:"started_at"`
	EndedAt   time.Time        `json:"ended_at"`
	Account   string           `json:"account"`
	Server    string           `json:"server"`
	Uncertain bool             `json:"uncertain"` // it may have gone out although no reply came
	Accepted  []string         `json:"accepted"`
	Rejected  []string         `json:"rejected"`
	Pending   []string         `json:"pending"`
	Code      int              `json:"code"`
	Response  string           `json:"response"`
	Category  message.Category `json:"error_category"`
	Failure   string           `json:"failure"` // why an address did not get it
}

// Message is the message with that id, with all that became of it.
func (c *Client) Message(ctx context.Context, id message.ID) (Message, error) {
	var m Message
	err := c.do(ctx, request{method: http.MethodGet, path: "/messages/" + url.PathEscape(string(id))}, &m)
	return m, err
}

// maxPage is how many messages come at once.
const maxPage = 200

// Messages lists messages, newest first, and fetches further pages as it goes. It ends
// with the first error. Limit of the filter is how many come in all; 0 means all.
func (c *Client) Messages(ctx context.Context, f message.Filter) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		query := url.Values{}
		for name, value := range map[string]string{
			"id": string(f.ID), "status": string(f.Status), "type": string(f.Type), "kind": string(f.Kind), "to": f.To, "user": f.User, "case": f.Case,
			"reference": f.Reference, "event": string(f.Event), "category": string(f.Category), "code": f.Code, "account": f.Account, "tag": f.Tag,
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
func (c *Client) Retry(ctx context.Context, id message.ID, resend bool, key ...Key) (Message, error) {
	body := struct {
		Resend bool `json:"resend,omitempty"`
	}{resend}
	return c.act(ctx, id, "retry", body, key)
}

// Cancel withdraws a message that has not left. With a key it may be called again.
func (c *Client) Cancel(ctx context.Context, id message.ID, key ...Key) (Message, error) {
	return c.act(ctx, id, "cancel", nil, key)
}

// Hold keeps a message that is about to leave until somebody releases it. With a key it
// may be called again.
func (c *Client) Hold(ctx context.Context, id message.ID, key ...Key) (Message, error) {
	return c.act(ctx, id, "hold", nil, key)
}

// SendNow lets a message leave that waits for its time: for send_at, its digest, its release
// or its next try. With a key it may be called again.
func (c *Client) SendNow(ctx context.Context, id message.ID, key ...Key) (Message, error) {
	return c.act(ctx, id, "send-now", nil, key)
}

// Release lets a manual message go. With a key it may be called again.
func (c *Client) Release(ctx context.Context, id message.ID, key ...Key) (Message, error) {
	return c.act(ctx, id, "release", nil, key)
}

func (c *Client) act(ctx context.Context, id message.ID, action string, body any, key []Key) (Message, error) {
	var m Message
	err := c.do(ctx, request{method: http.MethodPost, path: "/messages/" + url.PathEscape(string(id)) + "/" + action, key: keyOf(key), body: body}, &m)
	return m, err
}

// Edit changes what a direct message says; with the command RETRY it is sent again as it is
// then. With a key it may be called again.
func (c *Client) Edit(ctx context.Context, id message.ID, e message.Edit, key ...Key) (Message, error) {
	var m Message
	err := c.do(ctx, request{method: http.MethodPatch, path: "/messages/" + url.PathEscape(string(id)), key: keyOf(key), body: e}, &m)
	return m, err
}
