package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"notifier/fault"
	"notifier/message"
	"notifier/request"
	"notifier/webhook"
)

// WebhookRecords reads webhooks and what they were called with.
type WebhookRecords interface {
	Webhooks(ctx context.Context, site string) ([]webhook.Endpoint, error)
	Webhook(ctx context.Context, site string, id message.ID) (webhook.Endpoint, error)
	CallbacksOf(ctx context.Context, site string, endpoint, before message.ID, n int) ([]webhook.Callback, error)
	Replay(ctx context.Context, site string, endpoint, callback message.ID, at time.Time) error
}

// Webhooks are who is told of what becomes of messages.
type Webhooks interface {
	Create(ctx context.Context, c request.Call, e webhook.Endpoint, secret string) (webhook.Endpoint, string, error)
	Change(ctx context.Context, c request.Call, id message.ID, edit func(*webhook.Endpoint)) (webhook.Endpoint, error)
	Remove(ctx context.Context, c request.Call, id message.ID) error
	Rotate(ctx context.Context, c request.Call, id message.ID, secret string) (webhook.Endpoint, string, error)
	Test(ctx context.Context, c request.Call, id message.ID) (webhook.Answer, error)
}

type webhookIn struct {
	ID string `path:"id" doc:"The webhook's id." example:"whk_06f3n5mmmt1fq2r6s0hj0v7k9c"`
}

type newWebhook struct {
	URL    string         `json:"url" doc:"Where it is told. Internal addresses are refused unless config.yaml allows them." example:"https://bpm.example.org/hooks/mail"`
	Events []string       `json:"events,omitempty" doc:"Which events are told; all if absent." example:"[\"message.sent\",\"message.error\"]"`
	Naming webhook.Naming `json:"naming,omitempty" doc:"standard or conquer; standard if absent." enum:"standard,conquer"`
	Note   string         `json:"note,omitempty" doc:"What it is for." maxLength:"200"`
	Secret string         `json:"secret,omitempty" doc:"A secret of your own, whsec_ and 24 to 64 bytes in base64; one is made if absent."`
}

type createWebhookIn struct{ Body body[newWebhook] }

type webhookChange struct {
	URL     *string         `json:"url,omitempty"`
	Events  *[]string       `json:"events,omitempty"`
	Naming  *webhook.Naming `json:"naming,omitempty" enum:"standard,conquer"`
	Note    *string         `json:"note,omitempty" nullable:"true"`
	Enabled *bool           `json:"enabled,omitempty" doc:"false keeps what it is to be told; true tells it."`
}

type changeWebhookIn struct {
	ID   string `path:"id" doc:"The webhook's id." example:"whk_06f3n5mmmt1fq2r6s0hj0v7k9c"`
	Body patch[webhookChange]
}

type rotation struct {
	Secret string `json:"secret,omitempty" doc:"A secret of your own; one is made if absent."`
}

type rotateIn struct {
	ID   string `path:"id" doc:"The webhook's id." example:"whk_06f3n5mmmt1fq2r6s0hj0v7k9c"`
	Body *body[rotation]
}

type callbacksIn struct {
	ID     string `path:"id" doc:"The webhook's id." example:"whk_06f3n5mmmt1fq2r6s0hj0v7k9c"`
	Limit  int    `query:"limit" doc:"How many at most." minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" doc:"next_cursor of the page before."`
}

type replayIn struct {
	ID       string `path:"id" doc:"The webhook's id." example:"whk_06f3n5mmmt1fq2r6s0hj0v7k9c"`
	Callback string `path:"callback" doc:"The callback's id." example:"cbk_06f3n5mmmt1fq2r6s0hj0v7k9c"`
}

type webhookView struct {
	webhook.Endpoint
	Secret string `json:"secret,omitempty" doc:"Shown this once."`
}

type webhookOut struct{ Body webhookView }

type webhooksOut struct{ Body list[webhook.Endpoint] }

type webhookTrialOut struct{ Body webhook.Answer }

type callbacksOut struct{ Body page[callbackView] }

