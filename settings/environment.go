package settings

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"notifier/fault"
)

// prefix begins the environment variables that are ours; those of the tests are not.
const (
	prefix     = "NOTIFIER_"
	testPrefix = prefix + "TEST_"
)

// variable is NOTIFIER_SECTION__KEY=value.
type variable struct {
	name, value string
	keys        []string // section, key
}

// variables are those of the environment that are ours; of two with one name the last.
func variables(environment []string) []variable {
	var all []variable
	for _, entry := range environment {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, prefix) || strings.HasPrefix(name, testPrefix) || name == ServerVariable || name == KeyVariable {
			continue
		}
		all = slices.DeleteFunc(all, func(v variable) bool { return v.name == name })
		all = append(all, variable{name: name, value: value, keys: strings.Split(strings.ToLower(name[len(prefix):]), "__")})
	}
	return all
}

// readEnvironment puts the environment over what the file says. Lists are written with
// commas.
func (r *Reader) readEnvironment(environment []string, c *Config) {
	into := reflect.ValueOf(c).Elem()
	all := variables(environment)
	for _, v := range all {
		if len(v.keys) != 3 || v.keys[0] != "jobs" {
			continue
		}
		// Whichever of a job's variables comes first: none of them adds to the file's schedule.
		if job, known := fields(fields(into)["jobs"])[v.keys[1]]; known && schedules(job, v.keys[2]) {
			forgetSchedule(job)
		}
	}
	for _, v := range all {
		r.setVariable(v, "", v.keys, into)
	}
}

// strange notes a variable that leads nowhere.
func (r *Reader) strange(v variable, format string, args ...any) bool {
	r.problems = append(r.problems, Problem{Source: v.name, Text: fmt.Sprintf(format, args...)})
	return false
}

// setVariable puts a variable where its other keys lead from a place. It is false if they
// lead nowhere.
func (r *Reader) setVariable(v variable, at string, rest []string, into reflect.Value) bool {
	switch {
	case into.Kind() == reflect.Map && len(rest) == 0:
		return r.strange(v, "%s has names with keys of their own. Write one as in %s__CASE_CLOSED__DEFAULT.", at, v.name)
	case into.Kind() == reflect.Map:
		return r.setEntry(v, join(at, rest[0]), rest, into)
	case into.Kind() == reflect.Struct && !scalar(into):
		if len(rest) == 0 {
			return r.strange(v, "%s has keys of its own. Name one of them, as in %s__%s. There are %s.",
				at, v.name, strings.ToUpper(keys(into)[0]), strings.Join(keys(into), ", "))
		}
		field, known := fields(into)[rest[0]]
		if meant := fault.Suggest(v.name, VariableNames()); !known && at == "" && strings.Contains(meant, "Did you mean") {
			return r.strange(v, "there is no such key.%s", meant)
		}
		if !known {
			return r.strange(v, "there is no key %q.%s", join(at, rest[0]), Sentence(fault.Suggest(rest[0], keys(into))))
		}
		return r.setVariable(v, join(at, rest[0]), rest[1:], field)
	case len(rest) > 0:
		return r.strange(v, "%s is a single value and has no key %q. Leave the end of the name out.", at, rest[0])
	}
	r.places[at] = place{source: v.name, path: at}
	if into.Kind() != reflect.Slice {
		r.set(at, v.value, into)
		return true
	}
	items := strings.Split(v.value, ",")
	list := reflect.MakeSlice(into.Type(), len(items), len(items))
	for i, item := range items {
		r.set(at+"."+strconv.Itoa(i), strings.TrimSpace(item), list.Index(i))
	}
	into.Set(list)
	return true
}

// setEntry puts a variable into an entry of a map, which is made if there is none.
func (r *Reader) setEntry(v variable, at string, rest []string, into reflect.Value) bool {
	name := reflect.ValueOf(rest[0]).Convert(into.Type().Key())
	entry := reflect.New(into.Type().Elem()).Elem()
	if known := into.MapIndex(name); known.IsValid() {
		entry.Set(known)
	}
	if !r.setVariable(v, at, rest[1:], entry) {
		return false
	}
	if _, known := r.places[at]; !known {
		r.places[at] = place{source: v.name, path: at}
	}
	if into.IsNil() {
		into.Set(reflect.MakeMap(into.Type()))
	}
	into.SetMapIndex(name, entry)
	return true
}

// Sentence ends what is no question with a full stop.
func Sentence(text string) string {
	if text == "" || strings.HasSuffix(text, "?") || strings.HasSuffix(text, ".") {
		return text
	}
	return text + "."
}

// The variables that say where a service is elsewhere, and the key for it. They are no
// keys of config.yaml.
const (
	ServerVariable = prefix + "SERVER"
	KeyVariable    = prefix + "KEY"
)
