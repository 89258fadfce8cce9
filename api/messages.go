package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"notifier/message"
)

// sendIn is a SendMessage.
type sendIn struct {
	Key  string `header:"Idempotency-Key" doc:"Makes the request safe to repeat for seven days." maxLength:"255"`
	Body body[message.Draft]
}

type takenOut struct {
	Replayed string `header:"Idempotent-Replayed" doc:"true if the same request was answered before."`
	Body     message.Taken
}

type messageIn struct {
	ID string `path:"id" doc:"The message's id." example:"msg_06f3n5mmmt1fq2r6s0hj0v7k9c"`
}

type messageOut struct{ Body messageView }

func (h *handler) messageRoutes(api huma.API) {
	register(h, api, huma.Operation{
		OperationID: "send-message", Method: http.MethodPost, Path: "/messages", DefaultStatus: http.StatusAccepted, Tags: []string{"messages"},
		Summary:     "Send a message",
		Description: "A direct message to users and outside people. Preferences are never asked; it leaves with the next run of Notifications. One mail per recipient, unless cc, bcc or one_mail ask for one mail for all.",
	}, h.send)
	register(h, api, huma.Operation{
		OperationID: "list-messages", Method: http.MethodGet, Path: "/messages", Tags: []string{"messages"},
		Summary: "List messages, newest first",
	}, h.list)
	register(h, api, huma.Operation{
		OperationID: "get-message", Method: http.MethodGet, Path: "/messages/{id}", Tags: []string{"messages"},
		Summary: "One message and what became of it",
	}, h.get)
	register(h, api, huma.Operation{
		OperationID: "get-message-content", Method: http.MethodGet, Path: "/messages/{id}/content", Tags: []string{"messages"},
		Summary: "What a message says",
	}, h.content)
	register(h, api, huma.Operation{
		OperationID: "list-attempts", Method: http.MethodGet, Path: "/messages/{id}/attempts", Tags: []string{"messages"},
		Summary: "Every try to hand a message over, oldest first",
	}, h.attempts)
	register(h, api, huma.Operation{
		OperationID: "retry-message", Method: http.MethodPost, Path: "/messages/{id}/retry", Tags: []string{"messages"},
		Summary: "Try a message in error again", Description: "With resend also one that was sent. A manual message is written again instead.",
	}, h.retry)
	register(h, api, huma.Operation{
		OperationID: "cancel-message", Method: http.MethodPost, Path: "/messages/{id}/cancel", Tags: []string{"messages"},
		Summary: "Withdraw a message that has not left",
	}, h.cancel)
	register(h, api, huma.Operation{
		OperationID: "release-message", Method: http.MethodPost, Path: "/messages/{id}/release", Tags: []string{"messages"},
		Summary: "Let a manual message go",
	}, h.release)
}

func (h *handler) send(ctx context.Context, in *sendIn) (*takenOut, error) {
	if err := in.Body.err; err != nil {
		return nil, err
	}
	taken, replayed, err := h.desk.SendMessage(ctx, h.call(in.Key), in.Body.value)
	return &takenOut{Replayed: yes(replayed), Body: taken}, err
}

func yes(b bool) string {
	if b {
		return "true"
	}
	return ""
}

type listIn struct {
	Status    string `query:"status" doc:"Only with this status." enum:"scheduled,deferred,pending_manual,pending,sending,rate_limited,sent,delivered,error,merged,skipped,cancelled,expired"`
	User      string `query:"user" doc:"Only of this user."`
	Case      string `query:"case" doc:"Only of the case with this id."`
	Reference string `query:"reference" doc:"Only with this id of yours, or of the deadline with this key."`
	Limit     int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor    string `query:"cursor" doc:"next_cursor of the page before."`
}

type listOut struct {
	Body struct {
		Data       []messageView `json:"data"`
		NextCursor message.ID    `json:"next_cursor,omitempty"`
		HasMore    bool          `json:"has_more"`
	}
}

