package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"notifier/fault"
	"notifier/jobs"
	"notifier/schedule"
)

// RunRecords reads the runs of jobs.
type RunRecords interface {
	Runs(ctx context.Context, job string, n int) ([]schedule.Run, error)
}

type jobIn struct {
	Name string `path:"name" doc:"notifications, user_notifications or reminders." example:"notifications"`
}

type jobChange struct {
	Every    *string `json:"every,omitempty" nullable:"true" doc:"A period on the clock, from 1s to 168h: 3m runs at :00, :03, :06 … It takes the place of cron." example:"3m"`
	Cron     *string `json:"cron,omitempty" nullable:"true" doc:"Five cron fields, which take the place of every. The zone stays." example:"0 * * * *"`
	Timezone *string `json:"timezone,omitempty" nullable:"true" doc:"The zone of cron; null for UTC." example:"Europe/Warsaw"`
	Wake     *bool   `json:"wake,omitempty" nullable:"true" doc:"Whether new work starts a run between two ticks; null for what config.yaml says."`
	Reset    bool    `json:"reset,omitempty" doc:"Back to what config.yaml says."`
}

type changeJobIn struct {
	Name string `path:"name" doc:"notifications, user_notifications or reminders." example:"notifications"`
	IfMatch
	Body patch[jobChange]
}

type pauseOptions struct {
	Note  string     `json:"note,omitempty" doc:"Why, for the others." maxLength:"200"`
	Until *time.Time `json:"until,omitempty" doc:"When the pause ends by itself, within a year; if absent, somebody ends it." example:"2026-11-25T15:00:00Z"`
}

type pauseIn struct {
	Name string `path:"name" doc:"notifications, user_notifications or reminders." example:"notifications"`
	Body *body[pauseOptions]
}

type jobView struct {
	Name         string         `json:"name"`
	Every        string         `json:"every,omitempty"`
	Cron         string         `json:"cron,omitempty"`
	Timezone     string         `json:"timezone,omitempty"`
	Wake         bool           `json:"wake"`
	Schedule     string         `json:"schedule" doc:"The schedule in words."`
	Paused       bool           `json:"paused"`
	Note         string         `json:"note,omitempty" doc:"Why it is paused."`
	PausedUntil  *time.Time     `json:"paused_until,omitempty" doc:"When the pause ends by itself."`
	Next         []time.Time    `json:"next" doc:"The next five runs; none while it is paused without an end."`
	Holder       string         `json:"holder,omitempty" doc:"The replica that runs it now, where one does for all."`
	RunningSince *time.Time     `json:"running_since,omitempty" doc:"On this replica."`
	LastRun      *schedule.Run  `json:"last_run,omitempty"`
	Configured   *schedule.Spec `json:"configured,omitempty" doc:"What config.yaml says, where an admin has set something else."`
	ChangedAt    time.Time      `json:"changed_at"`
	ChangedBy    string         `json:"changed_by,omitempty"`
}

type jobOut struct {
	ETag string `header:"ETag" doc:"The version of its line, for If-Match."`
	Body jobView
}

type jobsOut struct{ Body list[jobView] }

type runOut struct{ Body schedule.Run }

type runsIn struct {
	Name  string `path:"name" doc:"notifications, user_notifications or reminders." example:"notifications"`
	Limit int    `query:"limit" doc:"How many at most." minimum:"1" maximum:"200" default:"20"`
}

type runsOut struct{ Body list[schedule.Run] }

