// Package message says what a message is and how it lives.
//
// It knows no database, no network and no clock: whoever calls says what time it is.
package message

import (
	"strings"
	"time"
)

// Kind is what an event is about. An admin may add kinds in config.yaml.
type Kind string

// The kinds that every installation has (AMODIT-13).
const (
	CaseReceived Kind = "case_received"
	CaseChanged  Kind = "case_changed"
	Deadline     Kind = "deadline"
)

// Type is what led to a message.
type Type string

// The types of message, in the words of the journal.
const (
	Single   Type = "single"   // one event
	Digest   Type = "digest"   // several deferred events in one mail
	Reminder Type = "deadline" // a step of a deadline
	Direct   Type = "direct"   // SendMessage
)

// Case is the thing in the workflow system that a message is about.
type Case struct {
	ID    string `json:"id" doc:"The case's id in the workflow system." maxLength:"200" example:"OFA/2026/1181"`
	Title string `json:"title,omitempty" doc:"What people call the case. Mails show up to 200 characters, 2,000 are kept." example:"Lease – Łódź"`
	URL   string `json:"url,omitempty" doc:"Where the case is opened; http or https." maxLength:"2000"`
	// Stage and Owner say where the case stands. A deadline that names one ends when
	// a later event or deadline of the same case names another (AMODIT-21).
	Stage string `json:"stage,omitempty" doc:"The stage that the case is in. A deadline that names a stage ends when the case moves to another."`
	Owner string `json:"owner,omitempty" doc:"Who handles the case. A deadline that names an owner ends when the case gets another."`
}

// Name is what a person calls the case: id and title, or what there is of them.
func (c Case) Name() string {
	switch {
	case c.Title == "" || strings.Contains(c.Title, c.ID):
		if c.Title == "" {
			return c.ID
		}
		return c.Title
	case c.ID == "":
		return c.Title
	}
	return c.ID + " " + c.Title
}

// Event is something that happened in the workflow: the "notify" of the journal.
// Each user's preferences decide what becomes of it.
type Event struct {
	Reference string   `json:"id,omitempty" doc:"Your own id of the event; it is shown, searched and printed, and need not be unique." maxLength:"200"`
	Kind      Kind     `json:"kind" doc:"What the event is about: case_received, case_changed, deadline, or a kind of config.yaml." example:"case_changed"`
	Users     []string `json:"users" doc:"Ids of the users whom it concerns." minItems:"1" maxItems:"10000"`
	Actor     string   `json:"actor,omitempty" doc:"Id of the user who did it; that user is never told of it." maxLength:"200"`
	Process   string   `json:"process,omitempty" doc:"The workflow that the case goes through; an admin may have switched the kind off for it." maxLength:"200"`
	Case      Case     `json:"case,omitzero" doc:"The case that it happened to."`
	Summary   Text     `json:"summary,omitzero" doc:"What happened, in a few words: a text, or one text per language."`
	// OccurredAt is when it happened, if that is not now; an event may be told late but not ahead.
	OccurredAt *time.Time `json:"occurred_at,omitempty" doc:"When it happened; now if absent. It may not lie in the future." nullable:"true"`
	// Muted is set by whoever takes the event, if its kind is switched off in its process.
	Muted bool `json:"-"`
}

// Draft is what a caller asks SendMessage for, before it becomes one message per recipient.
type Draft struct {
	Reference string      `json:"id,omitempty" doc:"Your own id of the message; it is shown, searched and printed, and need not be unique." maxLength:"200"`
	To        []Recipient `json:"to,omitempty" doc:"User ids, addresses, or objects with email and name. One mail each. May be absent where cc or bcc name somebody." maxItems:"10000"`
	Cc        []Recipient `json:"cc,omitempty" doc:"As to, visible to all. Makes it one mail for all." maxItems:"100"`
	Bcc       []Recipient `json:"bcc,omitempty" doc:"As to, hidden. Makes it one mail for all." maxItems:"100"`
	OneMail   bool        `json:"one_mail,omitempty" doc:"One mail for everybody in to, instead of one each."`
	ReplyTo   Recipients  `json:"reply_to,omitempty" doc:"Where answers go: a user id, an address, or an object with email and name, or a list of these."`
	Sender    *Recipient  `json:"sender,omitempty" doc:"Whom it comes from: a user id, an address, or an object with email and name. An account must be allowed to send so; that of the account if absent."`
	Account   string      `json:"account,omitempty" doc:"The outgoing account; that of the site, or of the sender, if absent." maxLength:"60"`
	Template  *Filling    `json:"template,omitempty" doc:"A template that makes the subject, the text, the HTML or the attachments; what it does not make is taken from here."`
	Subject   string      `json:"subject,omitempty" doc:"One line, 250 characters at most; needed, unless the template makes it." example:"Contract ready"`
	Text      string      `json:"text,omitempty" doc:"The plain text. text or html is needed, unless the template makes it."`
	HTML      string      `json:"html,omitempty" doc:"The HTML. Without text, a text is made from it."`
	Case      *Case       `json:"case,omitempty" doc:"The case that it is about: for search, and for the two below."`
	// The next two are true if absent (AMODIT-29).
	AddCaseID   *bool             `json:"add_case_id_to_subject,omitempty" doc:"Begin the subject with the case's id, unless it is in it; true if absent."`
	AddURL      *bool             `json:"add_url,omitempty" doc:"End with a link to the case, unless there is one; true if absent."`
	Language    string            `json:"language,omitempty" doc:"The language of what we add, as in pl; that of the user if absent." maxLength:"35"`
	Priority    Priority          `json:"priority,omitempty" doc:"high leaves before normal, low after it." enum:"high,normal,low"`
	Headers     map[string]Values `json:"headers,omitempty" doc:"More fields for the mail's head: those that begin with X-, List-Unsubscribe, References and a few more. Each is a text or a number, or a list of these, which makes several fields of that name."`
	Tags        map[string]string `json:"tags,omitempty" doc:"Your own words about it; they are shown and told to webhooks."`
	Attachments []File            `json:"attachments,omitempty" doc:"Files, 10 MB together at most." maxItems:"20"`
	SendAt      *time.Time        `json:"send_at,omitempty" doc:"Not before this time." nullable:"true"`
	ExpiresAt   *time.Time        `json:"expires_at,omitempty" doc:"Not after this time: unsent by then, it is expired." nullable:"true"`
	Manual      bool              `json:"manual,omitempty" doc:"Wait until a person releases it."`
}

