package console

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"notifier/jobs"
	"notifier/jobs/trials"
	"notifier/message"
	"notifier/schedule"
	"notifier/simulate"
	"notifier/wallclock/timekeeper"
	"notifier/web"
)

// WhatIf is the past of a site, and how it is planned there.
type WhatIf struct {
	Past simulate.Past
	Plan func(site string) simulate.Options
	// Trials is where they run.
	Trials *trials.Room
}

type whatIfPage struct {
	base
	Jobs    []trying
	Days    []choice
	Limit   string
	User    string
	Wrong   []string
	Trial   *trials.Trial
	Gone    bool // the address names a trial that is not here
	Address string
	Result  *result
	Uses    []using
}

// trying is one job's schedule of now, and the one to try.
type trying struct{ Name, Now, Try string }

// using is a schedule that was tried, with when it would run.
type using struct {
	Name, Text, Words string
	Next              []time.Time
}

// asked is what a form, or an address, asks to try.
type asked struct {
	days  int
	limit int
	user  string
	texts map[string]string // by job
}

func readAsked(get func(string) string) (a asked) {
	a = asked{user: strings.TrimSpace(get("user")), texts: map[string]string{}}
	if a.days, _ = strconv.Atoi(get("days")); a.days < 1 || a.days > 28 {
		a.days = 7
	}
	a.limit, _ = strconv.Atoi(strings.TrimSpace(get("limit")))
	a.limit = max(0, min(a.limit, 1_000_000))
	for _, name := range schedule.Public() {
		a.texts[name] = strings.TrimSpace(get(name))
	}
	return a
}

// values are the same as they stand in an address.
func (a asked) values() map[string]string {
	all := map[string]string{"days": strconv.Itoa(a.days), "user": a.user}
	if a.limit > 0 {
		all["limit"] = strconv.Itoa(a.limit)
	}
	for name, text := range a.texts {
		all[name] = text
	}
	return all
}

// whatIf shows a trial, or the form that begins one.
func (c *console) whatIf(w http.ResponseWriter, r *http.Request) error {
	p := whatIfPage{base: c.base(r, "jobs", "whatif.title")}
	query := r.URL.Query()
	id := message.ID(query.Get("trial"))
	trial, err := c.o.WhatIf.Trials.Find(site(r), id)
	if id == "" {
		trial, err = c.o.WhatIf.Trials.Running(site(r))
	}
	ask := readAsked(query.Get)
	if err == nil {
		p.Trial = &trial
		ask = readAsked(func(name string) string { return trial.Asked[name] })
	}
	p.Gone = id != "" && err != nil
	plans, err := c.fill(r, &p, ask)
	if err != nil {
		return err
	}
	if p.Trial != nil && len(p.Wrong) == 0 {
		if err := c.compare(r, &p, ask, plans); err != nil {
			return err
		}
	}
	return c.show(w, r, p.Lang, "whatif.html", p)
}

// plans are the schedules of now, and those to try.
type plans struct {
	now, try map[string]schedule.Schedule
	stands   map[string]schedule.Standing // of now, wake and pauses included
	wake     *bool                        // to try; nil: as now
}

func (s plans) into(o *simulate.Options, of map[string]schedule.Schedule) {
	for name, s := range of {
		*o.Of(name) = s
	}
}

// fill fills the form with what is asked, and tells what is wrong with it.
func (c *console) fill(r *http.Request, p *whatIfPage, a asked) (s plans, err error) {
	s = plans{now: map[string]schedule.Schedule{}, try: map[string]schedule.Schedule{}, stands: map[string]schedule.Standing{}}
	for _, n := range []int{1, 7, 28} {
		p.Days = append(p.Days, choice{strconv.Itoa(n), p.Clock.Words.N("whatif.days", n), n == a.days})
	}
	p.User = a.user
	if a.limit > 0 {
		p.Limit = strconv.Itoa(a.limit)
	}
	for _, name := range schedule.Public() {
		state, err := c.timetable.Line(r.Context(), name)
		if err != nil {
			return s, err
		}
		if s.now[name], err = state.Spec.Compile(); err != nil {
			return s, err
		}
		s.stands[name] = state.Standing()
		t := trying{Name: name, Now: p.Schedule(state.Spec), Try: a.texts[name]}
		p.Jobs, s.try[name] = append(p.Jobs, t), s.now[name]
		if t.Try == "" {
			continue
		}
		after, wake, err := tryOf(name, t.Try, state.Spec)
		if err != nil {
			p.Wrong = append(p.Wrong, p.Clock.Words.T("job."+name)+": "+faults(err))
			continue
		}
		s.try[name] = after
		if wake != nil {
			s.wake = wake
		}
		if !after.Alike(s.now[name]) || wake != nil && *wake != state.Wake {
			p.Uses = append(p.Uses, using{name, t.Try, p.Schedule(after.Spec()), after.NextN(p.Clock.Now(), previewed)})
		}
	}
	values := url.Values{}
	for name, value := range a.values() {
		values.Set(name, value)
	}
	if p.Trial != nil {
		values.Set("trial", string(p.Trial.ID))
	}
	p.Address = values.Encode()
	return s, nil
}

