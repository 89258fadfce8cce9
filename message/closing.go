package message

import "time"

// Waits is for whom something waits, since when it is due at the earliest, and how much.
type Waits struct {
	User     string    `json:"user"`
	DueAt    time.Time `json:"due_at" doc:"When the first of it is due."`
	Messages int       `json:"messages"`
}

// Closing is what becomes of the messages of one user whose digest windows are due.
type Closing struct {
	// Move is Promote for one message, Merge for several, Skip if the user has no address.
	Move   Move
	Digest Message // of a Merge
}

// Leaves is the message that a closing of those lets go; the zero Message if it lets none.
func (c Closing) Leaves(items []Message, at time.Time) Message {
	switch c.Move {
	case Merge:
		return c.Digest
	case Promote:
		m := items[0]
		m.Status, m.DueAt, m.QueuedAt, m.UpdatedAt = After(Promote), at, at, at
		return m
	}
	return Message{}
}

// SentNow is what left because somebody did not want to wait for a digest.
type SentNow struct {
	Messages int    `json:"messages" doc:"How many messages waited."`
	Message  ID     `json:"message,omitempty" doc:"What leaves with the next flush: the digest, or the one message that waited."`
	Status   Status `json:"status,omitempty"`
}
