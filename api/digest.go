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
	"notifier/preferences"
	"notifier/request"
	"notifier/schedule"
	"notifier/simulate"
)

// Digests are what waits for people, and what becomes of it.
type Digests struct {
	Waits Waits
	// Close decides what becomes of what waits, by the code that does when it is due.
	Close interface {
		SendNow(ctx context.Context, c request.Call, user string) (sent message.SentNow, replayed bool, err error)
		Preview(items []message.Message, at time.Time) (message.Message, bool)
	}
	// Wake is called when a message has become pending.
	Wake func()
	// Compose writes a mail as it leaves.
	Compose func(message.Message) ([]byte, error)
}

// Waits are the records of what waits, and of what people were told.
type Waits interface {
	Waiting(ctx context.Context, site, user string, n int) ([]message.Message, error)
	WaitingUsers(ctx context.Context, site, after string, n int) ([]message.Waits, error)
	Told(ctx context.Context, site, user string, since time.Time, n int) ([]message.Message, error)
}

type digestView struct {
	User     string     `json:"user"`
	Timezone string     `json:"timezone"`
	DueAt    *time.Time `json:"due_at,omitempty" doc:"When the next digest is due; absent if nothing waits."`
	Leaves
	Messages []waitingView `json:"messages" doc:"What waits, in the order in which it is due."`
}

// Leaves is when mail leaves that is due: a promise to the person (RULES 2).
type Leaves struct {
	LeavesAt *time.Time `json:"leaves_at" nullable:"true" doc:"When the mail leaves: with the first run of the jobs at or after it is due. Null while a job is paused without an end, and where nothing is due."`
	WaitsFor string     `json:"waits_for,omitempty" doc:"The job that is paused without an end, so that nobody knows when the mail leaves." example:"user_notifications"`
}

func viewLeaving(l schedule.Leaving) Leaves { return Leaves{l.Announced(), l.WaitsFor} }

// waitsView is for whom something waits.
type waitsView struct {
	message.Waits
	Leaves
}

type waitingView struct {
	ID    message.ID   `json:"id"`
	Kind  message.Kind `json:"kind"`
	DueAt time.Time    `json:"due_at"`
	Leaves
	OccurredAt time.Time      `json:"occurred_at"`
	Reason     message.Reason `json:"reason" example:"preference_daily"`
	Setting    string         `json:"setting" example:"daily 08:00"`
	Case       *message.Case  `json:"case,omitempty"`
	Subject    string         `json:"subject"`
}

type digestOut struct{ Body digestView }

type waitsIn struct {
	Limit  int    `query:"limit" doc:"How many at most." minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" doc:"next_cursor of the page before."`
}

type waitsOut struct{ Body page[waitsView] }

type waiterIn struct {
	ID string `path:"id" doc:"The user's id." example:"anna"`
}

type digestPreviewIn struct {
	ID     string `path:"id" doc:"The user's id." example:"anna"`
	Format string `query:"format" doc:"html, text, or eml for the whole mail." enum:"html,text,eml" default:"html"`
	Now    bool   `query:"now" doc:"All that waits, as it would leave now; otherwise the next digest, as it will leave when it is due."`
}

type sendDigestIn struct {
	ID string `path:"id" doc:"The user's id." example:"anna"`
	Keyed
}

type sentNowOut struct {
	Replayed
	Body message.SentNow
}

type estimateOut struct{ Body estimateView }

type estimateView struct {
	Days  int                           `json:"days" doc:"Over how many days it was counted: 28, or since the user was first told of anything."`
	Kinds map[message.Kind]kindEstimate `json:"kinds"`
}

type kindEstimate struct {
	Events  int                               `json:"events" doc:"Events of this kind in that time."`
	Chosen  preferences.Frequency             `json:"chosen"`
	AWeek   *float64                          `json:"events_a_week,omitempty" doc:"Absent where nothing happened."`
	Choices map[preferences.Frequency]float64 `json:"mails_a_week,omitempty" doc:"Mails a week for each choice; absent where nothing happened."`
}

// mostWaiting is how much of what waits for one user is read.
const mostWaiting = 10_000

func (h *handler) digestRoutes(api huma.API) {
	tags, unknown := []string{"users"}, []int{http.StatusNotFound}
	register(h, api, huma.Operation{
		OperationID: "list-digests", Method: http.MethodGet, Path: "/digests", Tags: tags, Summary: "For whom something waits",
	}, func(ctx context.Context, in *waitsIn) (*waitsOut, error) {
		found, err := h.o.Digests.Waits.WaitingUsers(ctx, callerOf(ctx).Site, in.Cursor, in.Limit+1)
		timetable, at := h.timetable.Departures(), now(ctx)
		show := func(w message.Waits) waitsView { return waitsView{w, viewLeaving(timetable.OfDigest(w.DueAt, at))} }
		return &waitsOut{Body: pageOf(found, in.Limit, show, func(w message.Waits) string { return w.User })}, err
	})
	register(h, api, huma.Operation{
		OperationID: "get-digest", Method: http.MethodGet, Path: "/users/{id}/digest", Tags: tags, Errors: unknown, Summary: "What waits for a user, and when it is due",
	}, h.digest)
	register(h, api, huma.Operation{
		OperationID: "preview-digest", Method: http.MethodGet, Path: "/users/{id}/digest/preview", Tags: tags, Errors: unknown,
		Summary: "The next digest of a user, as it will look", Description: "It is made by the code that sends it. Nothing is stored or sent.",
		Responses: map[string]*huma.Response{"200": {Description: "The mail.", Content: map[string]*huma.MediaType{
			"text/html; charset=utf-8": page200, "text/plain; charset=utf-8": page200, "message/rfc822": page200,
		}}},
	}, h.previewDigest)
	register(h, api, huma.Operation{
		OperationID: "send-digest", Method: http.MethodPost, Path: "/users/{id}/digest/send", Tags: tags, Errors: unknown,
		Summary: "Do not wait for the digest of a user", Description: "What waits leaves with the next flush: one message as it is, several as one digest.",
	}, h.sendDigest)
	register(h, api, huma.Operation{
		OperationID: "estimate-preferences", Method: http.MethodGet, Path: "/users/{id}/preferences/estimate", Tags: tags, Errors: unknown,
		Summary:     "How many mails a week each choice would mean",
		Description: "Counted from the user's own events of the last 28 days, each kind for itself. Without events there are no numbers.",
	}, h.estimate)
}

