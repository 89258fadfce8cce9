package schedule

import (
	"strings"
	"unicode"

	"notifier/wallclock"
)

// ParsePatch reads a schedule on one line as a change of another: a period, or five cron
// fields and perhaps a zone behind them. Without a zone that of the other schedule stays.
// Whether the parts are any good is for Compile to say.
func ParsePatch(text string) Patch {
	text = strings.TrimSpace(text)
	if !strings.ContainsAny(text, " \t@=") {
		return Patch{Every: &text}
	}
	cron, zone := text, ""
	if fields := strings.Fields(text); len(fields) > 1 {
		last := len(fields) - 1
		if namesZone(fields[last]) {
			cron, zone = strings.Join(fields[:last], " "), fields[last]
		}
	}
	if zone == "" {
		return Patch{Cron: &cron}
	}
	return Patch{Cron: &cron, Timezone: &zone}
}

// namesZone tells whether a field of a schedule is meant as a time zone. A day of the week or
// a month is no zone, and steps such as */5 hold no letters.
func namesZone(field string) bool {
	_, err := wallclock.Zone(field)
	return err == nil || strings.Contains(field, "/") && strings.ContainsFunc(field, unicode.IsLetter) && !strings.ContainsAny(field, "*,-0123456789")
}

// Patch changes parts of a schedule, as a JSON merge patch does (RFC 7396): nil leaves a part
// as it is, and an empty text takes it away.
type Patch struct{ Every, Cron, Timezone *string }

// IsZero tells whether the patch changes nothing.
func (p Patch) IsZero() bool { return p == Patch{} }

// Apply is the schedule with the patch. Another cron expression keeps the zone that the
// schedule has, and another zone keeps the expression. A period takes the place of a cron
// expression and the other way round: a schedule has only one of them.
func (p Patch) Apply(s Spec) Spec {
	if p.Every != nil {
		s.Every = *p.Every
		if s.Every != "" && p.Cron == nil {
			s.Cron, s.Timezone = "", ""
		}
	}
	if p.Cron != nil {
		s.Cron = *p.Cron
		if s.Cron != "" && p.Every == nil {
			s.Every = ""
		}
	}
	if p.Timezone != nil {
		s.Timezone = *p.Timezone
	}
	return s
}
