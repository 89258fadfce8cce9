package api

import (
	"time"

	"notifier/fault"
	"notifier/links"
	"notifier/message"
)

// messageView is a message as callers see it.
type messageView struct {
	ID             message.ID           `json:"id"`
	Type           message.Type         `json:"type" doc:"single, digest, deadline or direct."`
	Kind           message.Kind         `json:"kind,omitempty"`
	Status         message.Status       `json:"status"`
	Reason         message.Reason       `json:"reason,omitempty" doc:"Why it has this status."`
	To             string               `json:"to" doc:"The address; several of one mail with commas."`
	Cc             []message.Address    `json:"cc,omitempty"`
	Bcc            []message.Address    `json:"bcc,omitempty"`
	ReplyTo        *message.Address     `json:"reply_to,omitempty" doc:"Where answers go; to the sender if absent."`
	ReplyToAll     []message.Address    `json:"reply_to_all,omitempty" doc:"All addresses that answers go to, if they are several."`
	Sender         *message.Address     `json:"sender,omitempty" doc:"Whom it comes from; that of the account if absent."`
	Account        string               `json:"account,omitempty" doc:"The outgoing account; that of the site if absent."`
	Priority       message.Priority     `json:"priority,omitempty" doc:"normal if absent." enum:"high,low"`
	User           string               `json:"user,omitempty"`
	Subject        string               `json:"subject"`
	Reference      string               `json:"reference,omitempty" doc:"Your id of it, or the key of the deadline."`
	EventID        message.ID           `json:"event_id,omitempty"`
	Case           *message.Case        `json:"case,omitempty"`
	Template       string               `json:"template,omitempty" doc:"The template that it was made of."`
	Tags           map[string]string    `json:"tags,omitempty"`
	Headers        []message.Header     `json:"headers,omitempty" doc:"Those that the caller added."`
	Attachments    []message.Attachment `json:"attachments,omitempty"`
	Setting        string               `json:"setting,omitempty" doc:"What the user had chosen when it was written."`
	CreatedAt      time.Time            `json:"created_at"`
	UpdatedAt      time.Time            `json:"updated_at" doc:"When it reached this status."`
	DueAt          *time.Time           `json:"due_at,omitempty" doc:"When it may leave, or its digest is made."`
	ExpiresAt      *time.Time           `json:"expires_at,omitempty"`
	LeaseExpiresAt *time.Time           `json:"lease_expires_at,omitempty"`
	Attempts       int                  `json:"attempts"`
	RetryCount     int                  `json:"retry_count"`
	MessageID      string               `json:"message_id" doc:"The Message-ID of the mail, the same on every attempt."`
	DigestID       *message.ID          `json:"digest_id" nullable:"true" doc:"The digest that it is part of."`
	Items          []message.ID         `json:"items,omitempty" doc:"The messages that a digest was made of."`
	ErrorCategory  *message.Category    `json:"error_category" nullable:"true"`
	Error          *errorView           `json:"error,omitempty"`
	ConquerStatus  string               `json:"conquer_status,omitempty" doc:"The status in Conquer's words."`
	Conquer        *message.ConquerView `json:"conquer,omitempty" doc:"Conquer's parent record; error_records are its children."`
	ChoraStatus    string               `json:"chora_status,omitempty" doc:"The status in chora's words."`
	Delivery       *message.Delivery    `json:"delivery,omitempty" doc:"Trigger Email's record."`

	// What the last retry wiped (CQ-14). What was withdrawn is not retried, so there is no
	// time of deletion to keep.
	PreviousError      string         `json:"previous_error,omitempty" doc:"The error that was retried."`
	PreviousExecutedAt *time.Time     `json:"previous_executed_at,omitempty" doc:"When it was handed over before the last retry."`
	PreviousServedAt   *time.Time     `json:"previous_served_at,omitempty" doc:"When that was answered."`
	AttemptRecords     []attemptView  `json:"attempt_records,omitempty" doc:"Every try to hand it over, oldest first."`
	Callbacks          []callbackView `json:"callbacks,omitempty" doc:"What webhooks were told of it, and are to be."`
	ErrorRecords       []recordView   `json:"error_records,omitempty" doc:"Its history of errors, oldest first: Rate Limited, Error and Manual Retry, and nothing else."`
}

// recordView is a row of the history of errors.
type recordView struct {
	Status    string           `json:"status" doc:"In Conquer's words." enum:"Rate Limited,Error,Manual Retry"`
	At        time.Time        `json:"at"`
	Category  message.Category `json:"category,omitempty"`
	Code      string           `json:"code,omitempty"`
	Message   string           `json:"message,omitempty"`
	Truncated string           `json:"truncated,omitempty"`
}

