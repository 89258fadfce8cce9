package console

import (
	"fmt"
	"net/http"
	"time"

	"notifier/access"
	"notifier/jobs"
	"notifier/schedule"
	"notifier/web"
)

// jobChange is one time that somebody changed a job.
type jobChange struct {
	At       time.Time
	By, What string
}

// lastChanges is how many changes of a job are shown.
const lastChanges = 20

// jobChanges are the last changes of a job, by whichever way they were made.
func (c *console) jobChanges(r *http.Request, p *jobPage) ([]jobChange, error) {
	found, err := c.People.Audit(r.Context(), site(r), access.RecordFilter{Subject: "/jobs/" + p.Job.Name, Limit: lastChanges})
	if err != nil {
		return nil, err
	}
	var all []jobChange
	for _, record := range found {
		all = append(all, jobChange{record.At, record.By, p.changed(record)})
	}
	return all, nil
}

// changed says what a record of a job is about.
func (b base) changed(r access.Record) string {
	words := b.Clock.Words
	text := func(key string) string {
		if v, is := r.After[key]; is {
			return fmt.Sprint(v)
		}
		return ""
	}
	switch r.Action {
	case "pause-job":
		what := words.T("job.was_paused")
		if at, err := time.Parse(time.RFC3339, text("paused_until")); err == nil {
			what = words.T("job.was_paused_until", "Moment", b.Clock.Moment(at))
		}
		if note := text("note"); note != "" {
			what += " · " + note
		}
		return what
	case "resume-job":
		return words.T("job.was_resumed")
	case "run-job":
		return words.T("job.was_run")
	}
	spec := schedule.Spec{Every: text("every"), Cron: text("cron"), Timezone: text("timezone")}
	what := text("schedule")
	if spec.Every != "" || spec.Cron != "" {
		what = b.Schedule(spec)
	}
	if what == "" {
		what = words.T("job.was_changed")
	}
	return what
}

// tellJob puts into the record of a change what is different, in the words of the API. What
// changed nothing has no record.
func tellJob(r *http.Request, before, after jobs.State) {
	if before.Version == after.Version {
		web.Idle(r.Context())
		return
	}
	web.Tell(r.Context(), func(record *access.Record) {
		record.Subject = "/jobs/" + after.Name
		record.Before, record.After = stateOf(before), stateOf(after)
	})
}

// tellRun notes a run that somebody asked for.
func tellRun(r *http.Request, name string, run schedule.Run) {
	web.Tell(r.Context(), func(record *access.Record) {
		record.Subject, record.Before, record.After = "/jobs/"+name, nil, access.State{"run": string(run.ID)}
	})
}

func stateOf(s jobs.State) access.State {
	state := access.State{"schedule": s.Words, "wake": s.Wake, "paused": s.Paused}
	for key, value := range map[string]string{"every": s.Spec.Every, "cron": s.Spec.Cron, "timezone": s.Spec.Timezone, "note": s.Note} {
		if value != "" {
			state[key] = value
		}
	}
	if !s.Until.IsZero() {
		state["paused_until"] = s.Until.Format(time.RFC3339)
	}
	return state
}
