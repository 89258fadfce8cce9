// Package schedule says when a job runs.
//
// It computes and runs nothing: previews, the simulator and the timetable ask it, so that
// they cannot disagree.
package schedule

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"notifier/fault"
	"notifier/wallclock"
)

// Spec is a schedule as people write it: either Every, or Cron and perhaps Timezone.
type Spec struct {
	Every    string `json:"every,omitempty" yaml:"every,omitempty" doc:"How often, from 1s to 168h: at the multiples of it since 1970-01-01T00:00:00Z." example:"3m"`
	Cron     string `json:"cron,omitempty" yaml:"cron,omitempty" doc:"Minute, hour, day of the month, month, day of the week." example:"0 * * * *"`
	Timezone string `json:"timezone,omitempty" yaml:"timezone,omitempty" doc:"Whose clocks cron reads: an IANA name; UTC if absent." example:"Europe/Warsaw"`
}

// ParseSpec reads a schedule on one line: "3m", "0 * * * *" in UTC, or
// "0 * * * * Europe/Warsaw".
func ParseSpec(text string) (Spec, error) {
	s, err := ParsePatch(text).Apply(Spec{}).Compile()
	return s.Spec(), err
}

// Compile makes a schedule of it, or tells all that is wrong as a *fault.Invalid.
func (s Spec) Compile() (Schedule, error) {
	var wrong fault.Invalid
	every, cron := strings.TrimSpace(s.Every), strings.Join(strings.Fields(s.Cron), " ")
	switch {
	case every == "" && cron == "":
		wrong.Add("/every", "missing", `a schedule is missing. Write every, as in "3m", or cron, as in "0 * * * *".`)
	case every != "" && cron != "":
		wrong.Add("/cron", "conflict", "every and cron are both given. Leave one of them out.")
	case every != "":
		return s.compileEvery(every)
	}
	if err := wrong.Err(); err != nil {
		return Schedule{}, err
	}
	zone := s.Timezone
	if zone == "" {
		zone = "UTC"
	}
	loc, err := wallclock.Zone(zone)
	wrong.Check("/timezone", "bad_timezone", err)
	fields, err := parseCron(cron)
	wrong.Check("/cron", "bad_cron", err)
	if err := wrong.Err(); err != nil {
		return Schedule{}, err
	}
	fields.loc = loc
	return Schedule{spec: Spec{Cron: cron, Timezone: zone}, cron: fields}, nil
}

// The range of every. A week is the longest time that people call a rhythm.
const (
	shortest = time.Second
	longest  = 168 * time.Hour
)

func (s Spec) compileEvery(text string) (Schedule, error) {
	var wrong fault.Invalid
	every, err := parseEvery(text)
	wrong.Check("/every", "bad_duration", err)
	if s.Timezone != "" {
		wrong.Add("/timezone", "not_allowed", "every is counted from 1970-01-01T00:00:00Z and reads no clock on a wall. Leave timezone out, or write cron.")
	}
	if err := wrong.Err(); err != nil {
		return Schedule{}, err
	}
	return Schedule{spec: Spec{Every: short(every)}, every: int64(every / time.Second)}, nil
}

var (
	bare     = regexp.MustCompile(`^[0-9]+$`)
	longUnit = regexp.MustCompile(`^([0-9]{1,4}) ?(d|days?|w|weeks?)$`)
)

func parseEvery(text string) (time.Duration, error) {
	every, err := time.ParseDuration(text)
	unit := longUnit.FindStringSubmatch(text)
	switch {
	case bare.MatchString(text) && strings.Trim(text, "0") != "":
		return 0, fmt.Errorf("%q has no unit. Write %q for %s", shorten(text), shorten(text)+"m", minutes(text))
	case unit != nil:
		n, _ := strconv.Atoi(unit[1])
		if strings.HasPrefix(unit[2], "w") {
			n *= 7
		}
		return 0, fmt.Errorf(`%q has a unit that is not taken. Write hours, minutes or seconds, as in "%dh"`, text, 24*n)
	case err != nil:
		return 0, fmt.Errorf(`%q is not a duration. Write a number and h, m or s, as in "3m" or "1h30m"`, shorten(text))
	case every < shortest || every > longest:
		return 0, fmt.Errorf(`%q is out of range. Use "1s" to "168h"`, shorten(text))
	case every%time.Second != 0:
		return 0, fmt.Errorf("%q is not a whole number of seconds. Write %q", shorten(text), short(every.Round(time.Second)))
	}
	return every, nil
}

// minutes is a number of minutes as a sentence says it.
func minutes(digits string) string {
	words := []string{"", "one minute", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"}
	n, err := strconv.Atoi(digits)
	switch {
	case err != nil || n >= len(words):
		return shorten(digits) + " minutes"
	case n == 1:
		return words[n]
	}
	return words[n] + " minutes"
}

// short is a duration without the zeros that package time writes: "1h30m", not "1h30m0s".
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// shorten keeps a sentence readable when what is wrong is very long.
func shorten(s string) string { return fault.Truncate(s, 60) }
