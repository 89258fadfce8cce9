package client

import (
	"encoding/json"
	"errors"
	"time"
)

// Case is the thing in the workflow system that a message is about.
type Case struct {
	ID    string `json:"id"`              // in the workflow system
	Title string `json:"title,omitempty"` // what people call it
	URL   string `json:"url,omitempty"`   // where it is opened; http or https
	// Stage and Owner say where the case stands. A deadline that names one ends when
	// a later event or deadline of the same case names another.
	Stage string `json:"stage,omitempty"`
	Owner string `json:"owner,omitempty"`
}

// Event is something that happened in the workflow. Each user's preferences decide what
// becomes of it.
type Event struct {
	Reference string   `json:"id,omitempty"` // your own id of it, shown and searched
	Kind      Kind     `json:"kind"`
	Users     []string `json:"users"`             // whom it concerns, by id
	Actor     string   `json:"actor,omitempty"`   // who did it, and is never notified of it
	Process   string   `json:"process,omitempty"` // the workflow that the case goes through
	Case      Case     `json:"case,omitzero"`
	Summary   Text     `json:"summary,omitzero"` // what happened, in a few words
	// OccurredAt is when it happened, if that is not now; it may not lie in the future.
	OccurredAt *time.Time `json:"occurred_at,omitempty"`
}

// Text is a short text in one language or several.
type Text struct {
	plain      string
	translated map[string]string
}

// Plain is a text without translations.
func Plain(s string) Text { return Text{plain: s} }

// Translated is a text in several languages, by their tags, as in en, pl or pt-BR.
func Translated(texts map[string]string) Text { return Text{translated: texts} }

// IsZero tells whether there is no text at all.
func (t Text) IsZero() bool { return t.plain == "" && len(t.translated) == 0 }

// UnmarshalJSON takes "a text" or {"en": "a text", "pl": "tekst"}.
func (t *Text) UnmarshalJSON(b []byte) error {
	*t = Text{}
	if json.Unmarshal(b, &t.plain) != nil && json.Unmarshal(b, &t.translated) != nil {
		return errors.New(`a summary is a text, or one text per language as in {"en": "…", "pl": "…"}`)
	}
	return nil
}

// MarshalJSON writes what UnmarshalJSON takes.
func (t Text) MarshalJSON() ([]byte, error) {
	if t.translated == nil {
		return json.Marshal(t.plain)
	}
	return json.Marshal(t.translated)
}

// Draft is what SendMessage is asked for, before it becomes one message per recipient.
type Draft struct {
	Reference string      `json:"id,omitempty"`  // your own id of it, shown and searched
	To        []Recipient `json:"to,omitempty"`  // one mail each, unless OneMail, Cc or Bcc say otherwise
	Cc        []Recipient `json:"cc,omitempty"`  // visible to all; makes it one mail for all
	Bcc       []Recipient `json:"bcc,omitempty"` // hidden; makes it one mail for all
	OneMail   bool        `json:"one_mail,omitempty"`
	ReplyTo   Recipients  `json:"reply_to,omitempty"`
	Sender    *Recipient  `json:"sender,omitempty"`  // that of the account if nil
	Account   string      `json:"account,omitempty"` // the outgoing account; that of the site, or of the sender, if empty
	Template  *Filling    `json:"template,omitempty"`
	Subject   string      `json:"subject,omitempty"` // needed, unless the template makes it
	Text      string      `json:"text,omitempty"`    // this or HTML is needed, unless the template makes it
	HTML      string      `json:"html,omitempty"`    // without a text, one is made of it
	Case      *Case       `json:"case,omitempty"`
	// AddCaseID begins the subject with the case's id, and AddURL ends the mail with a link
	// to the case, unless they are there already; both are true if nil.
	AddCaseID *bool `json:"add_case_id_to_subject,omitempty"`
	AddURL    *bool `json:"add_url,omitempty"`

	Language    string            `json:"language,omitempty"` // of what the service adds; the user's if empty
	Priority    Priority          `json:"priority,omitempty"`
	Headers     map[string]Values `json:"headers,omitempty"` // X-…, References, List-Unsubscribe and a few more
	Tags        map[string]string `json:"tags,omitempty"`    // your own words about it; webhooks repeat them
	Attachments []File            `json:"attachments,omitempty"`
	SendAt      *time.Time        `json:"send_at,omitempty"`    // not before
	ExpiresAt   *time.Time        `json:"expires_at,omitempty"` // not after
	Manual      bool              `json:"manual,omitempty"`     // a person releases it
}

