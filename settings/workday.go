package settings

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"notifier/access"
	"notifier/deadlines"
	"notifier/fault"
	"notifier/preferences"
	"notifier/store"
	"notifier/wallclock"
)

// Workday are when people work.
type Workday struct {
	Start    string   `yaml:"start" json:"start"`
	Days     []string `yaml:"days" json:"days"`
	Holidays string   `yaml:"holidays" json:"holidays"`
	Free     []string `yaml:"free" json:"free"`
	Worked   []string `yaml:"worked" json:"worked"`

	calendar deadlines.Calendar // of all that, without a zone
}

// Site are what differs on one site; what is left out is as for all.
type Site struct {
	Timezone string   `yaml:"timezone"`
	Domains  []string `yaml:"domains"`
	Workday  Workday  `yaml:"workday"`
	// Retention is as for all where it is 0.
	Retention Retention `yaml:"retention"`
}

// checkWorkday finds what is wrong with the settings, and makes a calendar of them.
func (r *Reader) checkWorkday(path string, w *Workday) {
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
				r.fault(fmt.Sprintf("%s.%s.%d", path, list.key, i), "%q is not a date. Write it as 2026-12-24", fault.Truncate(text, 60))
			}
			w.calendar.Exceptions[wallclock.DateOf(day, time.UTC)] = list.works
		}
	}
}

// ReadWorkday is the calendar of a workday as the database keeps it, without a zone; false if
// there is none, or none that this program knows.
func ReadWorkday(kept []byte) (deadlines.Calendar, bool) {
	var w Workday
	is := json.Unmarshal(kept, &w) == nil && w.Complete() == nil // a fault as after a program that knows another country
	return w.calendar, is
}

// Complete makes a calendar of the settings, as reading them from a file does.
func (w *Workday) Complete() error {
	var r Reader
	r.checkWorkday("workday", w)
	if len(r.problems) > 0 {
		return &Error{Problems: r.problems}
	}
	return nil
}

// checkSites completes what sites leave out with what is for all.
func (r *Reader) checkSites(c *Config) {
	for _, name := range slices.Sorted(maps.Keys(c.Sites)) {
		s, path := c.Sites[name], "sites."+name
		if fault.CheckLine(name, 100) != nil || name == "" || access.IsSandbox(name) {
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

// Calendar is the working time of a site.
func (c Config) Calendar(site string) deadlines.Calendar {
	calendar := c.WorkdayOf(site).calendar
	calendar.Zone, _ = wallclock.Zone(c.TimezoneOf(site)) // check has seen to it
	return calendar
}

// WorkdayOf is when people work on a site.
func (c Config) WorkdayOf(site string) Workday {
	if s, own := c.Sites[access.Home(site)]; own {
		return s.Workday
	}
	return c.Workday
}

// Keeps is how long the messages of a site are kept; 0: for ever.
func (c Config) Keeps(site string) time.Duration {
	return time.Duration(cmp.Or(c.Sites[access.Home(site)].Retention.Days, c.Retention.Days)) * 24 * time.Hour
}

// TimezoneOf is the zone of a site.
func (c Config) TimezoneOf(site string) string {
	if s, own := c.Sites[access.Home(site)]; own {
		return s.Timezone
	}
	return c.Timezone
}

// Inherited is what the configuration says of what people inherit of a site.
func (c Config) Inherited(site string) (store.Inherited, error) {
	workday, err := json.Marshal(c.WorkdayOf(site))
	if err != nil {
		return store.Inherited{}, err
	}
	rules, err := c.Kinds.Rules(workday)
	return store.Inherited{Timezone: c.TimezoneOf(site), Rules: rules, Written: c.Written}, err
}

// Names tells whether the configuration says how that site is.
func (c Config) Names(site string) bool {
	_, own := c.Sites[site]
	return own || site == c.Site
}
