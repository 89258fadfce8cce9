package console

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"notifier/jobs"
	"notifier/message"
	"notifier/schedule"
	"notifier/web"
)

type jobsPage struct {
	base
	Jobs []jobs.State
}

// jobs shows the three jobs.
func (c *console) jobs(w http.ResponseWriter, r *http.Request) error {
	p := jobsPage{base: c.base(r, "jobs", "nav.jobs")}
	var err error
	if p.Jobs, err = c.timetable.Lines(r.Context()); err != nil {
		return err
	}
	return c.show(w, r, p.Lang, "jobs.html", p)
}

// Schedule is when a job runs, in words.
func (b base) Schedule(s schedule.Spec) string {
	if s.Every != "" {
		return b.Clock.Words.T("job.every", "Every", s.Every)
	}
	zone := s.Timezone
	if zone == "" {
		zone = "UTC"
	}
	if s.Cron == "0 * * * *" {
		return b.Clock.Words.T("job.hourly")
	}
	return b.Clock.Words.T("job.cron", "Cron", s.Cron, "Zone", zone)
}

// Took is how long a run took.
func (b base) Took(run schedule.Run) string {
	if run.EndedAt.IsZero() {
		return "…"
	}
	return run.EndedAt.Sub(run.StartedAt).Round(time.Millisecond).String()
}

type jobPage struct {
	base
	Job     jobs.State
	Runs    []schedule.Run
	Mode    string // every or cron
	Try     schedule.Spec
	Next    []time.Time // of what is tried
	Trying  bool
	Wrong   string
	Preview string // in words
}

// job shows one job, its runs, and what another schedule would be.
func (c *console) job(w http.ResponseWriter, r *http.Request) error {
	p := jobPage{base: c.base(r, "jobs", "")}
	if err := c.readJob(r, &p); err != nil {
		return err
	}
	query := r.URL.Query()
	p.Try, p.Mode = p.Job.Spec, "every"
	if p.Job.Spec.Every == "" {
		p.Mode = "cron"
	}
	if query.Has("mode") {
		p.Trying, p.Mode, p.Try = true, query.Get("mode"), tried(query.Get)
		s, err := p.Try.Compile()
		if err != nil {
			p.Wrong = faults(err)
		} else {
			p.Next, p.Preview = s.NextN(time.Now(), 5), p.Schedule(s.Spec())
		}
	}
	return c.show(w, r, p.Lang, "job.html", p)
}

func (c *console) readJob(r *http.Request, p *jobPage) (err error) {
	if p.Job, err = c.timetable.Line(r.Context(), r.PathValue("name")); err != nil {
		return err
	}
	p.Title = p.Clock.Words.T("job." + p.Job.Name)
	p.Runs, err = c.records.Runs(r.Context(), p.Job.Name, 20)
	return err
}

// tried is the schedule that a form proposes.
func tried(get func(string) string) schedule.Spec {
	if get("mode") == "cron" {
		return schedule.Spec{Cron: strings.TrimSpace(get("cron")), Timezone: strings.TrimSpace(get("timezone"))}
	}
	return schedule.Spec{Every: strings.TrimSpace(get("every"))}
}

func faults(err error) string {
	invalid, is := errors.AsType[*message.Invalid](err)
	if !is {
		return err.Error()
	}
	var all []string
	for _, f := range invalid.Faults {
		all = append(all, f.Detail)
	}
	return strings.Join(all, " ")
}

// changeJob sets another schedule, which never makes the job run by itself.
func (c *console) changeJob(w http.ResponseWriter, r *http.Request) error {
	name, who := r.PathValue("name"), web.Who(r.Context())
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if r.ParseForm() != nil || !who.Home {
		return message.ErrNotFound
	}
	if r.PostForm.Get("do") == "reset" {
		if _, err := c.timetable.Change(r.Context(), name, jobs.Change{Reset: true}, who.Name); err != nil {
			return err
		}
		return back(w, r, "/jobs/"+name, "reset")
	}
	spec := tried(r.PostForm.Get)
	_, err := c.timetable.Change(r.Context(), name, jobs.Change{Spec: &spec}, who.Name)
	if _, is := errors.AsType[*message.Invalid](err); is {
		p := jobPage{base: c.base(r, "jobs", ""), Trying: true, Mode: r.PostForm.Get("mode"), Try: spec, Wrong: faults(err)}
		if err := c.readJob(r, &p); err != nil {
			return err
		}
		return pages.Render(w, r, p.Lang, http.StatusUnprocessableEntity, "job.html", p)
	}
	if err != nil {
		return err
	}
	return back(w, r, "/jobs/"+name, "save")
}

// runJob runs, pauses or resumes a job.
func (c *console) runJob(w http.ResponseWriter, r *http.Request) (err error) {
	name, deed, who := r.PathValue("name"), r.PathValue("deed"), web.Who(r.Context())
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if r.ParseForm() != nil || !who.Home {
		return message.ErrNotFound
	}
	switch deed {
	case "run":
		_, err = c.timetable.RunNow(name)
	case "pause":
		_, err = c.timetable.Pause(r.Context(), name, jobs.Rest{Note: r.PostForm.Get("note")}, who.Name)
	case "resume":
		_, err = c.timetable.Resume(r.Context(), name, who.Name)
	default:
		err = message.ErrNotFound
	}
	if err != nil {
		return err
	}
	return back(w, r, "/jobs/"+name, deed)
}
