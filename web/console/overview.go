package console

import (
	"cmp"
	"net/http"
	"strconv"
	"time"

	"notifier/access"
	"notifier/fault"
	"notifier/health"
	"notifier/jobs"
	"notifier/message"
	"notifier/web"
)

type overviewPage struct {
	base
	numbers
	Waits    string // how long the oldest has waited; empty if none is due
	SentHour message.Counted
	Failing  []failing
	Jobs     []jobs.State
	Lines    []timeline
	Needs    []need
	Well     bool
	Until    time.Time
}

// need is something that a person should look at.
type need struct {
	Text, Path string
	Confirms   bool // a person may say that the clock is right
}

// timeline is when a job runs in the next hour, for a picture and a table.
type timeline struct {
	Name  string
	Ticks []int // in thousandths of the hour
	Times []time.Time
	Every string
	Y     int
}

// overview shows how everything stands.
func (c *console) overview(w http.ResponseWriter, r *http.Request) error {
	p := overviewPage{base: c.base(r, "overview", "nav.overview")}
	now, words := p.Clock.Now(), p.Clock.Words
	var err error
	if p.numbers, err = c.numbers(r.Context(), site(r), now); err != nil {
		return err
	}
	if p.Due > 0 {
		p.Waits = p.Span(now.Sub(p.Oldest))
	}
	if p.SentHour, err = c.Search.Count(r.Context(), site(r), message.Filter{Status: message.Sent, Since: now.Add(-time.Hour)}, true); err != nil {
		return err
	}
	if p.Failing, _, err = c.failing(r); err != nil {
		return err
	}
	p.Failing = p.Failing[:min(5, len(p.Failing))]
	if p.Jobs, err = c.timetable.Lines(r.Context()); err != nil {
		return err
	}
	who := web.Who(r.Context())
	mayConfirm := who.Home && who.May(access.Admin)
	for _, one := range c.o.Conditions(r.Context()) {
		if one.Site != "" && one.Site != site(r) || one.Name == health.AccountFails { // accounts follow below
			continue
		}
		p.Needs = append(p.Needs, need{Text: p.condition(one), Path: cmp.Or(one.Path, "/"), Confirms: one.Name == health.ClockStepped && mayConfirm})
	}
	p.Until = now.Add(time.Hour)
	for i, j := range p.Jobs {
		p.Lines = append(p.Lines, p.line(j, i, now))
		switch {
		case j.Paused:
			p.Needs = append(p.Needs, need{Text: words.T("need.paused", "Job", words.T("job."+j.Name), "Note", j.Note), Path: "/jobs/" + j.Name})
		case j.Last.Error != "":
			p.Needs = append(p.Needs, need{Text: words.T("need.job", "Job", words.T("job."+j.Name), "Error", fault.Truncate(j.Last.Error, 200)), Path: "/jobs/" + j.Name})
		}
	}
	accounts, err := c.accounts.Accounts(r.Context())
	if err != nil {
		return err
	}
	if len(accounts) == 0 {
		p.Needs = append(p.Needs, need{Text: words.T("need.account"), Path: "/accounts"})
	}
	for _, a := range accounts {
		if a.Paused != nil {
			p.Needs = append(p.Needs, need{Text: words.T("need.fails", "Account", a.Name, "Says", p.Paused(a.Paused).Says), Path: "/accounts"})
		}
	}
	for _, f := range p.Failing {
		p.Needs = append(p.Needs, need{Text: words.N("need.errors", f.N, "Says", p.Group(f).Says), Path: f.List})
	}
	p.Well = len(p.Needs) == 0
	all, err := c.overviewCharts(r, p.base)
	if err != nil {
		return err
	}
	p.Charts, p.Live = &all, "/stream"
	return c.show(w, r, p.Lang, "overview.html", p)
}

// condition is what is wrong, in the language of the page.
func (b base) condition(one health.Condition) string {
	words, value, subject := b.Clock.Words, one.Value, one.Subject
	if one.For != 0 {
		value = b.Span(one.For)
	}
	if one.Name == health.JobStuck {
		subject = words.T("job." + subject)
	}
	return words.T("health."+one.Name, "Job", subject, "Value", value)
}

// line is when a job runs in the hour from now.
func (b base) line(j jobs.State, i int, now time.Time) timeline {
	l := timeline{Name: b.Clock.Words.T("job." + j.Name), Every: b.Schedule(j.Spec), Y: 22 + 28*i}
	for _, t := range j.Coming(400) {
		if t.After(now.Add(time.Hour)) {
			break
		}
		if len(l.Times) < 5 {
			l.Times = append(l.Times, t)
		}
		l.Ticks = append(l.Ticks, int(t.Sub(now)*1000/time.Hour))
	}
	return l
}

// X is where a tick stands in the picture, and Mid where a line's name does.
func (l timeline) X(tick int) string { return strconv.Itoa(150 + tick*7/10) }

// Hours are the times below the picture, a quarter of an hour apart, and where they stand.
func (p overviewPage) Hours() (all []struct{ X, At string }) {
	for tick := 0; tick <= 1000; tick += 250 {
		at := p.Clock.Now().Add(time.Duration(tick) * time.Hour / 1000)
		all = append(all, struct{ X, At string }{timeline{}.X(tick), p.Clock.Hour(at)})
	}
	return all
}

// Low is where the line is drawn.
func (l timeline) Low() int { return l.Y + 4 }
