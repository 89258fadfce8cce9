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
)

// Outbox keeps what was posted in a caller's own transaction and could not be taken.
type Outbox interface {
	PostedOf(ctx context.Context, site string, after message.ID, n int) ([]request.Posted, error)
	RetryPosted(ctx context.Context, c request.Call, k *request.Key, id message.ID) (replayed bool, err error)
	RemovePosted(ctx context.Context, site string, id message.ID) error
}

type postedIn struct {
	ID string `path:"id" doc:"The request's id in the outbox." example:"out_06f3n5mmmt1fq2r6s0hj0v7k9c"`
}

type retryPostedIn struct {
	ID string `path:"id" doc:"The request's id in the outbox." example:"out_06f3n5mmmt1fq2r6s0hj0v7k9c"`
	Keyed
}

type outboxIn struct {
	Limit  int    `query:"limit" doc:"How many at most." minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" doc:"next_cursor of the page before."`
}

type outboxOut struct{ Body page[request.Posted] }

func (h *handler) outboxRoutes(api huma.API) {
	tags, gone := []string{"outbox"}, []int{http.StatusNotFound}
	register(h, api, huma.Operation{
		OperationID: "list-outbox", Method: http.MethodGet, Path: "/outbox", Tags: tags,
		Summary:     "What waits in the outbox, oldest first",
		Description: "Requests that callers wrote inside transactions of their own. They are taken in within moments; what stays could not be, and says why.",
	}, func(ctx context.Context, in *outboxIn) (*outboxOut, error) {
		found, err := h.Outbox.PostedOf(ctx, callerOf(ctx).Site, message.ID(in.Cursor), in.Limit+1)
		same := func(p request.Posted) request.Posted { return p }
		return &outboxOut{Body: pageOf(found, in.Limit, same, func(p request.Posted) string { return string(p.ID) })}, err
	})
	register(h, api, huma.Operation{
		OperationID: "retry-posted", Method: http.MethodPost, Path: "/outbox/{id}/retry", Tags: tags, Errors: gone, DefaultStatus: http.StatusNoContent,
		Summary: "Take a refused request up again", Description: "As when the user that it names has been added meanwhile.",
	}, func(ctx context.Context, in *retryPostedIn) (*Replayed, error) {
		c := call(ctx, in.Key)
		key, err := c.Once([]any{request.ActRetry, in.ID}, struct{}{})
		if err != nil {
			return nil, err
		}
		replayed, err := h.Outbox.RetryPosted(ctx, c, key, message.ID(in.ID))
		again := yes(replayed)
		return &again, noPosted(in.ID, err)
	})
	register(h, api, huma.Operation{
		OperationID: "remove-posted", Method: http.MethodDelete, Path: "/outbox/{id}", Tags: tags, Errors: gone, DefaultStatus: http.StatusNoContent,
		Summary: "Give a refused request up", Description: "It is not sent then.",
	}, func(ctx context.Context, in *postedIn) (*struct{}, error) {
		return nil, noPosted(in.ID, h.Outbox.RemovePosted(ctx, callerOf(ctx).Site, message.ID(in.ID)))
	})
}

// noPosted says which request is not there.
func noPosted(id string, err error) error {
	if errors.Is(err, message.ErrNotFound) {
		return fmt.Errorf("there is no refused request %q in the outbox. /api/v1/outbox lists what there is: %w", fault.Truncate(id, 60), err)
	}
	return err
}
