package main

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// shipped is the config.yaml of the project.
const shipped = "../../config.yaml"

func TestTheShippedFileHoldsTheDefaults(t *testing.T) {
	fromFile, err := loadConfig(shipped, nil)
	if err != nil {
		t.Fatal(err)
	}
	without, err := loadConfig(os.DevNull, nil)
	if err != nil {
		t.Fatal(err)
	}
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
		case f.Type.Kind() == reflect.Struct && f.Type.PkgPath() == reflect.TypeFor[Config]().PkgPath(), f.Type.Name() == "Settings":
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
		_, err := loadConfig(file, nil)
		if err == nil {
			return
		}
		bad, ok := err.(*configError)
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
