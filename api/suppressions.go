package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"notifier/message"
)

type suppressionIn struct {
	Address string `path:"address" doc:"The address." example:"jan@example.net"`
}

type suppressionBody struct {
	Address string           `json:"address,omitempty" doc:"The same as in the path, if it is given."`
	Reason  message.Unwanted `json:"reason,omitempty" doc:"opt_out, complaint or bounce; opt_out if absent." enum:"bounce,complaint,opt_out"`
	Note    string           `json:"note,omitempty" doc:"Why, for the others." maxLength:"200"`
}

type suppressIn struct {
	Address string `path:"address" doc:"The address." example:"jan@example.net"`
	Body    *body[suppressionBody]
}

type suppressionsIn struct {
	Limit  int    `query:"limit" doc:"How many at most." minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" doc:"next_cursor of the page before."`
}

type suppressionOut struct{ Body message.Suppression }

type suppressionsOut struct{ Body page[message.Suppression] }

func (h *handler) suppressionRoutes(api huma.API) {
	tags, gone := []string{"suppressions"}, []int{http.StatusNotFound}
	register(h, api, huma.Operation{
		OperationID: "list-suppressions", Method: http.MethodGet, Path: "/suppressions", Tags: tags,
		Summary: "The addresses that are not written to, in their order",
	}, func(ctx context.Context, in *suppressionsIn) (*suppressionsOut, error) {
		found, err := h.records.Suppressions(ctx, callerOf(ctx).Site, in.Cursor, in.Limit+1)
		same := func(s message.Suppression) message.Suppression { return s }
		return &suppressionsOut{Body: pageOf(found, in.Limit, same, func(s message.Suppression) string { return s.Address })}, err
	})
	register(h, api, huma.Operation{
		OperationID: "get-suppression", Method: http.MethodGet, Path: "/suppressions/{address}", Tags: tags, Errors: gone,
		Summary: "Why an address is not written to",
	}, func(ctx context.Context, in *suppressionIn) (*suppressionOut, error) {
		s, err := h.records.Suppression(ctx, callerOf(ctx).Site, in.Address)
		if errors.Is(err, message.ErrNotFound) {
			err = fmt.Errorf("%q is not suppressed: %w", message.Truncate(in.Address, 60), err)
		}
		return &suppressionOut{Body: s}, err
	})
	register(h, api, huma.Operation{
		OperationID: "suppress-address", Method: http.MethodPut, Path: "/suppressions/{address}", Tags: tags,
		Summary:     "Write to an address no more",
		Description: "Mail to it is skipped, on record. Deadlines still get through, and so does a message that somebody retries.",
	}, func(ctx context.Context, in *suppressIn) (*suppressionOut, error) {
		b, err := in.Body.read()
		if err != nil {
			return nil, err
		}
		if err := same("/address", in.Address, b.Address); err != nil {
			return nil, err
		}
		s, err := h.desk.Suppress(ctx, call(ctx, ""), message.Suppression{Address: in.Address, Reason: b.Reason, Note: b.Note})
		return &suppressionOut{Body: s}, err
	})
	register(h, api, huma.Operation{
		OperationID: "unsuppress-address", Method: http.MethodDelete, Path: "/suppressions/{address}", Tags: tags, DefaultStatus: http.StatusNoContent, Errors: gone,
		Summary: "Write to an address again", Description: "What was skipped meanwhile stays so.",
	}, func(ctx context.Context, in *suppressionIn) (*struct{}, error) {
		return nil, h.desk.Unsuppress(ctx, call(ctx, ""), in.Address)
	})
}