func viewRecord(r message.ErrorRecord) recordView {
	v := recordView{Status: r.Status, At: r.At}
	if f := r.Error; f != nil {
		v.Category, v.Code, v.Message, v.Truncated = f.Category, f.Code, f.Text, fault.Truncate(f.Text, message.MaxErrorTruncated)
	}
	return v
}

// wiped adds what a retry wiped.
func (v *messageView) wiped(r message.Retried) {
	v.PreviousExecutedAt, v.PreviousServedAt = orNil(r.ExecutedAt), orNil(r.ServedAt)
	if r.Error != nil {
		v.PreviousError = r.Error.Text
	}
}

type errorView struct {
	Category  message.Category `json:"category"`
	Says      string           `json:"says" doc:"What happened, for the person who waits." example:"The mailbox is full."`
	Remedy    string           `json:"remedy" doc:"What can be done about it." example:"Ask the person to make room."`
	Code      string           `json:"code,omitempty"`
	Message   string           `json:"message" doc:"At most 5,000 characters."`
	Truncated string           `json:"truncated" doc:"At most 255 characters."`
}

func view(m message.Message) messageView {
	m = links.Hide(m)
	v := messageView{
		ID: m.ID, Type: m.Type, Kind: m.Kind, Status: m.Status, Reason: m.Reason, To: m.Recipients(), Cc: m.Cc, Bcc: m.Bcc,
		User: m.UserID, Subject: m.Subject, Reference: m.Reference, EventID: m.EventID, Setting: m.Setting,
		CreatedAt: m.CreatedAt, UpdatedAt: m.UpdatedAt, DueAt: orNil(m.DueAt), ExpiresAt: orNil(m.ExpiresAt), LeaseExpiresAt: orNil(m.LeaseExpiresAt),
		Attempts: m.Attempts, RetryCount: m.RetryCount, MessageID: m.MessageID(),
		ConquerStatus: m.ConquerStatus(), ChoraStatus: m.ChoraStatus(),
	}
	v.Account, v.Priority, v.Template, v.Tags, v.Headers, v.Attachments = m.Account, m.Priority, m.Template, m.Tags, m.Headers, m.Attachments
	if m.Sender != (message.Address{}) {
		v.Sender = &m.Sender
	}
	if m.Case != (message.Case{}) {
		v.Case = &m.Case
	}
	if len(m.ReplyTo) > 0 {
		v.ReplyTo = &m.ReplyTo[0]
	}
	if len(m.ReplyTo) > 1 {
		v.ReplyToAll = m.ReplyTo
	}
	if m.Digest != "" {
		v.DigestID = &m.Digest
	}
	if f := m.Error; f != nil {
		says, remedy := f.Words("en", m.Outlook())
		v.ErrorCategory = &f.Category
		v.Error = &errorView{Category: f.Category, Says: says, Remedy: remedy, Code: f.Code, Message: f.Text, Truncated: fault.Truncate(f.Text, message.MaxErrorTruncated)}
	}
	return v
}

type attemptView struct {
	Number    int              `json:"attempt" doc:"Which claim of the message it was, from 1."`
	LedTo     message.Status   `json:"led_to,omitempty" doc:"What it made of the message."`
	StartedAt time.Time        `json:"started_at"`
	EndedAt   time.Time        `json:"ended_at"`
	Replica   string           `json:"replica,omitempty"`
	Account   string           `json:"account,omitempty"`
	Server    string           `json:"server,omitempty"`
	Uncertain bool             `json:"uncertain" doc:"It may have gone out although no reply came."`
	Accepted  []string         `json:"accepted,omitempty"`
	Rejected  []string         `json:"rejected,omitempty"`
	Pending   []string         `json:"pending,omitempty"`
	Code      int              `json:"code,omitempty"`
	Response  string           `json:"response,omitempty"`
	Category  message.Category `json:"error_category,omitempty"`
	Failure   string           `json:"failure,omitempty" doc:"Why an address did not get it."`
}

func viewAttempt(a message.Attempt) attemptView {
	v := attemptView{
		Number: a.Claim, LedTo: a.LedTo,
		StartedAt: a.StartedAt, EndedAt: a.EndedAt, Replica: a.Replica, Account: a.Account, Server: a.Server, Uncertain: a.Uncertain,
		Accepted: a.Accepted, Rejected: a.Rejected, Pending: a.Pending, Code: a.Code, Response: a.Response,
	}
	if a.Failure != nil {
		v.Category, v.Failure = a.Failure.Category, a.Failure.Text
	}
	return v
}

func orNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
