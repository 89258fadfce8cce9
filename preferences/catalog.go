package preferences

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"

	"notifier/fault"
	"notifier/message"
	"notifier/wallclock"
)

// Kind says what a user may choose for a kind of event.
type Kind struct {
	Frequencies []Frequency `json:"frequencies,omitempty" yaml:"frequencies,omitempty" doc:"What a user may choose."`
	Default     Frequency   `json:"default,omitempty" yaml:"default,omitempty" doc:"What counts until the user has chosen."`
	Title       string      `json:"title,omitempty" yaml:"title,omitempty" doc:"How the kind is called on pages and in mails."`
	Mandatory   bool        `json:"mandatory,omitempty" yaml:"mandatory,omitempty" doc:"Always sent right away: there is nothing to choose."`
	Why         string      `json:"why,omitempty" yaml:"why,omitempty" doc:"Of a mandatory kind: why there is nothing to choose, as people read it."`
}

// Catalog lists the kinds of an installation. Deadlines are mandatory in every catalog,
// whether it lists them or not (AMODIT-15).
type Catalog map[message.Kind]Kind

// DefaultCatalog is what config.yaml starts from (AMODIT-14, -15).
func DefaultCatalog() Catalog {
	return Catalog{
		message.CaseReceived: {
			Frequencies: []Frequency{Immediately, Hourly, Daily, Never},
			Default:     Immediately, Title: "A case reaches me",
		},
		message.CaseChanged: {
			Frequencies: []Frequency{Immediately, Hourly, Daily, Weekly, Never},
			Default:     Immediately, Title: "Anything else changes",
		},
		message.Deadline: {Mandatory: true, Title: "Deadlines and reminders"},
	}
}

// With is the catalog with the kinds of config.yaml added, or put in the place of those
// that it has. A kind without a title keeps the one it had, or is called by its name.
func (c Catalog) With(kinds Catalog) Catalog {
	all := maps.Clone(c)
	for k, kind := range kinds {
		kind.Title = cmp.Or(kind.Title, c[k].Title, strings.ReplaceAll(string(k), "_", " "))
		all[k] = kind
	}
	return all
}

// Kinds lists the kinds in the order in which pages show them: those that every
// installation has, those of config.yaml by name, deadlines last.
func (c Catalog) Kinds() []message.Kind { return inOrder(maps.Keys(c)) }

func inOrder(kinds func(yield func(message.Kind) bool)) []message.Kind {
	place := func(k message.Kind) int {
		switch k {
		case message.CaseReceived:
			return 1
		case message.CaseChanged:
			return 2
		case message.Deadline:
			return 4
		}
		return 3
	}
	return slices.SortedFunc(kinds, func(a, b message.Kind) int {
		return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(a, b))
	})
}

// mandatory tells whether the kind leaves a user no choice.
func (c Catalog) mandatory(k message.Kind) bool { return k == message.Deadline || c[k].Mandatory }

// Names of kinds are keys of JSON, of config.yaml and of the journal.
var (
	kindName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	// reserved are the other keys of a line of preferences, in JSON and in the journal.
	reserved = []message.Kind{dailyAt, weeklyOn, timezone, lang, pausedUntil, timezoneFrom, languageFrom, "at", "do", "user"}
)

// The longest name, title and explanation of a kind, in characters.
const (
	maxKind  = 50
	maxTitle = 100
	maxWhy   = 300 // of why there is no choice
)

// Validate tells all that is wrong with the catalog as a *fault.Invalid, or nil.
func (c Catalog) Validate() error {
	var wrong fault.Invalid
	for _, k := range c.Kinds() {
		at, kind := pointer(string(k)), c[k]
		switch {
		case !kindName.MatchString(string(k)) || len(k) > maxKind:
			wrong.Add(at, "bad_name", "%q cannot name a kind. Use up to %d small letters, digits and _, and begin with a letter, as in case_closed.", shorten(k), maxKind)
		case slices.Contains(reserved, k):
			wrong.Add(at, "bad_name", "%q already means something else where kinds are written. Choose another name.", k)
		}
		wrong.Check(at+"/title", "bad_text", fault.CheckLine(kind.Title, maxTitle))
		wrong.Check(at+"/why", "bad_text", fault.CheckLine(kind.Why, maxWhy))
		if kind.Why != "" && !kind.Mandatory {
			wrong.Add(at+"/why", "mandatory", "%s leaves a choice, so there is no reason why it does not. Leave out why, or write mandatory: true.", k)
		}
		if k == message.Deadline && !kind.Mandatory {
			wrong.Add(at, "mandatory", `deadline mails cannot be turned off or delayed; leave the key "deadline" out.`)
			continue
		}
		kind.validate(&wrong, k, at)
	}
	return wrong.Err()
}

