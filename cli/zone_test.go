package cli

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// clocks are layouts that write a time of day.
var clocks = regexp.MustCompile(`15:04|time\.(TimeOnly|DateTime|Kitchen|Stamp\w*|ANSIC|UnixDate|RFC822\w*|RFC850)\b|toLocaleTimeString|toLocaleString`)

// zoned tells that a line writes the zone, too.
var zoned = regexp.MustCompile(`Z"|UTC(\\n)?"|15:04 UTC|Zone\b|zone\b`)

// withoutZone are the other lines that write a time of day, and where its zone stands.
var withoutZone = map[string]string{
	"web/look/time.go":            "the clock of pages: those who show its times show its Zone near them, which the test below makes sure of",
	"letter/wall.go":              "the clock of mails: each names its zone once, in its first line or beside the time",
	"web/console/reminders.go":    "what the field of a form takes, in the zone of the page",
	"web/console/suppressions.go": "the same",
	"service/logger.go":           "the log of the demo's console, in the machine's own time",
	"cli/job.go":                  "the next runs, with the zone behind the last",
}

// TestNoTimeWithoutAZone: a time of day is written with the zone that it is meant in.
func TestNoTimeWithoutAZone(t *testing.T) {
	seen := map[string]bool{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		path = strings.TrimPrefix(filepath.ToSlash(path), "../")
		if d.IsDir() && slices.Contains([]string{"bench", ".git", "dev"}, path) { // they measure, and talk to nobody
			return filepath.SkipDir
		}
		if ext := filepath.Ext(path); d.IsDir() || ext != ".go" && ext != ".html" && ext != ".js" || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		content, err := os.ReadFile(filepath.Join("..", path))
		for i, line := range strings.Split(string(content), "\n") {
			if !clocks.MatchString(line) || zoned.MatchString(line) {
				continue
			}
			if withoutZone[path] == "" {
				t.Errorf("%s:%d writes a time without its zone: %s", path, i+1, strings.TrimSpace(line))
			}
			seen[path] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for path := range withoutZone {
		if !seen[path] {
			t.Errorf("%s writes no time without its zone; it needs no reason", path)
		}
	}
}

var (
	showsTime = regexp.MustCompile(`\.Time |\.Moments? |\.Hour |\.When\b|\.Due\b|\.Clock\.|Moment`)
	showsZone = regexp.MustCompile(`template "bottom"|"(prefs|foot)\.zone"`)
)

// TestPagesWithTimesNameTheZone: whichever page shows a time names the zone of it.
func TestPagesWithTimesNameTheZone(t *testing.T) {
	pages, err := filepath.Glob("../web/*/*.html")
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob("../web/*.html")
	if err != nil {
		t.Fatal(err)
	}
	if pages = append(pages, more...); len(pages) < 30 {
		t.Fatalf("there are %d pages", len(pages))
	}
	layout, err := os.ReadFile("../web/console/layout.html")
	if err != nil || !strings.Contains(string(layout), `"foot.zone"`) {
		t.Errorf("the console's pages do not name the zone: %v", err)
	}
	for _, page := range pages {
		content, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		if text := string(content); strings.Contains(text, ".Format") {
			t.Errorf("%s writes times by itself", page)
		} else if showsTime.MatchString(text) && !showsZone.MatchString(text) && !strings.HasSuffix(page, "centre/ask.html") && !strings.HasPrefix(text, "{{define") {
			t.Errorf("%s shows times and names no zone", page) // ask.html has it behind each moment
		}
	}
}
