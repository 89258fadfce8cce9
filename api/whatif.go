package api

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"notifier/fault"
	"notifier/message"
	"notifier/schedule"
	"notifier/simulate"
)

// WhatIf is the past of a site, and how it is planned there.
type WhatIf struct {
	Past simulate.Past
	// Plan says how a site is set up: kinds, zone and calendar.
	Plan func(site string) simulate.Options
}

type whatIfBody struct {
	Since *time.Time        `json:"since,omitempty" doc:"From when on what came in is taken; seven days before until if absent."`
	Until *time.Time        `json:"until,omitempty" doc:"Until when; now if absent."`
	Set   map[string]string `json:"set" doc:"Other schedules, by job: notifications, user_notifications, reminders. A period as 10m, or five cron fields with a zone behind them; without one the job keeps its zone." example:"{\"notifications\": \"10m\"}"`
}

type whatIfIn struct{ Body body[whatIfBody] }

type whatIfOut struct{ Body whatIfView }

type whatIfView struct {
	Since     time.Time                  `json:"since"`
	Until     time.Time                  `json:"until"`
	Lines     int                        `json:"lines" doc:"How many events, messages and settings were taken."`
	Skipped   int                        `json:"skipped,omitempty" doc:"How many could not be: a kind that is no longer configured."`
	Schedules map[string]schedulesTested `json:"schedules" doc:"By job."`
	Now       summaryView                `json:"now"`
	Try       summaryView                `json:"try"`
	Little    bool                       `json:"too_little_data,omitempty" doc:"Fewer than 20 mails in one of the plans: a comparison in percent says nothing."`
}

type schedulesTested struct {
	Now string `json:"now" example:"every 3 minutes"`
	Try string `json:"try" example:"every 10 minutes"`
}

type summaryView struct {
	Mails       int          `json:"mails"`
	Single      int          `json:"single" doc:"About one event."`
	Digests     int          `json:"digests"`
	Deadlines   int          `json:"deadlines" doc:"Deadline mails."`
	Direct      int          `json:"direct" doc:"Direct messages."`
	MailsADay   meanView     `json:"mails_a_day" doc:"Over the days with any mail, in UTC."`
	RightAway   spreadView   `json:"right_away_wait" doc:"How long mails wait that nobody deferred."`
	PastDue     spreadView   `json:"past_due_wait" doc:"How long deferred mails wait after they were due."`
	Busiest     *busiestView `json:"busiest_minute,omitempty"`
	DigestSizes sizesView    `json:"digest_sizes" doc:"How many messages a digest is made of."`
	Later       int          `json:"after_until" doc:"Mails that leave only after until: a plan goes on until what came in has left."`
	Waiting     int          `json:"still_waiting" doc:"Messages that would still wait: a job is paused without an end, or does not run."`
}

type meanView struct {
	Mean float64 `json:"mean"`
	Max  int     `json:"max"`
}

type spreadView struct {
	P50 string `json:"p50" doc:"Half wait no longer." example:"37s"`
	P95 string `json:"p95" doc:"All but a twentieth wait no longer." example:"2m45s"`
}

type busiestView struct {
	At    time.Time `json:"at"`
	Mails int       `json:"mails"`
}

type sizesView struct {
	P50 int `json:"p50"`
	P95 int `json:"p95"`
	Max int `json:"max"`
}

type journalIn struct {
	Since time.Time `query:"since" doc:"From when on; from the beginning if absent." example:"2026-11-01T00:00:00Z"`
	Until time.Time `query:"until" doc:"Until when; to the end if absent." example:"2026-11-08T00:00:00Z"`
}

func (h *handler) whatIfRoutes(api huma.API) {
	register(h, api, huma.Operation{
		OperationID: "simulate-jobs", Method: http.MethodPost, Path: "/jobs/simulate", Tags: []string{"jobs"}, Errors: []int{http.StatusConflict},
		Summary:     "What other schedules would change",
		Description: "Plans what came in by the timetable in force, wake and pauses included, and by other schedules, side by side, until all has left. Nothing is stored or sent. At most a million events, messages and settings are taken, and one trial runs at a time.",
	}, h.tryJobs)
	register(h, api, huma.Operation{
		OperationID: "export-journal", Method: http.MethodGet, Path: "/journal", Tags: []string{"jobs"},
		Summary:     "What came in, as a journal",
		Description: "A JSON object on each line, in time order, as notifier simulate and notifier replay read it. What mails said is left out. If it cannot be read to its end, the last line says so in place of an operation.",
		Responses: map[string]*huma.Response{"200": {
			Description: "The journal.",
			Content:     map[string]*huma.MediaType{"application/x-ndjson": {Schema: &huma.Schema{Type: huma.TypeString, Description: "An operation on each line."}}},
		}},
	}, h.exportJournal)
}

