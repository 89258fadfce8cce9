package api

import (
	"context"
	"net/http"

	"notifier/message"
	"notifier/request"
)

// Actions are what can be asked for a message that was taken, or for many.
type Actions interface {
	Retry(ctx context.Context, c request.Call, id message.ID, resend bool) (after message.Message, replayed bool, err error)
	Edit(ctx context.Context, c request.Call, id message.ID, e message.Edit) (after message.Message, replayed bool, err error)
	Cancel(ctx context.Context, c request.Call, id message.ID) (after message.Message, replayed bool, err error)
	Hold(ctx context.Context, c request.Call, id message.ID) (after message.Message, replayed bool, err error)
	Release(ctx context.Context, c request.Call, id message.ID) (after message.Message, replayed bool, err error)
	SendNow(ctx context.Context, c request.Call, id message.ID) (after message.Message, replayed bool, err error)
	RetryAll(ctx context.Context, c request.Call, k request.Many) (retried request.ManyRetried, replayed bool, err error)
}

// cancelIn is a request to cancel a message, at once or after a time in which that can be undone.
type cancelIn struct {
	MessageIn
	Keyed
	Trying
	Delay string `query:"delay" doc:"How long it waits before it begins, an hour at most: until then nothing is touched, the answer is 202 with the message as it is, and DELETE of the operation that Location names undoes it." example:"10s"`
}

type cancelledOut struct {
	Status int
	Replayed
	Location string `header:"Location" doc:"With delay: the operation that cancels the message."`
	Body     messageView
}

// cancel withdraws a message. What was cancelled stays so; what can be undone is the time before
// it begins (RULES 4).
func (h *handler) cancel(ctx context.Context, in *cancelIn) (*cancelledOut, error) {
	if in.Delay != "" {
		return h.cancelLater(ctx, in)
	}
	out, err := h.acting(h.Actions.Cancel)(ctx, &actIn{in.MessageIn, in.Keyed, in.Trying})
	if err != nil {
		return nil, err
	}
	return &cancelledOut{Status: http.StatusOK, Replayed: out.Replayed, Body: out.Body}, nil
}

func (h *handler) cancelLater(ctx context.Context, in *cancelIn) (*cancelledOut, error) {
	call, id := trying(ctx, in.Key, in.DryRun), message.ID(in.ID)
	begins, err := request.Delayed(call.At, in.Delay)
	if err != nil {
		return nil, err
	}
	m, err := h.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	// One that is cancelled may be so by the first of two requests with one key.
	if in.Key == "" || m.Status != message.Cancelled {
		if _, _, err := h.Actions.Cancel(ctx, trying(ctx, "", true), id); err != nil {
			return nil, err
		}
	}
	o := request.Operation{Action: request.ActCancel, IDs: []message.ID{id}, BeginsAt: begins}
	o, replayed, err := h.Operator.Operate(ctx, call, o, []any{"cancel", id, in.Delay})
	if err != nil {
		return nil, err
	}
	shown, err := h.whole(ctx, m)
	if err != nil {
		return nil, err
	}
	out := &cancelledOut{Status: statusOf(in.DryRun), Replayed: yes(replayed), Body: shown.Body}
	if !in.DryRun {
		out.Location = "/api/v1/operations/" + string(o.ID)
	}
	return out, nil
}
