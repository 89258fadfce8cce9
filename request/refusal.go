package request

import (
	"time"

	"notifier/message"
)

// Refusal is a request that led to nothing: it was refused, or answered as it was before.
// What it was about is kept as far as it could be read; its body is not.
type Refusal struct {
	ID        message.ID `json:"-"`
	Site      string     `json:"-"`
	At        time.Time  `json:"at"`
	RequestID string     `json:"request_id" doc:"Names the request in the log."`
	Method    string     `json:"method" example:"POST"`
	Path      string     `json:"path" example:"/api/v1/events"`
	Status    int        `json:"status" example:"401"`
	Code      string     `json:"code" example:"unauthorized"`
	Detail    string     `json:"detail,omitempty" doc:"What was wrong, as the caller was told."`
	By        string     `json:"by,omitempty" doc:"The key, where it is known."`
	Case      string     `json:"case,omitempty" doc:"The case that it named, where that could be read."`
	Users     []string   `json:"users,omitempty" doc:"The first of the users and addresses that it named."`
	First     message.ID `json:"first,omitempty" doc:"Of a repetition: the message that the first request made."`
}

// Repeated is the code of a request that was answered as the first one with its key was.
const Repeated = "duplicate_key"
