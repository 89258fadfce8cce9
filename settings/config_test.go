package settings

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"notifier/account"
)

// shipped is the config.yaml of the project.
const shipped = "../config.yaml"

func TestTheShippedFileHoldsTheDefaults(t *testing.T) {
	fromFile, err := Load(shipped, nil)
	if err != nil {
		t.Fatal(err)
	}
	without, err := Load(os.DevNull, nil)
	if err != nil {
		t.Fatal(err)
	}
	without.Written, fromFile.Written = time.Time{}, time.Time{} // when a file was changed is no setting
	if diff := cmp.Diff(without, fromFile, cmpopts.EquateEmpty(), cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" {
		t.Errorf("config.yaml says something else than no file (-no file, +config.yaml):\n%s", diff)
	}
}

// So that nobody has to look for a key in the code.
func TestTheShippedFileHoldsEveryKey(t *testing.T) {
	b, err := os.ReadFile(shipped)
	if err != nil {
		t.Fatal(err)
	}
	var file map[string]any
	if err := yaml.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	for _, key := range keysOf(reflect.TypeFor[Config](), "") {
		if !holds(file, strings.Split(key, ".")) && !holds(file, strings.Split(strings.Replace(key, ".every", ".cron", 1), ".")) {
			t.Errorf("%s is not in config.yaml", key)
		}
	}
}

// keysOf lists the keys of a struct as "smtp.host", without those of maps. A schedule is
// every or cron.
func keysOf(t reflect.Type, prefix string) []string {
	var all []string
	for i := range t.NumField() {
		f := t.Field(i)
		name := f.Tag.Get("yaml")
		switch {
		case !f.IsExported():
		case f.Anonymous:
			all = append(all, prefix+"every")
		case name == "" || name == "-": // no key
		case f.Type.Kind() == reflect.Struct && f.Type.PkgPath() == reflect.TypeFor[Config]().PkgPath(), f.Type == reflect.TypeFor[account.OAuth2](), f.Type.Name() == "Settings":
			all = append(all, keysOf(f.Type, prefix+name+".")...)
		default:
			all = append(all, prefix+strings.TrimSuffix(name, ",omitempty"))
		}
	}
	return all
}

func holds(file map[string]any, path []string) bool {
	value, there := file[path[0]]
	if !there || len(path) == 1 {
		return there
	}
	below, ok := value.(map[string]any)
	return ok && holds(below, path[1:])
}

// Whatever stands in a file, it is a configuration or a list of what is wrong with it.
func FuzzConfig(f *testing.F) {
	b, err := os.ReadFile(shipped)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(b))
	f.Add("site: [a\n")
	f.Add("jobs: {notifications: {every: 3m, cron: '* * * * *'}}")
	f.Add("kinds: {a: {frequencies: [daily], default: daily}}\nworkday: {days: [monday, monday]}")
	f.Add("smtp: &a {host: x}\nhttp: *a\n")
	f.Add("retry: !!binary aGVsbG8=\n---\nsite: b\n")
	f.Fuzz(func(t *testing.T, content string) {
		file := filepath.Join(t.TempDir(), "config.yaml")
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Load(file, nil)
		if err == nil {
			return
		}
		bad, ok := err.(*Error)
		if !ok || len(bad.Problems) == 0 {
			t.Fatalf("%T %v", err, err)
		}
		for _, p := range bad.Problems {
			if p.Text == "" || p.Line < 0 || p.Line > strings.Count(content, "\n")+1 {
				t.Errorf("in a file of %d lines: %s", strings.Count(content, "\n")+1, p)
			}
		}
	})
}

// T8: a 0 in the file is 0 or is refused; it never means the default of a key.
func TestZeroIsNeverTheDefault(t *testing.T) {
	meant := []string{ // where config.yaml says what 0 is
		"http.rate_limit", "http.connections", "http.connections_per_address", "smtp.port", "retention.days",
		"smtp.limits.second", "smtp.limits.minute", "smtp.limits.hour", "smtp.limits.day",
		"limits.site.second", "limits.site.minute", "limits.site.hour", "limits.site.day",
		"limits.sender.second", "limits.sender.minute", "limits.sender.hour", "limits.sender.day",
		"limits.domain.second", "limits.domain.minute", "limits.domain.hour", "limits.domain.day",
	}
	all := numbersOf(reflect.TypeFor[Config](), "")
	if len(all) < len(meant)+6 {
		t.Fatalf("only %d numbers were found: %v", len(all), all)
	}
	for _, key := range append(all, "accounts.backup.connections") {
		parts := strings.Split(key, ".")
		text := strings.Join(parts, ": {") + ": 0" + strings.Repeat("}", len(parts)-1) + "\n"
		file := filepath.Join(t.TempDir(), "config.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Load(file, nil)
		if refused := err != nil && strings.Contains(err.Error(), key); refused == slices.Contains(meant, key) {
			t.Errorf("%s: 0 is answered with: %v", key, err)
		}
	}
}

// numbersOf lists the keys of numbers and durations in a struct, without those of maps.
func numbersOf(t reflect.Type, prefix string) (all []string) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case !f.IsExported() || f.Anonymous || name == "" || name == "-":
		case f.Type.Kind() == reflect.Int, f.Type.Kind() == reflect.Int64:
			all = append(all, prefix+name)
		case f.Type.Kind() == reflect.Struct:
			all = append(all, numbersOf(f.Type, prefix+name+".")...)
		}
	}
	return all
}
