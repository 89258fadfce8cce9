package preferences

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"notifier/fault"
	"notifier/language"
	"notifier/message"
	"notifier/wallclock"
)

// The keys beside those of the kinds.
const (
	dailyAt     = "daily_at"
	weeklyOn    = "weekly_on"
	timezone    = "timezone"
	lang        = "language"
	pausedUntil = "paused_until"
)

// MarshalJSON writes one flat object: a key for each kind chosen, then daily_at,
// weekly_on, timezone, language and paused_until. What was not chosen is left out.
func (p Preferences) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for _, entry := range p.entries() {
		key, err := json.Marshal(entry.key)
		if err != nil {
			return nil, fmt.Errorf("write a key of preferences: %w", err)
		}
		value, err := json.Marshal(entry.value)
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", entry.key, err)
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = slices.Concat(b, key, []byte{':'}, value)
	}
	return append(b, '}'), nil
}

type entry struct {
	key   string
	value any
}

func (p Preferences) entries() []entry {
	var all []entry
	for _, k := range inOrder(maps.Keys(p.Frequencies)) {
		if f := p.Frequencies[k]; f != mandatory && f != "" {
			all = append(all, entry{string(k), f})
		}
	}
	if p.DailyAt != nil {
		all = append(all, entry{dailyAt, p.DailyAt})
	}
	if p.WeeklyOn != "" {
		all = append(all, entry{weeklyOn, p.WeeklyOn})
	}
	if p.Timezone != "" {
		all = append(all, entry{timezone, p.Timezone})
	}
	if p.Language != "" {
		all = append(all, entry{lang, p.Language})
	}
	if p.PausedUntil != (wallclock.Date{}) {
		all = append(all, entry{pausedUntil, p.PausedUntil.String()})
	}
	return all
}

// maxKeys is how many keys are looked at: an installation has a dozen kinds. What is wrong
// with each of thousands would take many times the memory of the request.
const maxKeys = 200

// UnmarshalJSON reads what MarshalJSON writes, over what p holds already: absent keys
// keep it, null takes a choice back. What is malformed comes out as a *fault.Invalid;
// whether the choices are offered is for Catalog.Check to say.
func (p *Preferences) UnmarshalJSON(b []byte) error {
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(b, &keys); err != nil {
		var wrong fault.Invalid
		wrong.Add("", "not_an_object", `preferences are an object. Write it as {"case_changed": "daily", "daily_at": "08:00"}.`)
		return &wrong
	}
	if keys == nil { // null
		return nil
	}
	if len(keys) > maxKeys {
		var wrong fault.Invalid
		wrong.Add("", "too_many", "preferences have at most %d keys, these are %d. Leave out those that are no kinds of config.yaml.", maxKeys, len(keys))
		return &wrong
	}
	read := *p
	read.Frequencies = maps.Clone(p.Frequencies)
	var wrong fault.Invalid
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if key == timezoneFrom || key == languageFrom { // an answer tells whose value holds; it is no choice
			checkSource(&wrong, key, keys[key])
			continue
		}
		read.set(&wrong, key, keys[key])
	}
	if err := wrong.Err(); err != nil {
		return err
	}
	*p = read
	return nil
}

// checkSource refuses what no answer tells of whose value holds: it was meant as something else.
func checkSource(wrong *fault.Invalid, key string, raw json.RawMessage) {
	var from Source
	if err := json.Unmarshal(raw, &from); err == nil && (from == "" || slices.Contains(Sources(), from)) {
		return
	}
	wrong.Add(pointer(key), "bad_source", `%s does not say whose value holds. It is "choice", "directory" or "site" in answers, and read-only: leave it out.`, shorten(string(raw)))
}

func (p *Preferences) set(wrong *fault.Invalid, key string, raw json.RawMessage) {
	if string(raw) == "null" {
		p.takeBack(key)
		return
	}
	var text string
	if json.Unmarshal(raw, &text) != nil {
		wrongType(wrong, key, shorten(string(raw)))
		return
	}
	switch key {
	case dailyAt:
		at, err := wallclock.ParseTime(text)
		wrong.Check(pointer(key), "bad_time", err)
		p.DailyAt = &at
	case weeklyOn:
		p.WeeklyOn = Weekday(text)
		wrong.Check(pointer(key), "bad_weekday", p.WeeklyOn.Check())
	case lang:
		normal, err := language.Canonical(text)
		p.Language, p.Back.Language = normal, false
		wrong.Check(pointer(key), "bad_language", err)
		if text == "" {
			wrong.Add(pointer(key), "bad_language", `a language is missing. Write its short tag, as in "pl", or null for that of the directory.`)
		}
	case timezone:
		p.Timezone, p.Back.Timezone = text, false
		if text == "" { // which Check would take for an absent one
			wrong.Add(pointer(key), "bad_timezone", `a time zone is missing. Write the name of a place, as in "Europe/Warsaw", or leave the key out.`)
		}
	case pausedUntil:
		d, err := wallclock.ParseDate(text)
		wrong.Check(pointer(key), "bad_date", err)
		p.PausedUntil = d
	default:
		if p.Frequencies == nil {
			p.Frequencies = map[message.Kind]Frequency{}
		}
		p.Frequencies[message.Kind(key)] = Frequency(text)
	}
}

func (p *Preferences) takeBack(key string) {
	switch key {
	case dailyAt:
		p.DailyAt = nil
	case weeklyOn:
		p.WeeklyOn = ""
	case timezone:
		p.Timezone, p.Back.Timezone = "", true
	case lang:
		p.Language, p.Back.Language = "", true
	case pausedUntil:
		p.PausedUntil = wallclock.Date{}
	default:
		delete(p.Frequencies, message.Kind(key))
	}
}

func wrongType(wrong *fault.Invalid, key, value string) {
	switch key {
	case dailyAt:
		wrong.Add(pointer(key), "bad_time", `%s is not a time of day. Write it in quotes, as in "08:00".`, value)
	case weeklyOn:
		wrong.Add(pointer(key), "bad_weekday", `%s is not a day of the week. Write its name, as in "monday".`, value)
	case timezone:
		wrong.Add(pointer(key), "bad_timezone", `%s is not a time zone. Write the name of a place, as in "Europe/Warsaw".`, value)
	case lang:
		wrong.Add(pointer(key), "bad_language", `%s is not a language. Write its short tag in quotes, as in "pl".`, value)
	case pausedUntil:
		wrong.Add(pointer(key), "bad_date", `%s is not a date. Write it in quotes, as in "2026-12-01".`, value)
	default:
		wrong.Add(pointer(key), "bad_frequency", "%s is not a frequency. Write %s, in quotes.", value, either(Frequencies()))
	}
}

// pointer is the JSON pointer to a key (RFC 6901).
func pointer(key string) string {
	return "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
}

func element(list string, i int) string { return list + "/" + strconv.Itoa(i) }

// shorten keeps a sentence readable when what is wrong is very long.
func shorten[T ~string](s T) T { return T(fault.Truncate(string(s), 60)) }