func (h *handler) list(ctx context.Context, in *listIn) (*listOut, error) {
	found, err := h.records.Messages(ctx, h.o.Site, message.Filter{
		Status: message.Status(in.Status), User: in.User, Case: in.Case, Reference: in.Reference,
		Before: message.ID(in.Cursor), Limit: in.Limit + 1,
	})
	if err != nil {
		return nil, err
	}
	out := &listOut{}
	out.Body.Data = []messageView{}
	if len(found) > in.Limit {
		found = found[:in.Limit]
		out.Body.HasMore, out.Body.NextCursor = true, found[in.Limit-1].ID
	}
	for _, m := range found {
		out.Body.Data = append(out.Body.Data, view(m))
	}
	return out, nil
}

func (h *handler) find(ctx context.Context, id string) (message.Message, error) {
	return h.records.Message(ctx, h.o.Site, message.ID(id))
}

func (h *handler) get(ctx context.Context, in *messageIn) (*messageOut, error) {
	m, err := h.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return h.whole(ctx, m)
}

// whole is the view of one message with its delivery record and, of a digest, its items.
func (h *handler) whole(ctx context.Context, m message.Message) (*messageOut, error) {
	v := view(m)
	carried := m
	var err error
	if m.Status == message.Merged { // it fares as its digest does
		if carried, err = h.records.Message(ctx, m.Site, m.Digest); err != nil {
			return nil, err
		}
		v.MessageID, v.ConquerStatus, v.ChoraStatus = carried.MessageID(), carried.ConquerStatus(), carried.ChoraStatus()
	}
	attempts, err := h.records.Attempts(ctx, carried)
	if err != nil {
		return nil, err
	}
	delivery := carried.Delivery(attempts)
	v.Delivery = &delivery
	if m.Type == message.Digest {
		items, err := h.records.Items(ctx, m.Site, m.ID)
		if err != nil {
			return nil, err
		}
		for _, item := range items {
			v.Items = append(v.Items, item.ID)
		}
	}
	return &messageOut{Body: v}, nil
}

type contentOut struct {
	Body struct {
		Subject string `json:"subject"`
		Text    string `json:"text"`
		HTML    string `json:"html"`
	}
}

func (h *handler) content(ctx context.Context, in *messageIn) (*contentOut, error) {
	m, err := h.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	m = h.o.Write(m)
	out := &contentOut{}
	out.Body.Subject, out.Body.Text, out.Body.HTML = m.Subject, m.Text, m.HTML
	return out, nil
}

type attemptView struct {
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
}

type attemptsOut struct {
	Body struct {
		Data []attemptView `json:"data"`
	}
}

func (h *handler) attempts(ctx context.Context, in *messageIn) (*attemptsOut, error) {
	m, err := h.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	attempts, err := h.records.Attempts(ctx, m)
	if err != nil {
		return nil, err
	}
	out := &attemptsOut{}
	out.Body.Data = []attemptView{}
	for _, a := range attempts {
		v := attemptView{
			StartedAt: a.StartedAt, EndedAt: a.EndedAt, Replica: a.Replica, Account: a.Account, Server: a.Server, Uncertain: a.Uncertain,
			Accepted: a.Accepted, Rejected: a.Rejected, Pending: a.Pending, Code: a.Code, Response: a.Response,
		}
		if a.Failure != nil {
			v.Category = a.Failure.Category
		}
		out.Body.Data = append(out.Body.Data, v)
	}
	return out, nil
}

type retryOptions struct {
	Resend bool `json:"resend,omitempty" doc:"Also if it was sent."`
}

type retryIn struct {
	messageIn
	Body *body[retryOptions]
}

func (h *handler) retry(ctx context.Context, in *retryIn) (*messageOut, error) {
	resend := false
	if in.Body != nil {
		if in.Body.err != nil {
			return nil, in.Body.err
		}
		resend = in.Body.value.Resend
	}
	m, err := h.desk.Retry(ctx, h.call(""), message.ID(in.ID), resend)
	if err != nil {
		return nil, err
	}
	return h.whole(ctx, m)
}

func (h *handler) cancel(ctx context.Context, in *messageIn) (*messageOut, error) {
	m, err := h.desk.Cancel(ctx, h.call(""), message.ID(in.ID))
	if err != nil {
		return nil, err
	}
	return h.whole(ctx, m)
}

