package api

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"notifier/deadlines"
	"notifier/fault"
	"notifier/message"
	"notifier/request"
)

// DeadlineRecords reads deadlines.
type DeadlineRecords interface {
	Deadline(ctx context.Context, site, key string) (deadlines.Deadline, error)
	Deadlines(ctx context.Context, site string, n int, after time.Time, key string) ([]deadlines.Deadline, error)
}

// DeadlineSetter sets deadlines, and tells when they will remind.
type DeadlineSetter interface {
	SetDeadline(ctx context.Context, c request.Call, d deadlines.Deadline) (set deadlines.Deadline, replayed bool, err error)
	ClearDeadline(ctx context.Context, c request.Call, key string) error
	PreviewDeadline(ctx context.Context, c request.Call, d deadlines.Deadline) ([]deadlines.Reminder, error)
	ComingReminders(c request.Call, d deadlines.Deadline) []deadlines.Reminder
}

// Notifier takes events.
type Notifier interface {
	Notify(ctx context.Context, c request.Call, e message.Event) (noted request.Noted, replayed bool, err error)
}

type eventIn struct {
	Keyed
	Trying
	Strictly
	Body body[message.Event]
}

type notedOut struct {
	Status int
	Replayed
	Body request.Noted
}

type tryEventIn struct {
	Strictly
	Body body[message.Event]
}

type triedOut struct{ Body request.Noted }

func (h *handler) eventRoutes(api huma.API) {
	register(h, api, huma.Operation{
		OperationID: "publish-event", Method: http.MethodPost, Path: "/events", DefaultStatus: http.StatusAccepted, Tags: []string{"events"},
		Summary:     "Publish an event",
		Description: "Something happened in the workflow. Each user's preferences decide whether a mail leaves with the next run, waits for a digest, or is not sent at all; the answer says which, and why. A user who is unknown is skipped and keeps no mail from the others.",
	}, func(ctx context.Context, in *eventIn) (*notedOut, error) {
		event, err := in.Body.read()
		if err != nil {
			return nil, err
		}
		owed := h.owe(ctx, len(event.Users))
		noted, replayed, err := h.Notifier.Notify(ctx, in.in(trying(ctx, in.Key, in.DryRun)), event)
		h.settle(ctx, owed, len(noted.Recipients), replayed)
		return &notedOut{Status: statusOf(in.DryRun), Replayed: yes(replayed), Body: noted}, err
	})
	register(h, api, huma.Operation{
		OperationID: "try-event", Method: http.MethodPost, Path: "/events/dry-run", Tags: []string{"events"},
		Summary: "What would become of an event", Description: "As publishing it with dry_run=true: nothing is stored, and nothing leaves.",
	}, func(ctx context.Context, in *tryEventIn) (*triedOut, error) {
		event, err := in.Body.read()
		if err != nil {
			return nil, err
		}
		owed := h.owe(ctx, len(event.Users))
		noted, _, err := h.Notifier.Notify(ctx, in.in(trying(ctx, "", true)), event)
		h.settle(ctx, owed, len(noted.Recipients), false)
		return &triedOut{Body: noted}, err
	})
	h.eventBatchRoutes(api)
}

type deadlineIn struct {
	Key string `path:"key" doc:"Your key of the deadline: the case's id, or the case and a stage." example:"OFA-1181:step-4"`
}

type setDeadlineIn struct {
	Key string `path:"key" doc:"Your key of the deadline: the case's id, or the case and a stage." example:"OFA-1181:step-4"`
	Keyed
	Strictly
	Body body[deadlines.Deadline]
}

type deadlineView struct {
	deadlines.Deadline
	NextReminder *time.Time `json:"next_reminder" doc:"When the next reminder is due; null if there is none."`
	Leaves
	SetAt     time.Time         `json:"set_at"`
	ClearedAt *time.Time        `json:"cleared_at,omitempty"`
	Sequence  int               `json:"sequence" doc:"How often it was set."`
	Shortened message.Shortened `json:"shortened,omitempty" doc:"Places of texts that mails do not show whole; in the answer to setting it." example:"/case/title"`
	// Skipped is in the answer to setting it alone.
	Skipped []skippedUser `json:"skipped,omitempty" doc:"Users who were unknown when it was set. They are reminded as soon as a user has the id."`
}

