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
	"notifier/preferences"
	"notifier/request"
)

// ProcessRecords reads processes.
type ProcessRecords interface {
	Process(ctx context.Context, site, id string) (preferences.Process, error)
}

// OperationRecords reads operations, and stops them.
type OperationRecords interface {
	Operation(ctx context.Context, site string, id message.ID) (request.Operation, error)
	Operations(ctx context.Context, site string, before message.ID, n int) ([]request.Operation, error)
	Judged(ctx context.Context, o request.Operation) (request.Operation, error)
	StopOperation(ctx context.Context, site string, id message.ID, at time.Time) error
}

// ProcessSetter mutes processes.
type ProcessSetter interface {
	SetProcess(ctx context.Context, c request.Call, p preferences.Process) error
}

// Operator begins operations on many messages.
type Operator interface {
	Operate(ctx context.Context, c request.Call, o request.Operation, asked any) (begun request.Operation, replayed bool, err error)
}

type actions struct {
	Action request.Action `json:"action" enum:"retry,cancel,release"`
	Filter message.Filter `json:"filter,omitzero" doc:"The messages that it is for. A retry without a status is of those in error."`
	Q      string         `json:"q,omitempty" doc:"The same as a search in one line: status:error since:24h. Instead of filter." maxLength:"1000"`
	IDs    []message.ID   `json:"ids,omitempty" doc:"Or their ids." maxItems:"1000"`
	All    bool           `json:"all,omitempty" doc:"Retry every category of errors: also addresses that do not exist, which are left alone unless filter names that category."`
}

type actionsIn struct {
	Keyed
	Trying
	Delay string `query:"delay" doc:"How long it waits before it begins, an hour at most: until then nothing is touched, and DELETE of the operation undoes it." example:"10s"`
	Body  body[actions]
}

type actedOut struct {
	Status int
	Replayed
	Body request.Operation
}

type operationIn struct {
	ID string `path:"id" doc:"The operation's id." example:"op_06f3n5mmmt1fq2r6s0hj0v7k9c"`
}

type operationsIn struct {
	Limit  int    `query:"limit" doc:"How many at most." minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" doc:"next_cursor of the page before."`
}

type operationOut struct{ Body request.Operation }

type operationsOut struct{ Body page[request.Operation] }

func (h *handler) operationRoutes(api huma.API) {
	tags, gone := []string{"operations"}, []int{http.StatusNotFound}
	register(h, api, huma.Operation{
		OperationID: "act-on-messages", Method: http.MethodPost, Path: "/messages/actions", Tags: tags, DefaultStatus: http.StatusAccepted,
		Summary: "Retry, withdraw or release many messages", Description: "The answer is an operation, which goes on by itself; its progress can be asked for.",
	}, func(ctx context.Context, in *actionsIn) (*actedOut, error) {
		a, err := in.Body.read()
		if err != nil {
			return nil, err
		}
		asked, call := a, trying(ctx, in.Key, in.DryRun)
		if a.Q != "" {
			if a.Filter != (message.Filter{}) {
				var bad fault.Invalid
				bad.Add("/q", "not_allowed", "filter and q are both given. Leave one out")
				return nil, &bad
			}
			if a.Filter, err = search.Filter(a.Q, "/q", call.At); err != nil {
				return nil, err
			}
		}
		own(callerOf(ctx), &a.Filter)
		o := request.Operation{Action: a.Action, Filter: a.Filter, IDs: a.IDs, All: a.All}
		repeated := any(asked)
		if in.Delay != "" {
			if o.BeginsAt, err = request.Delayed(call.At, in.Delay); err != nil {
				return nil, err
			}
			repeated = []any{asked, in.Delay}
		}
		o, replayed, err := h.Operator.Operate(ctx, call, o, repeated)
		return &actedOut{Status: statusOf(in.DryRun), Replayed: yes(replayed), Body: o}, err
	})
	register(h, api, huma.Operation{
		OperationID: "list-operations", Method: http.MethodGet, Path: "/operations", Tags: tags, Summary: "What was done with many messages, newest first",
	}, func(ctx context.Context, in *operationsIn) (*operationsOut, error) {
		before, err := readCursor(in.Cursor)
		if err != nil {
			return nil, err
		}
		found, err := h.Operations.Operations(ctx, callerOf(ctx).Site, before, in.Limit+1)
		for i := 0; err == nil && i < len(found); i++ {
			found[i], err = h.Operations.Judged(ctx, found[i])
		}
		same := func(o request.Operation) request.Operation { return o }
		return &operationsOut{Body: pageOf(found, in.Limit, same, func(o request.Operation) string { return string(o.ID) })}, err
	})
	register(h, api, huma.Operation{
		OperationID: "get-operation", Method: http.MethodGet, Path: "/operations/{id}", Tags: tags, Errors: gone, Summary: "How far an operation has come",
	}, func(ctx context.Context, in *operationIn) (*operationOut, error) {
		o, err := h.operation(ctx, in.ID)
		return &operationOut{Body: o}, err
	})
	register(h, api, huma.Operation{
		OperationID: "stop-operation", Method: http.MethodDelete, Path: "/operations/{id}", Tags: tags, Errors: gone,
		Summary: "Stop an operation", Description: "What is done stays done. One that is over stays as it is.",
	}, func(ctx context.Context, in *operationIn) (*operationOut, error) {
		if _, err := h.operation(ctx, in.ID); err != nil {
			return nil, err
		}
		if err := h.Operations.StopOperation(ctx, callerOf(ctx).Site, message.ID(in.ID), call(ctx, "").At); err != nil {
			return nil, err
		}
		o, err := h.operation(ctx, in.ID)
		return &operationOut{Body: o}, err
	})
}

