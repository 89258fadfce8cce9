package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Question is whose mail is asked about, and about what; a user or a case is needed.
type Question struct {
	User  string // an id, or an address
	Case  string
	Kind  Kind      // or deadline, or direct for messages
	Since time.Time // zero: ever
}

// Explanation is why a mail came, or did not.
type Explanation struct {
	Verdict  string       `json:"verdict"`  // sent, in_digest, not_yet, no or unknown
	Reason   string       `json:"reason"`   // a word of a closed set
	Sentence string       `json:"sentence"` // the whole answer
	Do       string       `json:"do"`       // what can be done; empty where there is nothing
	Message  ID           `json:"message"`
	Status   Status       `json:"status,omitempty"`
	User     string       `json:"user,omitempty"`
	Case     string       `json:"case,omitempty"`
	Kind     Kind         `json:"kind,omitempty"`
	Category Category     `json:"error_category,omitempty"`
	Timezone string       `json:"timezone,omitempty"` // of the times in the sentence
	Next     *Next        `json:"next"`               // what comes next, if anything does
	Trail    []Step       `json:"trail"`              // what happened, the first first
	Digest   *Explanation `json:"digest"`             // of a message that is part of one
	Others   []Brief      `json:"others,omitempty"`   // older messages that the question is about, too
	Near     *Near        `json:"near,omitempty"`     // what nearly fits the question
}

// Next is what comes next, and when.
type Next struct {
	At       time.Time  `json:"at"`                  // when it is due
	LeavesAt *time.Time `json:"leaves_at,omitempty"` // when the mail leaves; nil if nobody knows, or no mail does
	WaitsFor string     `json:"waits_for,omitempty"` // the job that is paused without an end
	Timezone string     `json:"timezone"`
	What     string     `json:"what"`
}

// Step is a thing that happened.
type Step struct {
	At   time.Time `json:"at"`
	What string    `json:"what"` // in a word
	Text string    `json:"text"`
}

// Brief is another message that a question is about, in short.
type Brief struct {
	Message  ID        `json:"message"`
	At       time.Time `json:"at"`
	Subject  string    `json:"subject,omitempty"`
	Verdict  string    `json:"verdict"`
	Reason   string    `json:"reason"`
	Sentence string    `json:"sentence"`
}

// Near is what nearly fits a question.
type Near struct {
	People   []Miss    `json:"people,omitempty"`   // others who had mail about the case
	Cases    []Miss    `json:"cases,omitempty"`    // other cases that the person had mail about
	Refused  []Refusal `json:"refused,omitempty"`  // requests of the last seven days that were refused
	Repeated []Refusal `json:"repeated,omitempty"` // those that were answered as before, by their key
}

// Miss is a message that nearly fits a question.
type Miss struct {
	User    string    `json:"user,omitempty"`
	Case    string    `json:"case,omitempty"`
	Kind    Kind      `json:"kind,omitempty"`
	At      time.Time `json:"at"`
	Status  Status    `json:"status"`
	Message ID        `json:"message"`
}

// Refusal is a request that led to nothing.
type Refusal struct {
	At        time.Time `json:"at"`
	RequestID string    `json:"request_id"` // in the service's log
	Method    string    `json:"method"`
	Path      string    `json:"path"`
	Status    int       `json:"status"`
	Code      string    `json:"code"`
	Detail    string    `json:"detail,omitempty"`
	By        string    `json:"by,omitempty"` // the key, where it is known
	Case      string    `json:"case,omitempty"`
	Users     []string  `json:"users,omitempty"`
	First     ID        `json:"first,omitempty"` // of a repetition: the message that the first request made
}

// Explain answers for the newest message that the question is about.
func (c *Client) Explain(ctx context.Context, q Question) (Explanation, error) {
	query := url.Values{}
	for name, value := range map[string]string{"user": q.User, "case": q.Case, "kind": string(q.Kind)} {
		if value != "" {
			query.Set(name, value)
		}
	}
	if !q.Since.IsZero() {
		query.Set("since", q.Since.UTC().Format(time.RFC3339))
	}
	var e Explanation
	err := c.do(ctx, request{method: http.MethodGet, path: "/explain", query: query}, &e)
	return e, err
}

// ExplainMessage answers for one message.
func (c *Client) ExplainMessage(ctx context.Context, id ID) (Explanation, error) {
	var e Explanation
	err := c.do(ctx, request{method: http.MethodGet, path: "/messages/" + url.PathEscape(string(id)) + "/explain"}, &e)
	return e, err
}
