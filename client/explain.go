package client

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"notifier/message"
)

// Question is whose mail is asked about, and about what; a user or a case is needed.
type Question struct {
	User  string // an id, or an address
	Case  string
	Kind  message.Kind // or deadline, or direct for messages
	Since time.Time    // zero: ever
}

// Explanation is why a mail came, or did not.
type Explanation struct {
	Verdict  string     `json:"verdict"`  // sent, in_digest, not_yet, no or unknown
	Reason   string     `json:"reason"`   // a word of a closed set
	Sentence string     `json:"sentence"` // the whole answer
	Do       string     `json:"do"`       // what can be done; empty where there is nothing
	Message  message.ID `json:"message"`
	Next     *struct {
		At   time.Time `json:"at"`
		What string    `json:"what"`
	} `json:"next"` // what comes next, if anything does
	Trail []struct {
		At   time.Time `json:"at"`
		What string    `json:"what"`
		Text string    `json:"text"`
	} `json:"trail"` // what happened, the first first
	Digest *Explanation `json:"digest"` // of a message that is part of one
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
func (c *Client) ExplainMessage(ctx context.Context, id message.ID) (Explanation, error) {
	var e Explanation
	err := c.do(ctx, request{method: http.MethodGet, path: "/messages/" + url.PathEscape(string(id)) + "/explain"}, &e)
	return e, err
}
