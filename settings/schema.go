package settings

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"time"

	root "notifier"
	"notifier/fault"
	"notifier/preferences"
)

// keyLine is a line of config.yaml that says a key, and perhaps its value and a comment.
var keyLine = regexp.MustCompile(`^( *)([a-z_0-9]+):\s*(.*?)\s*(?:#\s*(.*))?$`)

// explanations are the comments of the shipped config.yaml, by path: those behind a key and
// those on the lines before it.
func explanations() map[string]string {
	all := map[string]string{}
	var path []string
	var before []string
	for line := range strings.Lines(root.ExampleConfig()) {
		line = strings.TrimRight(line, "\n")
		if comment, is := strings.CutPrefix(strings.TrimSpace(line), "#"); is {
			before = append(before, strings.TrimSpace(comment))
			continue
		}
		m := keyLine.FindStringSubmatch(line)
		if m == nil {
			before = nil
			continue
		}
		path = append(path[:len(m[1])/2], m[2])
		text := strings.TrimSpace(m[4])
		if text == "" {
			text = strings.Join(before, " ")
		}
		before = nil
		all[strings.Join(path, ".")] = text
	}
	return all
}

// words are the values that a key takes where they are a fixed set. A NAME stands for any.
var words = map[string][]string{
	"smtp.tls": {"", "none", "starttls", "tls"}, "accounts.NAME.tls": {"", "none", "starttls", "tls"},
	"smtp.auth": {"", "plain", "login", "cram-md5", "xoauth2"}, "accounts.NAME.auth": {"", "plain", "login", "cram-md5", "xoauth2"},
	"smtp.on_lost_lease": {"retry", "ask"}, "accounts.NAME.on_lost_lease": {"", "retry", "ask"},
	"log.level": {"debug", "info", "warn", "error"}, "log.format": {"json", "console"},
}

// Schema is the JSON Schema (2020-12) of config.yaml, from the types that it is read
// into.
func Schema() ([]byte, error) {
	d := Defaults()
	s := schemaOf("", reflect.ValueOf(&d).Elem(), explanations())
	s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	s["title"] = "The configuration of notifier"
	return json.Marshal(s)
}

// schemaOf is the schema of a value, whose present content is its default.
func schemaOf(path string, v reflect.Value, says map[string]string) map[string]any {
	s := map[string]any{}
	if text := says[path]; text != "" {
		s["description"] = text
	}
	t := v.Type()
	switch {
	case t.Kind() == reflect.Map:
		entry := reflect.New(t.Elem()).Elem()
		s["type"], s["additionalProperties"] = "object", schemaOf(join(path, "NAME"), entry, says)
	case t.Kind() == reflect.Struct && !scalar(v):
		properties := map[string]any{}
		for _, key := range orderedKeys(t) {
			properties[key] = schemaOf(join(path, key), fields(v)[key], says)
		}
		s["type"], s["additionalProperties"], s["properties"] = "object", false, properties
	case t.Kind() == reflect.Slice:
		s["type"], s["items"] = "array", schemaOf(path+".N", reflect.New(t.Elem()).Elem(), says)
	case t == reflect.TypeFor[time.Duration]():
		s["type"], s["pattern"] = "string", `^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$`
	case t.Kind() == reflect.Bool:
		s["type"] = "boolean"
	case t.Kind() == reflect.Int:
		s["type"], s["minimum"] = "integer", 0
	case t == reflect.TypeFor[preferences.Frequency]():
		s["enum"] = []string{"immediately", "hourly", "daily", "weekly", "never"}
	default:
		s["type"] = "string"
		if all := words[path]; all != nil {
			s["enum"] = all
		}
	}
	if value := asDefault(path, v); value != nil {
		s["default"] = value
	}
	return s
}

// asDefault is what a key has that nobody writes; nil for what has keys of its own, and for
// the entries of lists and maps.
func asDefault(path string, v reflect.Value) any {
	if v.Kind() == reflect.Map || v.Kind() == reflect.Struct && !scalar(v) || strings.Contains(path, "NAME") || strings.HasSuffix(path, ".N") {
		return nil
	}
	return asWritten(v)
}

// Reference is docs/config.md: every key, from the types and the comments.
func Reference() string {
	var b strings.Builder
	b.WriteString(`# Configuration

<!-- Written from config.yaml and the program by: go test ./cli -run Reference -update -->

Everything is read from ` + "`config.yaml`" + ` in the working directory, or from the file that ` + "`--config`" + ` names. Each key can also be given by the
environment, as ` + "`NOTIFIER_SECTION__KEY`" + `, which wins; lists are written with commas there. An unknown key is an error with its line.

    notifier config check             what is wrong, all of it at once
    notifier config print --origin    what counts, and where it comes from
    notifier config example           a file with every key at its default
    notifier config schema            JSON Schema, for editors

| key | default | |
|---|---|---|
`)
	says := explanations()
	d := Defaults()
	for _, l := range referenced("", reflect.ValueOf(&d).Elem()) {
		value := ""
		if l.value != nil {
			raw, err := json.Marshal(l.value)
			if value = "`" + string(raw) + "`"; err != nil {
				value = ""
			}
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", l.path, value, strings.ReplaceAll(fault.Truncate(says[l.path], 400), "|", `\|`))
	}
	b.WriteString(`
A section has a line of its own where there is something to say about all of it. Below ` + "`accounts`" + ` each name has the keys of ` + "`smtp`" + `;
below ` + "`sites`" + ` those of the example; below ` + "`kinds`" + ` ` + "`frequencies`, `default`, `mandatory` and `title`" + `.

## Secrets

Passwords and keys are better kept in files of their own (` + "`*_file`" + `), or in the environment. A file that everybody on the machine may read
works, but ` + "`notifier config check`" + `, ` + "`notifier doctor`" + ` and the log say so: ` + "`chmod 600`" + ` it. ` + "`notifier config print`" + ` shows ` + "`***`" + ` for secrets.

## Changing it while the service runs

` + "`kill -HUP`" + ` (or ` + "`systemctl reload notifier`" + `, or ` + "`notifier config reload`" + `) has the service read its configuration again. Job schedules, budgets,
outgoing accounts, time zones, kinds, workdays and the log level change at once. The database keeps which zones, kinds and workdays are in force, and
every replica goes by those, whatever its own file says: a file is applied once, when it is newer than the one applied last. What else has changed is named in the log and in the answer: it counts from the next
start. If the new configuration is wrong, the old one stays: the log lists the problems, and ` + "`/readyz`" + ` says that they are there until a
configuration is read that is right. Schedules that somebody has set with ` + "`notifier job set`" + `, or by the API, win over the file in any case.
`)
	return b.String()
}

// referenced are the keys for the reference: those with a value, and the sections.
func referenced(path string, v reflect.Value) []leaf {
	switch {
	case v.Kind() == reflect.Map:
		return []leaf{{path, nil}}
	case v.Kind() == reflect.Struct && !scalar(v):
		var all []leaf
		if path != "" && explanations()[path] != "" {
			all = append(all, leaf{path, nil})
		}
		for _, key := range orderedKeys(v.Type()) {
			all = append(all, referenced(join(path, key), fields(v)[key])...)
		}
		return all
	}
	return []leaf{{path, asWritten(v)}}
}