// Message is a row of the queue: one mail and what has become of it.
//
// The first block never changes once it is accepted; the second is its life.
type Message struct {
	ID        ID
	Site      string
	Type      Type
	Kind      Kind   // empty for a direct message
	EventID   ID     // the event of a single message
	Reference string // the caller's id, or the key of a deadline
	UserID    string // empty for an outside person
	Envelope
	// Timezone and Language are the person's when the message was written.
	Timezone, Language string
	Case               Case
	Actor              string
	Summary            string
	OccurredAt         time.Time
	Subject            string
	// Text and HTML are empty on a single message until it is written out:
	// what is kept is what happened, not how it looks.
	Text, HTML string
	// Domain is the right side of the Message-ID, kept so that a change of the
	// sender's address does not change the id between two attempts.
	Domain string
	// Setting is what the person had chosen when the message was written, as in
	// "daily 08:00"; empty where nothing is chosen.
	Setting string
	// Manual marks a mail that a person releases; it is written again rather than retried (CQ-6).
	Manual bool
	// Account is the outgoing account that was asked for; empty: the site's.
	Account   string
	Priority  Priority
	ExpiresAt time.Time // zero: never
	CreatedAt time.Time
	Extra

	Status Status
	Reason Reason // why it has this status, where the status alone does not say
	DueAt  time.Time
	Window ID // the digest window that a deferred message waits in
	Digest ID // the digest that a merged message is part of

	// QueuedAt is when it first became pending. It is the mail's Date on every attempt.
	QueuedAt       time.Time
	UpdatedAt      time.Time // of Status
	ClaimedAt      time.Time // by the last claim
	LeaseExpiresAt time.Time
	// Claim counts how often the message was taken from the queue. Whoever writes an
	// outcome names the claim that it belongs to, so that a late one changes nothing.
	Claim      int
	Attempts   int       // claims that reached the relay, or may have
	Tries      int       // the same since the last retry
	RetryCount int       // retries that a person asked for
	RetriedAt  time.Time // the last of them
	// LiftedAt is until when suppressions count for nothing: a person asked for this message
	// alone, and has seen them. Zero: each of them counts.
	LiftedAt time.Time
	// Rejected and Remaining are the addresses that did not get the mail: for good, and so far.
	Rejected, Remaining []string
	// Reached tells whether any address was accepted in any attempt.
	Reached bool
	Error   *Failure // of the last attempt, if it failed
}

// Person is whom a mail is for: what a message keeps of a user.
type Person struct{ ID, Email, Name, Timezone, Language string }

// Address makes the message one for that person. Without an address it has no recipient.
func (p Person) Address(m Message) Message {
	m.UserID, m.Timezone, m.Language, m.To = p.ID, p.Timezone, p.Language, nil
	if p.Email != "" {
		m.To = []Address{{Email: p.Email, Name: p.Name}}
	}
	return m
}

// Envelope says to whom a mail goes, and where answers to it go.
type Envelope struct {
	To      []Address
	Cc      []Address
	Bcc     []Address
	ReplyTo Mailboxes `json:",omitzero"` // none: to the sender
}

// Everyone lists each address once, in the order to, cc, bcc.
func (e Envelope) Everyone() []string {
	if len(e.To) == 1 && len(e.Cc)+len(e.Bcc) == 0 {
		return []string{e.To[0].Email}
	}
	var all []string
	seen := map[string]bool{}
	for _, list := range [][]Address{e.To, e.Cc, e.Bcc} {
		for _, a := range list {
			key := Identity(a.Email)
			if !seen[key] {
				seen[key] = true
				all = append(all, a.Email)
			}
		}
	}
	return all
}

// Outstanding lists the addresses that the next attempt is for. An address that was
// accepted is never sent to again (TE-5).
func (m Message) Outstanding() []string {
	if m.Remaining != nil {
		return m.Remaining
	}
	return m.Everyone()
}

// MessageID is the Message-ID header. It is the same on every attempt.
func (m Message) MessageID() string {
	_, bare, _ := strings.Cut(string(m.ID), "_")
	return "<" + bare + "@" + m.Domain + ">"
}

// Recipients is how a message's addresses are written in one line.
func (e Envelope) Recipients() string {
	line := ""
	for i, a := range e.To {
		if i > 0 {
			line += ", "
		}
		line += a.Email
	}
	return line
}