func (h *handler) release(ctx context.Context, in *messageIn) (*messageOut, error) {
	m, err := h.desk.Release(ctx, h.call(""), message.ID(in.ID))
	if err != nil {
		return nil, err
	}
	return h.whole(ctx, m)
}

// messageView is a message as callers see it.
type messageView struct {
	ID             message.ID        `json:"id"`
	Type           message.Type      `json:"type" doc:"single, digest, deadline or direct."`
	Kind           message.Kind      `json:"kind,omitempty"`
	Status         message.Status    `json:"status"`
	Reason         message.Reason    `json:"reason,omitempty" doc:"Why it has this status."`
	To             string            `json:"to" doc:"The address; several of one mail with commas."`
	Cc             []message.Address `json:"cc,omitempty"`
	Bcc            []message.Address `json:"bcc,omitempty"`
	User           string            `json:"user,omitempty"`
	Subject        string            `json:"subject"`
	Reference      string            `json:"reference,omitempty" doc:"Your id of it, or the key of the deadline."`
	EventID        message.ID        `json:"event_id,omitempty"`
	Case           *message.Case     `json:"case,omitempty"`
	Setting        string            `json:"setting,omitempty" doc:"What the user had chosen when it was written."`
	CreatedAt      time.Time         `json:"created_at"`
	UpdatedAt      time.Time         `json:"updated_at" doc:"When it reached this status."`
	DueAt          *time.Time        `json:"due_at,omitempty" doc:"When it may leave, or its digest is made."`
	ExpiresAt      *time.Time        `json:"expires_at,omitempty"`
	LeaseExpiresAt *time.Time        `json:"lease_expires_at,omitempty"`
	Attempts       int               `json:"attempts"`
	RetryCount     int               `json:"retry_count"`
	MessageID      string            `json:"message_id" doc:"The Message-ID of the mail, the same on every attempt."`
	DigestID       message.ID        `json:"digest_id,omitempty" doc:"The digest that it is part of."`
	Items          []message.ID      `json:"items,omitempty" doc:"The messages that a digest was made of."`
	ErrorCategory  message.Category  `json:"error_category,omitempty"`
	Error          *errorView        `json:"error,omitempty"`
	ConquerStatus  string            `json:"conquer_status,omitempty" doc:"The status in Conquer's words."`
	ChoraStatus    string            `json:"chora_status,omitempty" doc:"The status in chora's words."`
	Delivery       *message.Delivery `json:"delivery,omitempty" doc:"Trigger Email's record."`
}

type errorView struct {
	Category  message.Category `json:"category"`
	Code      string           `json:"code,omitempty"`
	Message   string           `json:"message" doc:"At most 5,000 characters."`
	Truncated string           `json:"truncated" doc:"At most 255 characters."`
}

func view(m message.Message) messageView {
	v := messageView{
		ID: m.ID, Type: m.Type, Kind: m.Kind, Status: m.Status, Reason: m.Reason, To: m.Recipients(), Cc: m.Cc, Bcc: m.Bcc,
		User: m.UserID, Subject: m.Subject, Reference: m.Reference, EventID: m.EventID, Setting: m.Setting,
		CreatedAt: m.CreatedAt, UpdatedAt: m.UpdatedAt, DueAt: orNil(m.DueAt), ExpiresAt: orNil(m.ExpiresAt), LeaseExpiresAt: orNil(m.LeaseExpiresAt),
		Attempts: m.Attempts, RetryCount: m.RetryCount, MessageID: m.MessageID(), DigestID: m.Digest,
		ConquerStatus: m.ConquerStatus(), ChoraStatus: m.ChoraStatus(),
	}
	if m.Case != (message.Case{}) {
		v.Case = &m.Case
	}
	if f := m.Error; f != nil {
		v.ErrorCategory = f.Category
		v.Error = &errorView{Category: f.Category, Code: f.Code, Message: f.Text, Truncated: message.Truncate(f.Text, message.MaxErrorTruncated)}
	}
	return v
}

func orNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
