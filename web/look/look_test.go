package look_test

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"notifier/web/look"
)

// Every language has every text, and no other.
func TestCatalogues(t *testing.T) {
	want := look.Keys("en")
	if len(want) < 50 {
		t.Fatalf("the English catalogue has %d texts", len(want))
	}
	for _, lang := range look.Languages() {
		got := look.Keys(lang)
		missing := 0
		for _, key := range want {
			if !slices.Contains(got, key) {
				missing++
				t.Errorf("%s has no text for %s", lang, key)
			}
		}
		for _, key := range got {
			if !slices.Contains(want, key) {
				t.Errorf("%s has a text for %s, which English has not", lang, key)
			}
		}
		t.Logf("%s: %d texts, %d missing", lang, len(got), missing)
	}
}

var (
	literal = regexp.MustCompile(`(?:\b[tn] |\bform |\.[TN]\()"([a-z_]+(?:\.[a-z0-9_]+)+)"`)
	prefix  = regexp.MustCompile(`(?:\.T\(|\.N\(|\.Form\(|\(print )"([a-z_]+(?:\.[a-z_]*)+)"(?: ?\+| [.$])`)
)

// What pages ask for is there, and what is there is asked for.
func TestTextsInUse(t *testing.T) {
	keys := look.Keys("en")
	used := map[string]bool{}
	var begins []string
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if ext := filepath.Ext(path); err != nil || d.IsDir() || ext != ".go" && ext != ".html" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		content, err := os.ReadFile(path)
		for _, m := range prefix.FindAllStringSubmatch(string(content), -1) {
			begins = append(begins, m[1])
		}
		for _, m := range literal.FindAllStringSubmatch(string(content), -1) {
			used[m[1]] = true
			if !slices.Contains(keys, m[1]) && !slices.Contains(begins, m[1]) {
				t.Errorf("%s asks for %s, which no catalogue has", path, m[1])
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		begun := slices.ContainsFunc(begins, func(p string) bool { return strings.HasPrefix(key, p) })
		if !used[key] && !begun {
			t.Errorf("nobody asks for %s", key)
		}
	}
}

// Every text can be filled in, in each language, and none shows what it could not fill in.
func TestFilling(t *testing.T) {
	fill := []any{}
	for _, name := range []string{"Hour", "Weekday", "Date", "Moment", "Zone", "Address", "Link", "Kinds", "Kind", "Name", "Value", "Who", "First", "Last", "Count", "N", "Cron", "Every", "Span", "Says", "Account", "Job", "Error", "Note", "Done", "All", "Succeeded", "Refused", "Waits", "Setting", "What", "Server", "Role", "Site", "Scope", "Now", "Most", "Due", "Leaves"} {
		fill = append(fill, name, "x")
	}
	for _, lang := range append(look.Languages(), look.Pseudo) {
		for _, key := range look.Keys("en") {
			for _, n := range []int{0, 1, 2, 5, 22} {
				text := look.In(lang).N(key, n, fill...)
				if text == "" || text == key || strings.Contains(text, "{{") || strings.Contains(text, "<no value>") {
					t.Errorf("%s: %s with %d is %q", lang, key, n, text)
				}
			}
		}
	}
}

func TestPlurals(t *testing.T) {
	for lang, want := range map[string][]string{
		"en": {"0 notifications leave", "1 notification leaves", "2 notifications leave", "5 notifications leave", "22 notifications leave"},
		"pl": {"0 powiadomień wyjdzie", "1 powiadomienie wyjdzie", "2 powiadomienia wyjdą", "5 powiadomień wyjdzie", "22 powiadomienia wyjdą"},
		"fr": {"0 notification part", "1 notification part", "2 notifications partent", "5 notifications partent", "22 notifications partent"},
	} {
		for i, n := range []int{0, 1, 2, 5, 22} {
			if got := look.In(lang).N("prefs.waiting_soon", n); !strings.HasPrefix(got, want[i]) {
				t.Errorf("%s, %d: %q, want %q", lang, n, got, want[i])
			}
		}
	}
}

func TestChoose(t *testing.T) {
	for _, c := range []struct {
		wanted []string
		want   string
	}{
		{[]string{"pl"}, "pl"},
		{[]string{"pl-PL"}, "pl"},
		{[]string{"de, fr-CA;q=0.8, en;q=0.5"}, "fr"},
		{[]string{"de"}, "en"},
		{[]string{"", "fr"}, "fr"},
		{[]string{"!!", "fr"}, "fr"},
		{nil, "en"},
		{[]string{look.Pseudo}, look.Pseudo},
	} {
		if got := look.Choose(c.wanted...); got != c.want {
			t.Errorf("Choose(%q) = %s, want %s", c.wanted, got, c.want)
		}
	}
}

func FuzzChoose(f *testing.F) {
	f.Add("de, fr-CA;q=0.8")
	f.Fuzz(func(t *testing.T, list string) {
		if got := look.Choose(list); !slices.Contains(append(look.Languages(), look.Pseudo), got) {
			t.Errorf("Choose(%q) = %q", list, got)
		}
	})
}

func TestClock(t *testing.T) {
	now := time.Date(2026, 11, 22, 22, 30, 0, 0, time.UTC) // 23:30 in Warsaw
	at := func(s string) time.Time {
		when, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	for _, c := range []struct{ lang, zone, at, want string }{
		{"en", "Europe/Warsaw", "2026-11-22T22:45:00Z", "today at 23:45"},
		{"en", "Europe/Warsaw", "2026-11-22T23:00:00Z", "tomorrow at 00:00"},
		{"en", "Europe/Warsaw", "2026-11-21T22:00:00Z", "yesterday at 23:00"},
		{"en", "Europe/Warsaw", "2026-11-30T07:00:00Z", "Mon 30 Nov at 08:00"},
		{"en", "Europe/Warsaw", "2027-01-04T07:00:00Z", "Mon 4 Jan 2027 at 08:00"},
		{"pl", "Europe/Warsaw", "2026-11-30T07:00:00Z", "pon. 30 lis o 08:00"},
		{"fr", "Pacific/Kiritimati", "2026-11-30T07:00:00Z", "lun. 30 nov. à 21:00"},
		{"en", "Atlantis/Capital", "2026-11-22T22:45:00Z", "today at 22:45"},
	} {
		if got := look.NewClock(look.In(c.lang), c.zone, now).Moment(at(c.at)); got != c.want {
			t.Errorf("%s in %s: %q, want %q", c.at, c.zone, got, c.want)
		}
	}
	if got := look.NewClock(look.In("en"), "Europe/Warsaw", now).Full(now); got != "2026-11-22 23:30:00 Europe/Warsaw" {
		t.Errorf("Full = %q", got)
	}
}

func TestAssets(t *testing.T) {
	pages, err := filepath.Glob("*.css")
	if err != nil || len(pages) != 1 {
		t.Fatalf("style sheets: %q, %v; want one", pages, err)
	}
	css, err := os.ReadFile(pages[0])
	if err != nil {
		t.Fatal(err)
	}
	if regexp.MustCompile(`url\(|@import|https?:`).Match(css) {
		t.Error("the style sheet loads something")
	}
	w := httptest.NewRecorder()
	look.Assets().ServeHTTP(w, httptest.NewRequest("GET", look.AssetPath+"0123/style.css", nil))
	if w.Code != http.StatusNotFound {
		t.Errorf("an asset of another version: %d", w.Code)
	}
}
