package console

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"notifier/message"
	"notifier/schedule"
	"notifier/simulate"
)

// WhatIf is the past of a site, and how it is planned there.
type WhatIf struct {
	Past simulate.Past
	Plan func(site string) simulate.Options
}

type whatIfPage struct {
	base
	Jobs  []trying
	Days  []choice
	Wrong string
	Rows  []compared
	Lines int
	Tried bool
}

// trying is one job's schedule of now, and the one to try.
type trying struct{ Name, Now, Try, Use string }

// compared is one line of the result.
type compared struct {
	Name, Now, Try string
	Differs        bool
}

// errTrying means that another trial is running.
var errTrying = errors.New("another trial is running")

// whatIf plans what came in by the schedules of now and by others, side by side.
func (c *console) whatIf(w http.ResponseWriter, r *http.Request) error {
	p := whatIfPage{base: c.base(r, "jobs", "whatif.title")}
	query := r.URL.Query()
	days, err := strconv.Atoi(query.Get("days"))
	if err != nil || days < 1 || days > 28 {
		days = 7
	}
	for _, n := range []int{1, 7, 28} {
		p.Days = append(p.Days, choice{strconv.Itoa(n), p.Clock.Words.N("whatif.days", n), n == days})
	}
	present := c.o.WhatIf.Plan(site(r))
	present.Until = p.Clock.Now()
	other := present
	for _, name := range []string{schedule.Notifications, schedule.UserNotifications, schedule.Reminders} {
		job, err := c.trying(r, &p, name, &present, &other)
		if err != nil {
			return err
		}
		p.Jobs = append(p.Jobs, job)
	}
	p.Tried = query.Has("days") && p.Wrong == ""
	if !p.Tried {
		return c.show(w, r, p.Lang, "whatif.html", p)
	}
	err = c.try(r, &p, days, present, other)
	switch {
	case errors.Is(err, errTrying):
		p.Wrong = p.Clock.Words.T("whatif.busy")
	case errors.Is(err, simulate.ErrTooMuch):
		p.Wrong = p.Clock.Words.T("whatif.much")
	case err != nil:
		return err
	}
	return c.show(w, r, p.Lang, "whatif.html", p)
}

// trying reads the schedule to try for one job.
func (c *console) trying(r *http.Request, p *whatIfPage, name string, present, other *simulate.Options) (t trying, err error) {
	state, err := c.timetable.Line(r.Context(), name)
	if err != nil {
		return t, err
	}
	now, err := state.Spec.Compile()
	if err != nil {
		return t, err
	}
	t = trying{Name: name, Now: p.Schedule(state.Spec), Try: strings.TrimSpace(r.URL.Query().Get(name))}
	after := now
	if t.Try != "" {
		spec, err := schedule.ParseSpec(t.Try)
		if err != nil {
			p.Wrong += faults(err) + " "
		} else if after, err = spec.Compile(); err != nil {
			return t, err
		}
		values := url.Values{"mode": {"every"}, "every": {spec.Every}}
		if spec.Cron != "" {
			values = url.Values{"mode": {"cron"}, "cron": {spec.Cron}, "timezone": {spec.Timezone}}
		}
		t.Use = "/jobs/" + name + "?" + values.Encode()
	}
	for options, s := range map[*simulate.Options]schedule.Schedule{present: now, other: after} {
		switch name {
		case schedule.Notifications:
			options.Notifications = s
		case schedule.UserNotifications:
			options.UserNotifications = s
		default:
			options.Reminders = s
		}
	}
	return t, nil
}

// try plans the last days twice, and compares.
func (c *console) try(r *http.Request, p *whatIfPage, days int, present, other simulate.Options) error {
	if !c.atTrial.TryLock() {
		return errTrying
	}
	defer c.atTrial.Unlock()
	trial, err := simulate.Try(simulate.NewHistory(r.Context(), c.o.WhatIf.Past, site(r), present.Until.AddDate(0, 0, -days), present.Until), present, other)
	if err != nil {
		return err
	}
	p.Lines = trial.Lines
	now, try := trial.Summaries[0], trial.Summaries[1]
	add := func(key string, say func(simulate.Summary) string) {
		row := compared{Name: p.Clock.Words.T("whatif." + key), Now: say(now), Try: say(try)}
		row.Differs = row.Now != row.Try
		p.Rows = append(p.Rows, row)
	}
	spread := func(s simulate.Spread) string {
		return fmt.Sprintf("%s / %s", s.P50.Round(time.Second), s.P95.Round(time.Second))
	}
	add("mails", func(s simulate.Summary) string { return strconv.Itoa(s.Mails) })
	add("digests", func(s simulate.Summary) string { return strconv.Itoa(s.ByType[message.Digest]) })
	add("a_day", func(s simulate.Summary) string { return fmt.Sprintf("%.0f / %d", s.Mean(), s.MaxDay) })
	add("right_away", func(s simulate.Summary) string { return spread(s.RightAway) })
	add("past_due", func(s simulate.Summary) string { return spread(s.PastDue) })
	add("busiest", func(s simulate.Summary) string { return strconv.Itoa(s.Peak) })
	add("size", func(s simulate.Summary) string { return fmt.Sprintf("%d / %d", s.Digest.P50, s.Digest.P95) })
	return nil
}