// tryJobs plans the past by the schedules of now and by others.
func (h *handler) tryJobs(ctx context.Context, in *whatIfIn) (*whatIfOut, error) {
	t, err := in.Body.read()
	if err != nil {
		return nil, err
	}
	v := whatIfView{Until: now(ctx), Schedules: map[string]schedulesTested{}}
	if t.Until != nil {
		v.Until = t.Until.UTC()
	}
	v.Since = v.Until.AddDate(0, 0, -7)
	if t.Since != nil {
		v.Since = t.Since.UTC()
	}
	site := callerOf(ctx).Site
	present := h.o.WhatIf.Plan(site)
	present.Until = v.Until
	other := present
	if err := h.schedules(ctx, t, &v, &present, &other); err != nil {
		return nil, err
	}
	if !h.trying.TryLock() {
		return nil, problem(http.StatusConflict, "running", "Another trial is running. Wait for its end.")
	}
	defer h.trying.Unlock()
	trial, err := simulate.Try(simulate.NewHistory(ctx, h.o.WhatIf.Past, site, v.Since, v.Until), present, other)
	if errors.Is(err, simulate.ErrTooMuch) {
		var bad fault.Invalid
		bad.Add("/since", "too_much", "there are more than %d events, messages and settings in this time. Choose a shorter one", simulate.MaxItems)
		return nil, &bad
	}
	if err != nil {
		return nil, err
	}
	v.Little = simulate.TooLittle(trial.Summaries[0], trial.Summaries[1])
	v.Lines, v.Skipped, v.Now, v.Try = trial.Lines, trial.Skipped, viewSummary(trial.Summaries[0]), viewSummary(trial.Summaries[1])
	return &whatIfOut{Body: v}, nil
}

// schedules are those of now, and those to try.
func (h *handler) schedules(ctx context.Context, t whatIfBody, v *whatIfView, present, other *simulate.Options) error {
	var bad fault.Invalid
	if !v.Since.Before(v.Until) {
		bad.Add("/since", "bad_range", "since is not before until. Give an earlier one")
	}
	stands := map[string]schedule.Standing{}
	tried, woken := map[string]schedule.Schedule{}, (*bool)(nil)
	for _, job := range schedule.Public() {
		state, err := h.timetable.Line(ctx, job)
		if err != nil {
			return err
		}
		before, err := state.Spec.Compile()
		if err != nil {
			return err
		}
		after := before
		stands[job] = state.Standing()
		if text, given := t.Set[job]; given {
			patch, wake, err := schedule.ParseSet(job, text)
			if err == nil {
				after, err = patch.Apply(state.Spec).Compile()
			}
			if wake != nil {
				woken = wake
			}
			bad.Check("/set/"+job, "bad_schedule", err)
		}
		tried[job] = after
		v.Schedules[job] = schedulesTested{Now: before.Words(), Try: after.Words()}
	}
	*present = present.Under(stands)
	*other = *present
	for name, try := range tried {
		*other.Of(name) = try
	}
	if woken != nil {
		other.Wake = *woken
	}
	for _, name := range slices.Sorted(maps.Keys(t.Set)) {
		if _, known := v.Schedules[name]; !known {
			bad.Add("/set/"+name, "unknown_job", "there is no job %q.%s", fault.Truncate(name, 60), fault.Suggest(name, slices.Sorted(maps.Keys(v.Schedules))))
		}
	}
	return bad.Err()
}

func viewSummary(s simulate.Summary) summaryView {
	v := summaryView{
		Mails: s.Mails, Single: s.ByType[message.Single], Digests: s.ByType[message.Digest], Deadlines: s.ByType[message.Reminder], Direct: s.ByType[message.Direct],
		MailsADay: meanView{Mean: s.Mean(), Max: s.MaxDay}, RightAway: viewSpread(s.RightAway), PastDue: viewSpread(s.PastDue),
		DigestSizes: sizesView{s.Digest.P50, s.Digest.P95, s.Digest.Max}, Later: s.Later, Waiting: s.Waiting,
	}
	if s.Peak > 0 {
		v.Busiest = &busiestView{At: s.Busiest, Mails: s.Peak}
	}
	return v
}

func viewSpread(s simulate.Spread) spreadView {
	return spreadView{s.P50.Round(time.Second).String(), s.P95.Round(time.Second).String()}
}

// exportJournal writes what came in as it is read.
func (h *handler) exportJournal(ctx context.Context, in *journalIn) (*huma.StreamResponse, error) {
	if !in.Since.IsZero() && !in.Until.IsZero() && !in.Since.Before(in.Until) {
		var bad fault.Invalid
		bad.Add("query.since", "bad_range", "since is not before until. Give an earlier one")
		return nil, &bad
	}
	history := simulate.NewHistory(ctx, h.o.WhatIf.Past, callerOf(ctx).Site, in.Since.UTC(), in.Until.UTC())
	if err := history.Begin(); err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(out huma.Context) {
		out.SetHeader("Content-Type", "application/x-ndjson")
		if n, err := simulate.WriteJournal(out.BodyWriter(), history); err != nil && ctx.Err() == nil {
			fmt.Fprintf(out.BodyWriter(), `{"do":"broken_off","after":%d}`+"\n", n)
		}
	}}, nil
}
