package console

import (
	"fmt"
	"strings"
	"time"

	"notifier/language"
	"notifier/schedule"
	"notifier/wallclock"
)

// Schedule is when a job runs, in words.
func (b base) Schedule(s schedule.Spec) string {
	words := b.Clock.Words
	if s.Every != "" {
		switch n, unit := rhythm(s.Every); unit {
		case second:
			return words.N("job.every_second", n)
		case hour:
			return words.N("job.every_hour", n)
		default:
			return words.N("job.every_minute", n)
		}
	}
	zone := s.Timezone
	if zone == "" {
		zone = "UTC"
	}
	compiled, err := s.Compile()
	p, simple := compiled.Pattern()
	if err != nil || !simple {
		return words.T("job.cron", "Cron", s.Cron, "Zone", zone)
	}
	hour := wallclock.Time{Hour: p.Hour, Minute: p.Minute}.String()
	switch p.Repeats {
	case schedule.Hourly:
		return words.T("job.hourly", "Value", fmt.Sprintf("%02d", p.Minute), "Zone", zone)
	case schedule.Weekly:
		return words.T("job.weekly", "Name", words.T("day."+strings.ToLower(p.Weekday.String())), "Hour", hour, "Zone", zone)
	}
	return words.T("job.daily", "Hour", hour, "Zone", zone)
}

// The units in which people say how often.
const (
	second = "second"
	minute = "minute"
	hour   = "hour"
)

// rhythm is a period in the largest unit that divides it.
func rhythm(every string) (n int, unit string) {
	d, err := time.ParseDuration(every)
	switch {
	case err != nil:
		return 0, minute
	case d%time.Hour == 0:
		return int(d / time.Hour), hour
	case d%time.Minute == 0:
		return int(d / time.Minute), minute
	}
	return int(d / time.Second), second
}

// Took is how long a run took.
func (b base) Took(run schedule.Run) string {
	if run.EndedAt.IsZero() {
		return "…"
	}
	return b.Span(run.EndedAt.Sub(run.StartedAt))
}

// Span is a length of time, as in "1 min 30 s".
func (b base) Span(d time.Duration) string { return language.In(b.Lang).Span(d) }

// units are those of seconds, minutes and hours, for the axes that a script draws.
func (b base) units() string {
	return strings.Join(language.In(b.Lang).Symbols(), "|")
}

// Moments are times as people read them, each day named once, with the zone behind.
func (b base) Moments(all []time.Time) string {
	var parts []string
	day := ""
	for _, t := range all {
		if date := b.Clock.Date(t); date != day {
			day = date
			parts = append(parts, b.Clock.Moment(t))
			continue
		}
		parts = append(parts, b.Clock.Hour(t))
	}
	if len(parts) == 0 {
		return b.Clock.Words.T("job.never")
	}
	return strings.Join(parts, " · ") + " (" + b.Clock.Zone + ")"
}

// Did are the words for what a run counted.
func (b base) Did(what string) string { return known(b.Clock.Words.T("did."+what), "did.", what) }
