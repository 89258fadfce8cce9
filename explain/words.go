package explain

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"notifier/wallclock"
)

// facts are what the names in a sentence stand for. An absent one is not known.
type facts map[string]string

var (
	optional = regexp.MustCompile(`\[[^\[\]]*\]`)
	named    = regexp.MustCompile(`\{([a-z_]+)\}`)
)

// fill writes a sentence of the catalogue. A part in brackets that lacks a fact is left out.
func (f facts) fill(text string) string {
	text = optional.ReplaceAllStringFunc(text, func(part string) string {
		part = part[1 : len(part)-1]
		for _, name := range named.FindAllStringSubmatch(part, -1) {
			if f[name[1]] == "" {
				return ""
			}
		}
		return f.put(part)
	})
	return strings.TrimSpace(f.put(text))
}

func (f facts) put(text string) string {
	return named.ReplaceAllStringFunc(text, func(name string) string { return f[name[1:len(name)-1]] })
}

// clock writes times in a person's zone, never without it.
type clock struct {
	now  time.Time
	zone *time.Location
}

func clockOf(zone string, now time.Time) clock {
	loc, err := wallclock.Zone(zone)
	if err != nil {
		loc = time.UTC
	}
	return clock{now: now, zone: loc}
}

// name is how the zone is written.
func (c clock) name() string { return c.zone.String() }

// at is a time that has been: to the second.
func (c clock) at(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(c.zone).Format("Mon 2 Jan 2006, 15:04:05 ") + c.name()
}

// ahead is a time to come: to the minute, and how long it is until then.
func (c clock) ahead(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	layout := "Mon 2 Jan 2006, 15:04 "
	if t.Second() != 0 {
		layout = "Mon 2 Jan 2006, 15:04:05 "
	}
	written := t.In(c.zone).Format(layout) + c.name()
	if !t.After(c.now) {
		return written
	}
	return written + " (in " + long(t.Sub(c.now)) + ")"
}

// long is a length of time in two units at most.
func long(d time.Duration) string {
	if d = d.Round(time.Second); d < time.Minute {
		return fmt.Sprintf("%d s", int(d.Seconds()))
	}
	switch d = d.Round(time.Minute); {
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return strings.TrimSuffix(fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60), " 0 min")
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

// wall is a setting, as in "daily 08:00", with the zone of its hour.
func (c clock) wall(setting string) string {
	if n := len(setting); n > 5 && setting[n-3] == ':' {
		return setting + " " + c.name()
	}
	return setting
}

// count is a number with its noun.
func count(n int, noun string) string {
	switch {
	case n == 1:
	case strings.HasSuffix(noun, "y"):
		noun = strings.TrimSuffix(noun, "y") + "ies"
	default:
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