func (h *handler) jobRoutes(api huma.API) {
	tags, unknownJob := []string{"jobs"}, []int{http.StatusNotFound}
	register(h, api, huma.Operation{
		OperationID: "list-jobs", Method: http.MethodGet, Path: "/jobs", Tags: tags, Summary: "The three jobs and their timetable",
	}, func(ctx context.Context, _ *struct{}) (*jobsOut, error) {
		states, err := h.timetable.Lines(ctx)
		return &jobsOut{Body: listOf(states, func(s jobs.State) jobView { return viewJob(seenBy(ctx, s)) })}, err
	})
	register(h, api, huma.Operation{
		OperationID: "get-job", Method: http.MethodGet, Path: "/jobs/{name}", Tags: tags, Errors: unknownJob, Summary: "One job",
	}, func(ctx context.Context, in *jobIn) (*jobOut, error) {
		s, err := h.timetable.Line(ctx, in.Name)
		return answerJob(seenBy(ctx, s), err)
	})
	register(h, api, huma.Operation{
		OperationID: "change-job", Method: http.MethodPatch, Path: "/jobs/{name}", Tags: tags, Errors: append(unknownJob, http.StatusPreconditionFailed),
		Summary: "Change when a job runs", Description: "It reaches all replicas within seconds and never makes the job run by itself. It wins over config.yaml until it is reset.",
	}, h.changeJob)
	register(h, api, huma.Operation{
		OperationID: "pause-job", Method: http.MethodPost, Path: "/jobs/{name}/pause", Tags: tags, Errors: unknownJob,
		Summary: "Pause a job", Description: "Runs that are missed meanwhile are not made up. With until it ends by itself, and the job runs at its next time.",
	}, h.pauseJob)
	register(h, api, huma.Operation{
		OperationID: "resume-job", Method: http.MethodPost, Path: "/jobs/{name}/resume", Tags: tags, Errors: unknownJob, Summary: "End a pause",
	}, func(ctx context.Context, in *jobIn) (*jobOut, error) {
		return answerJob(h.timetable.Resume(ctx, in.Name, callerOf(ctx).Name))
	})
	register(h, api, huma.Operation{
		OperationID: "run-job", Method: http.MethodPost, Path: "/jobs/{name}/run", Tags: tags, Errors: []int{http.StatusNotFound, http.StatusConflict}, DefaultStatus: http.StatusAccepted,
		Summary: "Run a job once, now", Description: "Also while it is paused. The schedule stays as it is.",
	}, func(_ context.Context, in *jobIn) (*runOut, error) {
		run, err := h.timetable.RunNow(in.Name)
		return &runOut{Body: run}, err
	})
	register(h, api, huma.Operation{
		OperationID: "list-runs", Method: http.MethodGet, Path: "/jobs/{name}/runs", Tags: tags, Errors: unknownJob, Summary: "The runs of a job, newest first",
	}, h.runs)
}

func (h *handler) changeJob(ctx context.Context, in *changeJobIn) (*jobOut, error) {
	c, err := in.Body.read()
	if err != nil {
		return nil, err
	}
	change := jobs.Change{
		Match: in.Match, Wake: c.Wake, Reset: c.Reset,
		Patch: schedule.Patch{Every: c.Every, Cron: c.Cron, Timezone: c.Timezone},
	}
	if in.Body.nulls["wake"] {
		change.Wake, change.ForgetWake = nil, true
	}
	var bad fault.Invalid
	switch {
	case c.Reset && !change.Patch.IsZero():
		bad.Add("/reset", "not_allowed", "reset goes back to what config.yaml says. Leave out every, cron and timezone, or reset")
	case change.Patch.IsZero() && c.Wake == nil && !c.Reset:
		bad.Add("", "missing", "there is nothing to change. Give every, cron, timezone, wake or reset")
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	return answerJob(h.timetable.Change(ctx, in.Name, change, callerOf(ctx).Name))
}

func (h *handler) pauseJob(ctx context.Context, in *pauseIn) (*jobOut, error) {
	options, err := in.Body.read()
	if err != nil {
		return nil, err
	}
	return answerJob(h.timetable.Pause(ctx, in.Name, jobs.Rest{Note: options.Note, Until: instantOf(options.Until)}, callerOf(ctx).Name))
}

func instantOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

func (h *handler) runs(ctx context.Context, in *runsIn) (*runsOut, error) {
	if _, err := h.timetable.Line(ctx, in.Name); err != nil {
		return nil, err
	}
	found, err := h.Runs.Runs(ctx, in.Name, in.Limit)
	return &runsOut{Body: listOf(found, func(r schedule.Run) schedule.Run { return r })}, err
}

// seenBy is a job as a caller may see it: what a run did, it did for all sites.
func seenBy(ctx context.Context, s jobs.State) jobs.State {
	if !callerOf(ctx).Home {
		s.Last = schedule.Run{}
	}
	return s
}

func answerJob(s jobs.State, err error) (*jobOut, error) {
	if err != nil {
		return nil, err
	}
	return &jobOut{ETag: etag(int64(s.Version)), Body: viewJob(s)}, nil
}

func viewJob(s jobs.State) jobView {
	v := jobView{
		Name: s.Name, Every: s.Spec.Every, Cron: s.Spec.Cron, Timezone: s.Spec.Timezone, Wake: s.Wake, Schedule: s.Words,
		Paused: s.Paused, Note: s.Note, PausedUntil: orNil(s.Until), Holder: s.Holder, Next: append([]time.Time{}, s.Next...), RunningSince: orNil(s.Running), ChangedAt: s.ChangedAt, ChangedBy: s.ChangedBy,
	}
	if s.Last.ID != "" {
		v.LastRun = &s.Last
	}
	if s.Overridden {
		v.Configured = &s.Configured
	}
	return v
}
