package console_test

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"notifier/message"
	"notifier/schedule"
	"notifier/search"
)

// The keys that a page or a program asks for, and all texts that may be one, or the beginning of one.
var (
	askedFor = regexp.MustCompile(`(?:\.[TN]\(|[{( ][tn] )"([a-z0-9_.]+)"[,) |}]`)
	mayBeKey = regexp.MustCompile("[\"'`]([a-z][a-z0-9_]*\\.[a-z0-9_.]*)[\"'`]")
)

// P9: every key that pages ask for has a text, and every text is asked for by somebody.
func TestEveryKeyHasATextAndItsUse(t *testing.T) {
	content, err := os.ReadFile("../look/catalogue/en.json")
	if err != nil {
		t.Fatal(err)
	}
	var tree map[string]any
	if err := json.Unmarshal(content, &tree); err != nil {
		t.Fatal(err)
	}
	keys := map[string]bool{}
	var walk func(at string, tree map[string]any)
	walk = func(at string, tree map[string]any) {
		for key, below := range tree {
			if branch, is := below.(map[string]any); is && branch["other"] == nil {
				walk(at+key+".", branch)
			} else {
				keys[at+key] = true
			}
		}
	}
	walk("", tree)
	asked, seen := dynamic(), map[string]bool{}
	err = filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !slices.Contains([]string{".go", ".html", ".js"}, filepath.Ext(path)) || strings.HasSuffix(path, "_test.go") {
			return err
		}
		raw, err := os.ReadFile(path)
		for _, found := range askedFor.FindAllSubmatch(raw, -1) {
			if key := string(found[1]); strings.HasPrefix(path, "../../web") && strings.Contains(key, ".") && !strings.HasSuffix(key, ".") && !strings.HasSuffix(key, "_") {
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
	for _, key := range asked {
		if !keys[key] {
			t.Errorf("P9: %s is asked for and has no text", key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
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
