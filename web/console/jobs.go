package console

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"notifier/fault"
	"notifier/jobs"
	"notifier/message"
	"notifier/schedule"
	"notifier/wallclock"
	"notifier/web"
)

// RunRecords reads the runs of jobs.
type RunRecords interface {
	Runs(ctx context.Context, job string, n int) ([]schedule.Run, error)
}

// JobControl changes when jobs run, and runs one now.
type JobControl interface {
	Change(ctx context.Context, name string, c jobs.Change, by string) (jobs.State, error)
	Pause(ctx context.Context, name string, r jobs.Rest, by string) (jobs.State, error)
	Resume(ctx context.Context, name, by string) (jobs.State, error)
	RunNow(name string) (schedule.Run, error)
}

type jobsPage struct {
	base
	Jobs  []listed
	Inner []jobs.State
}

// listed is a job with how long its last runs took.
type listed struct {
	jobs.State
	Runs []schedule.Run
}

// lastRuns is how many runs of a job are shown.
const lastRuns = 20

// jobs shows the three jobs, and what runs by itself.
func (c *console) jobs(w http.ResponseWriter, r *http.Request) error {
	p := jobsPage{base: c.base(r, "jobs", "nav.jobs"), Inner: c.timetable.Inner()}
	states, err := c.timetable.Lines(r.Context())
	if err != nil {
		return err
	}
	for _, s := range states {
		runs, err := c.Runs.Runs(r.Context(), s.Name, lastRuns)
		if err != nil {
			return err
		}
		p.Jobs = append(p.Jobs, listed{s, runs})
	}
	return c.show(w, r, p.Lang, "jobs.html", p)
}

// When is when a job runs, in words.
func (b base) When(s jobs.State) string {
	if s.Wake {
		return b.Schedule(s.Spec) + ", " + b.Clock.Words.T("job.wake")
	}
	return b.Schedule(s.Spec)
}

type jobPage struct {
	base
	Job     jobs.State
	Next    []time.Time
	Form    jobForm
	Wrong   string
	Tried   []time.Time // the next five of the form
	Words   string      // of the form
	Effect  string
	Differs bool // the form says something else than what is in force
	Try     string
	Zones   []string
	Runs    []schedule.Run
	Changes []jobChange
	Rest    restForm
}

// nextRuns is how many runs to come are shown of what is in force, and previewed of what
// is tried.
const (
	nextRuns  = 10
	previewed = 5
)

// job shows one job, its runs, and what another schedule would be.
func (c *console) job(w http.ResponseWriter, r *http.Request) error {
	p := jobPage{base: c.base(r, "jobs", "")}
	if err := c.readJob(r, &p); err != nil {
		return err
	}
	p.Form = formOf(p.Job)
	if query := r.URL.Query(); query.Has("mode") {
		p.Form = readForm(query)
	}
	p.preview()
	return c.show(w, r, p.Lang, "job.html", p)
}

func (c *console) readJob(r *http.Request, p *jobPage) (err error) {
	if p.Job, err = c.timetable.Line(r.Context(), r.PathValue("name")); err != nil {
		return err
	}
	p.Title, p.Next = p.Clock.Words.T("job."+p.Job.Name), p.Job.Coming(nextRuns)
	if p.MayPlan {
		p.Zones = wallclock.Names()
		if p.Changes, err = c.jobChanges(r, p); err != nil {
			return err
		}
	}
	p.Runs, err = c.Runs.Runs(r.Context(), p.Job.Name, lastRuns)
	return err
}

// preview reckons what the form says: when it would run, and what that means for mail.
func (p *jobPage) preview() {
	s, err := p.Form.spec().Compile()
	if err != nil {
		p.Wrong = faults(err)
		return
	}
	p.Tried, p.Words = s.NextN(p.Clock.Now(), previewed), p.Schedule(s.Spec())
	p.Effect = p.effect(p.Job, s, p.Form.Wake)
	inForce, err := p.Job.Spec.Compile()
	p.Differs = err != nil || !s.Alike(inForce) || p.Form.Wake != p.Job.Wake
	p.Try = s.Spec().Every
	if p.Try == "" && s.Spec().Timezone == "UTC" { // what-if takes a cron in UTC
		p.Try = s.Spec().Cron
	}
}

func faults(err error) string {
	invalid, is := errors.AsType[*fault.Invalid](err)
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
	before, err := c.timetable.Line(r.Context(), name)
	if err != nil {
		return err
	}
	change, done, form := jobs.Change{Reset: true}, "reset", readForm(r.PostForm)
	if r.PostForm.Get("do") != "reset" {
		spec := form.spec()
		change, done = jobs.Change{Spec: &spec}, "save"
		if before.Name == schedule.Notifications && form.Wake != before.Wake {
			change.Wake = &form.Wake
		}
	}
	after, err := c.control.Change(r.Context(), name, change, who.Name)
	if _, is := errors.AsType[*fault.Invalid](err); is {
		p := jobPage{base: c.base(r, "jobs", ""), Form: form, Wrong: faults(err)}
		if err := c.readJob(r, &p); err != nil {
			return err
		}
		return pages.Render(w, r, p.Lang, http.StatusUnprocessableEntity, "job.html", p)
	}
	if err != nil {
		return err
	}
	tellJob(r, before, after)
	if before.Version == after.Version {
		done = "same"
	}
	return back(w, r, "/jobs/"+name, done)
}

