// Package request says what a caller asks for and is answered: who calls, for which site, how a
// repetition is known by its idempotency key, and the work on many messages that goes on after
// the answer.
//
// It decides nothing of a message: what may be done to one is in message.
package request

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"notifier/message"
)

// Call says for which site a request is, when it came, who asks, and how a repetition is told.
type Call struct {
	Site string
	At   time.Time
	// By is who asks, as records name it: a key, a person, or a command; empty if it is not known.
	By string
	// Key is the Idempotency-Key; empty if the request may not be repeated.
	Key string
	// Posted is the request in the outbox that this is; empty if it came in person.
	Posted message.ID
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

// ErrKeyReused means that an Idempotency-Key came again with another request.
var ErrKeyReused = errors.New("this Idempotency-Key was used for another request")

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
	Messages []message.Message
	Key      *Key // nil without an Idempotency-Key
	// Seen holds the version of each user whose preferences decided. If one has changed
	// meanwhile the tray is refused with ErrMoved, and decided again.
	Seen map[string]int
	// Inherited is the version of what the users inherit of the site, as it was then.
	Inherited int
	By        string // who asks; empty if it is not known
	// Posted leaves the outbox with this tray, or the tray is refused with ErrTaken.
	Posted message.ID
	// Case, if it names a stage or owner, ends the deadlines that were set for another (AMODIT-21).
	Case message.Case
}
