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
	"notifier/message/search"
	"notifier/request"
)

// SuppressionRecords reads suppressions.
type SuppressionRecords interface {
	Suppression(ctx context.Context, site, address string) (message.Suppression, error)
	FindSuppressions(ctx context.Context, site string, f message.SuppressionFilter, after string, n int) ([]message.Suppression, error)
}

// Suppressor suppresses addresses, and lifts that.
type Suppressor interface {
	Suppress(ctx context.Context, c request.Call, s message.Suppression) (message.Suppression, error)
	Unsuppress(ctx context.Context, c request.Call, address string) error
	UnsuppressAll(ctx context.Context, c request.Call, f message.SuppressionFilter) (int, error)
}

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
	SuppressionsBy
	Limit  int    `query:"limit" doc:"How many at most." minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" doc:"next_cursor of the page before."`
}

// SuppressionsBy narrows down suppressions.
type SuppressionsBy struct {
	Since   string `query:"since" doc:"Only addresses suppressed then or later: how long ago (24h, 7d), a date, or a time." example:"24h"`
	Until   string `query:"until" doc:"Only addresses suppressed before that time."`
	Reason  string `query:"reason" doc:"Only addresses suppressed for this reason." enum:"bounce,complaint,opt_out"`
	Account string `query:"account" doc:"Only addresses whose mail bounced through this outgoing account." example:"default"`
}

// filter is what the parameters say together, at a time.
func (in SuppressionsBy) filter(at time.Time) (message.SuppressionFilter, error) {
	f := message.SuppressionFilter{Reason: message.Unwanted(in.Reason), Account: in.Account}
	var bad fault.Invalid
	for _, p := range []struct {
		name, value string
		into        *time.Time
	}{{"since", in.Since, &f.Since}, {"until", in.Until, &f.Until}} {
		if p.value == "" {
			continue
		}
		t, err := search.Time(p.value, at)
		if err != nil {
			bad.Add("query."+p.name, "bad_parameter", "%s", err)
		}
		*p.into = t
	}
	if err := bad.Err(); err != nil {
		return f, err
	}
	return f, f.Check()
}

type unsuppressIn struct {
	Trying
	SuppressionsBy
}

type unsuppressed struct {
	Removed int              `json:"removed" doc:"How many suppressions were removed; in a dry run, how many would be."`
	DryRun  bool             `json:"dry_run" doc:"Whether this was a dry run, which removes none."`
	Since   time.Time        `json:"since,omitzero" doc:"The filter, as it was understood. The audit keeps it with the count."`
	Until   time.Time        `json:"until,omitzero"`
	Reason  message.Unwanted `json:"reason,omitempty" enum:"bounce,complaint,opt_out"`
	Account string           `json:"account,omitempty"`
}

type unsuppressOut struct{ Body unsuppressed }

func (o *unsuppressOut) idle() bool { return o.Body.Removed == 0 }

type suppressionOut struct{ Body message.Suppression }

type suppressionsOut struct{ Body page[message.Suppression] }

func (h *handler) suppressionRoutes(api huma.API) {
	tags, gone := []string{"suppressions"}, []int{http.StatusNotFound}
	register(h, api, huma.Operation{
		OperationID: "list-suppressions", Method: http.MethodGet, Path: "/suppressions", Tags: tags,
		Summary: "The addresses that are not written to, in their order",
	}, func(ctx context.Context, in *suppressionsIn) (*suppressionsOut, error) {
		f, err := in.filter(now(ctx))
		if err != nil {
			return nil, err
		}
		found, err := h.Suppressions.FindSuppressions(ctx, callerOf(ctx).Site, f, in.Cursor, in.Limit+1)
		same := func(s message.Suppression) message.Suppression { return s }
		return &suppressionsOut{Body: pageOf(found, in.Limit, same, func(s message.Suppression) string { return s.Address })}, err
	})
	register(h, api, huma.Operation{
		OperationID: "get-suppression", Method: http.MethodGet, Path: "/suppressions/{address}", Tags: tags, Errors: gone,
		Summary: "Why an address is not written to",
	}, func(ctx context.Context, in *suppressionIn) (*suppressionOut, error) {
		s, err := h.Suppressions.Suppression(ctx, callerOf(ctx).Site, in.Address)
		if errors.Is(err, message.ErrNotFound) {
			err = fmt.Errorf("%q is not suppressed: %w", fault.Truncate(in.Address, 60), err)
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
		s, err := h.Suppressor.Suppress(ctx, call(ctx, ""), message.Suppression{Address: in.Address, Reason: b.Reason, Note: b.Note})
		return &suppressionOut{Body: s}, err
	})
	register(h, api, huma.Operation{
		OperationID: "unsuppress-many", Method: http.MethodDelete, Path: "/suppressions", Tags: tags,
		Summary:     "Write again to all addresses that match",
		Description: "At least one of since, until, reason and account is needed. Mail that was skipped in the meantime stays skipped.",
	}, func(ctx context.Context, in *unsuppressIn) (*unsuppressOut, error) {
		c := trying(ctx, "", in.DryRun)
		f, err := in.filter(c.At)
		if err != nil {
			return nil, err
		}
		n, err := h.Suppressor.UnsuppressAll(ctx, c, f)
		return &unsuppressOut{Body: unsuppressed{n, in.DryRun, f.Since, f.Until, f.Reason, f.Account}}, err
	})
	register(h, api, huma.Operation{
		OperationID: "unsuppress-address", Method: http.MethodDelete, Path: "/suppressions/{address}", Tags: tags, DefaultStatus: http.StatusNoContent, Errors: gone,
		Summary: "Write to an address again", Description: "What was skipped meanwhile stays so.",
	}, func(ctx context.Context, in *suppressionIn) (*struct{}, error) {
		return nil, h.Suppressor.Unsuppress(ctx, call(ctx, ""), in.Address)
	})
}