// runJob runs a job, or resumes it.
func (c *console) runJob(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	if !web.Who(r.Context()).Home {
		return message.ErrNotFound
	}
	run, err := c.control.RunNow(name)
	if err != nil {
		return err
	}
	tellRun(r, name, run)
	return back(w, r, "/jobs/"+name, "run")
}

func (c *console) resumeJob(w http.ResponseWriter, r *http.Request) error {
	name, who := r.PathValue("name"), web.Who(r.Context())
	if !who.Home {
		return message.ErrNotFound
	}
	before, err := c.timetable.Line(r.Context(), name)
	if err != nil {
		return err
	}
	after, err := c.control.Resume(r.Context(), name, who.Name)
	if err != nil {
		return err
	}
	if before.Version == after.Version {
		return unchanged(w, r, "/jobs/"+name)
	}
	tellJob(r, before, after)
	return back(w, r, "/jobs/"+name, "resume")
}

// restForm is how a pause is asked for.
type restForm struct{ Note, Until, Wrong string }

// pauseJob pauses a job, until it is resumed or until a time on the reader's wall.
func (c *console) pauseJob(w http.ResponseWriter, r *http.Request) error {
	name, who := r.PathValue("name"), web.Who(r.Context())
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if r.ParseForm() != nil || !who.Home {
		return message.ErrNotFound
	}
	before, err := c.timetable.Line(r.Context(), name)
	if err != nil {
		return err
	}
	p := jobPage{base: c.base(r, "jobs", ""), Rest: restForm{Note: r.PostForm.Get("note"), Until: r.PostForm.Get("until")}}
	rest := jobs.Rest{Note: p.Rest.Note}
	if p.Rest.Until != "" {
		if rest.Until, err = p.onWall(p.Rest.Until); err != nil {
			p.Rest.Wrong = p.Clock.Words.T("job.bad_until", "Value", fault.Truncate(p.Rest.Until, 60))
		}
	}
	if p.Rest.Wrong == "" {
		after, err := c.control.Pause(r.Context(), name, rest, who.Name)
		if err == nil && before.Version == after.Version {
			return unchanged(w, r, "/jobs/"+name)
		}
		if err == nil {
			tellJob(r, before, after)
			return back(w, r, "/jobs/"+name, "pause")
		}
		if _, is := errors.AsType[*fault.Invalid](err); !is {
			return err
		}
		p.Rest.Wrong = faults(err)
	}
	if err := c.readJob(r, &p); err != nil {
		return err
	}
	p.Form = formOf(p.Job)
	p.preview()
	return pages.Render(w, r, p.Lang, http.StatusUnprocessableEntity, "job.html", p)
}

// onWall is the instant at which the reader's wall shows a time of a form.
func (b base) onWall(text string) (time.Time, error) {
	zone, err := wallclock.Zone(b.Clock.Zone)
	if err != nil {
		return time.Time{}, err
	}
	t, err := time.ParseInLocation("2006-01-02T15:04", text, zone)
	if err != nil {
		t, err = time.ParseInLocation("2006-01-02T15:04:05", text, zone)
	}
	if err == nil {
		err = fault.CheckTime(t)
	}
	return t.UTC(), err
}

// jobForm is a schedule as people set it.
type jobForm struct {
	Mode       string // every, daily or cron
	N, Unit    string
	At         string
	Cron, Zone string
	Wake       bool
}

// formOf shows what is in force.
func formOf(s jobs.State) jobForm {
	f := jobForm{Mode: "every", N: "60", Unit: minute, At: "08:00", Cron: s.Spec.Cron, Zone: s.Spec.Timezone, Wake: s.Wake}
	if s.Spec.Every != "" {
		n, unit := rhythm(s.Spec.Every)
		f.N, f.Unit = strconv.Itoa(n), unit
		return f
	}
	f.Mode = "cron"
	compiled, err := s.Spec.Compile()
	if p, simple := compiled.Pattern(); err == nil && simple && p.Repeats == schedule.Daily {
		f.Mode, f.At = "daily", wallclock.Time{Hour: p.Hour, Minute: p.Minute}.String()
	}
	return f
}

// readForm reads a form, or a link that names every as config.yaml does.
func readForm(values map[string][]string) jobForm {
	get := func(name string) string {
		if v := values[name]; len(v) > 0 {
			return strings.TrimSpace(v[0])
		}
		return ""
	}
	f := jobForm{Mode: get("mode"), N: get("n"), Unit: get("unit"), At: get("at"), Cron: get("cron"), Zone: get("timezone"), Wake: get("wake") != ""}
	if every := get("every"); every != "" && f.N == "" {
		f.N, f.Unit = every, "" // as it is: what is wrong with it is said
		if spec, err := schedule.ParseSpec(every); err == nil && spec.Every != "" {
			n, unit := rhythm(spec.Every)
			f.N, f.Unit = strconv.Itoa(n), unit
		}
	}
	return f
}

// spec is the schedule that the form says.
func (f jobForm) spec() schedule.Spec {
	switch f.Mode {
	case "daily":
		h, m, _ := strings.Cut(f.At, ":")
		return schedule.Spec{Cron: bare(m) + " " + bare(h) + " * * *", Timezone: f.Zone}
	case "cron":
		return schedule.Spec{Cron: f.Cron, Timezone: f.Zone}
	}
	return schedule.Spec{Every: f.N + map[string]string{second: "s", minute: "m", hour: "h"}[f.Unit]}
}

// bare is a number without the zeros before it.
func bare(digits string) string {
	if n, err := strconv.Atoi(digits); err == nil {
		return strconv.Itoa(n)
	}
	return digits
}
