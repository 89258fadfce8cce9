package console

import (
	"net/http"
	"time"

	"notifier/jobs/trials"
	"notifier/schedule"
	"notifier/wallclock"
)

// warn tells what to think of before the schedules that were tried are used.
func (c *console) warn(r *http.Request, p *whatIfPage, t *trials.Trial, s plans) error {
	words := p.Clock.Words
	add := func(text string) { p.Result.Warns = append(p.Result.Warns, text) }
	if minute, days, most := p.daily(t.Result.Minutes[1]); days > 0 {
		add(words.N("whatif.warn_peak", days, "Hour", minute, "N", most, "Zone", p.Clock.Zone))
	}
	for _, name := range schedule.Public() {
		runs, err := c.Runs.Runs(r.Context(), name, 50)
		if err != nil {
			return err
		}
		var took time.Duration
		for _, run := range runs {
			took = max(took, run.EndedAt.Sub(run.StartedAt))
		}
		if gap := shortest(s.try[name], p.Clock.Now()); gap > 0 && took > gap {
			add(words.T("whatif.warn_long", "Job", words.T("job."+name), "Value", p.Span(took), "Every", p.Span(gap)))
		}
	}
	zones := map[string]bool{c.o.WhatIf.Plan(t.Site).Zone: true}
	for _, tried := range s.try {
		zones[tried.Spec().Timezone] = true
	}
	for zone := range zones {
		if at := clockChange(zone, t.Since, p.Clock.Now().Add(effectOver)); !at.IsZero() {
			add(words.T("whatif.warn_clocks", "Zone", zone, "Date", p.Clock.Date(at)))
		}
	}
	return nil
}

// daily finds a minute of the day in which a fifth of the day's mail leaves, on most days.
func (b base) daily(minutes map[int64]int) (minute string, days, most int) {
	type day struct{ all, best, at int }
	found := map[string]*day{}
	for at, n := range minutes {
		wall := b.Clock.Wall(time.Unix(at, 0))
		d := found[wall.Format(time.DateOnly)]
		if d == nil {
			d = &day{}
			found[wall.Format(time.DateOnly)] = d
		}
		d.all += n
		if m := wall.Hour()*60 + wall.Minute(); n > d.best || n == d.best && m < d.at {
			d.best, d.at = n, m
		}
	}
	on, highest := map[int]int{}, map[int]int{}
	for _, d := range found {
		if d.best >= 10 && d.best*5 >= d.all {
			on[d.at]++
			highest[d.at] = max(highest[d.at], d.best)
		}
	}
	for m, n := range on {
		text := wallclock.Time{Hour: m / 60, Minute: m % 60}.String()
		if n >= 3 && n*2 > len(found) && (n > days || n == days && text < minute) {
			minute, days, most = text, n, highest[m]
		}
	}
	return minute, days, most
}

// shortest is the shortest time between two of the next ticks; zero if there are none.
func shortest(s schedule.Schedule, from time.Time) (gap time.Duration) {
	ticks := s.NextN(from, 50)
	for i := 1; i < len(ticks); i++ {
		if d := ticks[i].Sub(ticks[i-1]); gap == 0 || d < gap {
			gap = d
		}
	}
	return gap
}

// clockChange is the first time that the clocks of a zone change; zero if they do not.
func clockChange(zone string, from, until time.Time) time.Time {
	place, err := wallclock.Zone(zone)
	if err != nil {
		return time.Time{}
	}
	_, before := from.In(place).Zone()
	for at := from; at.Before(until); at = at.Add(time.Hour) {
		if _, offset := at.In(place).Zone(); offset != before {
			return at
		}
	}
	return time.Time{}
}
