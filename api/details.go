package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"notifier/fault"
	"notifier/message"
)

type recordsOut struct{ Body list[recordView] }

type mergedIn struct {
	ID string `path:"id" doc:"The digest's id." example:"dig_06f3n5mmmt1fq2r6s0hj0v7k9c"`
}

// mergedView is a digest and what it was made of.
type mergedView struct {
	Digest messageView   `json:"digest"`
	Items  []messageView `json:"items" doc:"The messages that it was made of, in its order of events."`
}

type mergedOut struct{ Body mergedView }

type nextIn struct {
	Name string `path:"name" doc:"notifications, user_notifications or reminders." example:"notifications"`
	N    int    `query:"n" doc:"How many." minimum:"1" maximum:"100" default:"10"`
}

type nextView struct {
	Schedule string      `json:"schedule" doc:"The schedule in words."`
	Paused   bool        `json:"paused"`
	Next     []time.Time `json:"next" doc:"When it runs; empty while it is paused."`
}

type nextOut struct{ Body nextView }

type versionView struct {
	Version string `json:"version"`
	Go      string `json:"go" doc:"The Go that it was built with." example:"go1.26"`
	API     string `json:"api" example:"v1"`
}

type versionOut struct{ Body versionView }

// detailRoutes are parts of what other routes tell, for those who want no more.
func (h *handler) detailRoutes(api huma.API) {
	gone := []int{http.StatusNotFound}
	register(h, api, huma.Operation{
		OperationID: "list-errors", Method: http.MethodGet, Path: "/messages/{id}/errors", Tags: []string{"messages"}, Errors: gone,
		Summary: "The history of errors of a message, oldest first", Description: "Rate Limited, Error and Manual Retry, and nothing else.",
	}, h.errorRecords)
	register(h, api, huma.Operation{
		OperationID: "get-merged", Method: http.MethodGet, Path: "/digests/{id}", Tags: []string{"messages"}, Errors: gone,
		Summary: "A digest and the messages that it was made of",
	}, h.merged)
	register(h, api, huma.Operation{
		OperationID: "list-next-runs", Method: http.MethodGet, Path: "/jobs/{name}/next", Tags: []string{"jobs"}, Errors: gone,
		Summary: "When a job runs next", Description: "As the schedule stands now. Runs that new work starts in between are not foreseen.",
	}, func(ctx context.Context, in *nextIn) (*nextOut, error) {
		s, err := h.timetable.Line(ctx, in.Name)
		if err != nil {
			return nil, err
		}
		v := nextView{Schedule: s.Words, Paused: s.Paused, Next: []time.Time{}}
		v.Next = append(v.Next, s.Coming(in.N)...)
		return &nextOut{Body: v}, nil
	})
	register(h, api, huma.Operation{
		OperationID: "get-version", Method: http.MethodGet, Path: "/version", Tags: []string{"service"}, Summary: "Which program answers",
	}, func(context.Context, *struct{}) (*versionOut, error) {
		return &versionOut{Body: versionView{Version: h.o.Version, Go: runtime.Version(), API: "v1"}}, nil
	})
}

// rawRoute is there where mails can be written.
func (h *handler) rawRoute(api huma.API) {
	register(h, api, huma.Operation{
		OperationID: "get-raw-message", Method: http.MethodGet, Path: "/messages/{id}/raw", Tags: []string{"messages"}, Errors: []int{http.StatusNotFound, http.StatusConflict},
		Summary: "A message as the mail that leaves", Description: "Written by the code that sends it, without a DKIM signature. Links by which its reader changes preferences lead nowhere here.",
		Responses: map[string]*huma.Response{"200": {Description: "The mail.", Content: map[string]*huma.MediaType{"message/rfc822": page200}}},
	}, h.raw)
}

func (h *handler) raw(ctx context.Context, in *MessageIn) (*huma.StreamResponse, error) {
	m, err := h.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	mail, err := h.o.Digests.Compose(h.o.Write(m))
	if errors.Is(err, message.ErrUnavailable) {
		return nil, err
	}
	if err != nil {
		if why := errors.Unwrap(err); why != nil { // the id is known
			err = why
		}
		return nil, problem(http.StatusConflict, "not_written", sentence(err, nil)+" So there is no mail of it to show.")
	}
	return &huma.StreamResponse{Body: func(out huma.Context) {
		out.SetHeader("Content-Type", "message/rfc822")
		_, _ = out.BodyWriter().Write(mail) // the caller is gone if this fails
	}}, nil
}

func (h *handler) errorRecords(ctx context.Context, in *MessageIn) (*recordsOut, error) {
	m, err := h.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	carried, attempts, err := h.carried(ctx, m)
	if err != nil {
		return nil, err
	}
	retries, err := h.Messages.Retries(ctx, carried)
	return &recordsOut{Body: listOf(message.ErrorRecords(attempts, retries), viewRecord)}, err
}

func (h *handler) merged(ctx context.Context, in *mergedIn) (*mergedOut, error) {
	m, err := h.Messages.Message(ctx, callerOf(ctx).Site, message.ID(in.ID))
	if err == nil && m.Type != message.Digest {
		err = message.ErrNotFound
	}
	if errors.Is(err, message.ErrNotFound) {
		err = fmt.Errorf("there is no digest %q. /api/v1/messages?type=digest lists what there is: %w", fault.Truncate(in.ID, 60), err)
	}
	if err != nil {
		return nil, err
	}
	items, err := h.Messages.Items(ctx, m.Site, m.ID)
	return &mergedOut{Body: mergedView{Digest: view(m), Items: listOf(items, view).Data}}, err
}
