package look_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"notifier/language"
	"notifier/web/look"
)

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
		{[]string{language.Pseudo}, language.Pseudo},
	} {
		if got := look.Choose(c.wanted...); got != c.want {
			t.Errorf("Choose(%q) = %s, want %s", c.wanted, got, c.want)
		}
	}
}

func FuzzChoose(f *testing.F) {
	f.Add("de, fr-CA;q=0.8")
	f.Fuzz(func(t *testing.T, list string) {
		if got := look.Choose(list); !slices.Contains(append(language.Tags(), language.Pseudo), got) {
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
