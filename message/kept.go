package message

import "time"

// KeptIDs is what the id of a kept mail begins with.
const KeptIDs = "mbx"

// Kept is a mail in the test mailbox: it did not leave the house.
type Kept struct {
	Site    string    `json:"-"`
	ID      ID        `json:"id"`
	Message ID        `json:"message" doc:"The message that it was sent for."`
	From    string    `json:"from"`
	To      []string  `json:"to" doc:"Whom it would have gone to: cc and bcc, too."`
	Subject string    `json:"subject"`
	At      time.Time `json:"at"`
	Text    string    `json:"text,omitempty" doc:"Not in a list."`
	HTML    string    `json:"html,omitempty" doc:"Not in a list."`
	Raw     string    `json:"raw,omitempty" doc:"The whole mail, as it would have gone over the wire. Not in a list."`
}