// callbackView is one thing that a webhook is told.
type callbackView struct {
	ID       message.ID     `json:"id"`
	Webhook  message.ID     `json:"webhook"`
	Message  message.ID     `json:"message"`
	Sequence int            `json:"sequence" doc:"Of those about the message, from 1; they are told in this order."`
	Status   message.Status `json:"status" doc:"Of the message, which is told."`
	Reason   message.Reason `json:"reason,omitempty" doc:"Why it came to it."`
	At       time.Time      `json:"at" doc:"When the message came to it."`
	Calls    int            `json:"calls"`
	DueAt    *time.Time     `json:"due_at,omitempty" doc:"When it is called next; absent when it is over."`
	EndedAt  *time.Time     `json:"ended_at,omitempty" doc:"When it was taken, or given up."`
	Code     int            `json:"code,omitempty" doc:"Of the last answer."`
	Answer   string         `json:"answer,omitempty" doc:"The beginning of the last answer, or why there was none."`
}

func viewCallback(c webhook.Callback) callbackView {
	return callbackView{
		ID: c.ID, Webhook: c.Endpoint, Message: c.Message, Sequence: c.Sequence, Status: c.Status, Reason: c.Reason, At: c.At,
		Calls: c.Tries, DueAt: orNil(c.DueAt), EndedAt: orNil(c.EndedAt), Code: c.Code, Answer: c.Answer,
	}
}

func (h *handler) webhookRoutes(api huma.API) {
	tags, gone := []string{"webhooks"}, []int{http.StatusNotFound}
	register(h, api, huma.Operation{
		OperationID: "create-webhook", Method: http.MethodPost, Path: "/webhooks", Tags: tags, DefaultStatus: http.StatusCreated,
		Summary:     "Have an address told of what becomes of messages",
		Description: "Calls are signed as Standard Webhooks says. They are made in order for each message, again for three days if they fail, and never to internal addresses.",
	}, func(ctx context.Context, in *createWebhookIn) (*webhookOut, error) {
		n, err := in.Body.read()
		if err != nil {
			return nil, err
		}
		e, secret, err := h.o.Webhooks.Create(ctx, call(ctx, ""), webhook.Endpoint{URL: n.URL, Events: n.Events, Naming: n.Naming, Note: n.Note}, n.Secret)
		return &webhookOut{Body: webhookView{shown(e), secret}}, err
	})
	register(h, api, huma.Operation{
		OperationID: "list-webhooks", Method: http.MethodGet, Path: "/webhooks", Tags: tags, Summary: "The webhooks and how they fare",
	}, func(ctx context.Context, _ *struct{}) (*webhooksOut, error) {
		all, err := h.Hooks.Webhooks(ctx, callerOf(ctx).Site)
		return &webhooksOut{Body: listOf(all, shown)}, err
	})
	register(h, api, huma.Operation{
		OperationID: "get-webhook", Method: http.MethodGet, Path: "/webhooks/{id}", Tags: tags, Errors: gone, Summary: "One webhook",
	}, func(ctx context.Context, in *webhookIn) (*webhookOut, error) {
		e, err := h.webhook(ctx, in.ID)
		return &webhookOut{Body: webhookView{Endpoint: shown(e)}}, err
	})
	register(h, api, huma.Operation{
		OperationID: "change-webhook", Method: http.MethodPatch, Path: "/webhooks/{id}", Tags: tags, Errors: gone, Summary: "Change a webhook",
	}, h.changeWebhook)
	register(h, api, huma.Operation{
		OperationID: "remove-webhook", Method: http.MethodDelete, Path: "/webhooks/{id}", Tags: tags, Errors: gone, DefaultStatus: http.StatusNoContent,
		Summary: "Remove a webhook", Description: "What it was still to be told is forgotten.",
	}, func(ctx context.Context, in *webhookIn) (*struct{}, error) {
		return nil, h.o.Webhooks.Remove(ctx, call(ctx, ""), message.ID(in.ID))
	})
	register(h, api, huma.Operation{
		OperationID: "rotate-secret", Method: http.MethodPost, Path: "/webhooks/{id}/rotate", Tags: tags, Errors: gone,
		Summary: "Give a webhook a new secret", Description: "The one before signs, too, for 24 hours.",
	}, func(ctx context.Context, in *rotateIn) (*webhookOut, error) {
		r, err := in.Body.read()
		if err != nil {
			return nil, err
		}
		e, secret, err := h.o.Webhooks.Rotate(ctx, call(ctx, ""), message.ID(in.ID), r.Secret)
		return &webhookOut{Body: webhookView{shown(e), secret}}, err
	})
	register(h, api, huma.Operation{
		OperationID: "test-webhook", Method: http.MethodPost, Path: "/webhooks/{id}/test", Tags: tags, Errors: gone,
		Summary: "Call a webhook now", Description: "With an event that stands for nothing: webhook.test, or email_Test.",
	}, func(ctx context.Context, in *webhookIn) (*webhookTrialOut, error) {
		trial, err := h.o.Webhooks.Test(ctx, call(ctx, ""), message.ID(in.ID))
		return &webhookTrialOut{Body: trial}, err
	})
	h.callbackRoutes(api)
}

