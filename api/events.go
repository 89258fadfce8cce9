package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"notifier/deadlines"
	"notifier/message"
)

type eventIn struct {
	Key  string `header:"Idempotency-Key" doc:"Makes the request safe to repeat for seven days." maxLength:"255"`
	Body body[message.Event]
}

type notedOut struct {
	Replayed string `header:"Idempotent-Replayed" doc:"true if the same request was answered before."`
	Body     message.Noted
}

func (h *handler) eventRoutes(api huma.API) {
	register(h, api, huma.Operation{
		OperationID: "publish-event", Method: http.MethodPost, Path: "/events", DefaultStatus: http.StatusAccepted, Tags: []string{"events"},
		Summary:     "Publish an event",
		Description: "Something happened in the workflow. Each user's preferences decide whether a mail leaves with the next run, waits for a digest, or is not sent at all; the answer says which, and why.",
	}, func(ctx context.Context, in *eventIn) (*notedOut, error) {
		if err := in.Body.err; err != nil {
			return nil, err
		}
		noted, replayed, err := h.desk.Notify(ctx, h.call(in.Key), in.Body.value)
		return &notedOut{Replayed: yes(replayed), Body: noted}, err
	})
}

type deadlineIn struct {
	Key string `path:"key" doc:"Your key of the deadline, as the case's id or the case and a stage."`
}

type setDeadlineIn struct {
	deadlineIn
	Body body[deadlines.Deadline]
}

type deadlineView struct {
	deadlines.Deadline
	NextReminder *time.Time `json:"next_reminder" doc:"When the next reminder is written; null if there is none."`
	SetAt        time.Time  `json:"set_at"`
	ClearedAt    *time.Time `json:"cleared_at,omitempty"`
	Sequence     int        `json:"sequence" doc:"How often it was set."`
}

func viewDeadline(d deadlines.Deadline) deadlineView {
	return deadlineView{Deadline: d, NextReminder: orNil(d.NextAt), SetAt: d.SetAt, ClearedAt: orNil(d.ClearedAt), Sequence: d.Sequence}
}

type deadlineOut struct{ Body deadlineView }

type deadlinesOut struct {
	Body struct {
		Data []deadlineView `json:"data"`
	}
}

type deadlinesIn struct {
	Limit int       `query:"limit" minimum:"1" maximum:"200" default:"50"`
	After time.Time `query:"after" doc:"Only with a reminder after this time: next_reminder of the last one of the page before."`
	Key   string    `query:"after_key" doc:"And, at that very time, with a later key."`
}

func (h *handler) deadlineRoutes(api huma.API) {
	tags := []string{"deadlines"}
	register(h, api, huma.Operation{
		OperationID: "set-deadline", Method: http.MethodPut, Path: "/deadlines/{key}", Tags: tags,
		Summary:     "Set or move a deadline",
		Description: "Its users are reminded before, at and after it, whatever they have chosen. Setting the same key again replaces it: its steps start afresh.",
	}, func(ctx context.Context, in *setDeadlineIn) (*deadlineOut, error) {
		if err := in.Body.err; err != nil {
			return nil, err
		}
		d := in.Body.value
		d.Key = in.Key
		d, err := h.desk.SetDeadline(ctx, h.call(""), d)
		return &deadlineOut{Body: viewDeadline(d)}, err
	})
	register(h, api, huma.Operation{
		OperationID: "get-deadline", Method: http.MethodGet, Path: "/deadlines/{key}", Tags: tags, Summary: "One deadline",
	}, func(ctx context.Context, in *deadlineIn) (*deadlineOut, error) {
		d, err := h.records.Deadline(ctx, h.o.Site, in.Key)
		return &deadlineOut{Body: viewDeadline(d)}, err
	})
	register(h, api, huma.Operation{
		OperationID: "list-deadlines", Method: http.MethodGet, Path: "/deadlines", Tags: tags, Summary: "The deadlines with a reminder to come, the next first",
	}, func(ctx context.Context, in *deadlinesIn) (*deadlinesOut, error) {
		found, err := h.records.Deadlines(ctx, h.o.Site, in.Limit, in.After, in.Key)
		out := &deadlinesOut{}
		out.Body.Data = []deadlineView{}
		for _, d := range found {
			out.Body.Data = append(out.Body.Data, viewDeadline(d))
		}
		return out, err
	})
	register(h, api, huma.Operation{
		OperationID: "clear-deadline", Method: http.MethodDelete, Path: "/deadlines/{key}", Tags: tags, DefaultStatus: http.StatusNoContent,
		Summary: "Clear a deadline", Description: "It was met, or is no longer wanted: no more reminders, and one that has not left is withdrawn.",
	}, func(ctx context.Context, in *deadlineIn) (*struct{}, error) {
		return nil, h.desk.ClearDeadline(ctx, h.call(""), in.Key)
	})
}