// Filling names a template and what it is filled in with.
type Filling struct {
	Name string `json:"name"`
	Data Data   `json:"data,omitempty"`
}

// File is an attachment as it is handed in.
type File struct {
	Filename    string `json:"filename"`               // without a folder
	ContentType string `json:"content_type,omitempty"` // by the end of the name if empty
	Content     []byte `json:"content"`
	ContentID   string `json:"content_id,omitempty"` // makes it an image inside the HTML, which names it as cid: and this
}

// Edit changes what a message says, and may send it again. What is nil stays.
type Edit struct {
	To       *[]Recipient `json:"to,omitempty"`
	Cc       *[]Recipient `json:"cc,omitempty"`
	Bcc      *[]Recipient `json:"bcc,omitempty"`
	Subject  *string      `json:"subject,omitempty"`
	Text     *string      `json:"text,omitempty"`
	HTML     *string      `json:"html,omitempty"`
	Delivery *Command     `json:"delivery,omitempty"`
}

// Command sends a message again that was sent or is in error: its state is RETRY.
type Command struct {
	State string `json:"state"`
}

// Taken is the answer to SendMessage: one ticket per message.
type Taken struct {
	ID        ID       `json:"id,omitempty"` // of the request
	Messages  []Ticket `json:"messages"`
	Shortened []string `json:"shortened,omitempty"` // places of texts that mails do not show whole
	DryRun    bool     `json:"dry_run,omitempty"`   // nothing was stored
}

// Ticket names a message that was taken.
type Ticket struct {
	ID ID     `json:"id,omitempty"`
	To string `json:"to"`
	// User and Users say which of the texts in to, cc and bcc meant users.
	User       string    `json:"user,omitempty"`
	Users      []string  `json:"users,omitempty"`
	Status     Status    `json:"status"`
	Reason     Reason    `json:"reason,omitempty"`
	ExpectedBy time.Time `json:"expected_by,omitzero"` // when it leaves at the latest, if nothing holds it up; zero if nobody knows
	URL        string    `json:"url,omitempty"`        // where people see what becomes of it
}

// Noted is the answer to an event: what becomes of it for each user.
type Noted struct {
	ID         ID         `json:"id,omitempty"`
	Recipients []Decision `json:"recipients"`
	Shortened  []string   `json:"shortened,omitempty"` // places of texts that mails do not show whole
	DryRun     bool       `json:"dry_run,omitempty"`   // nothing was stored
}

// Decision is what an event comes to for one user, and why.
type Decision struct {
	User     string     `json:"user"`
	Status   Status     `json:"status"`
	Reason   Reason     `json:"reason"`
	DueAt    *time.Time `json:"due_at,omitempty"`    // of what is deferred
	LeavesAt *time.Time `json:"leaves_at,omitempty"` // with the first run of the jobs at or after it is due
	WaitsFor string     `json:"waits_for,omitempty"` // the job that is paused without an end
	Timezone string     `json:"timezone,omitempty"`  // that DueAt was reckoned in
	Message  ID         `json:"message,omitempty"`   // that keeps the decision
}

// SentNow is what left because somebody did not want to wait for a digest.
type SentNow struct {
	Messages int    `json:"messages"`          // how many were waiting
	Message  ID     `json:"message,omitempty"` // the digest, or the one message that was waiting
	Status   Status `json:"status,omitempty"`
}