func (h *handler) callbackRoutes(api huma.API) {
	tags, gone := []string{"webhooks"}, []int{http.StatusNotFound}
	register(h, api, huma.Operation{
		OperationID: "list-callbacks", Method: http.MethodGet, Path: "/webhooks/{id}/callbacks", Tags: tags, Errors: gone,
		Summary: "What a webhook was told, and is to be, newest first",
	}, func(ctx context.Context, in *callbacksIn) (*callbacksOut, error) {
		if in.Cursor != "" && message.ID(in.Cursor).Bytes() == [16]byte{} {
			return nil, badCursor()
		}
		if _, err := h.webhook(ctx, in.ID); err != nil {
			return nil, err
		}
		found, err := h.Hooks.CallbacksOf(ctx, callerOf(ctx).Site, message.ID(in.ID), message.ID(in.Cursor), in.Limit+1)
		return &callbacksOut{Body: pageOf(found, in.Limit, viewCallback, func(c webhook.Callback) string { return string(c.ID) })}, err
	})
	register(h, api, huma.Operation{
		OperationID: "replay-callback", Method: http.MethodPost, Path: "/webhooks/{id}/callbacks/{callback}/replay", Tags: tags, Errors: gone, DefaultStatus: http.StatusAccepted,
		Summary: "Tell a webhook once more", Description: "Its id is the same as before.",
	}, func(ctx context.Context, in *replayIn) (*struct{}, error) {
		err := h.Hooks.Replay(ctx, callerOf(ctx).Site, message.ID(in.ID), message.ID(in.Callback), call(ctx, "").At)
		if errors.Is(err, message.ErrNotFound) {
			err = fmt.Errorf("there is no callback %q of this webhook: %w", fault.Truncate(in.Callback, 60), err)
		}
		return nil, err
	})
}

func (h *handler) webhook(ctx context.Context, id string) (webhook.Endpoint, error) {
	e, err := h.Hooks.Webhook(ctx, callerOf(ctx).Site, message.ID(id))
	if errors.Is(err, message.ErrNotFound) {
		err = fmt.Errorf("there is no webhook %q. /api/v1/webhooks lists what there is: %w", fault.Truncate(id, 60), err)
	}
	return e, err
}

func shown(e webhook.Endpoint) webhook.Endpoint {
	e.Events = append([]string{}, e.Events...)
	return e
}

func (h *handler) changeWebhook(ctx context.Context, in *changeWebhookIn) (*webhookOut, error) {
	c, err := in.Body.read()
	if err != nil {
		return nil, err
	}
	call := call(ctx, "")
	e, err := h.o.Webhooks.Change(ctx, call, message.ID(in.ID), func(e *webhook.Endpoint) {
		set(&e.URL, c.URL)
		set(&e.Events, c.Events)
		set(&e.Naming, c.Naming)
		set(&e.Note, c.Note)
		switch {
		case c.Enabled == nil:
		case *c.Enabled:
			e.DisabledAt, e.DisabledFor, e.FailingSince = nil, "", nil
		case e.DisabledAt == nil:
			e.DisabledAt, e.DisabledFor = &call.At, webhook.OffAsked
		}
	})
	return &webhookOut{Body: webhookView{Endpoint: shown(e)}}, err
}

func set[T any](into, from *T) {
	if from != nil {
		*into = *from
	}
}
