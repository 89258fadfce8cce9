package message

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"
)

// What a store may answer, so that every room can tell it apart.
var (
	// ErrMoved means that somebody else was faster: the row is no longer as it was read.
	ErrMoved = errors.New("it was changed by somebody else meanwhile")
	// ErrNotFound means that there is no such row.
	ErrNotFound = errors.New("there is no such thing")
	// ErrBusy means that a mail is on its way at this moment, and must not be touched.
	ErrBusy = errors.New("a mail is being sent at this moment")
	// ErrUnavailable means that the database does not answer: nothing was stored, unless a
	// Trouble says that nobody knows.
	ErrUnavailable = errors.New("the database does not answer")
	// ErrKeyReused means that an Idempotency-Key came again with another request.
	ErrKeyReused = errors.New("this Idempotency-Key was used for another request")
)

// ErrManual says why a manual message is not retried (CQ-6).
var ErrManual = errors.New("a manual message cannot be retried. Write it again")

// ErrNotEditable says why a message stays as it is.
var ErrNotEditable = errors.New("only a direct message that is not being sent can be edited. Write another one")

// Call says for which site a request is, when it came, who asks, and how a repetition is told.
type Call struct {
	Site string
	At   time.Time
	// By is who asks, as records name it: a key, a person, or a command; empty if it is not known.
	By string
	// Key is the Idempotency-Key; empty if the request may not be repeated.
	Key string
	// Posted is the request in the outbox that this is; empty if it came in person.
	Posted ID
	// DryRun asks what would happen: nothing is stored, and nothing leaves.
	DryRun bool
	// Strict refuses the request if any user that it names is unknown; else the others have
	// their mail, and unknown users are skipped (RULES: unknown people).
	Strict bool
	// Match is an If-Match: the version that a change is made on; empty if any will do.
	Match string
}

// Who a call is by that comes neither with a key nor after a login.
const (
	ByLink     = "link"      // a person, by a link in a mail
	ByOneClick = "one_click" // a person's mail program, by a mail's List-Unsubscribe
)

// Key makes a request safe to repeat: the same key with the same request gives the
// first answer again and no second mail.
type Key struct {
	Key  string
	Hash string // of the whole request
	// Answer is what the first request was told.
	Answer []byte
}

// Once is the key of the call for that request, with what it is told; nil if the call has
// none.
func (c Call) Once(request, answer any) (*Key, error) {
	if c.Key == "" {
		return nil, nil
	}
	asked, err := json.Marshal(request)
	if err != nil {
		return nil, err
	}
	told, err := json.Marshal(answer)
	if err != nil {
		return nil, err
	}
	hash := sha256.Sum256(asked)
	return &Key{Key: c.Key, Hash: hex.EncodeToString(hash[:]), Answer: told}, nil
}

// Tray is what one accepted request leaves behind. A store takes all of it or nothing.
type Tray struct {
	Site     string
	Messages []Message
	Key      *Key // nil without an Idempotency-Key
	// Seen holds the version of each user whose preferences decided. If one has changed
	// meanwhile the tray is refused with ErrMoved, and decided again.
	Seen map[string]int
	// Inherited is the version of what the users inherit of the site, as it was then.
	Inherited int
	By        string // who asks; empty if it is not known
	// Posted leaves the outbox with this tray, or the tray is refused with ErrTaken.
	Posted ID
	// Case, if it names a stage or owner, ends the deadlines that were set for another (AMODIT-21).
	Case Case
}

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