func (kind Kind) validate(wrong *fault.Invalid, k message.Kind, at string) {
	if kind.Mandatory {
		if len(kind.Frequencies) > 0 || kind.Default != "" {
			wrong.Add(at, "mandatory", "%s is mandatory: there is nothing to choose. Leave out frequencies and default, or mandatory.", k)
		}
		return
	}
	if len(kind.Frequencies) == 0 {
		wrong.Add(at+"/frequencies", "missing", "%s offers nothing to choose. List at least one of %s, or write mandatory: true.", k, either(Frequencies()))
		return
	}
	for i, f := range kind.Frequencies {
		switch {
		case !slices.Contains(Frequencies(), f):
			wrong.Add(element(at+"/frequencies", i), "unknown_frequency", "%q is not a frequency. Use %s.", shorten(f), either(Frequencies()))
		case slices.Index(kind.Frequencies, f) < i:
			wrong.Add(element(at+"/frequencies", i), "duplicate", "%s lists %s twice. Leave one out.", k, f)
		}
	}
	if !slices.Contains(kind.Frequencies, kind.Default) {
		wrong.Add(at+"/default", "not_allowed", "the default of %s is %q, which it does not offer. Use %s.", k, shorten(kind.Default), either(kind.Frequencies))
	}
}

// Complete fills in what a user has not chosen: the catalog's defaults, 08:00, Monday,
// and the given zone. A choice that the catalog no longer offers counts as not made. Due,
// Again and Setting are meant for completed preferences: only these know which kinds
// are mandatory.
func (c Catalog) Complete(p Preferences, zone string) Preferences {
	chosen := p.Frequencies
	at := p.dailyAt()
	p.Frequencies = make(map[message.Kind]Frequency, len(c)+1)
	p.Frequencies[message.Deadline] = mandatory
	for k, kind := range c {
		switch f := chosen[k]; {
		case c.mandatory(k):
			p.Frequencies[k] = mandatory
		case slices.Contains(kind.Frequencies, f):
			p.Frequencies[k] = f
		default:
			p.Frequencies[k] = kind.Default
		}
	}
	p.DailyAt = &at
	p.WeeklyOn = cmp.Or(p.WeeklyOn, Monday)
	p.Timezone = cmp.Or(p.Timezone, zone, "UTC")
	return p
}

// Check tells all that is wrong with what a user has chosen as a *fault.Invalid, or nil.
func (c Catalog) Check(p Preferences) error {
	var wrong fault.Invalid
	for _, k := range inOrder(maps.Keys(p.Frequencies)) {
		f, at := p.Frequencies[k], pointer(string(k))
		kind, exists := c[k]
		switch {
		case c.mandatory(k):
			wrong.Add(at, "mandatory", "%s mails cannot be turned off or delayed; leave the key %q out.", k, k)
		case !exists:
			wrong.Add(at, "unknown_kind", "there is no kind %q.%s", shorten(k), fault.Suggest(string(k), c.keys()))
		case !slices.Contains(kind.Frequencies, f):
			wrong.Add(at, "not_allowed", "%q is not offered for %s. Use %s.", shorten(f), k, either(kind.Frequencies))
		}
	}
	if p.DailyAt != nil {
		wrong.Check(pointer(dailyAt), "bad_time", p.DailyAt.Check())
	}
	if p.WeeklyOn != "" {
		wrong.Check(pointer(weeklyOn), "bad_weekday", p.WeeklyOn.Check())
	}
	checkZone(&wrong, p.Timezone)
	wrong.Check(pointer(lang), "bad_language", checkLanguage(p.Language))
	return wrong.Err()
}

func checkZone(wrong *fault.Invalid, zone string) {
	if zone == "" {
		return
	}
	_, err := wallclock.Zone(zone)
	wrong.Check(pointer(timezone), "bad_timezone", err)
}

// Stoppable tells whether a person may have no mails of that kind at all.
func (c Catalog) Stoppable(k message.Kind) bool {
	return !c.mandatory(k) && slices.Contains(c[k].Frequencies, Never)
}

// Choosable tells whether the kind leaves a person a choice.
func (c Catalog) Choosable(k message.Kind) bool { return !c.mandatory(k) }

// keys are what preferences may name: the kinds that leave a choice, and the rest.
func (c Catalog) keys() []string {
	var keys []string
	for _, k := range c.Kinds() {
		if !c.mandatory(k) {
			keys = append(keys, string(k))
		}
	}
	return append(keys, dailyAt, weeklyOn, timezone, lang, pausedUntil)
}

// CheckKind tells as a *fault.Invalid if an event is of a kind that there is not.
func (c Catalog) CheckKind(k message.Kind) error {
	if _, exists := c[k]; exists || k == message.Deadline {
		return nil
	}
	var wrong fault.Invalid
	if k == "" {
		wrong.Add("/kind", "missing", "an event needs a kind.%s", fault.Suggest("", c.names()))
	} else {
		wrong.Add("/kind", "unknown_kind", "there is no kind %q.%s", shorten(k), fault.Suggest(string(k), c.names()))
	}
	return wrong.Err()
}

func (c Catalog) names() []string {
	var all []string
	for _, kind := range c.Kinds() {
		all = append(all, string(kind))
	}
	return all
}
