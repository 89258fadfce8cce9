package request

import (
	"errors"
	"time"

	"notifier/message"
)

// PostedIDs is what the id of a request in the outbox begins with.
const PostedIDs = "out"

// What a request in the outbox asks for, in the words of the journal.
const (
	PostedMessage = "send_message"
	PostedEvent   = "notify"
)

// Posted is a request that a caller wrote into the outbox inside a transaction of its own.
type Posted struct {
	ID        message.ID `json:"id" example:"out_06f3n5mmmt1fq2r6s0hj0v7k9c"`
	Site      string     `json:"-"`
	What      string     `json:"what" doc:"What it asks for." enum:"send_message,notify"`
	Key       string     `json:"key" doc:"Its Idempotency-Key."`
	Request   []byte     `json:"-"`
	WrittenAt time.Time  `json:"written_at" doc:"By the clock of whoever wrote it."`
	Tries     int        `json:"tries" doc:"How often it was taken up."`
	// Error is why it was not taken in.
	Error     string     `json:"error,omitempty" doc:"Why it was not taken in."`
	RefusedAt *time.Time `json:"refused_at,omitempty" doc:"Since when it waits for a person."`
}

// ErrTaken means that a request in the outbox has been taken in, or removed, meanwhile.
var ErrTaken = errors.New("it is no longer in the outbox")