var page200 = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}

// waiting is what waits for a user, addressed as the user is now.
func (h *handler) waiting(ctx context.Context, id string) (preferences.User, []message.Message, error) {
	site := callerOf(ctx).Site
	u, err := h.Users.User(ctx, site, id)
	if err != nil {
		return u, nil, err
	}
	items, err := h.o.Digests.Waits.Waiting(ctx, site, id, mostWaiting)
	for i, m := range items {
		items[i] = u.Person().Address(m)
	}
	return u, items, err
}

func (h *handler) digest(ctx context.Context, in *waiterIn) (*digestOut, error) {
	u, items, err := h.waiting(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	v := digestView{User: u.ID, Timezone: u.Person().Timezone, Messages: []waitingView{}}
	timetable, at := h.timetable.Departures(), now(ctx)
	for _, m := range items {
		leaves := viewLeaving(timetable.OfDigest(m.DueAt, at))
		if v.DueAt == nil {
			v.DueAt, v.Leaves = &m.DueAt, leaves
		}
		w := waitingView{Leaves: leaves, ID: m.ID, Kind: m.Kind, DueAt: m.DueAt, OccurredAt: m.OccurredAt, Reason: m.Reason, Setting: m.Setting, Subject: m.Subject}
		if m.Case != (message.Case{}) {
			w.Case = &m.Case
		}
		v.Messages = append(v.Messages, w)
	}
	return &digestOut{Body: v}, nil
}

func (h *handler) previewDigest(ctx context.Context, in *digestPreviewIn) (*huma.StreamResponse, error) {
	_, items, err := h.waiting(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	at := now(ctx)
	if len(items) > 0 && !in.Now {
		at = h.closes(items[0].DueAt, at)
	}
	due := items
	for i, m := range items {
		if !in.Now && m.DueAt.After(at) {
			due = items[:i]
			break
		}
	}
	m, any := h.o.Digests.Close.Preview(due, at)
	if !any {
		return nil, fmt.Errorf("nothing waits for %q that could be sent: %w", fault.Truncate(in.ID, 60), message.ErrNotFound)
	}
	m = h.o.Write(m)
	kind, mail := "text/html; charset=utf-8", []byte(m.HTML)
	switch in.Format {
	case "text":
		kind, mail = "text/plain; charset=utf-8", []byte(m.Text)
	case "eml":
		kind = "message/rfc822"
		if mail, err = h.o.Digests.Compose(m); err != nil {
			return nil, err
		}
	}
	return &huma.StreamResponse{Body: func(out huma.Context) {
		out.SetHeader("Content-Type", kind)
		out.SetHeader("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:")
		_, _ = out.BodyWriter().Write(mail) // the caller is gone if this fails
	}}, nil
}

// closes is when the digest is made that is due at that time. While the job is paused without
// an end nobody knows, and the digest is shown as at its due time.
func (h *handler) closes(due, now time.Time) time.Time {
	if at, known := h.timetable.Departures().Closes(due, now); known {
		return at
	}
	if due.After(now) {
		return due
	}
	return now
}

func (h *handler) sendDigest(ctx context.Context, in *sendDigestIn) (*sentNowOut, error) {
	sent, replayed, err := h.o.Digests.Close.SendNow(ctx, call(ctx, in.Key), in.ID)
	if errors.Is(err, message.ErrNotFound) {
		_, err = h.Users.User(ctx, callerOf(ctx).Site, in.ID) // which says it better
	}
	if err != nil {
		return nil, err
	}
	if sent.Message != "" && !replayed {
		h.o.Digests.Wake()
	}
	return &sentNowOut{Replayed: yes(replayed), Body: sent}, nil
}

func (h *handler) estimate(ctx context.Context, in *waiterIn) (*estimateOut, error) {
	site, at := callerOf(ctx).Site, now(ctx)
	u, err := h.Users.User(ctx, site, in.ID)
	if err != nil {
		return nil, err
	}
	told, err := h.o.Digests.Waits.Told(ctx, site, in.ID, at.Add(-simulate.EstimateOver), mostWaiting)
	if err != nil {
		return nil, err
	}
	o := h.o.WhatIf.Plan(site)
	for _, name := range schedule.Public() {
		state, err := h.timetable.Line(ctx, name)
		if err == nil {
			*o.Of(name), err = state.Spec.Compile()
		}
		if err != nil {
			return nil, err
		}
	}
	v := estimateView{Kinds: map[message.Kind]kindEstimate{}}
	days, kinds := simulate.Weekly(told, u, o, at)
	v.Days = days
	for kind, w := range kinds {
		e := kindEstimate{Events: w.Events, Chosen: u.Preferences.Frequencies[kind], Choices: w.Choices}
		if w.Events > 0 {
			e.AWeek = &w.AWeek
		}
		v.Kinds[kind] = e
	}
	return &estimateOut{Body: v}, nil
}
