// Package webhook says what callers are told of a message's life, and how it is put
// (Standard Webhooks, and Conquer's events).
package webhook

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"notifier/fault"
	"notifier/message"
)

// What ids of endpoints and callbacks begin with.
const (
	EndpointIDs = "whk"
	CallbackIDs = "cbk"
)

// Naming is how the events of an endpoint are called.
type Naming string

// The namings.
const (
	Standard Naming = "standard" // {"type": "message.sent", …}, as Standard Webhooks has it
	Conquer  Naming = "conquer"  // {"event": "email_Sent", …} (CQ-16)
)

// Why an endpoint is disabled, as DisabledFor says it.
const (
	OffAsked   = "somebody disabled it"
	OffGone    = "the receiver said that it is gone (410)"
	OffFailing = "no call has succeeded for five days"
)

// Endpoint is where callbacks go.
type Endpoint struct {
	ID     message.ID `json:"id"`
	Site   string     `json:"-"`
	URL    string     `json:"url"`
	Events []string   `json:"events" doc:"Which events are told; all if it is empty."`
	Naming Naming     `json:"naming" enum:"standard,conquer"`
	Note   string     `json:"note,omitempty"`
	// Secrets sign the callbacks, the newest first, sealed as the vault seals them. The
	// second is the one before it, and signs for a day more.
	Secrets   []string   `json:"-"`
	RotatedAt *time.Time `json:"rotated_at,omitempty" doc:"When its secret was replaced; the one before signs for a day more."`
	// FailingSince is when a call first failed since the last that did not.
	FailingSince *time.Time `json:"failing_since,omitempty" doc:"Since when no call has succeeded."`
	DisabledAt   *time.Time `json:"disabled_at,omitempty" doc:"Since when nothing is told to it; what waits is kept."`
	DisabledFor  string     `json:"disabled_for,omitempty" doc:"Why."`
	CreatedAt    time.Time  `json:"created_at"`
	UpdatedAt    time.Time  `json:"updated_at"`
}

// Overlap is how long the secret before the present one signs, too.
const Overlap = 24 * time.Hour

const maxEndpointURL = 1000

// Check tells what is wrong with the endpoint as *fault.Invalid, or nil. Whether its
// address may be called is for others to say.
func (e Endpoint) Check() error {
	var bad fault.Invalid
	bad.Check("/note", "bad_text", fault.CheckLine(e.Note, message.MaxLine))
	switch u, err := url.Parse(e.URL); {
	case e.URL == "":
		bad.Add("/url", "missing", "a webhook needs an address, as in https://bpm.example.org/hooks/mail")
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || len(e.URL) > maxEndpointURL || fault.CheckLine(e.URL, maxEndpointURL) != nil:
		bad.Add("/url", "bad_url", "%q is not a web address. Write it as https://bpm.example.org/hooks/mail", fault.Truncate(e.URL, 100))
	case u.User != nil:
		bad.Add("/url", "bad_url", "the address has a user name in it, which others could read. Leave it out: the signature says who calls")
	case u.Fragment != "":
		bad.Add("/url", "bad_url", "the address has a part behind #, which is never sent. Leave it out")
	}
	if e.Naming != Standard && e.Naming != Conquer {
		bad.Add("/naming", "bad_word", "%q is no naming. Write standard or conquer", fault.Truncate(string(e.Naming), 60))
	}
	for i, event := range e.Events {
		if !slices.Contains(Events, event) {
			bad.Add(fmt.Sprintf("/events/%d", i), "unknown_event", "there is no event %q.%s", fault.Truncate(event, 60), fault.Suggest(event, Events))
		}
	}
	return bad.Err()
}

// Secrets have a prefix and 24 to 64 bytes (Standard Webhooks, "Signature scheme").
const (
	secretPrefix               = "whsec_"
	shortestSecret, longSecret = 24, 64
)

// NewSecret makes a secret.
func NewSecret() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return secretPrefix + base64.StdEncoding.EncodeToString(b)
}

// CheckSecret tells what is wrong with a secret of a caller's own, or nil. It is not repeated.
func CheckSecret(s string) error {
	bare, found := strings.CutPrefix(s, secretPrefix)
	b, err := base64.StdEncoding.DecodeString(bare)
	if !found || err != nil || len(b) < shortestSecret || len(b) > longSecret {
		return fmt.Errorf("this is no secret. Write whsec_ and %d to %d random bytes in base64, or leave it out to have one made", shortestSecret, longSecret)
	}
	return nil
}

// Hears tells whether the endpoint is told of that event.
func (e Endpoint) Hears(event string) bool {
	return len(e.Events) == 0 || slices.Contains(e.Events, event)
}

// Answer is what came of trying a webhook.
type Answer struct {
	Works bool   `json:"works"`
	Code  int    `json:"code,omitempty" doc:"The status of the answer; absent if there was none."`
	Said  string `json:"answer,omitempty" doc:"The beginning of the answer, or why there was none."`
	Took  string `json:"took"`
	Sent  string `json:"sent" doc:"What was sent."`
}
