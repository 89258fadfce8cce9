package message

import (
	"strings"

	"notifier/fault"
)

// Edit changes what a message says, and may send it again (TE-6, TE-7). What is nil stays.
type Edit struct {
	To       *[]Recipient `json:"to,omitempty" doc:"Other recipients; all of them get the mail." maxItems:"100"`
	Cc       *[]Recipient `json:"cc,omitempty" nullable:"true" maxItems:"100"`
	Bcc      *[]Recipient `json:"bcc,omitempty" nullable:"true" maxItems:"100"`
	Subject  *string      `json:"subject,omitempty"`
	Text     *string      `json:"text,omitempty" nullable:"true"`
	HTML     *string      `json:"html,omitempty" nullable:"true"`
	Delivery *Command     `json:"delivery,omitempty" doc:"Send it again as it is then."`
}

// Command is what a person writes into Trigger Email's record.
type Command struct {
	State string `json:"state" doc:"RETRY or PENDING: both send a message again that was sent or is in error." enum:"RETRY,PENDING"`
}

// Recipients tells whether the edit names recipients.
func (e Edit) Recipients() bool { return e.To != nil || e.Cc != nil || e.Bcc != nil }

// Says tells whether the edit changes what the message says, or to whom.
func (e Edit) Says() bool {
	return e.Recipients() || e.Subject != nil || e.Text != nil || e.HTML != nil
}

// Check tells all that is wrong with the edit as *fault.Invalid, or nil.
func (e Edit) Check() error {
	var bad fault.Invalid
	if !e.Says() && e.Delivery == nil {
		bad.Add("", "missing", "there is nothing to change. Give subject, text, html, to, cc or bcc, or delivery with the state RETRY")
	}
	if e.Delivery != nil && e.Delivery.State != "RETRY" && e.Delivery.State != "PENDING" {
		bad.Add("/delivery/state", "not_allowed", "%q cannot be written. Write RETRY or PENDING to send the message again; the other states are ours", fault.Truncate(e.Delivery.State, 60))
	}
	if e.Subject != nil {
		bad.Check("/subject", "bad_text", fault.CheckLine(*e.Subject, MaxSubject))
		if strings.TrimSpace(*e.Subject) == "" {
			bad.Add("/subject", "missing", "a mail needs a subject")
		}
	}
	for pointer, body := range map[string]*string{"/text": e.Text, "/html": e.HTML} {
		if body != nil {
			bad.Check(pointer, "bad_text", fault.CheckBody(*body, MaxBody))
		}
	}
	for _, list := range []struct {
		name string
		all  *[]Recipient
	}{{"to", e.To}, {"cc", e.Cc}, {"bcc", e.Bcc}} {
		if list.all == nil {
			continue
		}
		d := Draft{To: *list.all, OneMail: true}
		var to fault.Invalid
		if d.checkRecipients(&to); len(to.Faults) > 0 && (list.name == "to" || len(*list.all) > 0) {
			for _, f := range to.Faults {
				bad.Add("/"+list.name+strings.TrimPrefix(f.Pointer, "/to"), f.Code, "%s", f.Detail)
			}
			bad.More += to.More
		}
	}
	return bad.Err()
}

// Editable tells whether what the message says may still change: not while it is being
// sent, nor once it has gone into a digest.
func (m Message) Editable() bool {
	switch m.Status {
	case Sending, Merged, Deferred:
		return false
	}
	return m.Type == Direct
}