func (h *handler) viewDeadline(ctx context.Context) func(deadlines.Deadline) deadlineView {
	return func(d deadlines.Deadline) deadlineView {
		v := deadlineView{Shortened: d.Shortened, Deadline: d, NextReminder: orNil(d.NextAt), SetAt: d.SetAt, ClearedAt: orNil(d.ClearedAt), Sequence: d.Sequence}
		if !d.NextAt.IsZero() {
			v.Leaves = viewLeaving(h.timetable.Departures().OfReminder(d.NextAt, now(ctx)))
		}
		for _, id := range d.Unknown {
			v.Skipped = append(v.Skipped, skippedUser{id, message.Skipped, message.UnknownUser})
		}
		return v
	}
}

type deadlineOut struct{ Body deadlineView }

// skippedUser is a user of a deadline who is unknown.
type skippedUser struct {
	User   string         `json:"user"`
	Status message.Status `json:"status" example:"skipped"`
	Reason message.Reason `json:"reason" example:"unknown_user"`
}

type deadlineSetOut struct {
	Replayed
	Body deadlineView
}

type deadlinesOut struct{ Body page[deadlineView] }

type deadlinesIn struct {
	Limit  int    `query:"limit" doc:"How many at most." minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" doc:"next_cursor of the page before."`
}

func (h *handler) deadlineRoutes(api huma.API) {
	tags := []string{"deadlines"}
	register(h, api, huma.Operation{
		OperationID: "set-deadline", Method: http.MethodPut, Path: "/deadlines/{key}", Tags: tags,
		Summary:     "Set or move a deadline",
		Description: "Its users are reminded before, at and after it, whatever they have chosen. Setting the same key again replaces it: its steps start afresh.",
	}, func(ctx context.Context, in *setDeadlineIn) (*deadlineSetOut, error) {
		d, err := in.Body.read()
		if err != nil {
			return nil, err
		}
		if err := same("/key", in.Key, d.Key); err != nil {
			return nil, err
		}
		d.Key = in.Key
		d, replayed, err := h.DeadlineSetter.SetDeadline(ctx, in.in(call(ctx, in.Keyed.Key)), d)
		return &deadlineSetOut{Replayed: yes(replayed), Body: h.viewDeadline(ctx)(d)}, err
	})
	register(h, api, huma.Operation{
		OperationID: "get-deadline", Method: http.MethodGet, Path: "/deadlines/{key}", Tags: tags, Errors: []int{http.StatusNotFound}, Summary: "One deadline",
	}, func(ctx context.Context, in *deadlineIn) (*deadlineOut, error) {
		d, err := h.Deadlines.Deadline(ctx, callerOf(ctx).Site, in.Key)
		if errors.Is(err, message.ErrNotFound) {
			err = fmt.Errorf("there is no deadline %q. Set it with PUT /api/v1/deadlines/%s: %w", in.Key, url.PathEscape(in.Key), err)
		}
		return &deadlineOut{Body: h.viewDeadline(ctx)(d)}, err
	})
	register(h, api, huma.Operation{
		OperationID: "list-deadlines", Method: http.MethodGet, Path: "/deadlines", Tags: tags, Summary: "The deadlines with a reminder to come, the next first",
	}, h.deadlines)
	register(h, api, huma.Operation{
		OperationID: "clear-deadline", Method: http.MethodDelete, Path: "/deadlines/{key}", Tags: tags, DefaultStatus: http.StatusNoContent,
		Summary: "Clear a deadline", Description: "It was met, or is no longer wanted: no more reminders, and one that has not left is withdrawn.",
	}, func(ctx context.Context, in *deadlineIn) (*struct{}, error) {
		return nil, h.DeadlineSetter.ClearDeadline(ctx, call(ctx, ""), in.Key)
	})
}

func (h *handler) deadlines(ctx context.Context, in *deadlinesIn) (*deadlinesOut, error) {
	after, key, err := readPlace(in.Cursor)
	if err != nil {
		return nil, err
	}
	found, err := h.Deadlines.Deadlines(ctx, callerOf(ctx).Site, in.Limit+1, after, key)
	return &deadlinesOut{Body: pageOf(found, in.Limit, h.viewDeadline(ctx), func(d deadlines.Deadline) string { return place(d.NextAt, d.Key) })}, err
}

// place is a cursor into the list of deadlines: the next reminder and the key of one.
func place(next time.Time, key string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(next.UTC().Format(time.RFC3339Nano) + " " + key))
}

func readPlace(cursor string) (after time.Time, key string, err error) {
	if cursor == "" {
		return time.Unix(0, 0).UTC(), "", nil // earlier than any
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil && utf8.Valid(b) {
		var next string
		next, key, _ = strings.Cut(string(b), " ")
		after, err = time.Parse(time.RFC3339Nano, next)
	}
	if err != nil || after.IsZero() || fault.CheckLine(key, message.MaxLine) != nil {
		return after, key, badCursor()
	}
	return after, key, nil
}
