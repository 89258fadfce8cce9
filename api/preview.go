package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"notifier/deadlines"
	"notifier/fault"
	"notifier/message"
)

type previewIn struct {
	Key  string `path:"key" doc:"Your key of the deadline: the case's id, or the case and a stage." example:"OFA-1181:step-4"`
	Body *body[deadlines.Deadline]
}

// reminderView is a reminder that is still to come.
type reminderView struct {
	At time.Time `json:"at" doc:"When the reminder is due."`
	Leaves
	User      string             `json:"user"`
	Kind      deadlines.StepKind `json:"kind" doc:"before, on_day, due or late." enum:"before,on_day,due,late"`
	DueAt     time.Time          `json:"due_at"`
	Escalated bool               `json:"escalated" doc:"It is told to others than those who have to act."`
}

// viewReminders shows reminders to come, and when each leaves.
func (h *handler) viewReminders(ctx context.Context) func(r deadlines.Reminder) reminderView {
	timetable, at := h.timetable.Departures(), now(ctx)
	return func(r deadlines.Reminder) reminderView {
		return viewReminder(r, viewLeaving(timetable.OfReminder(r.Step.At, at)))
	}
}

func viewReminder(r deadlines.Reminder, leaves Leaves) reminderView {
	return reminderView{Leaves: leaves, At: r.Step.At, User: r.User, Kind: r.Step.Kind, DueAt: r.DueAt, Escalated: r.Escalated}
}

type previewOut struct{ Body list[reminderView] }

func (h *handler) previewRoutes(api huma.API) {
	register(h, api, huma.Operation{
		OperationID: "preview-deadline", Method: http.MethodPost, Path: "/deadlines/{key}/preview", Tags: []string{"deadlines"}, Errors: []int{http.StatusNotFound},
		Summary:     "Who will be reminded of a deadline, and when",
		Description: "With a body as for setting it: what would come of it if it was set now. Without one: what is still to come of the deadline as it is. At most 200 reminders; nothing is stored.",
	}, h.previewDeadline)
}

func (h *handler) previewDeadline(ctx context.Context, in *previewIn) (*previewOut, error) {
	c := call(ctx, "")
	if in.Body != nil {
		d, err := in.Body.read()
		if err != nil {
			return nil, err
		}
		if err := same("/key", in.Key, d.Key); err != nil {
			return nil, err
		}
		d.Key = in.Key
		coming, err := h.DeadlineSetter.PreviewDeadline(ctx, c, d)
		return &previewOut{Body: listOf(coming, h.viewReminders(ctx))}, err
	}
	d, err := h.Deadlines.Deadline(ctx, c.Site, in.Key)
	if errors.Is(err, message.ErrNotFound) {
		err = fmt.Errorf("there is no deadline %q. Send what it would be as the body: %w", fault.Truncate(in.Key, 60), err)
	}
	if err != nil {
		return nil, err
	}
	return &previewOut{Body: listOf(h.DeadlineSetter.ComingReminders(c, d), h.viewReminders(ctx))}, nil
}
