package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"notifier/fault"
	"notifier/message"
	"notifier/request"
	"notifier/webhook"
)

// MessageRecords is what is kept of a message.
type MessageRecords interface {
	Message(ctx context.Context, site string, id message.ID) (message.Message, error)
	Attempts(ctx context.Context, m message.Message) ([]message.Attempt, error)
	Retries(ctx context.Context, m message.Message) ([]message.Retried, error)
	Items(ctx context.Context, site string, digest message.ID) ([]message.Message, error)
	Callbacks(ctx context.Context, m message.Message) ([]webhook.Callback, error)
}

// Sender takes single messages.
type Sender interface {
	SendMessage(ctx context.Context, c request.Call, d message.Draft) (taken request.Taken, replayed bool, err error)
}

// sendIn is a SendMessage.
type sendIn struct {
	Keyed
	Trying
	Strictly
	Body body[message.Draft]
}

type takenOut struct {
	Status int
	Replayed
	Body request.Taken
}

// MessageIn names a message.
type MessageIn struct {
	ID string `path:"id" doc:"The message's id." example:"msg_06f3n5mmmt1fq2r6s0hj0v7k9c"`
}

type messageOut struct{ Body messageView }

// actIn is a request to make a move of a message.
type actIn struct {
	MessageIn
	Keyed
	Trying
}

type movedOut struct {
	Replayed
	Body messageView
}

func (h *handler) messageRoutes(api huma.API) {
	tags := []string{"messages"}
	gone, stuck := []int{http.StatusNotFound}, []int{http.StatusNotFound, http.StatusConflict}
	register(h, api, huma.Operation{
		OperationID: "send-message", Method: http.MethodPost, Path: "/messages", DefaultStatus: http.StatusAccepted, Tags: tags,
		Summary:     "Send a message",
		Description: "A direct message to users and outside people. Preferences are never asked; it leaves with the next run of Notifications. One mail per recipient, unless cc, bcc or one_mail ask for one mail for all.",
	}, h.send)
	register(h, api, huma.Operation{
		OperationID: "list-messages", Method: http.MethodGet, Path: "/messages", Tags: tags,
		Summary:     "Find messages, the newest first",
		Description: "A page looks at so many messages and no more: where no index narrows the search it may be short or even empty, and has_more tells that older ones follow.",
	}, h.list)
	register(h, api, huma.Operation{
		OperationID: "get-message", Method: http.MethodGet, Path: "/messages/{id}", Tags: tags, Errors: gone,
		Summary: "One message and what became of it",
	}, h.get)
	register(h, api, huma.Operation{
		OperationID: "get-message-content", Method: http.MethodGet, Path: "/messages/{id}/content", Tags: tags, Errors: gone,
		Summary: "What a message says", Description: "Links by which its reader changes preferences lead nowhere here.",
	}, h.content)
	register(h, api, huma.Operation{
		OperationID: "list-attempts", Method: http.MethodGet, Path: "/messages/{id}/attempts", Tags: tags, Errors: gone,
		Summary: "Every try to hand a message over, oldest first",
	}, h.attempts)
	register(h, api, huma.Operation{
		OperationID: "retry-message", Method: http.MethodPost, Path: "/messages/{id}/retry", Tags: tags, Errors: stuck,
		Summary: "Try a message in error again", Description: "With resend also one that was sent. A manual message is written again instead.",
	}, h.retry)
	register(h, api, huma.Operation{
		OperationID: "edit-message", Method: http.MethodPatch, Path: "/messages/{id}", Tags: tags, Errors: stuck,
		Summary:     "Change what a direct message says, and send it again",
		Description: "With delivery.state RETRY or PENDING a message that was sent, or is in error, is sent again as it is then. Without it an edit of such a message sends nothing.",
	}, h.edit)
	register(h, api, huma.Operation{
		OperationID: "cancel-message", Method: http.MethodPost, Path: "/messages/{id}/cancel", Tags: tags, Errors: stuck,
		Summary: "Withdraw a message that has not left", Description: "With delay it is withdrawn later, and until then that can be undone.",
	}, h.cancel)
	alsoLater(api, "/messages/{id}/cancel")
	register(h, api, huma.Operation{
		OperationID: "hold-message", Method: http.MethodPost, Path: "/messages/{id}/hold", Tags: tags, Errors: stuck,
		Summary: "Keep a message until somebody releases it", Description: "One that is about to leave: scheduled, pending or rate limited.",
	}, h.acting(h.Actions.Hold))
	register(h, api, huma.Operation{
		OperationID: "send-message-now", Method: http.MethodPost, Path: "/messages/{id}/send-now", Tags: tags, Errors: stuck,
		Summary: "Send a message that waits for its time", Description: "One that is scheduled, deferred, held or manual, or that waits for another try, is due at once and leaves with the next run. A rate limited one waits for its account.",
	}, h.acting(h.Actions.SendNow))
	register(h, api, huma.Operation{
		OperationID: "release-message", Method: http.MethodPost, Path: "/messages/{id}/release", Tags: tags, Errors: stuck,
		Summary: "Let a manual message go",
	}, h.acting(h.Actions.Release))
}

func (h *handler) send(ctx context.Context, in *sendIn) (*takenOut, error) {
	draft, err := in.Body.read()
	if err != nil {
		return nil, err
	}
	owed := h.owe(ctx, len(draft.To))
	taken, replayed, err := h.Sender.SendMessage(ctx, in.in(trying(ctx, in.Key, in.DryRun)), draft)
	h.settle(ctx, owed, len(taken.Messages), replayed)
	return &takenOut{Status: statusOf(in.DryRun), Replayed: yes(replayed), Body: taken}, err
}