func (h *handler) operation(ctx context.Context, id string) (request.Operation, error) {
	o, err := h.Operations.Operation(ctx, callerOf(ctx).Site, message.ID(id))
	if errors.Is(err, message.ErrNotFound) {
		err = fmt.Errorf("there is no operation %q. /api/v1/operations lists what there is: %w", fault.Truncate(id, 60), err)
	}
	return o, err
}

type processIn struct {
	ID string `path:"process" doc:"The process, as events name it." example:"lease"`
}

type setProcessIn struct {
	ID   string `path:"process" doc:"The process, as events name it." example:"lease"`
	Body body[processBody]
}

type processBody struct {
	ID    string         `json:"process,omitempty" doc:"The same as in the path, if it is given."`
	Muted []message.Kind `json:"muted" doc:"Kinds of event that nobody is told of; none if it is empty."`
}

type processOut struct{ Body preferences.Process }

func (h *handler) processRoutes(api huma.API) {
	tags := []string{"events"}
	register(h, api, huma.Operation{
		OperationID: "set-process", Method: http.MethodPut, Path: "/processes/{process}", Tags: tags,
		Summary:     "Switch kinds of event off in a process, for everybody",
		Description: "An event of such a kind that names the process leaves a record, and no mail. Deadlines cannot be switched off.",
	}, func(ctx context.Context, in *setProcessIn) (*processOut, error) {
		p, err := in.Body.read()
		if err != nil {
			return nil, err
		}
		if err := same("/process", in.ID, p.ID); err != nil {
			return nil, err
		}
		if err := h.ProcessSetter.SetProcess(ctx, call(ctx, ""), preferences.Process{ID: in.ID, Muted: p.Muted}); err != nil {
			return nil, err
		}
		return h.process(ctx, in.ID)
	})
	register(h, api, huma.Operation{
		OperationID: "get-process", Method: http.MethodGet, Path: "/processes/{process}", Tags: tags, Summary: "What is switched off in a process",
	}, func(ctx context.Context, in *processIn) (*processOut, error) { return h.process(ctx, in.ID) })
}

func (h *handler) process(ctx context.Context, id string) (*processOut, error) {
	p, err := h.Processes.Process(ctx, callerOf(ctx).Site, id)
	p.Muted = append([]message.Kind{}, p.Muted...)
	return &processOut{Body: p}, err
}
