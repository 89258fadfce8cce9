package preferences

import (
	"cmp"
	"encoding/json"
	"strings"

	"notifier/message"
)

// Site is what the people of a site inherit, as it is in force: the database has it, so that
// all replicas decide alike.
type Site struct {
	Timezone string
	// Version counts the changes of all this; 0: the site is not known yet.
	Version int
	// Rules are the kinds and the calendar, as a RulesOf; empty: no file was applied yet.
	Rules string
}

// RulesOf is the part of a configuration that decides on notifications and reminders. Titles are
// none of it: each replica has its own words.
type RulesOf struct {
	Kinds Catalog `json:"kinds,omitempty"`
	// Workday is the calendar, as whoever reads the configuration writes it.
	Workday json.RawMessage `json:"workday,omitempty"`
}

// Rules writes down what of the catalog decides, with that calendar.
func (c Catalog) Rules(workday json.RawMessage) (string, error) {
	rules := RulesOf{Kinds: make(Catalog, len(c)), Workday: workday}
	for k, kind := range c {
		rules.Kinds[k] = Kind{Frequencies: kind.Frequencies, Default: kind.Default, Mandatory: kind.Mandatory}
	}
	written, err := json.Marshal(rules)
	return string(written), err
}

// ReadRules reads what Rules has written. What another version has written says as much as can
// be read of it.
func ReadRules(rules string) (r RulesOf) {
	if json.Unmarshal([]byte(rules), &r) == nil && len(r.Kinds) > 0 {
		return r
	}
	var defaults map[message.Kind]Frequency // as it was first
	if json.Unmarshal([]byte(rules), &defaults) != nil {
		return RulesOf{}
	}
	r.Kinds = Catalog{}
	for k, f := range defaults {
		r.Kinds[k] = Kind{Default: f}
	}
	return r
}

// InForce is the catalog by the rules in force, whatever else the configuration of this replica
// says: of that are titles and explanations.
func (c Catalog) InForce(rules string) Catalog {
	r := ReadRules(rules)
	if len(r.Kinds) == 0 {
		return c
	}
	all := Catalog{}
	for k, kind := range r.Kinds {
		own, has := c[k]
		switch {
		case len(kind.Frequencies) > 0 || kind.Mandatory:
			own.Frequencies, own.Default, own.Mandatory = kind.Frequencies, kind.Default, kind.Mandatory
		case !has:
			continue // nobody knows what it offers
		case !own.Mandatory && kind.Default != "":
			own.Default = kind.Default
		}
		own.Title = cmp.Or(own.Title, strings.ReplaceAll(string(k), "_", " "))
		all[k] = own
	}
	return all
}