// tryOf reads a schedule to try, as the API and --set read it: a change of the one in force,
// perhaps with ",wake=true" behind it.
func tryOf(job, text string, inForce schedule.Spec) (after schedule.Schedule, wake *bool, err error) {
	patch, wake, err := schedule.ParseSet(job, text)
	if err == nil {
		after, err = patch.Apply(inForce).Compile()
	}
	return after, wake, err
}

// beginTrial begins to plan what came in, and leads to the page that shows how far it is.
func (c *console) beginTrial(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if r.ParseForm() != nil {
		return message.ErrNotFound
	}
	p := whatIfPage{base: c.base(r, "jobs", "whatif.title")}
	ask := readAsked(r.PostForm.Get)
	plans, err := c.fill(r, &p, ask)
	if err != nil {
		return err
	}
	watch := simulate.Watch{}
	if ask.user != "" {
		u, err := c.Users.User(r.Context(), site(r), ask.user)
		switch {
		case errors.Is(err, message.ErrNotFound):
			p.Wrong = append(p.Wrong, p.Clock.Words.T("people.nobody"))
		case err != nil:
			return err
		}
		watch.To = u.Email
	}
	if len(p.Wrong) == 0 {
		id, err := c.plan(r, ask, plans, watch)
		if err == nil {
			http.Redirect(w, r, "/jobs/what-if?"+p.Address+"&trial="+url.QueryEscape(string(id)), http.StatusSeeOther)
			return nil
		}
		p.Wrong = append(p.Wrong, p.Clock.Words.T("whatif.busy"))
	}
	return pages.Render(w, r, p.Lang, http.StatusUnprocessableEntity, "whatif.html", p)
}

func (c *console) plan(r *http.Request, ask asked, s plans, watch simulate.Watch) (message.ID, error) {
	of := site(r)
	present := c.o.WhatIf.Plan(of).Under(s.stands)
	present.Until = timekeeper.Now(r.Context())
	since := present.Until.AddDate(0, 0, -ask.days)
	watch.From = present.Until.AddDate(0, 0, -7)
	other := present
	s.into(&other, s.try)
	if s.wake != nil {
		other.Wake = *s.wake
	}
	t := trials.Trial{Site: of, By: web.Who(r.Context()).Name, Since: since, Until: present.Until, Asked: ask.values()}
	return c.o.WhatIf.Trials.Begin(t, func(ctx context.Context, progress func(time.Time, int)) (simulate.Trial, error) {
		watch.Progress = progress
		return simulate.TryWatched(simulate.NewHistory(ctx, c.o.WhatIf.Past, of, since, present.Until), watch, present, other)
	})
}

// stopTrial ends a trial early.
func (c *console) stopTrial(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if r.ParseForm() != nil {
		return message.ErrNotFound
	}
	id := r.PostForm.Get("trial")
	if err := c.o.WhatIf.Trials.Stop(site(r), message.ID(id)); err != nil && !errors.Is(err, trials.ErrGone) {
		return err
	}
	http.Redirect(w, r, "/jobs/what-if?trial="+url.QueryEscape(id), http.StatusSeeOther)
	return nil
}

// useTrial makes the schedules that were tried those in force. None runs by that.
func (c *console) useTrial(w http.ResponseWriter, r *http.Request) error {
	who := web.Who(r.Context())
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if r.ParseForm() != nil || !who.Home {
		return message.ErrNotFound
	}
	changes := map[string]jobs.Change{}
	for _, name := range schedule.Public() { // all of them are understood before one is changed
		if text := strings.TrimSpace(r.PostForm.Get(name)); text != "" {
			line, err := c.timetable.Line(r.Context(), name)
			if err != nil {
				return err
			}
			s, wake, err := tryOf(name, text, line.Spec)
			if err != nil {
				return err
			}
			spec := s.Spec()
			changes[name] = jobs.Change{Spec: &spec, Wake: wake}
		}
	}
	for _, name := range schedule.Public() {
		change, given := changes[name]
		if !given {
			continue
		}
		before, err := c.timetable.Line(r.Context(), name)
		if err != nil {
			return err
		}
		after, err := c.control.Change(r.Context(), name, change, who.Name)
		if err != nil {
			return err
		}
		tellJob(r, before, after)
	}
	return back(w, r, "/jobs", "save")
}
