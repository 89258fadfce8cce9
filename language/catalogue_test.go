package language_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"notifier/language"
	"notifier/message"
	"notifier/message/search"
	"notifier/schedule"
)

// file is what a translator wrote: texts by key, where forms of a number are keys of their own.
func file(t *testing.T, tag string) map[string]string {
	t.Helper()
	content, err := os.ReadFile(tag + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var tree map[string]any
	if err := json.Unmarshal(content, &tree); err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	var walk func(at string, tree map[string]any)
	walk = func(at string, tree map[string]any) {
		for name, below := range tree {
			key := strings.TrimPrefix(at+"."+name, ".")
			switch below := below.(type) {
			case string:
				all[key] = below
			case map[string]any:
				walk(key, below)
			default:
				t.Errorf("%s: %s is neither a text nor a group of texts", tag, key)
			}
		}
	}
	walk("", tree)
	return all
}

// Every row has its file and every file its row; each language has every text, and no other.
func TestCataloguesAreComplete(t *testing.T) {
	written, err := filepath.Glob("*.json")
	if err != nil || len(written) != len(language.All()) {
		t.Errorf("there are the files %v for the rows %v: %v", written, language.All(), err)
	}
	want := language.In("en").Keys()
	for _, row := range language.All() {
		if row.Name == "" {
			t.Errorf("%s has no name", row.Tag)
		}
		got := language.In(row.Tag).Keys()
		for _, key := range want {
			if _, has := slices.BinarySearch(got, key); !has {
				t.Errorf("%s has no text for %s", row.Tag, key)
			}
		}
		for _, key := range got {
			if _, has := slices.BinarySearch(want, key); !has {
				t.Errorf("%s has a text for %s, which English has not", row.Tag, key)
			}
		}
		for key, text := range file(t, row.Tag) {
			if text == "" {
				t.Errorf("%s: %s is empty", row.Tag, key)
			}
		}
	}
}

var names = regexp.MustCompile(`\{([A-Za-z_]+)\}`)

// namesIn are the names that a text is filled in with.
func namesIn(text string) []string {
	var all []string
	for _, found := range names.FindAllStringSubmatch(strings.NewReplacer("{{", "", "}}", "").Replace(text), -1) {
		all = append(all, found[1])
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Each text is filled in with the same facts in every language, also in each form of a number.
// Only of one, some things go without saying.
func TestTextsHaveTheSameNames(t *testing.T) {
	english := file(t, "en")
	for _, tag := range language.Tags() {
		for key, text := range file(t, tag) {
			want, form := english[key], key[strings.LastIndex(key, ".")+1:]
			if at := strings.TrimSuffix(key, form); slices.Contains(language.In("en").Keys(), strings.TrimSuffix(at, ".")) {
				want = english[at+"other"]
			}
			got, all := namesIn(text), namesIn(want)
			same := slices.Equal(got, all)
			if form == "one" || key == "explain.since" { // a date may do without its weekday
				same = !slices.ContainsFunc(got, func(name string) bool { return !slices.Contains(all, name) })
			}
			if !same {
				t.Errorf("%s: %s is filled in with %v, in English with %v", tag, key, got, all)
			}
			for _, pair := range []string{"{}", "[]"} {
				if strings.Count(text, pair[:1]) != strings.Count(text, pair[1:]) {
					t.Errorf("%s: %s has a bracket too many: %q", tag, key, text)
				}
			}
		}
	}
}

// A translation that was forgotten is English.
func TestTranslationsAreNoEnglish(t *testing.T) {
	english := file(t, "en")
	for _, tag := range language.Tags()[1:] {
		for key, text := range file(t, tag) {
			if text == english[key] && strings.Count(text, " ") >= 3 && len(namesIn(text)) < strings.Count(text, " ") {
				t.Errorf("%s: %s is %q", tag, key, text)
			}
		}
	}
}

// The keys that a page or a program asks for, and all texts that may be one, or the beginning of one.
var (
	askedFor = regexp.MustCompile(`(?:\.[TN]\(|\.Form\(|\bform |[{( ][tn] )"([a-z0-9_.]+)"[,) |}]`)
	mayBeKey = regexp.MustCompile("[\"'`]([a-z][a-z0-9_]*\\.[a-z0-9_.]*)[\"'`]")
)

// P9: every key that somebody asks for has a text, and every text is asked for by somebody.
func TestEveryKeyHasATextAndItsUse(t *testing.T) {
	asked, seen := dynamic(), map[string]bool{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && (d.Name() == "bench" || d.Name() == "client" || d.Name() == "bin") {
			return filepath.SkipDir
		}
		if err != nil || d.IsDir() || !slices.Contains([]string{".go", ".html", ".js"}, filepath.Ext(path)) || strings.HasSuffix(path, "_test.go") {
			return err
		}
		raw, err := os.ReadFile(path)
		for _, found := range askedFor.FindAllSubmatch(raw, -1) {
			if key := string(found[1]); strings.Contains(key, ".") && !strings.HasSuffix(key, ".") && !strings.HasSuffix(key, "_") {
				asked = append(asked, key)
			}
		}
		for _, found := range mayBeKey.FindAllSubmatch(raw, -1) {
			seen[string(found[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	english := language.In("en")
	for _, key := range asked {
		if !english.Has(key) {
			t.Errorf("P9: %s is asked for and has no text", key)
		}
	}
	for _, key := range english.Keys() {
		used := seen[key]
		for text := range seen {
			used = used || strings.HasPrefix(key, text) && (strings.HasSuffix(text, ".") || strings.HasSuffix(text, "_"))
		}
		if !used {
			t.Errorf("P9: nobody asks for %s", key)
		}
	}
}

// dynamic are keys that are put together of words of ours.
func dynamic() (all []string) {
	for _, q := range search.Qualifiers() {
		all = append(all, "q.by_"+q.Name)
	}
	for _, s := range message.Statuses() {
		all = append(all, "status."+string(s))
	}
	for _, job := range []string{schedule.Notifications, schedule.UserNotifications, schedule.Reminders} {
		all = append(all, "job."+job, "job.what."+job)
	}
	return all
}

// Every text can be filled in, in each language, and none shows what it could not fill in.
func TestFilling(t *testing.T) {
	for _, tag := range append(language.Tags(), language.Pseudo) {
		words := language.ForPages(tag)
		for _, key := range words.Keys() {
			for _, n := range []int{0, 1, 2, 5, 22} {
				text := words.N(key, n)
				if text == key || strings.Contains(text, "{{") || strings.Contains(text, "[") {
					t.Errorf("%s: %s with %d is %q", tag, key, n, text)
				}
			}
		}
	}
}
