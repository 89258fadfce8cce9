package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"notifier/access"
	"notifier/deadlines"
	"notifier/message"
	"notifier/preferences"
	"notifier/wallclock"
)

// workdaySettings are when people work.
type workdaySettings struct {
	Start    string   `yaml:"start" json:"start"`
	Days     []string `yaml:"days" json:"days"`
	Holidays string   `yaml:"holidays" json:"holidays"`
	Free     []string `yaml:"free" json:"free"`
	Worked   []string `yaml:"worked" json:"worked"`

	calendar deadlines.Calendar // of all that, without a zone
}

// siteSettings are what differs on one site; what is left out is as for all.
type siteSettings struct {
	Timezone string          `yaml:"timezone"`
	Domains  []string        `yaml:"domains"`
	Workday  workdaySettings `yaml:"workday"`
	// Retention is as for all where it is 0.
	Retention retentionSettings `yaml:"retention"`
}

// checkWorkday finds what is wrong with the settings, and makes a calendar of them.
func (r *reader) checkWorkday(path string, w *workdaySettings) {
	start := wallclock.Time{}
	r.wrong(path+".start", start.UnmarshalText([]byte(w.Start)))
	w.calendar = deadlines.Calendar{Start: &start, Exceptions: map[wallclock.Date]bool{}}
	if len(w.Days) == 0 {
		r.fault(path+".days", "no day is left to work on. Write at least one, as in [monday]")
	}
	for i, day := range w.Days {
		r.wrong(fmt.Sprintf("%s.days.%d", path, i), preferences.Weekday(day).Check())
	}
	for d := range w.calendar.Workdays {
		w.calendar.Workdays[d] = slices.Contains(w.Days, strings.ToLower(time.Weekday(d).String()))
	}
	if w.Holidays != "" {
		var err error
		w.calendar.Holiday, err = deadlines.Holidays(w.Holidays)
		r.wrong(path+".holidays", err)
	}
	for _, list := range []struct {
		key   string
		dates []string
		works bool
	}{{"free", w.Free, false}, {"worked", w.Worked, true}} {
		for i, text := range list.dates {
			day, err := time.Parse(time.DateOnly, text)
			if err != nil {
				r.fault(fmt.Sprintf("%s.%s.%d", path, list.key, i), "%q is not a date. Write it as 2026-12-24", message.Truncate(text, 60))
			}
			w.calendar.Exceptions[wallclock.DateOf(day, time.UTC)] = list.works
		}
	}
}

// checkSites completes what sites leave out with what is for all.
func (r *reader) checkSites(c *Config) {
	for _, name := range slices.Sorted(maps.Keys(c.Sites)) {
		s, path := c.Sites[name], "sites."+name
		if message.CheckLine(name, 100) != nil || name == "" || access.IsSandbox(name) {
			r.fault(path, "a site needs a name of at most 100 characters on one line, which does not end with ~test")
		}
		if s.Timezone == "" {
			s.Timezone = c.Timezone
		}
		if s.Workday.Start == "" {
			s.Workday.Start = c.Workday.Start
		}
		if s.Workday.Days == nil {
			s.Workday.Days = c.Workday.Days
		}
		if s.Workday.Holidays == "" {
			s.Workday.Holidays = c.Workday.Holidays
		}
		if s.Workday.Free == nil {
			s.Workday.Free = c.Workday.Free
		}
		if s.Workday.Worked == nil {
			s.Workday.Worked = c.Workday.Worked
		}
		r.wrong(path+".timezone", second(wallclock.Zone(s.Timezone)))
		r.checkWorkday(path+".workday", &s.Workday)
		c.Sites[name] = s
	}
}

// calendar is the working time of a site.
func (c Config) calendar(site string) deadlines.Calendar {
	calendar := c.workday(site).calendar
	calendar.Zone, _ = wallclock.Zone(c.timezoneOf(site)) // check has seen to it
	return calendar
}

// workday is when people work on a site.
func (c Config) workday(site string) workdaySettings {
	if s, own := c.Sites[access.Home(site)]; own {
		return s.Workday
	}
	return c.Workday
}

// keeps is how long the messages of a site are kept; 0: for ever.
func (c Config) keeps(site string) time.Duration {
	return time.Duration(cmp.Or(c.Sites[access.Home(site)].Retention.Days, c.Retention.Days)) * 24 * time.Hour
}

// timezoneOf is the zone of a site.
func (c Config) timezoneOf(site string) string {
	if s, own := c.Sites[access.Home(site)]; own {
		return s.Timezone
	}
	return c.Timezone
}