func yes(b bool) Replayed {
	if b {
		return Replayed{"true"}
	}
	return Replayed{}
}

func (h *handler) find(ctx context.Context, id string) (message.Message, error) {
	m, err := h.Messages.Message(ctx, callerOf(ctx).Site, message.ID(id))
	if errors.Is(err, message.ErrNotFound) {
		err = fmt.Errorf("there is no message %q. /api/v1/messages lists what there is: %w", fault.Truncate(id, 60), err)
	}
	return m, err
}

func (h *handler) get(ctx context.Context, in *MessageIn) (*messageOut, error) {
	m, err := h.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return h.whole(ctx, m)
}

// whole is the view of one message with its delivery record and, of a digest, its items.
func (h *handler) whole(ctx context.Context, m message.Message) (*messageOut, error) {
	v := view(m)
	carried, attempts, err := h.carried(ctx, m)
	if err != nil {
		return nil, err
	}
	v.MessageID, v.ConquerStatus, v.ChoraStatus = carried.MessageID(), carried.ConquerStatus(), carried.ChoraStatus()
	conquer := carried.Conquer()
	v.Conquer = &conquer
	delivery := carried.Delivery(attempts)
	v.Delivery = &delivery
	for _, a := range attempts {
		v.AttemptRecords = append(v.AttemptRecords, viewAttempt(a))
	}
	retries, err := h.Messages.Retries(ctx, carried)
	if err != nil {
		return nil, err
	}
	for _, r := range message.ErrorRecords(attempts, retries) {
		v.ErrorRecords = append(v.ErrorRecords, viewRecord(r))
	}
	if n := len(retries); n > 0 {
		v.wiped(retries[n-1])
	}
	callbacks, err := h.Messages.Callbacks(ctx, m)
	if err != nil {
		return nil, err
	}
	for _, c := range callbacks {
		v.Callbacks = append(v.Callbacks, viewCallback(c))
	}
	if m.Type == message.Digest {
		items, err := h.Messages.Items(ctx, m.Site, m.ID)
		if err != nil {
			return nil, err
		}
		for _, item := range items {
			v.Items = append(v.Items, item.ID)
		}
	}
	return &messageOut{Body: v}, nil
}

// carried is the message that goes out, and every try to hand it over: a merged message
// fares as its digest does.
func (h *handler) carried(ctx context.Context, m message.Message) (message.Message, []message.Attempt, error) {
	if m.Status == message.Merged {
		var err error
		if m, err = h.Messages.Message(ctx, m.Site, m.Digest); err != nil {
			return m, nil, err
		}
	}
	attempts, err := h.Messages.Attempts(ctx, m)
	return m, attempts, err
}

type contentView struct {
	Subject string `json:"subject"`
	Text    string `json:"text"`
	HTML    string `json:"html"`
}

type contentOut struct{ Body contentView }

func (h *handler) content(ctx context.Context, in *MessageIn) (*contentOut, error) {
	m, err := h.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	m = h.o.Write(m)
	return &contentOut{Body: contentView{Subject: m.Subject, Text: m.Text, HTML: m.HTML}}, nil
}

type attemptsOut struct{ Body list[attemptView] }

func (h *handler) attempts(ctx context.Context, in *MessageIn) (*attemptsOut, error) {
	m, err := h.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	_, attempts, err := h.carried(ctx, m)
	return &attemptsOut{Body: listOf(attempts, viewAttempt)}, err
}

type retryOptions struct {
	Resend bool `json:"resend,omitempty" doc:"Also if it was sent."`
}

type retryIn struct {
	ID string `path:"id" doc:"The message's id." example:"msg_06f3n5mmmt1fq2r6s0hj0v7k9c"`
	Keyed
	Trying
	Body *body[retryOptions]
}

func (h *handler) retry(ctx context.Context, in *retryIn) (*movedOut, error) {
	options, err := in.Body.read()
	if err != nil {
		return nil, err
	}
	m, replayed, err := h.Actions.Retry(ctx, trying(ctx, in.Key, in.DryRun), message.ID(in.ID), options.Resend)
	return h.moved(ctx, m, replayed, err)
}

type editIn struct {
	ID string `path:"id" doc:"The message's id." example:"msg_06f3n5mmmt1fq2r6s0hj0v7k9c"`
	Keyed
	Body patch[message.Edit]
}

func (h *handler) edit(ctx context.Context, in *editIn) (*movedOut, error) {
	e, err := in.Body.read()
	if err != nil {
		return nil, err
	}
	m, replayed, err := h.Actions.Edit(ctx, call(ctx, in.Key), message.ID(in.ID), e)
	return h.moved(ctx, m, replayed, err)
}

// acting makes one move of a message.
func (h *handler) acting(move func(context.Context, request.Call, message.ID) (message.Message, bool, error)) func(context.Context, *actIn) (*movedOut, error) {
	return func(ctx context.Context, in *actIn) (*movedOut, error) {
		m, replayed, err := move(ctx, trying(ctx, in.Key, in.DryRun), message.ID(in.ID))
		return h.moved(ctx, m, replayed, err)
	}
}

// moved is the answer to a move of a message.
func (h *handler) moved(ctx context.Context, m message.Message, replayed bool, err error) (*movedOut, error) {
	if err != nil {
		return nil, err
	}
	out, err := h.whole(ctx, m)
	if err != nil {
		return nil, err
	}
	return &movedOut{Replayed: yes(replayed), Body: out.Body}, nil
}
